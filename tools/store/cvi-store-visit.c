/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/store/cvi-store-private.h"

#include <string.h>

/* Results come in order of path. Either all files are walked in that order and
 * the wanted ones picked out, which begins at once where many are wanted; or
 * the wanted ones are picked by an index and then sorted, where no more than
 * this may be wanted. So many take about 30 ms, out of a million. */
#define PICK_MAX 2000

/* Parameters that each-*, pick-* and count-*.sql share. */
enum {
  PARAM_FROM = 1, /* path to begin at */
  PARAM_SCAN,
  PARAM_MAX,
  PARAM_VERDICTS /* and as many as there are verdicts */
};

typedef enum {
  PLACE_BEFORE, /* between the folder's own name and what is in it */
  PLACE_INSIDE,
  PLACE_AFTER
} Place;

/* Where @path stands in order of bytes: "/a" (the file or folder itself),
 * "/a-b" (a neighbour), "/a/b" (inside), "/a0" (after). */
static Place
compare_to_folder (
    const char *path, gsize path_len, const char *folder, gsize folder_len)
{
  if (path_len < folder_len || memcmp (path, folder, folder_len) != 0)
    return PLACE_AFTER;
  if (path_len == folder_len || path[folder_len] == '/')
    return PLACE_INSIDE;
  return (guchar)path[folder_len] < '/' ? PLACE_BEFORE : PLACE_AFTER;
}

/* Bytes of @prefix without the slashes at its end: "/" is "". */
static gsize
folder_length (const char *prefix)
{
  gsize len = strlen (prefix);

  while (len > 0 && prefix[len - 1] == '/')
    len--;
  return len;
}

static gboolean
is_wanted (const CviStoreFilter *filter, CviQuery *query)
{
  CviVerdict verdict;

  if (filter->verdicts == 0)
    return TRUE;
  /* One that is not known is loaded, which says what is wrong. */
  return !cvi_query_get_verdict (query, 2, &verdict) ||
         (filter->verdicts & (1u << verdict)) != 0;
}

/* Visits the rows of each-*.sql (@walks) or pick-*.sql.
 * Returns: FALSE with @error */
static gboolean
visit_rows (CviStore *store, CviStatement *statement, gboolean walks,
    const CviStoreFilter *filter, CviStoreFunc func, gpointer user_data,
    GError **error)
{
  const char *folder = filter->path_prefix;
  gsize folder_len = folder != NULL ? folder_length (folder) : 0;
  g_autofree char *inside =
      folder != NULL ? g_strdup_printf ("%.*s/", (int)folder_len, folder)
                     : NULL;
  int rc;

  while ((rc = sqlite3_step (statement)) == SQLITE_ROW) {
    const char *path = sqlite3_column_blob (statement, 0);
    gsize path_len = (gsize)sqlite3_column_bytes (statement, 0);
    Place place = folder != NULL
                      ? compare_to_folder (path, path_len, folder, folder_len)
                      : PLACE_INSIDE;
    g_autoptr (CviResult) result = NULL;

    if (place == PLACE_AFTER)
      return TRUE;
    /* Neighbours may be many: "/films-old" stands before "/films/a". */
    if (place == PLACE_BEFORE && walks) {
      sqlite3_reset (statement);
      cvi_query_bind_path (statement, PARAM_FROM, inside);
      continue;
    }
    if (place == PLACE_BEFORE || !is_wanted (filter, statement))
      continue;
    result = cvi_store_load (store, sqlite3_column_int64 (statement, 1), error);
    if (result == NULL)
      return FALSE;
    if (!func (result, user_data))
      return TRUE;
  }
  if (rc == SQLITE_DONE)
    return TRUE;
  cvi_store_set_error (store, error, "cannot read its results");
  return FALSE;
}

/* Binds what the statement has of the parameters. Verdicts that are not wanted
 * stay NULL, which equals nothing. */
