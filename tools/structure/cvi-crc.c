/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-crc.h"

/* Eight tables a direction let eight bytes be folded in at once, because
 * whole files go through here. */
typedef struct {
  guint32 le[8][256];
  guint32 be[8][256];
} Tables;

static void
fill_first (Tables *tables)
{
  for (guint i = 0; i < 256; i++) {
    guint32 le = i;
    guint32 be = i << 24;

    for (guint bit = 0; bit < 8; bit++) {
      le = le & 1 ? le >> 1 ^ 0xedb88320u : le >> 1;
      be = be & 0x80000000u ? be << 1 ^ 0x04c11db7u : be << 1;
    }
    tables->le[0][i] = le;
    tables->be[0][i] = be;
  }
}

static const Tables *
get_tables (void)
{
  static gsize ready = 0;
  static Tables tables;

  if (g_once_init_enter (&ready)) {
    fill_first (&tables);
    for (guint t = 1; t < 8; t++) {
      for (guint i = 0; i < 256; i++) {
        guint32 le = tables.le[t - 1][i];
        guint32 be = tables.be[t - 1][i];

        tables.le[t][i] = le >> 8 ^ tables.le[0][le & 0xff];
        tables.be[t][i] = be << 8 ^ tables.be[0][be >> 24];
      }
    }
    g_once_init_leave (&ready, 1);
  }
  return &tables;
}

guint32
cvi_crc32_le (guint32 crc, const guint8 *data, gsize len)
{
  const Tables *t = get_tables ();

  crc = ~crc;
  for (; len >= 8; len -= 8, data += 8) {
    crc ^= (guint32)data[3] << 24 | (guint32)data[2] << 16 |
           (guint32)data[1] << 8 | data[0];
    crc = t->le[7][crc & 0xff] ^ t->le[6][crc >> 8 & 0xff] ^
          t->le[5][crc >> 16 & 0xff] ^ t->le[4][crc >> 24] ^ t->le[3][data[4]] ^
          t->le[2][data[5]] ^ t->le[1][data[6]] ^ t->le[0][data[7]];
  }
  for (; len > 0; len--, data++)
    crc = crc >> 8 ^ t->le[0][(crc ^ *data) & 0xff];
  return ~crc;
}

guint32
cvi_crc32_be (guint32 crc, const guint8 *data, gsize len)
{
  const Tables *t = get_tables ();

  for (; len >= 8; len -= 8, data += 8) {
    crc ^= (guint32)data[0] << 24 | (guint32)data[1] << 16 |
           (guint32)data[2] << 8 | data[3];
    crc = t->be[7][crc >> 24] ^ t->be[6][crc >> 16 & 0xff] ^
          t->be[5][crc >> 8 & 0xff] ^ t->be[4][crc & 0xff] ^ t->be[3][data[4]] ^
          t->be[2][data[5]] ^ t->be[1][data[6]] ^ t->be[0][data[7]];
  }
  for (; len > 0; len--, data++)
    crc = crc << 8 ^ t->be[0][(crc >> 24 ^ *data) & 0xff];
  return crc;
}
