/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-record.h"

#include <stdlib.h>
#include <unistd.h>
#include <gst/gst.h>

#include "tools/worker/cvi-record-take.h"
#include "tools/worker/cvi-sandbox.h"

#define MEMORY_LIMIT (G_GUINT64_CONSTANT (1024) * 1024 * 1024)
/* Streams of a server that are taken; MAX_BYTES of each wait for the others. */
#define MAX_TAKES 16
#define MAX_BYTES (32u * 1024 * 1024)
#define TICK_MS 200
/* What a server may take to send all of its streams' first packets. */
#define GATHER_US (5 * G_TIME_SPAN_SECOND)
/* And the first of its pictures that can be decoded alone. */
#define CAPS_US (30 * G_TIME_SPAN_SECOND)
/* For others than the stream that has come to its end first: a server that is
 * busy may be behind with them. */
#define END_US (15 * G_TIME_SPAN_SECOND)
/* What the muxer may take to write the file's end. */
#define FINISH_US (30 * G_TIME_SPAN_SECOND)
/* Beyond what is to be recorded, where no limit was asked for. */
#define EXTRA_S 600.

typedef struct {
  CviFetchJob *job;
  GMainLoop *loop;
  GstElement *pipeline;
  GstElement *source;
  GstElement *sink;
  GMutex lock;
  GPtrArray *takes;   /* of CviTake, with @lock */
  GPtrArray *unknown; /* of char *, with @lock: what streams hold that nothing
                       * here takes apart */
  guint n_video, n_audio, n_other;
  gboolean flowing;   /* all streams are there, and let through */
  gboolean complete;  /* the server says that there are no more, with @lock */
  gint64 first_us;    /* when the first stream came, with @lock */
  gint64 ending_us;   /* since when one has come to its end */
  gboolean finishing; /* the end was sent into the muxer */
  guint64 n_packets;
  gint64 packet_us; /* when one came last */
} Recorder;

static void
stop (Recorder *recorder)
{
  g_main_loop_quit (recorder->loop);
}

static void
fail_for_error (Recorder *recorder, GstMessage *message)
{
  g_autoptr (GError) error = NULL;
  gboolean sink = GST_MESSAGE_SRC (message) == GST_OBJECT (recorder->sink);
  CviRuleId rule = sink ? CVI_RULE_IO_PARTIAL : CVI_RULE_IO_ERROR;

  gst_message_parse_error (message, &error, NULL);
  if (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND))
    rule = CVI_RULE_IO_VANISHED;
  else if (g_error_matches (
               error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED))
    rule = CVI_RULE_IO_PERMISSION;
  cvi_fetch_fail (recorder->job, rule, "%s%s",
      sink ? "the temporary file cannot be written: " : "", error->message);
}

static gboolean
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Recorder *recorder = user_data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    fail_for_error (recorder, message);
    stop (recorder);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    stop (recorder);
  }
  return G_SOURCE_CONTINUE;
}

/* Returns: (transfer floating) (nullable): the best element of @type that takes
 * @caps */
static GstElement *
make_for (GstElementFactoryListType type, GstCaps *caps)
{
  GList *all = gst_element_factory_list_get_elements (type, GST_RANK_MARGINAL);
  GList *fit = gst_element_factory_list_filter (all, caps, GST_PAD_SINK, FALSE);
  GstElement *element = NULL;

  fit = g_list_sort (fit, gst_plugin_feature_rank_compare_func);
  if (fit)
    element = gst_element_factory_create (fit->data, NULL);
  gst_plugin_feature_list_free (all);
  gst_plugin_feature_list_free (fit);
  return element;
}

static GstElement *
add (Recorder *recorder, GstElement *element)
{
  gst_bin_add (GST_BIN (recorder->pipeline), element);
  return element;
}

/* Number among its kind, in the order in which the muxer will have them. */
static char *
make_id (Recorder *recorder, const GstStructure *rtp)
{
  const char *media = gst_structure_get_string (rtp, "media");

  if (g_strcmp0 (media, "video") == 0)
    return g_strdup_printf ("video/%u", recorder->n_video++);
  if (g_strcmp0 (media, "audio") == 0)
    return g_strdup_printf ("audio/%u", recorder->n_audio++);
  return g_strdup_printf ("data/%u", recorder->n_other++);
}

static GstPadProbeReturn
on_blocked (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return GST_PAD_PROBE_OK;
}

/* What a depayloader of some codecs gives lacks what a file must say; a parser
 * adds that. Returns: (transfer none): the last of the chain */
static GstElement *
add_parser (Recorder *recorder, GstElement *depay)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (depay, "src");
  g_autoptr (GstCaps) caps = gst_pad_get_pad_template_caps (pad);
  GstElement *parser = make_for (GST_ELEMENT_FACTORY_TYPE_PARSER, caps);

  if (!parser)
    return depay;
  add (recorder, parser);
  if (!gst_element_link (depay, parser)) {
    gst_bin_remove (GST_BIN (recorder->pipeline), parser);
    return depay;
  }
  gst_element_sync_state_with_parent (parser);
  return parser;
}

