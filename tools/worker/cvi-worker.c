/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-worker.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <gst/gst.h>
#include "config.h"

#include "plugin/core/cvi-verdict.h"
#include "plugin/element/gstcvicheck.h"
#include "tools/pool/cvi-wire.h"
#include "tools/worker/cvi-check.h"
#include "tools/worker/cvi-dav1d.h"
#include "tools/worker/cvi-doctor.h"
#include "tools/worker/cvi-memory.h"
#include "tools/worker/cvi-pictures.h"
#include "tools/worker/cvi-plugins.h"
#include "tools/worker/cvi-record.h"
#include "tools/worker/cvi-sandbox.h"

/* Shortest time between two PROGRESS frames (µs). */
#define PROGRESS_US (250 * G_TIME_SPAN_MILLISECOND)

/* One job being worked on. */
typedef struct {
  int fd;
  guint64 id;      /* 0: none */
  gboolean broken; /* the supervisor is gone or sent nonsense */
  GMutex send_lock;

  /* main thread */
  gint64 last_sent;
  guint64 last_buffers;
  guint64 last_bytes;
  guint64 last_position;
} Session;

/* Without a supervisor there is nobody to work for. */
static void
send_frame (Session *session, CviWireType type, GVariant *body)
{
  g_autoptr (GError) error = NULL;

  g_mutex_lock (&session->send_lock);
  if (!session->broken && !cvi_wire_send (session->fd, type, body, &error))
    session->broken = TRUE;
  g_mutex_unlock (&session->send_lock);
  if (error) {
    g_printerr ("cvi-gst-worker: %s\n", error->message);
    _exit (EXIT_FAILURE);
  }
}

static GVariant *
finding_body (Session *session, const CviFinding *finding)
{
  return g_variant_new ("(t@" CVI_FINDING_VARIANT ")", session->id,
      cvi_finding_to_variant (finding));
}

static void
on_finding (const CviFinding *finding, gpointer user_data)
{
  Session *session = user_data;

  send_frame (session, CVI_WIRE_FINDING, finding_body (session, finding));
}

/* GLib ends a process that gets no memory: that is to be told from a crash. On
 * whatever thread it was, which may be in the middle of sending. */
static void
on_glib_error (const char *domain, GLogLevelFlags level, const char *message,
    gpointer user_data)
{
  Session *session = user_data;

  if (session->id != 0 && strstr (message, "failed to allocate") &&
      g_mutex_trylock (&session->send_lock)) {
    g_autoptr (CviFinding) finding =
        cvi_finding_new (CVI_RULE_PROCESS_OUT_OF_MEMORY, NULL, "%s", message);
    gboolean sent = cvi_wire_send (
        session->fd, CVI_WIRE_FINDING, finding_body (session, finding), NULL);

    g_mutex_unlock (&session->send_lock);
    if (!sent)
      _exit (EXIT_FAILURE);
  }
  g_log_default_handler (domain, level, message, NULL);
}

/* Silence is how the supervisor knows a stall, so nothing is sent unless
 * something moved. */
static void
on_progress (
    guint64 buffers, guint64 bytes, guint64 position_ns, gpointer user_data)
{
  Session *session = user_data;
  gint64 now = g_get_monotonic_time ();

  if (now - session->last_sent < PROGRESS_US)
    return;
  if (buffers == session->last_buffers && bytes == session->last_bytes &&
      position_ns == session->last_position)
    return;
  session->last_sent = now;
  session->last_buffers = buffers;
  session->last_bytes = bytes;
  session->last_position = position_ns;
  send_frame (session, CVI_WIRE_PROGRESS,
      g_variant_new ("(tttt)", session->id, buffers, bytes, position_ns));
}

/* Before the decoder is made: it may crash at once. */
static void
on_decoder (const char *stream, const char *factory, gboolean others,
    gboolean hardware, gpointer user_data)
{
  Session *session = user_data;

  send_frame (session, CVI_WIRE_DECODER,
      g_variant_new (
          "(tssbb)", session->id, stream, factory, others, hardware));
}

static void
on_needs_hardware (gpointer user_data)
{
  Session *session = user_data;

  send_frame (
      session, CVI_WIRE_NEEDS_HARDWARE, g_variant_new ("(t)", session->id));
}

static void
on_duration (guint64 duration_ns, gpointer user_data)
{
  Session *session = user_data;

  send_frame (session, CVI_WIRE_DURATION,
      g_variant_new ("(tt)", session->id, duration_ns));
}

