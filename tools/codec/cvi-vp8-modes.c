/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/codec/cvi-vp8-private.h"

#include <string.h>

#include "tools/codec/cvi-vp8-tables.h"

static void
fill_bmodes (CviVp8Mb *mb)
{
  if (mb->mode < VP8_B_PRED)
    memset (mb->bmodes, vp8_bmode_of_ymode[mb->mode], 16);
  else if (mb->mode > VP8_B_PRED)
    memset (mb->bmodes, 0, 16);
}

static void
read_key_modes (CviVp8Check *self, CviVp8Mb *mb, const CviVp8Mb *above,
    const CviVp8Mb *left)
{
  CviVp8Bits *bits = &self->modes;

  mb->mode =
      (guint8)cvi_vp8_bits_tree (bits, vp8_kf_ymode_tree, vp8_kf_ymode_probs);
  mb->ref = 0;
  mb->mv = (CviVp8Mv){ 0, 0 };
  fill_bmodes (mb);
  if (mb->mode == VP8_B_PRED) {
    for (guint b = 0; b < 16; b++) {
      guint a = b < 4 ? above->bmodes[b + 12] : mb->bmodes[b - 4];
      guint l = b % 4 == 0 ? left->bmodes[b + 3] : mb->bmodes[b - 1];

      mb->bmodes[b] = (guint8)cvi_vp8_bits_tree (
          bits, vp8_bmode_tree, vp8_kf_bmode_probs[a][l]);
    }
  }
  cvi_vp8_bits_tree (bits, vp8_uvmode_tree, vp8_kf_uvmode_probs);
}

static void
read_intra_modes (CviVp8Check *self, CviVp8Mb *mb)
{
  CviVp8Bits *bits = &self->modes;

  mb->mode = (guint8)cvi_vp8_bits_tree (
      bits, vp8_ymode_tree, self->header.mode_probs.y_prob);
  mb->ref = 0;
  mb->mv = (CviVp8Mv){ 0, 0 };
  fill_bmodes (mb);
  if (mb->mode == VP8_B_PRED) {
    for (guint b = 0; b < 16; b++)
      mb->bmodes[b] =
          (guint8)cvi_vp8_bits_tree (bits, vp8_bmode_tree, vp8_bmode_probs);
  }
  cvi_vp8_bits_tree (bits, vp8_uvmode_tree, self->header.mode_probs.uv_prob);
}

/* Section 17.2 */
static gint
read_mv_component (CviVp8Bits *bits, const guint8 *probs)
{
  gint x = 0;

  if (cvi_vp8_bits_get (bits, probs[0])) {
    for (guint i = 0; i < 3; i++)
      x += (gint)cvi_vp8_bits_get (bits, probs[9 + i]) << i;
    for (guint i = 9; i > 3; i--)
      x += (gint)cvi_vp8_bits_get (bits, probs[9 + i]) << i;
    if (!(x & 0xfff0) || cvi_vp8_bits_get (bits, probs[9 + 3]))
      x += 8;
  } else {
    x = cvi_vp8_bits_tree (bits, vp8_small_mv_tree, probs + 2);
  }
  if (x != 0 && cvi_vp8_bits_get (bits, probs[1]))
    x = -x;
  return 2 * x;
}

static CviVp8Mv
read_mv (CviVp8Check *self, CviVp8Mv best)
{
  CviVp8Mv mv;

  mv.row = (gint16)(best.row + read_mv_component (&self->modes,
                                   self->header.mv_probs.prob[0]));
  mv.col = (gint16)(best.col + read_mv_component (&self->modes,
                                   self->header.mv_probs.prob[1]));
  return mv;
}

static inline gboolean
mv_equal (CviVp8Mv a, CviVp8Mv b)
{
  return a.row == b.row && a.col == b.col;
}

static inline gboolean
mv_zero (CviVp8Mv mv)
{
  return mv.row == 0 && mv.col == 0;
}

static gboolean
sign_bias (const GstVp8FrameHdr *header, guint ref)
{
  return ref == 2   ? header->sign_bias_golden
         : ref == 3 ? header->sign_bias_alternate
                    : 0;
}

typedef struct {
  CviVp8Mv near[4]; /* best, nearest, near, spare */
  guint count[4];
} Near;

