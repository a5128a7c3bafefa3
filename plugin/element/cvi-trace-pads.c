/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What passes the pads of an element of the application. */
#include "plugin/element/cvi-pad-data.h"
#include "plugin/element/cvi-trace-element-private.h"

/* What the probe of one pad uses. */
typedef struct {
  CviTraceElement *owner;
  GstCviCheck *judge;     /* of a source pad; owned by the owner */
  CviTraceStream *stream; /* (nullable): of a demuxer's source pad */
  guint run;              /* of the owner, that what follows is of */
  CviStreamStart start;   /* what leaves a decoder */
  guint n_followed;       /* times that another stream followed */
} PadWatch;

/* A pad may outlive a run of the pipeline. */
static gboolean
is_new_run (PadWatch *watch)
{
  guint run = atomic_load_explicit (&watch->owner->runs, memory_order_relaxed);

  if (G_LIKELY (watch->run == run))
    return FALSE;
  watch->run = run;
  return TRUE;
}

/* CviBufferFunc */
static void
enter (GstPad *pad, GstBuffer *buffer, gpointer user_data)
{
  CviTraceElement *self = ((PadWatch *)user_data)->owner;
  guint64 time_ns = cvi_buffer_time (buffer);

  atomic_store_explicit (&self->time_ns, time_ns, memory_order_relaxed);
  cvi_trace_decoder_buffer (self->decoder, pad, buffer);
  if (self->element_class == CVI_ELEMENT_DECODER)
    cvi_log_tap_enter (self->tap, time_ns);
}

/* Events matter as well: at EOS a decoder decodes what it still holds. */
static GstPadProbeReturn
on_packet (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  PadWatch *watch = user_data;
  CviTraceElement *self = watch->owner;
  GstEvent *event;

  if (!info->data || cvi_probe_each_buffer (pad, info, enter, watch))
    return GST_PAD_PROBE_OK;
  event = cvi_probe_serialized_event (info);
  if (!event)
    return GST_PAD_PROBE_OK;
  cvi_trace_decoder_event (self->decoder, event);
  if (self->element_class == CVI_ELEMENT_DECODER)
    cvi_log_tap_enter (
        self->tap, atomic_load_explicit (&self->time_ns, memory_order_relaxed));
  return GST_PAD_PROBE_OK;
}

/* Called with the lock. What is not sent again when a stream begins is still
 * true of the pad. */
static void
take_sticky (GstCviCheck *judge, GstPad *pad, GstEventType type)
{
  g_autoptr (GstEvent) event = gst_pad_get_sticky_event (pad, type, 0);
  gboolean has_caps = judge->has_caps;

  if (event)
    gst_cvi_check_stream_event (judge, event);
  judge->has_caps = has_caps;
}

/* Called with the lock. Another stream leaves the decoder, which was given it
 * without going to READY: that before is judged, and forgotten. */
static void
end_stream (PadWatch *watch, CviStreamChange change)
{
  CviTraceElement *self = watch->owner;

  cvi_trace_element_drain_locked (self);
  if (watch->judge == self->judges[0] && change == CVI_STREAM_NEXT)
    cvi_trace_decoder_ended (self->decoder, watch->n_followed, FALSE,
        watch->judge, self->name, self->factory);
  watch->n_followed++;
  cvi_trace_element_end_judge (self, watch->judge);
  if (watch->judge == self->judges[0])
    cvi_trace_decoder_follow (self->decoder, watch->n_followed);
}

/* Called with the lock. */
static void
begin_stream (PadWatch *watch, GstPad *pad, GstEvent *event)
{
  CviStreamChange change = cvi_stream_start_take (&watch->start, event);

  if (change != CVI_STREAM_SAME)
    end_stream (watch, change);
  gst_cvi_check_stream_event (watch->judge, event);
  take_sticky (watch->judge, pad, GST_EVENT_CAPS);
  if (change != CVI_STREAM_SAME)
    take_sticky (watch->judge, pad, GST_EVENT_SEGMENT);
}

/* Called with the lock. */
static void
end_of_stream (PadWatch *watch, GstEvent *event)
{
  CviTraceElement *self = watch->owner;
  GstCviCheck *judge = watch->judge;

  /* Packets went in: the stream is no empty one, even if the decoder never
   * came to know its caps. */
  if (cvi_trace_decoder_get_packets (self->decoder) > 0)
    judge->has_caps = TRUE;
  gst_cvi_check_stream_event (judge, event);
  if (judge == self->judges[0])
    cvi_trace_decoder_ended (self->decoder, watch->n_followed, TRUE, judge,
        self->name, self->factory);
}

/* Called with the lock. */
static void
judge_event (PadWatch *watch, GstPad *pad, GstEvent *event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      begin_stream (watch, pad, event);
      break;
    case GST_EVENT_EOS:
      end_of_stream (watch, event);
      break;
    default:
      gst_cvi_check_stream_event (watch->judge, event);
      break;
  }
}

