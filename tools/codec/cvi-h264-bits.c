/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/codec/cvi-h264-private.h"

#include <string.h>

guint32
cvi_h264_bits_ue (CviH264Bits *bits)
{
  guint32 word = cvi_h264_bits_peek (bits);
  guint zeros;

  if (word >= 1u << 16) {
    zeros = (guint)__builtin_clz (word);
    bits->position += 2 * zeros + 1;
    return (word >> (31 - 2 * zeros)) - 1;
  }
  zeros = word == 0 ? 32 : (guint)__builtin_clz (word);
  bits->position += zeros;
  if (zeros == 32)
    return G_MAXUINT32;
  return cvi_h264_bits_get (bits, zeros + 1) - 1;
}

gint32
cvi_h264_bits_se (CviH264Bits *bits)
{
  guint32 code = cvi_h264_bits_ue (bits);
  gint32 half = (gint32)MIN (code >> 1, G_MAXINT32 - 1);

  return code & 1 ? half + 1 : -half;
}

gsize
cvi_h264_unescape (const guint8 *data, gsize size, guint8 *out)
{
  const guint8 *from = data, *end = data + size;
  guint8 *to = out;

  while (from < end) {
    const guint8 *three =
        from + 2 < end ? memchr (from + 2, 3, (gsize)(end - from - 2)) : NULL;
    const guint8 *upto = three ? three : end;

    while (three && (three[-1] || three[-2])) {
      three = memchr (three + 1, 3, (gsize)(end - three - 1));
      upto = three ? three : end;
    }
    memcpy (to, from, (gsize)(upto - from));
    to += upto - from;
    from = three ? three + 1 : end;
  }
  memset (to, 0, CVI_H264_PADDING);
  return (gsize)(to - out);
}

gsize
cvi_h264_find_stop (const guint8 *rbsp, gsize size)
{
  while (size > 0 && rbsp[size - 1] == 0)
    size--;
  if (size == 0)
    return 0;
  return 8 * size - 1 - (gsize)__builtin_ctz (rbsp[size - 1]);
}
