/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-continuity.h"

#include <string.h>

#define MSECOND G_GUINT64_CONSTANT (1000000)
/* Matroska's TimestampScale is 1 ms in practice: both ends of a distance may
 * be off by one; plus 1 ms for muxers that round durations too. */
#define MIN_TOLERANCE (3 * MSECOND)
/* Buffers in the reorder window: H.264 and H.265 allow 16 reference frames. */
#define WINDOW 17
#define WINDOW_NO_DTS 16
/* Distances that make the cadence. */
#define HISTORY 33
#define MIN_HISTORY 5
#define NO_TIMESTAMPS_LIMIT 10

typedef struct {
  guint64 pts;
  guint64 duration;
  gboolean discont;
} Entry;

struct _CviContinuity {
  CviContinuityFunc func;
  gpointer user_data;
  CviOrder order;
  gboolean sparse;
  guint64 gap_threshold;
  guint64 overlap_threshold;
  guint64 nominal;

  /* segment: buffer timestamp -> running time */
  guint64 seg_start;
  guint64 seg_stop;
  guint64 seg_base;
  gboolean fresh; /* the next buffer is the segment's first */

  /* position: end of the last buffer, its start, in buffer timestamps */
  guint64 last_pts;
  guint64 last_end;
  gboolean last_has_duration;
  guint64 first;
  guint64 end;
  gint64 shift; /* running time minus timestamp of the last buffer's segment */

  /* reorder window, sorted by pts */
  Entry window[WINDOW];
  guint n_window;
  gboolean has_dts;

  /* cadence */
  guint64 history[HISTORY];
  guint n_history;
  guint next_history;
  guint64 typical; /* median, CVI_NONE until known */
  guint64 longest;
  guint64 spread;
  gboolean stale;

  guint n_without_pts;
  gboolean said_no_timestamps;
};

CviContinuity *
cvi_continuity_new (CviContinuityFunc func, gpointer user_data)
{
  CviContinuity *self = g_new0 (CviContinuity, 1);

  self->func = func;
  self->user_data = user_data;
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
  continuity->sparse = sparse;
}

void
cvi_continuity_set_thresholds (
    CviContinuity *continuity, guint64 gap_ns, guint64 overlap_ns)
{
  continuity->gap_threshold = gap_ns;
  continuity->overlap_threshold = overlap_ns;
}

void
cvi_continuity_set_nominal (CviContinuity *continuity, guint64 frame_ns)
{
  continuity->nominal = frame_ns;
}

static void
forget_position (CviContinuity *self)
{
  self->last_pts = self->last_end = CVI_NONE;
  self->last_has_duration = FALSE;
  self->n_window = 0;
  self->fresh = TRUE;
  self->n_without_pts = 0;
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
  continuity->seg_start = 0;
  continuity->seg_stop = CVI_NONE;
  continuity->seg_base = 0;
  continuity->first = continuity->end = CVI_NONE;
  continuity->shift = 0;
  continuity->has_dts = FALSE;
  continuity->n_history = continuity->next_history = 0;
  continuity->typical = CVI_NONE;
  continuity->longest = continuity->spread = 0;
  continuity->stale = FALSE;
  continuity->said_no_timestamps = FALSE;
}

static int
compare_times (const void *a, const void *b)
{
  guint64 one = *(const guint64 *)a, two = *(const guint64 *)b;

  return one < two ? -1 : one > two;
}

/* Median, longest and spread of the kept distances. */
static void
update_cadence (CviContinuity *self)
{
  guint64 sorted[HISTORY];

  if (!self->stale || self->n_history == 0)
    return;
  memcpy (sorted, self->history, self->n_history * sizeof *sorted);
  qsort (sorted, self->n_history, sizeof *sorted, compare_times);
  self->typical = sorted[self->n_history / 2];
  self->longest = sorted[self->n_history - 1];
  self->spread = self->longest - sorted[0];
  self->stale = FALSE;
}

static void
learn (CviContinuity *self, guint64 distance)
{
  self->history[self->next_history] = distance;
  self->next_history = (self->next_history + 1) % HISTORY;
  if (self->n_history < HISTORY)
    self->n_history++;
  /* Sorting is dear beside the rest of a push: once in 8 is often enough when
   * much is known. */
  if (self->n_history < HISTORY / 2 || self->next_history % 8 == 0)
    self->stale = TRUE;
}

/* Constant cadence: enough distances, all alike within rounding. */
static gboolean
is_regular (CviContinuity *self)
{
  update_cadence (self);
  return self->n_history >= MIN_HISTORY &&
         self->spread <= MAX (MIN_TOLERANCE, self->typical / 10);
}

