/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-containers.h"

#include <string.h>

#include "tools/structure/cvi-asf-private.h"

#define HEADER 30      /* Header Object up to its first object */
#define DATA_HEADER 50 /* Data Object up to its first packet */
#define INDEX_HEADER 56
#define INDEX_ENTRY 6
#define ZEROS 4096

static const guint8 guid_header[16] = { 0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66,
  0xcf, 0x11, 0xa6, 0xd9, 0x00, 0xaa, 0x00, 0x62, 0xce, 0x6c };
static const guint8 guid_data[16] = { 0x36, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf,
  0x11, 0xa6, 0xd9, 0x00, 0xaa, 0x00, 0x62, 0xce, 0x6c };
static const guint8 guid_index[16] = { 0x90, 0x08, 0x00, 0x33, 0xb1, 0xe5, 0xcf,
  0x11, 0x89, 0xf4, 0x00, 0xa0, 0xc9, 0x03, 0x49, 0xcb };

static guint
asf_probe (const guint8 *head, gsize len, guint64 file_size)
{
  if (len >= 16 && memcmp (head, guid_header, 16) == 0)
    return 100;
  return memmem (head, len, guid_data, 16) ? 30 : 0;
}

static void
report (CviAsf *self, CviRuleId rule, guint64 offset, const char *text)
{
  cvi_walk_report (self->walk, rule, NULL, self->time_ns, offset, "%s", text);
}

static gboolean
all_zero (const guint8 *data, gsize len)
{
  return data[0] == 0 && memcmp (data, data + 1, len - 1) == 0;
}

/* Where packets begin alike, a place that does so twice, one packet apart, is
 * where they go on after bytes were lost or inserted. Returns: its distance
 * from @pos, 0 if none is within a packet */
static guint64
find_shift (
    CviAsf *self, const guint8 *mark, gsize len, guint64 pos, guint64 end)
{
  const guint8 *data;
  gsize span;

  if (self->packet_size > CVI_WALK_MAX_PEEK / 2 ||
      end - pos < 2 * (guint64)self->packet_size)
    return 0;
  span = 2 * (gsize)self->packet_size;
  data = cvi_walk_peek (self->walk, pos, span);
  for (gsize at = 0; data && at + self->packet_size + len <= span; at++) {
    if (memcmp (data + at, mark, len) == 0 &&
        memcmp (data + at + self->packet_size, mark, len) == 0)
      return at;
  }
  return 0;
}

static void
report_packet (
    CviAsf *self, const guint8 *packet, guint64 offset, const char *fault)
{
  CviRuleId rule = CVI_RULE_CONTAINER_STRUCTURE;

  if (all_zero (packet, MIN (self->packet_size, ZEROS)))
    rule = CVI_RULE_CONTAINER_ZERO_FILLED;
  cvi_walk_report (self->walk, rule, NULL, self->time_ns, offset,
      "a data packet is damaged: %s", fault);
}

/* Returns: the number of packets from @pos to @end */
static guint64
walk_packets (CviAsf *self, guint64 pos, guint64 end)
{
  guint8 mark[3] = { 0 };
  guint64 n = 0;

  while (pos + self->packet_size <= end && !cvi_walk_failed (self->walk)) {
    const guint8 *packet = cvi_walk_peek (self->walk, pos, self->packet_size);
    const char *fault;
    guint64 shift;

    if (!packet)
      break;
    if (n == 0)
      memcpy (mark, packet, sizeof mark);
    fault = cvi_asf_check_packet (self, packet, pos);
    n++;
    if (!fault) {
      pos += self->packet_size;
      continue;
    }
    packet = cvi_walk_peek (self->walk, pos, self->packet_size);
    if (packet)
      report_packet (self, packet, pos, fault);
    cvi_asf_forget (self);
    pos += self->packet_size;
    shift = (mark[0] & 0x80) ? find_shift (self, mark, 3, pos, end) : 0;
    if (shift > 0)
      cvi_walk_report (self->walk, CVI_RULE_CONTAINER_SYNC_LOST, NULL,
          self->time_ns, pos,
          "data packets go on %" G_GUINT64_FORMAT " bytes later", shift);
    pos += shift;
  }
  return n;
}

static void
walk_data (CviAsf *self, const CviAsfObject *object)
{
  guint64 end = object->offset + object->size;
  guint64 limit = MIN (end, self->size);
  const guint8 *data =
      object->size >= DATA_HEADER
          ? cvi_walk_peek (self->walk, object->offset, DATA_HEADER)
          : NULL;
  guint64 declared;

  if (!data) {
    if (!cvi_walk_failed (self->walk))
      report (self, CVI_RULE_CONTAINER_TRUNCATED, self->size,
          "the file ends before its data packets");
    return;
  }
  declared = cvi_le64 (data + 40);
  if (self->packet_size < 16 || self->packet_size > CVI_WALK_MAX_PEEK) {
    report (self, CVI_RULE_CONTAINER_STRUCTURE, object->offset,
        "the header gives no size of data packets that can be");
    return;
  }
  walk_packets (self, object->offset + DATA_HEADER, limit);
  if (cvi_walk_failed (self->walk))
    return;
  if (end > self->size)
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_TRUNCATED, NULL,
        self->time_ns, self->size,
        "the last %" G_GUINT64_FORMAT " of the Data Object's %" G_GUINT64_FORMAT
        " bytes are not in the file",
        end - self->size, object->size);
  else if (!self->broadcast &&
           (declared > object->size / self->packet_size ||
               (declared != 0 &&
                   declared * self->packet_size + DATA_HEADER > object->size)))
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL, CVI_NONE,
        object->offset,
        "%" G_GUINT64_FORMAT " data packets do not fit their object", declared);
}

