/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/gstcvicheck-private.h"

#include <string.h>
#include "plugin/core/cvi-sequence.h"

#define MSECOND (GST_MSECOND)
/* Shorter disturbances of a regular stream are noted, not held against it. */
#define NOTABLE_FRAMES 3
#define NOTABLE_GAP (250 * MSECOND)
/* Sound in packets of 2.7 ms (Vorbis): several of them are still no time. A
 * remuxer that counts the samples of a change of block size wrong leaves 9 ms
 * (ffmpeg, Ogg to Matroska; measured). */
#define NOTABLE_SOUND_GAP (20 * MSECOND)
/* A cut that copies packets (ffmpeg -t -c copy; measured) loses the frames that
 * are shown before its last one and decoded behind it: as many as a decoder may
 * reorder. */
#define NOTABLE_AT_END 16
/* Overlap in a stream whose frame duration is not known. */
#define NOTABLE_OVERLAP (100 * MSECOND)
/* In video of variable frame rate only a gap this long is odd; sound has no
 * reason to pause. Measured: not one gap in 200 healthy files. */
#define NOTABLE_VARIABLE_GAP (5 * GST_SECOND)

guint64
gst_cvi_check_stream_time (GstCviCheck *self, guint64 timestamp)
{
  guint64 time;

  if (timestamp == CVI_NONE || self->segment.format != GST_FORMAT_TIME)
    return timestamp;
  /* Before the segment's start there is no stream time for it. */
  if (gst_segment_to_stream_time_full (
          &self->segment, GST_FORMAT_TIME, timestamp, &time) != 1 ||
      time == CVI_NONE)
    return timestamp;
  return time;
}

/* Can the gap be explained by how the stream is made? */
static gboolean
is_minor_gap (GstCviCheck *self, const CviContinuityEvent *event)
{
  guint64 length = event->end_ns - event->start_ns;

  /* Upstream knows that it is none. */
  if (event->missing || atomic_load (&self->gap_threshold) > 0)
    return FALSE;
  if (event->at_end && !self->audio && event->n_frames <= NOTABLE_AT_END)
    return TRUE;
  if (!event->regular)
    return length < (self->audio ? NOTABLE_GAP : NOTABLE_VARIABLE_GAP);
  if (self->audio && length < NOTABLE_SOUND_GAP)
    return TRUE;
  return event->n_frames < NOTABLE_FRAMES && length < NOTABLE_GAP;
}

static gboolean
is_minor_overlap (GstCviCheck *self, const CviContinuityEvent *event)
{
  guint64 length = event->end_ns - event->start_ns;

  if (atomic_load (&self->overlap_threshold) > 0)
    return FALSE;
  if (event->n_frames == 0)
    return length < NOTABLE_OVERLAP;
  /* Until a receiver knows the sender's clock (rtpjitterbuffer, in the first
   * second; measured), its timestamps step back by what the network's delay
   * varies. */
  return event->n_frames < NOTABLE_FRAMES ||
         (!event->regular && length < NOTABLE_GAP);
}

static CviFinding *
new_time_finding (GstCviCheck *self, CviRuleId rule, const char *what,
    const CviContinuityEvent *event)
{
  guint64 length = event->end_ns - event->start_ns;
  CviFinding *finding;

  finding = cvi_finding_new (rule, self->stream_id,
      "%" G_GUINT64_FORMAT ".%03u s %s (about %" G_GUINT64_FORMAT " frames%s)",
      length / GST_SECOND, (guint)(length % GST_SECOND / GST_MSECOND), what,
      event->n_frames, event->regular ? "" : ", variable frame rate");
  finding->start_ns = gst_cvi_check_stream_time (self, event->start_ns);
  finding->end_ns = cvi_time_add (finding->start_ns, length);
  return finding;
}

/* Dropped on purpose, or told of already. */
static gboolean
is_explained (GstCviCheck *self, const CviContinuityEvent *event)
{
  if (event->missing)
    return FALSE;
  return gst_cvi_check_missing_is_dropped (self, event) ||
         (is_minor_gap (self, event) &&
             gst_cvi_check_missing_covers (self, event));
}

