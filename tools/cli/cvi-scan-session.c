/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-scan-session.h"

#include "tools/cli/cvi-fetches.h"
#include "tools/cli/cvi-fixity-judge.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-signals.h"
#include "tools/store/cvi-store.h"

/* Between two looks at the clock while files are passed by. */
#define FILES_PER_TICK 64
#define SHOWN_TICK_MS 100

struct _CviScanSession {
  const CviScanOptions *options;
  const CviSources *sources;
  CviReport *report;
  CviProgress *progress;
  CviScanStats *stats;
  CviExec *exec;
  CviEnumerator *enumerator;
  CviFetches *fetches;
  CviFile *held;   /* (nullable): taken from the sources, not handed out yet */
  CviStore *store; /* NULL with --no-db */
  gint64 scan;
  gboolean resumed;
  CviPool *pool;
  guint n_passed;
  gint64 flushed_us;
  GError *error; /* the first that ended the scan */
};

/* What is known about a file before it is checked. */
typedef struct {
  gint64 id; /* 0: nothing that still holds */
  CviVerdict verdict;
  gboolean own; /* found by this scan, before it was interrupted */
} Known;

/* Ends the scan for @error (transfer full). */
static void
fail (CviScanSession *session, GError *error)
{
  if (session->error)
    g_error_free (error);
  else
    session->error = error;
  cvi_pool_stop (session->pool);
}

static gboolean
should_stop (CviScanSession *session)
{
  return session->error || cvi_signals_get_stop ();
}

/* What has to be done from time to time, whatever else goes on. */
static void
tick (CviScanSession *session)
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
    fail (session, error);
}

