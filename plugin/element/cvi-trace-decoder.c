/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-trace-decoder.h"

#include <string.h>

/* Decoding that begins at a recovery point, or inside the file, is whole after
 * so much. */
#define RECOVERY_NS GST_SECOND

struct _CviTraceDecoder {
  atomic_bool renewed;     /* what was learnt on the streaming thread is void */
  gboolean decodes;        /* no parser */
  CviPacketCheckFunc func; /* (nullable) */
  gpointer user_data;

  /* streaming thread of the sink pad */
  CviPacketCheck *check; /* (nullable) */
  GstSegment segment;
  gboolean idle;         /* packets do not follow each other */
  gboolean is_new;       /* the stream, and not looked for yet */
  gboolean has_new_caps; /* not looked at yet */
  gboolean bare;         /* what comes is the file as it lies there */
  guint64 next;          /* offset of what was not checked yet, if so */

  GMutex lock;
  /* under lock */
  CviTraceStream *stream; /* (nullable) */
  gboolean marks_sync;    /* its parser flags what is no sync point */
  guint64 packets;
  guint64 bytes;
  guint64 entry;   /* stream time of the first sync point, or CVI_NONE */
  gboolean inside; /* packets came before it */
  gboolean sought;
  gboolean trick; /* backwards, or with frames left out on purpose */
  guint64 since;  /* packets since the start or a seek */
  guint64 stop;   /* stream time that a seek ends at, or CVI_NONE */
  gboolean late;
  gboolean failed;
  gboolean per_packet; /* each packet gives a frame */
};

CviTraceDecoder *
cvi_trace_decoder_new (
    gboolean decodes, CviPacketCheckFunc func, gpointer user_data)
{
  CviTraceDecoder *self = g_new0 (CviTraceDecoder, 1);

  g_mutex_init (&self->lock);
  self->decodes = decodes;
  self->func = func;
  self->user_data = user_data;
  self->entry = self->stop = CVI_NONE;
  self->is_new = self->has_new_caps = TRUE;
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
  return self;
}

void
cvi_trace_decoder_free (CviTraceDecoder *self)
{
  cvi_packet_check_free (self->check);
  g_clear_pointer (&self->stream, cvi_trace_stream_unref);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Returns: (transfer full) (nullable) */
static CviTraceStream *
ref_stream (CviTraceDecoder *self)
{
  CviTraceStream *stream;

  g_mutex_lock (&self->lock);
  stream = self->stream ? cvi_trace_stream_ref (self->stream) : NULL;
  g_mutex_unlock (&self->lock);
  return stream;
}

/* CviPacketCheckFunc */
static void
on_packet (CviFinding *finding, gpointer user_data)
{
  CviTraceDecoder *self = user_data;

  cvi_finding_to_stream_time (finding, &self->segment);
  self->func (finding, self->user_data);
}

/* Called with the lock. */
static void
look_for_sync (CviTraceDecoder *self, GstBuffer *buffer)
{
  guint64 time = GST_BUFFER_DTS_OR_PTS (buffer);

  if ((!self->marks_sync && !self->sought) || self->entry != CVI_NONE ||
      self->segment.format != GST_FORMAT_TIME)
    return;
  /* The parser takes the first picture for a sync point, whatever it is. A real
   * one brings its parameter sets. */
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT) ||
      (self->marks_sync && self->since == 1 &&
          !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER))) {
    self->inside = TRUE;
    return;
  }
  if (GST_BUFFER_PTS_IS_VALID (buffer))
    time = GST_BUFFER_PTS (buffer);
  /* Without a time nothing can be told to lie before it. */
  if (time != CVI_NONE)
    time = gst_segment_to_stream_time (&self->segment, GST_FORMAT_TIME, time);
  self->entry = time == CVI_NONE ? 0 : time;
}

/* Returns: (transfer full) (nullable) */
static CviTraceStream *
find_stream (GstPad *pad)
{
  g_autoptr (GstElement) element = gst_pad_get_parent_element (pad);
  g_autofree char *id = gst_pad_get_stream_id (pad);

  return element && id ? cvi_trace_stream_find (element, id) : NULL;
}

/* By the first packet what is upstream is linked. */
static void
take_stream (CviTraceDecoder *self, GstPad *pad)
{
  CviTraceStream *stream = find_stream (pad);

  if (stream && self->decodes)
    cvi_trace_stream_set_decoder (stream);
  g_mutex_lock (&self->lock);
  if (self->stream)
    cvi_trace_stream_unref (self->stream);
  self->stream = stream;
  self->is_new = FALSE;
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
  if (!self->func || place == CVI_PACKETS_NONE)
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
  g_autoptr (CviTraceStream) stream = ref_stream (self);
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
  if (self->check && !cvi_packet_check_is_for (self->check, caps))
    g_clear_pointer (&self->check, cvi_packet_check_free);
  if (!self->check && is_place (self, pad, caps))
    self->check = cvi_packet_check_new (caps, FALSE, id, on_packet, self);
  if (self->check)
    cvi_packet_check_set_caps (self->check, caps);
}

