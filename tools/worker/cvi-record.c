/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-record.h"

#include <stdlib.h>
#include <unistd.h>

#include "tools/worker/cvi-record-private.h"
#include "tools/worker/cvi-sandbox.h"

#define MEMORY_LIMIT (G_GUINT64_CONSTANT (1024) * 1024 * 1024)
#define TICK_MS 200
/* Beyond what is to be recorded, where no limit was asked for. */
#define EXTRA_S 600.

static void
stop (CviRecorder *recorder)
{
  g_main_loop_quit (recorder->loop);
}

/* The server's end of the connection, to rtspsrc, is no error over TCP: the
 * stream ends then. Over UDP it connects again. */
static gboolean
is_of_reading (GstMessage *message)
{
  g_autoptr (GError) error = NULL;

  gst_message_parse_warning (message, &error, NULL);
  return g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ);
}

static void
fail_for_error (CviRecorder *recorder, GstMessage *message)
{
  g_autoptr (GError) error = NULL;
  gboolean sink = GST_MESSAGE_SRC (message) == GST_OBJECT (recorder->sink);
  CviRuleId rule = sink ? CVI_RULE_IO_PARTIAL : CVI_RULE_IO_ERROR;

  /* The sandbox's limit on files may be faster than a look at the size. */
  if (sink && !cvi_fetch_check_size (recorder->job))
    return;
  gst_message_parse_error (message, &error, NULL);
  if (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND))
    rule = CVI_RULE_IO_VANISHED;
  else if (g_error_matches (
               error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED))
    rule = CVI_RULE_IO_PERMISSION;
  cvi_fetch_fail (recorder->job, rule, "%s%s",
      sink ? "the temporary file cannot be written: " : "", error->message);
}

/* Returns: whether each stream is as long as was wanted, or as its server says
 * that it is. One that the server's end of the connection has ended, or
 * silence, looks the same to the muxer. */
static gboolean
is_whole (CviRecorder *recorder)
{
  gboolean whole = TRUE;

  g_mutex_lock (&recorder->lock);
  g_mutex_lock (&recorder->bye_lock);
  for (guint i = 0; i < recorder->takes->len; i++) {
    CviTake *take = g_ptr_array_index (recorder->takes, i);

    g_mutex_lock (&take->lock);
    whole = whole && (take->ended || take->left_out ||
                         g_hash_table_contains (
                             recorder->byes, GINT_TO_POINTER (take->session)));
    g_mutex_unlock (&take->lock);
  }
  g_mutex_unlock (&recorder->bye_lock);
  g_mutex_unlock (&recorder->lock);
  return whole;
}

static gboolean
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  CviRecorder *recorder = user_data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    fail_for_error (recorder, message);
    stop (recorder);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    if (!is_whole (recorder))
      cvi_fetch_fail (recorder->job, CVI_RULE_IO_ERROR,
          recorder->closed
              ? "the server closed the connection in the middle of the stream"
              : "the stream stopped, and the server has not said that it ends");
    stop (recorder);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING &&
             GST_MESSAGE_SRC (message) == GST_OBJECT (recorder->source)) {
    recorder->closed = recorder->closed || is_of_reading (message);
  }
  return G_SOURCE_CONTINUE;
}

GstElement *
cvi_recorder_add (CviRecorder *recorder, GstElement *element)
{
  gst_bin_add (GST_BIN (recorder->pipeline), element);
  return element;
}

static GstPad *
get_queue_pad (CviTake *take)
{
  return gst_element_get_static_pad (
      GST_ELEMENT (GST_OBJECT_PARENT (take->out)), "sink");
}

/* Returns: of how many streams it is known what they are; the others are left
 * out if that takes too long */
static guint
count_known (CviRecorder *recorder)
{
  guint n = 0;

  for (guint i = 0; i < recorder->takes->len; i++) {
    CviTake *take = g_ptr_array_index (recorder->takes, i);
    g_autoptr (GstPad) in = get_queue_pad (take);

    take->left_out = !gst_pad_has_current_caps (in);
    n += !take->left_out;
  }
  return n;
}

static gboolean
link_takes (CviRecorder *recorder)
{
  GstElement *mux = gst_element_factory_make ("matroskamux", NULL);
  gboolean ok = TRUE;

  if (!mux)
    return FALSE;
  cvi_recorder_add (recorder, mux);
  for (guint i = 0; i < recorder->takes->len && ok; i++) {
    CviTake *take = g_ptr_array_index (recorder->takes, i);

    if (take->left_out)
      g_ptr_array_add (recorder->unknown,
          g_strdup_printf ("nothing came of the stream %s", take->id));
    else
      ok = gst_element_link (GST_ELEMENT (GST_OBJECT_PARENT (take->out)), mux);
  }
  return ok && gst_element_link (mux, recorder->sink) &&
         gst_element_sync_state_with_parent (mux);
}

