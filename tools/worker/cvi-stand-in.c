/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-stand-in.h"

#include <string.h>

/* H.264 and H.265 allow 16 frames of reordering. */
#define SETTLED_FRAMES 16
#define MAX_WAITING 32
/* Flags of packets that a decoder has to see. */
#define NEEDED                                                                 \
  (GST_BUFFER_FLAG_DISCONT | GST_BUFFER_FLAG_CORRUPTED |                       \
      GST_BUFFER_FLAG_HEADER | GST_BUFFER_FLAG_DECODE_ONLY |                   \
      GST_BUFFER_FLAG_GAP)

typedef struct {
  guint64 pts;
  guint64 duration;
} Waiting;

/* All of it is of the streaming thread. */
struct _CviStandIn {
  CviPacketCheck *check;
  GstPad *sink;
  GstPad *src;
  gulong sink_probe;
  gulong src_probe;
  GstSegment segment;
  Waiting waiting[MAX_WAITING]; /* by pts */
  guint n_waiting;
  guint n_frames;        /* of the decoder, since it began */
  guint64 last_pts;      /* that went out */
  guint64 last_duration; /* of a frame of the decoder's */
  gboolean off;
  /* atomic */
  guint64 n_packets;
  guint64 n_spared;
};

static void
start_over (CviStandIn *self)
{
  self->n_waiting = 0;
  self->n_frames = 0;
  self->last_pts = GST_CLOCK_TIME_NONE;
}

/* Decoders leave out frames that are not shown. */
static gboolean
is_shown (const CviStandIn *self, GstBuffer *buffer)
{
  guint64 start = GST_BUFFER_PTS (buffer);

  return self->segment.format == GST_FORMAT_TIME && self->segment.rate > 0 &&
         start >= self->segment.start && start < self->segment.stop;
}

static gboolean
is_spare (CviStandIn *self, GstBuffer *buffer)
{
  return !self->off && self->n_frames >= SETTLED_FRAMES &&
         self->n_waiting < MAX_WAITING && GST_BUFFER_PTS_IS_VALID (buffer) &&
         !GST_BUFFER_FLAG_IS_SET (buffer, NEEDED) && is_shown (self, buffer) &&
         GST_BUFFER_PTS (buffer) > self->last_pts &&
         cvi_packet_check_is_spare (self->check, buffer);
}

static void
add_waiting (CviStandIn *self, GstBuffer *buffer)
{
  guint64 pts = GST_BUFFER_PTS (buffer);
  guint i = self->n_waiting++;

  for (; i > 0 && self->waiting[i - 1].pts > pts; i--)
    self->waiting[i] = self->waiting[i - 1];
  self->waiting[i] = (Waiting){ pts, GST_BUFFER_DURATION (buffer) };
  __atomic_add_fetch (&self->n_spared, 1, __ATOMIC_RELAXED);
}

/* Past the source pad's probes, which we are in. */
static void
push (CviStandIn *self, const Waiting *waiting)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (self->src);
  GstBuffer *buffer;

  if (!peer)
    return;
  buffer = gst_buffer_new ();
  GST_BUFFER_PTS (buffer) = waiting->pts;
  GST_BUFFER_DURATION (buffer) = waiting->duration != GST_CLOCK_TIME_NONE
                                     ? waiting->duration
                                     : self->last_duration;
  self->last_pts = waiting->pts;
  gst_pad_chain (peer, buffer);
}

static void
push_before (CviStandIn *self, guint64 pts)
{
  guint n = 0;

  while (n < self->n_waiting && self->waiting[n].pts < pts)
    push (self, &self->waiting[n++]);
  self->n_waiting -= n;
  memmove (self->waiting, self->waiting + n,
      self->n_waiting * sizeof *self->waiting);
}

static void
take_frame (CviStandIn *self, GstBuffer *buffer)
{
  guint64 pts = GST_BUFFER_PTS (buffer);

  self->n_frames++;
  self->last_duration = GST_BUFFER_DURATION (buffer);
  push_before (self, pts);
  /* Something in the stream is not in the order that it was. */
  if (pts == GST_CLOCK_TIME_NONE ||
      (self->last_pts != GST_CLOCK_TIME_NONE && pts <= self->last_pts))
    self->off = TRUE;
  self->last_pts = pts;
}

static GstPadProbeReturn
on_packet (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  CviStandIn *self = user_data;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

    __atomic_add_fetch (&self->n_packets, 1, __ATOMIC_RELAXED);
    if (!is_spare (self, buffer))
      return GST_PAD_PROBE_OK;
    add_waiting (self, buffer);
    return GST_PAD_PROBE_DROP;
  }
  switch (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info))) {
    case GST_EVENT_FLUSH_STOP:
      start_over (self);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment (GST_PAD_PROBE_INFO_EVENT (info), &self->segment);
      break;
    default:
      break;
  }
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_frame (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  CviStandIn *self = user_data;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    take_frame (self, GST_PAD_PROBE_INFO_BUFFER (info));
    return GST_PAD_PROBE_OK;
  }
  switch (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info))) {
    case GST_EVENT_CAPS:
    case GST_EVENT_SEGMENT:
      /* How far the new stream is reordered is to be learnt again. */
      push_before (self, GST_CLOCK_TIME_NONE);
      start_over (self);
      break;
    case GST_EVENT_EOS:
      push_before (self, GST_CLOCK_TIME_NONE);
      break;
    default:
      break;
  }
  return GST_PAD_PROBE_OK;
}

CviStandIn *
cvi_stand_in_new (CviPacketCheck *check, GstElement *decoder)
{
  CviStandIn *self = g_new0 (CviStandIn, 1);

  self->check = check;
  self->sink = gst_element_get_static_pad (decoder, "sink");
  self->src = gst_element_get_static_pad (decoder, "src");
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
  self->last_duration = GST_CLOCK_TIME_NONE;
  start_over (self);
  self->sink_probe = gst_pad_add_probe (self->sink,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
          GST_PAD_PROBE_TYPE_EVENT_FLUSH,
      on_packet, self, NULL);
  self->src_probe = gst_pad_add_probe (self->src,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_frame,
      self, NULL);
  return self;
}

void
cvi_stand_in_free (CviStandIn *self)
{
  gst_pad_remove_probe (self->sink, self->sink_probe);
  gst_pad_remove_probe (self->src, self->src_probe);
  gst_object_unref (self->sink);
  gst_object_unref (self->src);
  g_free (self);
}

guint64
cvi_stand_in_get_n_packets (CviStandIn *self)
{
  return __atomic_load_n (&self->n_packets, __ATOMIC_RELAXED);
}

guint64
cvi_stand_in_get_n_spared (CviStandIn *self)
{
  return __atomic_load_n (&self->n_spared, __ATOMIC_RELAXED);
}