static void
on_continuity (const CviContinuityEvent *event, gpointer user_data)
{
  GstCviCheck *self = user_data;
  CviFinding *finding = NULL;
  gboolean minor = FALSE;

  if (event->kind == CVI_CONTINUITY_GAP && is_explained (self, event))
    return;
  switch (event->kind) {
    case CVI_CONTINUITY_GAP:
      cvi_stat_add (&self->stats.gaps, 1);
      finding = new_time_finding (self, CVI_RULE_TIME_GAP, "missing", event);
      minor = is_minor_gap (self, event);
      break;
    case CVI_CONTINUITY_OVERLAP:
      cvi_stat_add (&self->stats.overlaps, 1);
      finding =
          new_time_finding (self, CVI_RULE_TIME_OVERLAP, "overlap", event);
      minor = is_minor_overlap (self, event);
      break;
    case CVI_CONTINUITY_BACKWARDS:
      cvi_stat_add (&self->stats.backwards, 1);
      finding = new_time_finding (
          self, CVI_RULE_TIME_BACKWARDS, "stepped back", event);
      minor = is_minor_overlap (self, event);
      break;
    case CVI_CONTINUITY_NO_TIMESTAMPS:
      finding = cvi_finding_new (CVI_RULE_TIME_NO_TIMESTAMPS, self->stream_id,
          "buffers without timestamps");
      break;
  }
  if (minor)
    finding->severity = CVI_SEVERITY_INFO;
  gst_cvi_check_report (self, finding);
}

void
gst_cvi_check_stream_init (GstCviCheck *self)
{
  self->continuity = cvi_continuity_new (on_continuity, self);
  gst_cvi_check_stream_reset (self);
}

void
gst_cvi_check_stream_clear (GstCviCheck *self)
{
  g_clear_pointer (&self->continuity, cvi_continuity_free);
}

/* Without one only steps back in time count. */
static void
set_cadenced (GstCviCheck *self, gboolean cadenced)
{
  self->cadenced = cadenced;
  cvi_continuity_set_sparse (self->continuity, !cadenced);
}

static void
forget_stream (GstCviCheck *self)
{
  cvi_continuity_reset (self->continuity);
  cvi_continuity_set_nominal (self->continuity, 0);
  set_cadenced (self, TRUE);
  cvi_continuity_set_order (self->continuity, CVI_ORDER_PRESENTATION);
  self->flushed = self->has_caps = self->has_data = FALSE;
  self->sparse = FALSE;
}

void
gst_cvi_check_stream_reset (GstCviCheck *self)
{
  CviStats *stats = &self->stats;

  forget_stream (self);
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
  self->timed = self->joined = FALSE;
  atomic_store (&self->unlinked, FALSE);
  self->summary_due = CVI_NONE;
  self->earlier_packets = 0;
  gst_cvi_check_missing_reset (self);
  memset (stats, 0, sizeof *stats);
  cvi_stat_set (&stats->first_pts, CVI_NONE);
  cvi_stat_set (&stats->last_end, CVI_NONE);
  cvi_stat_set (&stats->frame_duration, CVI_NONE);
  gst_cvi_check_stream_apply_settings (self);
}

void
gst_cvi_check_stream_apply_settings (GstCviCheck *self)
{
  cvi_continuity_set_thresholds (self->continuity,
      atomic_load (&self->gap_threshold),
      atomic_load (&self->overlap_threshold));
}

static void
update_times (GstCviCheck *self)
{
  CviStats *stats = &self->stats;

  cvi_stat_set (&stats->first_pts, cvi_continuity_get_first (self->continuity));
  cvi_stat_set (&stats->last_end, cvi_continuity_get_end (self->continuity));
  cvi_stat_set (&stats->frame_duration,
      cvi_continuity_get_frame_duration (self->continuity));
}

static void
report_corrupted (GstCviCheck *self, GstBuffer *buffer)
{
  CviFinding *finding = cvi_finding_new (CVI_RULE_DECODE_CORRUPT_FRAME,
      self->stream_id, "frame is marked as corrupted");
  guint64 time = gst_cvi_check_stream_time (self, GST_BUFFER_PTS (buffer));

  cvi_stat_add (&self->stats.corrupted, 1);
  finding->start_ns = finding->end_ns = time;
  if (time != CVI_NONE && GST_BUFFER_DURATION_IS_VALID (buffer))
    finding->end_ns = cvi_time_add (time, GST_BUFFER_DURATION (buffer));
  gst_cvi_check_report (self, finding);
}

