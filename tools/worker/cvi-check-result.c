/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What all phases of a check amount to. */
#include "tools/worker/cvi-check-private.h"

#include <string.h>

#include "plugin/core/cvi-verdict.h"
#include "tools/worker/cvi-account.h"
#include "tools/worker/cvi-guard.h"

/* The ends of one hole, told by two, differ by no more: a frame and rounding
 * (ns). */
#define SAME_GAP_NS G_GUINT64_CONSTANT (100000000)

static gboolean
is_same (const CviFinding *a, const CviFinding *b)
{
  return a->rule == b->rule && a->start_ns == b->start_ns &&
         g_strcmp0 (a->stream, b->stream) == 0 &&
         strcmp (a->message, b->message) == 0;
}

/* In a transport stream stream time begins wherever the demuxer takes it to:
 * tsdemux counts from the first program clock, up to a second before the first
 * frame (0.7 s behind ffmpeg's muxer). Players and the structure walk count
 * from the earliest of the streams' first timestamps. */
void
cvi_check_find_origin (CviCheck *self, CviPass *pass)
{
  CviPlugger *plugger = cvi_pass_get_plugger (pass);
  guint64 origin = CVI_NONE;

  for (guint i = 0; i < cvi_plugger_get_n_chains (plugger); i++) {
    const CviChain *chain = cvi_plugger_get_chain (plugger, i);
    const CviStructureStream *declared =
        cvi_structure_find_stream (self->info, chain->label);
    CviGuardStats stats;
    guint64 start =
        declared && declared->start_ns != CVI_NONE ? declared->start_ns : 0;

    cvi_guard_get_stats (CVI_GUARD (chain->guard), &stats);
    /* The demuxer may leave out a stream's first packets: the earliest counts.
     */
    if (stats.first_ns != CVI_NONE)
      origin = MIN (origin, stats.first_ns - MIN (start, stats.first_ns));
  }
  if (origin == CVI_NONE)
    return;
  self->has_origin = TRUE;
  self->origin_ns = origin;
}

static guint64
from_origin (const CviCheck *self, guint64 time_ns)
{
  return time_ns == CVI_NONE ? CVI_NONE
                             : time_ns - MIN (time_ns, self->origin_ns);
}

/* Findings of the passes, in the file's times. Takes @findings. */
static GPtrArray *
shift_findings (const CviCheck *self, GPtrArray *findings)
{
  for (guint i = 0; i < findings->len; i++) {
    CviFinding *finding = g_ptr_array_index (findings, i);

    finding->start_ns = from_origin (self, finding->start_ns);
    finding->end_ns = from_origin (self, finding->end_ns);
  }
  return findings;
}

/* A hole that the structure walk has told: what is seen of it behind the
 * demuxer, which bends times there, adds nothing. */
static gboolean
is_known_gap (const CviResult *result, guint n_known, const CviFinding *finding)
{
  if (finding->rule != cvi_rule (CVI_RULE_TIME_GAP) ||
      finding->start_ns == CVI_NONE || finding->count > 1)
    return FALSE;
  for (guint i = 0; i < n_known; i++) {
    const CviFinding *known = g_ptr_array_index (result->findings, i);

    if (known->rule == finding->rule && known->count == 1 &&
        known->severity >= finding->severity &&
        g_strcmp0 (known->stream, finding->stream) == 0 &&
        finding->start_ns + SAME_GAP_NS >= known->start_ns &&
        finding->end_ns <= known->end_ns + SAME_GAP_NS)
      return TRUE;
  }
  return FALSE;
}

/* Two passes over one file say some things twice. Takes @findings. */
static void
add_new_findings (CviResult *result, GPtrArray *findings)
{
  guint before = result->findings->len;

  for (guint i = 0; i < findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (findings, i);
    gboolean known = is_known_gap (result, before, finding);

    for (guint j = 0; j < before && !known; j++)
      known = is_same (g_ptr_array_index (result->findings, j), finding);
    if (!known)
      cvi_result_add (result, cvi_finding_copy (finding));
  }
  g_ptr_array_unref (findings);
}

/* What was read of a file that changes is no state that it was ever in. */
static void
excuse_changed (CviResult *result)
{
  if (!cvi_result_find (result, CVI_RULE_IO_CHANGED))
    return;
  for (guint i = 0; i < result->findings->len; i++) {
    CviFinding *finding = g_ptr_array_index (result->findings, i);

    if (finding->rule->rule_class == CVI_RULE_MEDIA)
      finding->severity = CVI_SEVERITY_INFO;
  }
}

void
cvi_check_fill_result (CviCheck *self)
{
  CviResult *result = self->result;

  g_ptr_array_set_size (result->findings, 0);
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < CVI_N_PHASES; i++) {
    GPtrArray *findings = cvi_collector_steal_findings (self->collectors[i]);

    add_new_findings (result,
        i == CVI_PHASE_STRUCTURE ? findings : shift_findings (self, findings));
  }
  g_mutex_unlock (&self->lock);
  if (self->streams) {
    g_ptr_array_set_size (result->streams, 0);
    g_ptr_array_extend_and_steal (
        result->streams, g_steal_pointer (&self->streams));
  }
  g_free (result->container);
  result->container =
      g_strdup (self->info && self->info->container ? self->info->container
                                                    : self->media_type);
  result->duration_ns = cvi_check_get_duration (self);
  excuse_changed (result);
  cvi_result_judge (result);
}