/* Section 16.3: votes of the three neighbours. */
static void
find_near (
    CviVp8Check *self, const CviVp8Mb *const *neighbours, guint ref, Near *out)
{
  static const guint weights[] = { 2, 2, 1 };
  guint n = 0;
  const CviVp8Mb *const *mb = neighbours;

  memset (out, 0, sizeof *out);
  for (guint i = 0; i < 3; i++) {
    CviVp8Mv mv = mb[i]->mv;

    if (mb[i]->ref == 0)
      continue;
    if (mv_zero (mv)) {
      out->count[0] += weights[i];
      continue;
    }
    if (sign_bias (&self->header, mb[i]->ref) !=
        sign_bias (&self->header, ref)) {
      mv.row = (gint16)-mv.row;
      mv.col = (gint16)-mv.col;
    }
    if (n == 0 || !mv_equal (mv, out->near[n]))
      out->near[++n] = mv;
    out->count[n] += weights[i];
  }
  if (out->count[3] > 0 && mv_equal (out->near[3], out->near[1]))
    out->count[1]++;
  out->count[3] = 2u * (mb[0]->mode == VP8_SPLITMV) +
                  2u * (mb[1]->mode == VP8_SPLITMV) +
                  (mb[2]->mode == VP8_SPLITMV);
  if (out->count[2] > out->count[1]) {
    guint count = out->count[1];
    CviVp8Mv mv = out->near[1];

    out->count[1] = out->count[2];
    out->near[1] = out->near[2];
    out->count[2] = count;
    out->near[2] = mv;
  }
  if (out->count[1] >= out->count[0])
    out->near[0] = out->near[1];
}

/* Vectors may point at most so far beyond the frame (section 5). */
static CviVp8Mv
clamp_mv (const CviVp8Check *self, CviVp8Mv mv, guint col, guint row)
{
  gint left = -(gint)(col * 128) - 128, top = -(gint)(row * 128) - 128;
  gint right = (gint)((self->cols - 1 - col) * 128) + 128;
  gint bottom = (gint)((self->rows - 1 - row) * 128) + 128;

  mv.col = (gint16)CLAMP (mv.col, left, right);
  mv.row = (gint16)CLAMP (mv.row, top, bottom);
  return mv;
}

static CviVp8Mv
sub_mv (const CviVp8Mb *mb, guint b)
{
  return mb->mode == VP8_SPLITMV ? mb->mvs[b] : mb->mv;
}

static void
read_split (CviVp8Check *self, CviVp8Mb *mb, const CviVp8Mb *above,
    const CviVp8Mb *left, CviVp8Mv best)
{
  CviVp8Bits *bits = &self->modes;
  gint kind = cvi_vp8_bits_tree (bits, vp8_split_tree, vp8_split_probs);

  for (guint part = 0; part < vp8_split_parts[kind]; part++) {
    guint b = 0, context;
    CviVp8Mv l, a, mv = { 0, 0 };

    while (vp8_split_map[kind][b] != part)
      b++;
    l = b % 4 == 0 ? sub_mv (left, b + 3) : mb->mvs[b - 1];
    a = b < 4 ? sub_mv (above, b + 12) : mb->mvs[b - 4];
    if (mv_equal (l, a))
      context = mv_zero (l) ? 4 : 3;
    else
      context = mv_zero (a) ? 2 : mv_zero (l) ? 1 : 0;
    switch (cvi_vp8_bits_tree (
        bits, vp8_sub_mv_ref_tree, vp8_sub_mv_ref_probs[context])) {
      case VP8_LEFT4X4:
        mv = l;
        break;
      case VP8_ABOVE4X4:
        mv = a;
        break;
      case VP8_NEW4X4:
        mv = read_mv (self, best);
        break;
      default:
        break;
    }
    for (; b < 16; b++) {
      if (vp8_split_map[kind][b] == part)
        mb->mvs[b] = mv;
    }
  }
  mb->mv = mb->mvs[15];
}

static void
read_inter_modes (CviVp8Check *self, CviVp8Mb *mb,
    const CviVp8Mb *const *neighbours, guint col, guint row)
{
  CviVp8Bits *bits = &self->modes;
  guint8 probs[4];
  Near near;
  CviVp8Mv best;

  mb->ref = 1;
  if (cvi_vp8_bits_get (bits, self->header.prob_last))
    mb->ref = (guint8)(2 + cvi_vp8_bits_get (bits, self->header.prob_gf));
  find_near (self, neighbours, mb->ref, &near);
  for (guint i = 0; i < 4; i++)
    probs[i] = vp8_mode_contexts[near.count[i]][i];
  best = clamp_mv (self, near.near[0], col, row);
  mb->mode = (guint8)cvi_vp8_bits_tree (bits, vp8_mv_ref_tree, probs);
  fill_bmodes (mb);
  switch (mb->mode) {
    case VP8_NEARESTMV:
      mb->mv = clamp_mv (self, near.near[1], col, row);
      break;
    case VP8_NEARMV:
      mb->mv = clamp_mv (self, near.near[2], col, row);
      break;
    case VP8_NEWMV:
      mb->mv = read_mv (self, best);
      break;
    case VP8_SPLITMV:
      read_split (self, mb, neighbours[0], neighbours[1], best);
      break;
    default:
      mb->mv = (CviVp8Mv){ 0, 0 };
      break;
  }
}

void
cvi_vp8_read_modes (CviVp8Check *self, CviVp8Mb *mb,
    const CviVp8Mb *const *neighbours, guint col, guint row)
{
  if (self->header.key_frame)
    read_key_modes (self, mb, neighbours[0], neighbours[1]);
  else if (cvi_vp8_bits_get (&self->modes, self->header.prob_intra))
    read_inter_modes (self, mb, neighbours, col, row);
  else
    read_intra_modes (self, mb);
}
