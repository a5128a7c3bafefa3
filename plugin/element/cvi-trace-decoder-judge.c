/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What is said of a stream of a decoder, and what is not. */
#include "plugin/element/cvi-trace-decoder-private.h"

/* Decoding that begins at a recovery point, or inside the file, is whole after
 * so much. */
#define RECOVERY_NS GST_SECOND

CviTraceStream *
cvi_trace_decoder_ref_stream (CviTraceDecoder *self)
{
  CviTraceStream *stream;

  g_mutex_lock (&self->lock);
  stream = self->stream ? cvi_trace_stream_ref (self->stream) : NULL;
  g_mutex_unlock (&self->lock);
  return stream;
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
  g_autoptr (CviTraceStream) stream = cvi_trace_decoder_ref_stream (self);
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

/* Returns: (transfer full) (nullable): the stream, seen as a whole up to now,
 * of the @n-th after the first; @tally: what the decoder got of it */
static CviTraceStream *
ref_whole_stream (CviTraceDecoder *self, guint n, CviTally *tally)
{
  CviTraceStream *stream = NULL;

  g_mutex_lock (&self->lock);
  if (self->stream && !self->sought && !self->late && self->n_counted == n)
    stream = cvi_trace_stream_ref (self->stream);
  tally->packets = self->n_packets;
  tally->packet_bytes = self->bytes;
  g_mutex_unlock (&self->lock);
  return stream;
}

void
cvi_trace_decoder_ended (CviTraceDecoder *self, guint n, gboolean at_eos,
    GstCviCheck *judge, const char *element, const char *factory)
{
  CviTally tally = { .frames = cvi_stat_get (&judge->stats.buffers),
    .gaps = cvi_stat_get (&judge->stats.gaps),
    .first_ns = cvi_stat_get (&judge->stats.first_pts),
    .last_ns = cvi_stat_get (&judge->stats.last_end) };
  g_autoptr (CviTraceStream) stream = ref_whole_stream (self, n, &tally);

  /* The application may have left the stream before its end. */
  if (stream && (at_eos || cvi_trace_stream_is_over (stream)))
    cvi_trace_stream_decoded (stream, &tally, element, factory);
}

CviFinding *
cvi_trace_decoder_judge_failure (CviTraceDecoder *self, GstCviCheck *judge)
{
  guint64 frames = cvi_stat_get (&judge->stats.buffers);
  g_autofree char *id = gst_cvi_check_dup_stream_id (judge);
  CviFinding *finding = NULL;

  g_mutex_lock (&self->lock);
  if (self->failed && !self->sought && self->n_packets > 0) {
    if (frames == 0)
      finding = cvi_finding_new (CVI_RULE_STREAM_NO_FRAMES, id,
          "the decoder gave up before the first frame");
    else if (self->per_packet && !self->late && frames < self->n_packets)
      finding = cvi_finding_new (CVI_RULE_STREAM_MISSING_FRAMES, id,
          "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
          " packets had given no frame when the decoder gave up",
          self->n_packets - frames, self->n_packets);
  }
  g_mutex_unlock (&self->lock);
  return finding;
}

char *
cvi_trace_decoder_dup_label (CviTraceDecoder *self)
{
  g_autoptr (CviTraceStream) stream = cvi_trace_decoder_ref_stream (self);

  return stream ? g_strdup (cvi_trace_stream_get_label (stream)) : NULL;
}

guint64
cvi_trace_decoder_get_packets (CviTraceDecoder *self)
{
  guint64 packets;

  g_mutex_lock (&self->lock);
  packets = self->n_packets;
  g_mutex_unlock (&self->lock);
  return packets;
}