/* A parser that pulls asks for some bytes twice. */
static void
check_block (CviTraceDecoder *self, GstBuffer *buffer)
{
  guint64 offset = GST_BUFFER_OFFSET (buffer);
  gsize size = gst_buffer_get_size (buffer), seen;
  GstBuffer *rest;

  if (!GST_BUFFER_OFFSET_IS_VALID (buffer) || offset > self->next) {
    g_clear_pointer (&self->check, cvi_packet_check_free);
    return;
  }
  seen = (gsize)MIN (self->next - offset, size);
  if (seen == size)
    return;
  self->next = offset + size;
  rest = gst_buffer_copy_region (
      buffer, GST_BUFFER_COPY_MEMORY, seen, size - seen);
  cvi_packet_check_buffer (self->check, rest);
  gst_buffer_unref (rest);
}

static void
end_check (CviTraceDecoder *self)
{
  gboolean sought;

  if (!self->check || self->idle)
    return;
  g_mutex_lock (&self->lock);
  sought = self->sought;
  g_mutex_unlock (&self->lock);
  cvi_packet_check_set_to_end (self->check, !sought);
  cvi_packet_check_end (self->check);
}

/* A new run of the pipeline, which may be of another file. */
static void
begin (CviTraceDecoder *self)
{
  g_clear_pointer (&self->check, cvi_packet_check_free);
  self->is_new = self->has_new_caps = TRUE;
  self->next = 0;
}

void
cvi_trace_decoder_buffer (CviTraceDecoder *self, GstPad *pad, GstBuffer *buffer)
{
  if (G_UNLIKELY (atomic_exchange (&self->renewed, FALSE)))
    begin (self);
  if (G_UNLIKELY (self->is_new))
    take_stream (self, pad);
  if (G_UNLIKELY (self->has_new_caps))
    take_caps (self, pad);
  g_mutex_lock (&self->lock);
  self->packets++;
  self->since++;
  self->bytes += gst_buffer_get_size (buffer);
  look_for_sync (self, buffer);
  g_mutex_unlock (&self->lock);
  if (self->check && self->bare)
    check_block (self, buffer);
  else if (self->check && !self->idle)
    cvi_packet_check_buffer (self->check, buffer);
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
  gboolean was_idle = self->idle;

  gst_event_copy_segment (event, &self->segment);
  self->idle = self->segment.rate <= 0. ||
               (self->segment.flags & GST_SEGMENT_FLAG_TRICKMODE);
  if (self->check && was_idle && !self->idle)
    cvi_packet_check_restart (self->check);
  g_mutex_lock (&self->lock);
  self->trick = self->idle;
  self->stop = get_stop (&self->segment);
  g_mutex_unlock (&self->lock);
}

static void
take_flush (CviTraceDecoder *self)
{
  g_mutex_lock (&self->lock);
  self->sought = TRUE;
  self->entry = CVI_NONE;
  self->since = 0;
  g_mutex_unlock (&self->lock);
  if (self->check)
    cvi_packet_check_restart (self->check);
}

