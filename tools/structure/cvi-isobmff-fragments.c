/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-isobmff.h"

enum {
  TFHD_BASE = 0x1,
  TFHD_ENTRY = 0x2,
  TFHD_DURATION = 0x8,
  TFHD_SIZE = 0x10,
  TFHD_FLAGS = 0x20,
  TFHD_BASE_IS_MOOF = 0x20000,
  TRUN_OFFSET = 0x1,
  TRUN_FIRST_FLAGS = 0x4,
  TRUN_DURATION = 0x100,
  TRUN_SIZE = 0x200,
  TRUN_FLAGS = 0x400,
  TRUN_CTS = 0x800
};

/* State while going through one moof. */
typedef struct {
  CviIso *iso;
  guint64 moof_offset;
  guint64 data_end; /* of the run before, ISO/IEC 14496-12 8.8.7.1 */
  gboolean jumped;  /* a sequence number before this fragment is missing */

  /* the traf at hand */
  CviIsoTrack *track;
  guint64 base;
  guint32 entry, duration, size;
  gint64 dts;
  gboolean has_time;
} Fragment;

/* A reader that stops at the end of the box. */
typedef struct {
  const guint8 *p;
  gsize left;
} Fields;

static guint32
next_field (Fields *fields)
{
  guint32 value;

  if (fields->left < 4) {
    fields->left = 0;
    return 0;
  }
  value = cvi_be32 (fields->p);
  fields->p += 4;
  fields->left -= 4;
  return value;
}

static void
read_tfhd (Fragment *fragment, const CviBox *box)
{
  Fields fields = { box->body, box->len };
  guint32 flags = next_field (&fields) & 0xffffff;
  CviIsoTrack *track = cvi_iso_find_track (fragment->iso, next_field (&fields));

  fragment->track = track;
  if (!track)
    return;
  fragment->entry = track->default_entry;
  fragment->duration = track->default_duration;
  fragment->size = track->default_size;
  if (flags & TFHD_BASE) {
    fragment->base = (guint64)next_field (&fields) << 32;
    fragment->base |= next_field (&fields);
  } else if (flags & TFHD_BASE_IS_MOOF) {
    fragment->base = fragment->moof_offset;
  } else {
    fragment->base = fragment->data_end;
  }
  fragment->data_end = fragment->base;
  if (flags & TFHD_ENTRY)
    fragment->entry = next_field (&fields);
  if (flags & TFHD_DURATION)
    fragment->duration = next_field (&fields);
  if (flags & TFHD_SIZE)
    fragment->size = next_field (&fields);
}

static void
report_gap (Fragment *fragment, gint64 expected, gint64 found)
{
  CviIsoTrack *track = fragment->track;
  guint64 start = cvi_iso_time (expected + track->shift, track->timescale);
  guint64 end = cvi_iso_time (found + track->shift, track->timescale);
  CviFinding *finding = cvi_finding_new (CVI_RULE_CONTAINER_MISSING_FRAGMENT,
      cvi_iso_stream_id (track), "%.3f s are missing before a fragment%s",
      (double)(end - start) / 1e9,
      fragment->jumped ? ", and so is a sequence number" : "");

  if (!fragment->jumped)
    finding->severity = CVI_SEVERITY_WARNING;
  finding->start_ns = start;
  finding->end_ns = end;
  finding->offset = fragment->moof_offset;
  cvi_walk_report_full (fragment->iso->walk, finding);
}

/* Writers guess the last duration of a fragment, and live encoders skip
 * frames: without a jump in the numbers only a long hole counts. */
static void
check_continuity (Fragment *fragment, gint64 found)
{
  CviIsoTrack *track = fragment->track;
  gint64 hole = found - track->next_dts;
  gint64 limit = MAX (2 * track->last_duration, (gint64)track->timescale / 20);

  if (track->last_fragment == 0)
    return;
  if (!fragment->jumped)
    limit = MAX (limit, (gint64)track->timescale);
  if (hole > limit)
    report_gap (fragment, track->next_dts, found);
}

static void
read_tfdt (Fragment *fragment, const CviBox *box)
{
  guint64 found;

  if (box->len < 8)
    return;
  found = cvi_be32 (box->body + 4);
  if (box->body[0] == 1 && box->len >= 12)
    found = cvi_be64 (box->body + 4);
  fragment->dts = (gint64)MIN (found, (guint64)CVI_ISO_MAX_TICKS);
  fragment->has_time = TRUE;
  check_continuity (fragment, fragment->dts);
}

static gboolean
walk_sample (Fragment *fragment, guint64 offset, guint32 size, guint32 duration,
    gint32 composition)
{
  CviIso *iso = fragment->iso;
  CviIsoTrack *track = fragment->track;
  gint64 pts = fragment->dts + composition + track->shift;
  guint64 time_ns = cvi_iso_time (pts, track->timescale);
  guint64 end_ns = cvi_iso_time (pts + duration, track->timescale);
  guint entry = fragment->entry > 0 ? fragment->entry - 1 : 0;

  track->n_fragment_samples++;
  track->last_duration = duration;
  fragment->dts = MIN (fragment->dts + duration, CVI_ISO_MAX_TICKS);
  if (offset > iso->size || size > iso->size - offset) {
    cvi_iso_lose (track, 1, time_ns);
    track->end_ns = MAX (track->end_ns, end_ns);
    return TRUE;
  }
  cvi_iso_keep (track, end_ns);
  return cvi_iso_check_sample (iso, track, entry, offset, size, time_ns);
}

/* How many rows the box has room for; a run of nothing but defaults takes no
 * room, so that only the file bounds it. */
