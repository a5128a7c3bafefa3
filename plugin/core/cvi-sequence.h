/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-cadence.h"
#include "plugin/core/cvi-continuity.h"

G_BEGIN_DECLS

/* More holds than this (see CviSequence) are a variable frame rate. */
#define CVI_SEQUENCE_MAX_HOLDS 3

/**
 * CviSequenceEntry: a buffer, or (@filler) a span that is empty on purpose or
 * (@missing too) for lack of data.
 * @pts: ns, known
 * @duration: ns or CVI_NONE
 * @clipped: cut at the segment's start or end
 */
typedef struct {
  guint64 pts;
  guint64 duration;
  guint8 discont;
  guint8 clipped;
  guint8 filler;
  guint8 missing;
} CviSequenceEntry;

/* A gap or overlap that undisturbed buffers have to confirm: two like ones in a
 * row are a new cadence, several short ones a variable rate. */
typedef struct {
  gboolean active;
  gboolean early; /* before the stream was known to be steady */
  guint n_least;  /* an early one needs no more at the end of the stream */
  gboolean plain; /* an early one that is long enough to be told without proof,
                     as one of a stream of variable rate */
  gboolean covered;
  guint64 distance; /* CVI_NONE if nothing can be learned from it */
  guint n_after;
  guint n_needed;
  CviContinuityEvent event;
} CviSuspect;

/**
 * CviSequence: the part of CviContinuity that judges buffers in presentation
 * order. A hole that the duration of the frame before it covers (a "hold") is
 * a muxer's account of lost footage, or a still picture in a recording of
 * variable rate. The latter come in numbers, so the first
 * CVI_SEQUENCE_MAX_HOLDS wait for the end of the stream and are dropped if
 * there are more or the cadence was variable of late. Fields above the line are
 * for its users.
 */
typedef struct {
  CviContinuityFunc func;
  gpointer user_data;
  gboolean sparse;
  guint64 gap_threshold;
  guint64 overlap_threshold;
  gboolean fresh; /* the next buffer is its segment's first */
  guint n_blind;  /* coming buffers with one of unknown place among them */

  /* position: of the last buffer */
  guint64 last_pts;
  guint64 last_end;
  /* of all buffers */
  guint64 first;
  guint64 end;
  /* - */
  gboolean last_has_duration;
  gboolean last_is_cut;
  guint64 filler_start; /* of the newest filler that is not behind */
  guint64 filler_end;   /* CVI_NONE: there is none */
  guint n_judged;       /* since the position was forgotten */

  CviCadence cadence;
  guint n_exact; /* durations in a row that met the next timestamp */
  guint64 nominal;
  gboolean nominal_refuted;

  CviSuspect suspect;
  CviContinuityEvent holds[CVI_SEQUENCE_MAX_HOLDS];
  guint n_kept_holds;
  guint n_holds;
} CviSequence;

static inline guint64
cvi_time_add (guint64 a, guint64 b)
{
  return a + MIN (b, CVI_NONE - 1 - a);
}

void cvi_sequence_init (
    CviSequence *self, CviContinuityFunc func, gpointer user_data);

/* Forgets everything but thresholds. */
void cvi_sequence_reset (CviSequence *self);

/* Forgets the position and what was not yet reported. */
void cvi_sequence_forget_position (CviSequence *self);

/* A new segment, in whose timestamps the position is @pts to @end. */
void cvi_sequence_move (CviSequence *self, guint64 pts, guint64 end);

/* Reports what still waits. */
void cvi_sequence_drain (CviSequence *self);

void cvi_sequence_set_nominal (CviSequence *self, guint64 frame_ns);
/* Judges one buffer or filler in presentation order. */
void cvi_sequence_add (CviSequence *self, const CviSequenceEntry *entry);

/* A buffer without a timestamp follows the last one. */
void cvi_sequence_cover (CviSequence *self, guint64 duration);

/* Is @pts so far before the last buffer that no rounding explains it? */
gboolean cvi_sequence_is_step_back (const CviSequence *self, guint64 pts);

/* Typical frame duration (ns), CVI_NONE if unknown. */
guint64 cvi_sequence_frame_duration (const CviSequence *self);

G_END_DECLS
