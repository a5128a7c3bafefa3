/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include "tools/codec/cvi-h264-cabac-tables.h"

G_BEGIN_DECLS

/* Bytes of zero that must follow the data: loads go past its end by so much. */
#define CVI_H264_PADDING 16
/* How far the loaded position can go past the end. */
#define CVI_H264_OVERREAD 8

/* Where codIOffset begins in CviCabac.value: there are two bits above it, so
 * that differences keep their sign. */
#define CVI_CABAC_SHIFT 53

/* The arithmetic decoder of 9.3.1.2 and 9.3.3.2. Below codIOffset, @value holds
 * @bits bits that were loaded ahead. */
typedef struct {
  guint64 value;
  guint range;
  gint bits;
  const guint8 *next;
  const guint8 *data;
  const guint8 *limit; /* next never passes it */
} CviCabac;

static inline guint32
cvi_h264_load (const guint8 *data)
{
  guint32 word;

  __builtin_memcpy (&word, data, sizeof word);
  return GUINT32_FROM_BE (word);
}

static inline void
cvi_cabac_refill (CviCabac *c)
{
  if (G_UNLIKELY (c->bits < 8)) {
    c->value |= (guint64)cvi_h264_load (c->next)
                << (CVI_CABAC_SHIFT - 32 - c->bits);
    c->bits += 32;
    c->next = MIN (c->next + 4, c->limit);
  }
}

/* @size: of @data without padding; @at: byte to begin with, at most @size */
static inline void
cvi_cabac_start (CviCabac *c, const guint8 *data, gsize size, gsize at)
{
  c->data = data;
  c->next = data + at;
  c->limit = data + size + CVI_H264_OVERREAD;
  c->value = 0;
  c->range = 510;
  c->bits = -9;
  cvi_cabac_refill (c);
}

/* Returns: the first bit that is not in codIOffset yet; far behind the end if
 * more was taken than there is */
static inline gsize
cvi_cabac_position (const CviCabac *c)
{
  return (gsize)(c->next - c->data) * 8 - (gsize)c->bits;
}

/* DecodeDecision; @state: 2 * pStateIdx + valMPS. A branch on which of the two
 * bins it is: masks in its place were measured to take an eighth longer, since
 * each bin has to wait for the range of the one before. */
static inline guint
cvi_cabac_bit (CviCabac *c, guint8 *state)
{
  guint s = *state;
  guint64 row = h264_states[s];
  guint lps = (guint8)((guint32)row >> (c->range >> 3 & 24));
  guint mps = c->range - lps;
  guint64 scaled = (guint64)mps << CVI_CABAC_SHIFT;
  guint shift, bin = s & 1;

  if (c->value < scaled) {
    shift = (mps >> 8) ^ 1;
    c->value <<= shift;
    c->range = mps << shift;
    *state = (guint8)(row >> 32);
  } else {
    shift = (guint)__builtin_clz (lps) - 23;
    c->value = (c->value - scaled) << shift;
    c->range = lps << shift;
    *state = (guint8)(row >> 40);
    bin ^= 1;
  }
  c->bits -= (gint)shift;
  cvi_cabac_refill (c);
  return bin;
}

/* DecodeBypass */
static inline guint
cvi_cabac_bypass (CviCabac *c)
{
  guint64 scaled = (guint64)c->range << CVI_CABAC_SHIFT;
  guint64 value = c->value << 1;
  guint64 bit = (guint64)((gint64)(scaled - 1 - value) >> 63);

  c->value = value - (scaled & bit);
  c->bits--;
  cvi_cabac_refill (c);
  return (guint)bit & 1;
}

/* DecodeTerminate. After TRUE, the arithmetic code ends at
 * cvi_cabac_position(): EncodeFlush (9.3.4.5) writes as many bits as the
 * decoder has taken, the last of them being rbsp_stop_one_bit, or that before
 * the alignment of I_PCM. */
static inline gboolean
cvi_cabac_terminate (CviCabac *c)
{
  guint64 scaled;

  c->range -= 2;
  scaled = (guint64)c->range << CVI_CABAC_SHIFT;
  if (c->value >= scaled)
    return TRUE;
  if (c->range < 256) {
    c->range <<= 1;
    c->value <<= 1;
    c->bits--;
    cvi_cabac_refill (c);
  }
  return FALSE;
}

G_END_DECLS
