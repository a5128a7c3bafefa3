/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/**
 * SECTION:tracer-cvi
 * @title: cvi
 *
 * Watches every decoder of an application that was never written for it.
 * |[
 * GST_TRACERS="cvi(report=FILE,fail-on=corrupt)" gst-play-1.0 clip.mkv
 * ]|
 * docs/element.md lists the settings and the lines of the report.
 */
#define GST_USE_UNSTABLE_API

#include "plugin/element/gstcvitracer.h"

#include <gst/gsttracer.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "plugin/element/cvi-log-tap.h"
#include "plugin/element/cvi-trace-element.h"
#include "plugin/element/cvi-trace-file.h"
#include "plugin/element/cvi-trace-stream.h"

#define GST_TYPE_CVI_TRACER (gst_cvi_tracer_get_type ())
G_DECLARE_FINAL_TYPE (GstCviTracer, gst_cvi_tracer, GST, CVI_TRACER, GstTracer)

struct _GstCviTracer {
  GstTracer parent;
  gboolean watching; /* the one that has the hooks */
};

/* Of the process: elements and the exit handler outlive the tracer. Made by the
 * first tracer, never freed. */
static struct {
  atomic_bool running;
  pid_t pid;
  gboolean packets;
  CviTraceReport *report;
  CviLogTap *tap; /* keeps the log watched while no element is there */

  GMutex lock;
  GHashTable *elements; /* under lock: address -> CviTraceElement */
} state;

G_DEFINE_FINAL_TYPE (GstCviTracer, gst_cvi_tracer, GST_TYPE_TRACER)

/* Returns: (transfer full) (nullable) */
static CviTraceElement *
lookup (gconstpointer element)
{
  CviTraceElement *found;

  g_mutex_lock (&state.lock);
  found = g_hash_table_lookup (state.elements, element);
  if (found)
    cvi_trace_element_ref (found);
  g_mutex_unlock (&state.lock);
  return found;
}

static void
on_gone (gpointer data, GObject *where)
{
  gpointer traced = NULL;

  g_mutex_lock (&state.lock);
  g_hash_table_steal_extended (state.elements, where, NULL, &traced);
  g_mutex_unlock (&state.lock);
  if (traced) {
    cvi_trace_element_gone (traced);
    cvi_trace_element_unref (traced);
  }
  cvi_trace_file_end ((GstElement *)where);
}

/* Elements that say nothing of a stream but that there is none. */
static gboolean
is_gatekeeper (GstElement *element)
{
  static const char *const names[] = { "typefind", "decodebin", "decodebin3",
    "parsebin", NULL };
  GstElementFactory *factory = gst_element_get_factory (element);

  return factory && g_strv_contains (names, GST_OBJECT_NAME (factory));
}

static void
watch (GstElement *element)
{
  CviElementClass element_class = cvi_element_classify (element);
  g_autoptr (CviTraceElement) traced = NULL;
  gboolean added = FALSE;

  if (!atomic_load (&state.running) ||
      (element_class == CVI_ELEMENT_OTHER && !is_gatekeeper (element)))
    return;
  traced = lookup (element);
  if (traced) {
    cvi_trace_element_set_name (traced, element);
    return;
  }
  traced = cvi_trace_element_new (
      element, element_class, state.report, state.packets);
  g_mutex_lock (&state.lock);
  if (!g_hash_table_contains (state.elements, element))
    added = g_hash_table_insert (
        state.elements, element, cvi_trace_element_ref (traced));
  g_mutex_unlock (&state.lock);
  if (added)
    g_object_weak_ref (G_OBJECT (element), on_gone, NULL);
}

static void
on_element_new (GstTracer *tracer, guint64 ts, GstElement *element)
{
  watch (element);
}

/* Elements that no factory made, and the name they have by now. */
static void
on_bin_add (GstTracer *tracer, guint64 ts, GstBin *bin, GstElement *element,
    gboolean result)
{
  if (result)
    watch (element);
}

static void
on_add_pad (GstTracer *tracer, guint64 ts, GstElement *element, GstPad *pad)
{
  g_autoptr (CviTraceElement) traced = lookup (element);

  if (traced)
    cvi_trace_element_add_pad (traced, pad);
}

