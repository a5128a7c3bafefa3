/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-sequence-private.h"

/* A gap shorter than this, in a stream that only seems constant, has to be
 * followed by so many undisturbed buffers. */
#define SHORT_GAP (500 * CVI_SEQUENCE_MSECOND)
#define ENOUGH_AFTER_SHORT 16
/* A gap before a stream is known to be steady counts if it has been alike for
 * some buffers, and goes on to be: so many at least, and so many in all, where
 * the cadence, or where the durations vouch for it. It has so many frames. */
#define ENOUGH_BEFORE_EARLY 5
#define ENOUGH_AFTER_EARLY 2
#define ENOUGH_ABOUT_EARLY 15
/* It has to stay alone for so many buffers, or to the end: several gaps are a
 * variable rate. */
#define ENOUGH_ALONE 64
#define ENOUGH_EXACT_ABOUT_EARLY 12
#define EARLY_FRAMES 4
#define EARLY_GAP (100 * CVI_SEQUENCE_MSECOND)

void
cvi_sequence_emit (CviSequence *self, const CviContinuityEvent *event)
{
  self->func (event, self->user_data);
}

static void
hold (CviSequence *self, const CviContinuityEvent *event)
{
  if (self->n_holds == CVI_SEQUENCE_MAX_HOLDS) {
    self->n_kept_holds = 0;
    return;
  }
  self->n_holds++;
  self->holds[self->n_kept_holds++] = *event;
}

void
cvi_sequence_confirm (CviSequence *self)
{
  if (!self->suspect.active)
    return;
  self->suspect.active = FALSE;
  if (self->suspect.early && self->suspect.n_after < self->suspect.n_least) {
    if (!self->suspect.plain)
      return;
    self->suspect.event.regular = FALSE;
  }
  if (self->suspect.covered)
    hold (self, &self->suspect.event);
  else
    cvi_sequence_emit (self, &self->suspect.event);
}

/* The stream goes on undisturbed. */
void
cvi_sequence_support (CviSequence *self)
{
  if (!self->suspect.active)
    return;
  self->suspect.n_after++;
  if (self->suspect.n_after >= self->suspect.n_needed)
    cvi_sequence_confirm (self);
}

static gboolean
is_new_cadence (
    const CviSequence *self, CviContinuityKind kind, guint64 distance)
{
  return self->suspect.active && self->suspect.event.kind == kind &&
         distance > 0 && distance >= self->suspect.distance / 2;
}

static gboolean
is_variable (const CviSequence *self, CviContinuityKind kind)
{
  return self->suspect.active && self->suspect.n_needed > 1 &&
         kind == CVI_CONTINUITY_GAP;
}

static void
start_cadence (CviSequence *self, guint64 distance)
{
  cvi_cadence_restart (&self->cadence, self->suspect.distance, distance);
  self->n_exact = 0;
  self->nominal_refuted = TRUE;
  self->suspect.active = FALSE;
}

/* Undisturbed buffers that make the suspect a fact. */
static guint
n_needed (const CviSequence *self, const CviContinuityEvent *event)
{
  if (event->kind != CVI_CONTINUITY_GAP || cvi_sequence_is_exact (self) ||
      cvi_sequence_is_declared (self) ||
      event->end_ns - event->start_ns >= SHORT_GAP)
    return 1;
  return ENOUGH_AFTER_SHORT;
}

/* The stream is not what it seemed before the early gap. */
static void
drop_early (CviSequence *self)
{
  if (self->suspect.plain) {
    self->suspect.early = FALSE;
    self->suspect.event.regular = FALSE;
    self->suspect.n_needed = 1;
    return;
  }
  self->suspect.active = FALSE;
  self->n_exact = 0;
  cvi_cadence_learn (&self->cadence, self->suspect.distance);
}