static gboolean
on_timer (gpointer user_data)
{
  tick (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_signal (gpointer user_data)
{
  CviScanSession *session = user_data;

  tick (session);
  if (cvi_signals_get_stop ())
    cvi_pool_stop (session->pool);
  return G_SOURCE_CONTINUE;
}

static void
report_result (
    CviScanSession *session, const CviResult *result, gboolean checked_now)
{
  GError *error = NULL;

  if (cvi_report_wants (
          session->report, result->verdict, result->previous_verdict))
    cvi_progress_hide (session->progress);
  if (!cvi_report_add (session->report, result, checked_now, &error))
    fail (session, error);
}

/* Is there a stored result of @name that makes checking it unnecessary?
 * @match: what it is now */
static gboolean
look_up (CviScanSession *session, const char *name, CviStoreMatch match,
    Known *known, GError **error)
{
  const CviScanOptions *options = session->options;

  match.mode = options->mode;
  *known = (Known){ 0 };
  cvi_store_hold (session->store);
  if (session->resumed) {
    match.scan = session->scan;
    known->id = cvi_store_find_current (
        session->store, name, &match, &known->verdict, NULL, error);
    known->own = known->id > 0;
  }
  if (known->id == 0 && !options->rescan) {
    match.scan = 0;
    match.not_before = options->not_before;
    known->id = cvi_store_find_current (
        session->store, name, &match, &known->verdict, NULL, error);
  }
  return known->id >= 0;
}

static gboolean
report_known (CviScanSession *session, const Known *known, GError **error)
{
  CviVerdict verdict = known->own ? known->verdict : CVI_VERDICT_SKIPPED;
  g_autoptr (CviResult) result = NULL;

  if (!cvi_report_wants (session->report, verdict, known->verdict)) {
    cvi_report_count (session->report, verdict);
    return TRUE;
  }
  result = cvi_store_load (session->store, known->id, error);
  if (!result)
    return FALSE;
  result->previous_verdict = known->verdict;
  result->verdict = verdict;
  report_result (session, result, FALSE);
  return TRUE;
}

/* Returns: whether @name is dealt with (or the scan has failed) */
static gboolean
is_known (CviScanSession *session, const char *name, CviStoreMatch match)
{
  GError *error = NULL;
  Known known;

  if (!session->store)
    return FALSE;
  if (look_up (session, name, match, &known, &error)) {
    if (known.id == 0)
      return FALSE;
    if (report_known (session, &known, &error))
      return TRUE;
  }
  fail (session, error);
  return TRUE;
}

static gboolean
is_known_file (CviScanSession *session, const CviFile *file)
{
  CviStoreMatch match = { .size = file->size, .mtime_ns = file->mtime_ns };

  return !file->problem &&
         is_known (session, cvi_sources_get_name (session->sources, file->path),
             match);
}

/* Takes the next file from the sources, while others that are fetched do not
 * wait for the writer of a list. */
static CviFile *
next_of_sources (CviScanSession *session)
{
  if (session->held)
    return g_steal_pointer (&session->held);
  if (cvi_fetches_is_busy (session->fetches) &&
      !cvi_enumerator_is_ready (session->enumerator))
    return NULL;
  return cvi_sources_next (session->sources, session->enumerator);
}

/* Returns: (transfer full) (nullable): the next local file that is not known;
 * begins to fetch what is not local, as long as there is room */
static CviFile *
next_local (CviScanSession *session)
{
  CviFile *file = NULL;

  while (!should_stop (session) && (file = next_of_sources (session))) {
    if (file->uri && !cvi_fetches_has_room (session->fetches)) {
      session->held = file;
      return NULL;
    }
    if (file->uri) {
      cvi_fetches_add (session->fetches, g_steal_pointer (&file));
    } else {
      if (!is_known_file (session, file))
        return file;
      cvi_sources_forget_name (session->sources, file->path);
      g_clear_pointer (&file, cvi_file_free);
    }
    /* Timers do not run as long as this loop does. */
    if (++session->n_passed % FILES_PER_TICK == 0)
      tick (session);
  }
  return NULL;
}

/* What was fetched goes first: it lies in a folder for temporary files. */
static CviFile *
on_next (gpointer user_data)
{
  CviScanSession *session = user_data;
  CviFile *fetched = cvi_fetches_take (session->fetches);
  CviFile *file;

  if (fetched && !session->held &&
      !cvi_enumerator_is_ready (session->enumerator))
    return fetched;
  file = next_local (session);
  if (session->store)
    cvi_store_release (session->store);
  if (fetched)
    session->held = file ? file : session->held;
  return fetched ? fetched : file;
}

static gboolean
on_ready (gpointer user_data)
{
  CviScanSession *session = user_data;

  return session->held || cvi_enumerator_is_ready (session->enumerator);
}

static gboolean
on_pending (gpointer user_data)
{
  CviScanSession *session = user_data;

  return !should_stop (session) && cvi_fetches_is_busy (session->fetches);
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

static void
take_result (CviScanSession *session, CviResult *result)
{
  GError *error = NULL;

  if (session->store &&
      (!cvi_fixity_judge (
           session->store, session->options->pool.ranges, result, &error) ||
          !cvi_store_put (session->store, session->scan, result, &error) ||
          !cvi_store_apply_marks (session->store, result, &error)))
    fail (session, error);
  cvi_scan_stats_add (session->stats, result);
  report_result (session, result, TRUE);
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
  take_result (session, result);
}

static void
on_fetch_failed (CviResult *result, gpointer user_data)
{
  CviScanSession *session = user_data;

  if (should_stop (session))
    cvi_result_free (result);
  else
    take_result (session, result);
}

static gboolean
is_known_remote (const char *name, guint64 size, gint64 mtime_ns,
    const char *etag, gpointer user_data)
{
  CviScanSession *session = user_data;
  CviStoreMatch match = { .size = size, .mtime_ns = mtime_ns, .etag = etag };
  gboolean known;

  /* Without a time and a name of its state nothing says that it is the same. */
  if (size == CVI_NONE || (mtime_ns == 0 && !*etag))
    return FALSE;
  known = is_known (session, name, match);
  if (session->store)
    cvi_store_release (session->store);
  return known;
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

static CviFetches *
new_fetches (CviScanSession *session)
{
  static const CviFetchesCallbacks callbacks = { is_known_remote,
    on_fetch_failed };
  const CviScanOptions *options = session->options;
  guint ahead = options->pool.n_workers ? options->pool.n_workers
                                        : cvi_pool_default_workers ();

  return cvi_fetches_new (&options->fetch, session->sources, ahead,
      options->mode, &callbacks, session);
}

CviScanSession *
cvi_scan_session_new (const CviScanOptions *options, const CviSources *sources,
    CviReport *report, CviProgress *progress, CviScanStats *stats,
    CviExec *exec, GError **error)
{
  static const CviPoolCallbacks callbacks = {
    .next = on_next,
    .ready = on_ready,
    .progress = on_progress,
    .done = on_done,
    .pending = on_pending,
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
  session->fetches = new_fetches (session);
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
    fail (session, pool_error);
  wait_for_commands (session);
  remove_source (timer);
  remove_source (signals);
  close_store (session, !should_stop (session));
  *interrupted = should_stop (session);
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
