/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-containers.h"

#include <string.h>

#include "tools/structure/cvi-matroska-private.h"

/* Zeros of this length where an element should be are called so. */
#define ZEROS 4096
/* How much is searched at once for the next child of Segment. */
#define SEARCH (64u * 1024)
/* Longest header of an element. */
#define HEADER 12

/* Blocks may end this much (or a twentieth) before Info's Duration. */
#define SHORTFALL_NS (G_GUINT64_CONSTANT (5) * 1000000000)

gboolean
cvi_matroska_is_level1 (guint32 id)
{
  switch (id) {
    case CVI_MKV_EBML:
    case CVI_MKV_SEGMENT:
    case CVI_MKV_SEEK_HEAD:
    case CVI_MKV_INFO:
    case CVI_MKV_TRACKS:
    case CVI_MKV_CLUSTER:
    case CVI_MKV_CUES:
    case CVI_MKV_ATTACHMENTS:
    case CVI_MKV_CHAPTERS:
    case CVI_MKV_TAGS:
      return TRUE;
    default:
      return FALSE;
  }
}

static gboolean
all_zero (CviMatroska *self, guint64 pos, gsize len)
{
  const guint8 *data =
      pos + len <= self->size ? cvi_walk_peek (self->walk, pos, len) : NULL;

  return data && data[0] == 0 && memcmp (data, data + 1, len - 1) == 0;
}

void
cvi_matroska_lost (
    CviMatroska *self, guint64 pos, guint64 resume, const char *why)
{
  if (cvi_walk_failed (self->walk))
    return;
  self->damaged = TRUE;
  if (all_zero (self, pos, ZEROS))
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_ZERO_FILLED, NULL,
        self->time_ns, pos, "zeros %s; %" G_GUINT64_FORMAT " bytes lost", why,
        resume - pos);
  else
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL,
        self->time_ns, pos, "%" G_GUINT64_FORMAT " bytes lost %s", resume - pos,
        why);
}

/* Is a child of Segment at @pos, by more than its ID? */
static gboolean
is_sound (CviMatroska *self, guint64 pos, guint64 end)
{
  CviEbml element, child;

  if (!cvi_ebml_read (self->walk, pos, end, &element) ||
      !cvi_matroska_is_level1 (element.id) ||
      (element.size == CVI_EBML_UNKNOWN && element.id != CVI_MKV_CLUSTER &&
          element.id != CVI_MKV_SEGMENT))
    return FALSE;
  return element.size == 0 ||
         cvi_ebml_read (self->walk, element.data, end, &child);
}

guint64
cvi_matroska_find_level1 (CviMatroska *self, guint64 pos, guint64 end)
{
  guint64 limit = MIN (end, self->size);

  while (pos + 4 <= limit) {
    gsize len = (gsize)MIN (limit - pos, SEARCH);
    const guint8 *data = cvi_walk_peek (self->walk, pos, len);
    gsize at = 0;

    if (!data)
      return limit;
    while (at + 4 <= len && !cvi_matroska_is_level1 (cvi_be32 (data + at)))
      at++;
    if (at + 4 > len) {
      pos += len - 3;
      continue;
    }
    pos += at;
    if (is_sound (self, pos, end))
      return pos;
    pos++;
  }
  return limit;
}

static guint64
read_header (CviMatroska *self, const CviEbml *element)
{
  switch (element->id) {
    case CVI_MKV_SEEK_HEAD:
      return cvi_matroska_read_seek_head (self, element);
    case CVI_MKV_INFO:
      return cvi_matroska_read_info (self, element);
    case CVI_MKV_TRACKS:
      return cvi_matroska_read_tracks (self, element);
    case CVI_MKV_CUES:
      return cvi_matroska_read_cues (self, element);
    default:
      return CVI_NONE;
  }
}

static guint64
walk_level1 (CviMatroska *self, const CviEbml *element, guint64 end)
{
  guint64 bad;

  if (element->id == CVI_MKV_CLUSTER)
    return cvi_matroska_walk_cluster (self, element, end);
  if (element->data + element->size > self->size) {
    self->cut = TRUE;
    return self->size;
  }
  cvi_matroska_check_crc (self, element);
  bad = read_header (self, element);
  if (bad != CVI_NONE)
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL,
        self->time_ns, bad, "damaged inside element 0x%X", element->id);
  return element->data + element->size;
}

