/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-shard-session.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "plugin/core/cvi-verdict.h"
#include "tools/cli/cvi-signals.h"
#include "tools/cluster/cvi-journal.h"
#include "tools/pool/cvi-file.h"

struct _CviShardSession {
  const CviPlan *plan;
  CviPlanShard *shard;
  CviShardState *before;
  CviJournal *journal;
  CviPool *pool;
  GPtrArray *roots;    /* CviRoot of the plan's folders */
  GHashTable *at_work; /* path -> number of the file */
  GHashTable *same;    /* path -> GArray of further numbers, if any */
  guint next;
  CviShardCounts counts;
  GError *error; /* the first that ended the attempt */
};

static void
fail (CviShardSession *session, GError *error)
{
  if (session->error)
    g_error_free (error);
  else
    session->error = error;
  cvi_pool_stop (session->pool);
}

static gboolean
should_stop (CviShardSession *session)
{
  return session->error || cvi_signals_get_stop ();
}

/* The planned folder that @path is in, for the sandbox. */
static CviRoot *
find_root (CviShardSession *session, const char *path)
{
  for (guint i = 0; i < session->roots->len; i++) {
    CviRoot *root = g_ptr_array_index (session->roots, i);
    gsize len = strlen (root->path);

    if (g_str_has_prefix (path, root->path) &&
        (path[len] == '/' || g_str_has_suffix (root->path, "/")))
      return root;
  }
  return NULL;
}

static CviFile *
open_file (CviShardSession *session, const char *path)
{
  struct stat status;
  CviRoot *root;
  CviFile *file;

  if (stat (path, &status) < 0)
    return cvi_file_new (g_strdup (path), NULL, errno);
  file = cvi_file_new (g_strdup (path), &status, 0);
  root = find_root (session, path);
  if (root) {
    file->root = cvi_root_ref (root);
    /* What is on one disk mostly is below one planned folder. */
    file->device = root->device;
  }
  file->named = root == NULL;
  return file;
}

/* Earlier attempts have come to their ends on @path, whatever killed them. */
static void
give_up (CviShardSession *session, guint number, const char *path)
{
  const CviFileState *state =
      &g_array_index (session->before->files, CviFileState, number);
  const CviPlannedFile *planned =
      &g_array_index (session->shard->files, CviPlannedFile, number);
  g_autoptr (CviResult) result = cvi_result_new (path, session->plan->mode);
  GError *error = NULL;

  result->size = planned->size;
  result->mtime_ns = planned->mtime_ns;
  cvi_result_add (
      result, cvi_finding_new (CVI_RULE_PROCESS_CRASHED, NULL,
                  "%u attempts at its shard were killed while it was checked",
                  state->lost));
  cvi_result_judge (result);
  session->counts.n_given_up++;
  if (!cvi_journal_result (session->journal, number, result, &error))
    fail (session, error);
}

/* Is file @number to be checked now? */
static gboolean
is_wanted (CviShardSession *session, guint number, const char *path)
{
  const CviFileState *state =
      &g_array_index (session->before->files, CviFileState, number);
  GArray *same;

  if (state->n_results > 0)
    return FALSE;
  if (state->lost >= CVI_SHARD_MAX_LOST) {
    give_up (session, number, path);
    return FALSE;
  }
  if (!g_hash_table_contains (session->at_work, path))
    return TRUE;
  /* Planned twice: its one result serves for both. */
  same = g_hash_table_lookup (session->same, path);
  if (!same) {
    same = g_array_new (FALSE, FALSE, sizeof (guint));
    g_hash_table_insert (session->same, (gpointer)path, same);
  }
  g_array_append_val (same, number);
  return FALSE;
}

static CviFile *
on_next (gpointer user_data)
{
  CviShardSession *session = user_data;
  GArray *files = session->shard->files;

  while (session->next < files->len && !should_stop (session)) {
    guint number = session->next++;
    const char *path = g_array_index (files, CviPlannedFile, number).path;
    GError *error = NULL;

    if (!is_wanted (session, number, path))
      continue;
    if (!cvi_journal_begin (session->journal, number, &error)) {
      fail (session, error);
      return NULL;
    }
    g_hash_table_insert (
        session->at_work, (gpointer)path, GUINT_TO_POINTER (number));
    return open_file (session, path);
  }
  return NULL;
}

static gboolean
write_row (CviShardSession *session, guint number, const CviResult *result,
    GError **error)
{
  const CviFinding *finding;

  if (result->verdict != CVI_VERDICT_UNREADABLE) {
    session->counts.n_checked++;
    return cvi_journal_result (session->journal, number, result, error);
  }
  finding = result->findings->len > 0 ? g_ptr_array_index (result->findings, 0)
                                      : NULL;
  session->counts.n_failed++;
  return cvi_journal_failed (session->journal, number,
      finding ? finding->message : "unreadable", error);
}

