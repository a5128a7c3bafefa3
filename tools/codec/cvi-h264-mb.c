/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* 7.3.5: macroblock_layer() */
#include "tools/codec/cvi-h264-private.h"

#include <string.h>
#include "tools/codec/cvi-h264-cavlc-tables.h"

#define P_8X8_REF0 4
#define N_P_TYPES 5
#define B_8X8 22
#define N_B_TYPES 23
#define I_PCM 25

/* Lists that a partition refers to: 1 is L0, 2 is L1. Tables 7-14 and 7-18 */
static const guint8 b_lists[B_8X8][2] = { { 0, 0 }, { 1, 1 }, { 2, 2 },
  { 3, 3 }, { 1, 1 }, { 1, 1 }, { 2, 2 }, { 2, 2 }, { 1, 2 }, { 1, 2 },
  { 2, 1 }, { 2, 1 }, { 1, 3 }, { 1, 3 }, { 2, 3 }, { 2, 3 }, { 3, 1 },
  { 3, 1 }, { 3, 2 }, { 3, 2 }, { 3, 3 }, { 3, 3 } };
static const guint8 b_sub_lists[13] = { 0, 1, 2, 3, 1, 1, 2, 2, 3, 3, 1, 2, 3 };
/* 8x8, 8x4, 4x8, 4x4 */
static const guint8 b_sub_shapes[13] = { 0, 0, 0, 0, 1, 2, 1, 2, 1, 2, 3, 3,
  3 };

static guint
read_mb_type (CviH264Slice *s)
{
  guint type, n;

  if (s->cabac)
    return cvi_h264_cabac_mb_type (s);
  type = cvi_h264_bits_ue (&s->bits);
  n = 26;
  if (s->type != H264_SLICE_I)
    n += s->type == H264_SLICE_P ? N_P_TYPES : N_B_TYPES;
  if (type < n)
    return type;
  cvi_h264_fail (s, "mb_type out of range");
  return 0;
}

/* te(v) of 9.1.1, in CAVLC */
static guint
read_ref (CviH264Slice *s, guint list, guint block)
{
  guint n = s->n_ref[list] << (s->mbaff && s->mb->field);
  guint ref;

  if (n == 1)
    return 0;
  if (s->cabac)
    ref = cvi_h264_cabac_ref (s, list, block);
  else if (n == 2)
    ref = !cvi_h264_bits_get (&s->bits, 1);
  else
    ref = cvi_h264_bits_ue (&s->bits);
  if (ref < n)
    return ref;
  cvi_h264_fail (s, "ref_idx out of range");
  return 0;
}

/* @x to @h: in blocks of 4x4 samples */
static void
read_mvd (CviH264Slice *s, guint list, guint x, guint y, guint w, guint h)
{
  guint8 (*mvd)[2] = s->mb->mvd[list];
  guint value[2];

  for (guint i = 0; i < 2; i++) {
    if (s->cabac) {
      value[i] = cvi_h264_cabac_mvd (s, list, 4 * y + x, i);
    } else {
      gint32 signed_value = cvi_h264_bits_se (&s->bits);

      value[i] = (guint)ABS (signed_value);
    }
    /* 7.4.5.1: -8192 to 8191.75, in quarters */
    if (value[i] > 32768)
      cvi_h264_fail (s, "motion vector out of range");
    value[i] = MIN (value[i], 127);
  }
  if (!s->cabac)
    return;
  for (guint i = y; i < y + h; i++) {
    for (guint j = x; j < x + w; j++) {
      mvd[4 * i + j][0] = (guint8)value[0];
      mvd[4 * i + j][1] = (guint8)value[1];
    }
  }
}

/* mb_pred() of one or two partitions. @lists: of each; @shape: 0 16x16, 1 16x8,
 * 2 8x16 */
