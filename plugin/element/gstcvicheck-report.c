/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/gstcvicheck-private.h"

#include "plugin/core/cvi-verdict.h"
#include "plugin/element/cvi-message.h"

enum { SIGNAL_FINDING, N_SIGNALS };

static guint signals[N_SIGNALS];

void
gst_cvi_check_report_install (GstElementClass *klass)
{
  /**
   * GstCviCheck::finding:
   * @object: the element
   * @finding: the fields of the cvicheck-finding message
   *
   * Emitted for each new finding, on the thread that found it: most often the
   * streaming thread, for an upstream element's error the thread that posts
   * it.
   */
  signals[SIGNAL_FINDING] = g_signal_new ("finding", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
      GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);
}

void
gst_cvi_check_report_init (GstCviCheck *self)
{
  g_mutex_init (&self->lock);
  self->collector = cvi_collector_new ();
  self->verdict = self->earlier_verdict = CVI_VERDICT_HEALTHY;
  g_queue_init (&self->queue);
}

static void
clear_queue (GstCviCheck *self)
{
  g_queue_clear_full (&self->queue, (GDestroyNotify)cvi_finding_free);
}

void
gst_cvi_check_report_clear (GstCviCheck *self)
{
  clear_queue (self);
  g_clear_pointer (&self->collector, cvi_collector_free);
  g_clear_pointer (&self->stream_id, g_free);
  g_mutex_clear (&self->lock);
}

void
gst_cvi_check_report_reset (GstCviCheck *self)
{
  g_mutex_lock (&self->lock);
  clear_queue (self);
  cvi_collector_clear (self->collector);
  self->verdict = self->earlier_verdict = CVI_VERDICT_HEALTHY;
  self->earlier_findings = self->earlier_occurrences = 0;
  self->error_known = FALSE;
  self->failed = FALSE;
  self->n_dropped = 0;
  g_clear_pointer (&self->stream_id, g_free);
  g_mutex_unlock (&self->lock);
  atomic_store (&self->attention, 0);
}

/* The verdict on the findings of both: that of a lower place in the order that
 * cvi_verdict_judge() goes by. */
static CviVerdict
merge_verdicts (CviVerdict a, CviVerdict b)
{
  static const CviVerdict order[] = { CVI_VERDICT_UNREADABLE,
    CVI_VERDICT_CORRUPT, CVI_VERDICT_INCOMPLETE, CVI_VERDICT_SUSPICIOUS,
    CVI_VERDICT_UNSUPPORTED };

  for (guint i = 0; i < G_N_ELEMENTS (order); i++) {
    if (a == order[i] || b == order[i])
      return order[i];
  }
  return CVI_VERDICT_HEALTHY;
}

guint64
gst_cvi_check_count_findings (GstCviCheck *self)
{
  return self->earlier_findings +
         cvi_collector_get_n_findings (self->collector);
}

guint64
gst_cvi_check_count_occurrences (GstCviCheck *self)
{
  return self->earlier_occurrences +
         cvi_collector_get_n_occurrences (self->collector);
}

void
gst_cvi_check_begin_period (GstCviCheck *self)
{
  g_mutex_lock (&self->lock);
  self->earlier_findings = gst_cvi_check_count_findings (self);
  self->earlier_occurrences = gst_cvi_check_count_occurrences (self);
  self->earlier_verdict = self->verdict;
  cvi_collector_clear (self->collector);
  g_mutex_unlock (&self->lock);
}

/* Called with the lock. Returns: (transfer full) (nullable): what to post */
static GstStructure *
collect (GstCviCheck *self, CviFinding *finding)
{
  const CviFinding *kept = cvi_collector_add (self->collector, finding);
  CviVerdict verdict;

  if (!kept)
    return NULL;
  verdict = merge_verdicts (self->earlier_verdict,
      cvi_verdict_judge (cvi_collector_get_findings (self->collector)));
  if (verdict != self->verdict)
    atomic_fetch_or (&self->attention, CVI_ATTENTION_VERDICT);
  self->verdict = verdict;
  return cvi_finding_to_structure (kept);
}

void
gst_cvi_check_report (GstCviCheck *self, CviFinding *finding)
{
  g_autoptr (GstStructure) structure = NULL;

  if (self->filter)
    finding = self->filter (finding, self->filter_data);
  if (!finding)
    return;
  g_mutex_lock (&self->lock);
  structure = collect (self, finding);
  g_mutex_unlock (&self->lock);
  if (!structure)
    return;
  GST_INFO_OBJECT (self, "%" GST_PTR_FORMAT, structure);
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self),
                              gst_structure_copy (structure)));
  g_signal_emit (self, signals[SIGNAL_FINDING], 0, structure);
}

void
gst_cvi_check_queue_report (GstCviCheck *self, CviFinding *finding)
{
  g_mutex_lock (&self->lock);
  /* Nobody may be there to take them out. */
  if (self->queue.length < CVI_COLLECTOR_MAX_FINDINGS)
    g_queue_push_tail (&self->queue, g_steal_pointer (&finding));
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&finding, cvi_finding_free);
  atomic_fetch_or (&self->attention, CVI_ATTENTION_QUEUE);
}

void
gst_cvi_check_flush_reports (GstCviCheck *self)
{
  CviFinding *finding;

  do {
    g_mutex_lock (&self->lock);
    finding = g_queue_pop_head (&self->queue);
    g_mutex_unlock (&self->lock);
    if (finding)
      gst_cvi_check_report (self, finding);
  } while (finding);
}

