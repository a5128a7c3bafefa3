/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/store/cvi-store-private.h"

#include "cvi-store-resources.h"

#include <string.h>

static const char *const query_names[CVI_N_QUERIES] = {
  [CVI_QUERY_FIND_CURRENT] = "find-current",
  [CVI_QUERY_FIND_FILE] = "find-file",
  [CVI_QUERY_ADD_FILE] = "add-file",
  [CVI_QUERY_FIND_KIND] = "find-kind",
  [CVI_QUERY_ADD_KIND] = "add-kind",
  [CVI_QUERY_REMOVE_RESULT] = "remove-result",
  [CVI_QUERY_ADD_RESULT] = "add-result",
  [CVI_QUERY_ADD_STREAM] = "add-stream",
  [CVI_QUERY_ADD_FINDING] = "add-finding",
  [CVI_QUERY_LOAD_RESULT] = "load-result",
  [CVI_QUERY_LOAD_STREAMS] = "load-streams",
  [CVI_QUERY_LOAD_FINDINGS] = "load-findings",
  [CVI_QUERY_FIND_UNFINISHED] = "find-unfinished",
  [CVI_QUERY_ADD_SCAN] = "add-scan",
  [CVI_QUERY_RESUME_SCAN] = "resume-scan",
  [CVI_QUERY_END_SCAN] = "end-scan",
  [CVI_QUERY_LIST_SCANS] = "list-scans",
  [CVI_QUERY_LOAD_SCAN] = "load-scan",
  [CVI_QUERY_COUNT_VERDICTS] = "count-verdicts",
  [CVI_QUERY_PUT_HASHES] = "put-hashes",
  [CVI_QUERY_PUT_DIGEST] = "put-digest",
  [CVI_QUERY_REMOVE_DIGESTS] = "remove-digests",
  [CVI_QUERY_ADD_ETAG] = "add-etag",
  [CVI_QUERY_HAS_ETAG] = "has-etag",
  [CVI_QUERY_ADD_HASHLESS] = "add-hashless",
  [CVI_QUERY_FIND_WHOLE] = "find-whole",
  [CVI_QUERY_SET_CHECKED] = "set-checked",
  [CVI_QUERY_LOAD_HASHES] = "load-hashes",
  [CVI_QUERY_LOAD_DIGESTS] = "load-digests",
  [CVI_QUERY_SET_VERIFIED] = "set-verified",
  [CVI_QUERY_SET_ROTTEN] = "set-rotten",
  [CVI_QUERY_SET_VANISHED] = "set-vanished",
  [CVI_QUERY_MOVE_RESULTS] = "move-results",
  [CVI_QUERY_REMOVE_FILE_ROW] = "remove-file-row",
  [CVI_QUERY_MOVE_FILE] = "move-file",
  [CVI_QUERY_MOVE_MARK] = "move-mark",
  [CVI_QUERY_FIND_MARK] = "find-mark",
};

char *
cvi_store_get_sql (const char *name)
{
  g_autofree char *path = g_strdup_printf ("/cvi/store/sql/%s.sql", name);
  g_autoptr (GBytes) bytes = g_resource_lookup_data (
      cvi_store_resources_get_resource (), path, 0, NULL);
  gsize size;
  const char *text;

  g_assert (bytes != NULL);
  text = g_bytes_get_data (bytes, &size);
  return g_strndup (text, size);
}

void
cvi_query_release (CviQuery *query)
{
  sqlite3_reset (query);
  sqlite3_clear_bindings (query);
}

void
cvi_statement_free (CviStatement *statement)
{
  sqlite3_finalize (statement);
}

static sqlite3_stmt *
prepare (CviStore *store, const char *name, unsigned int flags, GError **error)
{
  g_autofree char *sql = cvi_store_get_sql (name);
  sqlite3_stmt *statement = NULL;
  int rc = sqlite3_prepare_v3 (store->db, sql, -1, flags, &statement, NULL);

  if (rc == SQLITE_OK)
    return statement;
  /* The statements are right, so what does not compile is the schema. */
  if (rc == SQLITE_ERROR)
    cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_CORRUPT,
        "its tables are not as they should be", sqlite3_errmsg (store->db));
  else
    cvi_store_set_error (store, error, "cannot read its tables");
  return NULL;
}

