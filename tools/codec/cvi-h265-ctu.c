/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* coding_tree_unit() down to coding_unit() (ITU-T H.265, 7.3.8.2 to 7.3.8.7) */
#include "tools/codec/cvi-h265-private.h"

#define INTRA_DC 1
#define SKIPPED 0x80
#define DEPTH 0x7f

/* PartMode of inter units (table 7-10), as widths and heights in quarters. */
typedef struct {
  guint8 n;
  guint8 parts[4][2];
} Partition;

static const Partition whole = { 1, { { 4, 4 } } };
static const Partition rows = { 2, { { 4, 2 }, { 4, 2 } } };
static const Partition columns = { 2, { { 2, 4 }, { 2, 4 } } };
static const Partition quarters = { 4,
  { { 2, 2 }, { 2, 2 }, { 2, 2 }, { 2, 2 } } };
static const Partition thin_rows[2] = { { 2, { { 4, 1 }, { 4, 3 } } },
  { 2, { { 4, 3 }, { 4, 1 } } } };
static const Partition thin_columns[2] = { { 2, { { 1, 4 }, { 3, 4 } } },
  { 2, { { 3, 4 }, { 1, 4 } } } };

/* 9.3.3.7 */
static const Partition *
read_part_mode (CviH265Check *self)
{
  gboolean in_rows;

  if (cvi_h265_bin (self, CTX_PART_MODE))
    return &whole;
  in_rows = (gboolean)cvi_h265_bin (self, CTX_PART_MODE + 1);
  if (self->cu.log2 == self->p.min_cb) {
    if (in_rows)
      return &rows;
    if (self->cu.log2 == 3 || cvi_h265_bin (self, CTX_PART_MODE + 2))
      return &columns;
    return &quarters;
  }
  if (!self->p.amp || cvi_h265_bin (self, CTX_PART_MODE + 3))
    return in_rows ? &rows : &columns;
  return in_rows ? &thin_rows[cvi_h265_bypass (self)]
                 : &thin_columns[cvi_h265_bypass (self)];
}

/* pcm_sample(): from the byte behind the stop bit, plain; then the arithmetic
 * decoder begins anew. */
static void
skip_pcm (CviH265Check *self)
{
  guint luma = 1u << (2 * self->cu.log2), chroma;
  guint first = (guint)(cvi_h265_cabac_last_bit (&self->cabac) / 8) + 1;
  guint64 bits;

  chroma = self->p.chroma == 0   ? 0
           : self->p.chroma == 1 ? luma / 2
           : self->p.chroma == 2 ? luma
                                 : 2 * luma;
  bits = (guint64)luma * self->p.pcm_bits[0] +
         (guint64)chroma * self->p.pcm_bits[1];
  cvi_h265_cabac_start (&self->cabac, self->rbsp, self->rbsp_size,
      first + (guint)((bits + 7) / 8));
}

/* Tells the neighbours to come what they need of a unit that is not intra, or
 * has no mode. */
static void
set_no_mode (CviH265Check *self)
{
  guint mask = (1u << self->p.ctb) - 1, n = 1u << (self->cu.log2 - 2);

  memset (&self->left_mode[(self->cu.y & mask) >> 2], INTRA_DC, n);
  memset (&self->above_mode[(self->cu.x & mask) >> 2], INTRA_DC, n);
}

/* Returns: whether a transform tree can follow */
static gboolean
read_intra_unit (CviH265Check *self)
{
  const CviH265Params *p = &self->p;

  self->cu.split =
      self->cu.log2 == p->min_cb && !cvi_h265_bin (self, CTX_PART_MODE);
  if (!self->cu.split && p->pcm && self->cu.log2 >= p->min_pcm &&
      self->cu.log2 <= p->max_pcm && cvi_h265_cabac_terminate (&self->cabac)) {
    skip_pcm (self);
    set_no_mode (self);
    return FALSE;
  }
  cvi_h265_read_intra_modes (self);
  self->cu.max_depth = p->depth_intra + (self->cu.split ? 1 : 0);
  return TRUE;
}

static gboolean
read_inter_unit (CviH265Check *self, guint depth)
{
  const Partition *partition = read_part_mode (self);
  guint quarter = 1u << (self->cu.log2 - 2);
  gboolean merged = FALSE;

  for (guint i = 0; i < partition->n; i++)
    cvi_h265_read_prediction_unit (self, partition->parts[i][0] * quarter,
        partition->parts[i][1] * quarter, depth, FALSE, &merged);
  set_no_mode (self);
  self->cu.split = partition->n > 1;
  self->cu.max_depth = self->p.depth_inter;
  if (!self->cu.split && merged)
    return TRUE;
  return (gboolean)cvi_h265_bin (self, CTX_ROOT_CBF);
}

