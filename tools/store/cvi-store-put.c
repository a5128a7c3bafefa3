/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/store/cvi-store-private.h"

static const char put_failed[] = "cannot store a result";

gint64
cvi_store_find_or_add (
    CviStore *store, CviQuery *find, CviQuery *add, GError **error)
{
  switch (sqlite3_step (find)) {
    case SQLITE_ROW:
      return sqlite3_column_int64 (find, 0);
    case SQLITE_DONE:
      break;
    default:
      cvi_store_set_error (store, error, put_failed);
      return -1;
  }
  if (!cvi_store_run (store, add, put_failed, error))
    return -1;
  return sqlite3_last_insert_rowid (store->db);
}

/* Returns: the file's row id, made if need be; -1 with @error. */
gint64
cvi_store_get_file_id (CviStore *store, const char *path, GError **error)
{
  g_autoptr (CviQuery) find = cvi_store_query (store, CVI_QUERY_FIND_FILE);
  g_autoptr (CviQuery) add = cvi_store_query (store, CVI_QUERY_ADD_FILE);

  cvi_query_bind_path (find, 1, path);
  cvi_query_bind_path (add, 1, path);
  return cvi_store_find_or_add (store, find, add, error);
}

static gboolean
remove_result (CviStore *store, gint64 scan, gint64 file, GError **error)
{
  g_autoptr (CviQuery) query = cvi_store_query (store, CVI_QUERY_REMOVE_RESULT);

  sqlite3_bind_int64 (query, 1, scan);
  sqlite3_bind_int64 (query, 2, file);
  return cvi_store_run (store, query, put_failed, error);
}

static gboolean
add_result (CviStore *store, gint64 scan, gint64 file, gint64 kind,
    const CviResult *result, GError **error)
{
  g_autoptr (CviQuery) query = cvi_store_query (store, CVI_QUERY_ADD_RESULT);

  sqlite3_bind_int64 (query, 1, scan);
  sqlite3_bind_int64 (query, 2, file);
  cvi_query_bind_text (query, 3, cvi_verdict_to_string (result->verdict));
  cvi_query_bind_text (
      query, 4, cvi_verdict_to_string (result->previous_verdict));
  sqlite3_bind_double (query, 5, result->confidence);
  sqlite3_bind_double (query, 6, result->damage);
  cvi_query_bind_text (query, 7, cvi_mode_to_string (result->mode));
  cvi_query_bind_text (query, 8, result->container);
  cvi_query_bind_u64 (query, 9, result->size);
  sqlite3_bind_int64 (query, 10, result->mtime_ns);
  cvi_query_bind_u64 (query, 11, result->duration_ns);
  sqlite3_bind_double (query, 12, result->elapsed_s);
  sqlite3_bind_double (query, 13, result->cpu_s);
  cvi_query_bind_u64 (query, 14, result->peak_rss_bytes);
  cvi_query_bind_text (query, 15, result->tool_version);
  sqlite3_bind_int64 (query, 16, result->rules_version);
  sqlite3_bind_int64 (query, 17, result->scanned_at);
  sqlite3_bind_int64 (query, 18, kind);
  return cvi_store_run (store, query, put_failed, error);
}

static gboolean
add_stream (CviStore *store, gint64 result, guint position,
    const CviStream *stream, GError **error)
{
  g_autoptr (CviQuery) query = cvi_store_query (store, CVI_QUERY_ADD_STREAM);

  sqlite3_bind_int64 (query, 1, result);
  sqlite3_bind_int64 (query, 2, position);
  cvi_query_bind_text (query, 3, stream->id);
  cvi_query_bind_text (query, 4, stream->kind);
  cvi_query_bind_text (query, 5, stream->codec);
  cvi_query_bind_text (query, 6, stream->decoder);
  sqlite3_bind_int (query, 7, stream->hardware ? 1 : 0);
  cvi_query_bind_u64 (query, 8, stream->frames);
  cvi_query_bind_u64 (query, 9, stream->duration_ns);
  sqlite3_bind_int (query, 10, stream->checked ? 1 : 0);
  cvi_query_bind_text (query, 11, stream->reason);
  return cvi_store_run (store, query, put_failed, error);
}

