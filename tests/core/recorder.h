/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-continuity.h"

G_BEGIN_DECLS

#define MSECOND G_GUINT64_CONSTANT (1000000)
#define SECOND (1000 * MSECOND)
/* Duration of the @n-th frame of a rate, exact in the long run. */
#define FRAME_AT(n, num, denom)                                                \
  ((guint64)(n)*SECOND * (guint64)(denom) / (guint64)(num))

/* A CviContinuity that notes its events. */
typedef struct {
  CviContinuity *continuity;
  GArray *events; /* of CviContinuityEvent */
} Recorder;

Recorder *recorder_new (void);
void recorder_free (Recorder *recorder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Recorder, recorder_free)

/* Pushes a buffer with neither DTS nor DISCONT. */
void recorder_push (Recorder *recorder, guint64 pts, guint64 duration);

/* Pushes @n frames of 25/s from @start on, with their durations. */
void recorder_push_pal (Recorder *recorder, guint64 start, guint n);

/* Drains, then fails the test if there was any event. */
void recorder_assert_silent (Recorder *recorder);

/* Drains, then fails the test unless there was this event and no other;
 * @start and @end may be off by @slack, and @n_frames from 25 on by 4 %. */
void recorder_assert_one (Recorder *recorder, CviContinuityKind kind,
    guint64 start, guint64 end, guint64 slack, guint64 n_frames);

G_END_DECLS
