/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/codec/cvi-h265-private.h"

/* hvcC: bytes before the arrays of NAL units (ISO/IEC 14496-15, 8.3.2.1) */
#define HVCC_HEAD 23

/* Takes a NAL unit without start code. Returns: FALSE, with self->fault, if it
 * is damaged */
static gboolean
read_nal (CviH265Check *self, const guint8 *data, gsize size)
{
  GstH265NalUnit nalu = { 0 };
  GstH265ParserResult result;
  guint type, layer;

  /* trailing_zero_8bits; a NAL unit does not end with zero */
  while (size > 0 && data[size - 1] == 0)
    size--;
  if (size < 3 || size > G_MAXUINT32 / 16) {
    self->unread = self->unread || size > 0;
    return TRUE;
  }
  type = data[0] >> 1 & 0x3f;
  layer = (data[0] & 1u) << 5 | data[1] >> 3;
  if (layer > 0) {
    self->unread = self->spare.needed = TRUE;
    return TRUE;
  }
  if (type <= GST_H265_NAL_SLICE_RASL_R ||
      (type >= GST_H265_NAL_SLICE_BLA_W_LP &&
          type <= GST_H265_NAL_SLICE_CRA_NUT))
    return cvi_h265_read_slice (self, data, size);
  cvi_h265_spare_take_other (self, type);
  if (type == GST_H265_NAL_SUFFIX_SEI)
    self->has_hashes = TRUE;
  if (type < GST_H265_NAL_VPS || type > GST_H265_NAL_PPS)
    return TRUE;
  nalu.type = (guint8)type;
  nalu.temporal_id_plus1 = data[1] & 7;
  nalu.size = (guint)size;
  nalu.data = (guint8 *)data;
  nalu.header_bytes = 2;
  nalu.valid = TRUE;
  /* Without the VUI the parser reads the SPS's extensions out of it. */
  if (type == GST_H265_NAL_SPS)
    result = gst_h265_parser_parse_sps (self->parser, &nalu, &self->sps, TRUE);
  else
    result = gst_h265_parser_parse_nal (self->parser, &nalu);
  self->unread = self->unread || result != GST_H265_PARSER_OK;
  /* The one in use may have changed. */
  self->pps = NULL;
  return TRUE;
}

/* Returns: TRUE if a NAL unit was taken off *@data */
static gboolean
next_prefixed (const guint8 **data, gsize *size, guint length_size,
    const guint8 **nal, gsize *nal_size)
{
  guint64 length = 0;

  if (*size <= length_size)
    return FALSE;
  for (guint i = 0; i < length_size; i++)
    length = length << 8 | (*data)[i];
  *data += length_size;
  *size -= length_size;
  *nal = *data;
  *nal_size = (gsize)MIN (length, *size);
  *data += *nal_size;
  *size -= *nal_size;
  return TRUE;
}

/* Returns: offset of the next start code, or @size */
static gsize
find_start_code (const guint8 *data, gsize size)
{
  const guint8 *at = data, *end = data + size;

  while (end - at >= 3 && (at = memchr (at + 2, 1, (gsize)(end - at) - 2))) {
    if (at[-1] == 0 && at[-2] == 0)
      return (gsize)(at - 2 - data);
    at--;
  }
  return size;
}

static gboolean
next_start_code (
    const guint8 **data, gsize *size, const guint8 **nal, gsize *nal_size)
{
  gsize start = find_start_code (*data, *size);

  if (*size - start <= 3)
    return FALSE;
  *data += start + 3;
  *size -= start + 3;
  *nal = *data;
  *nal_size = find_start_code (*data, *size);
  *data += *nal_size;
  *size -= *nal_size;
  return TRUE;
}