CviStatement *
cvi_store_prepare (CviStore *store, const char *name, GError **error)
{
  return prepare (store, name, 0, error);
}

gboolean
cvi_store_prepare_all (CviStore *store, GError **error)
{
  for (guint i = 0; i < CVI_N_QUERIES; i++) {
    store->queries[i] =
        prepare (store, query_names[i], SQLITE_PREPARE_PERSISTENT, error);
    if (store->queries[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

void
cvi_store_finalize_all (CviStore *store)
{
  for (guint i = 0; i < CVI_N_QUERIES; i++)
    g_clear_pointer (&store->queries[i], sqlite3_finalize);
}

CviQuery *
cvi_store_query (CviStore *store, CviQueryId id)
{
  /* Nobody may use a statement while somebody else is stepping through it. */
  g_assert (!sqlite3_stmt_busy (store->queries[id]));
  return store->queries[id];
}

gboolean
cvi_store_run (
    CviStore *store, CviQuery *query, const char *what, GError **error)
{
  if (sqlite3_step (query) == SQLITE_DONE)
    return TRUE;
  cvi_store_set_error (store, error, what);
  return FALSE;
}

gboolean
cvi_store_exec (
    CviStore *store, const char *sql, const char *what, GError **error)
{
  if (sqlite3_exec (store->db, sql, NULL, NULL, NULL) == SQLITE_OK)
    return TRUE;
  cvi_store_set_error (store, error, what);
  return FALSE;
}

gint64
cvi_store_get_number (CviStore *store, const char *sql, GError **error)
{
  g_autoptr (CviStatement) statement = NULL;

  if (sqlite3_prepare_v2 (store->db, sql, -1, &statement, NULL) == SQLITE_OK &&
      sqlite3_step (statement) == SQLITE_ROW)
    return sqlite3_column_int64 (statement, 0);
  cvi_store_set_error (store, error, "cannot be read");
  return -1;
}

void
cvi_query_bind_path (CviQuery *query, int index, const char *path)
{
  sqlite3_bind_blob64 (query, index, path, strlen (path), SQLITE_STATIC);
}

void
cvi_query_bind_text (CviQuery *query, int index, const char *text)
{
  sqlite3_bind_text (query, index, text, -1, SQLITE_STATIC);
}

void
cvi_query_bind_u64 (CviQuery *query, int index, guint64 value)
{
  if (value == CVI_NONE)
    sqlite3_bind_null (query, index);
  else
    sqlite3_bind_int64 (query, index, (gint64)MIN (value, G_MAXINT64));
}

char *
cvi_query_get_bytes (CviQuery *query, int column)
{
  const char *bytes = sqlite3_column_blob (query, column);
  int size = sqlite3_column_bytes (query, column);

  return bytes != NULL ? g_strndup (bytes, size) : g_strdup ("");
}

char *
cvi_query_get_text (CviQuery *query, int column)
{
  const char *text = (const char *)sqlite3_column_text (query, column);

  return text != NULL ? g_utf8_make_valid (text, -1) : NULL;
}

guint64
cvi_query_get_u64 (CviQuery *query, int column)
{
  if (sqlite3_column_type (query, column) == SQLITE_NULL)
    return CVI_NONE;
  return (guint64)MAX (sqlite3_column_int64 (query, column), 0);
}

gboolean
cvi_query_get_verdict (CviQuery *query, int column, CviVerdict *verdict)
{
  const char *name = (const char *)sqlite3_column_text (query, column);

  return name != NULL && cvi_verdict_from_string (name, verdict);
}

gboolean
cvi_query_get_mode (CviQuery *query, int column, CviMode *mode)
{
  const char *name = (const char *)sqlite3_column_text (query, column);

  return name != NULL && cvi_mode_from_string (name, mode);
}
