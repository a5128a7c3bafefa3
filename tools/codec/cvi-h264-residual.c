/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* 7.3.5.3: which blocks of a macroblock are coded, and what they take from
 * their neighbours. */
#include "tools/codec/cvi-h264-private.h"

#include <string.h>

/* luma4x4BlkIdx to a block's number by rows (6.4.3) */
static const guint8 by_rows[16] = { 0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10,
  11, 14, 15 };

/* What a block of a macroblock that is not there counts as. */
static guint8
absent (const CviH264Slice *s)
{
  if (!s->cabac)
    return H264_NO_BLOCK;
  return cvi_h264_is_intra (s->mb);
}

static void
load_edges (CviH264Slice *s, guint plane)
{
  for (guint i = 0; i < 4; i++) {
    const CviH264Mb *left = s->left[i];

    s->edge_left[i] =
        left ? left->nz[plane][s->left_row[i] * 4 + 3] : absent (s);
    s->edge_top[i] = s->top ? s->top->nz[plane][12 + i] : absent (s);
  }
}

/* With coded_block_flag for 8x8 blocks (4:4:4), blocks of 4x4 samples are not
 * available to them. Encoders are of two minds about what follows from that. */
static void
hide_small_blocks (CviH264Slice *s)
{
  guint8 value = s->old_444 && cvi_h264_is_intra (s->mb);

  for (guint i = 0; i < 4; i++) {
    const CviH264Mb *left = s->left[i];

    if (left && !left->transform_8x8 &&
        (s->old_444 || left->kind != H264_I_PCM))
      s->edge_left[i] = value;
    if (s->top && !s->top->transform_8x8 &&
        (s->old_444 || s->top->kind != H264_I_PCM))
      s->edge_top[i] = value;
  }
}

/* Chroma blocks are two a row; with 4:2:0 half as many rows as luma. */
static void
load_chroma_edges (CviH264Slice *s, guint plane)
{
  guint rows = s->chroma == 2 ? 4 : 2;

  for (guint i = 0; i < rows; i++) {
    guint luma_row = rows == 4 ? i : 2 * i;
    const CviH264Mb *left = s->left[luma_row];
    guint row = s->left_row[luma_row];

    if (rows == 2)
      row >>= 1;
    s->edge_left[i] = left ? left->nz[plane][row * 2 + 1] : absent (s);
  }
  for (guint i = 0; i < 2; i++)
    s->edge_top[i] =
        s->top ? s->top->nz[plane][(rows - 1) * 2 + i] : absent (s);
}

static gint
predict_count (guint left, guint top)
{
  if (left == H264_NO_BLOCK)
    return top == H264_NO_BLOCK ? 0 : (gint)top;
  if (top == H264_NO_BLOCK)
    return (gint)left;
  return (gint)(left + top + 1) >> 1;
}

/* @stride: blocks a row */
static inline void
read_block (
    CviH264Slice *s, guint cat, guint plane, guint block, guint stride, guint n)
{
  guint8 *nz = s->mb->nz[plane];
  guint x = block % stride, y = block / stride;
  guint left = x ? nz[block - 1] : s->edge_left[y];
  guint top = y ? nz[block - stride] : s->edge_top[x];

  if (s->cabac)
    nz[block] = (guint8)cvi_h264_cabac_block (
        s, cat, n, (left != 0) + 2u * (top != 0), TRUE);
  else
    nz[block] = (guint8)cvi_h264_cavlc_block (s, predict_count (left, top), n);
}

/* coded_block_flag of DC blocks is kept beside the others. */
static void
read_dc_cabac (CviH264Slice *s, guint cat, guint plane, guint n)
{
  guint absent_flag = absent (s);
  guint left = s->left[0] ? s->left[0]->dc >> plane & 1u : absent_flag;
  guint top = s->top ? s->top->dc >> plane & 1u : absent_flag;

  if (cvi_h264_cabac_block (s, cat, n, left + 2 * top, TRUE))
    s->mb->dc |= (guint8)(1u << plane);
}

static void
read_8x8 (CviH264Slice *s, guint cat, guint plane, guint b8)
{
  guint block = by_rows[4 * b8];
  guint8 *nz = s->mb->nz[plane] + block;
  gboolean coded;

  if (s->chroma == 3) {
    guint left = block % 4 ? nz[-1] : s->edge_left[block / 4];
    guint top = block / 4 ? nz[-4] : s->edge_top[block % 4];

    coded =
        cvi_h264_cabac_block (s, cat, 64, (left != 0) + 2u * (top != 0), TRUE);
  } else {
    coded = cvi_h264_cabac_block (s, cat, 64, 0, FALSE);
  }
  nz[0] = nz[1] = nz[4] = nz[5] = (guint8)coded;
}

/* residual_luma(), also of Cb and Cr with 4:4:4 */
static void
read_luma (CviH264Slice *s, guint plane)
{
  static const guint8 first_cat[3] = { 0, 6, 10 };
  guint cat = first_cat[plane];
  gboolean is_16x16 = s->mb->kind == H264_I_16X16;
  guint cat_8x8 = plane ? cat + 3 : 5;

  load_edges (s, plane);
  if (is_16x16 && s->cabac)
    read_dc_cabac (s, cat, plane, 16);
  else if (is_16x16)
    cvi_h264_cavlc_block (
        s, predict_count (s->edge_left[0], s->edge_top[0]), 16);
  if (s->cabac && s->mb->transform_8x8 && s->chroma == 3)
    hide_small_blocks (s);
  for (guint b8 = 0; b8 < 4; b8++) {
    if (!(s->mb->cbp >> b8 & 1))
      continue;
    if (s->cabac && s->mb->transform_8x8) {
      read_8x8 (s, cat_8x8, plane, b8);
      continue;
    }
    for (guint i = 4 * b8; i < 4 * b8 + 4; i++)
      read_block (s, cat + (is_16x16 ? 1 : 2), plane, by_rows[i], 4,
          is_16x16 ? 15 : 16);
  }
}

static void
read_chroma (CviH264Slice *s)
{
  guint n_blocks = s->chroma == 2 ? 8 : 4;

  for (guint plane = 1; plane < 3 && s->mb->cbp >> 4; plane++) {
    if (s->cabac)
      read_dc_cabac (s, 3, plane, n_blocks);
    else
      cvi_h264_cavlc_block (s, -(gint)s->chroma, n_blocks);
  }
  for (guint plane = 1; plane < 3 && s->mb->cbp >> 5; plane++) {
    load_chroma_edges (s, plane);
    for (guint i = 0; i < n_blocks; i++)
      read_block (s, 4, plane, i, 2, 15);
  }
}

void
cvi_h264_read_residual (CviH264Slice *s)
{
  read_luma (s, 0);
  if (s->chroma == 1 || s->chroma == 2)
    read_chroma (s);
  if (s->chroma == 3) {
    read_luma (s, 1);
    read_luma (s, 2);
  }
}
