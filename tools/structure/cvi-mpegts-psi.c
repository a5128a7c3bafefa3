/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-crc.h"
#include "tools/structure/cvi-mpegts-private.h"

#include <string.h>

enum {
  TABLE_PAT = 0x00,
  TABLE_PMT = 0x02,
  TABLE_STUFFING = 0x72,
  TABLE_NONE = 0xff,
  DESCRIPTOR_CA = 0x09,
};

static void
read_pat (CviTs *self, const guint8 *data, gsize len)
{
  self->has_pat = TRUE;
  for (gsize pos = 8; pos + 4 <= len - 4; pos += 4) {
    guint program = cvi_be16 (data + pos);
    guint number = cvi_be16 (data + pos + 2) & 0x1fffu;
    CviTsPid *pid;

    if (program == 0 || number < 0x10 || number == CVI_TS_NULL_PID)
      continue;
    pid = cvi_ts_get_pid (self, number);
    pid->is_pmt = TRUE;
    if (!pid->section)
      pid->section = g_new0 (CviTsSection, 1);
  }
}

static void
add_stream (CviTs *self, guint number, guint type, const guint8 *descriptors,
    gsize len, gboolean conditional)
{
  CviTsPid *pid;

  if (number == CVI_TS_NULL_PID || self->es->len >= CVI_TS_MAX_STREAMS)
    return;
  pid = cvi_ts_get_pid (self, number);
  if (pid->kind || pid->section)
    return;
  cvi_ts_identify (pid, type, descriptors, len);
  pid->conditional =
      conditional || cvi_ts_has_descriptor (descriptors, len, DESCRIPTOR_CA);
  g_ptr_array_add (self->es, pid);
}

static void
read_pmt (CviTs *self, const guint8 *data, gsize len)
{
  gsize info = cvi_be16 (data + 10) & 0x0fffu;
  gsize end = len - 4;
  gsize pos = 12 + info;
  gboolean conditional;

  if (pos > end)
    return;
  conditional = cvi_ts_has_descriptor (data + 12, info, DESCRIPTOR_CA);
  while (pos + 5 <= end) {
    guint pid = cvi_be16 (data + pos + 1) & 0x1fffu;
    gsize size = cvi_be16 (data + pos + 3) & 0x0fffu;

    if (size > end - pos - 5)
      return;
    add_stream (self, pid, data[pos], data + pos + 5, size, conditional);
    pos += 5 + size;
  }
}

/* A whole section: a right checksum is what lets its content be believed. */
static void
read_section (CviTs *self, CviTsPid *pid, guint64 offset)
{
  const guint8 *data = pid->section->data;
  gsize len = pid->section->len;
  gboolean current;

  if ((data[1] & 0x80) == 0 || data[0] == TABLE_STUFFING || len < 12)
    return;
  if (cvi_crc32_be (0xffffffff, data, len) != 0) {
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_CHECKSUM, NULL,
        self->time_ns, offset,
        "CRC-32 of a table (PID %u, table_id %u) does not match", pid->pid,
        data[0]);
    return;
  }
  current = (data[5] & 1) != 0;
  if (current && data[0] == TABLE_PAT && pid->pid == 0)
    read_pat (self, data, len);
  else if (current && data[0] == TABLE_PMT && pid->is_pmt && len >= 16)
    read_pmt (self, data, len);
}

/* Adds to the open section. Returns: how much it took */
static gsize
append (
    CviTs *self, CviTsPid *pid, const guint8 *data, gsize len, guint64 offset)
{
  CviTsSection *section = pid->section;
  gsize taken = 0;
  gsize want = 3;

  while (taken < len) {
    gsize n;

    if (section->len >= 3)
      want = 3 + (cvi_be16 (section->data + 1) & 0x0fffu);
    n = MIN (len - taken, want - section->len);
    memcpy (section->data + section->len, data + taken, n);
    section->len += (guint)n;
    taken += n;
    if (section->len >= 3 &&
        section->len == 3 + (cvi_be16 (section->data + 1) & 0x0fffu)) {
      read_section (self, pid, offset);
      section->len = 0;
      return taken;
    }
  }
  return taken;
}

void
cvi_ts_feed_section (CviTs *self, CviTsPid *pid, const guint8 *data, gsize len,
    gboolean start, guint64 offset)
{
  gsize pointer;

  if (!start) {
    if (pid->section->len > 0)
      append (self, pid, data, len, offset);
    return;
  }
  pointer = len > 0 ? data[0] : 0;
  if (len == 0 || pointer >= len) {
    pid->section->len = 0;
    return;
  }
  if (pid->section->len > 0)
    append (self, pid, data + 1, pointer, offset);
  pid->section->len = 0;
  data += 1 + pointer;
  len -= 1 + pointer;
  while (len > 0 && data[0] != TABLE_NONE) {
    gsize taken = append (self, pid, data, len, offset);

    data += taken;
    len -= taken;
  }
}
