/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* residual_block_cabac(): most of the time is spent here. */
#include "tools/codec/cvi-h264-private.h"

#define CHROMA_DC 3

/* Table 9-34: ctxIdxOffset + ctxBlockCatOffset by ctxBlockCat. */
static const guint16 flag_context[14] = { 85, 89, 93, 97, 101, 1012, 460, 464,
  468, 1016, 472, 476, 480, 1020 };
/* frame and field coded */
static const guint16 sig_context[2][14] = {
  { 105, 120, 134, 149, 152, 402, 484, 499, 513, 660, 528, 543, 557, 718 },
  { 277, 292, 306, 321, 324, 436, 776, 791, 805, 675, 820, 835, 849, 733 }
};
static const guint16 last_context[2][14] = {
  { 166, 181, 195, 210, 213, 417, 572, 587, 601, 690, 616, 631, 645, 748 },
  { 338, 353, 367, 382, 385, 451, 864, 879, 893, 699, 908, 923, 937, 757 }
};
static const guint16 level_context[14] = { 227, 237, 247, 257, 266, 426, 952,
  962, 972, 708, 982, 992, 1002, 766 };

/* Returns: number of coefficients */
static inline guint
read_map (CviCabac *c, guint8 *sig, guint8 *last, guint n)
{
  guint count = 0;

  for (guint i = 0; i < n - 1; i++) {
    if (!cvi_cabac_bit (c, &sig[i]))
      continue;
    count++;
    if (cvi_cabac_bit (c, &last[i]))
      return count;
  }
  return count + 1;
}

static inline guint
read_map_8x8 (CviCabac *c, guint8 *sig, guint8 *last, gboolean field)
{
  const guint8 *offset = h264_sig_8x8[field];
  guint count = 0;

  for (guint i = 0; i < 63; i++) {
    if (!cvi_cabac_bit (c, &sig[offset[i]]))
      continue;
    count++;
    if (cvi_cabac_bit (c, &last[h264_last_8x8[i]]))
      return count;
  }
  return count + 1;
}

/* ctxIdxInc is Min (i / NumC8x8, 2). */
static inline guint
read_map_dc (CviCabac *c, guint8 *sig, guint8 *last, guint n)
{
  guint count = 0;

  for (guint i = 0; i < n - 1; i++) {
    guint offset = MIN (i / (n / 4), 2);

    if (!cvi_cabac_bit (c, &sig[offset]))
      continue;
    count++;
    if (cvi_cabac_bit (c, &last[offset]))
      return count;
  }
  return count + 1;
}

/* Suffix of coeff_abs_level_minus1: Exp-Golomb of order 0. Returns: FALSE if no
 * encoder can have meant it */
static gboolean
read_suffix (CviCabac *c, guint limit)
{
  guint k = 0;

  while (cvi_cabac_bypass (c)) {
    if (++k > limit)
      return FALSE;
  }
  while (k-- > 0)
    cvi_cabac_bypass (c);
  return TRUE;
}

/* @most: contexts of the bins behind the first, less one. Returns: FALSE if a
 * level is out of range */
static inline gboolean
read_levels (CviCabac *c, guint8 *states, guint count, guint most, guint limit)
{
  guint ones = 1, above = 0;

  do {
    if (!cvi_cabac_bit (c, &states[above ? 0 : ones])) {
      ones = MIN (ones + 1, 4);
    } else {
      guint8 *state = &states[5 + MIN (above, most)];
      guint value = 1;

      while (value < 14 && cvi_cabac_bit (c, state))
        value++;
      if (value == 14 && !read_suffix (c, limit))
        return FALSE;
      above++;
    }
    cvi_cabac_bypass (c);
  } while (--count > 0);
  return TRUE;
}

gboolean
cvi_h264_cabac_block (
    CviH264Slice *s, guint cat, guint n, guint context, gboolean flag)
{
  gboolean field = s->field_pic || s->mb->field;
  guint depth = MAX (s->depth_luma, s->depth_chroma);
  CviCabac c = s->engine;
  guint8 *states = s->states;
  guint8 *sig = &states[sig_context[field][cat]];
  guint8 *last = &states[last_context[field][cat]];
  guint count;

  if (flag && !cvi_cabac_bit (&c, &states[flag_context[cat] + context])) {
    s->engine = c;
    return FALSE;
  }
  if (n == 64)
    count = read_map_8x8 (&c, sig, last, field);
  else if (cat == CHROMA_DC)
    count = read_map_dc (&c, sig, last, n);
  else
    count = read_map (&c, sig, last, n);
  if (!read_levels (&c, &states[level_context[cat]], count,
          cat == CHROMA_DC ? 3 : 4, depth + 8))
    cvi_h264_fail (s, "coefficient out of range");
  s->engine = c;
  return TRUE;
}
