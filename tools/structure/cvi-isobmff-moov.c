/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-isobmff.h"

#include "plugin/core/cvi-result.h"

static void
report_bad (CviIso *iso, const CviBoxIter *iter, const char *parent)
{
  cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL, CVI_NONE,
      iter->offset + iter->pos, "broken box inside %s", parent);
}

/* Rows of @row bytes from byte @skip of the box on; the count stands in the
 * four bytes before. */
static void
read_table (CviIso *iso, CviIsoTrack *track, CviIsoTable *table,
    const CviBox *box, gsize skip, gsize row)
{
  gsize room;
  char name[5];

  if (box->len < skip) {
    cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_STRUCTURE,
        cvi_iso_stream_id (track), CVI_NONE, box->offset, "%s box is too short",
        cvi_iso_type_name (box->type, name));
    return;
  }
  table->seen = TRUE;
  table->data = box->body + skip;
  table->count = cvi_be32 (box->body + skip - 4);
  room = (box->len - skip) / row;
  if (table->count > room) {
    cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_INDEX,
        cvi_iso_stream_id (track), CVI_NONE, box->offset,
        "%s table of %u rows has room for %" G_GSIZE_FORMAT,
        cvi_iso_type_name (box->type, name), table->count, room);
    table->count = (guint32)room;
  }
}

static void
read_sizes (CviIso *iso, CviIsoTrack *track, const CviBox *box)
{
  gsize bits = 32;
  gsize room;

  if (box->len < 12) {
    cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_STRUCTURE,
        cvi_iso_stream_id (track), CVI_NONE, box->offset,
        "sample size box is too short");
    return;
  }
  track->n_samples = cvi_be32 (box->body + 8);
  if (box->type == CVI_FOURCC ('s', 't', 's', 'z'))
    track->sample_size = cvi_be32 (box->body + 4);
  else
    bits = box->body[7];
  if (bits != 4 && bits != 8 && bits != 16 && bits != 32) {
    cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_INDEX,
        cvi_iso_stream_id (track), CVI_NONE, box->offset,
        "impossible size of sample size fields");
    track->n_samples = 0;
    return;
  }
  track->stsz.seen = TRUE;
  track->stsz.data = box->body + 12;
  track->size_bits = (guint)bits;
  if (track->sample_size != 0)
    return;
  room = (box->len - 12) * 8 / bits;
  if (track->n_samples > room) {
    cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_INDEX,
        cvi_iso_stream_id (track), CVI_NONE, box->offset,
        "sample size table of %u rows has room for %" G_GSIZE_FORMAT,
        track->n_samples, room);
    track->n_samples = (guint32)room;
  }
}

static void
parse_stbl (CviIso *iso, CviIsoTrack *track, const CviBox *stbl)
{
  CviBoxIter iter;
  CviBox box;

  cvi_box_iter_init (&iter, stbl, 0);
  while (cvi_box_iter_next (&iter, &box)) {
    switch (box.type) {
      case CVI_FOURCC ('s', 't', 's', 'd'):
        cvi_iso_parse_stsd (iso, track, &box);
        break;
      case CVI_FOURCC ('s', 't', 't', 's'):
        read_table (iso, track, &track->stts, &box, 8, 8);
        break;
      case CVI_FOURCC ('c', 't', 't', 's'):
        read_table (iso, track, &track->ctts, &box, 8, 8);
        break;
      case CVI_FOURCC ('s', 't', 's', 'c'):
        read_table (iso, track, &track->stsc, &box, 8, 12);
        break;
      case CVI_FOURCC ('s', 't', 'c', 'o'):
        read_table (iso, track, &track->chunks, &box, 8, 4);
        break;
      case CVI_FOURCC ('c', 'o', '6', '4'):
        track->co64 = TRUE;
        read_table (iso, track, &track->chunks, &box, 8, 8);
        break;
      case CVI_FOURCC ('s', 't', 's', 's'):
        read_table (iso, track, &track->stss, &box, 8, 4);
        break;
      case CVI_FOURCC ('s', 't', 's', 'z'):
      case CVI_FOURCC ('s', 't', 'z', '2'):
        read_sizes (iso, track, &box);
        break;
      default:
        break;
    }
  }
  if (iter.bad)
    report_bad (iso, &iter, "stbl");
}

