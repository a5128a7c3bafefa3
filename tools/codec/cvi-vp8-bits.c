/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/codec/cvi-vp8-private.h"

void
cvi_vp8_bits_load (CviVp8Bits *bits)
{
  while (bits->loaded <= 40) {
    guint8 byte = bits->next < bits->size ? bits->data[bits->next] : 0;

    bits->next++;
    bits->value = bits->value << 8 | byte;
    bits->loaded += 8;
  }
}

void
cvi_vp8_bits_start (CviVp8Bits *bits, const guint8 *data, gsize size)
{
  bits->data = data;
  bits->size = size;
  bits->next = 0;
  bits->value = 0;
  bits->loaded = -8;
  bits->range = 255;
  bits->taken = 0;
  cvi_vp8_bits_load (bits);
}

void
cvi_vp8_bits_resume (CviVp8Bits *bits, const guint8 *data, gsize size,
    guint64 position, guint8 range, guint8 value)
{
  guint64 first = position + 8;
  guint skip = (guint)(first % 8);

  bits->data = data;
  bits->size = size;
  bits->next = first / 8;
  bits->range = range;
  bits->taken = position;
  bits->value = value;
  bits->loaded = 0;
  if (skip > 0) {
    guint8 byte = bits->next < size ? data[bits->next] : 0;

    bits->next++;
    bits->value = (guint64)value << (8 - skip) | (byte & (0xffu >> skip));
    bits->loaded = (gint)(8 - skip);
  }
  cvi_vp8_bits_load (bits);
}
