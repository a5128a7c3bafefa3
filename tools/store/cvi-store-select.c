/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The SQL of a filter. All that it asks for but names is in rows of some 40
 * bytes (newest_results; of one scan the index results_of_scan), so that
 * looking at all of a million takes about 60 ms. That bounds what comes before
 * it: a walk in the order that is asked for, which ends soon where much is
 * wanted, and never goes further than WALK_MAX rows in vain.
 */
#include "tools/store/cvi-store-private.h"

#include <string.h>

/* Results that are sorted by path; of more the files are walked in order. So
 * many paths take about 20 ms to be fetched and sorted. */
#define PICK_MAX 10000

/* Rows that are looked at in order, in the hope that they hold as many as the
 * limit asks for: about 10 ms. */
#define WALK_MAX 20000

/* Where rows come from. */
static const char *
source_of (const CviStoreFilter *filter)
{
  return filter->scan > 0 ? "results AS c INDEXED BY results_of_scan"
                          : "newest_results AS c";
}

/* What a row's conditions begin with. */
static const char *
scan_of (const CviStoreFilter *filter)
{
  return filter->scan > 0 ? "c.scan_id = ?" : "1";
}

static const char *
id_of (const CviStoreFilter *filter)
{
  return filter->scan > 0 ? "c.id" : "c.result_id";
}

static void
bind_all (CviStatement *statement, int *index, GArray *binds)
{
  for (guint i = 0; i < binds->len; i++) {
    const CviStoreBind *bind = &g_array_index (binds, CviStoreBind, i);

    switch (bind->type) {
      case CVI_BIND_INT:
        sqlite3_bind_int64 (statement, (*index)++, bind->integer);
        break;
      case CVI_BIND_REAL:
        sqlite3_bind_double (statement, (*index)++, bind->real);
        break;
      case CVI_BIND_PATH:
        sqlite3_bind_blob64 (statement, (*index)++, bind->path,
            strlen (bind->path), SQLITE_TRANSIENT);
        break;
    }
  }
}

/* Binds scan, conditions of rows, conditions of paths: the order in all
 * statements here. */
static CviStatement *
compile (CviStore *store, CviStoreConditions *select, const char *sql,
    gboolean with_paths, GError **error)
{
  CviStatement *statement = NULL;
  int index = 1;

  if (sqlite3_prepare_v2 (store->db, sql, -1, &statement, NULL) != SQLITE_OK) {
    cvi_store_set_error (store, error, "cannot read its tables");
    return NULL;
  }
  if (select->filter->scan > 0)
    sqlite3_bind_int64 (statement, index++, select->filter->scan);
  bind_all (statement, &index, select->row_binds);
  if (with_paths)
    bind_all (statement, &index, select->path_binds);
  return statement;
}

static void
append_limit (GString *sql, guint64 limit)
{
  if (limit > 0)
    g_string_append_printf (
        sql, " LIMIT %" G_GINT64_FORMAT, (gint64)MIN (limit, G_MAXINT64));
}

/* Equals follow the same direction, so that an index can be read backwards. */
static void
append_order (GString *sql, const CviStoreFilter *filter)
{
  static const char *const keys[CVI_N_STORE_SORTS] = {
    [CVI_STORE_SORT_PATH] = "f.path",
    [CVI_STORE_SORT_CONFIDENCE] = "c.confidence",
    [CVI_STORE_SORT_DAMAGE] = "c.damage",
    [CVI_STORE_SORT_SIZE] = "c.size",
    [CVI_STORE_SORT_DATE] = "c.scanned_at",
  };
  const char *direction = filter->descending ? " DESC" : "";
  g_autofree char *verdict = NULL;
  const char *key = keys[filter->sort];

  if (key == NULL && filter->scan > 0)
    key = verdict = cvi_store_verdict_bit ();
  g_string_append_printf (
      sql, " ORDER BY %s%s", key != NULL ? key : "c.verdict_bit", direction);
  if (filter->sort != CVI_STORE_SORT_PATH)
    g_string_append_printf (sql, ", c.file_id%s", direction);
}

