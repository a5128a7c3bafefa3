/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-frame-head.h"

#include <string.h>

static gboolean
begins (const guint8 *head, gsize len, const char *bytes, gsize n)
{
  return len < n || memcmp (head, bytes, n) == 0;
}

const char *
cvi_frame_head_fault (CviFrameHead kind, const guint8 *head, gsize len)
{
  if (len == 0)
    return NULL;
  switch (kind) {
    case CVI_HEAD_VP8: /* RFC 6386 9.1: key frames only */
      if ((head[0] & 1) == 0 && len >= 6 &&
          memcmp (head + 3, "\235\1\52", 3) != 0)
        return "no start code in a VP8 key frame";
      return NULL;
    case CVI_HEAD_VP9:
      return head[0] >> 6 != 2 ? "no VP9 frame marker" : NULL;
    case CVI_HEAD_AV1:
      return head[0] & 0x81 ? "forbidden or reserved bit of an OBU" : NULL;
    case CVI_HEAD_MPEG4:
      return begins (head, len, "\0\0\1", 3) ? NULL : "no MPEG-4 start code";
    case CVI_HEAD_H263:
      if (len >= 3 &&
          (head[0] != 0 || head[1] != 0 || (head[2] & 0xfc) != 0x80))
        return "no H.263 picture start code";
      return NULL;
    case CVI_HEAD_JPEG:
      return begins (head, len, "\377\330", 2) ? NULL : "no JPEG start marker";
    case CVI_HEAD_AC3:
      return begins (head, len, "\13\167", 2) ? NULL : "no AC-3 sync word";
    case CVI_HEAD_PRORES:
      if (len >= 8 && memcmp (head + 4, "icpf", 4) != 0)
        return "no ProRes frame identifier";
      return NULL;
    default:
      return NULL;
  }
}
