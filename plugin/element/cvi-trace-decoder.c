/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-trace-decoder-private.h"

#include <string.h>

CviTraceDecoder *
cvi_trace_decoder_new (
    gboolean decodes, CviPacketCheckFunc func, gpointer user_data)
{
  CviTraceDecoder *self = g_new0 (CviTraceDecoder, 1);

  g_mutex_init (&self->lock);
  self->decodes = decodes;
  cvi_trace_packets_init (&self->packets, func, user_data);
  self->entry = self->stop = CVI_NONE;
  self->is_new = self->has_new_caps = TRUE;
  return self;
}

void
cvi_trace_decoder_free (CviTraceDecoder *self)
{
  cvi_trace_packets_clear (&self->packets);
  cvi_stream_start_clear (&self->start);
  g_clear_pointer (&self->stream, cvi_trace_stream_unref);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Called with the lock. What follows is counted anew. */
static void
forget_stream (CviTraceDecoder *self)
{
  g_clear_pointer (&self->stream, cvi_trace_stream_unref);
  self->n_packets = self->bytes = 0;
  self->entry = CVI_NONE;
  self->since = 0;
  self->inside = self->sought = self->late = self->failed = FALSE;
  atomic_store (&self->parsed, 0);
}

/* Called with the lock. Another stream, without a state in between: concat,
 * decodebin3. Counts that mix two say nothing of either. */
static void
count_anew (CviTraceDecoder *self)
{
  forget_stream (self);
  self->n_counted = self->n_started;
  self->sought = self->switched;
}

/* Called with the lock. */
static void
look_for_sync (CviTraceDecoder *self, GstBuffer *buffer)
{
  const GstSegment *segment = &self->packets.segment;
  guint64 time = cvi_buffer_time (buffer);

  if ((!self->marks_sync && !self->sought) || self->entry != CVI_NONE ||
      segment->format != GST_FORMAT_TIME)
    return;
  /* The parser takes the first picture for a sync point, whatever it is. A real
   * one brings its parameter sets. */
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT) ||
      (self->marks_sync && self->since == 1 &&
          !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER))) {
    self->inside = TRUE;
    return;
  }
  /* Without a time nothing can be told to lie before it. */
  if (time != CVI_NONE)
    time = gst_segment_to_stream_time (segment, GST_FORMAT_TIME, time);
  self->entry = time == CVI_NONE ? 0 : time;
}

/* Returns: (transfer full) (nullable) */
static CviTraceStream *
find_stream (GstPad *pad)
{
  g_autoptr (GstElement) element = gst_pad_get_parent_element (pad);
  CviTraceStream *stream = NULL;
  CviStreamStart start = { 0 };

  cvi_stream_start_read (&start, pad);
  if (element && start.id)
    stream = cvi_trace_stream_find (element, &start);
  cvi_stream_start_clear (&start);
  return stream;
}

/* By the first packet what is upstream is linked. */
static void
take_stream (CviTraceDecoder *self, GstPad *pad)
{
  CviTraceStream *stream = find_stream (pad);

  if (stream && self->decodes)
    cvi_trace_stream_set_decoder (stream);
  self->is_new = FALSE;
  g_mutex_lock (&self->lock);
  if (self->n_counted != self->n_started)
    count_anew (self);
  if (self->stream)
    cvi_trace_stream_unref (self->stream);
  self->stream = stream;
  g_mutex_unlock (&self->lock);
}

/* What is no more than an elementary stream comes to the parser as it lies in
 * the file. */
static gboolean
is_place (CviTraceDecoder *self, GstPad *pad, const GstCaps *caps)
{
  CviPacketPlace place = cvi_packet_check_place (caps, FALSE);
  g_autoptr (GstElement) element = NULL;

  self->bare = FALSE;
  if (place == CVI_PACKETS_NONE)
    return FALSE;
  if (self->decodes)
    return place == CVI_PACKETS_PARSED;
  element = gst_pad_get_parent_element (pad);
  self->bare = place == CVI_PACKETS_DEMUXED && element &&
               cvi_trace_file_is_bare (element);
  return self->bare;
}

/* Where data are pulled, no event brings them.
 * Returns: (transfer full) (nullable) */