static void
parse_dinf (CviIsoTrack *track, const CviBox *dinf)
{
  CviBoxIter iter, refs;
  CviBox box, ref;

  cvi_box_iter_init (&iter, dinf, 0);
  while (cvi_box_iter_next (&iter, &box)) {
    if (box.type != CVI_FOURCC ('d', 'r', 'e', 'f'))
      continue;
    cvi_box_iter_init (&refs, &box, 8);
    if (cvi_box_iter_next (&refs, &ref) && ref.len >= 4)
      track->external = (ref.body[3] & 1) == 0;
  }
}

static void
parse_minf (CviIso *iso, CviIsoTrack *track, const CviBox *minf)
{
  CviBoxIter iter;
  CviBox box;

  cvi_box_iter_init (&iter, minf, 0);
  while (cvi_box_iter_next (&iter, &box)) {
    if (box.type == CVI_FOURCC ('s', 't', 'b', 'l'))
      parse_stbl (iso, track, &box);
    else if (box.type == CVI_FOURCC ('d', 'i', 'n', 'f'))
      parse_dinf (track, &box);
  }
  if (iter.bad)
    report_bad (iso, &iter, "minf");
}

/* mvhd and mdhd agree in where these two stand. */
static void
read_timescale (const CviBox *box, guint32 *timescale, guint64 *duration)
{
  if (box->len >= 32 && box->body[0] == 1) {
    *timescale = cvi_be32 (box->body + 20);
    *duration = cvi_be64 (box->body + 24);
    if (*duration > G_MAXINT64)
      *duration = 0;
  } else if (box->len >= 20 && box->body[0] == 0) {
    *timescale = cvi_be32 (box->body + 12);
    *duration = cvi_be32 (box->body + 16);
    if (*duration == G_MAXUINT32)
      *duration = 0;
  }
}

static const char *
kind_of (guint32 handler)
{
  switch (handler) {
    case CVI_FOURCC ('v', 'i', 'd', 'e'):
    case CVI_FOURCC ('a', 'u', 'x', 'v'):
      return "video";
    case CVI_FOURCC ('s', 'o', 'u', 'n'):
      return "audio";
    case CVI_FOURCC ('t', 'e', 'x', 't'):
    case CVI_FOURCC ('s', 'b', 't', 'l'):
    case CVI_FOURCC ('s', 'u', 'b', 't'):
    case CVI_FOURCC ('s', 'u', 'b', 'p'):
    case CVI_FOURCC ('c', 'l', 'c', 'p'):
      return "subtitle";
    default:
      return "data";
  }
}

/* The handler decides the stream's kind, so it is wanted before minf, whatever
 * their order. */
static void
parse_mdia (CviIso *iso, CviIsoTrack *track, const CviBox *mdia)
{
  CviBoxIter iter;
  CviBox box;

  cvi_box_iter_init (&iter, mdia, 0);
  while (cvi_box_iter_next (&iter, &box)) {
    if (box.type == CVI_FOURCC ('m', 'd', 'h', 'd'))
      read_timescale (&box, &track->timescale, &track->duration);
    else if (box.type == CVI_FOURCC ('h', 'd', 'l', 'r') && box.len >= 12)
      track->handler = cvi_be32 (box.body + 8);
  }
  if (iter.bad)
    report_bad (iso, &iter, "mdia");

  track->stream =
      cvi_walk_add_stream (iso->walk, kind_of (track->handler), NULL);
  cvi_box_iter_init (&iter, mdia, 0);
  while (cvi_box_iter_next (&iter, &box)) {
    if (box.type == CVI_FOURCC ('m', 'i', 'n', 'f'))
      parse_minf (iso, track, &box);
  }
}

/* qtdemux takes a track of less than a fifth of the movie for a preview and
 * leaves it out, and shows nothing of one whose only edit begins later in the
 * media than the movie is long (measured: what ffmpeg cuts out of a file at a
 * distance longer than what it leaves). It does neither where the movie's
 * length is 0. */
