/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-scan-session-private.h"

/* Between two looks at the clock while files are passed by. */
#define FILES_PER_TICK 64

/* What is known about a file before it is checked. */
typedef struct {
  gint64 id; /* 0: nothing that still holds */
  CviVerdict verdict;
  gboolean own; /* found by this scan, before it was interrupted */
} Known;

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
  cvi_scan_session_report (session, result, FALSE);
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
  cvi_scan_session_fail (session, error);
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

  while (!cvi_scan_session_should_stop (session) &&
         (file = next_of_sources (session))) {
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
      cvi_scan_session_tick (session);
  }
  return NULL;
}

/* What was fetched goes first: it lies in a folder for temporary files. */
CviFile *
cvi_scan_supply_next (gpointer user_data)
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

gboolean
cvi_scan_supply_ready (gpointer user_data)
{
  CviScanSession *session = user_data;

  return session->held || cvi_enumerator_is_ready (session->enumerator);
}

gboolean
cvi_scan_supply_pending (gpointer user_data)
{
  CviScanSession *session = user_data;

  return !cvi_scan_session_should_stop (session) &&
         cvi_fetches_is_busy (session->fetches);
}

static void
on_fetch_failed (CviResult *result, gpointer user_data)
{
  CviScanSession *session = user_data;

  if (cvi_scan_session_should_stop (session))
    cvi_result_free (result);
  else
    cvi_scan_session_take (session, result);
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

static void
on_fetch_progress (const CviPoolProgress *progress, gpointer user_data)
{
  CviScanSession *session = user_data;

  cvi_progress_set_current (session->progress, progress);
}

static void
on_fetch_ended (const char *name, gpointer user_data)
{
  CviScanSession *session = user_data;

  cvi_progress_end_file (session->progress, name);
}

CviFetches *
cvi_scan_supply_new_fetches (CviScanSession *session)
{
  static const CviFetchesCallbacks callbacks = { is_known_remote,
    on_fetch_progress, on_fetch_ended, on_fetch_failed };
  const CviScanOptions *options = session->options;
  guint ahead = options->pool.n_workers ? options->pool.n_workers
                                        : cvi_pool_default_workers ();

  return cvi_fetches_new (&options->fetch, session->sources, ahead,
      options->mode, &callbacks, session);
}
