/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/codec/cvi-flac.h"

#include "tools/codec/cvi-crc16.h"

/* Sync code, header, CRC-8 and CRC-16. */
#define MIN_FRAME 9

struct _CviFlacCheck {
  gboolean has_frame;
};

CviFlacCheck *
cvi_flac_check_new (void)
{
  return g_new0 (CviFlacCheck, 1);
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
  *fault = NULL;
  /* 14 bits of sync, a reserved zero, one for the blocking strategy */
  if (size < MIN_FRAME || data[0] != 0xff || (data[1] & 0xfe) != 0xf8) {
    if (!check->has_frame)
      return TRUE;
    *fault = "packet is no FLAC frame";
    return FALSE;
  }
  check->has_frame = TRUE;
  if (cvi_crc16 (0, data, size - 2) ==
      ((guint)data[size - 2] << 8 | data[size - 1]))
    return TRUE;
  *fault = "CRC-16 of a FLAC frame does not match";
  return FALSE;
}