static void
read_codec_data (CviH265Check *self, const guint8 *data, gsize size)
{
  guint n_arrays;

  if (size < HVCC_HEAD)
    return;
  self->length_size = (data[21] & 3) + 1;
  n_arrays = data[22];
  data += HVCC_HEAD;
  size -= HVCC_HEAD;
  for (guint i = 0; i < n_arrays && size >= 3; i++) {
    guint n = (guint)data[1] << 8 | data[2];
    const guint8 *nal;
    gsize nal_size;

    data += 3;
    size -= 3;
    while (n-- > 0 && next_prefixed (&data, &size, 2, &nal, &nal_size))
      read_nal (self, nal, nal_size);
  }
}

CviH265Check *
cvi_h265_check_new (GstCaps *caps)
{
  CviH265Check *check = g_new0 (CviH265Check, 1);
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  const char *alignment = gst_structure_get_string (structure, "alignment");
  const GValue *value = gst_structure_get_value (structure, "codec_data");
  GstMapInfo map;

  cvi_h265_tables_init ();
  check->parser = gst_h265_parser_new ();
  check->removed = g_array_new (FALSE, FALSE, sizeof (guint32));
  check->whole_aus = g_strcmp0 (alignment, "au") == 0;
  if (value && GST_VALUE_HOLDS_BUFFER (value) &&
      gst_buffer_map (gst_value_get_buffer (value), &map, GST_MAP_READ)) {
    read_codec_data (check, map.data, map.size);
    gst_buffer_unmap (gst_value_get_buffer (value), &map);
  }
  return check;
}

void
cvi_h265_check_free (CviH265Check *check)
{
  if (!check)
    return;
  gst_h265_parser_free (check->parser);
  g_array_unref (check->removed);
  g_free (check->rs_to_ts);
  g_free (check->ts_to_rs);
  g_free (check->tile);
  g_free (check->above);
  g_free (check->rbsp);
  g_free (check);
}

/* Reads all NAL units. Returns: FALSE, with the first fault in @first, if one
 * is damaged */
static gboolean
read_packet (CviH265Check *self, const guint8 *data, gsize size, char *first)
{
  gboolean good = TRUE;
  const guint8 *nal;
  gsize nal_size;

  cvi_h265_spare_begin (self);
  /* The first fault is the one that tells; the rest is read for its sake. */
  while (self->length_size
             ? next_prefixed (&data, &size, self->length_size, &nal, &nal_size)
             : next_start_code (&data, &size, &nal, &nal_size)) {
    if (!read_nal (self, nal, nal_size) && good) {
      memcpy (first, self->fault, sizeof self->fault);
      good = FALSE;
    }
  }
  if (self->whole_aus && !cvi_h265_end_picture (self) && good) {
    memcpy (first, self->fault, sizeof self->fault);
    good = FALSE;
  }
  self->spare.needed = self->spare.needed || !good;
  return good;
}

void
cvi_h265_check_pass_by (CviH265Check *check, const guint8 *data, gsize size)
{
  const guint8 *nal;
  gsize nal_size;

  check->have_slice = check->in_picture = FALSE;
  while (check->length_size
             ? next_prefixed (&data, &size, check->length_size, &nal, &nal_size)
             : next_start_code (&data, &size, &nal, &nal_size)) {
    guint type = nal_size > 0 ? nal[0] >> 1 & 0x3f : 0;

    /* Sets come before the first slice. */
    if (type < GST_H265_NAL_VPS)
      break;
    if (type <= GST_H265_NAL_PPS)
      read_nal (check, nal, nal_size);
  }
}

gboolean
cvi_h265_check_packet (
    CviH265Check *check, const guint8 *data, gsize size, const char **fault)
{
  char first[sizeof check->fault];

  *fault = NULL;
  if (!read_packet (check, data, size, first) && check->held[0] == '\0')
    memcpy (check->held, first, sizeof first);
  if (!check->proven || check->held[0] == '\0')
    return TRUE;
  memcpy (check->fault, check->held, sizeof check->fault);
  check->held[0] = '\0';
  *fault = check->fault;
  return FALSE;
}

gboolean
cvi_h265_check_is_complete (const CviH265Check *check)
{
  return check->proven && !check->unread;
}

gboolean
cvi_h265_check_has_hashes (const CviH265Check *check)
{
  return check->has_hashes;
}