static void
read_partitions (CviH264Slice *s, const guint8 *lists, guint shape)
{
  guint n = shape ? 2 : 1;
  guint w = shape == 2 ? 2 : 4, h = shape == 1 ? 2 : 4;

  for (guint list = 0; list < 2; list++) {
    for (guint i = 0; i < n; i++) {
      gint8 *ref = s->mb->ref[list];
      guint first = shape == 1 ? 2 * i : i;
      gint8 value;

      if (!(lists[i] >> list & 1))
        continue;
      value = (gint8)read_ref (s, list, first);
      ref[first] = value;
      if (shape != 1)
        ref[first + 2] = value;
      if (shape != 2)
        ref[first + 1] = value;
      if (shape == 0)
        ref[3] = value;
    }
  }
  for (guint list = 0; list < 2; list++) {
    for (guint i = 0; i < n; i++) {
      if (lists[i] >> list & 1)
        read_mvd (
            s, list, shape == 2 ? 2 * i : 0, shape == 1 ? 2 * i : 0, w, h);
    }
  }
}

static guint
read_sub_type (CviH264Slice *s)
{
  guint type;

  if (s->cabac)
    return cvi_h264_cabac_sub_type (s);
  type = cvi_h264_bits_ue (&s->bits);
  if (type < (s->type == H264_SLICE_P ? 4 : 13))
    return type;
  cvi_h264_fail (s, "sub_mb_type out of range");
  return 0;
}

static void
read_sub_mvds (CviH264Slice *s, guint list, guint block, guint shape)
{
  guint w = shape & 2 ? 1 : 2, h = shape & 1 ? 1 : 2;
  guint x = block % 2 * 2, y = block / 2 * 2;

  for (guint j = 0; j < 2; j += h) {
    for (guint i = 0; i < 2; i += w)
      read_mvd (s, list, x + i, y + j, w, h);
  }
}

/* sub_mb_pred(). Returns: NoSubMbPartSizeLessThan8x8Flag */
static gboolean
read_sub_macroblocks (CviH264Slice *s, gboolean ref0)
{
  guint8 lists[4], shapes[4];
  gboolean large = TRUE;

  for (guint i = 0; i < 4; i++) {
    guint type = read_sub_type (s);

    lists[i] = s->type == H264_SLICE_P ? 1 : b_sub_lists[type];
    shapes[i] = s->type == H264_SLICE_P ? (guint8)type : b_sub_shapes[type];
    large &= lists[i] ? shapes[i] == 0 : s->direct_8x8_inference;
  }
  for (guint list = 0; list < 2; list++) {
    for (guint i = 0; i < 4 && !ref0; i++) {
      if (lists[i] >> list & 1)
        s->mb->ref[list][i] = (gint8)read_ref (s, list, i);
    }
  }
  for (guint list = 0; list < 2; list++) {
    for (guint i = 0; i < 4; i++) {
      if (lists[i] >> list & 1)
        read_sub_mvds (s, list, i, shapes[i]);
    }
  }
  return large;
}

static gboolean
read_transform_8x8 (CviH264Slice *s)
{
  if (s->cabac)
    return cvi_h264_cabac_transform_8x8 (s);
  return cvi_h264_bits_get (&s->bits, 1) != 0;
}

/* @n: of prev_intra_pred_mode_flag and its like */
static void
read_intra_modes (CviH264Slice *s, guint n)
{
  guint mode;

  for (guint i = 0; i < n; i++) {
    if (s->cabac)
      cvi_h264_cabac_intra_mode (s);
    else if (!cvi_h264_bits_get (&s->bits, 1))
      s->bits.position += 3;
  }
  if (s->chroma == 0 || s->chroma == 3)
    return;
  mode =
      s->cabac ? cvi_h264_cabac_chroma_mode (s) : cvi_h264_bits_ue (&s->bits);
  if (mode > 3)
    cvi_h264_fail (s, "intra_chroma_pred_mode out of range");
  s->mb->chroma_mode = mode != 0;
}

static void
read_cbp (CviH264Slice *s)
{
  gboolean inter = !cvi_h264_is_intra (s->mb);
  gboolean grey = s->chroma == 0 || s->chroma == 3;
  guint32 code;

  if (s->cabac) {
    s->mb->cbp = (guint8)cvi_h264_cabac_cbp (s);
    return;
  }
  code = cvi_h264_bits_ue (&s->bits);
  if (code >= (grey ? 16 : 48)) {
    cvi_h264_fail (s, "coded_block_pattern out of range");
    return;
  }
  s->mb->cbp = grey ? h264_cbp_grey[inter][code] : h264_cbp[inter][code];
}