gboolean
cvi_matroska_may_look (CviMatroska *self)
{
  if (self->n_looks >= CVI_MATROSKA_MAX_LOOKS)
    return FALSE;
  self->n_looks++;
  return TRUE;
}

/* May the walk go over an element that it does not know? */
static gboolean
may_skip (CviMatroska *self, const CviEbml *element, guint64 end)
{
  guint64 next = cvi_ebml_end (element, CVI_NONE);
  CviEbml after;

  if (element->id == CVI_MKV_VOID || element->id == CVI_MKV_CRC32)
    return TRUE;
  return next == end ||
         (next < end && cvi_ebml_read (self->walk, next, end, &after) &&
             (cvi_matroska_is_level1 (after.id) || after.id == CVI_MKV_VOID));
}

/* Returns: where the walk goes on: the end of the Segment */
static guint64
walk_segment (CviMatroska *self, guint64 pos, gboolean unknown)
{
  guint64 end = self->segment_end;

  while (pos < MIN (end, self->size) && !cvi_walk_failed (self->walk)) {
    const char *why = NULL;
    guint64 next;
    CviEbml element;

    if (!cvi_ebml_read (self->walk, pos, end, &element))
      why = "where a child of Segment should be";
    else if (element.id == CVI_MKV_EBML || element.id == CVI_MKV_SEGMENT)
      return pos;
    else if (!cvi_matroska_is_level1 (element.id) &&
             !may_skip (self, &element, end))
      why = "where a child of Segment should be";
    else if (element.size == CVI_EBML_UNKNOWN && element.id != CVI_MKV_CLUSTER)
      why = "because an element has no size";
    else if (cvi_ebml_end (&element, end) > end && end <= self->size &&
             !(unknown && end == self->size))
      why = "because an element does not fit the Segment";
    if (cvi_walk_failed (self->walk))
      break;
    if (why) {
      next = cvi_matroska_find_level1 (self, pos + 1, end);
      cvi_matroska_lost (self, pos, next, why);
      pos = next;
      continue;
    }
    pos = walk_level1 (self, &element, end);
  }
  return MIN (pos, self->size);
}

static guint64
open_segment (CviMatroska *self, const CviEbml *segment)
{
  gboolean unknown = segment->size == CVI_EBML_UNKNOWN;
  guint64 missing;
  guint64 next;

  self->segment = segment->data;
  self->segment_end = cvi_ebml_end (segment, self->size);
  self->cluster_before = CVI_NONE;
  self->has_shift = FALSE;
  self->n_ticks = 0;
  self->step_back_offset = CVI_NONE;
  next = walk_segment (self, segment->data, unknown);
  if (cvi_walk_failed (self->walk))
    return next;

  missing = self->segment_end - MIN (self->segment_end, self->size);
  if (missing > 0) {
    self->cut = TRUE;
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_TRUNCATED, NULL,
        self->time_ns, self->size,
        "the last %" G_GUINT64_FORMAT " of the Segment's %" G_GUINT64_FORMAT
        " bytes are not in the file",
        missing, segment->size);
  } else if (self->cut) {
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_TRUNCATED, NULL,
        self->time_ns, self->size, "the file ends inside an element");
  }
  return next;
}

static void
report_trailing (CviMatroska *self, guint64 pos)
{
  cvi_walk_report (self->walk, CVI_RULE_CONTAINER_TRAILING_DATA, NULL, CVI_NONE,
      pos, "%" G_GUINT64_FORMAT " bytes behind the Segment belong to nothing",
      self->size - pos);
}

