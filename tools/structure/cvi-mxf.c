/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-containers.h"

#include <string.h>

#include "tools/structure/cvi-mxf-private.h"

#define MAX_HEADER (CVI_MXF_KEY + 9)
#define SEARCH (64u * 1024)
#define ZEROS 4096

/* Every key is a SMPTE universal label. */
static const guint8 label[4] = { 0x06, 0x0e, 0x2b, 0x34 };
static const guint8 partition[12] = { 0x06, 0x0e, 0x2b, 0x34, 0x02, 0x05, 0x01,
  0x01, 0x0d, 0x01, 0x02, 0x01 };

static guint
mxf_probe (const guint8 *head, gsize len, guint64 file_size)
{
  const guint8 *found = memmem (head, len, partition, sizeof partition);

  if (!found)
    return 0;
  /* A run-in may be before it. */
  return found == head ? 100 : CVI_PROBE_LIKELY;
}

gboolean
cvi_mxf_read (CviMxf *self, guint64 pos, CviMxfElement *element)
{
  gsize len = (gsize)MIN (self->size - MIN (pos, self->size), MAX_HEADER);
  const guint8 *data =
      len > CVI_MXF_KEY ? cvi_walk_peek (self->walk, pos, len) : NULL;
  gsize n;

  if (!data || memcmp (data, label, sizeof label) != 0)
    return FALSE;
  memcpy (element->key, data, CVI_MXF_KEY);
  element->offset = pos;
  element->size = data[CVI_MXF_KEY];
  n = 0;
  if (element->size & 0x80) {
    n = (gsize)element->size & 0x7f;
    if (n == 0 || n > 8 || CVI_MXF_KEY + 1 + n > len)
      return FALSE;
    element->size = 0;
    for (gsize i = 0; i < n; i++)
      element->size = element->size << 8 | data[CVI_MXF_KEY + 1 + i];
  }
  element->value = pos + CVI_MXF_KEY + 1 + n;
  return element->size <= G_MAXINT64 - element->value;
}

CviMxfKind
cvi_mxf_kind (const CviMxfElement *element)
{
  const guint8 *key = element->key;

  if (memcmp (key, partition, 4) == 0 && key[4] == 2 && key[5] == 5 &&
      memcmp (key + 8, partition + 8, 4) == 0 && key[12] == 1) {
    if (key[13] >= 2 && key[13] <= 4)
      return CVI_MXF_PARTITION;
    return key[13] == 0x11 ? CVI_MXF_RANDOM_INDEX : CVI_MXF_OTHER;
  }
  if (key[4] == 2 && key[5] == 0x53 && key[8] == 0x0d && key[9] == 1) {
    if (key[10] == 2 && key[11] == 1 && key[12] == 1 && key[13] == 0x10)
      return CVI_MXF_INDEX;
    return key[10] == 1 && key[11] == 1 ? CVI_MXF_SET : CVI_MXF_OTHER;
  }
  if (key[4] == 1 && key[5] == 2 && key[8] == 0x0d && key[9] == 1 &&
      key[10] == 3 && key[11] == 1)
    return CVI_MXF_ESSENCE;
  return CVI_MXF_OTHER;
}

/* Does a key follow @element, as far as @data, the @len bytes from @pos on,
 * shows it? Four bytes of a label seldom occur by chance, so what lies farther
 * away is not read for it: a hostile file is full of them. */
static gboolean
may_be_followed (
    const CviMxfElement *element, const guint8 *data, gsize len, guint64 pos)
{
  guint64 next = element->value + element->size - pos;

  return next > len - sizeof label ||
         memcmp (data + next, label, sizeof label) == 0;
}

/* Returns: where elements go on at or behind @pos, or the file's size */
static guint64
find_element (CviMxf *self, guint64 pos)
{
  while (pos + MAX_HEADER < self->size) {
    gsize len = (gsize)MIN (self->size - pos, SEARCH);
    const guint8 *data = cvi_walk_peek (self->walk, pos, len);
    const guint8 *hit = data ? memmem (data, len, label, sizeof label) : NULL;
    CviMxfElement element;
    guint64 at;

    if (!data)
      break;
    if (!hit) {
      pos += len - 3;
      continue;
    }
    /* Every peek may move the data. */
    at = pos + (guint64)(hit - data);
    /* The header must lie in the same block. */
    if (at > pos && pos + len - at < MAX_HEADER) {
      pos = at;
      continue;
    }
    if (cvi_mxf_read (self, at, &element) &&
        element.size <= self->size - MIN (element.value, self->size)) {
      data = cvi_walk_peek (self->walk, pos, len);
      if (!data || may_be_followed (&element, data, len, pos))
        return element.offset;
    }
    pos = at + 1;
  }
  return self->size;
}

static gboolean
all_zero (CviMxf *self, guint64 pos, gsize len)
{
  const guint8 *data =
      pos + len <= self->size ? cvi_walk_peek (self->walk, pos, len) : NULL;

  return data && data[0] == 0 && memcmp (data, data + 1, len - 1) == 0;
}

