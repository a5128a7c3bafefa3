/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/pool/cvi-pool.h"

G_BEGIN_DECLS

/* Most places of one file, and the largest a picture may be (bytes, pixels). */
#define CVI_PICTURE_MAX_PLACES 16
#define CVI_PICTURE_MAX_BYTES (12 * 1024)
#define CVI_PICTURE_MAX_SIDE 320

/**
 * CviPicturePlace:
 * @stream: "video/0" ...
 * @at_ns: stream time at which something was found
 */
typedef struct {
  const char *stream;
  guint64 at_ns;
} CviPicturePlace;

/**
 * CviPicture:
 * @place: number of the place
 * @before: the last good picture before it; else the first at or behind it
 * @time_ns: stream time of the picture
 * @jpeg: passed cvi_jpeg_is_picture(), at most CVI_PICTURE_MAX_BYTES
 */
typedef struct {
  guint place;
  gboolean before;
  guint64 time_ns;
  GBytes *jpeg;
} CviPicture;

/**
 * CviPictureTaker: has small pictures of files made in worker processes, one
 * file at a time, each in a worker of its own that may read that file alone.
 * Belongs to one thread, and runs no main context but its own.
 */
typedef struct _CviPictureTaker CviPictureTaker;

/**
 * cvi_picture_taker_new:
 * @config: of it @worker, @registry, @sandbox and @memory_limit_bytes hold; no
 *   hardware is used
 * @timeout_s: for all pictures of one file, at most an hour
 */
CviPictureTaker *cvi_picture_taker_new (
    const CviPoolConfig *config, double timeout_s);
void cvi_picture_taker_free (CviPictureTaker *taker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviPictureTaker, cvi_picture_taker_free)

/**
 * cvi_picture_taker_take:
 * @path: absolute
 * @n: places, at most CVI_PICTURE_MAX_PLACES
 *
 * Blocks until the pictures are there or the worker is gone.
 * Returns: (transfer full) (element-type CviPicture): in order of the places,
 * at most two for each; NULL with @error if the worker did not get to its end
 * with this file (G_IO_ERROR) or cannot be used at all (CVI_POOL_ERROR: it is
 * the same with the next file)
 */
GPtrArray *cvi_picture_taker_take (CviPictureTaker *taker, const char *path,
    const CviPicturePlace *places, guint n, GError **error);

G_END_DECLS
