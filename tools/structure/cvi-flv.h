/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-nal.h"

G_BEGIN_DECLS

/* Flash Video: shared by the cvi-flv-*.c files. */

#define CVI_FLV_TAG_HEADER 11

typedef enum {
  CVI_FLV_AUDIO = 8,
  CVI_FLV_VIDEO = 9,
  CVI_FLV_SCRIPT = 18
} CviFlvType;

typedef struct {
  CviStructureStream *stream; /* NULL until its first tag */
  CviNalCodec nal;
  guint nal_length;
  guint zero_run;
  guint64 last_ms; /* CVI_NONE before the first tag */
} CviFlvStream;

typedef struct {
  CviWalk *walk;
  guint64 size;
  CviFlvStream audio, video;
  double duration_s; /* of onMetaData, 0 if not declared */
  double file_size;
  guint64 wrong_sizes;
} CviFlv;

/* One tag; all of it is inside the file. */
typedef struct {
  guint64 offset;
  guint8 type;
  gboolean encrypted;
  guint32 size;
  guint64 time_ms;
} CviFlvTag;

/* cvi-flv-tag.c: what is inside a tag. Returns: FALSE if the walk should end */
gboolean cvi_flv_walk_tag (CviFlv *flv, const CviFlvTag *tag);

/* cvi-flv-script.c: duration and file size of onMetaData, if they are there */
void cvi_flv_read_script (CviFlv *flv, const guint8 *data, gsize len);

G_END_DECLS
