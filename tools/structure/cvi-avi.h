/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-frame-head.h"
#include "tools/structure/cvi-walk.h"

G_BEGIN_DECLS

/* AVI (RIFF, with OpenDML extensions): shared by the cvi-avi-*.c files. */

/* FourCCs stand in the file as they are read; RIFF numbers are little-endian */
#define CVI_RIFF_ID(a, b, c, d)                                                \
  ((guint32)(d) << 24 | (guint32)(c) << 16 | (guint32)(b) << 8 | (guint32)(a))

#define CVI_AVI_MAX_STREAMS 100
/* Chunks kept for comparison with the index: a day of video and audio. */
#define CVI_AVI_MAX_CHUNKS (4u * 1024 * 1024)
#define CVI_AVI_MAX_SUPER 4096

typedef struct {
  CviStructureStream *stream;
  guint32 scale, rate;   /* duration of one unit: scale / rate s */
  guint32 start, length; /* in units */
  guint32 sample_size;   /* 0: a chunk is a unit */
  guint zero_run;
  CviFrameHead head;
  guint64 n_chunks; /* seen, empty ones left out */
  guint64 n_units;  /* seen */
} CviAviStream;

typedef struct {
  guint64 offset;
  guint32 id;
} CviAviChunk;

typedef struct {
  CviWalk *walk;
  guint64 size;
  CviAviStream streams[CVI_AVI_MAX_STREAMS];
  guint n_streams;
  GArray *chunks;       /* CviAviChunk of the first movi, in file order */
  GArray *super;        /* guint64: where super indexes say that indexes are */
  guint64 movi;         /* offset of the first movi's type, 0: none yet */
  guint64 index_offset; /* of idx1's content */
  guint64 index_size;   /* 0: none */
  gboolean cut;
} CviAvi;

/* cvi-avi-head.c: the content of LIST hdrl, in memory */
void cvi_avi_parse_head (
    CviAvi *avi, const guint8 *data, gsize len, guint64 offset);
/* Time of unit @units of @stream, ns. */
guint64 cvi_avi_time (const CviAviStream *stream, guint64 units);

/* cvi-avi-movi.c: the chunks of a LIST movi. Returns: FALSE if the walk should
 * end */
gboolean cvi_avi_walk_movi (CviAvi *avi, guint64 from, guint64 to);
/* Returns: the stream that a chunk belongs to, or -1 */
int cvi_avi_chunk_stream (const CviAvi *avi, guint32 id);

/* cvi-avi-index.c: index against chunks, after all chunks were seen */
void cvi_avi_check_index (CviAvi *avi);

G_END_DECLS
