/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-avi.h"

#include <string.h>

#include "tools/structure/cvi-containers.h"

#define RIFF CVI_RIFF_ID ('R', 'I', 'F', 'F')
#define LIST CVI_RIFF_ID ('L', 'I', 'S', 'T')

static guint
probe (const guint8 *head, gsize len, guint64 file_size)
{
  if (len < 12 || memcmp (head, "RIFF", 4) != 0)
    return 0;
  return memcmp (head + 8, "AVI ", 4) == 0 ? 100 : 0;
}

static void
walk_head (CviAvi *avi, guint64 from, guint64 to)
{
  const guint8 *data;

  if (avi->n_streams > 0 || to <= from)
    return;
  if (to - from > CVI_WALK_MAX_PEEK) {
    cvi_walk_report (avi->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL, CVI_NONE,
        from, "list of stream headers is too big");
    return;
  }
  data = cvi_walk_peek (avi->walk, from, (gsize)(to - from));
  if (data)
    cvi_avi_parse_head (avi, data, (gsize)(to - from), from);
}

static void
walk_list (CviAvi *avi, guint64 pos, guint64 end)
{
  const guint8 *p = cvi_walk_peek (avi->walk, pos, 12);

  if (!p || end - pos < 12)
    return;
  if (memcmp (p + 8, "hdrl", 4) == 0) {
    walk_head (avi, pos + 12, end);
  } else if (memcmp (p + 8, "movi", 4) == 0) {
    if (avi->movi == 0)
      avi->movi = pos + 8;
    cvi_avi_walk_movi (avi, pos + 12, end);
  }
}

static gboolean
is_id (guint32 id)
{
  for (guint i = 0; i < 4; i++) {
    if (!g_ascii_isprint ((guint8)(id >> (8 * i))))
      return FALSE;
  }
  return TRUE;
}

/* The chunks of a RIFF; @to is inside the file. */
static void
walk_riff (CviAvi *avi, guint64 from, guint64 to)
{
  guint64 pos = from;

  while (pos < to && to - pos >= 8 && !cvi_walk_failed (avi->walk)) {
    const guint8 *p = cvi_walk_peek (avi->walk, pos, 8);
    guint32 id, size;
    guint64 end;

    if (!p)
      return;
    id = cvi_le32 (p);
    size = cvi_le32 (p + 4);
    end = MIN (pos + 8 + size, to);
    if (!is_id (id) || (size > to - pos - 8 && !avi->cut)) {
      cvi_walk_report (avi->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL, CVI_NONE,
          pos, "no chunk of the RIFF where one should begin");
      return;
    }
    if (id == LIST) {
      walk_list (avi, pos, end);
    } else if (id == CVI_RIFF_ID ('i', 'd', 'x', '1') && avi->index_size == 0) {
      avi->index_offset = pos + 8;
      avi->index_size = end - pos - 8;
    }
    pos = end + (size & 1);
  }
}

static void
report_tail (CviAvi *avi, guint64 pos)
{
  CviFinding *finding = cvi_finding_new (CVI_RULE_CONTAINER_TRAILING_DATA, NULL,
      "%" G_GUINT64_FORMAT " bytes follow the end of the RIFF",
      avi->size - pos);
  const guint8 *p =
      cvi_walk_peek (avi->walk, pos, (gsize)MIN (avi->size - pos, 4));

  finding->offset = pos;
  if (avi->size - pos < 64 * 1024 ||
      (p && memcmp (p, "JUNK", MIN (avi->size - pos, 4)) == 0))
    finding->severity = CVI_SEVERITY_INFO;
  cvi_walk_report_full (avi->walk, finding);
}

static void
walk_file (CviAvi *avi)
{
  guint64 pos = 0;

  while (pos < avi->size && !cvi_walk_failed (avi->walk)) {
    const guint8 *p = cvi_walk_peek (avi->walk, pos, 12);
    guint64 end;

    if (!p || cvi_le32 (p) != RIFF) {
      if (!cvi_walk_failed (avi->walk))
        report_tail (avi, pos);
      return;
    }
    end = pos + 8 + cvi_le32 (p + 4);
    /* a writer that was stopped leaves the size at zero */
    if (end == pos + 8 || end > avi->size) {
      avi->cut = TRUE;
      end = avi->size;
    }
    walk_riff (avi, pos + 12, end);
    pos = end + (end & 1);
  }
}

/* What each stream lacks to its declared length. */
static void
report_cut (CviAvi *avi)
{
  gboolean any = FALSE;

  for (guint i = 0; i < avi->n_streams; i++) {
    const CviAviStream *stream = &avi->streams[i];
    CviFinding *finding;

    if (stream->n_units >= stream->length)
      continue;
    any = TRUE;
    finding = cvi_finding_new (CVI_RULE_CONTAINER_TRUNCATED, stream->stream->id,
        "the file ends after %" G_GUINT64_FORMAT " of %u units of the stream",
        stream->n_units, stream->length);
    finding->offset = avi->size;
    finding->start_ns = cvi_avi_time (stream, stream->start + stream->n_units);
    finding->end_ns =
        cvi_avi_time (stream, (guint64)stream->start + stream->length);
    cvi_walk_report_full (avi->walk, finding);
  }
  if (!any)
    cvi_walk_report (avi->walk, CVI_RULE_CONTAINER_TRUNCATED, NULL, CVI_NONE,
        avi->size, "the RIFF ends behind the end of the file");
}

static void
check_counts (CviAvi *avi)
{
  for (guint i = 0; i < avi->n_streams; i++) {
    CviAviStream *stream = &avi->streams[i];
    CviFinding *finding;

    /* more bytes than declared: a variable rate, so bytes tell no time */
    if (stream->sample_size > 0 && stream->n_units > stream->length)
      stream->stream->last_ns = CVI_NONE;
    if (!g_str_equal (stream->stream->kind, "video"))
      continue;
    stream->stream->n_frames = stream->n_chunks;
    if (stream->n_units == stream->length)
      continue;
    finding = cvi_finding_new (CVI_RULE_CONTAINER_INDEX, stream->stream->id,
        "the header declares %u frames, %" G_GUINT64_FORMAT " are there",
        stream->length, stream->n_units);
    finding->severity = CVI_SEVERITY_INFO;
    cvi_walk_report_full (avi->walk, finding);
  }
}

static void
walk (CviWalk *reader)
{
  CviAvi *avi = g_new0 (CviAvi, 1);

  avi->walk = reader;
  avi->size = cvi_walk_get_size (reader);
  avi->chunks = g_array_new (FALSE, FALSE, sizeof (CviAviChunk));
  avi->super = g_array_new (FALSE, FALSE, sizeof (guint64));

  walk_file (avi);
  if (!cvi_walk_failed (reader)) {
    cvi_avi_check_index (avi);
    if (!avi->cut && (avi->movi == 0 || avi->n_streams == 0))
      cvi_walk_report (reader, CVI_RULE_CONTAINER_STRUCTURE, NULL, CVI_NONE, 0,
          "no list of %s", avi->n_streams == 0 ? "streams" : "media data");
    if (avi->cut)
      report_cut (avi);
    else
      check_counts (avi);
  }
  g_array_unref (avi->chunks);
  g_array_unref (avi->super);
  g_free (avi);
}

const CviContainer cvi_container_avi = { "avi", probe, walk, "avi divx" };
