/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>
#include "plugin/element/cvi-message-map.h"
#include "plugin/element/cvi-trace-element-private.h"

static void
on_finding (GstElement *judge, const GstStructure *finding, gpointer user_data)
{
  CviTraceElement *self = user_data;

  cvi_trace_report_write (
      self->report, "finding", self->name, self->factory, finding);
}

/* Of what was found by decoding, called with the lock. */
static CviFinding *
filter (CviFinding *finding, gpointer user_data)
{
  CviTraceElement *self = user_data;

  if (self->unfiltered)
    return finding;
  return cvi_trace_decoder_filter (
      self->decoder, finding, self->name, self->factory);
}

void
cvi_trace_element_on_packet (CviFinding *finding, gpointer user_data)
{
  CviTraceElement *self = user_data;

  if (!finding->stream)
    finding->stream = gst_cvi_check_dup_stream_id (self->judges[0]);
  g_mutex_lock (&self->lock);
  self->unfiltered = TRUE;
  gst_cvi_check_report (self->judges[0], finding);
  self->unfiltered = FALSE;
  g_mutex_unlock (&self->lock);
}

GstCviCheck *
cvi_trace_element_add_judge (CviTraceElement *self)
{
  GstCviCheck *judge = g_object_new (GST_TYPE_CVI_CHECK, NULL);

  gst_object_ref_sink (judge);
  judge->filter = self->decoder ? filter : NULL;
  judge->filter_data = self;
  g_signal_connect (judge, "finding", G_CALLBACK (on_finding), self);
  self->judges[self->n_judges++] = judge;
  return judge;
}

/* libav's video decoders start threads of their own unless told otherwise. */
static gboolean
has_threads (GstElement *element)
{
  return g_object_class_find_property (
             G_OBJECT_GET_CLASS (element), "max-threads") != NULL;
}

static gboolean
add_each_pad (GstElement *element, GstPad *pad, gpointer user_data)
{
  cvi_trace_element_add_pad (user_data, pad);
  return TRUE;
}

CviTraceElement *
cvi_trace_element_new (GstElement *element, CviElementClass element_class,
    CviTraceReport *report, gboolean check_packets)
{
  CviTraceElement *self = g_atomic_rc_box_new0 (CviTraceElement);

  g_mutex_init (&self->lock);
  self->element_class = element_class;
  self->report = report;
  self->factory = cvi_element_dup_factory (element);
  self->name = gst_object_get_name (GST_OBJECT (element));
  self->check_packets = check_packets;
  atomic_store (&self->time_ns, CVI_NONE);
  if (element_class == CVI_ELEMENT_DECODER ||
      element_class == CVI_ELEMENT_PARSER)
    self->decoder = cvi_trace_decoder_new (element_class == CVI_ELEMENT_DECODER,
        check_packets ? cvi_trace_element_on_packet : NULL, self);
  self->tap = cvi_log_tap_new ();
  cvi_log_tap_claim (self->tap, element);
  cvi_log_tap_set_threaded (
      self->tap, element_class == CVI_ELEMENT_DECODER && has_threads (element));
  cvi_trace_element_add_judge (self);
  gst_element_foreach_pad (element, add_each_pad, self);
  return self;
}

CviTraceElement *
cvi_trace_element_ref (CviTraceElement *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  CviTraceElement *self = data;

  for (guint i = 0; i < self->n_judges; i++) {
    g_signal_handlers_disconnect_by_data (self->judges[i], self);
    gst_object_unref (self->judges[i]);
  }
  g_clear_pointer (&self->decoder, cvi_trace_decoder_free);
  g_clear_pointer (&self->file, cvi_trace_file_unref);
  cvi_log_tap_free (self->tap);
  g_mutex_clear (&self->lock);
  g_free (self->name);
  g_free (self->factory);
}