static GstCaps *
get_caps (GstPad *pad)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);

  if (!caps)
    caps = gst_pad_peer_query_caps (pad, NULL);
  if (caps && !gst_caps_is_fixed (caps))
    gst_clear_caps (&caps);
  return caps;
}

static void
take_caps (CviTraceDecoder *self, GstPad *pad)
{
  g_autoptr (CviTraceStream) stream = cvi_trace_decoder_ref_stream (self);
  g_autoptr (GstCaps) caps = get_caps (pad);
  g_autofree char *id = gst_pad_get_stream_id (pad);
  const char *name;

  self->has_new_caps = FALSE;
  if (!caps)
    return;
  name = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  g_mutex_lock (&self->lock);
  self->marks_sync = stream && cvi_trace_stream_is_broadcast (stream) &&
                     (strcmp (name, "video/x-h264") == 0 ||
                         strcmp (name, "video/x-h265") == 0);
  self->per_packet = cvi_tally_gives_frame_per_packet (caps);
  g_mutex_unlock (&self->lock);
  cvi_trace_packets_set_caps (
      &self->packets, caps, is_place (self, pad, caps), id);
}

/* A parser that pulls asks for some bytes twice. */
static void
check_block (CviTraceDecoder *self, GstBuffer *buffer)
{
  guint64 offset = GST_BUFFER_OFFSET (buffer);
  gsize size = gst_buffer_get_size (buffer), seen;
  GstBuffer *rest;

  if (!GST_BUFFER_OFFSET_IS_VALID (buffer) || offset > self->next) {
    cvi_trace_packets_stop (&self->packets);
    return;
  }
  seen = (gsize)MIN (self->next - offset, size);
  if (seen == size)
    return;
  self->next = offset + size;
  rest = gst_buffer_copy_region (
      buffer, GST_BUFFER_COPY_MEMORY, seen, size - seen);
  cvi_trace_packets_buffer (&self->packets, rest);
  gst_buffer_unref (rest);
}

static void
end_check (CviTraceDecoder *self)
{
  gboolean sought;

  g_mutex_lock (&self->lock);
  sought = self->sought;
  g_mutex_unlock (&self->lock);
  cvi_trace_packets_end (&self->packets, !sought);
}

/* A new run of the pipeline, which may be of another file. */
static void
begin (CviTraceDecoder *self)
{
  cvi_trace_packets_stop (&self->packets);
  cvi_stream_start_clear (&self->start);
  self->is_new = self->has_new_caps = TRUE;
  self->next = 0;
}

static void
attend (CviTraceDecoder *self)
{
  guint pending = atomic_exchange (&self->pending, 0);

  if (pending & CVI_TRACE_RENEWED)
    begin (self);
  else if (pending & CVI_TRACE_CUT)
    cvi_trace_packets_restart (&self->packets);
}

/* Every packet comes by here: to look costs less than to exchange. */
static inline gboolean
needs_attention (CviTraceDecoder *self)
{
  return atomic_load_explicit (&self->pending, memory_order_relaxed) != 0;
}

void
cvi_trace_decoder_buffer (CviTraceDecoder *self, GstPad *pad, GstBuffer *buffer)
{
  if (G_UNLIKELY (needs_attention (self)))
    attend (self);
  if (G_UNLIKELY (self->is_new))
    take_stream (self, pad);
  if (G_UNLIKELY (self->has_new_caps))
    take_caps (self, pad);
  g_mutex_lock (&self->lock);
  self->n_packets++;
  self->since++;
  self->bytes += gst_buffer_get_size (buffer);
  look_for_sync (self, buffer);
  g_mutex_unlock (&self->lock);
  if (!self->bare)
    cvi_trace_packets_buffer (&self->packets, buffer);
  else if (self->packets.check)
    check_block (self, buffer);
}

/* Where the application wants to stop before the end, CVI_NONE if it does not.
 */
static guint64
get_stop (const GstSegment *segment)
{
  guint64 stop = segment->stop;

  if (segment->format != GST_FORMAT_TIME || stop == CVI_NONE ||
      (segment->duration != CVI_NONE && stop >= segment->duration))
    return CVI_NONE;
  return gst_segment_to_stream_time (segment, GST_FORMAT_TIME, stop);
}