static void
read_qp_delta (CviH264Slice *s)
{
  gint delta =
      s->cabac ? cvi_h264_cabac_qp_delta (s) : cvi_h264_bits_se (&s->bits);
  gint limit = 51 + 6 * ((gint)s->depth_luma - 8);

  /* 7.4.5 allows half of that. Decoders take it all, so what would be wrong is
   * the encoder, not the file. */
  if (ABS (delta) > limit)
    cvi_h264_fail (s, "mb_qp_delta out of range");
  s->last_dqp = delta != 0;
}

static void
read_pcm (CviH264Slice *s)
{
  static const guint chroma_samples[4] = { 0, 128, 256, 512 };
  CviH264Bits *bits = &s->bits;

  if (s->cabac)
    bits->position = cvi_cabac_position (&s->engine);
  /* pcm_alignment_zero_bit is not zero in x264's streams. */
  bits->position = (bits->position + 7) / 8 * 8;
  bits->position += 256 * s->depth_luma;
  bits->position += chroma_samples[s->chroma] * s->depth_chroma;
  if (bits->position > s->stop)
    cvi_h264_fail (s, "coded data goes on past the slice's end");
  else if (s->cabac)
    cvi_cabac_start (&s->engine, bits->data, bits->size, bits->position / 8);
  s->mb->kind = H264_I_PCM;
  s->mb->cbp = 0x2f;
  s->mb->dc = 7;
  memset (s->mb->nz, 16, sizeof s->mb->nz);
  s->last_dqp = FALSE;
}

/* The part behind the prediction of macroblocks other than Intra_16x16.
 * @may_8x8: transform_size_8x8_flag may come */
static void
read_coded (CviH264Slice *s, gboolean may_8x8)
{
  read_cbp (s);
  if (may_8x8 && s->transform_8x8_mode && s->mb->cbp & 15)
    s->mb->transform_8x8 = (guint8)read_transform_8x8 (s);
  if (s->mb->cbp) {
    read_qp_delta (s);
    cvi_h264_read_residual (s);
  } else {
    s->last_dqp = FALSE;
  }
}

/* @type: of table 7-11 */
static void
read_intra (CviH264Slice *s, guint type)
{
  CviH264Mb *mb = s->mb;

  if (type == I_PCM) {
    read_pcm (s);
  } else if (type == 0) {
    mb->kind = H264_I_NXN;
    if (s->transform_8x8_mode)
      mb->transform_8x8 = (guint8)read_transform_8x8 (s);
    read_intra_modes (s, mb->transform_8x8 ? 4 : 16);
    read_coded (s, FALSE);
  } else {
    mb->kind = H264_I_16X16;
    mb->cbp = (guint8)((type > 12 ? 15 : 0) | (type - 1) / 4 % 3 << 4);
    read_intra_modes (s, 0);
    read_qp_delta (s);
    cvi_h264_read_residual (s);
  }
}

static void
read_p (CviH264Slice *s, guint type)
{
  static const guint8 lists[2] = { 1, 1 };

  s->mb->kind = H264_INTER;
  if (type < 3) {
    read_partitions (s, lists, type);
    read_coded (s, TRUE);
  } else {
    read_coded (s, read_sub_macroblocks (s, type == P_8X8_REF0));
  }
}

static void
read_b (CviH264Slice *s, guint type)
{
  s->mb->kind = type == 0 ? H264_DIRECT : H264_INTER;
  if (type == 0) {
    read_coded (s, s->direct_8x8_inference);
  } else if (type == B_8X8) {
    read_coded (s, read_sub_macroblocks (s, FALSE));
  } else {
    read_partitions (s, b_lists[type], type < 4 ? 0 : 1 + (type & 1));
    read_coded (s, TRUE);
  }
}

void
cvi_h264_read_macroblock (CviH264Slice *s)
{
  guint type = read_mb_type (s);
  guint n_inter = s->type == H264_SLICE_I   ? 0
                  : s->type == H264_SLICE_P ? N_P_TYPES
                                            : N_B_TYPES;

  if (type >= n_inter)
    read_intra (s, type - n_inter);
  else if (s->type == H264_SLICE_P)
    read_p (s, type);
  else
    read_b (s, type);
}