/* Once all streams are there: a file's head names them all. */
static void
let_flow (CviRecorder *recorder)
{
  recorder->flowing = TRUE;
  if (!link_takes (recorder)) {
    cvi_fetch_fail (recorder->job, CVI_RULE_STREAM_UNSUPPORTED,
        "what the server sends does not go into a Matroska file");
    stop (recorder);
    return;
  }
  for (guint i = 0; i < recorder->takes->len; i++) {
    CviTake *take = g_ptr_array_index (recorder->takes, i);

    if (!take->left_out)
      gst_pad_remove_probe (take->out, take->block);
  }
}

/* Sends the end to streams that have none yet. */
static void
finish (CviRecorder *recorder)
{
  for (guint i = 0; i < recorder->takes->len; i++) {
    CviTake *take = g_ptr_array_index (recorder->takes, i);
    g_autoptr (GstPad) in = get_queue_pad (take);
    gboolean ended;

    g_mutex_lock (&take->lock);
    ended = take->ended;
    take->ended = TRUE;
    g_mutex_unlock (&take->lock);
    if (!ended)
      gst_pad_send_event (in, gst_event_new_eos ());
  }
}

/* Looks at all streams that flow. @enough, @all: as cvi_record_end_step() */
static void
look_at_takes (CviRecorder *recorder, gboolean *enough, gboolean *all)
{
  guint64 n_packets = 0;

  *enough = FALSE;
  *all = TRUE;

  for (guint i = 0; i < recorder->takes->len; i++) {
    CviTake *take = g_ptr_array_index (recorder->takes, i);

    g_mutex_lock (&take->lock);
    n_packets += take->n_packets;
    *enough = *enough || take->ended;
    *all = *all && (take->ended || take->over || take->left_out);
    g_mutex_unlock (&take->lock);
  }
  if (n_packets > recorder->n_packets)
    recorder->packet_us = g_get_monotonic_time ();
  recorder->n_packets = n_packets;
}

/* Lets streams flow once it is time to. */
static void
see_to_start (CviRecorder *recorder, gint64 now)
{
  CviRecordStart start =
      cvi_record_start (recorder->first_us > 0 ? now - recorder->first_us : -1,
          recorder->complete, recorder->takes->len, count_known (recorder));

  if (start == CVI_RECORD_FLOW)
    let_flow (recorder);
  else if (start == CVI_RECORD_NOTHING)
    cvi_fetch_fail (recorder->job,
        recorder->takes->len > 0 ? CVI_RULE_IO_ERROR
                                 : CVI_RULE_STREAM_UNSUPPORTED,
        "nothing came that can be recorded");
}

static void
see_to_end (CviRecorder *recorder, gboolean enough, gboolean all, gint64 now)
{
  switch (cvi_record_end_step (&recorder->end, enough, all, now)) {
    case CVI_RECORD_FINISH:
      finish (recorder);
      break;
    case CVI_RECORD_GIVE_UP:
      cvi_fetch_fail (recorder->job, CVI_RULE_IO_ERROR,
          "the recording does not come to its end");
      break;
    default:
      break;
  }
}

static gboolean
on_tick (gpointer user_data)
{
  CviRecorder *recorder = user_data;
  CviFetchJob *job = recorder->job;
  gint64 now = g_get_monotonic_time ();
  gboolean enough, all;

  g_mutex_lock (&recorder->lock);
  look_at_takes (recorder, &enough, &all);
  if (recorder->flowing)
    see_to_end (recorder, enough, all, now);
  else
    see_to_start (recorder, now);
  g_mutex_unlock (&recorder->lock);
  if (recorder->end.finish_us == 0 && job->stall_s > 0 &&
      (double)(now - recorder->packet_us) / G_TIME_SPAN_SECOND > job->stall_s)
    cvi_fetch_fail (
        job, CVI_RULE_IO_ERROR, "no data came for %.0f s", job->stall_s);
  if (job->failed || !cvi_fetch_check_size (job) || !cvi_fetch_check_time (job))
    stop (recorder);
  return G_SOURCE_CONTINUE;
}

/* RFC 3550, 6.6: who leaves a session says so. rtspsrc ends a stream for one,
 * whichever source of the session it is. */
static void
on_bye (GstElement *manager, guint session, guint ssrc, gpointer user_data)
{
  CviRecorder *recorder = user_data;

  g_mutex_lock (&recorder->bye_lock);
  g_hash_table_add (recorder->byes, GUINT_TO_POINTER (session));
  g_mutex_unlock (&recorder->bye_lock);
}

/* Streams are put in step once, by what the server says when it begins: reports
 * that come later would move them against each other in the middle. */
static void
on_new_manager (GstElement *source, GstElement *manager, gpointer user_data)
{
  g_signal_connect (manager, "on-bye-ssrc", G_CALLBACK (on_bye), user_data);
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (manager), "rtcp-sync"))
    gst_util_set_object_arg (G_OBJECT (manager), "rtcp-sync", "rtp-info");
}