/* The names of files in order, and the row of each. */
static CviStatement *
walk (CviStore *store, CviStoreConditions *select, GError **error)
{
  const CviStoreFilter *filter = select->filter;
  g_autoptr (GString) sql = g_string_new (NULL);

  g_string_append_printf (sql,
      "SELECT %s FROM files AS f CROSS JOIN %s ON c.file_id = f.id "
      "WHERE %s%s",
      id_of (filter), source_of (filter), scan_of (filter), select->rows->str);
  if (select->paths->len > 0)
    g_string_append_printf (sql, " AND (%s)", select->paths->str);
  append_order (sql, filter);
  append_limit (sql, filter->limit);
  return compile (store, select, sql->str, TRUE, error);
}

/* All rows, without a name. */
static CviStatement *
look_through (CviStore *store, CviStoreConditions *select, GError **error)
{
  const CviStoreFilter *filter = select->filter;
  g_autoptr (GString) sql = g_string_new (NULL);
  /* By an index only if that is all that is needed: it is slow where most of
   * what it leads to is not wanted. */
  gboolean indexed = filter->scan > 0 || select->n_rows == 0;

  g_string_append_printf (sql, "SELECT %s FROM %s%s WHERE %s%s", id_of (filter),
      source_of (filter), indexed ? "" : " NOT INDEXED", scan_of (filter),
      select->rows->str);
  append_order (sql, filter);
  append_limit (sql, filter->limit);
  return compile (store, select, sql->str, FALSE, error);
}

/* The first WALK_MAX rows in the order that is asked for.
 * Returns: (transfer full) (nullable): ids, as many as the limit; NULL if there
 * are not so many, or no such order but by sorting */
static GArray *
try_first (CviStore *store, CviStoreConditions *select)
{
  const CviStoreFilter *filter = select->filter;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GString) sql = g_string_new ("SELECT * FROM (SELECT ");
  g_autoptr (CviStatement) rows = NULL;
  gboolean by_path = filter->sort == CVI_STORE_SORT_PATH;

  if (filter->limit == 0 || filter->limit > WALK_MAX || filter->scan > 0 ||
      select->paths->len > 0)
    return NULL;
  g_string_assign (sql, "SELECT c.result_id FROM (SELECT c.* FROM ");
  g_string_append (sql,
      by_path ? "files AS f CROSS JOIN newest_results AS c ON c.file_id = f.id"
              : "newest_results AS c");
  append_order (sql, filter);
  append_limit (sql, WALK_MAX);
  g_string_append_printf (sql, ") AS c WHERE 1%s", select->rows->str);
  append_limit (sql, filter->limit);
  rows = compile (store, select, sql->str, FALSE, NULL);
  while (rows != NULL && sqlite3_step (rows) == SQLITE_ROW) {
    gint64 id = sqlite3_column_int64 (rows, 0);

    g_array_append_val (ids, id);
  }
  return ids->len == filter->limit ? g_steal_pointer (&ids) : NULL;
}

/* A result and its file's name. */
typedef struct {
  gint64 id;
  gint64 file_id;
  char *path;
  gsize path_len;
} Pick;

static void
clear_pick (gpointer data)
{
  g_free (((Pick *)data)->path);
}

static gint
compare_picks (gconstpointer a, gconstpointer b)
{
  const Pick *x = a, *y = b;
  int order = memcmp (x->path, y->path, MIN (x->path_len, y->path_len));

  if (order != 0)
    return order;
  return x->path_len < y->path_len ? -1 : x->path_len > y->path_len;
}

static gboolean
fetch_paths (CviStore *store, GArray *picks, GError **error)
{
  g_autoptr (CviStatement) name = cvi_store_prepare (store, "load-path", error);

  if (name == NULL)
    return FALSE;
  for (guint i = 0; i < picks->len; i++) {
    Pick *pick = &g_array_index (picks, Pick, i);

    sqlite3_bind_int64 (name, 1, pick->file_id);
    if (sqlite3_step (name) != SQLITE_ROW) {
      cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_CORRUPT,
          "cannot read its results", "a result has no file");
      return FALSE;
    }
    pick->path_len = (gsize)sqlite3_column_bytes (name, 0);
    pick->path = g_memdup2 (sqlite3_column_blob (name, 0), pick->path_len);
    sqlite3_reset (name);
  }
  return TRUE;
}