/* A file is walked even if no demuxer gets anywhere with it. */
static void
begin_file (GstElement *element)
{
  g_autoptr (CviTraceFile) file = NULL;

  if (atomic_load (&state.running) &&
      cvi_element_classify (element) == CVI_ELEMENT_SOURCE)
    file = cvi_trace_file_get (element);
}

static void
on_change_state (GstTracer *tracer, guint64 ts, GstElement *element,
    GstStateChange transition, GstStateChangeReturn result)
{
  g_autoptr (CviTraceElement) traced = NULL;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED &&
      result != GST_STATE_CHANGE_FAILURE)
    begin_file (element);
  if (transition != GST_STATE_CHANGE_PAUSED_TO_READY)
    return;
  traced = lookup (element);
  if (traced)
    cvi_trace_element_end (traced);
  cvi_trace_file_end (element);
}

/* What demuxers ask for. */
static void
on_pull (GstTracer *tracer, guint64 ts, GstPad *pad, guint64 offset, guint size)
{
  cvi_trace_element_pull (pad, offset, size);
}

/* Who is asked to stop sends EOS then. */
static void
on_pushed (GstTracer *tracer, guint64 ts, GstPad *pad, GstFlowReturn result)
{
  if (G_UNLIKELY (result == GST_FLOW_EOS))
    cvi_trace_stream_stop (pad);
}

/* Bins post the messages of their children again: only the first time counts.
 */
static gboolean
is_own (GstElement *element, GstObject *source)
{
  return source == GST_OBJECT_CAST (element) ||
         (GST_IS_PAD (source) &&
             GST_OBJECT_PARENT (source) == GST_OBJECT_CAST (element));
}

static void
on_post_message (
    GstTracer *tracer, guint64 ts, GstElement *element, GstMessage *message)
{
  const GstMessageType types =
      GST_MESSAGE_ERROR | GST_MESSAGE_WARNING | GST_MESSAGE_QOS;
  g_autoptr (CviTraceElement) traced = NULL;

  if (!(GST_MESSAGE_TYPE (message) & types) || !GST_MESSAGE_SRC (message) ||
      GST_MESSAGE_TYPE_IS_EXTENDED (message) ||
      !is_own (element, GST_MESSAGE_SRC (message)))
    return;
  traced = lookup (element);
  if (traced)
    cvi_trace_element_message (traced, message);
}

/* What elements that are still there have found, and the sum. */
static void
finish (void)
{
  g_autoptr (GPtrArray) left =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_trace_element_unref);
  GHashTableIter iter;
  gpointer traced;

  atomic_store (&state.running, FALSE);
  g_mutex_lock (&state.lock);
  g_hash_table_iter_init (&iter, state.elements);
  while (g_hash_table_iter_next (&iter, NULL, &traced))
    g_ptr_array_add (left, cvi_trace_element_ref (traced));
  g_mutex_unlock (&state.lock);
  for (guint i = 0; i < left->len; i++)
    cvi_trace_element_end (g_ptr_array_index (left, i));
  cvi_trace_file_finish_all ();
  cvi_trace_report_finish (state.report);
}

/* A tracer cannot make main() return another status, but the process can still
 * end with another one than exit() was told. A failure stays what it is. Child
 * processes that were forked and end by exit() are not ours to judge. */
static void
on_process_exit (int status, void *data)
{
  int code;

  if (getpid () != state.pid)
    return;
  finish ();
  code = cvi_trace_report_get_exit_code (state.report);
  if (status == 0 && code != 0) {
    fflush (NULL);
    _exit (code);
  }
}

/* Returns: (transfer full) (nullable): the settings; bad ones are said */
static GstStructure *
parse_settings (GstTracer *tracer)
{
  g_autofree char *params = NULL;
  g_autofree char *text = NULL;
  GstStructure *settings;

  g_object_get (tracer, "params", &params, NULL);
  if (!params || !*params)
    return NULL;
  text = g_strconcat ("cvi,", params, NULL);
  settings = gst_structure_from_string (text, NULL);
  if (!settings)
    g_printerr ("cvi: cannot read the tracer's settings: %s\n", params);
  return settings;
}

