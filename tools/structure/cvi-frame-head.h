/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Codecs whose frames begin with something fixed. */
typedef enum {
  CVI_HEAD_NONE,
  CVI_HEAD_VP8,
  CVI_HEAD_VP9,
  CVI_HEAD_AV1,
  CVI_HEAD_MPEG4, /* part 2, visual */
  CVI_HEAD_H263,
  CVI_HEAD_JPEG,
  CVI_HEAD_AC3, /* and E-AC-3 */
  CVI_HEAD_PRORES
} CviFrameHead;

/* So many bytes are looked at. */
#define CVI_FRAME_HEAD_LEN 8

/**
 * cvi_frame_head_fault:
 * @head: the first @len bytes of a frame, as far as there are
 *   CVI_FRAME_HEAD_LEN; a frame too short to tell passes
 *
 * Returns: (nullable): what the frame lacks; static
 */
const char *cvi_frame_head_fault (
    CviFrameHead kind, const guint8 *head, gsize len);

G_END_DECLS