static guint32
bound_rows (
    Fragment *fragment, const CviBox *box, guint32 count, gsize room, gsize row)
{
  gsize most = 0;

  if (row > 0)
    most = room / row;
  else if (fragment->size > 0)
    most = (gsize)(fragment->iso->size / fragment->size);

  if (count <= most)
    return count;
  cvi_walk_report (fragment->iso->walk, CVI_RULE_CONTAINER_INDEX,
      cvi_iso_stream_id (fragment->track),
      cvi_iso_time (
          fragment->dts + fragment->track->shift, fragment->track->timescale),
      box->offset, "fragment run of %u samples has room for %" G_GSIZE_FORMAT,
      count, most);
  return (guint32)most;
}

static gboolean
walk_trun (Fragment *fragment, const CviBox *box)
{
  Fields fields = { box->body, box->len };
  guint32 flags = next_field (&fields) & 0xffffff;
  guint32 count = next_field (&fields);
  guint64 offset = fragment->data_end;
  gsize row = 0;

  if (flags & TRUN_OFFSET)
    offset = fragment->base + (guint64)(gint64)(gint32)next_field (&fields);
  if (flags & TRUN_FIRST_FLAGS)
    next_field (&fields);
  for (guint32 bit = TRUN_DURATION; bit <= TRUN_CTS; bit <<= 1)
    row += flags & bit ? 4 : 0;

  count = bound_rows (fragment, box, count, fields.left, row);
  for (guint32 i = 0; i < count; i++) {
    guint32 duration =
        flags & TRUN_DURATION ? next_field (&fields) : fragment->duration;
    guint32 size = flags & TRUN_SIZE ? next_field (&fields) : fragment->size;
    gint32 composition;

    if (flags & TRUN_FLAGS)
      next_field (&fields);
    composition = flags & TRUN_CTS ? (gint32)next_field (&fields) : 0;
    if (!walk_sample (fragment, offset, size, duration, composition))
      return FALSE;
    offset += size;
    if (row == 0 && offset > fragment->iso->size)
      break;
  }
  fragment->data_end = offset;
  return TRUE;
}

static gboolean
walk_traf (Fragment *fragment, const CviBox *traf)
{
  CviBoxIter iter;
  CviBox box;

  fragment->track = NULL;
  fragment->has_time = FALSE;
  cvi_box_iter_init (&iter, traf, 0);
  while (cvi_box_iter_next (&iter, &box)) {
    CviIsoTrack *track;

    if (box.type == CVI_FOURCC ('t', 'f', 'h', 'd')) {
      read_tfhd (fragment, &box);
      track = fragment->track;
      if (track) {
        fragment->dts = track->next_dts;
        fragment->jumped = track->last_fragment > 0 &&
                           fragment->iso->last_jump > track->last_fragment;
      }
    }
    if (!fragment->track)
      continue;
    if (box.type == CVI_FOURCC ('t', 'f', 'd', 't'))
      read_tfdt (fragment, &box);
    else if (box.type == CVI_FOURCC ('t', 'r', 'u', 'n') &&
             !walk_trun (fragment, &box))
      return FALSE;
  }
  if (iter.bad)
    cvi_walk_report (fragment->iso->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL,
        CVI_NONE, iter.offset + iter.pos, "broken box inside traf");
  if (fragment->track) {
    /* Without decode times only the numbers tell that something is missing. */
    if (fragment->jumped && !fragment->has_time)
      report_gap (
          fragment, fragment->track->next_dts, fragment->track->next_dts);
    fragment->track->next_dts = fragment->dts;
    fragment->track->last_fragment = fragment->iso->n_fragments;
  }
  return TRUE;
}

/* Numbers must grow; a file that holds one of several tracks of a movie may
 * grow by more than one each time. */
static void
read_mfhd (CviIso *iso, const CviBox *box)
{
  guint32 sequence = box->len >= 8 ? cvi_be32 (box->body + 4) : 0;
  guint32 step = sequence - iso->sequence;

  if (iso->n_fragments > 1 && sequence > iso->sequence) {
    if (iso->step != 0 && step > iso->step)
      iso->last_jump = iso->n_fragments;
    else
      iso->step = step;
  }
  iso->sequence = sequence;
}

gboolean
cvi_iso_walk_fragment (CviIso *iso, const CviBox *moof)
{
  Fragment fragment = { iso, moof->offset, moof->offset };
  gboolean has_header = FALSE;
  CviBoxIter iter;
  CviBox box;

  iso->n_fragments++;
  if (iso->moofs->len < CVI_ISO_MAX_EXTENTS)
    g_array_append_val (iso->moofs, moof->offset);
  cvi_box_iter_init (&iter, moof, 0);
  while (cvi_box_iter_next (&iter, &box)) {
    if (box.type == CVI_FOURCC ('m', 'f', 'h', 'd')) {
      has_header = TRUE;
      read_mfhd (iso, &box);
    } else if (box.type == CVI_FOURCC ('t', 'r', 'a', 'f') &&
               !walk_traf (&fragment, &box)) {
      return FALSE;
    }
  }
  if (iter.bad || !has_header)
    cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL, CVI_NONE,
        iter.offset + iter.pos, "broken movie fragment");
  return !cvi_walk_failed (iso->walk);
}

void
cvi_iso_finish_fragments (CviIso *iso)
{
  for (guint i = 0; i < iso->tracks->len; i++) {
    CviIsoTrack *track = g_ptr_array_index (iso->tracks, i);

    if (!track->stream || track->n_fragment_samples == 0)
      continue;
    track->stream->n_frames =
        (guint64)track->n_samples + track->n_fragment_samples;
    track->stream->n_sync = CVI_NONE;
    if (track->stream->frame_ns == CVI_NONE && track->last_duration > 0)
      track->stream->frame_ns =
          cvi_iso_time (track->last_duration, track->timescale);
  }
}
