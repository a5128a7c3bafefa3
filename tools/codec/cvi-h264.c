/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* From packets to slices, and which slices make a picture. */
#include "tools/codec/cvi-h264-packet.h"

#include <string.h>

/* So many pictures have to come whole, their slices in order, before one that
 * does not tells of a lost slice. */
#define SETTLED_PICTURES 4
/* A slice of so many bits does not pass by chance. */
#define PROOF_BITS 256
/* What is found so near to a slice's end is for want of the rest. */
#define CUT_BITS 64

/* Until a slice has passed, the reading itself is in doubt: what is found is
 * kept back, and never told of a stream in which none does. */
static void
report (CviH264Check *self, const char *what, guint mb, guint n)
{
  if (self->fault[0] == '\0' && n > 0)
    g_snprintf (self->fault, sizeof self->fault, "%s (macroblock %u of %u)",
        what, mb, n);
  else if (self->fault[0] == '\0')
    g_strlcpy (self->fault, what, sizeof self->fault);
  self->next_mb = CVI_H264_NO_PICTURE;
}

static void
set_tools (CviH264Slice *s, const GstH264SPS *sps, const GstH264PPS *pps)
{
  s->cabac = pps->entropy_coding_mode_flag;
  s->transform_8x8_mode = pps->transform_8x8_mode_flag;
  s->direct_8x8_inference = sps->direct_8x8_inference_flag;
  s->chroma = sps->separate_colour_plane_flag ? 0 : sps->chroma_format_idc;
  s->depth_luma = 8u + sps->bit_depth_luma_minus8;
  s->depth_chroma = 8u + sps->bit_depth_chroma_minus8;
}

/* Returns: FALSE of slices that are not read */
static gboolean
set_slice (CviH264Check *self, const GstH264SliceHdr *header)
{
  static const gint8 *const contexts[3] = { cvi_h264_contexts_0,
    cvi_h264_contexts_1, cvi_h264_contexts_2 };
  const GstH264PPS *pps = header->pps;
  const GstH264SPS *sps = pps->sequence;
  CviH264Slice *s = &self->slice;
  guint64 n_mbs;

  if (!sps || !sps->valid || pps->num_slice_groups_minus1 > 0 ||
      header->redundant_pic_cnt > 0 || header->type % 5 > H264_SLICE_I ||
      header->cabac_init_idc > 2 || sps->bit_depth_luma_minus8 > 6 ||
      sps->bit_depth_chroma_minus8 > 6 || sps->chroma_format_idc > 3 ||
      sps->pic_width_in_mbs_minus1 >= CVI_H264_MAX_WIDTH)
    return FALSE;
  set_tools (s, sps, pps);
  s->type = (CviH264SliceType)(header->type % 5);
  s->width = sps->pic_width_in_mbs_minus1 + 1;
  n_mbs = (guint64)s->width * (sps->pic_height_in_map_units_minus1 + 1ull);
  if (!sps->frame_mbs_only_flag && !header->field_pic_flag)
    n_mbs *= 2;
  if (n_mbs > CVI_H264_MAX_MBS)
    return FALSE;
  s->n_mbs = (guint)n_mbs;
  s->field_pic = header->field_pic_flag;
  s->mbaff = sps->mb_adaptive_frame_field_flag && !s->field_pic &&
             !sps->frame_mbs_only_flag;
  s->n_ref[0] = header->num_ref_idx_l0_active_minus1 + 1u;
  s->n_ref[1] = header->num_ref_idx_l1_active_minus1 + 1u;
  s->qp = 26 + pps->pic_init_qp_minus26 + header->slice_qp_delta;
  s->contexts = s->type == H264_SLICE_I ? cvi_h264_contexts_i
                                        : contexts[header->cabac_init_idc];
  if (self->width < s->width) {
    self->mbs = g_renew (CviH264Mb, self->mbs, 4 * s->width);
    self->width = s->width;
  }
  s->mbs = self->mbs;
  return TRUE;
}

