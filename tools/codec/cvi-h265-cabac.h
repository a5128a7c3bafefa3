/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/* The arithmetic decoder of ITU-T H.265, 9.3.4.3, which knows at which bit it
 * is. Inline: it takes most of the time of the check. */

/* Zero bytes that must follow the data, so that loads need no care. */
#define CVI_H265_PADDING 16

/* value: the standard's ivlOffset, with @bits more bits read behind it.
 * Between calls there are at least 16 of them. */
typedef struct {
  guint64 value;
  gint bits;
  guint range;
  guint next; /* byte to load */
  guint size;
  const guint8 *data;
} CviH265Cabac;

/* Filled by cvi_h265_tables_init(), by the state, whose lowest bit is valMps:
 * rangeTabLps in a byte for each two bits of the range, the lowest first; then
 * the state behind an MPS, and behind an LPS. */
extern guint64 cvi_h265_states[128];

static inline void
cvi_h265_cabac_refill (CviH265Cabac *c)
{
  guint32 word = 0;

  if (c->bits >= 16)
    return;
  if (G_LIKELY (c->next < c->size)) {
    memcpy (&word, c->data + c->next, sizeof word);
    word = GUINT32_FROM_BE (word);
  }
  c->next += 4;
  c->value = c->value << 32 | word;
  c->bits += 32;
}

/* Sets the range. A value that does not fit comes from damaged bits only; all
 * else relies on its being less. */
static inline void
cvi_h265_cabac_set_range (CviH265Cabac *c, guint range)
{
  c->range = range;
  c->value = MIN (c->value, ((guint64)range << c->bits) - 1);
}

/* Begins at byte @offset of @data, which has @size bytes and the padding. */
static inline void
cvi_h265_cabac_start (
    CviH265Cabac *c, const guint8 *data, guint size, guint offset)
{
  c->data = data;
  c->size = size;
  c->next = offset;
  c->value = 0;
  c->bits = -9;
  cvi_h265_cabac_refill (c);
  cvi_h265_cabac_set_range (c, 510);
}

/* Returns: position of the last bit that the standard's decoder has read. After
 * a terminating bin of 1 that is the stop bit behind the coded data. */
static inline guint64
cvi_h265_cabac_last_bit (const CviH265Cabac *c)
{
  return (guint64)c->next * 8 - (guint)c->bits - 1;
}

static inline gboolean
cvi_h265_cabac_is_over (const CviH265Cabac *c)
{
  return cvi_h265_cabac_last_bit (c) >= (guint64)c->size * 8;
}

/* A branch on which of the two bins it is was measured to be a seventh faster
 * than masks: each bin waits for the range of the one before. */
static inline guint
cvi_h265_cabac_bin (CviH265Cabac *c, guint8 *state)
{
  guint s = *state;
  guint64 row = cvi_h265_states[s];
  guint lps = (guint8)((guint32)row >> (c->range >> 3 & 24));
  guint mps = c->range - lps;
  guint64 scaled = (guint64)mps << c->bits;
  guint bin = s & 1;
  gint shift;

  if (c->value < scaled) {
    shift = (gint)(mps >> 8) ^ 1;
    c->range = mps << shift;
    *state = (guint8)(row >> 32);
  } else {
    shift = __builtin_clz (lps) - 23;
    c->value -= scaled;
    c->range = lps << shift;
    *state = (guint8)(row >> 40);
    bin ^= 1;
  }
  c->bits -= shift;
  cvi_h265_cabac_refill (c);
  return bin;
}

static inline guint
cvi_h265_cabac_bypass (CviH265Cabac *c)
{
  guint64 scaled = (guint64)c->range << --c->bits;
  gint64 one = (gint64)(scaled - c->value - 1) >> 63;

  c->value -= scaled & (guint64)one;
  cvi_h265_cabac_refill (c);
  return (guint)one & 1;
}

/* @n: up to 16. Returns: their value, the first bit the highest. */
static inline guint
cvi_h265_cabac_bypass_bits (CviH265Cabac *c, guint n)
{
  guint quotient;

  c->bits -= (gint)n;
  quotient = (guint32)(c->value >> c->bits) / c->range;
  c->value -= ((guint64)quotient * c->range) << c->bits;
  cvi_h265_cabac_refill (c);
  return quotient;
}

static inline guint
cvi_h265_cabac_terminate (CviH265Cabac *c)
{
  c->range -= 2;
  if (c->value >= (guint64)c->range << c->bits)
    return 1;
  if (c->range < 256) {
    c->range <<= 1;
    c->bits--;
    cvi_h265_cabac_refill (c);
  }
  return 0;
}

G_END_DECLS
