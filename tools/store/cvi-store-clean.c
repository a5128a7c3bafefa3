/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/store/cvi-store-private.h"

#include <string.h>

/* Results that one transaction removes: others wait for it meanwhile. */
#define CHUNK 10000

static const char clean_failed[] = "cannot remove results";

/* Fills temp.running with the scans whose process runs. */
static gboolean
note_running (CviStore *store, GError **error)
{
  g_autoptr (GPtrArray) scans = cvi_store_list_scans (store, 0, error);

  if (scans == NULL ||
      !cvi_store_exec (store,
          "CREATE TEMP TABLE IF NOT EXISTS running (id INTEGER PRIMARY KEY); "
          "DELETE FROM temp.running",
          clean_failed, error))
    return FALSE;
  for (guint i = 0; i < scans->len; i++) {
    const CviScanInfo *info = g_ptr_array_index (scans, i);
    g_autofree char *sql = g_strdup_printf (
        "INSERT INTO temp.running VALUES (%" G_GINT64_FORMAT ")", info->id);

    if (strcmp (info->status, "running") == 0 &&
        !cvi_store_exec (store, sql, clean_failed, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
count_old (CviStore *store, gint64 before, gboolean newest_too,
    CviStoreRemoved *removed, GError **error)
{
  g_autoptr (CviStatement) count =
      cvi_store_prepare (store, "count-superseded", error);

  if (count == NULL)
    return FALSE;
  sqlite3_bind_int64 (count, 1, before);
  if (sqlite3_step (count) != SQLITE_ROW) {
    cvi_store_set_error (store, error, clean_failed);
    return FALSE;
  }
  removed->n_results = cvi_query_get_u64 (count, 0);
  if (!newest_too) {
    removed->n_newest = cvi_query_get_u64 (count, 1);
    removed->n_results -= removed->n_newest;
  }
  return TRUE;
}

/* Runs a statement in a transaction of its own.
 * Returns: rows that it changed itself, -1 with @error */
static gint64
change (CviStore *store, CviStatement *statement, GError **error)
{
  g_autoptr (GError) local = NULL;
  gint64 n;

  if (!cvi_store_begin (store, error))
    return -1;
  if (!cvi_store_run (store, statement, clean_failed, &local)) {
    sqlite3_reset (statement);
    cvi_store_abandon (store, g_steal_pointer (&local), error);
    return -1;
  }
  n = sqlite3_changes (store->db);
  sqlite3_reset (statement);
  return cvi_store_commit (store, error) ? n : -1;
}

static gboolean
remove_bare (
    CviStore *store, gint64 before, CviStoreRemoved *removed, GError **error)
{
  g_autoptr (CviStatement) files =
      cvi_store_prepare (store, "remove-bare-files", error);
  g_autoptr (CviStatement) scans = NULL;
  gint64 n = files != NULL ? change (store, files, error) : -1;

  if (n < 0)
    return FALSE;
  removed->n_files += (guint64)n;
  scans = cvi_store_prepare (store, "remove-bare-scans", error);
  if (scans == NULL)
    return FALSE;
  sqlite3_bind_int64 (scans, 1, before);
  n = change (store, scans, error);
  removed->n_scans += (guint64)MAX (n, 0);
  return n >= 0;
}

gboolean
cvi_store_remove_old (CviStore *store, gint64 before, gboolean newest_too,
    gboolean dry_run, CviStoreRemoved *removed, GError **error)
{
  g_autoptr (CviStatement) remove = NULL;
  gint64 n;

  g_return_val_if_fail (store != NULL && removed != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  memset (removed, 0, sizeof *removed);
  if (!note_running (store, error) ||
      !count_old (store, before, newest_too, removed, error))
    return FALSE;
  if (dry_run)
    return TRUE;
  removed->n_results = 0;
  remove = cvi_store_prepare (store, "remove-superseded", error);
  if (remove == NULL)
    return FALSE;
  do {
    sqlite3_bind_int64 (remove, 1, before);
    sqlite3_bind_int (remove, 2, newest_too ? 1 : 0);
    sqlite3_bind_int (remove, 3, CHUNK);
    n = change (store, remove, error);
    if (n < 0)
      return FALSE;
    removed->n_results += (guint64)n;
  } while (n == CHUNK);
  return remove_bare (store, before, removed, error);
}

gboolean
cvi_store_remove_files (CviStore *store, const char *const *paths,
    CviStoreRemoved *removed, GError **error)
{
  g_autoptr (CviStatement) remove = NULL;
  g_autoptr (GError) local = NULL;

  g_return_val_if_fail (store != NULL && paths != NULL, FALSE);
  g_return_val_if_fail (removed != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  remove = cvi_store_prepare (store, "remove-file", error);
  for (guint i = 0; remove != NULL && paths[i] != NULL; i++) {
    if (!cvi_store_begin (store, error))
      return FALSE;
    cvi_query_bind_path (remove, 1, paths[i]);
    if (!cvi_store_run (store, remove, clean_failed, &local)) {
      sqlite3_reset (remove);
      return cvi_store_abandon (store, g_steal_pointer (&local), error);
    }
    removed->n_files += (guint64)sqlite3_changes (store->db);
    sqlite3_reset (remove);
    if (i % CHUNK == CHUNK - 1 && !cvi_store_commit (store, error))
      return FALSE;
  }
  return remove != NULL && cvi_store_commit (store, error);
}

gboolean
cvi_store_compact (CviStore *store, guint64 *freed, GError **error)
{
  gint64 pages, unused, size;

  g_return_val_if_fail (store != NULL && freed != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  *freed = 0;
  pages = cvi_store_get_number (store, "PRAGMA page_count", error);
  unused = pages < 0
               ? -1
               : cvi_store_get_number (store, "PRAGMA freelist_count", error);
  size =
      unused < 0 ? -1 : cvi_store_get_number (store, "PRAGMA page_size", error);
  if (size < 0)
    return FALSE;
  if (unused < pages / 4 || unused == 0)
    return TRUE;
  if (!cvi_store_exec (store, "VACUUM; PRAGMA wal_checkpoint (TRUNCATE)",
          "cannot be made smaller", error))
    return FALSE;
  *freed = (guint64)(pages -
                     cvi_store_get_number (store, "PRAGMA page_count", NULL)) *
           (guint64)size;
  return TRUE;
}