static gboolean
read_skip (CviH265Check *self, guint x8, guint y8)
{
  guint n;

  if (self->slice.type == GST_H265_I_SLICE)
    return FALSE;
  n = (self->left[y8] & SKIPPED ? 1 : 0) + (self->above[x8] & SKIPPED ? 1 : 0);
  return (gboolean)cvi_h265_bin (self, CTX_SKIP + n);
}

static void
read_unit (CviH265Check *self, guint x, guint y, guint log2, guint depth)
{
  guint x8 = x >> 3, y8 = (y & ((1u << self->p.ctb) - 1)) >> 3;
  guint units = 1u << (log2 - 3);
  gboolean skipped, merged, more = FALSE;
  guint8 note;

  self->cu.x = x;
  self->cu.y = y;
  self->cu.log2 = log2;
  self->cu.intra = FALSE;
  self->cu.split = FALSE;
  self->cu.transquant_bypass =
      self->p.transquant_bypass && cvi_h265_bin (self, CTX_TRANSQUANT_BYPASS);
  skipped = read_skip (self, x8, y8);
  if (skipped) {
    cvi_h265_read_prediction_unit (
        self, 1u << log2, 1u << log2, depth, TRUE, &merged);
    set_no_mode (self);
  } else {
    self->cu.intra = self->slice.type == GST_H265_I_SLICE ||
                     cvi_h265_bin (self, CTX_PRED_MODE);
    more =
        self->cu.intra ? read_intra_unit (self) : read_inter_unit (self, depth);
  }
  if (more)
    cvi_h265_read_transform_tree (self);
  note = (guint8)(depth | (skipped ? SKIPPED : 0));
  memset (&self->left[y8], note, units);
  memset (&self->above[x8], note, units);
}

static gboolean
read_split (CviH265Check *self, guint x, guint y, guint log2, guint depth)
{
  guint size = 1u << log2;
  guint y8 = (y & ((1u << self->p.ctb) - 1)) >> 3, n;

  if (log2 <= self->p.min_cb)
    return FALSE;
  if (x + size > self->p.width || y + size > self->p.height)
    return TRUE;
  n = ((self->left[y8] & DEPTH) > depth) +
      ((self->above[x >> 3] & DEPTH) > depth);
  return (gboolean)cvi_h265_bin (self, CTX_SPLIT_CU + n);
}

/* Not deeper than from 64x64 to 8x8. */
static void
read_quadtree (CviH265Check *self, guint x, guint y, guint log2, guint depth)
{
  gboolean split = read_split (self, x, y, log2, depth);

  if (self->p.cu_qp_delta && log2 >= self->p.min_qp_group)
    self->qp_delta_coded = FALSE;
  if (self->slice.chroma_qp_offset && log2 >= self->p.min_chroma_qp_group)
    self->chroma_qp_coded = FALSE;
  if (!split) {
    read_unit (self, x, y, log2, depth);
    return;
  }
  for (guint i = 0; i < 4; i++) {
    guint x1 = x + ((i & 1) << (log2 - 1)), y1 = y + ((i >> 1) << (log2 - 1));

    if (x1 < self->p.width && y1 < self->p.height)
      read_quadtree (self, x1, y1, log2 - 1, depth + 1);
  }
}

void
cvi_h265_read_ctu (
    CviH265Check *self, guint rs, gboolean has_left, gboolean has_above)
{
  guint x = rs % self->p.cols << self->p.ctb;
  guint y = rs / self->p.cols << self->p.ctb;

  /* What is not there has no depth, is not skipped and not intra. */
  if (!has_left) {
    memset (self->left, 0, sizeof self->left);
    memset (self->left_mode, INTRA_DC, sizeof self->left_mode);
  }
  if (!has_above)
    memset (&self->above[x >> 3], 0, 1u << (self->p.ctb - 3));
  /* Modes are not taken from the CTB above. */
  memset (self->above_mode, INTRA_DC, sizeof self->above_mode);
  cvi_h265_read_sao (self, has_left, has_above);
  read_quadtree (self, x, y, self->p.ctb, 0);
}