static guint64
frame_duration (CviContinuity *self)
{
  update_cadence (self);
  if (self->n_history >= MIN_HISTORY)
    return self->typical;
  if (self->nominal > 0)
    return self->nominal;
  return self->typical;
}

static guint64
gap_tolerance (CviContinuity *self)
{
  guint64 frame = frame_duration (self);
  guint64 tolerance;

  if (self->gap_threshold > 0)
    return self->gap_threshold;
  if (is_regular (self))
    tolerance = frame / 2;
  else if (self->n_history >= MIN_HISTORY)
    tolerance = 3 * self->longest;
  else
    /* Too little is known: only what no cadence explains. */
    tolerance = frame == CVI_NONE ? CVI_NONE : MAX (10 * frame, 500 * MSECOND);
  return MAX (tolerance, MIN_TOLERANCE);
}

static guint64
overlap_tolerance (CviContinuity *self)
{
  guint64 frame = frame_duration (self);

  if (self->overlap_threshold > 0)
    return self->overlap_threshold;
  if (frame == CVI_NONE)
    return CVI_NONE;
  return MAX (is_regular (self) ? frame / 2 : 2 * self->longest, MIN_TOLERANCE);
}

static void
emit (CviContinuity *self, CviContinuityKind kind, guint64 start, guint64 end)
{
  guint64 frame = frame_duration (self);
  CviContinuityEvent event = {
    .kind = kind,
    .start_ns = start,
    .end_ns = MAX (start, end),
    .frame_ns = frame,
    .regular = is_regular (self),
  };

  if (frame != CVI_NONE && frame > 0)
    event.n_frames = (event.end_ns - start + frame / 2) / frame;
  self->func (&event, self->user_data);
}

/* End of the last buffer: what it says itself, or one frame on. Durations that
 * contradict the cadence (Matroska's DefaultDuration in a VFR file, a fixed
 * one from a parser) are not believed. */
static guint64
expected_next (CviContinuity *self)
{
  guint64 frame = frame_duration (self);
  guint64 guess = frame == CVI_NONE ? self->last_end : self->last_pts + frame;

  if (!self->last_has_duration)
    return guess;
  if (self->order == CVI_ORDER_PRESENTATION)
    return self->last_end;
  return MAX (self->last_end, guess);
}

static void
judge (CviContinuity *self, guint64 pts, gboolean discont)
{
  guint64 next = expected_next (self);
  guint64 tolerance;

  if (pts > next) {
    tolerance = gap_tolerance (self);
    if (!self->sparse && tolerance != CVI_NONE && pts - next > tolerance)
      emit (self, CVI_CONTINUITY_GAP, next, pts);
    return;
  }
  if (pts < self->last_pts) {
    tolerance = overlap_tolerance (self);
    if (tolerance == CVI_NONE || self->last_pts - pts > tolerance)
      emit (self, CVI_CONTINUITY_BACKWARDS, pts, self->last_pts);
    return;
  }
  tolerance = overlap_tolerance (self);
  if (!self->sparse && self->last_has_duration && tolerance != CVI_NONE &&
      next - pts > tolerance)
    emit (self, CVI_CONTINUITY_OVERLAP, pts, next);
}

/* One buffer in presentation order. */
static void
release (CviContinuity *self, const Entry *entry)
{
  guint64 pts = entry->pts;
  guint64 end = pts;

  if (entry->duration != CVI_NONE)
    end += entry->duration;
  if (self->last_pts != CVI_NONE && !self->fresh) {
    judge (self, pts, entry->discont);
    if (pts > self->last_pts && !entry->discont) {
      guint64 distance = pts - self->last_pts;

      /* A hole is no cadence. */
      if (self->n_history < MIN_HISTORY ||
          distance <= self->longest + gap_tolerance (self))
        learn (self, distance);
      else if (!is_regular (self))
        learn (self, distance);
    }
  }
  self->fresh = FALSE;
  self->last_pts = pts;
  self->last_end = end;
  self->last_has_duration = entry->duration != CVI_NONE && entry->duration > 0;
  if (self->first == CVI_NONE || pts < self->first)
    self->first = pts;
  if (self->end == CVI_NONE || end > self->end)
    self->end = end;
}

static void
pop_first (CviContinuity *self)
{
  Entry entry = self->window[0];

  self->n_window--;
  memmove (
      self->window, self->window + 1, self->n_window * sizeof *self->window);
  release (self, &entry);
}

static void
insert_sorted (CviContinuity *self, const Entry *entry)
{
  guint i;

  if (self->n_window == WINDOW)
    pop_first (self);
  i = self->n_window;
  while (i > 0 && self->window[i - 1].pts > entry->pts) {
    self->window[i] = self->window[i - 1];
    i--;
  }
  self->window[i] = *entry;
  self->n_window++;
}