/* Builds what leads from a server's stream to a pad that waits. */
static gboolean
add_take (Recorder *recorder, GstPad *pad, GstCaps *caps)
{
  g_autofree char *id = make_id (recorder, gst_caps_get_structure (caps, 0));
  GstElement *depay = make_for (GST_ELEMENT_FACTORY_TYPE_DEPAYLOADER, caps);
  GstElement *queue = gst_element_factory_make ("queue", NULL);
  g_autoptr (GstPad) in = NULL;
  g_autoptr (GstPad) frames = NULL;
  GstElement *last;
  CviTake *take;

  if (!depay || !queue) {
    g_clear_pointer (&depay, gst_object_unref);
    g_clear_pointer (&queue, gst_object_unref);
    return FALSE;
  }
  take = cvi_take_new (
      id, (gint64)(MIN (recorder->job->live_s, 1e9) * GST_SECOND));
  g_object_set (queue, "max-size-bytes", MAX_BYTES, "max-size-buffers", 0u,
      "max-size-time", (guint64)0, NULL);
  add (recorder, depay);
  add (recorder, queue);
  last = add_parser (recorder, depay);
  gst_element_link (last, queue);
  take->out = gst_element_get_static_pad (queue, "src");
  take->block = gst_pad_add_probe (
      take->out, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, on_blocked, NULL, NULL);
  in = gst_element_get_static_pad (depay, "sink");
  frames = gst_element_get_static_pad (last, "src");
  cvi_take_watch_packets (take, in);
  cvi_take_watch_frames (take, frames);
  g_ptr_array_add (recorder->takes, take);
  gst_element_sync_state_with_parent (queue);
  gst_element_sync_state_with_parent (depay);
  return gst_pad_link (pad, in) == GST_PAD_LINK_OK;
}

/* Cameras describe what they see in streams of data, which are no media. */
static void
note_unknown (Recorder *recorder, GstCaps *caps)
{
  const GstStructure *rtp = gst_caps_is_any (caps) || gst_caps_is_empty (caps)
                                ? NULL
                                : gst_caps_get_structure (caps, 0);
  const char *media = rtp ? gst_structure_get_string (rtp, "media") : NULL;
  const char *name =
      rtp ? gst_structure_get_string (rtp, "encoding-name") : NULL;

  if (recorder->unknown->len < MAX_TAKES && g_strcmp0 (media, "application"))
    g_ptr_array_add (recorder->unknown,
        g_strdup_printf ("a stream of %s (%s) was not recorded",
            media ? media : "something", name ? name : "unknown"));
}

static void
on_pad_added (GstElement *source, GstPad *pad, gpointer user_data)
{
  Recorder *recorder = user_data;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  gboolean taken = FALSE;

  if (!caps)
    caps = gst_pad_query_caps (pad, NULL);
  g_mutex_lock (&recorder->lock);
  if (recorder->first_us == 0)
    recorder->first_us = g_get_monotonic_time ();
  if (!recorder->flowing && recorder->takes->len < MAX_TAKES &&
      !gst_caps_is_any (caps) && !gst_caps_is_empty (caps))
    taken = add_take (recorder, pad, caps);
  if (!taken)
    note_unknown (recorder, caps);
  g_mutex_unlock (&recorder->lock);
  /* Its data would end the source's thread if they led nowhere. */
  if (!taken && !gst_pad_is_linked (pad)) {
    GstElement *sink =
        add (recorder, gst_element_factory_make ("fakesink", NULL));
    g_autoptr (GstPad) in = gst_element_get_static_pad (sink, "sink");

    g_object_set (sink, "async", FALSE, "sync", FALSE, NULL);
    gst_element_sync_state_with_parent (sink);
    gst_pad_link (pad, in);
  }
}

static void
on_no_more_pads (GstElement *source, gpointer user_data)
{
  Recorder *recorder = user_data;

  g_mutex_lock (&recorder->lock);
  recorder->complete = TRUE;
  g_mutex_unlock (&recorder->lock);
}

static GstPad *
get_queue_pad (CviTake *take)
{
  return gst_element_get_static_pad (
      GST_ELEMENT (GST_OBJECT_PARENT (take->out)), "sink");
}

/* Is it known what the streams are? Those of which it is not are left out if
 * that takes too long. */
static gboolean
has_caps (Recorder *recorder, gboolean too_long)
{
  guint n = 0;

  for (guint i = 0; i < recorder->takes->len; i++) {
    CviTake *take = g_ptr_array_index (recorder->takes, i);
    g_autoptr (GstPad) in = get_queue_pad (take);

    take->left_out = !gst_pad_has_current_caps (in);
    if (take->left_out && !too_long)
      return FALSE;
    n += !take->left_out;
  }
  return n > 0;
}

