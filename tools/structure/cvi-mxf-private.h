/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-walk.h"

G_BEGIN_DECLS

/* What the files of the MXF walker share (SMPTE ST 377-1). */

#define CVI_MXF_KEY 16
#define CVI_MXF_MAX_PARTITIONS 65536
#define CVI_MXF_MAX_TRACKS 64

/**
 * CviMxfElement: one key-length-value triple.
 * @value: offset of the value, @size its length
 */
typedef struct {
  guint8 key[CVI_MXF_KEY];
  guint64 offset;
  guint64 value;
  guint64 size;
} CviMxfElement;

/* One track of the essence container: @number are its key's last bytes. */
typedef struct {
  guint32 number;
  gboolean picture;
  CviStructureStream *stream;
  guint64 count;
} CviMxfTrack;

/**
 * CviMxf: one walk. Offsets in partition packs count from @start.
 * @start: of the header partition, behind a run-in
 * @partitions: (element-type guint64): offsets from @start
 * @footer: what the header says, 0 if it does not
 * @header_open: the header was never completed
 * @container: byte of the essence container's label that names the picture's
 *   coding, 0 if unknown
 * @frame_ns, @duration: of the picture, 0 and CVI_NONE if unknown; in frames
 */
typedef struct {
  CviWalk *walk;
  guint64 size;
  guint64 start;
  GArray *partitions;
  guint64 footer;
  gboolean header_open;
  gboolean has_footer;
  gboolean damaged;
  guint8 container;
  guint64 frame_ns;
  guint64 duration;
  guint64 time_ns;
  guint n_tracks;
  CviMxfTrack tracks[CVI_MXF_MAX_TRACKS];
} CviMxf;

typedef enum {
  CVI_MXF_OTHER,
  CVI_MXF_PARTITION,
  CVI_MXF_RANDOM_INDEX,
  CVI_MXF_INDEX,
  CVI_MXF_SET,
  CVI_MXF_ESSENCE,
} CviMxfKind;

/* Returns: FALSE if no key and length can be at @pos; the value may reach
 * behind the end of the file */
gboolean cvi_mxf_read (CviMxf *self, guint64 pos, CviMxfElement *element);
CviMxfKind cvi_mxf_kind (const CviMxfElement *element);

/* cvi-mxf-meta.c; elements are inside the file */
void cvi_mxf_read_partition (CviMxf *self, const CviMxfElement *element);
void cvi_mxf_read_random_index (CviMxf *self, const CviMxfElement *element);
void cvi_mxf_read_index (CviMxf *self, const CviMxfElement *element);
void cvi_mxf_read_set (CviMxf *self, const CviMxfElement *element);

/* cvi-mxf-essence.c */
void cvi_mxf_walk_essence (CviMxf *self, const CviMxfElement *element);
/* Tells what only the whole walk knows. */
void cvi_mxf_tell (CviMxf *self);

G_END_DECLS