static gboolean
add_finding (CviStore *store, gint64 result, guint position,
    const CviFinding *finding, GError **error)
{
  g_autoptr (CviQuery) query = cvi_store_query (store, CVI_QUERY_ADD_FINDING);

  sqlite3_bind_int64 (query, 1, result);
  sqlite3_bind_int64 (query, 2, position);
  cvi_query_bind_text (query, 3, finding->rule->id);
  cvi_query_bind_text (query, 4, cvi_severity_to_string (finding->severity));
  sqlite3_bind_double (query, 5, finding->certainty);
  cvi_query_bind_text (query, 6, finding->stream);
  cvi_query_bind_u64 (query, 7, finding->start_ns);
  cvi_query_bind_u64 (query, 8, finding->end_ns);
  cvi_query_bind_u64 (query, 9, finding->offset);
  cvi_query_bind_u64 (query, 10, finding->count);
  cvi_query_bind_text (query, 11, finding->message);
  return cvi_store_run (store, query, put_failed, error);
}

static gboolean
add_etag (CviStore *store, gint64 result, const char *etag, GError **error)
{
  g_autoptr (CviQuery) query = cvi_store_query (store, CVI_QUERY_ADD_ETAG);

  sqlite3_bind_int64 (query, 1, result);
  cvi_query_bind_text (query, 2, etag);
  return cvi_store_run (store, query, put_failed, error);
}

static gboolean
put_rows (CviStore *store, gint64 scan, const CviResult *result, GError **error)
{
  gint64 file = cvi_store_get_file_id (store, result->path, error);
  gint64 kind = file < 0 ? -1 : cvi_store_get_kind (store, result, error);
  gint64 id;

  if (kind < 0 || !remove_result (store, scan, file, error) ||
      !add_result (store, scan, file, kind, result, error))
    return FALSE;
  id = sqlite3_last_insert_rowid (store->db);
  for (guint i = 0; i < result->streams->len; i++)
    if (!add_stream (
            store, id, i, g_ptr_array_index (result->streams, i), error))
      return FALSE;
  for (guint i = 0; i < result->findings->len; i++)
    if (!add_finding (
            store, id, i, g_ptr_array_index (result->findings, i), error))
      return FALSE;
  if (result->etag && !add_etag (store, id, result->etag, error))
    return FALSE;
  return !result->fixity ||
         cvi_store_put_hashes (store, file, result->fixity, error);
}

/* What could not be loaded again is not stored either. */
static gboolean
check_size (CviStore *store, const CviResult *result, GError **error)
{
  if (result->streams->len <= CVI_RESULT_MAX_STREAMS &&
      result->findings->len <= CVI_RESULT_MAX_FINDINGS)
    return TRUE;
  cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_FAILED, put_failed,
      "it has too many streams or findings");
  return FALSE;
}

gboolean
cvi_store_change (
    CviStore *store, CviStoreChange func, gpointer user_data, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (!cvi_store_begin (store, error) ||
      !cvi_store_exec (store, "SAVEPOINT put", put_failed, error))
    return FALSE;
  if (!func (store, user_data, &local) ||
      !cvi_store_exec (store, "RELEASE put", put_failed, &local)) {
    sqlite3_exec (store->db, "ROLLBACK TO put; RELEASE put", NULL, NULL, NULL);
    return cvi_store_abandon (store, g_steal_pointer (&local), error);
  }
  store->n_pending++;
  if (store->n_pending >= CVI_STORE_COMMIT_RESULTS ||
      g_get_monotonic_time () - store->pending_since >=
          CVI_STORE_COMMIT_MS * 1000)
    return cvi_store_commit (store, error);
  return TRUE;
}

typedef struct {
  gint64 scan;
  const CviResult *result;
} Put;

static gboolean
put_change (CviStore *store, gpointer user_data, GError **error)
{
  const Put *put = user_data;

  return put_rows (store, put->scan, put->result, error);
}

gboolean
cvi_store_put (
    CviStore *store, gint64 scan, const CviResult *result, GError **error)
{
  Put put = { scan, result };

  g_return_val_if_fail (store != NULL && result != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return check_size (store, result, error) &&
         cvi_store_change (store, put_change, &put, error);
}
