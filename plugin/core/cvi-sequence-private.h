/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-sequence.h"

G_BEGIN_DECLS

/* Shared by the files of CviSequence; nobody else includes this. */

#define CVI_SEQUENCE_MSECOND G_GUINT64_CONSTANT (1000000)

static inline guint64
cvi_time_distance (guint64 a, guint64 b)
{
  return a > b ? a - b : b - a;
}

/* cvi-sequence.c: what is known of the stream. Steady: nothing legal can
 * explain a deviation from what was expected. Typical: the distance to the
 * entry, expected at @next, is one that the stream chose. */
gboolean cvi_sequence_is_exact (const CviSequence *self);
gboolean cvi_sequence_is_declared (const CviSequence *self);
gboolean cvi_sequence_is_constant (const CviSequence *self);
gboolean cvi_sequence_is_steady (const CviSequence *self);
gboolean cvi_sequence_is_typical (
    const CviSequence *self, const CviSequenceEntry *entry, guint64 next);
CviContinuityEvent cvi_sequence_make_event (const CviSequence *self,
    CviContinuityKind kind, guint64 start, guint64 end);

/* cvi-sequence-suspect.c: events that wait for what follows. */
void cvi_sequence_emit (CviSequence *self, const CviContinuityEvent *event);
/* A gap or overlap between @next and @entry, beyond the tolerance. */
void cvi_sequence_suspect (CviSequence *self, CviContinuityKind kind,
    const CviSequenceEntry *entry, guint64 next);
/* Another fault, or the end: the suspect is a fact. */
void cvi_sequence_confirm (CviSequence *self);
/* The stream goes on undisturbed. */
void cvi_sequence_support (CviSequence *self);
/* Gaps before the stream is known to be steady. */
gboolean cvi_sequence_is_early_gap (
    const CviSequence *self, const CviSequenceEntry *entry, guint64 next);
/* @plain: it is beyond the tolerance of a stream that is not known, too */
void cvi_sequence_suspect_early (CviSequence *self,
    const CviSequenceEntry *entry, guint64 next, gboolean plain);
void cvi_sequence_check_early (CviSequence *self, guint64 pts, guint64 next);

G_END_DECLS
