/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-trace-element.h"

#include "plugin/element/cvi-message-map.h"
#include "plugin/element/gstcvicheck-private.h"

/* More source pads of one decoder are not told apart: none has as many. */
#define MAX_JUDGES 16

struct _CviTraceElement {
  CviElementClass element_class;
  CviTraceReport *report;
  CviLogTap *tap;
  char *factory;
  _Atomic guint64 packets;
  _Atomic guint64 time_ns;

  GMutex lock;
  /* under lock */
  char *name;
  guint n_judges;
  guint n_src_pads;
  GstCviCheck *judges[MAX_JUDGES];
};

/* What the probe of one pad uses. */
typedef struct {
  CviTraceElement *owner;
  GstCviCheck *judge; /* of a source pad; owned by the owner */
} PadWatch;

static void
on_finding (GstElement *judge, const GstStructure *finding, gpointer user_data)
{
  CviTraceElement *self = user_data;

  cvi_trace_report_write (
      self->report, "finding", self->name, self->factory, finding);
}

static GstCviCheck *
add_judge (CviTraceElement *self)
{
  GstCviCheck *judge = g_object_new (GST_TYPE_CVI_CHECK, NULL);

  gst_object_ref_sink (judge);
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
cvi_trace_element_new (
    GstElement *element, CviElementClass element_class, CviTraceReport *report)
{
  CviTraceElement *self = g_atomic_rc_box_new0 (CviTraceElement);
  GstElementFactory *factory = gst_element_get_factory (element);

  g_mutex_init (&self->lock);
  self->element_class = element_class;
  self->report = report;
  self->factory =
      g_strdup (factory ? GST_OBJECT_NAME (factory) : "(no factory)");
  self->name = gst_object_get_name (GST_OBJECT (element));
  atomic_store (&self->time_ns, CVI_NONE);
  self->tap = cvi_log_tap_new ();
  cvi_log_tap_claim (self->tap, element);
  cvi_log_tap_set_threaded (
      self->tap, element_class == CVI_ELEMENT_DECODER && has_threads (element));
  add_judge (self);
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

static void
enter (CviTraceElement *self, GstBuffer *buffer)
{
  guint64 time_ns = GST_BUFFER_DTS_OR_PTS (buffer);

  if (GST_BUFFER_PTS_IS_VALID (buffer))
    time_ns = GST_BUFFER_PTS (buffer);
  atomic_store_explicit (&self->time_ns, time_ns, memory_order_relaxed);
  atomic_fetch_add_explicit (&self->packets, 1, memory_order_relaxed);
  cvi_log_tap_enter (self->tap, time_ns);
}

static gboolean
enter_each (GstBuffer **buffer, guint index, gpointer user_data)
{
  enter (user_data, *buffer);
  return TRUE;
}

/* Events matter as well: at EOS a decoder decodes what it still holds. */
static GstPadProbeReturn
on_packet (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  CviTraceElement *self = ((PadWatch *)user_data)->owner;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    enter (self, GST_PAD_PROBE_INFO_BUFFER (info));
  else if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST)
    gst_buffer_list_foreach (
        GST_PAD_PROBE_INFO_BUFFER_LIST (info), enter_each, self);
  else
    cvi_log_tap_enter (
        self->tap, atomic_load_explicit (&self->time_ns, memory_order_relaxed));
  return GST_PAD_PROBE_OK;
}

/* Called with the lock. */
static void
judge_event (CviTraceElement *self, GstCviCheck *judge, GstEvent *event)
{
  /* Packets went in: the stream is no empty one, even if the decoder never
   * came to know its caps. */
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS &&
      atomic_load (&self->packets) > 0)
    judge->has_caps = TRUE;
  gst_cvi_check_stream_event (judge, event);
}

/* Called with the lock. */
static void
drain (CviTraceElement *self)
{
  if (cvi_log_tap_pending (self->tap))
    cvi_log_tap_drain (
        self->tap, gst_cvi_check_report_log_entry, self->judges[0]);
}

/* What leaves a decoder. */
static GstPadProbeReturn
on_output (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  PadWatch *watch = user_data;
  CviTraceElement *self = watch->owner;
  GstBufferList *list;

  g_mutex_lock (&self->lock);
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    gst_cvi_check_stream_buffer (
        watch->judge, GST_PAD_PROBE_INFO_BUFFER (info));
  } else if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    list = GST_PAD_PROBE_INFO_BUFFER_LIST (info);
    for (guint i = 0; i < gst_buffer_list_length (list); i++)
      gst_cvi_check_stream_buffer (watch->judge, gst_buffer_list_get (list, i));
  } else {
    judge_event (self, watch->judge, GST_PAD_PROBE_INFO_EVENT (info));
  }
  drain (self);
  g_mutex_unlock (&self->lock);
  return GST_PAD_PROBE_OK;
}

/* What leaves a demuxer or parser is not judged. A parser's lines are of this
 * stream. */