/* By the stream's own time, which a seek may move. */
static void
check_interval (GstCviCheck *self, guint64 pts)
{
  guint64 interval = atomic_load (&self->summary_interval);
  guint64 due = self->summary_due;

  if (pts == CVI_NONE || (pts < due && due - pts <= interval))
    return;
  if (due != CVI_NONE && pts >= due)
    atomic_fetch_or (&self->attention, CVI_ATTENTION_SUMMARY);
  self->summary_due = pts + MIN (interval, CVI_NONE - 1 - pts);
}

/* What has passed before the pad was linked anew is not missing. */
static void
follow_anew (GstCviCheck *self)
{
  atomic_store (&self->unlinked, FALSE);
  cvi_continuity_drain (self->continuity);
  cvi_continuity_flush (self->continuity);
  gst_cvi_check_missing_reset (self);
  self->joined = TRUE;
  if (self->decoder_watch)
    cvi_decoder_watch_update (self->decoder_watch, GST_ELEMENT (self));
}

void
gst_cvi_check_stream_buffer (GstCviCheck *self, GstBuffer *buffer)
{
  if (G_UNLIKELY (atomic_load_explicit (&self->unlinked, memory_order_relaxed)))
    follow_anew (self);
  if (G_UNLIKELY (self->missing_start != CVI_NONE))
    gst_cvi_check_missing_end (self);
  cvi_stat_add (&self->stats.buffers, 1);
  cvi_stat_add (&self->stats.bytes, gst_buffer_get_size (buffer));
  self->has_data = TRUE;
  if (G_UNLIKELY (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_CORRUPTED)))
    report_corrupted (self, buffer);
  if (!self->timed)
    return;
  cvi_continuity_push (self->continuity, GST_BUFFER_PTS (buffer),
      GST_BUFFER_DTS (buffer), GST_BUFFER_DURATION (buffer),
      GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT));
  update_times (self);
  if (G_UNLIKELY (atomic_load_explicit (
                      &self->summary_interval, memory_order_relaxed) > 0))
    check_interval (self, GST_BUFFER_PTS (buffer));
}

void
gst_cvi_check_stream_join (GstCviCheck *self)
{
  g_autoptr (GstObject) parent = gst_object_get_parent (GST_OBJECT (self));

  self->joined = parent && GST_IS_ELEMENT (parent) &&
                 GST_STATE (parent) == GST_STATE_PLAYING;
}

/* Kinds of stream that have a cadence; of all others only steps back count. */
static gboolean
is_audio_or_video (const char *name)
{
  return g_str_has_prefix (name, "video/") || g_str_has_prefix (name, "audio/");
}

static void
take_caps (GstCviCheck *self, GstCaps *caps)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);
  const char *name = gst_structure_get_name (structure);
  gint num, denom;
  guint64 nominal = 0;

  self->audio = g_str_has_prefix (name, "audio/");
  set_cadenced (self, !self->sparse && is_audio_or_video (name));
  cvi_continuity_set_order (self->continuity,
      g_str_has_prefix (name, "video/") && strcmp (name, "video/x-raw") != 0
          ? CVI_ORDER_DECODE
          : CVI_ORDER_PRESENTATION);
  if (gst_structure_get_fraction (structure, "framerate", &num, &denom) &&
      num > 0 && denom > 0)
    nominal = gst_util_uint64_scale (GST_SECOND, denom, num);
  cvi_continuity_set_nominal (self->continuity, nominal);
}

static void
begin_stream (GstCviCheck *self, const char *stream_id)
{
  cvi_continuity_drain (self->continuity);
  forget_stream (self);
  gst_cvi_check_set_stream_id (self, stream_id);
  if (self->decoder_watch)
    self->earlier_packets = cvi_decoder_watch_get_packets (self->decoder_watch);
  g_object_notify (G_OBJECT (self), "stream-id");
}