/* Does the slice begin where the last one ended? Slices in any order are for
 * two profiles alone (A.2.1 and A.2.3), and no encoder is known to make them;
 * but a stream has to show that it goes by the order. */
static void
check_order (CviH264Check *self)
{
  CviH264Slice *s = &self->slice;

  if (self->next_mb == CVI_H264_NO_PICTURE || s->first == self->next_mb)
    return;
  if (self->n_whole < SETTLED_PICTURES)
    self->n_whole = 0;
  else if (s->first > 0)
    report (self, "slices before this one are missing", s->first, s->n_mbs);
  else
    report (self, "picture without its last slices", self->next_mb, s->n_mbs);
}

/* Of the two rules for 4:4:4, that which the last slice went by comes first; a
 * slice may be the first to tell them apart. */
static gboolean
read_slice (CviH264Check *self, gsize start)
{
  CviH264Slice *s = &self->slice;

  s->bits.position = start;
  if (cvi_h264_read_slice (s))
    return TRUE;
  if (s->chroma != 3 || !s->cabac || !s->transform_8x8_mode)
    return FALSE;
  s->bits.position = start;
  s->old_444 = !s->old_444;
  return cvi_h264_read_slice (s);
}

/* Returns: FALSE if a part of it is not known to be right */
static gboolean
check_slice_data (CviH264Check *self, gsize start)
{
  CviH264Slice *s = &self->slice;

  if (s->first >= s->n_mbs) {
    report (self, "slice begins after the last macroblock", s->first, s->n_mbs);
    return FALSE;
  }
  check_order (self);
  if (!read_slice (self, start)) {
    report (self, s->fault, s->address, s->n_mbs);
    return FALSE;
  }
  if (s->stop >= start + PROOF_BITS)
    self->proven = TRUE;
  /* What began in the middle is not known to be whole. */
  if (s->first != 0 && s->first != self->next_mb)
    return FALSE;
  self->next_mb = s->address < s->n_mbs ? s->address : 0;
  self->n_whole += self->next_mb == 0;
  return TRUE;
}

static void
check_slice (CviH264Check *self, GstH264NalUnit *nal)
{
  CviH264Slice *s = &self->slice;
  GstH264SliceHdr *header = &self->header;
  GstH264ParserResult result =
      gst_h264_parser_parse_slice_hdr (self->parser, nal, header, TRUE, TRUE);
  gsize start;

  if (result != GST_H264_PARSER_OK && result != GST_H264_PARSER_BROKEN_LINK)
    report (self, "slice header is not possible", 0, 0);
  if (result != GST_H264_PARSER_OK || !set_slice (self, header)) {
    self->next_mb = CVI_H264_NO_PICTURE;
    self->unread = TRUE;
    return;
  }
  s->first = header->first_mb_in_slice;
  if (s->first < s->n_mbs)
    s->first <<= s->mbaff;
  g_byte_array_set_size (self->rbsp, nal->size + CVI_H264_PADDING);
  s->bits.data = self->rbsp->data;
  s->bits.size =
      cvi_h264_unescape (nal->data + nal->offset, nal->size, self->rbsp->data);
  s->stop = cvi_h264_find_stop (s->bits.data, s->bits.size);
  start = 8u * nal->header_bytes + header->header_size -
          8u * header->n_emulation_prevention_bytes;
  if (start > s->stop) {
    report (self, "slice without data", s->first, s->n_mbs);
    return;
  }
  if (check_slice_data (self, start))
    cvi_h264_note_read (self, nal);
}

/* A set that is not understood may be one that slices go by from here on: they
 * have to pass once more. */
static void
doubt (CviH264Check *self)
{
  self->proven = FALSE;
  self->unread = TRUE;
}

static void
take_sps (CviH264Check *self, GstH264NalUnit *nal)
{
  GstH264SPS sps;

  if (gst_h264_parser_parse_sps (self->parser, nal, &sps) == GST_H264_PARSER_OK)
    gst_h264_sps_clear (&sps);
  else
    doubt (self);
}

