/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* transform_tree() and below (ITU-T H.265, 7.3.8.8 to 7.3.8.14), but for the
 * residual. */
#include "tools/codec/cvi-h265-private.h"

/* Coded block flags of chroma, one bit for each of up to two blocks. */
typedef struct {
  guint cb, cr;
} Cbf;

typedef struct {
  guint x, y, log2, depth, index;
} Node;

/* 9.3.3.10: prefix TU of 5, then EG0 */
static guint
read_qp_delta_abs (CviH265Check *self)
{
  guint value = 0, k = 0;

  while (value < 5 && cvi_h265_bin (self, CTX_CU_QP_DELTA + (value > 0)))
    value++;
  if (value < 5)
    return value;
  while (k < 7 && cvi_h265_bypass (self))
    value += 1u << k++;
  return value + (k > 0 ? cvi_h265_cabac_bypass_bits (&self->cabac, k) : 0);
}

static void
read_qp_delta (CviH265Check *self)
{
  guint delta, half = 3 * (self->p.bit_depth[0] - 8);
  gboolean negative;

  if (!self->p.cu_qp_delta || self->qp_delta_coded)
    return;
  self->qp_delta_coded = TRUE;
  delta = read_qp_delta_abs (self);
  if (delta == 0)
    return;
  negative = (gboolean)cvi_h265_bypass (self);
  /* 7.4.9.14 */
  if (delta > (negative ? 26 : 25) + half)
    self->bad = "a QP change out of range";
}

static void
read_chroma_qp_offset (CviH265Check *self)
{
  guint n = 0;

  if (!self->slice.chroma_qp_offset || self->chroma_qp_coded)
    return;
  self->chroma_qp_coded = TRUE;
  if (!cvi_h265_bin (self, CTX_CHROMA_QP_FLAG))
    return;
  while (n + 1 < self->p.n_chroma_qp_offsets &&
         cvi_h265_bin (self, CTX_CHROMA_QP_IDX))
    n++;
}

static void
read_cross_component (CviH265Check *self, guint c)
{
  guint n = 0;

  while (n < 4 && cvi_h265_bin (self, CTX_RES_SCALE_ABS + 4 * c + n))
    n++;
  if (n > 0)
    cvi_h265_bin (self, CTX_RES_SCALE_SIGN + c);
}

/* Which of the coding unit's prediction blocks is it in? */
static guint
part_of (const CviH265Check *self, const Node *node)
{
  guint half = 1u << (self->cu.log2 - 1);

  if (!self->cu.intra || !self->cu.split)
    return 0;
  return (node->x >= self->cu.x + half) + 2 * (node->y >= self->cu.y + half);
}

static void
read_chroma (
    CviH265Check *self, const Node *node, const Cbf *cbf, gboolean luma)
{
  guint chroma = self->p.chroma;
  guint log2 = chroma == 3 ? node->log2 : MAX (2, node->log2 - 1);
  guint part = chroma == 3 ? part_of (self, node) : 0;
  gboolean cross = self->p.cross_component && luma &&
                   (!self->cu.intra || self->cu.chroma_pred[part] == 4);

  for (guint c = 0; c < 2; c++) {
    guint flags = c == 0 ? cbf->cb : cbf->cr;

    if (cross)
      read_cross_component (self, c);
    for (guint i = 0; i < 2; i++) {
      if (flags >> i & 1)
        cvi_h265_read_residual (self, log2, 1 + c, self->cu.chroma_mode[part]);
    }
  }
}

/* @cbf: of the chroma blocks that belong to this unit, or for 4x4 luma blocks
 * of subsampled video to the four together */
static void
read_unit (CviH265Check *self, const Node *node, const Cbf *cbf, gboolean luma)
{
  gboolean chroma = cbf->cb || cbf->cr;

  if (!luma && !chroma)
    return;
  read_qp_delta (self);
  if (chroma && !self->cu.transquant_bypass)
    read_chroma_qp_offset (self);
  if (luma)
    cvi_h265_read_residual (
        self, node->log2, 0, self->cu.luma_mode[part_of (self, node)]);
  if (self->p.chroma == 0)
    return;
  if (node->log2 > 2 || self->p.chroma == 3 || node->index == 3)
    read_chroma (self, node, cbf, luma);
}

static gboolean
read_split (CviH265Check *self, const Node *node)
{
  const CviH265Params *p = &self->p;
  gboolean intra_split = self->cu.intra && self->cu.split && node->depth == 0;

  if (node->log2 <= p->max_tb && node->log2 > p->min_tb &&
      node->depth < self->cu.max_depth && !intra_split)
    return (gboolean)cvi_h265_bin (self, CTX_SPLIT_TRANSFORM + 5 - node->log2);
  return node->log2 > p->max_tb || intra_split ||
         (p->depth_inter == 0 && !self->cu.intra && self->cu.split &&
             node->depth == 0);
}

static guint
read_chroma_cbf (CviH265Check *self, const Node *node, gboolean split)
{
  guint ctx = CTX_CBF_CHROMA + node->depth;
  guint flags = cvi_h265_bin (self, ctx);

  if (self->p.chroma == 2 && (!split || node->log2 == 3))
    flags |= cvi_h265_bin (self, ctx) << 1;
  return flags;
}

/* Not deeper than from 64x64 to 4x4. */
static void
read_tree (CviH265Check *self, const Node *node, const Cbf *parent)
{
  gboolean split = read_split (self, node), luma = TRUE;
  Cbf cbf = { 0, 0 };

  if ((node->log2 > 2 && self->p.chroma != 0) || self->p.chroma == 3) {
    if (parent->cb)
      cbf.cb = read_chroma_cbf (self, node, split);
    if (parent->cr)
      cbf.cr = read_chroma_cbf (self, node, split);
  } else if (self->p.chroma != 0) {
    cbf = *parent;
  }
  if (split && node->log2 > 2) {
    guint log2 = node->log2 - 1;

    for (guint i = 0; i < 4; i++) {
      Node child = { node->x + ((i & 1) << log2), node->y + ((i >> 1) << log2),
        log2, node->depth + 1, i };

      read_tree (self, &child, &cbf);
    }
    return;
  }
  if (self->cu.intra || node->depth > 0 || cbf.cb || cbf.cr)
    luma = (gboolean)cvi_h265_bin (self, CTX_CBF_LUMA + (node->depth == 0));
  read_unit (self, node, &cbf, luma);
}

void
cvi_h265_read_transform_tree (CviH265Check *self)
{
  static const Cbf all = { 1, 1 };
  Node root = { self->cu.x, self->cu.y, self->cu.log2, 0, 0 };

  read_tree (self, &root, &all);
}