static void
walk_index (CviAsf *self, const CviAsfObject *object)
{
  guint64 end = object->offset + object->size;
  const guint8 *data =
      object->size >= INDEX_HEADER && end <= self->size
          ? cvi_walk_peek (self->walk, object->offset, INDEX_HEADER)
          : NULL;
  guint64 pos = object->offset + INDEX_HEADER;
  guint32 n, wrong = 0;

  if (!data)
    return;
  n = cvi_le32 (data + 52);
  if (n > (object->size - INDEX_HEADER) / INDEX_ENTRY) {
    report (self, CVI_RULE_CONTAINER_INDEX, object->offset,
        "the index has more entries than room");
    return;
  }
  for (guint32 i = 0; i < n && self->n_packets > 0; i++, pos += INDEX_ENTRY) {
    data = cvi_walk_peek (self->walk, pos, INDEX_ENTRY);
    if (!data)
      return;
    if (cvi_le32 (data) > self->n_packets)
      wrong++;
  }
  if (wrong > 0)
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_INDEX, NULL, CVI_NONE,
        object->offset, "%u of %u index entries point past the last packet",
        wrong, n);
}

/* Objects behind the data. Returns: where the last one ends */
static guint64
walk_tail (CviAsf *self, guint64 pos)
{
  while (pos < self->size && !cvi_walk_failed (self->walk)) {
    CviAsfObject object;

    if (!cvi_asf_read_object (self->walk, pos, self->size, &object))
      break;
    if (object.size > self->size - pos) {
      report (self, CVI_RULE_CONTAINER_TRUNCATED, self->size,
          "the file ends inside an object behind the data");
      return self->size;
    }
    if (memcmp (object.guid, guid_index, 16) == 0)
      walk_index (self, &object);
    pos += object.size;
  }
  return pos;
}

static void
check_size (CviAsf *self, guint64 end)
{
  CviFinding *finding = NULL;

  if (end < self->size) {
    finding = cvi_finding_new (CVI_RULE_CONTAINER_TRAILING_DATA, NULL,
        "%" G_GUINT64_FORMAT " bytes behind the last object", self->size - end);
    finding->offset = end;
  } else if (!self->broadcast && self->declared_size > self->size) {
    finding = cvi_finding_new (CVI_RULE_CONTAINER_TRUNCATED, NULL,
        "the header says that the file has %" G_GUINT64_FORMAT " bytes",
        self->declared_size);
    finding->severity = CVI_SEVERITY_WARNING;
    finding->offset = self->size;
  }
  if (finding)
    cvi_walk_report_full (self->walk, finding);
}

/* Returns: offset of the Data Object, or CVI_NONE */
static guint64
walk_header (CviAsf *self)
{
  CviAsfObject header;

  if (!cvi_asf_read_object (self->walk, 0, self->size, &header) ||
      memcmp (header.guid, guid_header, 16) != 0 || header.size < HEADER) {
    if (!cvi_walk_failed (self->walk))
      report (self, CVI_RULE_CONTAINER_STRUCTURE, 0, "the header is damaged");
    return CVI_NONE;
  }
  if (header.size > self->size) {
    report (self, CVI_RULE_CONTAINER_TRUNCATED, self->size,
        "the file ends inside its header");
    return CVI_NONE;
  }
  cvi_asf_read_header (self, HEADER, header.size);
  return header.size;
}

static void
walk_file (CviAsf *self)
{
  guint64 pos = walk_header (self);
  CviAsfObject data;

  if (pos == CVI_NONE || cvi_walk_failed (self->walk))
    return;
  if (pos + CVI_ASF_OBJECT > self->size) {
    report (self, CVI_RULE_CONTAINER_TRUNCATED, self->size,
        "the file ends behind its header");
    return;
  }
  if (!cvi_asf_read_object (self->walk, pos, self->size, &data)) {
    /* What is written live may have no size. */
    data.size = 0;
  }
  if (cvi_walk_failed (self->walk))
    return;
  if (memcmp (data.guid, guid_data, 16) != 0) {
    report (self, CVI_RULE_CONTAINER_STRUCTURE, pos,
        "there is no Data Object behind the header");
    return;
  }
  if (data.size <= DATA_HEADER && self->broadcast)
    data.size = self->size - pos;
  walk_data (self, &data);
  if (pos + data.size < self->size && !cvi_walk_failed (self->walk))
    pos = walk_tail (self, pos + data.size);
  else
    pos = self->size;
  if (!cvi_walk_failed (self->walk) && data.size <= self->size)
    check_size (self, pos);
}

static void
asf_walk (CviWalk *walk)
{
  CviAsf *self = g_new0 (CviAsf, 1);

  self->walk = walk;
  self->size = cvi_walk_get_size (walk);
  self->time_ns = CVI_NONE;
  cvi_asf_forget (self);
  walk_file (self);
  g_free (self);
}

const CviContainer cvi_container_asf = {
  "asf",
  asf_probe,
  asf_walk,
  "asf wmv wma wm",
};
