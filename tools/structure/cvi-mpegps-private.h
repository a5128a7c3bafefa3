/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-pts.h"
#include "tools/structure/cvi-walk.h"

G_BEGIN_DECLS

/* What the files of the MPEG-PS walker share (ISO/IEC 13818-1 2.5 and
 * 11172-1). */

/**
 * CviPsStream: one elementary stream.
 * @told: @stream was asked for (it may be NULL all the same)
 */
typedef struct {
  gboolean told;
  CviStructureStream *stream;
  guint zero_run;
  CviPts pts;
} CviPsStream;

/**
 * CviPs: one walk.
 * @version: of MPEG, by the last pack header
 * @ended: the last unit was the end code
 * @is_dvd: it has navigation packets
 * @types: stream types of the program stream map, by stream_id
 * @streams: by stream_id; @substreams: of private stream 1, by its first byte
 */
typedef struct {
  CviWalk *walk;
  guint64 size;
  guint version;
  gboolean ended;
  gboolean is_dvd;
  gboolean has_scr;
  guint64 scr;
  guint64 time_ns;
  CviPtsBase base;
  guint8 types[256];
  CviPsStream streams[256];
  CviPsStream substreams[256];
} CviPs;

/* cvi-mpegps-pes.c; @pos to @end: the whole packet, inside the file */
void cvi_ps_walk_pes (CviPs *self, guint64 pos, guint64 end, guint8 code);
void cvi_ps_read_map (CviPs *self, guint64 pos, guint64 end);
/* Tells what only the whole walk knows of the streams. */
void cvi_ps_tell (CviPs *self);

G_END_DECLS