static GstPadProbeReturn
on_parsed (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  PadWatch *watch = user_data;
  CviTraceElement *self = watch->owner;
  const char *stream_id;

  if ((info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) &&
      self->element_class == CVI_ELEMENT_PARSER &&
      GST_EVENT_TYPE (info->data) == GST_EVENT_STREAM_START) {
    gst_event_parse_stream_start (info->data, &stream_id);
    g_mutex_lock (&self->lock);
    gst_cvi_check_set_stream_id (watch->judge, stream_id);
    g_mutex_unlock (&self->lock);
  }
  cvi_trace_element_drain (self);
  return GST_PAD_PROBE_OK;
}

static void
pad_watch_free (gpointer data)
{
  PadWatch *watch = data;

  cvi_trace_element_unref (watch->owner);
  g_free (watch);
}

/* Returns: (transfer none): the first source pad shares the judge of the
 * element's log and messages. */
static GstCviCheck *
judge_for_new_pad (CviTraceElement *self)
{
  GstCviCheck *judge = self->judges[0];

  g_mutex_lock (&self->lock);
  if (self->n_src_pads++ > 0 && self->n_judges < MAX_JUDGES)
    judge = add_judge (self);
  g_mutex_unlock (&self->lock);
  return judge;
}

static void
add_probe (CviTraceElement *self, GstPad *pad, GstPadProbeType types,
    GstPadProbeCallback func, GstCviCheck *judge)
{
  PadWatch *watch = g_new0 (PadWatch, 1);

  watch->owner = cvi_trace_element_ref (self);
  watch->judge = judge;
  gst_pad_add_probe (pad, types, func, watch, pad_watch_free);
}

/* What the application leads past the decoder is not missing. */
static void
on_unlinked (GstPad *pad, GstPad *peer, gpointer user_data)
{
  CviTraceElement *self = user_data;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->n_judges; i++)
    atomic_store (&self->judges[i]->unlinked, TRUE);
  g_mutex_unlock (&self->lock);
}

static void
unref_owner (gpointer data, GClosure *closure)
{
  cvi_trace_element_unref (data);
}

void
cvi_trace_element_add_pad (CviTraceElement *self, GstPad *pad)
{
  static const char mark[] = "cvi-trace-probed";
  const GstPadProbeType data =
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST;
  const GstPadProbeType events = GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM;

  if (g_object_get_data (G_OBJECT (pad), mark))
    return;
  g_object_set_data (G_OBJECT (pad), mark, (gpointer)mark);
  if (self->element_class == CVI_ELEMENT_DECODER && GST_PAD_IS_SINK (pad)) {
    add_probe (self, pad, data | events, on_packet, NULL);
    g_signal_connect_data (pad, "unlinked", G_CALLBACK (on_unlinked),
        cvi_trace_element_ref (self), unref_owner, (GConnectFlags)0);
  } else if (self->element_class == CVI_ELEMENT_DECODER) {
    add_probe (self, pad, data | events | GST_PAD_PROBE_TYPE_EVENT_FLUSH,
        on_output, judge_for_new_pad (self));
  } else if (GST_PAD_IS_SRC (pad)) {
    add_probe (self, pad, data | events, on_parsed, self->judges[0]);
  }
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
  finding = cvi_finding_from_message (message, &consequence);
  if (!finding || consequence)
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
  drain (self);
  g_mutex_unlock (&self->lock);
}

/* Called with the lock. */
static void
end_judge (CviTraceElement *self, GstCviCheck *judge)
{
  GstStructure *fields = gst_structure_new_empty ("stream");
  g_autofree char *stream = gst_cvi_check_dup_stream_id (judge);
  gboolean decoder = self->element_class == CVI_ELEMENT_DECODER;
  guint64 findings, occurrences;
  CviVerdict verdict;

  g_mutex_lock (&judge->lock);
  findings = cvi_collector_get_n_findings (judge->collector);
  occurrences = cvi_collector_get_n_occurrences (judge->collector);
  verdict = judge->verdict;
  g_mutex_unlock (&judge->lock);
  if (findings > 0 || (decoder && atomic_load (&self->packets) > 0)) {
    gst_structure_set (fields, "verdict", G_TYPE_STRING,
        cvi_verdict_to_string (verdict), NULL);
    if (stream)
      gst_structure_set (fields, "stream", G_TYPE_STRING, stream, NULL);
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
  g_mutex_lock (&self->lock);
  drain (self);
  for (guint i = 0; i < self->n_judges; i++)
    end_judge (self, self->judges[i]);
  atomic_store (&self->packets, 0);
  atomic_store (&self->time_ns, CVI_NONE);
  g_mutex_unlock (&self->lock);
}

void
cvi_trace_element_gone (CviTraceElement *self)
{
  cvi_log_tap_unclaim_all (self->tap);
  cvi_trace_element_end (self);
}
