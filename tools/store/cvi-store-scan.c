/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/store/cvi-store-private.h"

#include "tools/store/cvi-process.h"

#include <string.h>

static const char begin_failed[] = "cannot begin a scan";
static const char end_failed[] = "cannot end a scan";
static const char read_failed[] = "cannot read its scans";

void
cvi_scan_info_free (CviScanInfo *info)
{
  if (info == NULL)
    return;
  g_free (info->args);
  g_free (info->roots);
  g_free (info->status);
  g_free (info);
}

/* Columns @first to @first + 2: pid, process_start, boot_id. */
static gboolean
process_is_running (CviQuery *query, int first)
{
  CviProcess process;
  g_autofree char *boot_id = cvi_query_get_bytes (query, first + 2);

  process.pid = sqlite3_column_int64 (query, first);
  process.start = sqlite3_column_int64 (query, first + 1);
  g_strlcpy (process.boot_id, boot_id, sizeof process.boot_id);
  return cvi_process_is_running (&process);
}

/* Returns: the id of the newest scan of @args that can be continued, 0 if
 * there is none, -1 with @error. */
static gint64
find_unfinished (CviStore *store, const char *args, GError **error)
{
  g_autoptr (CviQuery) query =
      cvi_store_query (store, CVI_QUERY_FIND_UNFINISHED);
  int rc;

  cvi_query_bind_text (query, 1, args);
  while ((rc = sqlite3_step (query)) == SQLITE_ROW) {
    const char *status = (const char *)sqlite3_column_text (query, 1);

    if (g_strcmp0 (status, "running") != 0 || !process_is_running (query, 2))
      return sqlite3_column_int64 (query, 0);
  }
  if (rc == SQLITE_DONE)
    return 0;
  cvi_store_set_error (store, error, begin_failed);
  return -1;
}

static gboolean
resume_scan (CviStore *store, gint64 scan, GError **error)
{
  g_autoptr (CviQuery) query = cvi_store_query (store, CVI_QUERY_RESUME_SCAN);
  CviProcess self;

  cvi_process_get_self (&self);
  sqlite3_bind_int64 (query, 1, scan);
  sqlite3_bind_int64 (query, 2, self.pid);
  sqlite3_bind_int64 (query, 3, self.start);
  cvi_query_bind_text (query, 4, self.boot_id);
  return cvi_store_run (store, query, begin_failed, error);
}

static gint64
add_scan (CviStore *store, const char *args, const char *roots, CviMode mode,
    GError **error)
{
  g_autoptr (CviQuery) query = cvi_store_query (store, CVI_QUERY_ADD_SCAN);
  CviProcess self;

  cvi_process_get_self (&self);
  cvi_query_bind_text (query, 1, args);
  cvi_query_bind_text (query, 2, roots);
  cvi_query_bind_text (query, 3, cvi_mode_to_string (mode));
  sqlite3_bind_int64 (query, 4, g_get_real_time () / G_USEC_PER_SEC);
  sqlite3_bind_int64 (query, 5, self.pid);
  sqlite3_bind_int64 (query, 6, self.start);
  cvi_query_bind_text (query, 7, self.boot_id);
  if (!cvi_store_run (store, query, begin_failed, error))
    return -1;
  return sqlite3_last_insert_rowid (store->db);
}

gint64
cvi_store_begin_scan (CviStore *store, const char *args, const char *roots,
    CviMode mode, gboolean *resumed, GError **error)
{
  g_autoptr (GError) local = NULL;
  gint64 scan;
  gboolean found;

  g_return_val_if_fail (store != NULL && args != NULL && roots != NULL, -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  /* One transaction, so that two processes do not continue the same scan. */
  if (!cvi_store_begin (store, error))
    return -1;
  scan = find_unfinished (store, args, &local);
  found = scan > 0;
  if (found && !resume_scan (store, scan, &local))
    scan = -1;
  else if (scan == 0)
    scan = add_scan (store, args, roots, mode, &local);
  if (scan < 0) {
    cvi_store_abandon (store, g_steal_pointer (&local), error);
    return -1;
  }
  if (!cvi_store_commit (store, error))
    return -1;
  if (resumed != NULL)
    *resumed = found;
  return scan;
}

gboolean
cvi_store_end_scan (CviStore *store, gint64 scan, const char *status,
    guint64 n_skipped, GError **error)
{
  g_autoptr (CviQuery) query = NULL;
  g_autoptr (GError) local = NULL;
  int n_changes;

  g_return_val_if_fail (store != NULL && status != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!cvi_store_begin (store, error))
    return FALSE;
  query = cvi_store_query (store, CVI_QUERY_END_SCAN);
  sqlite3_bind_int64 (query, 1, scan);
  cvi_query_bind_text (query, 2, status);
  sqlite3_bind_int64 (query, 3, g_get_real_time () / G_USEC_PER_SEC);
  cvi_query_bind_u64 (query, 4, MIN (n_skipped, G_MAXINT64));
  if (!cvi_store_run (store, query, end_failed, &local))
    return cvi_store_abandon (store, g_steal_pointer (&local), error);
  n_changes = sqlite3_changes (store->db);
  if (!cvi_store_commit (store, error))
    return FALSE;
  if (n_changes == 1)
    return TRUE;
  cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_NOT_FOUND,
      end_failed, "there is no such scan");
  return FALSE;
}

