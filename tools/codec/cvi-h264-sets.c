/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Parameter sets of packets that are not checked, and of codec data. */
#include "tools/codec/cvi-h264-packet.h"

/* Returns: FALSE at the first slice, as sets come before it */
static gboolean
take_set (CviH264Check *self, GstH264NalUnit *nal)
{
  if (nal->type == GST_H264_NAL_SPS || nal->type == GST_H264_NAL_PPS)
    cvi_h264_take_nal (self, nal);
  return nal->type < GST_H264_NAL_SLICE || nal->type > GST_H264_NAL_SLICE_IDR;
}

static void
pass_by_avc (CviH264Check *self, const guint8 *data, gsize size)
{
  GstH264NalUnit nal;
  guint offset = 0;

  while (offset < size &&
         gst_h264_parser_identify_nalu_avc (self->parser, data, offset, size,
             (guint8)self->length_size, &nal) == GST_H264_PARSER_OK &&
         take_set (self, &nal))
    offset = nal.offset + nal.size;
}

static void
pass_by_byte_stream (CviH264Check *self, const guint8 *data, guint size)
{
  guint start = cvi_h264_find_start_code (data, size, 0);

  while (start + 1 < size) {
    guint type = data[start + 1] & 0x1f, next;

    if (type >= GST_H264_NAL_SLICE && type <= GST_H264_NAL_SLICE_IDR)
      break;
    next = cvi_h264_find_start_code (data, size, start + 1);
    if (type == GST_H264_NAL_SPS || type == GST_H264_NAL_PPS)
      cvi_h264_take_range (
          self, data, start - 2, next < size ? next - 2 : size);
    start = next;
  }
}

void
cvi_h264_check_pass_by (CviH264Check *check, const guint8 *data, gsize size)
{
  check->next_mb = CVI_H264_NO_PICTURE;
  if (size > CVI_H264_MAX_NAL)
    return;
  if (!check->avc)
    pass_by_byte_stream (check, data, (guint)size);
  else if (check->length_size > 0)
    pass_by_avc (check, data, size);
}

/* Takes the sets behind their number at @at. Returns: where they end */
static guint
take_sets (
    CviH264Check *self, const guint8 *data, gsize size, guint at, guint mask)
{
  guint n = at < size ? data[at++] & mask : 0;
  GstH264NalUnit nal;

  for (guint i = 0; i < n; i++) {
    if (gst_h264_parser_identify_nalu_avc (
            self->parser, data, at, size, 2, &nal) != GST_H264_PARSER_OK)
      break;
    if (nal.type == GST_H264_NAL_SPS || nal.type == GST_H264_NAL_PPS)
      cvi_h264_take_nal (self, &nal);
    at = nal.offset + nal.size;
  }
  return at;
}

/* ISO/IEC 14496-15, 5.3.3.1: avcC. The parsing library's function for it wants
 * the fields that files of older High profile encoders lack. */
void
cvi_h264_take_codec_data (CviH264Check *self, GstBuffer *buffer)
{
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  if (map.size >= 7 && map.size <= CVI_H264_MAX_NAL && map.data[0] == 1) {
    guint at = take_sets (self, map.data, map.size, 5, 0x1f);

    take_sets (self, map.data, map.size, at, 0xff);
    self->length_size = (map.data[4] & 3u) + 1;
  }
  gst_buffer_unmap (buffer, &map);
}
