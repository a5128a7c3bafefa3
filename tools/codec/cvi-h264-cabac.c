/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Syntax elements of 9.3.2 and 9.3.3.1. Numbers added to a context's are those
 * of table 9-34. */
#include "tools/codec/cvi-h264-private.h"

static inline guint
bit (CviH264Slice *s, guint context)
{
  return cvi_cabac_bit (&s->engine, &s->states[context]);
}

/* 9.3.1.1 */
void
cvi_h264_cabac_begin (CviH264Slice *s)
{
  gint qp = CLAMP (s->qp, 0, 51);

  for (guint i = 0; i < CVI_H264_N_CONTEXTS; i++) {
    gint pre = (s->contexts[2 * i] * qp >> 4) + s->contexts[2 * i + 1];

    pre = CLAMP (pre, 1, 126);
    s->states[i] = (guint8)(pre <= 63 ? 2 * (63 - pre) : 2 * (pre - 64) + 1);
  }
  s->last_dqp = FALSE;
}

gboolean
cvi_h264_cabac_skip (CviH264Slice *s)
{
  guint context = s->type == H264_SLICE_B ? 24 : 11;

  context += s->left[0] && s->left[0]->kind != H264_SKIP;
  context += s->top && s->top->kind != H264_SKIP;
  return bit (s, context);
}

gboolean
cvi_h264_cabac_field (CviH264Slice *s, gboolean left, gboolean top)
{
  return bit (s, 70u + (left != 0) + (top != 0));
}

/* What follows the first bin of an I macroblock's type.
 * @base: context of the second part; @intra: the bins of an I slice */
static guint
intra_type (CviH264Slice *s, guint base, guint intra)
{
  guint type;

  if (cvi_cabac_terminate (&s->engine))
    return 25;
  type = 1 + 12 * bit (s, base + 1);
  if (bit (s, base + 2))
    type += 4 + 4 * bit (s, base + 2 + intra);
  type += 2 * bit (s, base + 3 + intra);
  type += bit (s, base + 3 + 2 * intra);
  return type;
}

static guint
i_type (CviH264Slice *s)
{
  guint context = 3;

  context += s->left[0] && s->left[0]->kind != H264_I_NXN;
  context += s->top && s->top->kind != H264_I_NXN;
  return bit (s, context) ? intra_type (s, 5, 1) : 0;
}

static guint
p_type (CviH264Slice *s)
{
  if (bit (s, 14))
    return 5 + (bit (s, 17) ? intra_type (s, 17, 0) : 0);
  if (bit (s, 15))
    return 2 - bit (s, 17);
  return 3 * bit (s, 16);
}

static gboolean
is_not_direct (const CviH264Mb *mb)
{
  return mb && mb->kind != H264_SKIP && mb->kind != H264_DIRECT;
}

static guint
b_type (CviH264Slice *s)
{
  guint bins;

  if (!bit (s, 27u + is_not_direct (s->left[0]) + is_not_direct (s->top)))
    return 0;
  if (!bit (s, 27 + 3))
    return 1 + bit (s, 27 + 5);
  bins = bit (s, 27 + 4) << 3;
  bins |= bit (s, 27 + 5) << 2;
  bins |= bit (s, 27 + 5) << 1;
  bins |= bit (s, 27 + 5);
  if (bins < 8)
    return 3 + bins;
  if (bins == 13)
    return 23 + (bit (s, 32) ? intra_type (s, 32, 0) : 0);
  if (bins == 14)
    return 11;
  if (bins == 15)
    return 22;
  return (bins << 1 | bit (s, 27 + 5)) - 4;
}

guint
cvi_h264_cabac_mb_type (CviH264Slice *s)
{
  if (s->type == H264_SLICE_I)
    return i_type (s);
  return s->type == H264_SLICE_P ? p_type (s) : b_type (s);
}

guint
cvi_h264_cabac_sub_type (CviH264Slice *s)
{
  guint type = 3;

  if (s->type == H264_SLICE_P) {
    if (bit (s, 21))
      return 0;
    if (!bit (s, 22))
      return 1;
    return 3 - bit (s, 23);
  }
  if (!bit (s, 36))
    return 0;
  if (!bit (s, 37))
    return 1 + bit (s, 39);
  if (bit (s, 38)) {
    if (bit (s, 39))
      return 11 + bit (s, 39);
    type += 4;
  }
  type += 2 * bit (s, 39);
  return type + bit (s, 39);
}

gboolean
cvi_h264_cabac_transform_8x8 (CviH264Slice *s)
{
  guint context = 399;

  context += s->left[0] && s->left[0]->transform_8x8;
  context += s->top && s->top->transform_8x8;
  return bit (s, context);
}