/* Returns: FALSE for an option that makes no sense */
static gboolean
read_options (GVariant *options, CviCheckJob *job)
{
  const char *hw = NULL, *hash = NULL;

  if (g_variant_lookup (options, "hw", "&s", &hw) &&
      !cvi_hw_from_string (hw, &job->hw))
    return FALSE;
  if (!g_variant_lookup (options, "hw-session", "b", &job->hw_session))
    job->hw_session = FALSE;
  if (g_variant_lookup (options, "hw-device", "&s", &job->hw_device) &&
      !*job->hw_device)
    job->hw_device = NULL;
  if (g_variant_lookup (options, "hash", "&s", &hash)) {
    job->sha256 = g_str_equal (hash, "sha256");
    job->hash = job->sha256 || g_str_equal (hash, "xxh3");
  }
  if (!g_variant_lookup (options, "hash-block", "t", &job->hash_block))
    job->hash_block = CVI_FIXITY_BLOCK;
  job->listed = g_variant_lookup (options, "size", "t", &job->size) &&
                g_variant_lookup (options, "mtime-ns", "x", &job->mtime_ns);
  return TRUE;
}

/* Returns: (nullable): what @job's ranges point into */
static GVariant *
read_ranges (GVariant *options, CviCheckJob *job)
{
  GVariant *ranges =
      g_variant_lookup_value (options, "ranges", G_VARIANT_TYPE ("a(tt)"));
  gsize n = 0;

  if (!ranges)
    return NULL;
  job->ranges = g_variant_get_fixed_array (ranges, &n, sizeof (CviByteRange));
  job->n_ranges = (guint)MIN (n, CVI_FIXITY_MAX_RANGES);
  return ranges;
}

/* A root that was replaced or mounted anew since the sandbox was applied is out
 * of sight. Then it is for another worker to have the last word, and this one
 * goes before it has begun. */
static gboolean
should_leave (GVariant *body)
{
  g_autoptr (GVariant) path = g_variant_get_child_value (body, 1);
  g_autoptr (GVariant) options = g_variant_get_child_value (body, 3);
  gboolean may;

  return g_variant_lookup (options, "may-leave", "b", &may) && may &&
         cvi_sandbox_hides (g_variant_get_bytestring (path));
}

/* @missing: (nullable): parts of the sandbox */
static void
send_hello (Session *session, const char *missing)
{
  g_autofree char *version = gst_version_string ();

  send_frame (session, CVI_WIRE_HELLO,
      g_variant_new ("(usss)", CVI_WIRE_PROTOCOL, PACKAGE_VERSION, version,
          missing ? missing : ""));
}

/* Makes pictures of the session's job. @places: (transfer full) */
static void
serve_pictures (Session *session, const char *path, GVariant *places)
{
  send_frame (
      session, CVI_WIRE_BEGIN, g_variant_new ("(ts)", session->id, "pictures"));
  send_frame (session, CVI_WIRE_PICTURES,
      g_variant_new ("(t@a(ubtay))", session->id,
          cvi_pictures_take (path, places, on_progress, session)));
  g_variant_unref (places);
  session->id = 0;
}

static gboolean
serve_job (Session *session, GVariant *body)
{
  static const CviCheckCallbacks callbacks = { on_finding, on_progress,
    on_decoder, on_duration, on_needs_hardware };
  g_autoptr (GVariant) path = g_variant_get_child_value (body, 1);
  g_autoptr (GVariant) options = g_variant_get_child_value (body, 3);
  g_autoptr (GVariant) ranges = NULL;
  g_auto (GStrv) without = NULL;
  g_autoptr (CviResult) result = NULL;
  GVariant *places = NULL;
  CviCheckJob job = { .hw = CVI_HW_AUTO };
  guint8 mode = 0;

  g_variant_get_child (body, 0, "t", &session->id);
  g_variant_get_child (body, 2, "y", &mode);
  job.path = g_variant_get_bytestring (path);
  if (mode >= CVI_N_MODES)
    return FALSE;
  job.mode = (CviMode)mode;
  if (!read_options (options, &job))
    return FALSE;
  if (g_variant_lookup (options, "without", "^as", &without))
    job.without = (const char *const *)without;
  ranges = read_ranges (options, &job);

  session->last_buffers = session->last_bytes = session->last_position = 0;
  if (g_variant_lookup (options, "thumbnails", "@a(st)", &places)) {
    serve_pictures (session, job.path, places);
    return TRUE;
  }
  send_frame (session, CVI_WIRE_BEGIN,
      g_variant_new (
          "(ts)", session->id, without && *without ? "other decoders" : "all"));
  result = cvi_check_file (&job, &callbacks, session);
  if (result->fixity)
    send_frame (session, CVI_WIRE_HASHES,
        g_variant_new ("(t@" CVI_FIXITY_VARIANT ")", session->id,
            cvi_fixity_to_variant (result->fixity)));
  send_frame (session, CVI_WIRE_RESULT,
      g_variant_new ("(t@" CVI_RESULT_VARIANT ")", session->id,
          cvi_result_to_variant (result)));
  session->id = 0;
  return TRUE;
}

