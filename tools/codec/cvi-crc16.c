/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/codec/cvi-crc16.h"

#define POLYNOMIAL 0x8005u

static void
fill_table (guint16 *table)
{
  for (guint i = 0; i < 256; i++) {
    guint crc = i << 8;

    for (guint bit = 0; bit < 8; bit++)
      crc = crc & 0x8000u ? crc << 1 ^ POLYNOMIAL : crc << 1;
    table[i] = (guint16)crc;
  }
}

guint16
cvi_crc16 (guint16 crc, const guint8 *data, gsize size)
{
  static guint16 table[256];
  static gsize filled;

  if (g_once_init_enter (&filled)) {
    fill_table (table);
    g_once_init_leave (&filled, 1);
  }
  for (gsize i = 0; i < size; i++)
    crc = (guint16)(crc << 8 ^ table[(crc >> 8 ^ data[i]) & 0xffu]);
  return crc;
}