/* Looks through the rows for those that are wanted.
 * Returns: (transfer full) (element-type Pick): without names; more than
 * PICK_MAX are not all of them. NULL with @error */
static GArray *
collect (CviStore *store, CviStoreConditions *select, GError **error)
{
  const CviStoreFilter *filter = select->filter;
  g_autoptr (GArray) picks = g_array_new (FALSE, TRUE, sizeof (Pick));
  gboolean indexed = filter->scan > 0 || select->n_ranges == select->n_rows;
  g_autofree char *sql =
      g_strdup_printf ("SELECT %s, c.file_id FROM %s%s WHERE %s%s LIMIT %d",
          id_of (filter), source_of (filter), indexed ? "" : " NOT INDEXED",
          scan_of (filter), select->rows->str, PICK_MAX + 1);
  g_autoptr (CviStatement) rows = compile (store, select, sql, FALSE, error);
  int rc;

  g_array_set_clear_func (picks, clear_pick);
  if (rows == NULL)
    return NULL;
  while ((rc = sqlite3_step (rows)) == SQLITE_ROW) {
    Pick pick = { sqlite3_column_int64 (rows, 0),
      sqlite3_column_int64 (rows, 1) };

    g_array_append_val (picks, pick);
  }
  if (rc == SQLITE_DONE)
    return g_steal_pointer (&picks);
  cvi_store_set_error (store, error, "cannot read its results");
  return NULL;
}

/* Sorts what was picked, and keeps what fits the limit. */
static gboolean
sort_picks (CviStore *store, const CviStoreFilter *filter, GArray *picks,
    CviStoreAnswer *answer, GError **error)
{
  guint n = picks->len;

  if (!fetch_paths (store, picks, error))
    return FALSE;
  g_array_sort (picks, compare_picks);
  if (filter->limit > 0)
    n = (guint)MIN (n, filter->limit);
  answer->ids = g_array_sized_new (FALSE, FALSE, sizeof (gint64), n);
  for (guint i = 0; i < n; i++) {
    guint at = filter->descending ? picks->len - 1 - i : i;

    g_array_append_val (answer->ids, g_array_index (picks, Pick, at).id);
  }
  return TRUE;
}

gboolean
cvi_store_select (CviStore *store, const CviStoreFilter *filter,
    CviStoreAnswer *answer, GError **error)
{
  g_auto (CviStoreConditions) select = { NULL };

  if (!cvi_store_conditions_init (&select, store, filter, error))
    return FALSE;
  answer->ids = try_first (store, &select);
  if (answer->ids != NULL)
    return TRUE;
  if (select.paths->len == 0 && filter->sort != CVI_STORE_SORT_PATH) {
    answer->rows = look_through (store, &select, error);
    return answer->rows != NULL;
  }
  if (select.paths->len == 0 && (select.rows->len > 0 || filter->scan > 0)) {
    g_autoptr (GArray) picks = collect (store, &select, error);

    if (picks == NULL)
      return FALSE;
    if (picks->len <= PICK_MAX)
      return sort_picks (store, filter, picks, answer, error);
  }
  answer->rows = walk (store, &select, error);
  return answer->rows != NULL;
}

void
cvi_store_answer_clear (CviStoreAnswer *answer)
{
  g_clear_pointer (&answer->rows, sqlite3_finalize);
  g_clear_pointer (&answer->ids, g_array_unref);
}

int
cvi_store_answer_next (CviStoreAnswer *answer, gint64 *id)
{
  int rc;

  if (answer->ids != NULL) {
    if (answer->next >= answer->ids->len)
      return SQLITE_DONE;
    *id = g_array_index (answer->ids, gint64, answer->next++);
    return SQLITE_ROW;
  }
  rc = sqlite3_step (answer->rows);
  if (rc == SQLITE_ROW)
    *id = sqlite3_column_int64 (answer->rows, 0);
  return rc;
}