static void
take_pps (CviH264Check *self, GstH264NalUnit *nal)
{
  GstH264PPS pps;

  if (gst_h264_parser_parse_pps (self->parser, nal, &pps) == GST_H264_PARSER_OK)
    gst_h264_pps_clear (&pps);
  else
    doubt (self);
}

void
cvi_h264_take_nal (CviH264Check *self, GstH264NalUnit *nal)
{
  switch (nal->type) {
    case GST_H264_NAL_SPS:
      take_sps (self, nal);
      break;
    case GST_H264_NAL_PPS:
      take_pps (self, nal);
      break;
    case GST_H264_NAL_SLICE:
    case GST_H264_NAL_SLICE_IDR:
      check_slice (self, nal);
      break;
    case GST_H264_NAL_SLICE_DPA:
      self->next_mb = CVI_H264_NO_PICTURE;
      self->unread = TRUE;
      break;
    case GST_H264_NAL_SLICE_AUX:
    case GST_H264_NAL_SLICE_EXT:
    case GST_H264_NAL_SLICE_DEPTH:
      self->unread = TRUE;
      break;
    default:
      break;
  }
}

/* Returns: index of the 1 of the next start code from @at on, or @size */
guint
cvi_h264_find_start_code (const guint8 *data, guint size, guint at)
{
  while (at < size) {
    const guint8 *one = memchr (data + at, 1, size - at);

    if (!one)
      break;
    at = (guint)(one - data);
    if (at >= 2 && one[-1] == 0 && one[-2] == 0)
      return at;
    at++;
  }
  return size;
}

/* @start, @end: of a NAL unit with its start code */
void
cvi_h264_take_range (
    CviH264Check *self, const guint8 *data, guint start, guint end)
{
  GstH264NalUnit nal;

  if (gst_h264_parser_identify_nalu_unchecked (
          self->parser, data, start, end, &nal) == GST_H264_PARSER_OK)
    cvi_h264_take_nal (self, &nal);
  else
    self->unread = TRUE;
}

/* Some muxers put a byte stream where one NAL unit should be, and decoders take
 * it. Start codes are in no NAL unit. */
static void
take_nested (CviH264Check *self, const GstH264NalUnit *nal)
{
  const guint8 *data = nal->data + nal->offset;
  guint start = cvi_h264_find_start_code (data, nal->size, 0);

  while (start < nal->size) {
    guint next = cvi_h264_find_start_code (data, nal->size, start + 1);

    cvi_h264_take_range (
        self, data, start - 2, next < nal->size ? next - 2 : nal->size);
    start = next;
  }
}

static void
check_avc (CviH264Check *self, const guint8 *data, gsize size)
{
  guint offset = 0;
  GstH264NalUnit nal;

  while (offset < size &&
         gst_h264_parser_identify_nalu_avc (self->parser, data, offset, size,
             (guint8)self->length_size, &nal) == GST_H264_PARSER_OK) {
    if (nal.type == GST_H264_NAL_PREFIX_UNIT)
      take_nested (self, &nal);
    else
      cvi_h264_take_nal (self, &nal);
    offset = nal.offset + nal.size;
  }
  self->unread = self->unread || offset < size;
}

/* Takes the NAL units whose end is there. Bytes before the first start code
 * belong to none. @seen: so many were looked through before */
static void
check_pending (CviH264Check *self, guint seen)
{
  GByteArray *pending = self->pending;
  guint start = 0, end = seen;

  while ((end = cvi_h264_find_start_code (pending->data, pending->len, end)) <
         pending->len) {
    if (self->in_nal)
      cvi_h264_take_range (self, pending->data, start, end - 2);
    self->in_nal = TRUE;
    start = end++ - 2;
  }
  if (!self->in_nal && pending->len > 2)
    start = pending->len - 2;
  if (start > 0)
    g_byte_array_remove_range (pending, 0, start);
}

