/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What coding units say of prediction (ITU-T H.265, 7.3.8.5 to 7.3.8.9), and
 * sample adaptive offset (7.3.8.3). */
#include "tools/codec/cvi-h265-private.h"

#define PLANAR 0
#define DC 1
#define HORIZONTAL 10
#define VERTICAL 26

static void
read_sao_component (CviH265Check *self, guint c, guint type)
{
  guint max = (1u << (MIN (self->p.bit_depth[c > 0], 10) - 5)) - 1;
  guint n_nonzero = 0;

  for (guint i = 0; i < 4; i++) {
    guint n = 0;

    while (n < max && cvi_h265_bypass (self))
      n++;
    n_nonzero += n > 0;
  }
  if (type == 1)
    cvi_h265_cabac_bypass_bits (&self->cabac, n_nonzero + 5);
  else if (c < 2)
    cvi_h265_cabac_bypass_bits (&self->cabac, 2);
}

void
cvi_h265_read_sao (CviH265Check *self, gboolean has_left, gboolean has_above)
{
  guint type = 0;

  if (!self->slice.sao[0] && !self->slice.sao[1])
    return;
  if (has_left && cvi_h265_bin (self, CTX_SAO_MERGE))
    return;
  if (has_above && cvi_h265_bin (self, CTX_SAO_MERGE))
    return;
  for (guint c = 0; c < (self->p.chroma ? 3 : 1); c++) {
    if (!self->slice.sao[c > 0])
      continue;
    if (c < 2) {
      type = cvi_h265_bin (self, CTX_SAO_TYPE);
      if (type)
        type += cvi_h265_bypass (self);
    }
    if (type)
      read_sao_component (self, c, type);
  }
}

/* 8.4.2 */
static void
derive_candidates (guint a, guint b, guint8 *candidates)
{
  if (a != b) {
    candidates[0] = (guint8)a;
    candidates[1] = (guint8)b;
    candidates[2] = a != PLANAR && b != PLANAR ? PLANAR
                    : a != DC && b != DC       ? DC
                                               : VERTICAL;
  } else if (a < 2) {
    candidates[0] = PLANAR;
    candidates[1] = DC;
    candidates[2] = VERTICAL;
  } else {
    candidates[0] = (guint8)a;
    candidates[1] = (guint8)(2 + (a + 29) % 32);
    candidates[2] = (guint8)(2 + (a - 2 + 1) % 32);
  }
}

static void
order (guint8 *a, guint8 *b)
{
  guint8 swap = *a;

  if (*a > *b) {
    *a = *b;
    *b = swap;
  }
}

static guint
read_luma_mode (CviH265Check *self, gboolean is_candidate, guint a, guint b)
{
  guint8 candidates[3];
  guint mode;

  derive_candidates (a, b, candidates);
  if (is_candidate) {
    guint n = 0;

    while (n < 2 && cvi_h265_bypass (self))
      n++;
    return candidates[n];
  }
  mode = cvi_h265_cabac_bypass_bits (&self->cabac, 5);
  order (&candidates[0], &candidates[1]);
  order (&candidates[0], &candidates[2]);
  order (&candidates[1], &candidates[2]);
  for (guint i = 0; i < 3; i++)
    mode += mode >= candidates[i];
  return mode;
}

/* 8.4.3 */
static void
read_chroma_mode (CviH265Check *self, guint part)
{
  static const guint8 modes[4] = { PLANAR, VERTICAL, HORIZONTAL, DC };
  /* Table 8-3 */
  static const guint8 modes_422[35] = { 0, 1, 2, 2, 2, 2, 3, 5, 7, 8, 10, 11,
    13, 15, 16, 18, 19, 20, 21, 22, 23, 23, 24, 24, 25, 25, 26, 27, 27, 28, 28,
    29, 29, 30, 31 };
  guint luma = self->cu.luma_mode[part], mode = luma, pred = 4;

  if (cvi_h265_bin (self, CTX_INTRA_CHROMA)) {
    pred = cvi_h265_cabac_bypass_bits (&self->cabac, 2);
    mode = modes[pred] == luma ? 34 : modes[pred];
  }
  if (self->p.chroma == 2)
    mode = modes_422[mode];
  self->cu.chroma_pred[part] = (guint8)pred;
  self->cu.chroma_mode[part] = (guint8)mode;
}

