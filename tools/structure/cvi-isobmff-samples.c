/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-isobmff-cursor.h"

void
cvi_iso_keep (CviIsoTrack *track, guint64 end_ns)
{
  track->end_ns = MAX (track->end_ns, end_ns);
  if (!track->stream)
    return;
  if (track->stream->last_ns == CVI_NONE || track->stream->last_ns < end_ns)
    track->stream->last_ns = end_ns;
}

void
cvi_iso_lose (CviIsoTrack *track, guint64 n_samples, guint64 time_ns)
{
  track->n_lost += n_samples;
  track->lost_ns = MIN (track->lost_ns, time_ns);
}

gboolean
cvi_iso_report_lost (CviIso *iso)
{
  guint64 whole = cvi_iso_time ((gint64)iso->duration, iso->timescale);
  gboolean any = FALSE;

  for (guint i = 0; i < iso->tracks->len; i++) {
    CviIsoTrack *track = g_ptr_array_index (iso->tracks, i);
    CviFinding *finding;

    if (track->n_lost == 0)
      continue;
    any = TRUE;
    finding = cvi_finding_new (CVI_RULE_CONTAINER_TRUNCATED,
        cvi_iso_stream_id (track),
        "%" G_GUINT64_FORMAT " samples lie behind the end of the file",
        track->n_lost);
    finding->offset = iso->size;
    finding->start_ns = track->lost_ns;
    finding->end_ns = MAX (
        track->lost_ns, whole > 0 ? MIN (track->end_ns, whole) : track->end_ns);
    cvi_walk_report_full (iso->walk, finding);
  }
  return any;
}

static void
check_head (CviIso *iso, const CviIsoEntry *entry, const CviPayload *payload)
{
  gsize len = (gsize)MIN (payload->size, CVI_FRAME_HEAD_LEN);
  const guint8 *p = cvi_walk_peek (iso->walk, payload->offset, len);
  const char *fault = p ? cvi_frame_head_fault (entry->head, p, len) : NULL;

  if (fault)
    cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_STRUCTURE, payload->stream,
        payload->time_ns, payload->offset, "frame without its beginning: %s",
        fault);
}

gboolean
cvi_iso_check_sample (CviIso *iso, CviIsoTrack *track, guint entry_index,
    guint64 offset, guint64 size, guint64 time_ns)
{
  const CviIsoEntry *entry;
  CviPayload payload = { offset, size, cvi_iso_stream_id (track), time_ns, 0 };

  if (size == 0)
    return !cvi_walk_failed (iso->walk);
  if (size > iso->budget) {
    cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_INDEX,
        cvi_iso_stream_id (track), time_ns, offset,
        "samples refer to the same bytes again and again");
    return FALSE;
  }
  iso->budget -= size;
  if (track->n_entries == 0)
    return cvi_walk_payload (iso->walk, &payload);

  entry = &track->entries[MIN (entry_index, track->n_entries - 1)];
  payload.zero_run = entry->zero_run;
  if (entry->nal != CVI_NAL_NONE)
    return cvi_nal_check_sample (
        iso->walk, entry->nal, entry->nal_length, &payload);
  if (entry->head != CVI_HEAD_NONE && track->sample_size != 1)
    check_head (iso, entry, &payload);
  return cvi_walk_payload (iso->walk, &payload);
}

/* The media data box that holds @offset; they are in file order. */
static const CviIsoExtent *
find_mdat (const CviIso *iso, guint64 offset)
{
  guint low = 0;
  guint high = iso->mdats->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;
    const CviIsoExtent *mdat =
        &g_array_index (iso->mdats, CviIsoExtent, middle);

    if (offset < mdat->offset)
      high = middle;
    else if (offset >= mdat->end)
      low = middle + 1;
    else
      return mdat;
  }
  return NULL;
}

/* Is the sample where no sample can be? Behind the end of a file whose boxes
 * are all complete it is merely lost. */
static gboolean
is_astray (const CviIso *iso, guint64 offset, guint64 size)
{
  const CviIsoExtent *mdat;

  if (iso->mdats->len >= CVI_ISO_MAX_EXTENTS)
    return FALSE;
  mdat = find_mdat (iso, offset);
  if (!mdat)
    return offset < iso->size || iso->cut;
  return size > mdat->end - offset;
}

/* The tables of this track are wrong: nothing more can be told from them. */
static void
abandon (CviIso *iso, CviIsoCursor *cursor, guint64 size)
{
  CviIsoTrack *track = cursor->track;

  cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_INDEX,
      cvi_iso_stream_id (track), cvi_iso_cursor_time (cursor), cursor->offset,
      "sample %u of %" G_GUINT64_FORMAT " bytes is outside the media data",
      cursor->sample + 1, size);
  cursor->left = 0;
  cursor->chunk = track->chunks.count;
}