static void
bind_filter (CviStatement *statement, const CviStoreFilter *filter)
{
  const char *prefix = filter->path_prefix != NULL ? filter->path_prefix : "";

  sqlite3_bind_blob64 (
      statement, PARAM_FROM, prefix, folder_length (prefix), SQLITE_STATIC);
  sqlite3_bind_int64 (statement, PARAM_SCAN, filter->scan);
  sqlite3_bind_int64 (statement, PARAM_MAX, PICK_MAX + 1);
  for (guint i = 0; i < CVI_N_VERDICTS; i++) {
    if (filter->verdicts == 0 || (filter->verdicts & (1u << i)) != 0)
      cvi_query_bind_text (
          statement, PARAM_VERDICTS + (int)i, cvi_verdict_to_string (i));
  }
}

/* A name that this version does not know is met by a walk, which then says
 * what is wrong. */
static gboolean
has_unknown_verdict (CviStore *store)
{
  g_autoptr (CviStatement) names =
      cvi_store_prepare (store, "list-verdicts", NULL);
  CviVerdict verdict;

  while (names != NULL && sqlite3_step (names) == SQLITE_ROW) {
    if (!cvi_query_get_verdict (names, 0, &verdict))
      return TRUE;
  }
  return FALSE;
}

/* The number that a statement counts, at most PICK_MAX + 1; that much if it
 * cannot be counted. */
static gint64
count_rows (CviStore *store, const char *name, const CviStoreFilter *filter)
{
  g_autoptr (CviStatement) count = cvi_store_prepare (store, name, NULL);

  if (count == NULL)
    return PICK_MAX + 1;
  bind_filter (count, filter);
  return sqlite3_step (count) == SQLITE_ROW ? sqlite3_column_int64 (count, 0)
                                            : PICK_MAX + 1;
}

/* Files below the folder @path, at most PICK_MAX + 1. */
static gint64
count_inside (CviStore *store, const char *path)
{
  g_autoptr (CviStatement) count =
      cvi_store_prepare (store, "count-files", NULL);
  int len = (int)folder_length (path);
  g_autofree char *from = g_strdup_printf ("%.*s/", len, path);
  /* What follows the slash. */
  g_autofree char *end = g_strdup_printf ("%.*s0", len, path);

  if (count == NULL)
    return 0;
  cvi_query_bind_path (count, 1, from);
  cvi_query_bind_path (count, 2, end);
  sqlite3_bind_int64 (count, 3, PICK_MAX + 1);
  return sqlite3_step (count) == SQLITE_ROW ? sqlite3_column_int64 (count, 0)
                                            : 0;
}

/* Is picking the quicker way to the first row? */
static gboolean
should_pick (CviStore *store, const CviStoreFilter *filter)
{
  gint64 n_wanted;
  const char *path = filter->path_prefix;

  if (filter->scan == 0 && filter->verdicts == 0)
    return FALSE;
  n_wanted = count_rows (
      store, filter->scan > 0 ? "count-of-scan" : "count-newest", filter);
  if (n_wanted > PICK_MAX || has_unknown_verdict (store))
    return FALSE;
  if (path == NULL || folder_length (path) == 0)
    return TRUE;
  return count_inside (store, path) > n_wanted;
}

gboolean
cvi_store_foreach (CviStore *store, const CviStoreFilter *filter,
    CviStoreFunc func, gpointer user_data, GError **error)
{
  static const char *const names[2][2] = { { "each-newest", "each-of-scan" },
    { "pick-newest", "pick-of-scan" } };
  g_autoptr (CviStatement) statement = NULL;
  gboolean picks;

  g_return_val_if_fail (store != NULL && filter != NULL && func != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  picks = should_pick (store, filter);
  statement = cvi_store_prepare (store, names[picks][filter->scan > 0], error);
  if (statement == NULL)
    return FALSE;
  bind_filter (statement, filter);
  return visit_rows (store, statement, !picks, filter, func, user_data, error);
}