void
cvi_h265_read_intra_modes (CviH265Check *self)
{
  guint n_parts = self->cu.split ? 4 : 1;
  guint log2 = self->cu.log2 - (self->cu.split ? 1 : 0);
  guint mask = (1u << self->p.ctb) - 1, units = 1u << (log2 - 2);
  guint flags[4];

  for (guint i = 0; i < n_parts; i++)
    flags[i] = cvi_h265_bin (self, CTX_PREV_INTRA);
  for (guint i = 0; i < n_parts; i++) {
    guint x = ((self->cu.x & mask) + ((i & 1) << log2)) >> 2;
    guint y = ((self->cu.y & mask) + ((i >> 1) << log2)) >> 2;
    guint mode = read_luma_mode (
        self, (gboolean)flags[i], self->left_mode[y], self->above_mode[x]);

    self->cu.luma_mode[i] = (guint8)mode;
    memset (&self->left_mode[y], (gint)mode, units);
    memset (&self->above_mode[x], (gint)mode, units);
  }
  if (self->p.chroma == 0)
    return;
  for (guint i = 0; i < (self->p.chroma == 3 ? n_parts : 1); i++)
    read_chroma_mode (self, i);
}

/* abs_mvd_minus2 (EG1) and mvd_sign_flag */
static void
read_mvd_rest (CviH265Check *self, gboolean greater1)
{
  guint value = 0, k = 1;
  gboolean negative;

  if (!greater1) {
    cvi_h265_bypass (self);
    return;
  }
  while (k < 16 && cvi_h265_bypass (self))
    value += 1u << k++;
  value += 2 + cvi_h265_cabac_bypass_bits (&self->cabac, k);
  negative = (gboolean)cvi_h265_bypass (self);
  /* 7.4.9.9 */
  if (value > (negative ? 32768u : 32767u))
    self->bad = "a motion vector out of range";
}

static void
read_mvd (CviH265Check *self)
{
  guint greater0[2], greater1[2] = { 0, 0 };

  greater0[0] = cvi_h265_bin (self, CTX_MVD_GREATER0);
  greater0[1] = cvi_h265_bin (self, CTX_MVD_GREATER0);
  for (guint i = 0; i < 2; i++) {
    if (greater0[i])
      greater1[i] = cvi_h265_bin (self, CTX_MVD_GREATER1);
  }
  for (guint i = 0; i < 2; i++) {
    if (greater0[i])
      read_mvd_rest (self, (gboolean)greater1[i]);
  }
}

static void
read_merge_idx (CviH265Check *self)
{
  guint n = 0;

  if (self->slice.max_merge < 2 || !cvi_h265_bin (self, CTX_MERGE_IDX))
    return;
  for (n = 1; n + 1 < self->slice.max_merge && cvi_h265_bypass (self);)
    n++;
}

static void
read_ref_idx (CviH265Check *self, guint n_ref)
{
  guint n = 0;

  while (n + 1 < n_ref && (n < 2 ? cvi_h265_bin (self, CTX_REF_IDX + n)
                                 : cvi_h265_bypass (self)))
    n++;
}

/* Returns: bit 0 for list 0, bit 1 for list 1 */
static guint
read_inter_pred (CviH265Check *self, guint width, guint height, guint depth)
{
  if (self->slice.type != GST_H265_B_SLICE)
    return 1;
  if (width + height != 12 && cvi_h265_bin (self, CTX_INTER_PRED + depth))
    return 3;
  return cvi_h265_bin (self, CTX_INTER_PRED + 4) ? 2 : 1;
}

void
cvi_h265_read_prediction_unit (CviH265Check *self, guint width, guint height,
    guint depth, gboolean skipped, gboolean *merged)
{
  guint lists;

  *merged = skipped || cvi_h265_bin (self, CTX_MERGE_FLAG);
  if (*merged) {
    read_merge_idx (self);
    return;
  }
  lists = read_inter_pred (self, width, height, depth);
  for (guint l = 0; l < 2; l++) {
    if (!(lists >> l & 1))
      continue;
    read_ref_idx (self, self->slice.n_ref[l]);
    if (l == 0 || lists != 3 || !self->slice.mvd_l1_zero)
      read_mvd (self);
    cvi_h265_bin (self, CTX_MVP);
  }
}