void
cvi_h264_cabac_intra_mode (CviH264Slice *s)
{
  if (bit (s, 68))
    return;
  for (guint i = 0; i < 3; i++)
    bit (s, 69);
}

guint
cvi_h264_cabac_chroma_mode (CviH264Slice *s)
{
  guint context = 64;

  context += s->left[0] && s->left[0]->chroma_mode != 0;
  context += s->top && s->top->chroma_mode != 0;
  if (!bit (s, context))
    return 0;
  if (!bit (s, 67))
    return 1;
  return 2 + bit (s, 67);
}

guint
cvi_h264_cabac_cbp (CviH264Slice *s)
{
  guint cbp = 0;

  for (guint i = 0; i < 4; i++) {
    const CviH264Mb *left = s->left[i & 2];
    guint context = 73;

    if (i & 1)
      context += !(cbp >> (i - 1) & 1);
    else
      context += left && !(left->cbp >> ((s->left_row[i & 2] & 2u) + 1) & 1);
    if (i & 2)
      context += 2 * !(cbp >> (i - 2) & 1);
    else
      context += 2 * (s->top && !(s->top->cbp >> (i + 2) & 1));
    cbp |= bit (s, context) << i;
  }
  if (s->chroma == 1 || s->chroma == 2) {
    guint left = s->left[0] ? s->left[0]->cbp >> 4 : 0;
    guint top = s->top ? s->top->cbp >> 4 : 0;

    if (bit (s, 77u + (left != 0) + 2 * (top != 0)))
      cbp |= bit (s, 81u + (left == 2) + 2 * (top == 2)) ? 0x20 : 0x10;
  }
  return cbp;
}

gint
cvi_h264_cabac_qp_delta (CviH264Slice *s)
{
  guint context = s->last_dqp ? 1 : 0;
  gint value = 0;

  while (bit (s, 60 + context)) {
    context = 2 + (context >> 1);
    /* More than 14-bit video has. */
    if (++value > 200)
      break;
  }
  return value & 1 ? (value + 1) / 2 : -value / 2;
}

static inline gboolean
refers_back (
    const CviH264Slice *s, const CviH264Mb *mb, guint list, guint block)
{
  gint limit = s->mbaff && !s->mb->field && mb->field;

  return mb->ref[list][block] > limit;
}

guint
cvi_h264_cabac_ref (CviH264Slice *s, guint list, guint block)
{
  guint context = 0, ref = 0;
  const CviH264Mb *left = s->left[block & 2];

  if (block & 1)
    context += s->mb->ref[list][block - 1] > 0;
  else
    context +=
        left && refers_back (s, left, list, (s->left_row[block & 2] & 2u) + 1);
  if (block & 2)
    context += 2 * (s->mb->ref[list][block - 2] > 0);
  else
    context += 2 * (s->top && refers_back (s, s->top, list, block + 2));
  while (bit (s, 54 + context)) {
    context = (context >> 2) + 4;
    if (++ref > 32)
      break;
  }
  return ref;
}

/* absMvdComp of a block outside of the macroblock */
static inline guint
outer_mvd (const CviH264Slice *s, const CviH264Mb *mb, guint list, guint block,
    guint component)
{
  guint value = mb->mvd[list][block][component];

  if (!s->mbaff || component == 0 || mb->field == s->mb->field)
    return value;
  return mb->field ? 2 * value : value / 2;
}

guint
cvi_h264_cabac_mvd (CviH264Slice *s, guint list, guint block, guint component)
{
  const guint8 (*own)[2] = s->mb->mvd[list];
  const CviH264Mb *left = s->left[block / 4];
  guint base = component ? 47 : 40, sum = 0, value = 1, context = 3, k = 3;

  if (block & 3)
    sum += own[block - 1][component];
  else if (left)
    sum +=
        outer_mvd (s, left, list, s->left_row[block / 4] * 4u + 3, component);
  if (block >= 4)
    sum += own[block - 4][component];
  else if (s->top)
    sum += outer_mvd (s, s->top, list, block + 12, component);

  if (!bit (s, base + (sum > 2) + (sum > 32)))
    return 0;
  while (value < 9 && bit (s, base + context)) {
    if (context < 6)
      context++;
    value++;
  }
  if (value >= 9) {
    while (cvi_cabac_bypass (&s->engine)) {
      value += 1u << k++;
      if (k > 17) {
        cvi_h264_fail (s, "motion vector out of range");
        return 0;
      }
    }
    while (k-- > 0)
      value += cvi_cabac_bypass (&s->engine) << k;
  }
  cvi_cabac_bypass (&s->engine);
  return value;
}
