/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-fetch.h"

#include <sys/stat.h>

#include "tools/pool/cvi-fetch-job.h"
#include "tools/pool/cvi-registry.h"
#include "tools/pool/cvi-worker-process.h"

#define TICK_MS 1000
#define REGISTRY_MS 20
/* Beyond the time that the fetcher itself gives the server. */
#define GRACE_S 15
/* A fetcher has few things to tell. */
#define MAX_FINDINGS 256

struct _CviFetch {
  CviWorkerProcess *process; /* (nullable): before it is started */
  char *program;
  char *path;
  GVariant *job;         /* until it is sent */
  CviRegistry *registry; /* (nullable): of a recorder's plugins */
  GSource *ticks;
  guint max_silent; /* ticks, which are seconds; 0: any number */
  guint n_silent;   /* since the file has grown */
  off_t size;
  gboolean told;
  gboolean refused; /* nobody wants it */
  gboolean complete;
  GPtrArray *findings; /* (nullable): once it is FETCHED */
  CviFetchCallbacks callbacks;
  gpointer user_data;
};

static gboolean
set_violation (GError **error, const char *what)
{
  g_set_error_literal (error, CVI_WIRE_ERROR, CVI_WIRE_ERROR_MALFORMED, what);
  return FALSE;
}

static gboolean
take_end (CviFetch *fetch, GVariant *body, GError **error)
{
  g_autoptr (GPtrArray) findings =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);
  g_autoptr (GVariant) list = g_variant_get_child_value (body, 1);
  gsize n = g_variant_n_children (list);

  if (fetch->findings || n > MAX_FINDINGS)
    return set_violation (error, "a second end, or too much to tell");
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) child = g_variant_get_child_value (list, i);
    CviFinding *finding = cvi_finding_from_variant (child, error);

    if (!finding)
      return FALSE;
    g_ptr_array_add (findings, finding);
  }
  g_variant_get_child (body, 0, "b", &fetch->complete);
  if (!fetch->complete && n == 0)
    return set_violation (error, "a failure without a reason");
  fetch->findings = g_steal_pointer (&findings);
  return TRUE;
}

void
cvi_fetch_stop (CviFetch *fetch)
{
  g_return_if_fail (fetch != NULL);

  fetch->refused = TRUE;
  if (fetch->process)
    cvi_worker_process_kill (fetch->process, CVI_END_DISMISSED);
}

static gboolean
on_frame (CviWireType type, GVariant *body, gpointer user_data, GError **error)
{
  CviFetch *fetch = user_data;
  guint64 size;
  gint64 mtime_ns;
  const char *etag;

  if (type == CVI_WIRE_FETCHED)
    return take_end (fetch, body, error);
  if (type != CVI_WIRE_REMOTE || fetch->told || fetch->findings)
    return set_violation (error, "a message that is not a fetcher's");
  fetch->told = TRUE;
  g_variant_get (body, "(tx&s)", &size, &mtime_ns, &etag);
  if (mtime_ns < 0)
    return set_violation (error, "a time before 1970");
  if (!fetch->callbacks.remote (size, mtime_ns, etag, fetch->user_data))
    cvi_fetch_stop (fetch);
  return TRUE;
}

static GPtrArray *
make_end_findings (CviFetch *fetch)
{
  GPtrArray *findings =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);
  g_autofree char *end = cvi_worker_process_describe_end (fetch->process);

  if (cvi_worker_process_get_cause (fetch->process) == CVI_END_STALLED)
    g_ptr_array_add (findings, cvi_finding_new (CVI_RULE_IO_ERROR, NULL,
                                   "no data came for %u s", fetch->n_silent));
  else
    g_ptr_array_add (findings,
        cvi_finding_new (CVI_RULE_IO_ERROR, NULL, "the fetcher %s", end));
  return findings;
}

static void
on_ended (gpointer user_data)
{
  CviFetch *fetch = user_data;
  g_autoptr (GPtrArray) findings = g_steal_pointer (&fetch->findings);

  if (fetch->refused) {
    fetch->complete = FALSE;
    g_clear_pointer (&findings, g_ptr_array_unref);
  } else if (!findings)
    findings = make_end_findings (fetch);
  fetch->callbacks.done (fetch->complete, findings, fetch->user_data);
}

static gboolean
on_tick (gpointer user_data)
{
  CviFetch *fetch = user_data;
  struct stat status;

  if (stat (fetch->path, &status) == 0 && status.st_size != fetch->size) {
    fetch->size = status.st_size;
    fetch->n_silent = 0;
    if (fetch->callbacks.progress && !fetch->refused)
      fetch->callbacks.progress ((guint64)fetch->size, fetch->user_data);
  } else {
    fetch->n_silent++;
  }
  if (fetch->max_silent > 0 && fetch->n_silent > fetch->max_silent &&
      !cvi_worker_process_is_ending (fetch->process))
    cvi_worker_process_kill (fetch->process, CVI_END_STALLED);
  /* Last, since it may end and free the fetch. */
  cvi_worker_process_poll (fetch->process);
  return G_SOURCE_CONTINUE;
}