static void
handle_stream_start (GstCviCheck *self, GstEvent *event)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (self->sinkpad);
  const char *stream_id;
  GstStreamFlags flags;

  cvi_bus_watch_attach (self->bus_watch);
  gst_event_parse_stream_start (event, &stream_id);
  gst_event_parse_stream_flags (event, &flags);
  if (g_strcmp0 (stream_id, self->stream_id) != 0)
    begin_stream (self, stream_id);
  self->sparse = (flags & GST_STREAM_FLAG_SPARSE) != 0;
  set_cadenced (self, !self->sparse);
  /* Decoders do not send caps again that stay what they are. */
  if (caps && gst_caps_get_size (caps) > 0)
    take_caps (self, caps);
  if (self->decoder_watch)
    cvi_decoder_watch_update (self->decoder_watch, GST_ELEMENT (self));
}

static void
handle_caps (GstCviCheck *self, GstEvent *event)
{
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  if (gst_caps_get_size (caps) == 0)
    return;
  self->has_caps = TRUE;
  take_caps (self, caps);
  if (self->decoder_watch)
    cvi_decoder_watch_update (self->decoder_watch, GST_ELEMENT (self));
}

static void
handle_segment (GstCviCheck *self, GstEvent *event)
{
  gboolean contiguous = self->timed;
  GstSegment next;

  gst_event_copy_segment (event, &next);
  /* Backwards and trick modes leave frames out on purpose. */
  self->timed = next.format == GST_FORMAT_TIME && next.rate > 0. &&
                !(next.flags & GST_SEGMENT_FLAG_TRICKMODE);
  /* What still waits is judged here, in the times of the segment before. */
  if (self->timed)
    cvi_continuity_segment (
        self->continuity, next.start, next.stop, next.base, contiguous);
  gst_cvi_check_missing_reset (self);
  self->segment = next;
}

static void
handle_gap (GstCviCheck *self, GstEvent *event)
{
  GstClockTime start, duration;

  if (!self->timed)
    return;
  gst_event_parse_gap (event, &start, &duration);
  cvi_continuity_gap (self->continuity, start, duration, FALSE);
  update_times (self);
}

static void
handle_flush_stop (GstCviCheck *self)
{
  cvi_continuity_flush (self->continuity);
  g_mutex_lock (&self->lock);
  self->n_dropped = 0;
  g_mutex_unlock (&self->lock);
  self->flushed = TRUE;
  /* The segment after a flush begins anew. */
  self->timed = FALSE;
}

/* A stream of which upstream knew something, but that never came. */
static gboolean
is_missing (GstCviCheck *self)
{
  if (self->has_data || self->flushed || self->sparse)
    return FALSE;
  return (self->has_caps && !self->joined) ||
         (self->decoder_watch &&
             cvi_decoder_watch_get_packets (self->decoder_watch) >
                 self->earlier_packets);
}

static void
handle_eos (GstCviCheck *self)
{
  cvi_continuity_drain (self->continuity);
  update_times (self);
  if (is_missing (self))
    gst_cvi_check_report (
        self, cvi_finding_new (CVI_RULE_STREAM_NO_FRAMES, self->stream_id,
                  "the stream ended without a single buffer"));
}

void
gst_cvi_check_stream_event (GstCviCheck *self, GstEvent *event)
{
  if (GST_EVENT_IS_SERIALIZED (event) && atomic_load (&self->unlinked))
    follow_anew (self);
  if (GST_EVENT_TYPE (event) == GST_EVENT_GAP)
    self->has_data = TRUE;
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    gst_cvi_check_missing_reset (self);
  else if (gst_cvi_check_missing_event (self, event))
    return;
  else if (GST_EVENT_IS_SERIALIZED (event))
    gst_cvi_check_missing_end (self);
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      handle_stream_start (self, event);
      break;
    case GST_EVENT_CAPS:
      handle_caps (self, event);
      break;
    case GST_EVENT_SEGMENT:
      handle_segment (self, event);
      break;
    case GST_EVENT_GAP:
      handle_gap (self, event);
      break;
    case GST_EVENT_FLUSH_STOP:
      handle_flush_stop (self);
      break;
    case GST_EVENT_SEGMENT_DONE:
      cvi_continuity_drain (self->continuity);
      update_times (self);
      break;
    case GST_EVENT_EOS:
      handle_eos (self);
      break;
    default:
      break;
  }
}
