/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-continuity.h"

#include <string.h>

#include "plugin/core/cvi-sequence.h"

/* Buffers in the reorder window: H.264 and H.265 allow 16 reference frames. */
#define WINDOW 16
/* Kept in the window whatever the DTS say: with negative composition offsets
 * (ISO/IEC 14496-12, ctts version 1) a DTS may lie after its PTS. */
#define WINDOW_LEAST 4
#define NO_TIMESTAMPS_LIMIT 10
/* Timestamps above this (73 years) are not converted between segments, so that
 * sums of three fit a gint64. */
#define MAX_CONVERTIBLE ((guint64)G_MAXINT64 / 4)

struct _CviContinuity {
  CviSequence sequence;
  CviOrder order;

  guint64 seg_start;
  guint64 seg_stop;
  guint64 seg_base;

  /* reorder window, sorted by pts */
  CviSequenceEntry window[WINDOW + 1];
  guint n_window;
  gboolean dts_unsound; /* one was later than its PTS */

  guint n_without_pts;
  gboolean said_no_timestamps;
};

static void
forget_position (CviContinuity *self)
{
  cvi_sequence_forget_position (&self->sequence);
  self->n_window = 0;
  self->n_without_pts = 0;
}

CviContinuity *
cvi_continuity_new (CviContinuityFunc func, gpointer user_data)
{
  CviContinuity *self;

  g_return_val_if_fail (func != NULL, NULL);

  self = g_new0 (CviContinuity, 1);
  cvi_sequence_init (&self->sequence, func, user_data);
  cvi_continuity_reset (self);
  return self;
}

void
cvi_continuity_free (CviContinuity *continuity)
{
  g_free (continuity);
}

void
cvi_continuity_set_order (CviContinuity *continuity, CviOrder order)
{
  continuity->order = order;
}

void
cvi_continuity_set_sparse (CviContinuity *continuity, gboolean sparse)
{
  continuity->sequence.sparse = sparse;
}

void
cvi_continuity_set_thresholds (
    CviContinuity *continuity, guint64 gap_ns, guint64 overlap_ns)
{
  continuity->sequence.gap_threshold = gap_ns;
  continuity->sequence.overlap_threshold = overlap_ns;
}

void
cvi_continuity_set_nominal (CviContinuity *continuity, guint64 frame_ns)
{
  cvi_sequence_set_nominal (&continuity->sequence, frame_ns);
}

void
cvi_continuity_flush (CviContinuity *continuity)
{
  forget_position (continuity);
}

void
cvi_continuity_reset (CviContinuity *continuity)
{
  forget_position (continuity);
  cvi_sequence_reset (&continuity->sequence);
  continuity->order = CVI_ORDER_PRESENTATION;
  continuity->seg_start = 0;
  continuity->seg_stop = CVI_NONE;
  continuity->seg_base = 0;
  continuity->dts_unsound = FALSE;
  continuity->said_no_timestamps = FALSE;
}

static void
pop_first (CviContinuity *self)
{
  CviSequenceEntry entry = self->window[0];

  self->n_window--;
  memmove (
      self->window, self->window + 1, self->n_window * sizeof *self->window);
  cvi_sequence_add (&self->sequence, &entry);
}

static void
empty_window (CviContinuity *self)
{
  while (self->n_window > 0)
    pop_first (self);
}

static void
push_window (CviContinuity *self, const CviSequenceEntry *entry, guint64 dts)
{
  guint i;

  /* Earlier than what was released is a step back, not a reordering: what
   * waits belongs before it. */
  if (!entry->filler && cvi_sequence_is_step_back (&self->sequence, entry->pts))
    empty_window (self);
  i = self->n_window++;
  for (; i > 0 && self->window[i - 1].pts > entry->pts; i--)
    self->window[i] = self->window[i - 1];
  self->window[i] = *entry;
  if (dts != CVI_NONE && dts > cvi_time_add (entry->pts, CVI_CADENCE_ROUNDING))
    self->dts_unsound = TRUE;
  if (dts == CVI_NONE || self->dts_unsound)
    dts = 0;
  /* No later buffer can be shown before it is decoded. */
  while (self->n_window > WINDOW ||
         (self->n_window > WINDOW_LEAST && self->window[0].pts <= dts))
    pop_first (self);
}

static void
add_entry (CviContinuity *self, const CviSequenceEntry *entry, guint64 dts)
{
  if (self->order == CVI_ORDER_PRESENTATION)
    cvi_sequence_add (&self->sequence, entry);
  else
    push_window (self, entry, dts);
}