void
cvi_trace_element_unref (CviTraceElement *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

void
cvi_trace_element_drain_locked (CviTraceElement *self)
{
  if (cvi_log_tap_pending (self->tap))
    cvi_log_tap_drain (
        self->tap, gst_cvi_check_report_log_entry, self->judges[0]);
}

void
cvi_trace_element_set_name (CviTraceElement *self, GstElement *element)
{
  char *name = gst_object_get_name (GST_OBJECT (element));

  g_mutex_lock (&self->lock);
  g_free (self->name);
  self->name = name;
  g_mutex_unlock (&self->lock);
}

/* What finds out which elements are needed says only that there are none. */
static gboolean
is_of_gatekeeper (GstMessage *message, const CviFinding *finding)
{
  GstObject *source = GST_MESSAGE_SRC (message);

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return FALSE;
  if (finding->rule == cvi_rule (CVI_RULE_CONTAINER_UNRECOGNISED))
    return !GST_IS_ELEMENT (source) ||
           !cvi_trace_file_is_empty (GST_ELEMENT_CAST (source));
  return finding->rule == cvi_rule (CVI_RULE_STREAM_UNSUPPORTED);
}

void
cvi_trace_element_message (CviTraceElement *self, GstMessage *message)
{
  GstCviCheck *judge = self->judges[0];
  g_autoptr (CviFinding) finding = NULL;
  gboolean consequence;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_QOS) {
    gst_cvi_check_note_drop (judge, message);
    return;
  }
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR && self->decoder)
    cvi_trace_decoder_set_failed (self->decoder);
  finding = cvi_finding_from_message (message, &consequence);
  if (!finding || consequence ||
      (self->element_class == CVI_ELEMENT_OTHER &&
          !is_of_gatekeeper (message, finding)))
    return;
  if (self->element_class == CVI_ELEMENT_DECODER) {
    finding->stream = gst_cvi_check_dup_stream_id (judge);
    finding->start_ns = finding->end_ns = cvi_stat_get (&judge->stats.last_end);
  }
  g_mutex_lock (&self->lock);
  gst_cvi_check_report (judge, g_steal_pointer (&finding));
  g_mutex_unlock (&self->lock);
}

void
cvi_trace_element_drain (CviTraceElement *self)
{
  if (!cvi_log_tap_pending (self->tap))
    return;
  g_mutex_lock (&self->lock);
  cvi_trace_element_drain_locked (self);
  g_mutex_unlock (&self->lock);
}

void
cvi_trace_element_end_judge (CviTraceElement *self, GstCviCheck *judge)
{
  GstStructure *fields = gst_structure_new_empty ("stream");
  g_autofree char *stream = gst_cvi_check_dup_stream_id (judge);
  gboolean decoder = self->element_class == CVI_ELEMENT_DECODER;
  g_autofree char *label =
      self->decoder ? cvi_trace_decoder_dup_label (self->decoder) : NULL;
  guint64 findings, occurrences;
  CviVerdict verdict;

  g_mutex_lock (&judge->lock);
  findings = cvi_collector_get_n_findings (judge->collector);
  occurrences = cvi_collector_get_n_occurrences (judge->collector);
  verdict = judge->verdict;
  g_mutex_unlock (&judge->lock);
  if (findings > 0 ||
      (decoder && cvi_trace_decoder_get_packets (self->decoder) > 0)) {
    gst_structure_set (fields, "verdict", G_TYPE_STRING,
        cvi_verdict_to_string (verdict), NULL);
    if (stream)
      gst_structure_set (fields, "stream", G_TYPE_STRING, stream, NULL);
    if (label)
      gst_structure_set (fields, "label", G_TYPE_STRING, label, NULL);
    gst_cvi_check_add_stats (judge, fields);
    cvi_trace_report_write (
        self->report, "stream", self->name, self->factory, fields);
    cvi_trace_report_count (
        self->report, verdict, decoder, findings, occurrences);
  }
  gst_structure_free (fields);
  gst_cvi_check_report_reset (judge);
  gst_cvi_check_stream_reset (judge);
}

void
cvi_trace_element_end (CviTraceElement *self)
{
  g_autoptr (CviFinding) finding = NULL;

  g_mutex_lock (&self->lock);
  cvi_trace_element_drain_locked (self);
  if (self->element_class == CVI_ELEMENT_DECODER)
    finding = cvi_trace_decoder_judge_failure (self->decoder, self->judges[0]);
  else
    finding = cvi_trace_length_judge (&self->length);
  if (finding)
    gst_cvi_check_report (self->judges[0], g_steal_pointer (&finding));
  for (guint i = 0; i < self->n_judges; i++)
    cvi_trace_element_end_judge (self, self->judges[i]);
  if (self->decoder)
    cvi_trace_decoder_reset (self->decoder);
  g_clear_pointer (&self->file, cvi_trace_file_unref);
  self->knows_file = FALSE;
  memset (&self->length, 0, sizeof self->length);
  atomic_store (&self->time_ns, CVI_NONE);
  atomic_fetch_add (&self->runs, 1);
  g_mutex_unlock (&self->lock);
}

void
cvi_trace_element_gone (CviTraceElement *self)
{
  cvi_log_tap_unclaim_all (self->tap);
  cvi_trace_element_end (self);
}