void
gst_cvi_check_set_stream_id (GstCviCheck *self, const char *stream_id)
{
  g_mutex_lock (&self->lock);
  g_free (self->stream_id);
  self->stream_id = g_strdup (stream_id);
  g_mutex_unlock (&self->lock);
}

char *
gst_cvi_check_dup_stream_id (GstCviCheck *self)
{
  char *stream_id;

  g_mutex_lock (&self->lock);
  stream_id = g_strdup (self->stream_id);
  g_mutex_unlock (&self->lock);
  return stream_id;
}

static void
add_count (GstStructure *structure, const char *field, guint64 value)
{
  gst_structure_set (structure, field, G_TYPE_UINT64, value, NULL);
}

static void
add_time (GstStructure *structure, const char *field, guint64 value)
{
  if (value != CVI_NONE)
    add_count (structure, field, value);
}

void
gst_cvi_check_add_stats (GstCviCheck *self, GstStructure *structure)
{
  CviStats *stats = &self->stats;

  add_count (structure, "buffers", cvi_stat_get (&stats->buffers));
  add_count (structure, "bytes", cvi_stat_get (&stats->bytes));
  add_count (structure, "corrupted", cvi_stat_get (&stats->corrupted));
  add_count (structure, "gaps", cvi_stat_get (&stats->gaps));
  add_count (structure, "overlaps", cvi_stat_get (&stats->overlaps));
  add_count (structure, "backwards", cvi_stat_get (&stats->backwards));
  add_time (structure, "first-pts", cvi_stat_get (&stats->first_pts));
  add_time (structure, "last-end", cvi_stat_get (&stats->last_end));
  add_time (structure, "frame-duration", cvi_stat_get (&stats->frame_duration));
  add_count (structure, "log-lines", cvi_stat_get (&stats->log_lines));
  g_mutex_lock (&self->lock);
  add_count (structure, "findings", gst_cvi_check_count_findings (self));
  add_count (structure, "occurrences", gst_cvi_check_count_occurrences (self));
  if (self->decoder_watch) {
    add_count (structure, "decoder-in",
        cvi_decoder_watch_get_packets (self->decoder_watch));
    add_count (structure, "decoder-in-bytes",
        cvi_decoder_watch_get_bytes (self->decoder_watch));
  }
  g_mutex_unlock (&self->lock);
}

/* cvicheck-summary: verdict (string), stream (string, if known) and the fields
 * of the property stats. */
void
gst_cvi_check_post_summary (GstCviCheck *self)
{
  GstStructure *structure = gst_structure_new_empty (CVI_MESSAGE_SUMMARY);

  g_mutex_lock (&self->lock);
  gst_structure_set (structure, "verdict", G_TYPE_STRING,
      cvi_verdict_to_string (self->verdict), NULL);
  if (self->stream_id)
    gst_structure_set (
        structure, "stream", G_TYPE_STRING, self->stream_id, NULL);
  g_mutex_unlock (&self->lock);
  gst_cvi_check_add_stats (self, structure);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

static gboolean
is_forbidden (CviVerdict verdict, GstCviCheckFailOn fail_on)
{
  switch (fail_on) {
    case GST_CVI_CHECK_FAIL_ON_SUSPICIOUS:
      return verdict == CVI_VERDICT_SUSPICIOUS ||
             verdict == CVI_VERDICT_CORRUPT;
    case GST_CVI_CHECK_FAIL_ON_CORRUPT:
      return verdict == CVI_VERDICT_CORRUPT;
    case GST_CVI_CHECK_FAIL_ON_NONE:
      break;
  }
  return FALSE;
}

/* Called with the lock. The first of the gravest findings. */
static char *
describe_worst (GstCviCheck *self)
{
  GPtrArray *findings = cvi_collector_get_findings (self->collector);
  const CviFinding *worst = NULL;

  for (guint i = 0; i < findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (findings, i);

    if (!worst || finding->severity > worst->severity)
      worst = finding;
  }
  /* It may have been said in a period before this one. */
  return worst ? g_strdup_printf ("%s: %s", worst->rule->id, worst->message)
               : g_strdup ("earlier findings");
}

gboolean
gst_cvi_check_fail (GstCviCheck *self)
{
  GstCviCheckFailOn fail_on = atomic_load (&self->fail_on);
  g_autofree char *worst = NULL;
  gboolean forbidden, first;
  guint64 n_findings;
  CviVerdict verdict;

  g_mutex_lock (&self->lock);
  verdict = self->verdict;
  forbidden = is_forbidden (verdict, fail_on);
  first = forbidden && !self->failed;
  if (first) {
    self->failed = TRUE;
    /* What upstream says of the stopped data flow follows from this. */
    self->error_known = TRUE;
    n_findings = gst_cvi_check_count_findings (self);
    worst = describe_worst (self);
  }
  g_mutex_unlock (&self->lock);
  /* The finding is named here, too: gst-launch-1.0 may not print the messages
   * that came before an error. */
  if (first)
    GST_ELEMENT_ERROR (self, STREAM, DECODE,
        ("The stream is %s: %s", cvi_verdict_to_string (verdict), worst),
        ("%" G_GUINT64_FORMAT " findings; fail-on does not allow this verdict",
            n_findings));
  return forbidden;
}