static gboolean
count_verdicts (CviStore *store, CviScanInfo *info, GError **error)
{
  g_autoptr (CviQuery) query =
      cvi_store_query (store, CVI_QUERY_COUNT_VERDICTS);
  CviVerdict verdict;
  int rc;

  sqlite3_bind_int64 (query, 1, info->id);
  while ((rc = sqlite3_step (query)) == SQLITE_ROW) {
    if (!cvi_query_get_verdict (query, 0, &verdict)) {
      cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_CORRUPT,
          read_failed, "a result has an unknown verdict");
      return FALSE;
    }
    info->counts[verdict] += cvi_query_get_u64 (query, 1);
  }
  if (rc == SQLITE_DONE)
    return TRUE;
  cvi_store_set_error (store, error, read_failed);
  return FALSE;
}

/* @query: a row of list-scans.sql or load-scan.sql. */
static CviScanInfo *
read_info (CviStore *store, CviQuery *query, GError **error)
{
  g_autoptr (CviScanInfo) info = g_new0 (CviScanInfo, 1);

  info->id = sqlite3_column_int64 (query, 0);
  info->args = cvi_query_get_bytes (query, 1);
  info->roots = cvi_query_get_bytes (query, 2);
  if (!cvi_query_get_mode (query, 3, &info->mode)) {
    cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_CORRUPT,
        read_failed, "a scan has an unknown mode");
    return NULL;
  }
  info->status = cvi_query_get_bytes (query, 4);
  /* A process that was killed could not say so itself. */
  if (strcmp (info->status, "running") == 0 && !process_is_running (query, 8)) {
    g_free (info->status);
    info->status = g_strdup ("interrupted");
  }
  info->started_at = sqlite3_column_int64 (query, 5);
  info->finished_at = sqlite3_column_int64 (query, 6);
  info->counts[CVI_VERDICT_SKIPPED] = cvi_query_get_u64 (query, 7);
  return g_steal_pointer (&info);
}

static GPtrArray *
list_scans (CviStore *store, gint64 limit, gint64 offset, gboolean counted,
    GError **error)
{
  g_autoptr (GPtrArray) scans =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_scan_info_free);
  g_autoptr (CviQuery) query = cvi_store_query (store, CVI_QUERY_LIST_SCANS);
  int rc;

  sqlite3_bind_int64 (query, 1, limit);
  sqlite3_bind_int64 (query, 2, offset);
  while ((rc = sqlite3_step (query)) == SQLITE_ROW) {
    CviScanInfo *info = read_info (store, query, error);

    if (info == NULL)
      return NULL;
    g_ptr_array_add (scans, info);
    if (counted && !count_verdicts (store, info, error))
      return NULL;
  }
  if (rc == SQLITE_DONE)
    return g_steal_pointer (&scans);
  cvi_store_set_error (store, error, read_failed);
  return NULL;
}

GPtrArray *
cvi_store_list_scans (CviStore *store, guint limit, GError **error)
{
  g_return_val_if_fail (store != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return list_scans (store, limit > 0 ? (gint64)limit : -1, 0, TRUE, error);
}

static void
set_no_such_scan (CviStore *store, const char *which, GError **error)
{
  g_autofree char *reason = g_strdup_printf ("there is no scan \"%s\"", which);

  cvi_store_set_error_literal (
      store, error, CVI_STORE_ERROR_NOT_FOUND, "cannot find a scan", reason);
}

static CviScanInfo *
find_by_age (CviStore *store, const char *which, gint64 offset, GError **error)
{
  g_autoptr (GPtrArray) scans = list_scans (store, 1, offset, FALSE, error);

  if (scans == NULL)
    return NULL;
  if (scans->len > 0)
    return g_ptr_array_steal_index (scans, 0);
  set_no_such_scan (store, which, error);
  return NULL;
}

CviScanInfo *
cvi_store_find_scan (CviStore *store, const char *which, GError **error)
{
  g_autoptr (CviQuery) query = NULL;
  gint64 id;

  g_return_val_if_fail (store != NULL && which != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (strcmp (which, "latest") == 0)
    return find_by_age (store, which, 0, error);
  if (strcmp (which, "previous") == 0)
    return find_by_age (store, which, 1, error);
  if (!g_ascii_string_to_signed (which, 10, 1, G_MAXINT64, &id, NULL)) {
    set_no_such_scan (store, which, error);
    return NULL;
  }
  query = cvi_store_query (store, CVI_QUERY_LOAD_SCAN);
  sqlite3_bind_int64 (query, 1, id);
  switch (sqlite3_step (query)) {
    case SQLITE_ROW:
      return read_info (store, query, error);
    case SQLITE_DONE:
      set_no_such_scan (store, which, error);
      return NULL;
    default:
      cvi_store_set_error (store, error, read_failed);
      return NULL;
  }
}