static void
take_segment (CviTraceDecoder *self, GstEvent *event)
{
  cvi_trace_packets_segment (&self->packets, event);
  g_mutex_lock (&self->lock);
  self->trick = self->packets.idle;
  self->stop = get_stop (&self->packets.segment);
  g_mutex_unlock (&self->lock);
}

/* What comes does not follow on. */
static void
begin_anywhere (CviTraceDecoder *self)
{
  g_mutex_lock (&self->lock);
  self->sought = TRUE;
  self->entry = CVI_NONE;
  self->since = 0;
  g_mutex_unlock (&self->lock);
}

static void
take_flush (CviTraceDecoder *self)
{
  begin_anywhere (self);
  cvi_trace_packets_restart (&self->packets);
}

static void
take_start (CviTraceDecoder *self, GstEvent *event)
{
  CviStreamChange change = cvi_stream_start_take (&self->start, event);

  self->is_new = TRUE;
  self->next = 0;
  if (change == CVI_STREAM_SAME) {
    cvi_trace_packets_restart (&self->packets);
    return;
  }
  /* Caps that stay are not sent again. */
  self->has_new_caps = TRUE;
  cvi_trace_packets_end (&self->packets, FALSE);
  cvi_trace_packets_stop (&self->packets);
  g_mutex_lock (&self->lock);
  self->n_started++;
  self->switched = change == CVI_STREAM_SWITCHED;
  g_mutex_unlock (&self->lock);
}

void
cvi_trace_decoder_event (CviTraceDecoder *self, GstEvent *event)
{
  if (needs_attention (self))
    attend (self);
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      take_start (self, event);
      break;
    case GST_EVENT_CAPS:
      self->has_new_caps = TRUE;
      break;
    case GST_EVENT_SEGMENT:
      take_segment (self, event);
      break;
    case GST_EVENT_FLUSH_STOP:
      take_flush (self);
      break;
    case GST_EVENT_EOS:
      if (!self->bare)
        end_check (self);
      break;
    default:
      break;
  }
}

/* @flag: of @self */
static void
set_flag (CviTraceDecoder *self, gboolean *flag)
{
  g_mutex_lock (&self->lock);
  *flag = TRUE;
  g_mutex_unlock (&self->lock);
}

void
cvi_trace_decoder_set_cut (CviTraceDecoder *self)
{
  g_autoptr (CviTraceStream) stream = cvi_trace_decoder_ref_stream (self);

  atomic_fetch_or (&self->pending, CVI_TRACE_CUT);
  begin_anywhere (self);
  if (stream)
    cvi_trace_stream_leave (stream);
}

void
cvi_trace_decoder_set_late (CviTraceDecoder *self)
{
  set_flag (self, &self->late);
}

void
cvi_trace_decoder_set_failed (CviTraceDecoder *self)
{
  set_flag (self, &self->failed);
}

void
cvi_trace_decoder_follow (CviTraceDecoder *self, guint n)
{
  g_mutex_lock (&self->lock);
  if (self->n_started == n && self->n_counted != n)
    count_anew (self);
  g_mutex_unlock (&self->lock);
}

void
cvi_trace_decoder_count_parsed (CviTraceDecoder *self)
{
  atomic_fetch_add_explicit (&self->parsed, 1, memory_order_relaxed);
}

void
cvi_trace_decoder_note_parsed (CviTraceDecoder *self)
{
  g_autoptr (CviTraceStream) stream = NULL;

  if (self->bare)
    end_check (self);
  g_mutex_lock (&self->lock);
  if (self->stream && !self->sought && self->n_packets > 0 &&
      atomic_load (&self->parsed) == 0)
    stream = cvi_trace_stream_ref (self->stream);
  g_mutex_unlock (&self->lock);
  if (stream)
    cvi_trace_stream_set_stuck (stream);
}

void
cvi_trace_decoder_reset (CviTraceDecoder *self)
{
  atomic_fetch_or (&self->pending, CVI_TRACE_RENEWED);
  g_mutex_lock (&self->lock);
  forget_stream (self);
  self->n_started = self->n_counted = 0;
  g_mutex_unlock (&self->lock);
}
