/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-span.h"

struct _CviSpan {
  GstPad *pad;
  gulong probe;
  GstSegment segment; /* of the streaming thread alone */
  GMutex lock;
  /* under lock */
  guint64 start_ns;
  guint64 end_ns;
};

static void
add_buffer (CviSpan *span, GstBuffer *buffer)
{
  guint64 start = GST_BUFFER_PTS (buffer);
  guint64 end = start;

  if (span->segment.format != GST_FORMAT_TIME ||
      !GST_BUFFER_PTS_IS_VALID (buffer))
    return;
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    end += MIN (GST_BUFFER_DURATION (buffer), GST_CLOCK_TIME_NONE - 1 - start);
  /* What is outside of the segment is decoded and not shown. */
  if (!gst_segment_clip (
          &span->segment, GST_FORMAT_TIME, start, end, &start, &end))
    return;
  start = gst_segment_to_running_time (&span->segment, GST_FORMAT_TIME, start);
  end = gst_segment_to_running_time (&span->segment, GST_FORMAT_TIME, end);
  if (start == GST_CLOCK_TIME_NONE || end == GST_CLOCK_TIME_NONE)
    return;
  g_mutex_lock (&span->lock);
  span->start_ns = MIN (span->start_ns, start);
  if (span->end_ns == GST_CLOCK_TIME_NONE || end > span->end_ns)
    span->end_ns = end;
  g_mutex_unlock (&span->lock);
}

static GstPadProbeReturn
on_data (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  CviSpan *span = user_data;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    add_buffer (span, GST_PAD_PROBE_INFO_BUFFER (info));
  else if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) ==
           GST_EVENT_SEGMENT)
    gst_event_copy_segment (GST_PAD_PROBE_INFO_EVENT (info), &span->segment);
  return GST_PAD_PROBE_OK;
}

CviSpan *
cvi_span_new (GstPad *pad)
{
  CviSpan *span = g_new0 (CviSpan, 1);

  g_mutex_init (&span->lock);
  span->start_ns = span->end_ns = GST_CLOCK_TIME_NONE;
  gst_segment_init (&span->segment, GST_FORMAT_UNDEFINED);
  span->pad = gst_object_ref (pad);
  span->probe = gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_data,
      span, NULL);
  return span;
}

void
cvi_span_get (CviSpan *span, guint64 *start_ns, guint64 *end_ns)
{
  g_mutex_lock (&span->lock);
  *start_ns = span->start_ns;
  *end_ns = span->end_ns;
  g_mutex_unlock (&span->lock);
}

void
cvi_span_free (CviSpan *span)
{
  gst_pad_remove_probe (span->pad, span->probe);
  gst_object_unref (span->pad);
  g_mutex_clear (&span->lock);
  g_free (span);
}
