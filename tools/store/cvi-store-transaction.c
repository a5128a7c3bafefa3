/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/store/cvi-store-private.h"

/* A transaction that was open this long (us) kept others waiting. */
#define LONG_TRANSACTION (100 * 1000)

static gboolean
report_earlier_failure (CviStore *store, GError **error)
{
  g_propagate_error (error, g_error_copy (store->failure));
  return FALSE;
}

void
cvi_store_hold (CviStore *store)
{
  g_return_if_fail (store != NULL);

  /* Collected results hold it too. Where this fails, the look-up will too, and
   * says why. */
  if (sqlite3_get_autocommit (store->db))
    store->held =
        sqlite3_exec (store->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;
}

void
cvi_store_release (CviStore *store)
{
  g_return_if_fail (store != NULL);

  if (!store->held)
    return;
  store->held = FALSE;
  /* Nothing was written, so nothing can be lost. An error may have ended the
   * transaction already. */
  if (!sqlite3_get_autocommit (store->db))
    sqlite3_exec (store->db, "ROLLBACK", NULL, NULL, NULL);
}

gboolean
cvi_store_begin (CviStore *store, GError **error)
{
  cvi_store_release (store);
  if (store->failure != NULL)
    return report_earlier_failure (store, error);
  if (store->readonly) {
    cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_FAILED,
        "cannot be written", "it was opened for reading only");
    return FALSE;
  }
  if (!sqlite3_get_autocommit (store->db))
    return TRUE;
  if (!cvi_store_exec (store, "BEGIN IMMEDIATE", "cannot be written", error))
    return FALSE;
  store->n_pending = 0;
  store->pending_since = g_get_monotonic_time ();
  return TRUE;
}

/* Remembers that the collected results, if there were any, are gone. */
static void
lose_pending (CviStore *store, const GError *error)
{
  if (store->n_pending > 0 && store->failure == NULL)
    store->failure = g_error_new (error->domain, error->code,
        "%s (%u results found since the last commit are not stored)",
        error->message, store->n_pending);
  store->n_pending = 0;
}

gboolean
cvi_store_abandon (CviStore *store, GError *reason, GError **error)
{
  if (store->n_pending == 0)
    sqlite3_exec (store->db, "ROLLBACK", NULL, NULL, NULL);
  else if (sqlite3_get_autocommit (store->db))
    lose_pending (store, reason);
  if (store->failure != NULL) {
    g_error_free (reason);
    return report_earlier_failure (store, error);
  }
  g_propagate_error (error, reason);
  return FALSE;
}

gboolean
cvi_store_commit (CviStore *store, GError **error)
{
  g_autoptr (GError) local = NULL;

  cvi_store_release (store);
  if (store->failure != NULL)
    return report_earlier_failure (store, error);
  if (sqlite3_get_autocommit (store->db))
    return TRUE;
  if (!cvi_store_exec (store, "COMMIT", "cannot be written", &local)) {
    /* A transaction that cannot be committed now is not kept for later: it
     * would keep other processes out. */
    sqlite3_exec (store->db, "ROLLBACK", NULL, NULL, NULL);
    return cvi_store_abandon (store, g_steal_pointer (&local), error);
  }
  store->n_pending = 0;
  /* The lock is not handed over in turn: without a pause, a process that
   * begins again at once can keep another one out for ever. */
  if (g_get_monotonic_time () - store->pending_since > LONG_TRANSACTION)
    g_usleep (1000);
  return TRUE;
}

gboolean
cvi_store_flush (CviStore *store, GError **error)
{
  g_return_val_if_fail (store != NULL, FALSE);

  return cvi_store_commit (store, error);
}
