/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-finding.h"

G_BEGIN_DECLS

/* Structure walk: reads a whole file once, front to back where the container
 * allows it, and reports what contradicts the container's own rules. Runs
 * inside the worker. No recursion on input, no allocation sized by input
 * without a bound. */

/**
 * CviStructureStream: what the container says of one elementary stream.
 * @id: "video/0" ...: kind and number among its kind in the container's order
 * @kind: "video", "audio", "subtitle", "data"
 * @codec: (nullable): short name or FourCC as in the container
 * @start_ns, @duration_ns: declared, CVI_NONE if not
 * @n_frames: declared or counted coded frames, CVI_NONE if unknown
 * @n_sync: how many of them are sync points, CVI_NONE if unknown
 * @frame_ns: nominal frame duration, CVI_NONE if unknown
 * @last_ns: end of the last packet seen, CVI_NONE if unknown
 * @encrypted: the container says that it is
 * @unshown: (nullable): static: why a demuxer may show nothing of it though it
 *   is whole
 * @settled_ns: a demuxer's timestamps before this may be wrong though the
 * file's are right; CVI_NONE if there are none such
 */
typedef struct {
  char *id;
  char *kind;
  char *codec;
  guint64 start_ns;
  guint64 duration_ns;
  guint64 n_frames;
  guint64 n_sync;
  guint64 frame_ns;
  guint64 last_ns;
  gboolean encrypted;
  const char *unshown;
  guint64 settled_ns;
} CviStructureStream;

/**
 * CviStructureInfo: outcome of a walk.
 * @container: static name ("iso-bmff", "matroska", "mpeg-ts" ...), NULL if no
 *   walker knows the file
 * @duration_ns: declared for the whole file, or CVI_NONE
 * @streams: (element-type CviStructureStream)
 * @complete: the walk reached the end of the file
 * @mask_offset, @mask_size: bytes of the file that a demuxer is better given as
 *   zeros: what they say is legal, but makes it leave streams out; size 0: none
 */
typedef struct {
  const char *container;
  guint64 duration_ns;
  GPtrArray *streams;
  gboolean complete;
  guint64 mask_offset;
  guint mask_size;
} CviStructureInfo;

/* Returns: (nullable): what @info (nullable) declares of the stream @label */
const CviStructureStream *cvi_structure_find_stream (
    const CviStructureInfo *info, const char *label);

/**
 * cvi_structure_excuses:
 * @info: (nullable)
 * @label: (nullable): the stream of @finding, as the walk calls it
 *
 * Returns: whether what decoding has found is due to the demuxer, of which the
 * walk knows better, and no damage
 */
gboolean cvi_structure_excuses (
    const CviStructureInfo *info, const char *label, const CviFinding *finding);
/* Could a walk excuse @finding at all? */
gboolean cvi_structure_may_excuse (const CviFinding *finding);

void cvi_structure_info_free (CviStructureInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviStructureInfo, cvi_structure_info_free)

/**
 * CviStructureCallbacks: called on the caller's thread.
 * @finding: (transfer full) finding
 * @progress: (nullable): bytes read so far, at least once a MiB; returning
 *   FALSE ends the walk early
 * @data: (nullable): @len bytes at @offset, as they are read; in whatever order
 *   the walk reads, the same ones perhaps twice
 * @payload: (nullable): what the container says lies there: coded bytes of
 *   @stream (nullable), of @time_ns or CVI_NONE
 * @payload_named: (nullable): what @payload called @label is @stream
 */
typedef struct {
  void (*finding) (CviFinding *finding, gpointer user_data);
  gboolean (*progress) (guint64 bytes, gpointer user_data);
  void (*data) (
      guint64 offset, const guint8 *data, gsize len, gpointer user_data);
  void (*payload) (guint64 offset, guint64 size, const char *stream,
      guint64 time_ns, gpointer user_data);
  void (*payload_named) (
      const char *label, const char *stream, gpointer user_data);
} CviStructureCallbacks;

/**
 * cvi_structure_check:
 * @fd: readable regular file; stays the caller's, position unused (pread)
 * @name: (nullable): file name, for its extension only
 *
 * Read errors become io:: findings, never container:: ones. A file that grows
 * or shrinks meanwhile is judged by its size at the start.
 * Returns: (transfer full)
 */
CviStructureInfo *cvi_structure_check (int fd, const char *name,
    const CviStructureCallbacks *callbacks, gpointer user_data);

G_END_DECLS
