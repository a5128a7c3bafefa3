/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-guard.h"
#include "plugin/core/cvi-finding.h"

struct _CviGuard {
  GstElement parent;
  GstPad *sink;
  GstPad *src;

  /* streaming thread only */
  guint errors_in_a_row;
  GstSegment segment;

  /* object lock */
  CviGuardStats stats;
};

G_DEFINE_FINAL_TYPE (CviGuard, cvi_guard, GST_TYPE_ELEMENT)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

/* One streaming thread writes most of the time; atomic because the worker's
 * main thread reads it to report progress. */
static guint64 total_buffers;

guint64
cvi_guard_total_buffers (void)
{
  return __atomic_load_n (&total_buffers, __ATOMIC_RELAXED);
}

/* Decoders leave out what the segment, an edit list for one, does not show. */
static gboolean
is_outside (const CviGuard *self, guint64 start, guint64 end)
{
  return self->segment.format == GST_FORMAT_TIME && start != CVI_NONE &&
         (start < self->segment.start || end > self->segment.stop);
}

static void
count_buffer (CviGuard *self, GstBuffer *buffer)
{
  guint64 time = GST_BUFFER_PTS_IS_VALID (buffer) ? GST_BUFFER_PTS (buffer)
                                                  : GST_BUFFER_DTS (buffer);
  guint64 end = time;

  __atomic_add_fetch (&total_buffers, 1, __ATOMIC_RELAXED);
  if (time != CVI_NONE && GST_BUFFER_DURATION_IS_VALID (buffer))
    end += GST_BUFFER_DURATION (buffer);

  GST_OBJECT_LOCK (self);
  self->stats.buffers++;
  self->stats.bytes += gst_buffer_get_size (buffer);
  if (is_outside (self, time, end)) {
    self->stats.outside++;
    self->stats.outside_bytes += gst_buffer_get_size (buffer);
  }
  if (time != CVI_NONE) {
    if (self->stats.last_ns == CVI_NONE || end > self->stats.last_ns)
      self->stats.last_ns = end;
    if (time < self->stats.first_ns)
      self->stats.first_ns = time;
  }
  GST_OBJECT_UNLOCK (self);
}

/* Brings parser and decoder back from their error state. FLUSH_STOP drops the
 * sticky segment downstream, so it is sent again. */
static void
restart_downstream (CviGuard *self)
{
  g_autoptr (GstEvent) segment =
      gst_pad_get_sticky_event (self->sink, GST_EVENT_SEGMENT, 0);

  gst_pad_push_event (self->src, gst_event_new_flush_start ());
  gst_pad_push_event (self->src, gst_event_new_flush_stop (FALSE));
  if (segment)
    gst_pad_push_event (self->src, g_steal_pointer (&segment));
}

/* Judges what downstream made of a buffer of timestamp @time. Only errors are
 * swallowed: EOS and FLUSHING mean what they say. */
static GstFlowReturn
handle_flow (CviGuard *self, GstFlowReturn ret, guint64 time)
{
  gboolean give_up;

  if (ret == GST_FLOW_OK) {
    self->errors_in_a_row = 0;
    return ret;
  }
  if (ret != GST_FLOW_ERROR && ret != GST_FLOW_NOT_NEGOTIATED &&
      ret != GST_FLOW_NOT_SUPPORTED && ret > GST_FLOW_CUSTOM_ERROR)
    return ret;

  give_up =
      ret != GST_FLOW_ERROR || ++self->errors_in_a_row >= CVI_GUARD_MAX_ERRORS;
  GST_OBJECT_LOCK (self);
  if (self->stats.errors++ == 0)
    self->stats.first_error_ns = time;
  if (give_up && !self->stats.given_up) {
    self->stats.given_up = TRUE;
    self->stats.given_up_ns = time;
    self->stats.not_negotiated = ret == GST_FLOW_NOT_NEGOTIATED;
  }
  GST_OBJECT_UNLOCK (self);
  if (!give_up)
    restart_downstream (self);
  return GST_FLOW_OK;
}

static GstFlowReturn
cvi_guard_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  CviGuard *self = CVI_GUARD (parent);
  guint64 time = GST_BUFFER_PTS_IS_VALID (buffer) ? GST_BUFFER_PTS (buffer)
                                                  : GST_BUFFER_DTS (buffer);

  count_buffer (self, buffer);
  /* given_up is only ever written on this thread */
  if (self->stats.given_up) {
    gst_buffer_unref (buffer);
    return GST_FLOW_OK;
  }
  return handle_flow (self, gst_pad_push (self->src, buffer), time);
}

static gboolean
cvi_guard_sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  CviGuard *self = CVI_GUARD (parent);

  GST_OBJECT_LOCK (self);
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    self->stats.eos = TRUE;
  else if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    self->stats.eos = FALSE;
  GST_OBJECT_UNLOCK (self);
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT)
    gst_event_copy_segment (event, &self->segment);
  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    /* A refused CAPS event must not make the demuxer fail: the next buffer
     * comes back NOT_NEGOTIATED and this stream alone is given up. */
    gst_pad_event_default (pad, parent, event);
    return TRUE;
  }
  return gst_pad_event_default (pad, parent, event);
}

void
cvi_guard_get_stats (CviGuard *guard, CviGuardStats *stats)
{
  g_return_if_fail (CVI_IS_GUARD (guard));

  GST_OBJECT_LOCK (guard);
  *stats = guard->stats;
  GST_OBJECT_UNLOCK (guard);
}

GstElement *
cvi_guard_new (void)
{
  return g_object_new (CVI_TYPE_GUARD, NULL);
}

static void
cvi_guard_class_init (CviGuardClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Stream guard",
      "Generic", "Keeps a failing decoder from ending the other streams",
      "The cvi developers");
}

static void
cvi_guard_init (CviGuard *self)
{
  self->sink = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (self->sink, cvi_guard_chain);
  gst_pad_set_event_function (self->sink, cvi_guard_sink_event);
  GST_PAD_SET_PROXY_CAPS (self->sink);
  GST_PAD_SET_PROXY_ALLOCATION (self->sink);
  gst_element_add_pad (GST_ELEMENT (self), self->sink);

  self->src = gst_pad_new_from_static_template (&src_template, "src");
  GST_PAD_SET_PROXY_CAPS (self->src);
  gst_element_add_pad (GST_ELEMENT (self), self->src);

  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
  self->stats.first_error_ns = self->stats.given_up_ns = CVI_NONE;
  self->stats.first_ns = self->stats.last_ns = CVI_NONE;
}
