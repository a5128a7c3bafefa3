/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Which pictures a decoder need not be given. */
#include "tools/codec/cvi-h264-packet.h"

#include <string.h>

/* So many whole pictures show that the stream is understood. */
#define SETTLED_PICTURES 4

void
cvi_h264_note_read (CviH264Check *self, const GstH264NalUnit *nal)
{
  const GstH264SPS *sps = self->header.pps->sequence;

  /* The fields of a pair may differ in whether they are referred to. */
  if (nal->ref_idc == 0 && sps->frame_mbs_only_flag && self->proven &&
      self->n_whole >= SETTLED_PICTURES)
    cvi_read_ring_add (&self->read, nal->data + nal->offset, nal->size);
}

/* @slices: (inout): how many there were. Returns: FALSE if a decoder has to see
 * the NAL unit */
static gboolean
is_spare_nal (CviH264Check *self, const guint8 *data, gsize size, guint *slices)
{
  switch (size > 0 ? data[0] & 0x1f : 0) {
    case GST_H264_NAL_SLICE:
      ++*slices;
      return (data[0] & 0x60) == 0 &&
             cvi_read_ring_has (&self->read, data, size);
    case GST_H264_NAL_SEI:
    case GST_H264_NAL_AU_DELIMITER:
    case GST_H264_NAL_FILLER_DATA:
      return TRUE;
    default:
      return FALSE;
  }
}

/* @prefix: bytes of a NAL unit's length */
static gboolean
is_spare_avc (CviH264Check *self, guint prefix, const guint8 *data, gsize size)
{
  guint slices = 0;
  gsize at = 0;

  while (at + prefix <= size) {
    gsize length = 0;

    for (guint i = 0; i < prefix; i++)
      length = length << 8 | data[at++];
    if (length > size - at || !is_spare_nal (self, data + at, length, &slices))
      return FALSE;
    at += length;
  }
  return at == size && slices > 0;
}

static gboolean
is_spare_byte_stream (CviH264Check *self, const guint8 *data, guint size)
{
  guint start = cvi_h264_find_start_code (data, size, 0);
  guint slices = 0;

  while (start < size) {
    guint next = cvi_h264_find_start_code (data, size, start + 1);
    guint end = next < size ? next - 2 : size;

    if (!is_spare_nal (self, data + start + 1, end - start - 1, &slices))
      return FALSE;
    start = next;
  }
  return slices > 0;
}

/* The last NAL unit of a byte stream waits for the next to begin. If the parser
 * has taken it for whole, as it does where packets are, so is it here. */
static void
read_last (CviH264Check *self, const guint8 *data, gsize size)
{
  /* without its start code, which the parser may have replaced */
  const guint8 *nal = self->pending->data + 3;
  gsize length = self->pending->len;

  if (!self->in_nal || length <= 3)
    return;
  length -= 3;
  while (length > 0 && nal[length - 1] == 0)
    length--;
  while (size > 0 && data[size - 1] == 0)
    size--;
  if (length > size || memcmp (data + size - length, nal, length) != 0)
    return;
  cvi_h264_take_range (self, self->pending->data, 0, self->pending->len);
  g_byte_array_set_size (self->pending, 0);
  self->in_nal = FALSE;
}

/* A byte stream may have been made into one with lengths of four bytes since it
 * was checked. What is taken for the wrong of the two holds nothing that was
 * read. */
gboolean
cvi_h264_check_is_spare (CviH264Check *check, const guint8 *data, gsize size)
{
  if (size < 4 || size > CVI_H264_MAX_NAL)
    return FALSE;
  if (check->avc)
    return check->length_size > 0 &&
           is_spare_avc (check, check->length_size, data, size);
  read_last (check, data, size);
  if (data[0] == 0 && data[1] == 0 && (data[2] == 1 || data[3] == 1))
    return is_spare_byte_stream (check, data, (guint)size);
  return is_spare_avc (check, 4, data, size);
}
