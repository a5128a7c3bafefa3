/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/gstcvicheck-private.h"

#include "plugin/element/cvi-message-map.h"
#include "plugin/element/cvi-upstream.h"

/* decode:: findings are of this stream, others of the file. */
static gboolean
is_of_stream (const CviRule *rule)
{
  return g_str_has_prefix (rule->id, "decode::");
}

/* Of the file, but where the stream has got to. */
static gboolean
is_of_place (const CviRule *rule)
{
  return rule == cvi_rule (CVI_RULE_CONTAINER_MISSING_FRAGMENT);
}

/* An application whose sync handler emits signals, too, makes us hear each
 * message twice. */
static gboolean
is_repeated (GstCviCheck *self, GstMessage *message)
{
  guint32 seqnum = gst_message_get_seqnum (message);
  gboolean repeated;

  g_mutex_lock (&self->lock);
  repeated = self->last_message == message && self->last_seqnum == seqnum;
  self->last_message = message;
  self->last_seqnum = seqnum;
  g_mutex_unlock (&self->lock);
  return repeated;
}

static gboolean
is_from_upstream (GstCviCheck *self, GstMessage *message)
{
  g_autoptr (CviUpstream) upstream = NULL;
  GstObject *source = GST_MESSAGE_SRC (message);

  /* Another cvicheck's error repeats what it has found. */
  if (!source || GST_IS_CVI_CHECK (source))
    return FALSE;
  upstream = cvi_upstream_new (GST_ELEMENT (self));
  return cvi_upstream_contains (upstream, source);
}

/* Notes that an error has been said; returns whether one was before. */
static gboolean
note_error (GstCviCheck *self)
{
  gboolean known;

  g_mutex_lock (&self->lock);
  known = self->error_known;
  self->error_known = TRUE;
  g_mutex_unlock (&self->lock);
  return known;
}

void
gst_cvi_check_on_message (GstElement *element, GstMessage *message)
{
  GstCviCheck *self = GST_CVI_CHECK (element);
  g_autoptr (CviFinding) finding = NULL;
  gboolean is_error = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
  gboolean consequence;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_QOS) {
    if (is_from_upstream (self, message))
      gst_cvi_check_note_drop (self, message);
    return;
  }
  if (!atomic_load (&self->watch_messages) || is_repeated (self, message) ||
      !is_from_upstream (self, message))
    return;
  finding = cvi_finding_from_message (message, &consequence);
  if (!finding)
    return;
  if (is_error && note_error (self) && consequence)
    return;
  if (is_of_stream (finding->rule))
    finding->stream = gst_cvi_check_dup_stream_id (self);
  if (finding->stream || is_of_place (finding->rule))
    finding->start_ns = finding->end_ns = cvi_stat_get (&self->stats.last_end);
  /* After an error there may be no further data to post it with. */
  if (is_error)
    gst_cvi_check_report (self, g_steal_pointer (&finding));
  else
    gst_cvi_check_queue_report (self, g_steal_pointer (&finding));
}

void
gst_cvi_check_report_log_entry (const CviLogEntry *entry, gpointer user_data)
{
  GstCviCheck *self = user_data;
  gboolean of_stream = is_of_stream (cvi_rule (entry->rule));
  CviFinding *finding = cvi_finding_new (
      entry->rule, of_stream ? self->stream_id : NULL, "%s", entry->text);

  finding->severity = entry->severity;
  finding->certainty = entry->certainty;
  finding->count = entry->count;
  if (entry->time_ns != CVI_NONE) {
    finding->start_ns = gst_cvi_check_stream_time (self, entry->time_ns);
    finding->end_ns = MAX (
        finding->start_ns, gst_cvi_check_stream_time (self, entry->last_ns));
  }
  cvi_stat_add (&self->stats.log_lines, entry->count);
  gst_cvi_check_report (self, finding);
}

void
gst_cvi_check_drain_log (GstCviCheck *self)
{
  CviLogTap *tap;

  if (!self->decoder_watch)
    return;
  tap = cvi_decoder_watch_get_tap (self->decoder_watch);
  if (cvi_log_tap_pending (tap))
    cvi_log_tap_drain (tap, gst_cvi_check_report_log_entry, self);
}