/* Does the event say that frames come too late? */
static gboolean
is_late (GstEvent *event)
{
  GstQOSType type;
  GstClockTimeDiff diff;

  if (GST_EVENT_TYPE (event) != GST_EVENT_QOS)
    return FALSE;
  gst_event_parse_qos (event, &type, NULL, &diff, NULL);
  return diff > 0 || type == GST_QOS_TYPE_THROTTLE;
}

/* CviBufferFunc, called with the lock */
static void
judge_buffer (GstPad *pad, GstBuffer *buffer, gpointer user_data)
{
  gst_cvi_check_stream_buffer (((PadWatch *)user_data)->judge, buffer);
}

/* What leaves a decoder, and what comes back. */
static GstPadProbeReturn
on_output (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  PadWatch *watch = user_data;
  CviTraceElement *self = watch->owner;
  GstEvent *event;

  if ((info->type & GST_PAD_PROBE_TYPE_EVENT_UPSTREAM) &&
      GST_EVENT_IS_UPSTREAM (GST_PAD_PROBE_INFO_EVENT (info))) {
    if (is_late (GST_PAD_PROBE_INFO_EVENT (info)))
      cvi_trace_decoder_set_late (self->decoder);
    return GST_PAD_PROBE_OK;
  }
  event = cvi_probe_serialized_event (info);
  if (event && is_new_run (watch)) {
    cvi_stream_start_clear (&watch->start);
    watch->n_followed = 0;
  }
  g_mutex_lock (&self->lock);
  if (event)
    judge_event (watch, pad, event);
  else
    cvi_probe_each_buffer (pad, info, judge_buffer, watch);
  cvi_trace_element_drain_locked (self);
  g_mutex_unlock (&self->lock);
  return GST_PAD_PROBE_OK;
}

/* CviBufferFunc, of what leaves a demuxer */
static void
take_packet (GstPad *pad, GstBuffer *buffer, gpointer user_data)
{
  cvi_trace_stream_buffer (((PadWatch *)user_data)->stream, pad, buffer);
}

/* One of the demuxer's streams is over. */
static void
note_length (const PadWatch *watch, GstPad *pad)
{
  CviTraceElement *self = watch->owner;
  g_autoptr (GstElement) demuxer = gst_pad_get_parent_element (pad);
  gboolean sought;
  guint64 end = cvi_trace_stream_get_end (watch->stream, &sought);
  g_autoptr (CviTraceFile) file =
      demuxer ? cvi_trace_file_find (demuxer) : NULL;

  if (!demuxer || (file && cvi_trace_file_walks ()) ||
      !cvi_trace_length_is_known (demuxer))
    return;
  g_mutex_lock (&self->lock);
  self->length.streams = demuxer->numsrcpads;
  cvi_trace_length_add (&self->length, pad, end, sought);
  g_mutex_unlock (&self->lock);
}

/* What leaves a parser, whose lines are of this stream.
 * @event: (nullable) */
static void
look_at_parsed (const PadWatch *watch, GstEvent *event)
{
  CviTraceElement *self = watch->owner;
  const char *stream_id;

  if (!event) {
    cvi_trace_decoder_count_parsed (self->decoder);
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    cvi_trace_decoder_note_parsed (self->decoder);
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START) {
    gst_event_parse_stream_start (event, &stream_id);
    g_mutex_lock (&self->lock);
    /* Lines up to now are of the stream before. */
    cvi_trace_element_drain_locked (self);
    gst_cvi_check_set_stream_id (watch->judge, stream_id);
    g_mutex_unlock (&self->lock);
  }
}

/* A demuxer, at its sink pad: every pull of the process comes by there. */
static GQuark
puller_quark (void)
{
  static atomic_uint known;
  GQuark quark = atomic_load_explicit (&known, memory_order_relaxed);

  /* At every pull: not under the lock of all quarks. */
  if (G_UNLIKELY (quark == 0)) {
    quark = g_quark_from_static_string ("cvi-trace-puller");
    atomic_store_explicit (&known, quark, memory_order_relaxed);
  }
  return quark;
}

static gpointer
ref_if_there (gpointer element, gpointer user_data)
{
  return element ? cvi_trace_element_ref (element) : NULL;
}

void
cvi_trace_element_pull (GstPad *pad, guint64 offset, guint64 size)
{
  g_autoptr (CviTraceElement) self =
      g_object_dup_qdata (G_OBJECT (pad), puller_quark (), ref_if_there, NULL);
  g_autoptr (GstElement) demuxer = NULL;

  if (!self)
    return;
  g_mutex_lock (&self->lock);
  if (!self->knows_file) {
    demuxer = gst_pad_get_parent_element (pad);
    self->knows_file = TRUE;
    self->file = demuxer ? cvi_trace_file_find (demuxer) : NULL;
  }
  if (self->file)
    cvi_trace_file_note_read (self->file, offset, size);
  g_mutex_unlock (&self->lock);
}

