/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-scan-session-private.h"

#include "tools/cli/cvi-fixity-judge.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-signals.h"

#define SHOWN_TICK_MS 100

void
cvi_scan_session_fail (CviScanSession *session, GError *error)
{
  if (session->error)
    g_error_free (error);
  else
    session->error = error;
  cvi_pool_stop (session->pool);
}

gboolean
cvi_scan_session_should_stop (CviScanSession *session)
{
  return session->error || cvi_signals_get_stop ();
}

void
cvi_scan_session_tick (CviScanSession *session)
{
  const CviReportSummary *totals = cvi_report_get_summary (session->report);
  gint64 now = g_get_monotonic_time ();
  GError *error = NULL;

  if (cvi_signals_take_status ())
    cvi_progress_print_line (session->progress, totals);
  cvi_progress_update (session->progress, totals);
  if (!session->store || now - session->flushed_us < CVI_STORE_COMMIT_MS * 1000)
    return;
  session->flushed_us = now;
  if (!cvi_store_flush (session->store, &error))
    cvi_scan_session_fail (session, error);
}

static gboolean
on_timer (gpointer user_data)
{
  cvi_scan_session_tick (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_signal (gpointer user_data)
{
  CviScanSession *session = user_data;

  cvi_scan_session_tick (session);
  if (cvi_signals_get_stop ())
    cvi_pool_stop (session->pool);
  return G_SOURCE_CONTINUE;
}

void
cvi_scan_session_report (
    CviScanSession *session, const CviResult *result, gboolean checked_now)
{
  GError *error = NULL;

  if (cvi_report_wants (
          session->report, result->verdict, result->previous_verdict))
    cvi_progress_hide (session->progress);
  if (!cvi_report_add (session->report, result, checked_now, &error))
    cvi_scan_session_fail (session, error);
}

static void
on_progress (const CviPoolProgress *progress, gpointer user_data)
{
  CviScanSession *session = user_data;

  CviPoolProgress shown = *progress;

  shown.path = cvi_sources_get_name (session->sources, progress->path);
  cvi_progress_set_current (session->progress, &shown);
}

/* From here on a file is what the user calls it. */
static void
rename_result (CviScanSession *session, CviResult *result)
{
  char *name = g_strdup (cvi_sources_get_name (session->sources, result->path));

  cvi_sources_forget_name (session->sources, result->path);
  g_free (result->path);
  result->path = name;
}

void
cvi_scan_session_take (CviScanSession *session, CviResult *result)
{
  GError *error = NULL;

  if (session->store &&
      (!cvi_fixity_judge (
           session->store, session->options->pool.ranges, result, &error) ||
          !cvi_store_put (session->store, session->scan, result, &error) ||
          !cvi_store_apply_marks (session->store, result, &error)))
    cvi_scan_session_fail (session, error);
  cvi_scan_stats_add (session->stats, result);
  cvi_scan_session_report (session, result, TRUE);
  cvi_exec_add (session->exec, result);
  cvi_result_free (result);
}

static void
on_done (CviResult *result, gpointer user_data)
{
  CviScanSession *session = user_data;

  cvi_fetches_settle (session->fetches, result);
  rename_result (session, result);
  cvi_progress_end_file (session->progress, result->path);
  cvi_scan_session_take (session, result);
}

static gboolean
open_store (CviScanSession *session, GError **error)
{
  const CviScanOptions *options = session->options;

  if (!options->db)
    return TRUE;
  session->store = cvi_store_open (options->db, FALSE, error);
  if (!session->store)
    return FALSE;
  session->scan = cvi_store_begin_scan (session->store, options->args,
      options->roots, options->mode, &session->resumed, error);
  if (session->scan < 0)
    return FALSE;
  if (session->resumed)
    cvi_say ("continuing scan %" G_GINT64_FORMAT ", which was interrupted",
        session->scan);
  return TRUE;
}

CviScanSession *
cvi_scan_session_new (const CviScanOptions *options, const CviSources *sources,
    CviReport *report, CviProgress *progress, CviScanStats *stats,
    CviExec *exec, GError **error)
{
  static const CviPoolCallbacks callbacks = {
    .next = cvi_scan_supply_next,
    .ready = cvi_scan_supply_ready,
    .progress = on_progress,
    .done = on_done,
    .pending = cvi_scan_supply_pending,
  };
  g_autoptr (CviScanSession) session = NULL;

  g_return_val_if_fail (options && sources, NULL);
  g_return_val_if_fail (report && progress && stats && exec, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  session = g_new0 (CviScanSession, 1);
  session->options = options;
  session->sources = sources;
  session->report = report;
  session->progress = progress;
  session->stats = stats;
  session->exec = exec;
  if (!open_store (session, error))
    return NULL;
  session->enumerator = cvi_sources_enumerate (sources, FALSE);
  session->fetches = cvi_scan_supply_new_fetches (session);
  session->pool = cvi_pool_new (&options->pool, &callbacks, session);
  return g_steal_pointer (&session);
}

static GSource *
add_timer (CviScanSession *session)
{
  GSource *timer = g_timeout_source_new (
      cvi_progress_is_shown (session->progress) ? SHOWN_TICK_MS
                                                : CVI_STORE_COMMIT_MS);

  g_source_set_callback (timer, on_timer, session, NULL);
  g_source_attach (timer, g_main_context_get_thread_default ());
  return timer;
}

static void
remove_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

/* Writes the scan's end into the store. */
static void
close_store (CviScanSession *session, gboolean finished)
{
  const CviReportSummary *totals = cvi_report_get_summary (session->report);
  GError *error = NULL;
  gboolean ok;

  if (!session->store)
    return;
  ok = cvi_store_end_scan (session->store, session->scan,
      finished ? "finished" : "interrupted",
      totals->counts[CVI_VERDICT_SKIPPED], &error);
  if (!cvi_store_close (g_steal_pointer (&session->store), ok ? &error : NULL))
    ok = FALSE;
  if (!ok && !session->error)
    session->error = g_steal_pointer (&error);
  g_clear_error (&error);
}

/* The timer goes on meanwhile: what was found is stored, the bar shown. */
static void
wait_for_commands (CviScanSession *session)
{
  do {
    if (cvi_signals_get_stop ())
      cvi_exec_stop (session->exec);
    if (cvi_exec_is_busy (session->exec))
      g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
  } while (cvi_exec_is_busy (session->exec));
}

gboolean
cvi_scan_session_run (
    CviScanSession *session, gboolean *interrupted, GError **error)
{
  GSource *timer;
  GSource *signals;
  GError *pool_error = NULL;

  g_return_val_if_fail (session, FALSE);
  g_return_val_if_fail (interrupted, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  timer = add_timer (session);
  signals = cvi_signals_watch (on_signal, session);
  if (!cvi_pool_run (session->pool, &pool_error))
    cvi_scan_session_fail (session, pool_error);
  wait_for_commands (session);
  remove_source (timer);
  remove_source (signals);
  close_store (session, !cvi_scan_session_should_stop (session));
  *interrupted = cvi_scan_session_should_stop (session);
  if (!session->error)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&session->error));
  return FALSE;
}

guint
cvi_scan_session_get_n_started (CviScanSession *session)
{
  g_return_val_if_fail (session, 0);

  return cvi_pool_get_n_started (session->pool);
}

void
cvi_scan_session_free (CviScanSession *session)
{
  if (!session)
    return;
  cvi_pool_free (session->pool);
  cvi_fetches_free (session->fetches);
  cvi_file_free (session->held);
  cvi_store_free (session->store);
  cvi_enumerator_free (session->enumerator);
  g_clear_error (&session->error);
  g_free (session);
}
