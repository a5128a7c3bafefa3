/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-sequence.h"

#include <string.h>

#include "plugin/core/cvi-sequence-private.h"

/* So many durations in a row that met the next timestamp make them exact. */
#define ENOUGH_EXACT 16
/* A segment may begin this much before the end of what came before it: at a
 * discontinuity that a list of HLS tells of, durations are rounded and end with
 * the longer of sound and pictures (measured: 77 ms). */
#define SEGMENT_SLACK (250 * CVI_SEQUENCE_MSECOND)
/* So many like distances make a cadence constant where caps do not say so. */
#define ENOUGH_UNDECLARED 16

void
cvi_sequence_init (
    CviSequence *self, CviContinuityFunc func, gpointer user_data)
{
  memset (self, 0, sizeof *self);
  self->func = func;
  self->user_data = user_data;
  cvi_sequence_forget_position (self);
}

void
cvi_sequence_forget_position (CviSequence *self)
{
  self->last_pts = self->last_end = CVI_NONE;
  self->last_has_duration = self->last_is_cut = FALSE;
  self->filler_start = self->filler_end = CVI_NONE;
  self->n_judged = self->n_blind = 0;
  self->fresh = TRUE;
  self->suspect.active = FALSE;
  self->n_kept_holds = 0;
}

void
cvi_sequence_reset (CviSequence *self)
{
  cvi_sequence_forget_position (self);
  self->sparse = FALSE;
  self->nominal = 0;
  self->nominal_refuted = FALSE;
  self->first = self->end = CVI_NONE;
  cvi_cadence_clear (&self->cadence);
  self->n_exact = 0;
  self->n_holds = 0;
}

void
cvi_sequence_set_nominal (CviSequence *self, guint64 frame_ns)
{
  frame_ns = MIN (frame_ns, CVI_CADENCE_MAX);
  if (frame_ns != self->nominal)
    self->nominal_refuted = FALSE;
  self->nominal = frame_ns;
}

guint64
cvi_sequence_frame_duration (const CviSequence *self)
{
  gboolean known = self->cadence.n >= CVI_CADENCE_ENOUGH;

  if (!known && self->nominal > 0 && !self->nominal_refuted)
    return self->nominal;
  return self->cadence.n > 0 ? self->cadence.typical : CVI_NONE;
}

gboolean
cvi_sequence_is_exact (const CviSequence *self)
{
  return self->n_exact >= ENOUGH_EXACT;
}

/* Do the caps declare the rate that the stream has? */
gboolean
cvi_sequence_is_declared (const CviSequence *self)
{
  guint64 typical = self->cadence.typical;

  return self->nominal > 0 && !self->nominal_refuted &&
         cvi_time_distance (self->nominal, typical) <= typical / 10;
}

gboolean
cvi_sequence_is_constant (const CviSequence *self)
{
  return self->cadence.regular && (self->cadence.n >= ENOUGH_UNDECLARED ||
                                      cvi_sequence_is_declared (self));
}

/* Can nothing legal explain a deviation from what was expected? */
gboolean
cvi_sequence_is_steady (const CviSequence *self)
{
  return cvi_sequence_is_constant (self) || cvi_sequence_is_exact (self);
}

/* Does the last buffer's duration fit a constant cadence? */
static gboolean
duration_fits (const CviSequence *self)
{
  guint64 typical = self->cadence.typical;

  return cvi_time_distance (self->last_end - self->last_pts, typical) <=
         typical / 4;
}

/* Where the next buffer should be. In a stream whose caps declare a frame rate
 * and that keeps a constant cadence, a duration far from it is not believed:
 * a muxer stretches the last frame before a hole to fill it. */
static guint64
expected_next (const CviSequence *self)
{
  guint64 frame = cvi_sequence_frame_duration (self);

  if (self->last_has_duration) {
    if (!cvi_sequence_is_constant (self) || duration_fits (self))
      return self->last_end;
    if (self->last_end - self->last_pts > frame &&
        !cvi_sequence_is_declared (self))
      return self->last_end;
  }
  return frame == CVI_NONE ? self->last_end
                           : cvi_time_add (self->last_pts, frame);
}