static void
walk_file (CviMatroska *self)
{
  gboolean seen = FALSE;
  guint64 pos = 0;

  while (pos < self->size && !cvi_walk_failed (self->walk)) {
    CviEbml element;
    gboolean readable = cvi_ebml_read (self->walk, pos, self->size, &element);

    if (cvi_walk_failed (self->walk))
      return;
    if (readable && element.id == CVI_MKV_SEGMENT) {
      seen = TRUE;
      pos = open_segment (self, &element);
    } else if (readable && element.size != CVI_EBML_UNKNOWN &&
               (element.id == CVI_MKV_EBML || element.id == CVI_MKV_VOID ||
                   element.id == CVI_MKV_CRC32)) {
      pos = element.data + element.size;
      seen = seen && pos <= self->size;
    } else if (readable && element.id != CVI_MKV_EBML &&
               cvi_matroska_is_level1 (element.id)) {
      /* The Segment's header is damaged, or says too little. (An EBML header
       * that comes here has no size, and no Segment can begin with it.) */
      cvi_matroska_lost (self, pos, pos, "because the Segment ends too early");
      self->segment_end = self->size;
      pos = walk_segment (self, pos, TRUE);
      seen = TRUE;
    } else {
      guint64 next = cvi_matroska_find_level1 (self, pos + 1, self->size);

      if (seen && next >= self->size) {
        report_trailing (self, pos);
        return;
      }
      cvi_matroska_lost (self, pos, next, "where a Segment should be");
      pos = next;
    }
  }
  if (!seen && pos >= self->size)
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_TRUNCATED, NULL, CVI_NONE,
        self->size, "the file ends before its Segment");
}

/* What only the whole walk can tell. */
static void
check_whole (CviMatroska *self)
{
  guint64 declared = self->duration_ns;
  guint64 missing;

  if (self->clusters->len > 0 && !self->has_tracks)
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL, CVI_NONE,
        CVI_NONE, "there are Clusters but no Tracks");
  cvi_matroska_check_index (self);
  if (self->cut || self->last_ns == CVI_NONE || declared == CVI_NONE ||
      self->last_ns >= declared)
    return;
  missing = declared - self->last_ns;
  if (missing > MAX (SHORTFALL_NS, declared / 20))
    cvi_walk_report (self->walk, CVI_RULE_STREAM_SHORTFALL, NULL, self->last_ns,
        self->size, "the last block ends %.1f s before the declared Duration",
        (double)missing / 1e9);
}

static void
matroska_walk (CviWalk *walk)
{
  CviMatroska self = {
    .walk = walk,
    .size = cvi_walk_get_size (walk),
    .scale = 1000000,
    .duration_ns = CVI_NONE,
    .step_back_offset = CVI_NONE,
    .cluster_before = CVI_NONE,
    .time_ns = CVI_NONE,
    .last_ns = CVI_NONE,
    .bad_clusters =
        g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free),
    .tracks = g_array_new (FALSE, FALSE, sizeof (CviMatroskaTrack)),
    .clusters = g_array_new (FALSE, FALSE, sizeof (guint64)),
    .cues = g_array_new (FALSE, FALSE, sizeof (guint64)),
    .seeks = g_array_new (FALSE, FALSE, sizeof (CviMatroskaSeek)),
  };

  g_array_set_clear_func (
      self.tracks, (GDestroyNotify)cvi_matroska_track_clear);
  walk_file (&self);
  cvi_matroska_report_clusters (&self);
  g_ptr_array_unref (self.bad_clusters);
  if (!cvi_walk_failed (walk))
    check_whole (&self);
  g_array_unref (self.tracks);
  g_array_unref (self.clusters);
  g_array_unref (self.cues);
  g_array_unref (self.seeks);
}

static guint
matroska_probe (const guint8 *head, gsize len, guint64 file_size)
{
  static const guint8 ebml[] = { 0x1A, 0x45, 0xDF, 0xA3 };
  static const guint8 cluster[] = { 0x1F, 0x43, 0xB6, 0x75 };
  static const guint8 segment[] = { 0x18, 0x53, 0x80, 0x67 };

  if (len >= 4 && memcmp (head, ebml, 4) == 0) {
    gsize near = MIN (len, 64);

    return memmem (head, near, "matroska", 8) || memmem (head, near, "webm", 4)
               ? 100
               : CVI_PROBE_LIKELY;
  }
  /* An overwritten head: the name must agree. */
  return memmem (head, len, segment, 4) || memmem (head, len, cluster, 4) ? 30
                                                                          : 0;
}

const CviContainer cvi_container_matroska = {
  "matroska",
  matroska_probe,
  matroska_walk,
  "mkv webm mka mk3d",
};
