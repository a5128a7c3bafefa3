/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-window-gate.h"

#include "plugin/core/cvi-finding.h"

/* How much is searched for a sync point, as a multiple of the window, and at
 * least. */
#define SEARCH_FACTOR 20
#define MIN_SEARCH_NS (4 * GST_SECOND)

struct _CviWindowGate {
  GstPad *pad;
  gulong probe;
  GstPad *frames; /* (nullable) */
  gulong frames_probe;
  guint64 window_ns;
  gboolean needs_header;

  /* streaming thread */
  gboolean closed; /* until the first seek: what comes before is no window */
  guint64 first;   /* timestamp of the first packet after the flush */
  guint64 start;   /* and of the sync point */

  guint64 entry; /* atomic */
  gint inside;   /* atomic */
  gint shown;    /* atomic: a frame since the flush */
};

static void
set_entry (CviWindowGate *gate, guint64 time)
{
  __atomic_store_n (&gate->entry, time, __ATOMIC_RELAXED);
}

guint64
cvi_window_gate_get_entry (CviWindowGate *gate)
{
  return __atomic_load_n (&gate->entry, __ATOMIC_RELAXED);
}

/* Findings are in stream time. */
static guint64
stream_time (CviWindowGate *gate, guint64 time)
{
  g_autoptr (GstEvent) event =
      gst_pad_get_sticky_event (gate->pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;
  guint64 result = GST_CLOCK_TIME_NONE;

  if (event && time != CVI_NONE) {
    gst_event_parse_segment (event, &segment);
    if (segment->format == GST_FORMAT_TIME)
      result = gst_segment_to_stream_time (segment, GST_FORMAT_TIME, time);
  }
  return result == GST_CLOCK_TIME_NONE ? time : result;
}

gboolean
cvi_window_gate_began_inside (CviWindowGate *gate)
{
  return g_atomic_int_get (&gate->inside);
}

static gboolean
is_over (const CviWindowGate *gate, guint64 entry, guint64 time)
{
  if (time == CVI_NONE || gate->window_ns == 0)
    return FALSE;
  if (entry != CVI_NONE)
    return gate->start != CVI_NONE && time > gate->start &&
           time - gate->start > gate->window_ns;
  return gate->first != CVI_NONE && time > gate->first &&
         time - gate->first >
             MAX (SEARCH_FACTOR * gate->window_ns, MIN_SEARCH_NS);
}

/* h264parse and h265parse let the first picture after a flush pass for a sync
 * point, whatever it is (seen: P and B pictures after a seek into a transport
 * stream). A real one brings its parameter sets there. */
static gboolean
is_sync_point (const CviWindowGate *gate, GstBuffer *buffer, gboolean is_first)
{
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
    return FALSE;
  return !is_first || !gate->needs_header ||
         GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER);
}

static GstPadProbeReturn
on_packet (CviWindowGate *gate, GstPadProbeInfo *info)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  guint64 entry = cvi_window_gate_get_entry (gate);
  guint64 time = GST_BUFFER_DTS_OR_PTS (buffer);
  gboolean is_first = gate->first == CVI_NONE;

  if (gate->closed)
    return GST_PAD_PROBE_DROP;
  if (is_over (gate, entry, time)) {
    gst_buffer_unref (buffer);
    GST_PAD_PROBE_INFO_DATA (info) = NULL;
    GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_EOS;
    return GST_PAD_PROBE_HANDLED;
  }
  if (is_first)
    gate->first = time;
  if (entry != CVI_NONE)
    return GST_PAD_PROBE_OK;
  if (!is_sync_point (gate, buffer, is_first)) {
    g_atomic_int_set (&gate->inside, TRUE);
    return gate->window_ns > 0 ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
  }
  gate->start = time;
  if (GST_BUFFER_PTS_IS_VALID (buffer))
    time = GST_BUFFER_PTS (buffer);
  /* Without a time nothing can be told to lie before it. */
  set_entry (gate, time == CVI_NONE ? 0 : stream_time (gate, time));
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_data (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  CviWindowGate *gate = user_data;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    return on_packet (gate, info);
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) ==
      GST_EVENT_FLUSH_STOP) {
    set_entry (gate, CVI_NONE);
    g_atomic_int_set (&gate->shown, FALSE);
    gate->closed = FALSE;
    gate->first = gate->start = CVI_NONE;
  }
  return GST_PAD_PROBE_OK;
}

CviWindowGate *
cvi_window_gate_new (GstPad *pad, guint64 window_ns, gboolean needs_header)
{
  CviWindowGate *gate = g_new0 (CviWindowGate, 1);

  gate->pad = gst_object_ref (pad);
  gate->window_ns = window_ns;
  gate->closed = window_ns > 0;
  gate->needs_header = needs_header;
  gate->first = gate->start = gate->entry = CVI_NONE;
  gate->probe = gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_FLUSH |
          GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_data, gate, NULL);
  return gate;
}

static GstPadProbeReturn
on_frame (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  CviWindowGate *gate = user_data;

  g_atomic_int_set (&gate->shown, TRUE);
  return GST_PAD_PROBE_OK;
}

void
cvi_window_gate_watch (CviWindowGate *gate, GstPad *frames)
{
  gate->frames = gst_object_ref (frames);
  gate->frames_probe = gst_pad_add_probe (
      frames, GST_PAD_PROBE_TYPE_BUFFER, on_frame, gate, NULL);
}

gboolean
cvi_window_gate_has_shown (CviWindowGate *gate)
{
  return cvi_window_gate_get_entry (gate) == CVI_NONE ||
         g_atomic_int_get (&gate->shown);
}

void
cvi_window_gate_free (CviWindowGate *gate)
{
  if (gate->frames)
    gst_pad_remove_probe (gate->frames, gate->frames_probe);
  g_clear_pointer (&gate->frames, gst_object_unref);
  gst_pad_remove_probe (gate->pad, gate->probe);
  gst_object_unref (gate->pad);
  g_free (gate);
}