static int
serve (int fd, const char *missing)
{
  Session session = { .fd = fd };
  gboolean go_on = TRUE;

  g_mutex_init (&session.send_lock);
  g_log_set_handler (
      "GLib", G_LOG_LEVEL_ERROR | G_LOG_FLAG_FATAL, on_glib_error, &session);
  send_hello (&session, missing);
  while (go_on) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) body = NULL;
    CviWireType type;

    body = cvi_wire_receive (fd, &type, &error);
    if (!body) {
      /* The supervisor is done, or died. */
      if (g_error_matches (error, CVI_WIRE_ERROR, CVI_WIRE_ERROR_CLOSED))
        break;
      g_printerr ("cvi-gst-worker: %s\n", error->message);
      return EXIT_FAILURE;
    }
    if (type == CVI_WIRE_JOB && should_leave (body))
      break;
    if (type == CVI_WIRE_JOB) {
      if (!serve_job (&session, body)) {
        g_printerr ("cvi-gst-worker: malformed job\n");
        return EXIT_FAILURE;
      }
    } else {
      go_on = FALSE;
    }
  }
  g_mutex_clear (&session.send_lock);
  return EXIT_SUCCESS;
}

static void
print_finding (const CviFinding *finding, gpointer user_data)
{
  g_print ("%-8s %-28s %-10s %10.3f s  @%" G_GINT64_FORMAT
           "  x%" G_GUINT64_FORMAT "  %s\n",
      cvi_severity_to_string (finding->severity), finding->rule->id,
      finding->stream ? finding->stream : "-",
      finding->start_ns == CVI_NONE ? -1. : (double)finding->start_ns / 1e9,
      (gint64)finding->offset, finding->count, finding->message);
}

static void
ignore_finding (const CviFinding *finding, gpointer user_data)
{
}

static void
ignore_progress (
    guint64 buffers, guint64 bytes, guint64 position_ns, gpointer user_data)
{
}

/* For developers: what the supervisor would get, without one. */
static int
check_file (const char *path, CviMode mode)
{
  static const CviCheckCallbacks callbacks = { ignore_finding,
    ignore_progress };
  CviCheckJob job = {
    .path = path, .mode = mode, .hw = CVI_HW_AUTO, .hw_session = TRUE
  };
  g_autoptr (CviResult) result = cvi_check_file (&job, &callbacks, NULL);

  for (guint i = 0; i < result->findings->len; i++)
    print_finding (g_ptr_array_index (result->findings, i), NULL);
  for (guint i = 0; i < result->streams->len; i++) {
    CviStream *stream = g_ptr_array_index (result->streams, i);

    g_print ("%s %s decoder %s, %" G_GUINT64_FORMAT " frames, %.3f s%s%s\n",
        stream->id, stream->codec, stream->decoder ? stream->decoder : "-",
        stream->frames,
        stream->duration_ns == CVI_NONE ? -1.
                                        : (double)stream->duration_ns / 1e9,
        stream->reason ? ": " : "", stream->reason ? stream->reason : "");
  }
  g_print ("%s: %s (confidence %.2f, damage %.3f, %s, %.3f s, %.3f s CPU)\n",
      path, cvi_verdict_to_string (result->verdict), result->confidence,
      result->damage, result->container ? result->container : "-",
      result->elapsed_s, result->cpu_s);
  return EXIT_SUCCESS;
}

/* @setup: of a SETUP: what to apply; @missing: (out) (nullable): what could not
 * be. Returns: FALSE if there is nothing to go on with */
static gboolean
enter_sandbox (int fd, GVariant *setup, char **missing)
{
  g_autoptr (GVariant) roots = NULL;
  g_autoptr (GVariant) options = NULL;
  g_autofree const char **paths = NULL;
  CviSandboxConfig config = { 0 };
  CviSandboxWhen when;
  const char *name, *hw = "auto";

  g_variant_get (setup, "(&s@aay@a{sv})", &name, &roots, &options);
  if (!cvi_sandbox_when_from_string (name, &when))
    return FALSE;
  if (when == CVI_SANDBOX_OFF)
    return TRUE;
  config.roots = paths = g_variant_get_bytestring_array (roots, NULL);
  g_variant_lookup (options, "memory-limit", "t", &config.memory_limit);
  g_variant_lookup (options, "hw", "&s", &hw);
  config.hardware = !g_str_equal (hw, "off");
  *missing = cvi_sandbox_apply (&config);
  if (*missing && when == CVI_SANDBOX_REQUIRE) {
    Session session = { .fd = fd };

    send_hello (&session, *missing);
    return FALSE;
  }
  return TRUE;
}

