/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-nal.h"

const char *
cvi_nal_header_fault (CviNalCodec codec, const guint8 *header, gsize len)
{
  if (codec == CVI_NAL_NONE || len == 0)
    return NULL;
  if (header[0] & 0x80)
    return "forbidden_zero_bit is set";
  if (codec == CVI_NAL_HEVC && len > 1 && (header[1] & 7) == 0)
    return "nuh_temporal_id_plus1 is zero";
  return NULL;
}

static void
report (
    CviWalk *walk, const CviPayload *payload, guint64 offset, const char *what)
{
  cvi_walk_report (walk, CVI_RULE_CONTAINER_STRUCTURE, payload->stream,
      payload->time_ns, offset, "NAL units do not fill their sample: %s", what);
}

static guint32
read_length (const guint8 *p, guint nal_length)
{
  guint32 length = 0;

  for (guint i = 0; i < nal_length; i++)
    length = length << 8 | p[i];
  return length;
}

/* Some writers keep an elementary stream's trailing_zero_8bits at the end of
 * a NAL unit, any number of them: they are no part of the coded data. */
static guint64
trim (CviWalk *walk, guint64 offset, guint64 size)
{
  while (size > 0) {
    gsize len = (gsize)MIN (size, 4096);
    const guint8 *p = cvi_walk_peek (walk, offset + size - len, len);
    gsize left = len;

    if (!p)
      return size;
    while (left > 0 && p[left - 1] == 0)
      left--;
    size -= len - left;
    if (left > 0)
      return size;
  }
  return 0;
}

/* Reads the unit as a whole where it fits, so that looking at its end first
 * costs no second read. */
static gboolean
scan_unit (
    CviWalk *walk, const CviPayload *payload, guint64 offset, guint64 size)
{
  CviPayload unit = *payload;
  const guint8 *p;

  unit.offset = offset;
  unit.size = size;
  if (size == 0)
    return TRUE;
  if (size <= CVI_WALK_MAX_PEEK) {
    p = cvi_walk_peek (walk, offset, (gsize)size);
    if (!p)
      return FALSE;
    if (p[size - 1] == 0)
      unit.size = trim (walk, offset, size);
  }
  return cvi_walk_payload (walk, &unit);
}

gboolean
cvi_nal_check_sample (CviWalk *walk, CviNalCodec codec, guint nal_length,
    const CviPayload *payload)
{
  guint64 pos = payload->offset;
  guint64 end = payload->offset + payload->size;

  while (pos < end) {
    gsize len = (gsize)MIN (end - pos, nal_length + 2);
    const guint8 *p = cvi_walk_peek (walk, pos, len);
    const char *fault;
    guint32 size;

    if (!p)
      return FALSE;
    if (len < nal_length) {
      report (walk, payload, pos, "bytes are left over");
      return TRUE;
    }
    size = read_length (p, nal_length);
    if (size == 0) {
      report (walk, payload, pos, "a unit is empty");
      return TRUE;
    }
    if (size > end - pos - nal_length) {
      report (walk, payload, pos, "a unit is longer than its sample");
      return TRUE;
    }
    fault = cvi_nal_header_fault (
        codec, p + nal_length, MIN (len - nal_length, size));
    if (fault) {
      report (walk, payload, pos + nal_length, fault);
      return TRUE;
    }
    if (!scan_unit (walk, payload, pos + nal_length, size))
      return FALSE;
    pos += nal_length + (guint64)size;
  }
  return TRUE;
}
