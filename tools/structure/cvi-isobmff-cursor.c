/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-isobmff-cursor.h"

#include <string.h>

static guint32
cell (const CviIsoTable *table, guint32 row, guint columns, guint column)
{
  return cvi_be32 (table->data + 4 * ((gsize)row * columns + column));
}

guint64
cvi_iso_chunk_offset (const CviIsoTrack *track, guint32 index)
{
  if (track->co64)
    return cvi_be64 (track->chunks.data + 8 * (gsize)index);
  return cell (&track->chunks, index, 1, 0);
}

/* Goes on to the next row with samples where the current one is used up. */
static void
settle (const CviIsoTable *table, guint32 *row, guint32 *left)
{
  while (*left == 0 && *row + 1 < table->count) {
    (*row)++;
    *left = cell (table, *row, 2, 0);
  }
}

void
cvi_iso_cursor_init (CviIsoCursor *cursor, CviIsoTrack *track)
{
  memset (cursor, 0, sizeof *cursor);
  cursor->track = track;
  if (track->stts.count > 0)
    cursor->stts_left = cell (&track->stts, 0, 2, 0);
  if (track->ctts.count > 0)
    cursor->ctts_left = cell (&track->ctts, 0, 2, 0);
  settle (&track->stts, &cursor->stts_row, &cursor->stts_left);
  settle (&track->ctts, &cursor->ctts_row, &cursor->ctts_left);
}

gboolean
cvi_iso_cursor_next_chunk (CviIsoCursor *cursor)
{
  CviIsoTrack *track = cursor->track;
  const CviIsoTable *stsc = &track->stsc;

  if (stsc->count == 0)
    return FALSE;
  cursor->left = 0;
  while (cursor->left == 0) {
    guint32 left = track->n_samples - cursor->sample;
    guint32 entry;

    if (left == 0 || cursor->chunk >= track->chunks.count)
      return FALSE;
    /* rows count chunks from one */
    while (cursor->stsc_row + 1 < stsc->count &&
           cell (stsc, cursor->stsc_row + 1, 3, 0) <= cursor->chunk + 1)
      cursor->stsc_row++;
    cursor->left = MIN (cell (stsc, cursor->stsc_row, 3, 1), left);
    entry = cell (stsc, cursor->stsc_row, 3, 2);
    cursor->entry = entry > 0 ? entry - 1 : 0;
    cursor->offset = cvi_iso_chunk_offset (track, cursor->chunk);
    cursor->chunk++;
  }
  return TRUE;
}

guint32
cvi_iso_cursor_size (const CviIsoCursor *cursor)
{
  const CviIsoTrack *track = cursor->track;
  const guint8 *data = track->stsz.data;
  gsize i = cursor->sample;

  if (track->sample_size != 0)
    return track->sample_size;
  switch (track->size_bits) {
    case 4:
      return i % 2 == 0 ? data[i / 2] >> 4 : data[i / 2] & 15;
    case 8:
      return data[i];
    case 16:
      return cvi_be16 (data + 2 * i);
    default:
      return cvi_be32 (data + 4 * i);
  }
}

static gint64
present_ticks (const CviIsoCursor *cursor)
{
  const CviIsoTrack *track = cursor->track;
  gint64 ticks = cursor->dts + track->shift;

  /* version 0 has unsigned offsets in theory; writers store signed ones */
  if (cursor->ctts_left > 0)
    ticks += (gint32)cell (&track->ctts, cursor->ctts_row, 2, 1);
  return ticks;
}

guint64
cvi_iso_cursor_time (const CviIsoCursor *cursor)
{
  return cvi_iso_time (present_ticks (cursor), cursor->track->timescale);
}

guint64
cvi_iso_cursor_end_time (const CviIsoCursor *cursor)
{
  const CviIsoTrack *track = cursor->track;
  gint64 ticks = present_ticks (cursor);

  if (cursor->stts_left > 0)
    ticks += cell (&track->stts, cursor->stts_row, 2, 1);
  return cvi_iso_time (ticks, track->timescale);
}

static void
advance_decode_time (CviIsoCursor *cursor, guint32 n)
{
  const CviIsoTable *stts = &cursor->track->stts;

  while (n > 0 && cursor->stts_left > 0) {
    guint32 step = MIN (n, cursor->stts_left);
    guint64 ticks = (guint64)step * cell (stts, cursor->stts_row, 2, 1);

    cursor->dts = (gint64)MIN (
        (guint64)cursor->dts + MIN (ticks, (guint64)CVI_ISO_MAX_TICKS),
        (guint64)CVI_ISO_MAX_TICKS);
    cursor->stts_left -= step;
    n -= step;
    settle (stts, &cursor->stts_row, &cursor->stts_left);
  }
}

void
cvi_iso_cursor_advance (CviIsoCursor *cursor, guint32 n, guint64 size)
{
  guint32 passed = n;

  cursor->offset =
      size > G_MAXUINT64 - cursor->offset ? G_MAXUINT64 : cursor->offset + size;
  cursor->left -= n;
  cursor->sample += n;
  advance_decode_time (cursor, n);
  while (passed > 0 && cursor->ctts_left > 0) {
    guint32 step = MIN (passed, cursor->ctts_left);

    cursor->ctts_left -= step;
    passed -= step;
    settle (&cursor->track->ctts, &cursor->ctts_row, &cursor->ctts_left);
  }
}