static guint
parse_fail_on (const char *text)
{
  if (!text || strcmp (text, "none") == 0)
    return 0;
  if (strcmp (text, "corrupt") == 0)
    return 1u << CVI_VERDICT_CORRUPT;
  if (strcmp (text, "suspicious") == 0)
    return (1u << CVI_VERDICT_CORRUPT) | (1u << CVI_VERDICT_SUSPICIOUS);
  g_printerr ("cvi: fail-on is none, suspicious or corrupt, not %s\n", text);
  return 0;
}

/* Is the setting @name TRUE, as it is where it is not set? */
static gboolean
parse_flag (const GstStructure *settings, const char *name)
{
  gboolean flag = TRUE;

  if (settings && gst_structure_has_field (settings, name) &&
      !gst_structure_get_boolean (settings, name, &flag))
    g_printerr ("cvi: %s is true or false\n", name);
  return flag;
}

/* The log is watched at levels that nobody asked to see. */
static void
keep_log_quiet (void)
{
  const char *debug = g_getenv ("GST_DEBUG");

  if ((!debug || !*debug) &&
      gst_debug_get_default_threshold () == GST_LEVEL_NONE)
    gst_debug_remove_log_function (gst_debug_log_default);
}

static void
start (GstTracer *tracer)
{
  GstStructure *settings = parse_settings (tracer);
  const char *path =
      settings ? gst_structure_get_string (settings, "report") : NULL;
  const char *fail_on =
      settings ? gst_structure_get_string (settings, "fail-on") : NULL;

  keep_log_quiet ();
  state.pid = getpid ();
  state.packets = parse_flag (settings, "packets");
  state.elements = g_hash_table_new_full (
      NULL, NULL, NULL, (GDestroyNotify)cvi_trace_element_unref);
  state.report = cvi_trace_report_new (path, parse_fail_on (fail_on));
  state.tap = cvi_log_tap_new ();
  cvi_trace_file_setup (state.report, parse_flag (settings, "walk"));
  atomic_store (&state.running, TRUE);
  on_exit (on_process_exit, NULL);
  g_clear_pointer (&settings, gst_structure_free);
}

static void
gst_cvi_tracer_constructed (GObject *object)
{
  GstTracer *tracer = GST_TRACER (object);

  G_OBJECT_CLASS (gst_cvi_tracer_parent_class)->constructed (object);
  /* GST_TRACERS may name it twice: one of them watches all. */
  if (state.report)
    return;
  GST_CVI_TRACER (tracer)->watching = TRUE;
  start (tracer);
  gst_tracing_register_hook (
      tracer, "element-new", G_CALLBACK (on_element_new));
  gst_tracing_register_hook (tracer, "bin-add-post", G_CALLBACK (on_bin_add));
  gst_tracing_register_hook (
      tracer, "element-add-pad", G_CALLBACK (on_add_pad));
  gst_tracing_register_hook (
      tracer, "element-change-state-post", G_CALLBACK (on_change_state));
  gst_tracing_register_hook (
      tracer, "element-post-message-pre", G_CALLBACK (on_post_message));
  gst_tracing_register_hook (
      tracer, "pad-pull-range-pre", G_CALLBACK (on_pull));
  gst_tracing_register_hook (tracer, "pad-push-post", G_CALLBACK (on_pushed));
  gst_tracing_register_hook (
      tracer, "pad-push-list-post", G_CALLBACK (on_pushed));
}

/* gst_deinit(), for applications that call it. */
static void
gst_cvi_tracer_finalize (GObject *object)
{
  if (GST_CVI_TRACER (object)->watching && getpid () == state.pid)
    finish ();
  G_OBJECT_CLASS (gst_cvi_tracer_parent_class)->finalize (object);
}

static void
gst_cvi_tracer_class_init (GstCviTracerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = gst_cvi_tracer_constructed;
  object_class->finalize = gst_cvi_tracer_finalize;
}

static void
gst_cvi_tracer_init (GstCviTracer *self)
{
}

gboolean
gst_cvi_tracer_register (GstPlugin *plugin)
{
  return gst_tracer_register (plugin, "cvi", GST_TYPE_CVI_TRACER);
}