void
cvi_trace_decoder_event (CviTraceDecoder *self, GstEvent *event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      self->is_new = TRUE;
      self->next = 0;
      if (self->check)
        cvi_packet_check_restart (self->check);
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

void
cvi_trace_decoder_set_late (CviTraceDecoder *self)
{
  g_mutex_lock (&self->lock);
  self->late = TRUE;
  g_mutex_unlock (&self->lock);
}

void
cvi_trace_decoder_set_failed (CviTraceDecoder *self)
{
  g_mutex_lock (&self->lock);
  self->failed = TRUE;
  g_mutex_unlock (&self->lock);
}

/* A recording that was started, or cut, in the middle of a GOP: the parser
 * drops what has no parameter sets yet (without a time), the decoder what has
 * no reference. Called with the lock. */
static gboolean
is_before_sync (CviTraceDecoder *self, const CviFinding *finding)
{
  if (!self->marks_sync || self->sought ||
      !g_str_has_prefix (finding->rule->id, "decode::"))
    return FALSE;
  if (finding->start_ns == CVI_NONE)
    return TRUE;
  if (!self->inside)
    return self->entry != CVI_NONE && finding->start_ns < self->entry;
  return self->entry == CVI_NONE ||
         finding->start_ns < self->entry + RECOVERY_NS;
}

/* Pictures that are shown before a sync point, but come behind it, have lost
 * what they refer to where decoding begins at it, or leaves it out as the first
 * behind the end. Called with the lock. */
static gboolean
is_near_seek (CviTraceDecoder *self, const CviFinding *finding)
{
  guint64 start = finding->start_ns;

  if (!g_str_has_prefix (finding->rule->id, "decode::"))
    return FALSE;
  if (self->trick)
    return TRUE;
  if (!self->sought)
    return FALSE;
  if (self->entry == CVI_NONE)
    return TRUE;
  return start != CVI_NONE &&
         (start < self->entry + RECOVERY_NS ||
             (self->stop != CVI_NONE && start + RECOVERY_NS >= self->stop));
}

CviFinding *
cvi_trace_decoder_filter (CviTraceDecoder *self, CviFinding *finding,
    const char *element, const char *factory)
{
  g_autoptr (CviTraceStream) stream = ref_stream (self);
  gboolean before;

  g_mutex_lock (&self->lock);
  before = is_before_sync (self, finding);
  if (is_near_seek (self, finding))
    finding->severity = CVI_SEVERITY_INFO;
  g_mutex_unlock (&self->lock);
  if (before)
    return cvi_finding_as_mid_gop (finding);
  return stream ? cvi_trace_stream_filter (stream, finding, element, factory)
                : finding;
}

void
cvi_trace_decoder_ended (CviTraceDecoder *self, GstCviCheck *judge,
    const char *element, const char *factory)
{
  g_autoptr (CviTraceStream) stream = NULL;
  CviTally tally = { .frames = cvi_stat_get (&judge->stats.buffers),
    .gaps = cvi_stat_get (&judge->stats.gaps),
    .first_ns = cvi_stat_get (&judge->stats.first_pts),
    .last_ns = cvi_stat_get (&judge->stats.last_end) };

  g_mutex_lock (&self->lock);
  if (self->stream && !self->sought && !self->late)
    stream = cvi_trace_stream_ref (self->stream);
  tally.packets = self->packets;
  tally.packet_bytes = self->bytes;
  g_mutex_unlock (&self->lock);
  if (stream)
    cvi_trace_stream_decoded (stream, &tally, element, factory);
}

void
cvi_trace_decoder_note_parsed (CviTraceDecoder *self, guint64 buffers)
{
  g_autoptr (CviTraceStream) stream = NULL;

  if (self->bare)
    end_check (self);
  g_mutex_lock (&self->lock);
  if (self->stream && !self->sought && self->packets > 0 && buffers == 0)
    stream = cvi_trace_stream_ref (self->stream);
  g_mutex_unlock (&self->lock);
  if (stream)
    cvi_trace_stream_set_stuck (stream);
}

CviFinding *
cvi_trace_decoder_judge_failure (CviTraceDecoder *self, GstCviCheck *judge)
{
  guint64 frames = cvi_stat_get (&judge->stats.buffers);
  g_autofree char *id = gst_cvi_check_dup_stream_id (judge);
  CviFinding *finding = NULL;

  g_mutex_lock (&self->lock);
  if (self->failed && !self->sought && self->packets > 0) {
    if (frames == 0)
      finding = cvi_finding_new (CVI_RULE_STREAM_NO_FRAMES, id,
          "the decoder gave up before the first frame");
    else if (self->per_packet && !self->late && frames < self->packets)
      finding = cvi_finding_new (CVI_RULE_STREAM_MISSING_FRAMES, id,
          "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
          " packets had given no frame when the decoder gave up",
          self->packets - frames, self->packets);
  }
  g_mutex_unlock (&self->lock);
  return finding;
}

char *
cvi_trace_decoder_dup_label (CviTraceDecoder *self)
{
  g_autoptr (CviTraceStream) stream = ref_stream (self);

  return stream ? g_strdup (cvi_trace_stream_get_label (stream)) : NULL;
}

guint64
cvi_trace_decoder_get_packets (CviTraceDecoder *self)
{
  guint64 packets;

  g_mutex_lock (&self->lock);
  packets = self->packets;
  g_mutex_unlock (&self->lock);
  return packets;
}

void
cvi_trace_decoder_reset (CviTraceDecoder *self)
{
  atomic_store (&self->renewed, TRUE);
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->stream, cvi_trace_stream_unref);
  self->packets = self->bytes = 0;
  self->entry = CVI_NONE;
  self->since = 0;
  self->inside = self->sought = self->late = self->failed = FALSE;
  g_mutex_unlock (&self->lock);
}