static gboolean
set_up (CviRecorder *recorder)
{
  g_autoptr (GstBus) bus = NULL;

  recorder->pipeline = gst_pipeline_new (NULL);
  recorder->source = gst_element_factory_make ("rtspsrc", NULL);
  recorder->sink = gst_element_factory_make ("fdsink", NULL);
  if (!recorder->source || !recorder->sink)
    return cvi_fetch_fail (recorder->job, CVI_RULE_IO_ERROR,
        "GStreamer's element rtspsrc is missing (gstreamer1.0-plugins-good)");
  /* The times that the server gives: the clock of the network's delays would
   * bend them. */
  gst_util_set_object_arg (G_OBJECT (recorder->source), "buffer-mode", "none");
  g_object_set (recorder->source, "location", recorder->job->uri, NULL);
  g_object_set (recorder->sink, "fd", recorder->job->spool, "sync", FALSE,
      "async", FALSE, NULL);
  cvi_recorder_add (recorder, recorder->source);
  cvi_recorder_add (recorder, recorder->sink);
  g_signal_connect (
      recorder->source, "new-manager", G_CALLBACK (on_new_manager), recorder);
  cvi_recorder_watch_pads (recorder);
  bus = gst_element_get_bus (recorder->pipeline);
  gst_bus_add_watch (bus, on_message, recorder);
  return TRUE;
}

static void
record (CviFetchJob *job)
{
  CviRecorder recorder = { .job = job };

  g_mutex_init (&recorder.lock);
  g_mutex_init (&recorder.bye_lock);
  recorder.loop = g_main_loop_new (NULL, FALSE);
  recorder.takes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_take_free);
  recorder.unknown = g_ptr_array_new_with_free_func (g_free);
  recorder.byes = g_hash_table_new (NULL, NULL);
  recorder.packet_us = g_get_monotonic_time ();
  if (job->time_limit_s < 0)
    job->time_limit_s = job->live_s > 0 ? job->live_s + EXTRA_S : 0;
  if (set_up (&recorder)) {
    g_timeout_add (TICK_MS, on_tick, &recorder);
    gst_element_set_state (recorder.pipeline, GST_STATE_PLAYING);
    g_main_loop_run (recorder.loop);
    gst_element_set_state (recorder.pipeline, GST_STATE_NULL);
  }
  /* The file's end was written since. */
  if (!job->failed)
    cvi_fetch_check_size (job);
  if (!job->failed && recorder.n_packets == 0)
    cvi_fetch_fail (job, CVI_RULE_IO_ERROR, "the server sends nothing");
  for (guint i = 0; i < recorder.takes->len; i++)
    cvi_take_tell (g_ptr_array_index (recorder.takes, i), job);
  for (guint i = 0; i < recorder.unknown->len; i++)
    g_ptr_array_add (
        job->findings, cvi_finding_new (CVI_RULE_STREAM_UNSUPPORTED, NULL, "%s",
                           (char *)g_ptr_array_index (recorder.unknown, i)));
  gst_clear_object (&recorder.pipeline);
  g_ptr_array_unref (recorder.takes);
  g_ptr_array_unref (recorder.unknown);
  g_hash_table_unref (recorder.byes);
  g_main_loop_unref (recorder.loop);
  g_mutex_clear (&recorder.lock);
  g_mutex_clear (&recorder.bye_lock);
}

static gboolean
enter_sandbox (CviFetchJob *job)
{
  const CviSandboxConfig config = {
    .memory_limit = MEMORY_LIMIT,
    .net = CVI_SANDBOX_NET_DATAGRAMS,
    /* One more, so that what is too much can be told from what is not. */
    .file_limit =
        job->limit > 0 && job->limit < G_MAXINT64 ? job->limit + 1 : G_MAXINT64,
  };
  g_autofree char *problem = cvi_sandbox_enter (job->sandbox, &config);

  return !problem || cvi_fetch_fail (job, CVI_RULE_IO_ERROR, "%s", problem);
}

int
cvi_record_main (int fd, GVariant *body)
{
  g_autoptr (GError) error = NULL;
  CviFetchJob job;

  /* These would ask the session for a proxy, and for files. */
  g_setenv ("GIO_USE_PROXY_RESOLVER", "dummy", TRUE);
  g_setenv ("GIO_USE_VFS", "local", TRUE);
  if (cvi_fetch_job_begin (&job, fd, body) && enter_sandbox (&job)) {
    if (gst_init_check (NULL, NULL, &error) &&
        cvi_fetch_tell (&job, CVI_NONE, 0, NULL))
      record (&job);
    else if (error)
      cvi_fetch_fail (&job, CVI_RULE_IO_ERROR, "%s", error->message);
  }
  cvi_fetch_job_end (&job);
  return EXIT_SUCCESS;
}
