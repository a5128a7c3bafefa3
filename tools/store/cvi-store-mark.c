/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/store/cvi-store-private.h"

#include "plugin/core/cvi-finding.h"

static const char mark_failed[] = "cannot store a mark";
static const char read_failed[] = "cannot read the marks";

/* A reason is shown on terminals and in reports. */
#define MAX_REASON 512

/* Columns of list-marks.sql. */
enum {
  COLUMN_KIND,
  COLUMN_PATH,
  COLUMN_RULE,
  COLUMN_SIZE,
  COLUMN_MTIME,
  COLUMN_REASON,
  COLUMN_TIME
};

/* Runs a statement that writes, in a transaction of its own. */
static gboolean
write_now (CviStore *store, CviStatement *statement, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (!cvi_store_begin (store, error))
    return FALSE;
  if (!cvi_store_run (store, statement, mark_failed, &local))
    return cvi_store_abandon (store, g_steal_pointer (&local), error);
  /* What was read of rules is out of date. */
  g_clear_pointer (&store->rule_marks, g_ptr_array_unref);
  return cvi_store_commit (store, error);
}

gboolean
cvi_store_put_mark (CviStore *store, const CviStoreMark *mark, GError **error)
{
  g_autoptr (CviStatement) statement = NULL;
  g_autofree char *reason = NULL;

  g_return_val_if_fail (store && mark && mark->mark, FALSE);
  g_return_val_if_fail (
      (mark->path == NULL) != (mark->mark->rule == NULL), FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  statement = cvi_store_prepare (store, "add-mark", error);
  if (!statement)
    return FALSE;
  reason = cvi_sanitise_text (mark->mark->reason, -1, MAX_REASON);
  cvi_query_bind_text (
      statement, 1, cvi_mark_kind_to_string (mark->mark->kind));
  if (mark->path) {
    cvi_query_bind_path (statement, 2, mark->path);
    cvi_query_bind_u64 (statement, 4, mark->size);
    sqlite3_bind_int64 (statement, 5, mark->mtime_ns);
  } else {
    cvi_query_bind_text (statement, 3, mark->mark->rule);
  }
  cvi_query_bind_text (statement, 6, reason);
  sqlite3_bind_int64 (statement, 7, mark->mark->marked_at);
  return write_now (store, statement, error);
}

gboolean
cvi_store_remove_mark (CviStore *store, const char *path, const char *rule,
    guint *n_removed, GError **error)
{
  g_autoptr (CviStatement) statement = NULL;

  g_return_val_if_fail (store && n_removed, FALSE);
  g_return_val_if_fail ((path == NULL) != (rule == NULL), FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  statement = cvi_store_prepare (store, "remove-mark", error);
  if (!statement)
    return FALSE;
  if (path)
    cvi_query_bind_path (statement, 1, path);
  else
    cvi_query_bind_text (statement, 2, rule);
  if (!write_now (store, statement, error))
    return FALSE;
  *n_removed = (guint)sqlite3_changes (store->db);
  return TRUE;
}

/* Reads a row of list-marks.sql or, with three columns, of find-mark.sql.
 * Returns: (transfer full) (nullable): NULL for a kind that is not known */
static CviMark *
read_mark (CviQuery *query, int kind, int rule, int reason, int time)
{
  g_autofree char *kind_name = cvi_query_get_text (query, kind);
  g_autofree char *rule_id =
      rule >= 0 ? cvi_query_get_text (query, rule) : NULL;
  g_autofree char *text = cvi_query_get_text (query, reason);
  g_autofree char *safe = cvi_sanitise_text (text ? text : "", -1, MAX_REASON);
  CviMarkKind value;

  if (!cvi_mark_kind_from_string (kind_name, &value))
    return NULL;
  return cvi_mark_new (
      value, rule_id, safe, sqlite3_column_int64 (query, time));
}

gboolean
cvi_store_foreach_mark (
    CviStore *store, CviStoreMarkFunc func, gpointer user_data, GError **error)
{
  g_autoptr (CviStatement) statement = NULL;
  int rc;

  g_return_val_if_fail (store && func, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  statement = cvi_store_prepare (store, "list-marks", error);
  if (!statement)
    return FALSE;
  while ((rc = sqlite3_step (statement)) == SQLITE_ROW) {
    g_autoptr (CviMark) mark = read_mark (
        statement, COLUMN_KIND, COLUMN_RULE, COLUMN_REASON, COLUMN_TIME);
    g_autofree char *path = NULL;
    CviStoreMark stored = { 0 };

    if (!mark)
      continue;
    if (!mark->rule)
      path = cvi_query_get_bytes (statement, COLUMN_PATH);
    stored.path = path;
    stored.size = cvi_query_get_u64 (statement, COLUMN_SIZE);
    stored.mtime_ns = sqlite3_column_int64 (statement, COLUMN_MTIME);
    stored.mark = mark;
    if (!func (&stored, user_data))
      return TRUE;
  }
  if (rc == SQLITE_DONE)
    return TRUE;
  cvi_store_set_error (store, error, read_failed);
  return FALSE;
}

static gboolean
keep_rule_mark (const CviStoreMark *mark, gpointer user_data)
{
  if (mark->path)
    return FALSE;
  g_ptr_array_add (user_data, cvi_mark_copy (mark->mark));
  return TRUE;
}

static gboolean
load_rule_marks (CviStore *store, GError **error)
{
  g_autoptr (GPtrArray) marks =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_mark_free);

  if (store->rule_marks)
    return TRUE;
  if (!cvi_store_foreach_mark (store, keep_rule_mark, marks, error))
    return FALSE;
  store->rule_marks = g_steal_pointer (&marks);
  return TRUE;
}

gboolean
cvi_store_apply_marks (CviStore *store, CviResult *result, GError **error)
{
  g_autoptr (CviQuery) query = NULL;
  g_autoptr (CviMark) mark = NULL;
  int rc;

  g_return_val_if_fail (store && result, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  if (!load_rule_marks (store, error))
    return FALSE;
  query = cvi_store_query (store, CVI_QUERY_FIND_MARK);
  cvi_query_bind_path (query, 1, result->path);
  cvi_query_bind_u64 (query, 2, result->size);
  sqlite3_bind_int64 (query, 3, result->mtime_ns);
  rc = sqlite3_step (query);
  if (rc == SQLITE_ROW) {
    mark = read_mark (query, 0, -1, 1, 2);
  } else if (rc != SQLITE_DONE) {
    cvi_store_set_error (store, error, read_failed);
    return FALSE;
  }
  cvi_result_apply_marks (result, mark, store->rule_marks);
  return TRUE;
}
