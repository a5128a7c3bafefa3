/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Walks through much of the store that need no whole results.
 */
#include "tools/store/cvi-store-private.h"

#include <string.h>

static const char read_failed[] = "cannot read its results";

static gboolean
get_verdict (CviStore *store, CviStatement *row, int column,
    CviVerdict *verdict, GError **error)
{
  if (cvi_query_get_verdict (row, column, verdict))
    return TRUE;
  cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_CORRUPT,
      read_failed, "a result has an unknown verdict");
  return FALSE;
}

static gboolean
end_walk (CviStore *store, int rc, GError **error)
{
  if (rc == SQLITE_DONE)
    return TRUE;
  cvi_store_set_error (store, error, read_failed);
  return FALSE;
}

typedef struct {
  char *container;
  char *codecs;
} Kind;

static void
kind_free (gpointer data)
{
  Kind *kind = data;

  g_free (kind->container);
  g_free (kind->codecs);
  g_free (kind);
}

static char *
get_text (CviStatement *row, int column)
{
  char *text = cvi_query_get_text (row, column);

  return text != NULL ? text : g_strdup ("");
}

/* Returns: (transfer full) (element-type gint64 Kind) */
static GHashTable *
load_kinds (CviStore *store, GError **error)
{
  g_autoptr (GHashTable) kinds =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, kind_free);
  g_autoptr (CviStatement) rows =
      cvi_store_prepare (store, "list-kinds", error);
  int rc;

  if (rows == NULL)
    return NULL;
  while ((rc = sqlite3_step (rows)) == SQLITE_ROW) {
    gint64 id = sqlite3_column_int64 (rows, 0);
    Kind *kind = g_new0 (Kind, 1);

    kind->container = get_text (rows, 1);
    kind->codecs = get_text (rows, 2);
    g_hash_table_insert (kinds, g_memdup2 (&id, sizeof id), kind);
  }
  return end_walk (store, rc, error) ? g_steal_pointer (&kinds) : NULL;
}

gboolean
cvi_store_foreach_file (
    CviStore *store, CviStoreEntryFunc func, gpointer user_data, GError **error)
{
  static const Kind none = { (char *)"", (char *)"" };
  g_autoptr (GHashTable) kinds = NULL;
  g_autoptr (CviStatement) rows = NULL;
  int rc;

  g_return_val_if_fail (store != NULL && func != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  kinds = load_kinds (store, error);
  rows = kinds != NULL ? cvi_store_prepare (store, "each-file", error) : NULL;
  if (rows == NULL)
    return FALSE;
  while ((rc = sqlite3_step (rows)) == SQLITE_ROW) {
    g_autofree char *path = cvi_query_get_bytes (rows, 0);
    gint64 id = sqlite3_column_int64 (rows, 3);
    const Kind *kind = g_hash_table_lookup (kinds, &id);
    CviStoreEntry entry = { path };

    if (!get_verdict (store, rows, 2, &entry.verdict, error))
      return FALSE;
    if (kind == NULL)
      kind = &none;
    entry.container = kind->container;
    entry.codecs = kind->codecs;
    entry.size = cvi_query_get_u64 (rows, 4);
    entry.scanned_at = sqlite3_column_int64 (rows, 5);
    if (!func (&entry, user_data))
      return TRUE;
  }
  return end_walk (store, rc, error);
}

gboolean
cvi_store_foreach_difference (CviStore *store, gint64 from, gint64 to,
    CviStoreDifferenceFunc func, gpointer user_data, GError **error)
{
  g_autoptr (CviStatement) rows = NULL;
  int rc;

  g_return_val_if_fail (store != NULL && func != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  rows = cvi_store_prepare (store, "each-difference", error);
  if (rows == NULL)
    return FALSE;
  sqlite3_bind_int64 (rows, 1, from);
  sqlite3_bind_int64 (rows, 2, to);
  while ((rc = sqlite3_step (rows)) == SQLITE_ROW) {
    g_autofree char *path = cvi_query_get_bytes (rows, 0);
    g_autofree char *rules = get_text (rows, 5);
    CviStoreDifference row = { path };

    row.before = sqlite3_column_int64 (rows, 1);
    row.after = sqlite3_column_int64 (rows, 3);
    row.rules = rules;
    if ((row.before > 0 &&
            !get_verdict (store, rows, 2, &row.verdict_before, error)) ||
        !get_verdict (store, rows, 4, &row.verdict_after, error))
      return FALSE;
    if (!func (&row, user_data))
      return TRUE;
  }
  return end_walk (store, rc, error);
}

gboolean
cvi_store_foreach_step (
    CviStore *store, CviStoreStepFunc func, gpointer user_data, GError **error)
{
  g_autoptr (CviStatement) rows = NULL;
  int rc;

  g_return_val_if_fail (store != NULL && func != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  rows = cvi_store_prepare (store, "each-step", error);
  if (rows == NULL)
    return FALSE;
  while ((rc = sqlite3_step (rows)) == SQLITE_ROW) {
    CviVerdict verdict, previous = CVI_N_VERDICTS;

    if (!get_verdict (store, rows, 1, &verdict, error) ||
        (sqlite3_column_type (rows, 2) != SQLITE_NULL &&
            !get_verdict (store, rows, 2, &previous, error)))
      return FALSE;
    func (sqlite3_column_int64 (rows, 0), verdict, previous, user_data);
  }
  return end_walk (store, rc, error);
}
