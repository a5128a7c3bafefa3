/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/gstcvicheck-private.h"

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

/* Something to do besides passing the buffer on? */
static inline gboolean
needs_attention (GstCviCheck *self)
{
  return atomic_load_explicit (&self->attention, memory_order_relaxed) != 0 ||
         (self->decoder_watch &&
             cvi_log_tap_pending (
                 cvi_decoder_watch_get_tap (self->decoder_watch)));
}

static void
report_waiting (GstCviCheck *self)
{
  guint attention = atomic_exchange (&self->attention, 0);

  if (attention & CVI_ATTENTION_SETTINGS)
    gst_cvi_check_stream_apply_settings (self);
  gst_cvi_check_drain_log (self);
  gst_cvi_check_flush_reports (self);
  if (attention & CVI_ATTENTION_SUMMARY) {
    gst_cvi_check_post_summary (self);
    gst_cvi_check_begin_period (self);
  }
}

/* Returns: FALSE if fail-on ends the stream here */
static gboolean
attend (GstCviCheck *self)
{
  report_waiting (self);
  if (!gst_cvi_check_fail (self))
    return TRUE;
  /* So that the next buffer fails, too. */
  atomic_fetch_or (&self->attention, CVI_ATTENTION_VERDICT);
  return FALSE;
}

/* Returns: FALSE if fail-on ends the stream here */
static gboolean
check_buffer (GstCviCheck *self, GstBuffer *buffer)
{
  gst_cvi_check_stream_buffer (self, buffer);
  return G_LIKELY (!needs_attention (self)) || attend (self);
}

static GstFlowReturn
sink_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstCviCheck *self = GST_CVI_CHECK (parent);

  if (!check_buffer (self, buffer)) {
    gst_buffer_unref (buffer);
    return GST_FLOW_ERROR;
  }
  return gst_pad_push (self->srcpad, buffer);
}

static GstFlowReturn
sink_chain_list (GstPad *pad, GstObject *parent, GstBufferList *list)
{
  GstCviCheck *self = GST_CVI_CHECK (parent);
  guint n = gst_buffer_list_length (list);

  for (guint i = 0; i < n; i++) {
    if (!check_buffer (self, gst_buffer_list_get (list, i))) {
      gst_buffer_list_unref (list);
      return GST_FLOW_ERROR;
    }
  }
  return gst_pad_push_list (self->srcpad, list);
}

/* Everything is said before downstream, and so the application, sees EOS; the
 * error last, since many stop listening at it. */
static void
finish (GstCviCheck *self)
{
  report_waiting (self);
  gst_cvi_check_post_summary (self);
  gst_cvi_check_fail (self);
}

static gboolean
sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstCviCheck *self = GST_CVI_CHECK (parent);

  /* Lines up to now are of the stream before. */
  if (GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START)
    gst_cvi_check_drain_log (self);
  gst_cvi_check_stream_event (self, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    finish (self);
  else if (GST_EVENT_IS_SERIALIZED (event) && needs_attention (self))
    attend (self);
  return gst_pad_push_event (self->srcpad, event);
}

static GstFlowReturn
src_getrange (GstPad *pad, GstObject *parent, guint64 offset, guint length,
    GstBuffer **buffer)
{
  GstCviCheck *self = GST_CVI_CHECK (parent);
  GstBuffer *given = *buffer;
  GstFlowReturn flow;

  flow = gst_pad_pull_range (self->sinkpad, offset, length, buffer);
  if (flow != GST_FLOW_OK || check_buffer (self, *buffer))
    return flow;
  if (!given)
    gst_clear_buffer (buffer);
  return GST_FLOW_ERROR;
}

/* Pull mode is upstream's to offer: our sink pad asks it. */
static gboolean
src_activate_mode (
    GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  if (mode == GST_PAD_MODE_PULL)
    return gst_pad_activate_mode (
        GST_CVI_CHECK (parent)->sinkpad, mode, active);
  return mode == GST_PAD_MODE_PUSH;
}

/* On the thread that unlinks. Linked anew, only events come that differ. */
static void
on_unlinked (GstPad *pad, GstPad *peer, gpointer user_data)
{
  GstCviCheck *self = user_data;

  atomic_store (&self->unlinked, TRUE);
  g_mutex_lock (&self->lock);
  if (self->decoder_watch)
    cvi_decoder_watch_forget (self->decoder_watch);
  g_mutex_unlock (&self->lock);
}

void
gst_cvi_check_add_pad_templates (GstElementClass *klass)
{
  gst_element_class_add_static_pad_template (klass, &sink_template);
  gst_element_class_add_static_pad_template (klass, &src_template);
}

void
gst_cvi_check_add_pads (GstCviCheck *self)
{
  self->sinkpad = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (self->sinkpad, sink_chain);
  gst_pad_set_chain_list_function (self->sinkpad, sink_chain_list);
  gst_pad_set_event_function (self->sinkpad, sink_event);
  GST_PAD_SET_PROXY_CAPS (self->sinkpad);
  GST_PAD_SET_PROXY_ALLOCATION (self->sinkpad);
  GST_PAD_SET_PROXY_SCHEDULING (self->sinkpad);
  g_signal_connect (self->sinkpad, "unlinked", G_CALLBACK (on_unlinked), self);
  gst_element_add_pad (GST_ELEMENT (self), self->sinkpad);

  self->srcpad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_getrange_function (self->srcpad, src_getrange);
  gst_pad_set_activatemode_function (self->srcpad, src_activate_mode);
  GST_PAD_SET_PROXY_CAPS (self->srcpad);
  GST_PAD_SET_PROXY_ALLOCATION (self->srcpad);
  GST_PAD_SET_PROXY_SCHEDULING (self->srcpad);
  gst_element_add_pad (GST_ELEMENT (self), self->srcpad);
}