/* gst_init() without the default printer: lines go to the log tap only. */
static gboolean
init_gstreamer (void)
{
  g_autoptr (GError) error = NULL;

  if (!g_getenv ("GST_DEBUG"))
    gst_debug_remove_log_function (gst_debug_log_default);
  if (!gst_init_check (NULL, NULL, &error)) {
    g_printerr ("cvi-gst-worker: GStreamer cannot start: %s\n", error->message);
    return FALSE;
  }
  cvi_memory_init_buffers ();
  GST_ELEMENT_REGISTER (cvicheck, NULL);
#ifdef HAVE_DAV1D
  cvi_dav1d_register ();
#endif
  return TRUE;
}

/* The first frame says what this is to be. @missing: (out) (nullable): parts of
 * the sandbox. Returns: a status to exit with, or -1 to go on and serve */
static int
begin_service (int fd, char **missing)
{
  CviWireType type;
  g_autoptr (GVariant) body = cvi_wire_receive (fd, &type, NULL);

  if (body && type == CVI_WIRE_FETCH)
    return cvi_record_main (fd, body);
  return body && type == CVI_WIRE_SETUP && enter_sandbox (fd, body, missing)
             ? -1
             : EXIT_FAILURE;
}

int
cvi_worker_main (int argc, char **argv)
{
  g_autofree char *check = NULL;
  g_autofree char *mode_name = NULL;
  g_autofree char *missing = NULL;
  g_auto (GStrv) find_hw = NULL;
  gboolean version = FALSE, warm = FALSE, doctor = FALSE;
  int fd = -1, status;
  CviMode mode = CVI_MODE_DEEP;
  const GOptionEntry entries[] = { { "fd", 0, 0, G_OPTION_ARG_INT, &fd,
                                       "Serve jobs on socket N", "N" },
    { "warm-registry", 0, 0, G_OPTION_ARG_NONE, &warm,
        "Bring the plugin registry up to date", NULL },
    { "doctor", 0, 0, G_OPTION_ARG_NONE, &doctor,
        "Print what this GStreamer can do, as JSON", NULL },
    { "find-hw", 0, 0, G_OPTION_ARG_STRING_ARRAY, &find_hw,
        "Print why no hardware decoder is of DEVICE, or nothing (with "
        "--doctor: tell of its decoders only)",
        "DEVICE" },
    { "check", 0, 0, G_OPTION_ARG_FILENAME, &check,
        "Check one file and print what was found", "FILE" },
    { "mode", 0, 0, G_OPTION_ARG_STRING, &mode_name,
        "Mode for --check (default: deep)", "MODE" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL },
    { NULL } };
  g_autoptr (GOptionContext) context =
      g_option_context_new ("- checks files for cvi-gst");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc > 1 ||
      (mode_name && !cvi_mode_from_string (mode_name, &mode))) {
    g_printerr (
        "cvi-gst-worker: %s\n", error ? error->message : "unknown argument");
    return 2;
  }
  if (version) {
    g_print ("cvi-gst-worker %s\n", PACKAGE_VERSION);
    return EXIT_SUCCESS;
  }
  if (fd < 0 && !warm && !doctor && !check && !find_hw) {
    g_printerr ("cvi-gst-worker: this program is started by cvi-gst\n");
    return 2;
  }
  /* GStreamer starts threads, and what it loads is not to be trusted. */
  cvi_memory_make_repeatable ();
  cvi_memory_init ();
  if (doctor)
    missing = cvi_sandbox_probe ();
  status = fd >= 0 ? begin_service (fd, &missing) : -1;
  if (status >= 0)
    return status;
  if (!init_gstreamer ())
    return EXIT_FAILURE;
  if (doctor)
    return cvi_doctor_print (missing, find_hw);
  if (find_hw)
    return cvi_hw_print_unknown (find_hw);
  if (check)
    return check_file (check, mode);
  if (fd >= 0)
    return serve (fd, missing);
  cvi_plugins_stamp_registry ();
  return EXIT_SUCCESS;
}