/* Returns: CVI_NONE if nothing can be a gap */
static guint64
gap_tolerance (const CviSequence *self)
{
  guint64 frame = cvi_sequence_frame_duration (self);

  if (self->sparse || self->n_blind > 0 || self->fresh)
    return CVI_NONE;
  if (self->gap_threshold > 0)
    return self->gap_threshold;
  if (frame == CVI_NONE)
    return CVI_NONE;
  if (cvi_sequence_is_steady (self))
    return MAX (frame / 2, CVI_CADENCE_ROUNDING);
  if (self->cadence.n < ENOUGH_UNDECLARED)
    return MAX (10 * frame, 500 * CVI_SEQUENCE_MSECOND);
  return MAX (3 * self->cadence.peak, CVI_CADENCE_ROUNDING);
}

/* Returns: CVI_NONE if nothing can be an overlap */
static guint64
overlap_tolerance (const CviSequence *self)
{
  if (self->sparse || self->last_is_cut || !self->last_has_duration)
    return CVI_NONE;
  if (self->overlap_threshold > 0)
    return self->overlap_threshold;
  /* A packet of priming is often cut to begin where the second does. */
  if (self->n_judged == 0)
    return CVI_NONE;
  /* Durations that never met the next timestamp prove nothing. */
  if (!cvi_sequence_is_exact (self) &&
      !(cvi_sequence_is_constant (self) && duration_fits (self)))
    return CVI_NONE;
  return MAX (cvi_sequence_frame_duration (self) / 2, CVI_CADENCE_ROUNDING);
}

gboolean
cvi_sequence_is_step_back (const CviSequence *self, guint64 pts)
{
  return self->last_pts != CVI_NONE && pts < self->last_pts &&
         self->last_pts - pts >
             MAX (self->overlap_threshold, CVI_CADENCE_ROUNDING);
}

CviContinuityEvent
cvi_sequence_make_event (
    const CviSequence *self, CviContinuityKind kind, guint64 start, guint64 end)
{
  guint64 frame = cvi_sequence_frame_duration (self);
  CviContinuityEvent event = {
    .kind = kind,
    .start_ns = start,
    .end_ns = end,
    .frame_ns = frame,
    .regular = cvi_sequence_is_steady (self),
  };

  if (frame != CVI_NONE && frame > 0)
    event.n_frames =
        (end - start) / frame + ((end - start) % frame >= (frame + 1) / 2);
  return event;
}

/* Short gaps close to each other: the stream is not as constant as it seemed.
 */
/* Is the distance to @entry one that the stream chose? @next: expected */
gboolean
cvi_sequence_is_typical (
    const CviSequence *self, const CviSequenceEntry *entry, guint64 next)
{
  return !entry->discont && !self->last_is_cut && !self->fresh &&
         self->n_blind == 0 && next != self->filler_end;
}

/* The stream was alike from its begin, though not for long enough yet; of a
 * priming packet nothing is learned. */
/* The buffer is where it should be. */
static void
learn (CviSequence *self, const CviSequenceEntry *entry, guint64 next)
{
  guint64 pts = entry->pts;

  cvi_sequence_check_early (self, pts, next);
  cvi_sequence_support (self);
  if (!cvi_sequence_is_typical (self, entry, next))
    return;
  if (pts > self->last_pts)
    cvi_cadence_learn (&self->cadence, pts - self->last_pts);
  if (self->last_has_duration &&
      cvi_time_distance (self->last_end, pts) <= CVI_CADENCE_ROUNDING)
    self->n_exact = MIN (self->n_exact + 1, ENOUGH_EXACT);
  else
    self->n_exact = 0;
}

/* Where the next buffer should be, behind a filler that begins there. */
static guint64
expected_behind_filler (const CviSequence *self)
{
  guint64 next = expected_next (self);

  if (self->filler_end == CVI_NONE || self->filler_end <= next ||
      self->filler_start > cvi_time_add (next, CVI_CADENCE_ROUNDING))
    return next;
  return self->filler_end;
}

