/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/codec/cvi-ac3.h"

#include "tools/codec/cvi-crc16.h"
#include "tools/codec/cvi-proof.h"

/* Sync word, and what tells the size. */
#define HEAD 6
/* bsid of E-AC-3, up to this one */
#define MAX_BSID 16
#define EAC3_BSID 11

struct _CviAc3Check {
  CviProof proof;
};

/* Returns: bytes of the frame that begins here, 0 if none does */
static gsize
frame_size (const guint8 *data, gsize size)
{
  /* kbit/s; table 4.13 */
  static const guint16 bitrates[] = { 32, 40, 48, 56, 64, 80, 96, 112, 128, 160,
    192, 224, 256, 320, 384, 448, 512, 576, 640 };
  guint bsid, code, bitrate;

  if (size < HEAD || data[0] != 0x0b || data[1] != 0x77)
    return 0;
  bsid = data[5] >> 3;
  if (bsid > MAX_BSID)
    return 0;
  if (bsid >= EAC3_BSID)
    return 2 * (((data[2] & 7u) << 8 | data[3]) + 1u);
  code = data[4] & 63u;
  if (code / 2 >= G_N_ELEMENTS (bitrates))
    return 0;
  bitrate = bitrates[code / 2];
  switch (data[4] >> 6) {
    case 0: /* 48 kHz */
      return 4 * bitrate;
    case 1: /* 44.1 kHz: of two codes one is for the odd word */
      return 2 * (320 * bitrate / 147 + code % 2);
    case 2: /* 32 kHz */
      return 6 * bitrate;
    default:
      return 0;
  }
}

CviAc3Check *
cvi_ac3_check_new (void)
{
  return g_new0 (CviAc3Check, 1);
}

void
cvi_ac3_check_free (CviAc3Check *check)
{
  g_free (check);
}

gboolean
cvi_ac3_check_packet (
    CviAc3Check *check, const guint8 *data, gsize size, const char **fault)
{
  gsize length;

  *fault = NULL;
  for (; (length = frame_size (data, size)) >= HEAD && length <= size;
       data += length, size -= length) {
    /* The CRC at the end makes that of all behind the sync word zero. */
    if (cvi_proof_refutes (
            &check->proof, cvi_crc16 (0, data + 2, length - 2) == 0))
      *fault = "CRC-16 of an AC-3 frame does not match";
  }
  return *fault == NULL;
}