static void
count_missing (CviContinuity *self)
{
  CviContinuityEvent event = { .kind = CVI_CONTINUITY_NO_TIMESTAMPS,
    .start_ns = CVI_NONE,
    .end_ns = CVI_NONE,
    .frame_ns = CVI_NONE };

  if (self->said_no_timestamps || ++self->n_without_pts < NO_TIMESTAMPS_LIMIT)
    return;
  self->said_no_timestamps = TRUE;
  self->func (&event, self->user_data);
}

/* Cuts the buffer to the segment; returns FALSE if nothing is left of it. */
static gboolean
clip (const CviContinuity *self, Entry *entry)
{
  guint64 end;

  if (entry->pts >= self->seg_stop)
    return FALSE;
  if (entry->duration == CVI_NONE)
    return entry->pts >= self->seg_start;
  end = entry->pts + MIN (entry->duration, CVI_NONE - 1 - entry->pts);
  if (end <= self->seg_start && entry->duration > 0)
    return FALSE;
  if (entry->pts < self->seg_start) {
    if (entry->duration == 0)
      return FALSE;
    entry->pts = self->seg_start;
  }
  end = MIN (end, self->seg_stop);
  entry->duration = end - entry->pts;
  return TRUE;
}

void
cvi_continuity_push (CviContinuity *continuity, guint64 pts, guint64 dts,
    guint64 duration, gboolean discont)
{
  Entry entry = { pts, duration, discont };

  if (pts == CVI_NONE) {
    count_missing (continuity);
    return;
  }
  continuity->n_without_pts = 0;
  if (!clip (continuity, &entry))
    return;
  if (continuity->order == CVI_ORDER_PRESENTATION) {
    release (continuity, &entry);
    return;
  }
  insert_sorted (continuity, &entry);
  if (dts != CVI_NONE) {
    continuity->has_dts = TRUE;
    /* No later buffer can be shown before it is decoded. */
    while (continuity->n_window > 0 && continuity->window[0].pts <= dts)
      pop_first (continuity);
  } else if (!continuity->has_dts) {
    while (continuity->n_window > WINDOW_NO_DTS)
      pop_first (continuity);
  }
}

void
cvi_continuity_drain (CviContinuity *continuity)
{
  while (continuity->n_window > 0)
    pop_first (continuity);
}

/* The last position is put into the new segment's timestamps, so that the
 * running time goes on. */
static void
carry_over (CviContinuity *self, guint64 start, guint64 base)
{
  gint64 shift = (gint64)base - (gint64)start;
  gint64 delta = self->shift - shift;
  gint64 pts, end;

  if (self->last_pts == CVI_NONE)
    return;
  pts = (gint64)self->last_pts + delta;
  end = (gint64)self->last_end + delta;
  /* The position lies before anything the new segment can express. */
  if (pts < 0 || end < 0) {
    self->last_pts = self->last_end = CVI_NONE;
    return;
  }
  self->last_pts = (guint64)pts;
  self->last_end = (guint64)end;
}

void
cvi_continuity_segment (CviContinuity *continuity, guint64 start, guint64 stop,
    guint64 base, gboolean contiguous)
{
  start = start == CVI_NONE ? 0 : start;
  base = base == CVI_NONE ? 0 : base;
  if (contiguous) {
    cvi_continuity_drain (continuity);
    carry_over (continuity, start, base);
  } else {
    forget_position (continuity);
  }
  continuity->seg_start = start;
  continuity->seg_stop = stop;
  continuity->seg_base = base;
  continuity->shift = (gint64)base - (gint64)start;
  /* A segment may begin late. */
  continuity->fresh = TRUE;
}

void
cvi_continuity_gap (CviContinuity *continuity, guint64 start, guint64 duration,
    gboolean missing_data)
{
  guint64 end;

  if (start == CVI_NONE || duration == CVI_NONE || duration == 0)
    return;
  cvi_continuity_drain (continuity);
  end = start + MIN (duration, CVI_NONE - 1 - start);
  if (missing_data && !continuity->sparse)
    emit (continuity, CVI_CONTINUITY_GAP, start, end);
  if (continuity->last_pts == CVI_NONE || end > continuity->last_end) {
    continuity->last_pts = start;
    continuity->last_end = end;
    continuity->last_has_duration = TRUE;
  }
}

guint64
cvi_continuity_get_first (CviContinuity *continuity)
{
  return continuity->first;
}

guint64
cvi_continuity_get_end (CviContinuity *continuity)
{
  return continuity->end;
}

guint64
cvi_continuity_get_frame_duration (CviContinuity *continuity)
{
  return frame_duration (continuity);
}
