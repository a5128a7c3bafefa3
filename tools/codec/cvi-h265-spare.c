/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Which pictures a decoder need not be given. */
#include "tools/codec/cvi-h265-private.h"

#include <string.h>

/* So many pictures to which no other refers have to come, and not one of them
 * be named in the reference picture set of a later one, before the first is
 * spared: an encoder may name what it does not use (8.3.2), and decoders
 * complain if it is not there. */
#define SETTLED_PICTURES 24

void
cvi_h265_spare_begin (CviH265Check *self)
{
  self->spare.n_slices = 0;
  self->spare.needed = FALSE;
}

static gboolean
is_unreferenced (const CviH265Check *self, const GstH265NalUnit *nal)
{
  const GstH265SPS *sps = self->pps ? self->pps->sps : NULL;

  /* Pictures of lower sub-layers may be referred to by those of higher ones.
   * Whether a RASL picture is shown depends on what came before. */
  return sps && nal->type <= GST_H265_NAL_SLICE_RADL_N && nal->type % 2 == 0 &&
         nal->temporal_id_plus1 == sps->max_sub_layers_minus1 + 1;
}

static void
forget (CviH265Spare *spare)
{
  spare->n_last = 0;
}

static void
look_for (CviH265Spare *spare, gint32 lsb)
{
  for (guint i = 0; i < MIN (spare->n_last, CVI_H265_SPARE_LAST); i++)
    spare->named = spare->named || spare->last[i] == (guint32)lsb;
}

/* Does the picture's set name one to which, by its type, no other refers? */
static void
read_reference_set (CviH265Check *self, const GstH265SliceHdr *header)
{
  const GstH265SPS *sps = self->pps->sps;
  gint32 mask = (16 << MIN (sps->log2_max_pic_order_cnt_lsb_minus4, 12)) - 1;
  const GstH265ShortTermRefPicSet *set = &header->short_term_ref_pic_sets;

  if (header->num_long_term_sps + header->num_long_term_pics > 0)
    self->spare.named = TRUE;
  if (header->short_term_ref_pic_set_sps_flag)
    set = &sps->short_term_ref_pic_set[MIN (
        header->short_term_ref_pic_set_idx, 64)];
  for (guint i = 0; i < MIN (set->NumNegativePics, 16); i++)
    look_for (
        &self->spare, (header->pic_order_cnt_lsb + set->DeltaPocS0[i]) & mask);
  for (guint i = 0; i < MIN (set->NumPositivePics, 16); i++)
    look_for (
        &self->spare, (header->pic_order_cnt_lsb + set->DeltaPocS1[i]) & mask);
}

static void
begin_picture (CviH265Check *self, const GstH265NalUnit *nal,
    const GstH265SliceHdr *header)
{
  CviH265Spare *spare = &self->spare;

  if (nal->type >= GST_H265_NAL_SLICE_BLA_W_LP) {
    forget (spare);
    return;
  }
  read_reference_set (self, header);
  if (!is_unreferenced (self, nal))
    return;
  spare->last[spare->n_last++ % CVI_H265_SPARE_LAST] =
      header->pic_order_cnt_lsb;
  spare->n_unnamed++;
}

void
cvi_h265_spare_take (CviH265Check *self, const GstH265NalUnit *nal,
    const GstH265SliceHdr *header, gboolean good)
{
  CviH265Spare *spare = &self->spare;

  spare->n_slices++;
  spare->needed = spare->needed || !good || !self->pps || !self->have_slice ||
                  !header->pic_output_flag || !is_unreferenced (self, nal);
  if (self->pps && header->pps == self->pps &&
      header->first_slice_segment_in_pic_flag)
    begin_picture (self, nal, header);
}

void
cvi_h265_spare_take_other (CviH265Check *self, guint type)
{
  if (type != GST_H265_NAL_AUD && type != GST_H265_NAL_PREFIX_SEI &&
      type != GST_H265_NAL_FD)
    self->spare.needed = TRUE;
  /* The next stream may come from elsewhere. */
  if (type == GST_H265_NAL_SPS) {
    forget (&self->spare);
    self->spare.n_unnamed = 0;
  }
}

gboolean
cvi_h265_check_is_spare (const CviH265Check *check)
{
  const CviH265Spare *spare = &check->spare;

  return spare->n_slices > 0 && !spare->needed && !spare->named &&
         spare->n_unnamed >= SETTLED_PICTURES && check->whole_aus &&
         check->proven && !check->has_hashes && check->held[0] == '\0';
}