static void
check_byte_stream (CviH264Check *self, const guint8 *data, gsize size)
{
  guint seen = self->pending->len;

  if (size > CVI_H264_MAX_NAL || seen > CVI_H264_MAX_NAL) {
    g_byte_array_set_size (self->pending, 0);
    self->in_nal = FALSE;
    self->unread = TRUE;
    return;
  }
  g_byte_array_append (self->pending, data, (guint)size);
  check_pending (self, seen);
}

static void
forget_told (CviH264Check *self)
{
  if (self->told)
    self->fault[0] = '\0';
  self->told = FALSE;
}

static gboolean
tell (CviH264Check *self, const char **fault)
{
  self->told = self->proven && self->fault[0] != '\0';
  *fault = self->told ? self->fault : NULL;
  return !self->told;
}

gboolean
cvi_h264_check_packet (
    CviH264Check *check, const guint8 *data, gsize size, const char **fault)
{
  forget_told (check);
  if (!check->avc)
    check_byte_stream (check, data, size);
  else if (check->length_size > 0 && size <= CVI_H264_MAX_NAL)
    check_avc (check, data, size);
  else
    check->unread = TRUE;
  return tell (check, fault);
}

gboolean
cvi_h264_check_is_complete (const CviH264Check *check)
{
  return check->proven && !check->unread;
}

gboolean
cvi_h264_check_whole (CviH264Check *check, const char **fault)
{
  forget_told (check);
  if (check->in_nal)
    cvi_h264_take_range (check, check->pending->data, 0, check->pending->len);
  g_byte_array_set_size (check->pending, 0);
  check->in_nal = FALSE;
  return tell (check, fault);
}

/* Was the slice that does not pass read to its end, or to a few bits before it?
 * Behind the end of what was cut off, everything is impossible sooner or later.
 */
static gboolean
is_cut (const CviH264Slice *s)
{
  gsize position =
      s->cabac ? cvi_cabac_position (&s->engine) : s->bits.position;

  return position + CUT_BITS >= s->stop;
}

gboolean
cvi_h264_check_end (CviH264Check *check, const char **fault, gboolean *cut)
{
  *fault = NULL;
  *cut = FALSE;
  if (check->avc)
    return TRUE;
  if (check->told)
    check->fault[0] = '\0';
  if (check->in_nal)
    cvi_h264_take_range (check, check->pending->data, 0, check->pending->len);
  *cut = is_cut (&check->slice);
  g_byte_array_set_size (check->pending, 0);
  check->in_nal = FALSE;
  if (check->next_mb != CVI_H264_NO_PICTURE && check->next_mb > 0 &&
      check->n_whole >= SETTLED_PICTURES) {
    report (check, "the last picture lacks its last slices", check->next_mb,
        check->slice.n_mbs);
    *cut = TRUE;
  }
  check->told = check->proven && check->fault[0] != '\0';
  *cut = *cut && check->told;
  if (check->told)
    *fault = check->fault;
  return !check->told;
}

CviH264Check *
cvi_h264_check_new (GstCaps *caps)
{
  CviH264Check *self = g_new0 (CviH264Check, 1);
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  const char *format = gst_structure_get_string (structure, "stream-format");
  const GValue *codec_data = gst_structure_get_value (structure, "codec_data");

  cvi_h264_cavlc_init ();
  self->parser = gst_h264_nal_parser_new ();
  self->pending = g_byte_array_new ();
  self->rbsp = g_byte_array_new ();
  self->next_mb = CVI_H264_NO_PICTURE;
  self->avc = format ? g_str_has_prefix (format, "avc") : codec_data != NULL;
  if (self->avc && codec_data)
    cvi_h264_take_codec_data (self, gst_value_get_buffer (codec_data));
  return self;
}

void
cvi_h264_check_free (CviH264Check *check)
{
  if (!check)
    return;
  gst_h264_nal_parser_free (check->parser);
  g_byte_array_unref (check->pending);
  g_byte_array_unref (check->rbsp);
  g_free (check->mbs);
  g_free (check);
}