/* What is found in packets is given to the owner, which each probe keeps. */
static CviTraceStream *
make_stream (CviTraceElement *self, GstPad *pad)
{
  g_autoptr (GstElement) demuxer = gst_pad_get_parent_element (pad);

  return demuxer ? cvi_trace_stream_new (demuxer, pad,
                       self->check_packets ? cvi_trace_element_on_packet : NULL,
                       self)
                 : NULL;
}

/* What leaves a demuxer. @event: (nullable) */
static void
look_at_demuxed (
    PadWatch *watch, GstPad *pad, GstPadProbeInfo *info, GstEvent *event)
{
  /* It carries another stream than in the run before. */
  if (G_UNLIKELY (is_new_run (watch))) {
    cvi_trace_stream_unref (watch->stream);
    watch->stream = make_stream (watch->owner, pad);
  }
  if (!watch->stream)
    return;
  if (!event) {
    cvi_probe_each_buffer (pad, info, take_packet, watch);
    return;
  }
  cvi_trace_stream_event (watch->stream, pad, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    note_length (watch, pad);
}

/* What leaves a demuxer or parser is not judged. */
static GstPadProbeReturn
on_parsed (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  PadWatch *watch = user_data;
  GstEvent *event = cvi_probe_serialized_event (info);

  if (!event && !(info->type & (GST_PAD_PROBE_TYPE_BUFFER |
                                   GST_PAD_PROBE_TYPE_BUFFER_LIST)))
    return GST_PAD_PROBE_OK;
  if (watch->stream)
    look_at_demuxed (watch, pad, info, event);
  if (watch->owner->element_class == CVI_ELEMENT_PARSER)
    look_at_parsed (watch, event);
  cvi_trace_element_drain (watch->owner);
  return GST_PAD_PROBE_OK;
}

static void
pad_watch_free (gpointer data)
{
  PadWatch *watch = data;

  g_clear_pointer (&watch->stream, cvi_trace_stream_unref);
  cvi_stream_start_clear (&watch->start);
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
  if (self->n_src_pads++ > 0 && self->n_judges < CVI_TRACE_MAX_JUDGES)
    judge = cvi_trace_element_add_judge (self);
  g_mutex_unlock (&self->lock);
  return judge;
}

static PadWatch *
watch_pad (CviTraceElement *self, GstCviCheck *judge)
{
  PadWatch *watch = g_new0 (PadWatch, 1);

  watch->owner = cvi_trace_element_ref (self);
  watch->judge = judge;
  watch->run = atomic_load (&self->runs);
  return watch;
}

/* What the application leads past the decoder or parser is not missing. */
static void
on_unlinked (GstPad *pad, GstPad *peer, gpointer user_data)
{
  CviTraceElement *self = user_data;

  /* What has not begun cannot be cut: linked anew, it begins as a whole. */
  if (cvi_trace_decoder_get_packets (self->decoder) == 0)
    return;
  g_mutex_lock (&self->lock);
  /* Lines up to now are of what came without a cut. */
  cvi_trace_element_drain_locked (self);
  cvi_trace_decoder_set_cut (self->decoder);
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
  const GstPadProbeType data = GST_PAD_PROBE_TYPE_BUFFER |
                               GST_PAD_PROBE_TYPE_BUFFER_LIST |
                               GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM;
  const GstPadProbeType flush = GST_PAD_PROBE_TYPE_EVENT_FLUSH;
  const GstPadProbeType late = GST_PAD_PROBE_TYPE_EVENT_UPSTREAM;
  PadWatch *watch;

  if (self->element_class == CVI_ELEMENT_OTHER ||
      g_object_get_data (G_OBJECT (pad), mark))
    return;
  g_object_set_data (G_OBJECT (pad), mark, (gpointer)mark);
  if (GST_PAD_IS_SINK (pad)) {
    if (self->decoder)
      g_signal_connect_data (pad, "unlinked", G_CALLBACK (on_unlinked),
          cvi_trace_element_ref (self), unref_owner, (GConnectFlags)0);
    if (self->element_class == CVI_ELEMENT_DEMUXER)
      g_object_set_qdata_full (G_OBJECT (pad), puller_quark (),
          cvi_trace_element_ref (self),
          (GDestroyNotify)cvi_trace_element_unref);
    if (self->decoder)
      gst_pad_add_probe (pad, data | flush | GST_PAD_PROBE_TYPE_SCHEDULING,
          on_packet, watch_pad (self, NULL), pad_watch_free);
  } else if (self->element_class == CVI_ELEMENT_DECODER) {
    gst_pad_add_probe (pad, data | flush | late, on_output,
        watch_pad (self, judge_for_new_pad (self)), pad_watch_free);
  } else {
    watch = watch_pad (self, self->judges[0]);
    if (self->element_class == CVI_ELEMENT_DEMUXER)
      watch->stream = make_stream (self, pad);
    gst_pad_add_probe (pad, data | flush, on_parsed, watch, pad_watch_free);
  }
}