static void
note_late_edit (CviIso *iso, CviIsoTrack *track, gint64 length, gint64 start)
{
  gint64 movie = (gint64)MIN (iso->duration, CVI_ISO_MAX_TICKS);

  if (track->stream && length < 0)
    track->stream->unshown = "its edit shows nothing";
  if (!track->stream || start <= 0 || iso->timescale == 0 ||
      (__int128)start * iso->timescale < (__int128)movie * track->timescale)
    return;
  if (movie > 0 && length > 0 && length <= movie)
    iso->hide_length = TRUE;
  /* ffmpeg, asked to cut behind the end */
  else if (movie == 0 && track->n_samples > 0)
    track->stream->unshown = "its edit shows nothing";
}

static void
note_preview (CviIso *iso, const CviIsoTrack *track)
{
  unsigned __int128 movie = (unsigned __int128)iso->duration * track->timescale;
  unsigned __int128 media = (unsigned __int128)track->duration * iso->timescale;

  if (track->duration > 0 && 5 * media < movie)
    iso->hide_length = TRUE;
}

/* Presentation time = composition time + shift: leading empty edits delay the
 * track, the first real edit says where in the media it begins. */
static void
parse_elst (CviIso *iso, CviIsoTrack *track, const CviBox *elst)
{
  gboolean wide = elst->len > 0 && elst->body[0] == 1;
  gsize row = wide ? 20 : 12;
  gsize count;
  unsigned __int128 delay = 0;

  if (elst->len < 8)
    return;
  count = MIN (cvi_be32 (elst->body + 4), (elst->len - 8) / row);
  for (gsize i = 0; i < count; i++) {
    const guint8 *p = elst->body + 8 + i * row;
    guint64 length = wide ? cvi_be64 (p) : cvi_be32 (p);
    gint64 start =
        wide ? (gint64)cvi_be64 (p + 8) : (gint64)(gint32)cvi_be32 (p + 4);

    if (start >= 0) {
      if (count == 1)
        note_late_edit (iso, track,
            wide ? (gint64)length : (gint64)(gint32)(guint32)length, start);
      track->shift = (gint64)MIN (delay, CVI_ISO_MAX_TICKS) -
                     MIN (start, CVI_ISO_MAX_TICKS);
      return;
    }
    if (iso->timescale != 0)
      delay += (unsigned __int128)MIN (length, CVI_ISO_MAX_TICKS) *
               track->timescale / iso->timescale;
  }
}

static void
read_track_id (CviIsoTrack *track, const CviBox *tkhd)
{
  gsize at = tkhd->len > 0 && tkhd->body[0] == 1 ? 20 : 12;

  if (tkhd->len >= at + 4)
    track->id = cvi_be32 (tkhd->body + at);
}

static void
parse_edts (CviIso *iso, CviIsoTrack *track, const CviBox *edts)
{
  CviBoxIter iter;
  CviBox box;

  cvi_box_iter_init (&iter, edts, 0);
  while (cvi_box_iter_next (&iter, &box)) {
    if (box.type == CVI_FOURCC ('e', 'l', 's', 't'))
      parse_elst (iso, track, &box);
  }
}

static void
declare_stream (CviIso *iso, CviIsoTrack *track)
{
  CviStructureStream *stream = track->stream;
  guint32 most = 0;

  if (!stream)
    return;
  note_preview (iso, track);
  stream->start_ns = cvi_iso_time (track->shift, track->timescale);
  if (track->duration > 0 && track->timescale > 0)
    stream->duration_ns =
        cvi_iso_time ((gint64)track->duration, track->timescale);
  stream->n_frames = track->n_samples;
  stream->n_sync = track->stss.seen ? track->stss.count : track->n_samples;
  for (guint32 i = 0; i < track->stts.count; i++) {
    const guint8 *row = track->stts.data + 8 * (gsize)i;

    if (cvi_be32 (row) > most && cvi_be32 (row + 4) > 0) {
      most = cvi_be32 (row);
      stream->frame_ns = cvi_iso_time (cvi_be32 (row + 4), track->timescale);
    }
  }
}