static GVariant *
describe_job (const CviFetchConfig *config, const char *uri, const char *path)
{
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (
      &options, "{sv}", "limit", g_variant_new_uint64 (config->limit));
  g_variant_builder_add (&options, "{sv}", "stall",
      g_variant_new_double (config->stall_timeout_s));
  g_variant_builder_add (&options, "{sv}", "time-limit",
      g_variant_new_double (config->time_limit_s));
  g_variant_builder_add (
      &options, "{sv}", "live", g_variant_new_double (config->live_s));
  return g_variant_new ("(s^aysa{sv})", uri, path,
      config->sandbox ? config->sandbox : "auto", &options);
}

static void
watch (CviFetch *fetch, guint ms, GSourceFunc func)
{
  fetch->ticks = g_timeout_source_new (ms);
  g_source_set_callback (fetch->ticks, func, fetch, NULL);
  g_source_attach (fetch->ticks, g_main_context_get_thread_default ());
}

static void
unwatch (CviFetch *fetch)
{
  if (!fetch->ticks)
    return;
  g_source_destroy (fetch->ticks);
  g_clear_pointer (&fetch->ticks, g_source_unref);
}

static gboolean
start (CviFetch *fetch, GError **error)
{
  static const CviWorkerProcessCallbacks callbacks = { on_frame, on_ended };

  /* A fetcher has no use for GStreamer's registry. */
  fetch->process = cvi_worker_process_start (fetch->program,
      fetch->registry ? cvi_registry_get_path (fetch->registry) : "/dev/null",
      &callbacks, fetch, error);
  if (!fetch->process)
    return FALSE;
  cvi_worker_process_send (fetch->process, CVI_WIRE_FETCH, fetch->job);
  g_clear_pointer (&fetch->job, g_variant_unref);
  unwatch (fetch);
  watch (fetch, TICK_MS, on_tick);
  return TRUE;
}

/* A recorder cannot bring its registry up to date, no more than a worker. */
static gboolean
on_registry (gpointer user_data)
{
  CviFetch *fetch = user_data;
  g_autoptr (GPtrArray) findings = NULL;
  g_autoptr (GError) error = NULL;

  if (!fetch->refused && !cvi_registry_warm (fetch->registry))
    return G_SOURCE_CONTINUE;
  if (!fetch->refused && start (fetch, &error))
    return G_SOURCE_REMOVE;
  if (error) {
    findings =
        g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);
    g_ptr_array_add (findings,
        cvi_finding_new (CVI_RULE_IO_PARTIAL, NULL, "%s", error->message));
  }
  fetch->callbacks.done (FALSE, findings, fetch->user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
is_stream (const char *uri)
{
  return g_ascii_strncasecmp (uri, "rtsp", 4) == 0;
}

guint
cvi_fetch_max_silence (const char *uri, double stall_timeout_s)
{
  g_return_val_if_fail (uri != NULL, 0);

  if (!(stall_timeout_s > 0))
    return 0;
  return GRACE_S + (guint)MIN (stall_timeout_s, 1e6) * 2 +
         (is_stream (uri) ? CVI_FETCH_QUIET_S : 0);
}

CviFetch *
cvi_fetch_new (const CviFetchConfig *config, const char *uri, const char *path,
    const CviFetchCallbacks *callbacks, gpointer user_data, GError **error)
{
  g_autoptr (CviFetch) fetch = NULL;

  g_return_val_if_fail (config != NULL && config->program != NULL, NULL);
  g_return_val_if_fail (uri != NULL && path != NULL, NULL);
  g_return_val_if_fail (callbacks != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  fetch = g_new0 (CviFetch, 1);
  fetch->path = g_strdup (path);
  fetch->callbacks = *callbacks;
  fetch->user_data = user_data;
  fetch->max_silent = cvi_fetch_max_silence (uri, config->stall_timeout_s);
  fetch->job = g_variant_ref_sink (describe_job (config, uri, path));
  fetch->program =
      g_strdup (is_stream (uri) ? config->recorder : config->program);
  if (is_stream (uri)) {
    fetch->registry = cvi_registry_new (config->recorder, NULL);
    watch (fetch, REGISTRY_MS, on_registry);
  } else if (!start (fetch, error)) {
    return NULL;
  }
  return g_steal_pointer (&fetch);
}

void
cvi_fetch_free (CviFetch *fetch)
{
  if (!fetch)
    return;
  unwatch (fetch);
  if (fetch->process)
    cvi_worker_process_free (fetch->process);
  cvi_registry_free (fetch->registry);
  g_clear_pointer (&fetch->job, g_variant_unref);
  g_free (fetch->program);
  g_clear_pointer (&fetch->findings, g_ptr_array_unref);
  g_free (fetch->path);
  g_free (fetch);
}