static void
on_done (CviResult *result, gpointer user_data)
{
  CviShardSession *session = user_data;
  gpointer number;
  GArray *same = g_hash_table_lookup (session->same, result->path);
  GError *error = NULL;
  gboolean ok = TRUE;

  if (g_hash_table_lookup_extended (
          session->at_work, result->path, NULL, &number)) {
    ok = write_row (session, GPOINTER_TO_UINT (number), result, &error);
    for (guint i = 0; ok && same && i < same->len; i++)
      ok = write_row (session, g_array_index (same, guint, i), result, &error);
    g_hash_table_remove (session->same, result->path);
    g_hash_table_remove (session->at_work, result->path);
  }
  cvi_result_free (result);
  if (!ok)
    fail (session, error);
}

static gboolean
on_signal (gpointer user_data)
{
  CviShardSession *session = user_data;

  if (cvi_signals_get_stop ())
    cvi_pool_stop (session->pool);
  return G_SOURCE_CONTINUE;
}

static void
open_roots (CviShardSession *session)
{
  session->roots =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_root_unref);
  for (char **root = session->plan->roots; *root; root++) {
    struct stat status;

    if (stat (*root, &status) == 0 && S_ISDIR (status.st_mode))
      g_ptr_array_add (session->roots, cvi_root_new (*root, &status));
  }
}

static gboolean
open_shard (CviShardSession *session, guint index, GError **error)
{
  g_autoptr (CviJournals) journals = NULL;

  session->shard = cvi_plan_load_shard (session->plan, index, error);
  journals = session->shard ? cvi_journals_new (session->plan, error) : NULL;
  if (!journals)
    return FALSE;
  session->before =
      cvi_shard_state_new (session->plan, journals, index, FALSE, error);
  if (!session->before)
    return FALSE;
  session->counts.n_files = session->shard->files->len;
  session->counts.n_before = session->before->n_done;
  /* An attempt that has nothing to do leaves no journal. */
  if (session->counts.n_before == session->counts.n_files)
    return TRUE;
  session->journal = cvi_journal_new (session->plan, index, error);
  return session->journal != NULL;
}

CviShardSession *
cvi_shard_session_new (const CviPlan *plan, guint index,
    const CviPoolConfig *config, GError **error)
{
  static const CviPoolCallbacks callbacks = {
    .next = on_next,
    /* No .ready: what is taken is journalled as begun, so nothing is taken
     * ahead. */
    .done = on_done,
  };
  g_autoptr (CviShardSession) session = NULL;
  CviPoolConfig own;

  g_return_val_if_fail (plan && config, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  own = *config;
  own.mode = plan->mode;
  own.hw = plan->hw;
  own.roots = (const char *const *)plan->roots;
  session = g_new0 (CviShardSession, 1);
  session->plan = plan;
  session->at_work = g_hash_table_new (g_str_hash, g_str_equal);
  session->same = g_hash_table_new_full (
      g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_array_unref);
  open_roots (session);
  if (!open_shard (session, index, error))
    return NULL;
  session->pool = cvi_pool_new (&own, &callbacks, session);
  return g_steal_pointer (&session);
}

/* What is still at work is not to blame for the end of this attempt. */
static gboolean
close_journal (CviShardSession *session, gboolean finished, GError **error)
{
  GHashTableIter iter;
  gpointer number;

  g_hash_table_iter_init (&iter, session->at_work);
  while (g_hash_table_iter_next (&iter, NULL, &number)) {
    if (!cvi_journal_released (
            session->journal, GPOINTER_TO_UINT (number), error))
      return FALSE;
  }
  return cvi_journal_end (
      session->journal, finished ? "finished" : "stopped", error);
}

gboolean
cvi_shard_session_run (CviShardSession *session, GError **error)
{
  g_autoptr (GError) end_error = NULL;
  GError *pool_error = NULL;
  GSource *signals;

  g_return_val_if_fail (session, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  if (!session->journal)
    return TRUE;
  signals = cvi_signals_watch (on_signal, session);
  if (!cvi_pool_run (session->pool, &pool_error))
    fail (session, pool_error);
  g_source_destroy (signals);
  g_source_unref (signals);
  if (!close_journal (session, !should_stop (session), &end_error) &&
      !session->error)
    session->error = g_steal_pointer (&end_error);
  if (!session->error)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&session->error));
  return FALSE;
}

const CviShardCounts *
cvi_shard_session_get_counts (CviShardSession *session)
{
  g_return_val_if_fail (session, NULL);

  return &session->counts;
}

void
cvi_shard_session_free (CviShardSession *session)
{
  if (!session)
    return;
  if (session->pool)
    cvi_pool_free (session->pool);
  cvi_journal_free (session->journal);
  cvi_shard_state_free (session->before);
  cvi_plan_shard_free (session->shard);
  g_ptr_array_unref (session->roots);
  g_hash_table_unref (session->at_work);
  g_hash_table_unref (session->same);
  g_clear_error (&session->error);
  g_free (session);
}