static gboolean
link_takes (Recorder *recorder)
{
  GstElement *mux = gst_element_factory_make ("matroskamux", NULL);
  gboolean ok = TRUE;

  if (!mux)
    return FALSE;
  add (recorder, mux);
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
let_flow (Recorder *recorder)
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
finish (Recorder *recorder)
{
  recorder->finishing = TRUE;
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

/* Looks at all streams. Returns: has one come to its end? */
static gboolean
look_at_takes (Recorder *recorder)
{
  guint64 n_packets = 0;
  gboolean ended = FALSE;

  for (guint i = 0; i < recorder->takes->len; i++) {
    CviTake *take = g_ptr_array_index (recorder->takes, i);

    g_mutex_lock (&take->lock);
    n_packets += take->n_packets;
    ended = ended || take->ended;
    g_mutex_unlock (&take->lock);
  }
  if (n_packets > recorder->n_packets)
    recorder->packet_us = g_get_monotonic_time ();
  recorder->n_packets = n_packets;
  return ended;
}

static gboolean
on_tick (gpointer user_data)
{
  Recorder *recorder = user_data;
  CviFetchJob *job = recorder->job;
  gint64 now = g_get_monotonic_time ();
  gboolean ended;

  g_mutex_lock (&recorder->lock);
  ended = look_at_takes (recorder);
  if (!recorder->flowing && recorder->first_us > 0 &&
      has_caps (recorder, now - recorder->first_us > CAPS_US) &&
      (recorder->complete || now - recorder->first_us > GATHER_US))
    let_flow (recorder);
  if (ended && recorder->ending_us == 0)
    recorder->ending_us = now;
  if (recorder->flowing && ended && !recorder->finishing &&
      now - recorder->ending_us > END_US)
    finish (recorder);
  g_mutex_unlock (&recorder->lock);
  if (!recorder->finishing && job->stall_s > 0 &&
      (double)(now - recorder->packet_us) / G_TIME_SPAN_SECOND > job->stall_s)
    cvi_fetch_fail (
        job, CVI_RULE_IO_ERROR, "no data came for %.0f s", job->stall_s);
  if (recorder->finishing && now - recorder->ending_us > FINISH_US)
    cvi_fetch_fail (
        job, CVI_RULE_IO_ERROR, "the recording does not come to its end");
  if (job->failed || !cvi_fetch_check_time (job))
    stop (recorder);
  return G_SOURCE_CONTINUE;
}

/* Streams are put in step once, by what the server says when it begins: reports
 * that come later would move them against each other in the middle. */
static void
on_new_manager (GstElement *source, GstElement *manager, gpointer user_data)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (manager), "rtcp-sync"))
    gst_util_set_object_arg (G_OBJECT (manager), "rtcp-sync", "rtp-info");
}

static gboolean
set_up (Recorder *recorder)
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
  add (recorder, recorder->source);
  add (recorder, recorder->sink);
  g_signal_connect (
      recorder->source, "new-manager", G_CALLBACK (on_new_manager), recorder);
  g_signal_connect (
      recorder->source, "pad-added", G_CALLBACK (on_pad_added), recorder);
  g_signal_connect (
      recorder->source, "no-more-pads", G_CALLBACK (on_no_more_pads), recorder);
  bus = gst_element_get_bus (recorder->pipeline);
  gst_bus_add_watch (bus, on_message, recorder);
  return TRUE;
}

static void
record (CviFetchJob *job)
{
  Recorder recorder = { .job = job };

  g_mutex_init (&recorder.lock);
  recorder.loop = g_main_loop_new (NULL, FALSE);
  recorder.takes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_take_free);
  recorder.unknown = g_ptr_array_new_with_free_func (g_free);
  recorder.packet_us = g_get_monotonic_time ();
  if (job->time_limit_s < 0)
    job->time_limit_s = job->live_s > 0 ? job->live_s + EXTRA_S : 0;
  if (set_up (&recorder)) {
    g_timeout_add (TICK_MS, on_tick, &recorder);
    gst_element_set_state (recorder.pipeline, GST_STATE_PLAYING);
    g_main_loop_run (recorder.loop);
    gst_element_set_state (recorder.pipeline, GST_STATE_NULL);
  }
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
  g_main_loop_unref (recorder.loop);
  g_mutex_clear (&recorder.lock);
}

static gboolean
enter_sandbox (CviFetchJob *job)
{
  const CviSandboxConfig config = {
    .memory_limit = MEMORY_LIMIT,
    .net = CVI_SANDBOX_NET_DATAGRAMS,
    .file_limit = job->limit > 0 ? job->limit : G_MAXINT64,
  };
  CviSandboxWhen when = CVI_SANDBOX_REQUIRE;
  g_autofree char *missing = NULL;

  cvi_sandbox_when_from_string (job->sandbox, &when);
  if (when == CVI_SANDBOX_OFF)
    return TRUE;
  missing = cvi_sandbox_apply (&config);
  if (!missing || when != CVI_SANDBOX_REQUIRE)
    return TRUE;
  return cvi_fetch_fail (job, CVI_RULE_IO_ERROR,
      "the sandbox is required, and this system does not provide: %s", missing);
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
