/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-flac.h"

#define POLYNOMIAL                                                             \
  0x8005u /* x^16 + x^15 + x^2 + 1, no reflection, starts at 0 */
/* Sync code, header, CRC-8 and CRC-16. */
#define MIN_FRAME 9

struct _CviFlacCheck {
  guint16 table[256];
  gboolean has_frame;
};

CviFlacCheck *
cvi_flac_check_new (void)
{
  CviFlacCheck *check = g_new0 (CviFlacCheck, 1);

  for (guint i = 0; i < G_N_ELEMENTS (check->table); i++) {
    guint crc = i << 8;

    for (guint bit = 0; bit < 8; bit++)
      crc = crc & 0x8000u ? crc << 1 ^ POLYNOMIAL : crc << 1;
    check->table[i] = (guint16)crc;
  }
  return check;
}

void
cvi_flac_check_free (CviFlacCheck *check)
{
  g_free (check);
}

gboolean
cvi_flac_check_frame (
    CviFlacCheck *check, const guint8 *data, gsize size, const char **fault)
{
  guint crc = 0;

  *fault = NULL;
  /* 14 bits of sync, a reserved zero, one for the blocking strategy */
  if (size < MIN_FRAME || data[0] != 0xff || (data[1] & 0xfe) != 0xf8) {
    if (!check->has_frame)
      return TRUE;
    *fault = "packet is no FLAC frame";
    return FALSE;
  }
  check->has_frame = TRUE;
  for (gsize i = 0; i < size - 2; i++)
    crc = (crc << 8 & 0xff00u) ^ check->table[(crc >> 8 ^ data[i]) & 0xffu];
  if (crc == ((guint)data[size - 2] << 8 | data[size - 1]))
    return TRUE;
  *fault = "CRC-16 of a FLAC frame does not match";
  return FALSE;
}