static void
parse_trak (CviIso *iso, const CviBox *trak)
{
  CviIsoTrack *track = g_new0 (CviIsoTrack, 1);
  gboolean has_media = FALSE;
  CviBoxIter iter;
  CviBox box;

  track->offset = trak->offset;
  track->lost_ns = CVI_NONE;
  g_ptr_array_add (iso->tracks, track);
  cvi_box_iter_init (&iter, trak, 0);
  while (cvi_box_iter_next (&iter, &box)) {
    if (box.type == CVI_FOURCC ('t', 'k', 'h', 'd')) {
      read_track_id (track, &box);
    } else if (box.type == CVI_FOURCC ('m', 'd', 'i', 'a') && !has_media) {
      parse_mdia (iso, track, &box);
      has_media = TRUE;
    }
  }
  if (iter.bad)
    report_bad (iso, &iter, "trak");
  else if (!has_media)
    cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL, CVI_NONE,
        trak->offset, "a track has no mdia box");

  /* after mdhd: edits count in the media's time */
  cvi_box_iter_init (&iter, trak, 0);
  while (cvi_box_iter_next (&iter, &box)) {
    if (box.type == CVI_FOURCC ('e', 'd', 't', 's'))
      parse_edts (iso, track, &box);
  }
  declare_stream (iso, track);
}

CviIsoTrack *
cvi_iso_find_track (CviIso *iso, guint32 id)
{
  for (guint i = 0; i < iso->tracks->len; i++) {
    CviIsoTrack *track = g_ptr_array_index (iso->tracks, i);

    if (track->id == id)
      return track;
  }
  return NULL;
}

static void
parse_mvex (CviIso *iso, const CviBox *mvex)
{
  CviBoxIter iter;
  CviBox box;

  cvi_box_iter_init (&iter, mvex, 0);
  while (cvi_box_iter_next (&iter, &box)) {
    CviIsoTrack *track = NULL;

    if (box.type == CVI_FOURCC ('t', 'r', 'e', 'x') && box.len >= 24)
      track = cvi_iso_find_track (iso, cvi_be32 (box.body + 4));
    if (track) {
      track->default_entry = cvi_be32 (box.body + 8);
      track->default_duration = cvi_be32 (box.body + 12);
      track->default_size = cvi_be32 (box.body + 16);
    } else if (box.type == CVI_FOURCC ('m', 'e', 'h', 'd') && box.len >= 8) {
      if (box.body[0] == 0)
        iso->duration = cvi_be32 (box.body + 4);
      else if (box.len >= 12)
        iso->duration = MIN (cvi_be64 (box.body + 4), G_MAXINT64);
    }
  }
  if (iter.bad)
    report_bad (iso, &iter, "mvex");
}

/* Where read_timescale() has found it. */
static void
hide_length (CviIso *iso, const CviBox *mvhd)
{
  gboolean wide = mvhd->body[0] == 1;

  cvi_walk_set_mask (
      iso->walk, mvhd->offset + mvhd->header + (wide ? 24 : 16), wide ? 8 : 4);
}

void
cvi_iso_parse_moov (CviIso *iso)
{
  CviBox moov = { CVI_FOURCC ('m', 'o', 'o', 'v'), iso->moov_offset,
    iso->moov_len, 0, iso->moov, iso->moov_len };
  gboolean packed = FALSE;
  CviBox mvhd = { 0 };
  CviBoxIter iter;
  CviBox box;

  cvi_box_iter_init (&iter, &moov, 0);
  while (cvi_box_iter_next (&iter, &box)) {
    if (box.type == CVI_FOURCC ('m', 'v', 'h', 'd')) {
      read_timescale (&box, &iso->timescale, &iso->duration);
      mvhd = box;
    }
    if (box.type == CVI_FOURCC ('t', 'r', 'a', 'k') &&
        iso->tracks->len < CVI_RESULT_MAX_STREAMS)
      parse_trak (iso, &box);
    else if (box.type == CVI_FOURCC ('c', 'm', 'o', 'v'))
      packed = TRUE;
  }
  if (iter.bad)
    report_bad (iso, &iter, "moov");
  else if (iso->tracks->len == 0 && !packed)
    cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL, CVI_NONE,
        iso->moov_offset, "the moov box has no tracks");

  /* after the tracks that it speaks of */
  cvi_box_iter_init (&iter, &moov, 0);
  while (cvi_box_iter_next (&iter, &box)) {
    if (box.type == CVI_FOURCC ('m', 'v', 'e', 'x'))
      parse_mvex (iso, &box);
  }
  if (iso->hide_length && mvhd.len > 0)
    hide_length (iso, &mvhd);
  if (iso->duration > 0 && iso->timescale > 0)
    cvi_walk_set_duration (
        iso->walk, cvi_iso_time ((gint64)iso->duration, iso->timescale));
}