static void
judge (CviSequence *self, const CviSequenceEntry *entry)
{
  guint64 next = expected_behind_filler (self);
  guint64 tolerance;

  if (self->fresh && cvi_time_add (entry->pts, SEGMENT_SLACK) >= next)
    return;
  if (cvi_sequence_is_step_back (self, entry->pts)) {
    CviContinuityEvent event = cvi_sequence_make_event (
        self, CVI_CONTINUITY_BACKWARDS, entry->pts, self->last_pts);

    cvi_sequence_confirm (self);
    cvi_sequence_emit (self, &event);
    return;
  }
  if (entry->pts > next) {
    gboolean beyond;

    tolerance = gap_tolerance (self);
    beyond = tolerance != CVI_NONE && entry->pts - next > tolerance;
    if (cvi_sequence_is_early_gap (self, entry, next)) {
      cvi_sequence_suspect_early (self, entry, next, beyond);
      return;
    }
    if (beyond) {
      cvi_sequence_suspect (self, CVI_CONTINUITY_GAP, entry, next);
      return;
    }
  } else if (next != self->filler_end) {
    tolerance = overlap_tolerance (self);
    if (tolerance != CVI_NONE && next - entry->pts > tolerance) {
      cvi_sequence_suspect (self, CVI_CONTINUITY_OVERLAP, entry, next);
      return;
    }
  }
  learn (self, entry, next);
}

static void
move_to_filler (CviSequence *self, guint64 start, guint64 end)
{
  if (self->filler_end == CVI_NONE || end < self->filler_start ||
      start > cvi_time_add (self->filler_end, CVI_CADENCE_ROUNDING)) {
    self->filler_start = start;
    self->filler_end = end;
  } else {
    self->filler_start = MIN (self->filler_start, start);
    self->filler_end = MAX (self->filler_end, end);
  }
}

/* What is before or behind a filler, or within, may still come: decoders let
 * its event pass while they hold frames. */
static void
add_filler (CviSequence *self, const CviSequenceEntry *entry, guint64 end)
{
  CviContinuityEvent event =
      cvi_sequence_make_event (self, CVI_CONTINUITY_GAP, entry->pts, end);

  move_to_filler (self, entry->pts, end);
  if (!entry->missing || self->sparse)
    return;
  event.missing = TRUE;
  cvi_sequence_confirm (self);
  cvi_sequence_emit (self, &event);
}

static void
move_to_buffer (CviSequence *self, const CviSequenceEntry *entry, guint64 end)
{
  self->last_pts = entry->pts;
  self->last_end = end;
  self->last_has_duration = end > entry->pts;
  self->last_is_cut = entry->clipped;
  if (self->filler_end <= end)
    self->filler_start = self->filler_end = CVI_NONE;
  if (self->first == CVI_NONE || entry->pts < self->first)
    self->first = entry->pts;
  if (self->end == CVI_NONE || end > self->end)
    self->end = end;
}

void
cvi_sequence_add (CviSequence *self, const CviSequenceEntry *entry)
{
  guint64 end = entry->pts;

  if (entry->duration != CVI_NONE)
    end = cvi_time_add (end, entry->duration);
  if (entry->filler) {
    add_filler (self, entry, end);
    return;
  }
  if (self->last_pts != CVI_NONE) {
    judge (self, entry);
    self->n_judged++;
  }
  if (self->n_blind > 0)
    self->n_blind--;
  self->fresh = FALSE;
  move_to_buffer (self, entry, end);
}

void
cvi_sequence_move (CviSequence *self, guint64 pts, guint64 end)
{
  self->last_pts = pts;
  self->last_end = end;
  self->filler_start = self->filler_end = CVI_NONE;
  self->fresh = TRUE;
}

void
cvi_sequence_drain (CviSequence *self)
{
  self->suspect.event.at_end = self->suspect.n_after == 0;
  cvi_sequence_confirm (self);
  for (guint i = 0; i < self->n_kept_holds && self->cadence.distrust == 0; i++)
    cvi_sequence_emit (self, &self->holds[i]);
  self->n_kept_holds = 0;
}

void
cvi_sequence_cover (CviSequence *self, guint64 duration)
{
  guint64 frame =
      duration == CVI_NONE ? cvi_sequence_frame_duration (self) : duration;

  guint64 next;

  if (self->last_pts == CVI_NONE || frame == CVI_NONE)
    return;
  next = expected_behind_filler (self);
  move_to_filler (self, next, cvi_time_add (next, frame));
}
