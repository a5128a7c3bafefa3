/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-mxf-private.h"

#include <string.h>

#define PARTITION_PACK 88
#define LABEL 16
/* Larger sets and index tables are not looked into. */
#define MAX_SET (256u * 1024)

enum {
  PARTITION_HEADER = 2,
  PARTITION_FOOTER = 4,

  TAG_SAMPLE_RATE = 0x3001,
  TAG_CONTAINER_DURATION = 0x3002,
  TAG_INDEX_ENTRIES = 0x3f0a,
};

static void
report (CviMxf *self, CviRuleId rule, guint64 offset, const char *text)
{
  cvi_walk_report (self->walk, rule, NULL, self->time_ns, offset, "%s", text);
}

/* Labels of generic containers name the picture's or the sound's coding in
 * their fourteenth byte; that of the picture is wanted. */
static void
read_containers (CviMxf *self, const CviMxfElement *element)
{
  gsize len = (gsize)MIN (element->size, PARTITION_PACK + 16 * LABEL);
  const guint8 *data = cvi_walk_peek (self->walk, element->value, len);

  for (gsize pos = PARTITION_PACK; data && pos + LABEL <= len; pos += LABEL) {
    guint8 coding = data[pos + 13];

    if (data[pos + 12] == 2 && coding != 0x06 && coding != 0x0a &&
        coding != 0x7f && self->container == 0)
      self->container = coding;
  }
}

static void
check_previous (CviMxf *self, guint64 previous, guint64 offset)
{
  guint64 last;

  if (self->partitions->len == 0)
    return;
  last = g_array_index (self->partitions, guint64, self->partitions->len - 1);
  if (previous != 0 && previous != last && !self->damaged)
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL,
        self->time_ns, offset,
        "a partition follows the one at %" G_GUINT64_FORMAT
        " and names %" G_GUINT64_FORMAT " as the one before",
        last, previous);
}

void
cvi_mxf_read_partition (CviMxf *self, const CviMxfElement *element)
{
  guint64 offset = element->offset - self->start;
  const guint8 *data =
      element->size >= PARTITION_PACK
          ? cvi_walk_peek (self->walk, element->value, PARTITION_PACK)
          : NULL;
  guint8 kind = element->key[13];
  guint64 here, previous, footer;

  if (!data) {
    if (!cvi_walk_failed (self->walk))
      report (self, CVI_RULE_CONTAINER_STRUCTURE, element->offset,
          "a partition pack is too short");
    return;
  }
  here = cvi_be64 (data + 8);
  previous = cvi_be64 (data + 16);
  footer = cvi_be64 (data + 24);
  if (here != offset)
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL,
        self->time_ns, element->offset,
        "a partition lies at %" G_GUINT64_FORMAT " and says %" G_GUINT64_FORMAT,
        offset, here);
  else
    check_previous (self, previous, element->offset);
  if (kind == PARTITION_HEADER && self->partitions->len == 0) {
    self->footer = footer;
    /* Odd values are open: its final fields are not filled in. */
    self->header_open = (element->key[14] & 1) != 0;
  }
  if (kind == PARTITION_FOOTER)
    self->has_footer = TRUE;
  if (self->partitions->len < CVI_MXF_MAX_PARTITIONS)
    g_array_append_val (self->partitions, offset);
  read_containers (self, element);
}

static gboolean
is_partition (CviMxf *self, guint64 offset)
{
  for (guint i = 0; i < self->partitions->len; i++) {
    if (g_array_index (self->partitions, guint64, i) == offset)
      return TRUE;
  }
  return FALSE;
}

void
cvi_mxf_read_random_index (CviMxf *self, const CviMxfElement *element)
{
  guint64 end = element->value + element->size;
  guint n = 0, wrong = 0;

  if (self->damaged || element->size < 4 ||
      (element->size - 4) / 12 > CVI_MXF_MAX_PARTITIONS)
    return;
  for (guint64 pos = element->value; pos + 12 + 4 <= end; pos += 12) {
    const guint8 *data = cvi_walk_peek (self->walk, pos, 12);

    if (!data)
      return;
    n++;
    /* Most point to the partitions in their order. */
    if (n <= self->partitions->len &&
        g_array_index (self->partitions, guint64, n - 1) == cvi_be64 (data + 4))
      continue;
    if (wrong > 16 || !is_partition (self, cvi_be64 (data + 4)))
      wrong++;
  }
  if (wrong > 0)
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_INDEX, NULL, CVI_NONE,
        element->offset,
        "%u of %u entries of the random index point to no partition", wrong, n);
}

/* Items of a local set: calls @item for each. Returns: FALSE if they do not
 * fill it */
static gboolean
visit_set (CviMxf *self, const CviMxfElement *element,
    void (*item) (CviMxf *self, guint tag, const guint8 *data, gsize len))
{
  gsize len = (gsize)element->size;
  const guint8 *data;
  gsize pos = 0;

  if (element->size < 4 || element->size > MAX_SET)
    return TRUE;
  data = cvi_walk_peek (self->walk, element->value, len);
  while (data && pos + 4 <= len) {
    gsize size = cvi_be16 (data + pos + 2);

    if (size > len - pos - 4)
      return FALSE;
    item (self, cvi_be16 (data + pos), data + pos + 4, size);
    pos += 4 + size;
  }
  return TRUE;
}

static void
read_item (CviMxf *self, guint tag, const guint8 *data, gsize len)
{
  if (tag == TAG_SAMPLE_RATE && len == 8) {
    guint32 num = cvi_be32 (data);
    guint32 den = cvi_be32 (data + 4);

    if (num > 0 && den > 0)
      self->frame_ns = (guint64)((double)den * 1e9 / (double)num + 0.5);
  } else if (tag == TAG_CONTAINER_DURATION && len == 8) {
    guint64 duration = cvi_be64 (data);

    if (duration > 0 && duration < G_MAXUINT32)
      self->duration = duration;
  }
}

static void
ignore_item (CviMxf *self, guint tag, const guint8 *data, gsize len)
{
}

/* Descriptors of pictures: generic, CDCI, RGBA, MPEG and their kin. */
static gboolean
is_picture (guint8 set)
{
  return set == 0x27 || set == 0x28 || set == 0x29 || set == 0x51 ||
         set == 0x5f;
}

void
cvi_mxf_read_set (CviMxf *self, const CviMxfElement *element)
{
  gboolean fits = visit_set (
      self, element, is_picture (element->key[14]) ? read_item : ignore_item);

  if (!fits)
    report (self, CVI_RULE_CONTAINER_STRUCTURE, element->offset,
        "items do not fill their metadata set");
}

/* Offsets of edit units only grow. */
static void
read_index_item (CviMxf *self, guint tag, const guint8 *data, gsize len)
{
  guint64 last = 0;
  gsize n, size;

  if (tag != TAG_INDEX_ENTRIES || len < 8)
    return;
  n = cvi_be32 (data);
  size = cvi_be32 (data + 4);
  if (size < 11 || n > (len - 8) / size)
    return;
  for (gsize i = 0; i < n; i++) {
    guint64 offset = cvi_be64 (data + 8 + i * size + 3);

    if (offset < last) {
      report (self, CVI_RULE_CONTAINER_INDEX, CVI_NONE,
          "offsets in an index table run backwards");
      return;
    }
    last = offset;
  }
}

void
cvi_mxf_read_index (CviMxf *self, const CviMxfElement *element)
{
  if (!visit_set (self, element, read_index_item))
    report (self, CVI_RULE_CONTAINER_INDEX, element->offset,
        "items do not fill their index table");
}