void
cvi_sequence_suspect (CviSequence *self, CviContinuityKind kind,
    const CviSequenceEntry *entry, guint64 next)
{
  guint64 pts = entry->pts;
  guint64 distance = pts > self->last_pts ? pts - self->last_pts : 0;
  gboolean like_others = cvi_sequence_is_typical (self, entry, next);
  guint64 threshold = kind == CVI_CONTINUITY_GAP ? self->gap_threshold
                                                 : self->overlap_threshold;
  CviContinuityEvent event =
      cvi_sequence_make_event (self, kind, MIN (pts, next), MAX (pts, next));

  /* Who sets a limit wants to hear of all that passes it. */
  if (threshold > 0) {
    cvi_sequence_emit (self, &event);
    return;
  }
  if (self->suspect.active && self->suspect.early) {
    drop_early (self);
    if (!self->suspect.active) {
      if (like_others)
        cvi_cadence_learn (&self->cadence, distance);
      return;
    }
  }
  if (like_others && is_new_cadence (self, kind, distance)) {
    start_cadence (self, distance);
    return;
  }
  if (like_others && is_variable (self, kind)) {
    if (self->suspect.distance != CVI_NONE)
      cvi_cadence_learn (&self->cadence, self->suspect.distance);
    cvi_cadence_learn (&self->cadence, distance);
    self->suspect.active = FALSE;
    return;
  }
  cvi_sequence_confirm (self);
  self->suspect = (CviSuspect){
    .active = TRUE,
    .covered = kind == CVI_CONTINUITY_GAP && self->last_has_duration &&
               self->last_end >= pts,
    .distance = like_others ? distance : CVI_NONE,
    .n_needed = n_needed (self, &event),
    .event = event,
  };
  if (like_others && !cvi_sequence_is_constant (self))
    cvi_cadence_learn (&self->cadence, distance);
}

static gboolean
is_early_exact (const CviSequence *self)
{
  return self->n_exact >= ENOUGH_BEFORE_EARLY &&
         self->n_exact + 1 >= self->n_judged;
}

gboolean
cvi_sequence_is_early_gap (
    const CviSequence *self, const CviSequenceEntry *entry, guint64 next)
{
  guint64 frame = cvi_sequence_frame_duration (self);
  guint64 gap = entry->pts - next;
  gboolean alike = self->cadence.regular &&
                   self->cadence.n >= ENOUGH_BEFORE_EARLY &&
                   self->cadence.n + 1 >= self->n_judged;

  return (alike || is_early_exact (self)) && !cvi_sequence_is_steady (self) &&
         !self->sparse && !self->suspect.active && self->gap_threshold == 0 &&
         cvi_sequence_is_typical (self, entry, next) && gap >= EARLY_GAP &&
         gap >= EARLY_FRAMES * frame;
}

/* Waits for what comes, and learns nothing from the gap. */
void
cvi_sequence_suspect_early (CviSequence *self, const CviSequenceEntry *entry,
    guint64 next, gboolean plain)
{
  guint enough =
      is_early_exact (self) ? ENOUGH_EXACT_ABOUT_EARLY : ENOUGH_ABOUT_EARLY;

  self->suspect = (CviSuspect){
    .active = TRUE,
    .early = TRUE,
    .plain = plain,
    .distance = entry->pts - self->last_pts,
    .n_needed = ENOUGH_ALONE,
    .n_least =
        MAX (enough, self->n_judged + ENOUGH_AFTER_EARLY) - self->n_judged,
    .event =
        cvi_sequence_make_event (self, CVI_CONTINUITY_GAP, next, entry->pts),
  };
  self->suspect.event.regular = TRUE;
}

/* What follows an early gap has to be as alike as what came before. */
void
cvi_sequence_check_early (CviSequence *self, guint64 pts, guint64 next)
{
  guint64 frame = cvi_sequence_frame_duration (self);

  if (!self->suspect.active || !self->suspect.early ||
      cvi_time_distance (pts, next) <= MAX (frame / 2, CVI_CADENCE_ROUNDING))
    return;
  drop_early (self);
}