/* Passes over @n samples that are behind the end of the file. */
static void
lose_run (CviIsoCursor *cursor, guint32 n)
{
  CviIsoTrack *track = cursor->track;

  cvi_iso_lose (track, n, cvi_iso_cursor_time (cursor));
  cvi_iso_cursor_advance (cursor, n, 0);
  track->end_ns = MAX (track->end_ns, cvi_iso_cursor_time (cursor));
}

/* Samples of one size without inner structure go chunk by chunk. */
static gboolean
walk_flat_chunk (CviIso *iso, CviIsoCursor *cursor)
{
  CviIsoTrack *track = cursor->track;
  /* QuickTime counts compressed sound in uncompressed samples of one byte:
   * the size of the chunk cannot be told. */
  guint64 each = track->sample_size > 1 ? track->sample_size : 0;
  guint64 room = iso->size - MIN (iso->size, cursor->offset);
  guint32 here = cursor->left;

  if (is_astray (iso, cursor->offset, MAX (here * each, 1))) {
    abandon (iso, cursor, here * each);
    return TRUE;
  }
  if (room == 0)
    here = 0;
  else if (here * each > room)
    here = (guint32)(room / each);

  if (here > 0) {
    if (!cvi_iso_check_sample (iso, track, cursor->entry, cursor->offset,
            here * each, cvi_iso_cursor_time (cursor)))
      return FALSE;
    cvi_iso_cursor_advance (cursor, here - 1, 0);
    cvi_iso_keep (track, cvi_iso_cursor_end_time (cursor));
    cvi_iso_cursor_advance (cursor, 1, 0);
  }
  if (cursor->left > 0)
    lose_run (cursor, cursor->left);
  return TRUE;
}

static gboolean
walk_sample (CviIso *iso, CviIsoCursor *cursor)
{
  CviIsoTrack *track = cursor->track;
  guint32 size = cvi_iso_cursor_size (cursor);

  if (size > 0 && is_astray (iso, cursor->offset, size)) {
    abandon (iso, cursor, size);
    return TRUE;
  }
  if (cursor->offset > iso->size || size > iso->size - cursor->offset) {
    /* nothing that follows in this chunk is there either */
    lose_run (cursor, cursor->left);
    return TRUE;
  }
  if (!cvi_iso_check_sample (iso, track, cursor->entry, cursor->offset, size,
          cvi_iso_cursor_time (cursor)))
    return FALSE;
  cvi_iso_keep (track, cvi_iso_cursor_end_time (cursor));
  cvi_iso_cursor_advance (cursor, 1, size);
  return TRUE;
}

static gboolean
walk_chunk (CviIso *iso, CviIsoCursor *cursor)
{
  CviIsoTrack *track = cursor->track;
  const CviIsoEntry *entry =
      track->n_entries > 0
          ? &track->entries[MIN (cursor->entry, track->n_entries - 1)]
          : NULL;

  if (track->sample_size != 0 && (!entry || entry->nal == CVI_NAL_NONE))
    return walk_flat_chunk (iso, cursor);
  while (cursor->left > 0) {
    if (!walk_sample (iso, cursor))
      return FALSE;
  }
  return TRUE;
}

/* Of all tracks the one whose next chunk comes first in the file, so that
 * interleaved tracks are read in one go. */
static CviIsoCursor *
pick (GArray *cursors)
{
  CviIsoCursor *best = NULL;

  for (guint i = 0; i < cursors->len; i++) {
    CviIsoCursor *cursor = &g_array_index (cursors, CviIsoCursor, i);

    if (cursor->left > 0 && (!best || cursor->offset < best->offset))
      best = cursor;
  }
  return best;
}

void
cvi_iso_walk_samples (CviIso *iso)
{
  g_autoptr (GArray) cursors =
      g_array_new (FALSE, FALSE, sizeof (CviIsoCursor));
  CviIsoCursor *cursor;

  for (guint i = 0; i < iso->tracks->len; i++) {
    CviIsoTrack *track = g_ptr_array_index (iso->tracks, i);
    CviIsoCursor fresh;

    if (track->external || !track->stsz.seen)
      continue;
    cvi_iso_cursor_init (&fresh, track);
    if (cvi_iso_cursor_next_chunk (&fresh))
      g_array_append_val (cursors, fresh);
  }
  while ((cursor = pick (cursors)) != NULL) {
    if (!walk_chunk (iso, cursor))
      return;
    cvi_iso_cursor_next_chunk (cursor);
  }
}
