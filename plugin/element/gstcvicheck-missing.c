/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What elements upstream say is missing: GAP events with the flag for that,
 * what an RTP jitter buffer tells its depayloader of lost packets, and what was
 * left out on purpose. */
#include "plugin/element/gstcvicheck-private.h"

#include "plugin/core/cvi-sequence.h"

/* Of rtpjitterbuffer with do-lost; a depayloader makes a GAP event of it. */
#define PACKET_LOST "GstRTPPacketLost"
/* Two dropped buffers this near are of one span. */
#define DROP_SLACK GST_SECOND

void
gst_cvi_check_missing_reset (GstCviCheck *self)
{
  self->missing_start = self->missing_end = CVI_NONE;
  self->told_start = self->told_end = CVI_NONE;
}

/* No time that a gap could have: a packet of a frame of several, or of a
 * stream whose timestamps are no cadence (packets of RTP). */
static void
report_place (GstCviCheck *self, guint64 start, guint64 end)
{
  CviFinding *finding;

  if (!gst_segment_clip (
          &self->segment, GST_FORMAT_TIME, start, end, NULL, NULL))
    return;
  finding = cvi_finding_new (CVI_RULE_TIME_GAP, self->stream_id,
      "data is missing here, an element upstream says");
  finding->start_ns = gst_cvi_check_stream_time (self, start);
  finding->end_ns = cvi_time_add (finding->start_ns, end - start);
  cvi_stat_add (&self->stats.gaps, 1);
  gst_cvi_check_report (self, finding);
}

void
gst_cvi_check_missing_end (GstCviCheck *self)
{
  guint64 start = self->missing_start;
  guint64 end = self->missing_end;

  if (start == CVI_NONE)
    return;
  self->missing_start = CVI_NONE;
  self->told_start = start;
  self->told_end = end;
  if (end == start || !self->cadenced)
    report_place (self, start, end);
  else
    cvi_continuity_gap (self->continuity, start, end - start, TRUE);
}

/* Many small holes side by side are one. */
static void
add_missing (GstCviCheck *self, guint64 start, guint64 duration)
{
  guint64 end;

  if (!self->timed || start == CVI_NONE)
    return;
  end = cvi_time_add (start, duration == CVI_NONE ? 0 : duration);
  if (self->missing_start == CVI_NONE || start < self->missing_start ||
      start > cvi_time_add (self->missing_end, GST_MSECOND)) {
    gst_cvi_check_missing_end (self);
    self->missing_start = self->missing_end = start;
  }
  self->missing_end = MAX (self->missing_end, end);
}

/* Returns: FALSE if the packet may have been one of error correction only */
static gboolean
parse_lost_packet (GstEvent *event, GstClockTime *time, GstClockTime *duration)
{
  const GstStructure *structure = gst_event_get_structure (event);
  gboolean redundant;

  if (gst_structure_get_boolean (
          structure, "might-have-been-fec", &redundant) &&
      redundant)
    return FALSE;
  if (!gst_structure_get_clock_time (structure, "duration", duration))
    *duration = 0;
  return gst_structure_get_clock_time (structure, "timestamp", time);
}

gboolean
gst_cvi_check_missing_event (GstCviCheck *self, GstEvent *event)
{
  GstClockTime start, duration;
  GstGapFlags flags;

  if (GST_EVENT_TYPE (event) == GST_EVENT_GAP) {
    gst_event_parse_gap_flags (event, &flags);
    if (!(flags & GST_GAP_FLAG_MISSING_DATA))
      return FALSE;
    gst_event_parse_gap (event, &start, &duration);
    add_missing (self, start, duration);
    return TRUE;
  }
  if (GST_EVENT_TYPE (event) != GST_EVENT_CUSTOM_DOWNSTREAM ||
      !gst_event_has_name (event, PACKET_LOST))
    return FALSE;
  /* It tells of running time. */
  if (parse_lost_packet (event, &start, &duration) &&
      self->segment.format == GST_FORMAT_TIME)
    add_missing (self,
        gst_segment_position_from_running_time (
            &self->segment, GST_FORMAT_TIME, start),
        duration);
  return TRUE;
}

/* A frame that lost a packet is missing as a whole: told of once. */
gboolean
gst_cvi_check_missing_covers (
    GstCviCheck *self, const CviContinuityEvent *event)
{
  guint64 frame = event->frame_ns == CVI_NONE ? 0 : event->frame_ns;

  return self->told_start != CVI_NONE &&
         event->start_ns <= cvi_time_add (self->told_end, frame) &&
         cvi_time_add (event->end_ns, frame) >= self->told_start;
}

/* Called with the lock. */
static CviDropped *
find_dropped (GstCviCheck *self, guint64 start, guint64 end)
{
  for (guint i = 0; i < MIN (self->n_dropped, CVI_MAX_DROPPED); i++) {
    CviDropped *span = &self->dropped[i];

    if (start <= span->end && end >= span->start)
      return span;
  }
  return NULL;
}

void
gst_cvi_check_note_drop (GstCviCheck *self, GstMessage *message)
{
  guint64 start, duration, end;
  CviDropped *span;

  gst_message_parse_qos (message, NULL, NULL, &start, NULL, &duration);
  if (start == CVI_NONE)
    return;
  end = cvi_time_add (
      start, MIN (duration == CVI_NONE ? 0 : duration, DROP_SLACK));
  g_mutex_lock (&self->lock);
  span = find_dropped (self, start - MIN (start, DROP_SLACK), end);
  if (span) {
    span->start = MIN (span->start, start);
    span->end = MAX (span->end, end);
  } else {
    span = &self->dropped[self->n_dropped % CVI_MAX_DROPPED];
    *span = (CviDropped){ start, end };
    self->n_dropped++;
    if (self->n_dropped == 2 * CVI_MAX_DROPPED)
      self->n_dropped = CVI_MAX_DROPPED;
  }
  g_mutex_unlock (&self->lock);
}

gboolean
gst_cvi_check_missing_is_dropped (
    GstCviCheck *self, const CviContinuityEvent *event)
{
  guint64 start = gst_cvi_check_stream_time (self, event->start_ns);
  gboolean dropped;

  g_mutex_lock (&self->lock);
  dropped = find_dropped (self, start,
                cvi_time_add (start, event->end_ns - event->start_ns)) != NULL;
  g_mutex_unlock (&self->lock);
  return dropped;
}