static void
report_lost (CviMxf *self, guint64 pos, guint64 next, gboolean ended)
{
  CviRuleId rule = CVI_RULE_CONTAINER_STRUCTURE;

  if (all_zero (self, pos, ZEROS))
    rule = CVI_RULE_CONTAINER_ZERO_FILLED;
  else if (ended && next == self->size)
    rule = CVI_RULE_CONTAINER_TRAILING_DATA;
  if (cvi_walk_failed (self->walk))
    return;
  if (rule != CVI_RULE_CONTAINER_TRAILING_DATA)
    self->damaged = TRUE;
  cvi_walk_report (self->walk, rule, NULL, self->time_ns, pos,
      "no key where one should be, %" G_GUINT64_FORMAT " bytes lost",
      next - pos);
}

static void
walk_element (CviMxf *self, const CviMxfElement *element)
{
  switch (cvi_mxf_kind (element)) {
    case CVI_MXF_PARTITION:
      cvi_mxf_read_partition (self, element);
      break;
    case CVI_MXF_RANDOM_INDEX:
      cvi_mxf_read_random_index (self, element);
      break;
    case CVI_MXF_INDEX:
      cvi_mxf_read_index (self, element);
      break;
    case CVI_MXF_SET:
      cvi_mxf_read_set (self, element);
      break;
    case CVI_MXF_ESSENCE:
      cvi_mxf_walk_essence (self, element);
      break;
    case CVI_MXF_OTHER:
      break;
  }
}

/* An element that reaches past the file's end: is the file cut, or is the
 * length damaged and elements go on? Returns: where the walk goes on */
static guint64
walk_overlong (CviMxf *self, const CviMxfElement *element)
{
  guint64 next = find_element (self, element->value);

  if (cvi_walk_failed (self->walk))
    return self->size;
  if (next < self->size) {
    report_lost (self, element->offset, next, FALSE);
    return next;
  }
  self->damaged = TRUE;
  cvi_walk_report (self->walk, CVI_RULE_CONTAINER_TRUNCATED, NULL,
      self->time_ns, self->size,
      "the file ends %" G_GUINT64_FORMAT " bytes before its last element does",
      element->value + element->size - self->size);
  return self->size;
}

static void
walk_file (CviMxf *self)
{
  guint64 pos = self->start;
  gboolean ended = FALSE;

  while (pos < self->size && !cvi_walk_failed (self->walk)) {
    CviMxfElement element;
    guint64 next;

    if (cvi_mxf_read (self, pos, &element)) {
      if (element.size > self->size - MIN (element.value, self->size)) {
        pos = walk_overlong (self, &element);
        continue;
      }
      walk_element (self, &element);
      ended = cvi_mxf_kind (&element) == CVI_MXF_RANDOM_INDEX;
      pos = element.value + element.size;
    } else if (!cvi_walk_failed (self->walk)) {
      next = find_element (self, pos + 1);
      report_lost (self, pos, next, ended);
      pos = next;
    }
  }
}

static void
check_footer (CviMxf *self)
{
  CviFinding *finding;

  if (self->footer >= self->size - self->start) {
    if (!self->damaged)
      cvi_walk_report (self->walk, CVI_RULE_CONTAINER_TRUNCATED, NULL,
          self->time_ns, self->size,
          "the footer partition should be at %" G_GUINT64_FORMAT,
          self->start + self->footer);
    return;
  }
  if (self->has_footer || self->damaged)
    return;
  finding = cvi_finding_new (CVI_RULE_CONTAINER_TRUNCATED, NULL, "%s",
      self->header_open
          ? "the file was never completed: there is no footer partition"
          : "there is no footer partition");
  finding->severity = CVI_SEVERITY_WARNING;
  finding->certainty = 0.6;
  finding->offset = self->size;
  finding->start_ns = finding->end_ns = self->time_ns;
  cvi_walk_report_full (self->walk, finding);
}

static guint64
find_start (CviMxf *self)
{
  gsize len = (gsize)MIN (self->size, CVI_PROBE_HEAD);
  const guint8 *head = cvi_walk_peek (self->walk, 0, len);
  const guint8 *found =
      head ? memmem (head, len, partition, sizeof partition) : NULL;

  return found ? (guint64)(found - head) : 0;
}

static void
mxf_walk (CviWalk *walk)
{
  CviMxf *self = g_new0 (CviMxf, 1);

  self->walk = walk;
  self->size = cvi_walk_get_size (walk);
  self->time_ns = CVI_NONE;
  self->duration = CVI_NONE;
  self->partitions = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->start = find_start (self);
  walk_file (self);
  if (!cvi_walk_failed (walk)) {
    check_footer (self);
    cvi_mxf_tell (self);
  }
  g_array_unref (self->partitions);
  g_free (self);
}

const CviContainer cvi_container_mxf = {
  "mxf",
  mxf_probe,
  mxf_walk,
  "mxf",
};
