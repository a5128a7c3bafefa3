/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Slice segments: their NAL units, headers and order in the picture. */
#include "tools/codec/cvi-h265-private.h"

/* NAL unit header (7.3.1.2) */
#define HEADER_BYTES 2

/* Takes the emulation prevention bytes out (7.3.1.1) and the zero bytes off the
 * end (cabac_zero_words, trailing_zero_8bits). */
static void
unescape (CviH265Check *self, const guint8 *data, gsize size)
{
  guint8 *out;
  gsize n = 0, from = 0;

  if (self->rbsp_allocated < size + CVI_H265_PADDING) {
    self->rbsp_allocated = size + size / 2 + CVI_H265_PADDING;
    self->rbsp = g_realloc (self->rbsp, self->rbsp_allocated);
  }
  out = self->rbsp;
  g_array_set_size (self->removed, 0);
  for (gsize i = 2; i < size; i++) {
    guint32 position;

    if (data[i] > 3) {
      i += 2;
      continue;
    }
    if (data[i] != 3 || data[i - 1] != 0 || data[i - 2] != 0 || i < from + 2)
      continue;
    memcpy (out + n, data + from, i - from);
    n += i - from;
    from = i + 1;
    position = (guint32)n;
    g_array_append_val (self->removed, position);
  }
  if (from < size) {
    memcpy (out + n, data + from, size - from);
    n += size - from;
  }
  while (n > 0 && out[n - 1] == 0)
    n--;
  memset (out + n, 0, CVI_H265_PADDING);
  self->rbsp_size = (guint)n;
}

static void
take_slice (CviH265Check *self, const GstH265SliceHdr *header)
{
  CviH265Slice *slice = &self->slice;
  gboolean switched = header->cabac_init_flag;

  slice->type = header->type;
  slice->sao[0] = header->sao_luma_flag;
  slice->sao[1] = header->sao_chroma_flag;
  slice->qp =
      (guint)CLAMP (26 + self->pps->init_qp_minus26 + header->qp_delta, 0, 51);
  slice->n_ref[0] = header->num_ref_idx_l0_active_minus1 + 1u;
  slice->n_ref[1] = header->num_ref_idx_l1_active_minus1 + 1u;
  slice->mvd_l1_zero = header->mvd_l1_zero_flag;
  slice->max_merge = 5u - MIN (header->five_minus_max_num_merge_cand, 4);
  slice->chroma_qp_offset = header->cu_chroma_qp_offset_enabled_flag;
  slice->address =
      header->first_slice_segment_in_pic_flag ? 0 : header->segment_address;
  slice->init_type = slice->type == GST_H265_I_SLICE                 ? 0
                     : (slice->type == GST_H265_P_SLICE) != switched ? 1
                                                                     : 2;
}

gboolean
cvi_h265_end_picture (CviH265Check *self)
{
  gboolean open = self->in_picture && self->next_ts < self->p.n_ctbs;

  self->in_picture = FALSE;
  if (!open || !self->whole_aus)
    return TRUE;
  g_snprintf (self->fault, sizeof self->fault,
      "the picture's slices end behind coding tree block %u of %u",
      self->next_ts, self->p.n_ctbs);
  return FALSE;
}

/* Does the segment that begins at @ts follow the one before? */
static gboolean
check_order (CviH265Check *self, guint ts)
{
  if (!self->in_picture || self->next_ts == ts)
    return TRUE;
  if (ts > self->next_ts)
    g_snprintf (self->fault, sizeof self->fault,
        "no slice has the coding tree blocks from %u to %u of %u",
        self->next_ts + 1, ts, self->p.n_ctbs);
  else
    g_snprintf (self->fault, sizeof self->fault,
        "two slices have the coding tree block %u of %u", ts + 1,
        self->p.n_ctbs);
  return FALSE;
}

/* @offset: of the slice segment data, unescaped */
static gboolean
read_segment (CviH265Check *self, const GstH265SliceHdr *header, guint offset)
{
  gboolean first = header->first_slice_segment_in_pic_flag;
  gboolean dependent = header->dependent_slice_segment_flag;
  gboolean complete = !first || cvi_h265_end_picture (self), follows, good;
  guint address = first ? 0 : header->segment_address;

  if ((first || self->pps != header->pps) &&
      !cvi_h265_params_set (self, header->pps)) {
    self->unread = TRUE;
    return complete;
  }
  if (!self->supported || address >= self->p.n_ctbs) {
    self->unread = TRUE;
    return complete;
  }
  follows = first || check_order (self, self->rs_to_ts[address]);
  if (dependent && (!self->have_slice || !follows)) {
    self->in_picture = FALSE;
    self->unread = TRUE;
    return complete && follows;
  }
  if (!dependent)
    take_slice (self, header);
  good = cvi_h265_read_slice_data (self, address, offset, header);
  self->have_slice = good;
  /* Where the next one begins is known behind a good one only. */
  self->in_picture = good;
  return complete && follows && good;
}

gboolean
cvi_h265_read_slice (CviH265Check *self, const guint8 *data, gsize size)
{
  GstH265NalUnit nalu = { 0 };
  GstH265SliceHdr header = { 0 };
  gboolean good = TRUE;
  guint offset;

  if (size < HEADER_BYTES + 2 || size > G_MAXUINT32 / 16)
    return TRUE;
  nalu.type = data[0] >> 1 & 0x3f;
  nalu.temporal_id_plus1 = data[1] & 7;
  nalu.size = (guint)size;
  nalu.data = (guint8 *)data;
  nalu.header_bytes = HEADER_BYTES;
  nalu.valid = TRUE;
  if (gst_h265_parser_parse_slice_hdr (self->parser, &nalu, &header) ==
          GST_H265_PARSER_OK &&
      header.pps && header.pps->sps && header.type <= GST_H265_I_SLICE &&
      header.header_size / 8 < size - HEADER_BYTES) {
    unescape (self, data + HEADER_BYTES, size - HEADER_BYTES);
    offset = header.header_size / 8 - header.n_emulation_prevention_bytes;
    good = read_segment (self, &header, offset);
  } else {
    self->have_slice = self->in_picture = FALSE;
    self->unread = TRUE;
  }
  cvi_h265_spare_take (self, &nalu, &header, good);
  gst_h265_slice_hdr_free (&header);
  return good;
}