static void
count_without_pts (CviContinuity *self)
{
  CviContinuityEvent event = { .kind = CVI_CONTINUITY_NO_TIMESTAMPS,
    .start_ns = CVI_NONE,
    .end_ns = CVI_NONE,
    .frame_ns = cvi_sequence_frame_duration (&self->sequence) };

  if (self->said_no_timestamps || ++self->n_without_pts < NO_TIMESTAMPS_LIMIT)
    return;
  self->said_no_timestamps = TRUE;
  self->sequence.func (&event, self->sequence.user_data);
}

/* A buffer without a timestamp follows on in presentation order; in decoding
 * order its place is anywhere near. */
static void
push_without_pts (CviContinuity *self, guint64 duration)
{
  count_without_pts (self);
  if (self->order == CVI_ORDER_DECODE)
    self->sequence.n_blind = 2 * WINDOW;
  else
    cvi_sequence_cover (&self->sequence, duration);
}

/* Cuts the buffer to the segment; returns FALSE if nothing is left of it. */
static gboolean
clip (const CviContinuity *self, CviSequenceEntry *entry)
{
  guint64 end;

  if (entry->pts >= self->seg_stop)
    return FALSE;
  if (entry->duration == CVI_NONE)
    return entry->pts >= self->seg_start;
  end = cvi_time_add (entry->pts, entry->duration);
  if (entry->pts < self->seg_start) {
    if (end <= self->seg_start)
      return FALSE;
    entry->pts = self->seg_start;
    entry->clipped = TRUE;
  }
  if (end > self->seg_stop) {
    end = self->seg_stop;
    entry->clipped = TRUE;
  }
  entry->duration = end - entry->pts;
  return TRUE;
}

void
cvi_continuity_push (CviContinuity *continuity, guint64 pts, guint64 dts,
    guint64 duration, gboolean discont)
{
  CviSequenceEntry entry = {
    .pts = pts, .duration = duration, .discont = discont != 0
  };

  if (pts == CVI_NONE) {
    push_without_pts (continuity, duration);
    return;
  }
  continuity->n_without_pts = 0;
  if (clip (continuity, &entry))
    add_entry (continuity, &entry, dts);
}

void
cvi_continuity_gap (CviContinuity *continuity, guint64 start, guint64 duration,
    gboolean missing_data)
{
  CviSequenceEntry entry = { .pts = start,
    .duration = duration,
    .filler = TRUE,
    .missing = missing_data != 0 };

  /* Demuxers nudge with gaps of no length. */
  if (start == CVI_NONE || duration == CVI_NONE || duration == 0)
    return;
  if (clip (continuity, &entry))
    add_entry (continuity, &entry, CVI_NONE);
}

void
cvi_continuity_drain (CviContinuity *continuity)
{
  empty_window (continuity);
  cvi_sequence_drain (&continuity->sequence);
}

/* Puts a timestamp of the current segment into those of the one from @start
 * and @base, where it has the same running time. */
static guint64
convert_time (
    const CviContinuity *self, guint64 time, guint64 start, guint64 base)
{
  gint64 converted;

  if (MAX (time, self->seg_start) > MAX_CONVERTIBLE ||
      MAX (self->seg_base, MAX (start, base)) > MAX_CONVERTIBLE)
    return CVI_NONE;
  converted = (gint64)(time + self->seg_base + start) -
              (gint64)(self->seg_start + base);
  return converted < 0 ? CVI_NONE : (guint64)converted;
}

void
cvi_continuity_segment (CviContinuity *continuity, guint64 start, guint64 stop,
    guint64 base, gboolean contiguous)
{
  guint64 pts, end;

  start = start == CVI_NONE ? 0 : start;
  base = base == CVI_NONE ? 0 : base;
  if (!contiguous) {
    forget_position (continuity);
  } else {
    cvi_continuity_drain (continuity);
    pts = convert_time (continuity, continuity->sequence.last_pts, start, base);
    end = convert_time (continuity, continuity->sequence.last_end, start, base);
    /* An update of the same segment starts nothing anew. */
    if (pts != continuity->sequence.last_pts ||
        start > continuity->sequence.last_end)
      cvi_sequence_move (&continuity->sequence, pts, end);
  }
  continuity->seg_start = start;
  continuity->seg_stop = stop;
  continuity->seg_base = base;
}

guint64
cvi_continuity_get_first (CviContinuity *continuity)
{
  return continuity->sequence.first;
}

guint64
cvi_continuity_get_end (CviContinuity *continuity)
{
  return continuity->sequence.end;
}

guint64
cvi_continuity_get_frame_duration (CviContinuity *continuity)
{
  return cvi_sequence_frame_duration (&continuity->sequence);
}
