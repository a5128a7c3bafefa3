/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Smallest deviation (ns) that means anything: Matroska's TimestampScale is
 * 1 ms in practice, so both ends of a distance may be 1 ms off; plus 1 ms for
 * muxers that round durations too. */
#define CVI_CADENCE_ROUNDING G_GUINT64_CONSTANT (3000000)
/* Distances that make the cadence, and how many of them are enough. */
#define CVI_CADENCE_HISTORY 33
#define CVI_CADENCE_ENOUGH 5
/* Longer distances (ns) are taken for this one: keeps sums from overflowing. */
#define CVI_CADENCE_MAX (3600 * G_GUINT64_CONSTANT (1000000000))

/**
 * CviCadence: the rhythm of a stream, from its last distances between
 * neighbouring timestamps. Part of CviContinuity; zeroed memory is an empty
 * cadence. All times in ns. The fields below the line are for readers.
 * @n: distances known
 * @typical: their median or, if regular, their mean (rounded timestamps have a
 *   better mean); meaningless while @n is 0
 * @peak: the longest distance of late: fades over some hundreds
 * @distrust: regular distances to come before @regular is set again
 * @regular: there are enough, they are alike (rounding and, of many, one
 *   outlier at each end aside), and the stream has not been irregular for long
 *   before: a variable frame rate has constant stretches too
 */
typedef struct {
  guint64 ring[CVI_CADENCE_HISTORY];
  guint64 sorted[CVI_CADENCE_HISTORY];
  guint64 sum;
  guint next;
  /* - */
  guint n;
  guint64 typical;
  guint64 peak;
  guint distrust;
  gboolean regular;
} CviCadence;

void cvi_cadence_clear (CviCadence *cadence);

/* The stream took on another rate: begins a new history with two distances. */
void cvi_cadence_restart (CviCadence *cadence, guint64 one, guint64 two);

/* Takes in one distance; the oldest is forgotten when the history is full. */
void cvi_cadence_learn (CviCadence *cadence, guint64 distance);

G_END_DECLS
