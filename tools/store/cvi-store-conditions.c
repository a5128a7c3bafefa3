/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/store/cvi-store-private.h"

#include <string.h>

/* Kinds that are named in a statement: far more than real files make. */
#define MAX_KINDS 100000

/* As 002-newest.sql has it. */
#define UNKNOWN_VERDICT (1u << 30)

static void
clear_bind (gpointer data)
{
  CviStoreBind *bind = data;

  g_free (bind->path);
}

static GArray *
new_binds (void)
{
  GArray *binds = g_array_new (FALSE, TRUE, sizeof (CviStoreBind));

  g_array_set_clear_func (binds, clear_bind);
  return binds;
}

void
cvi_store_conditions_clear (CviStoreConditions *select)
{
  g_string_free (select->rows, TRUE);
  g_string_free (select->paths, TRUE);
  g_array_unref (select->row_binds);
  g_array_unref (select->path_binds);
}

static void
add_condition (CviStoreConditions *select, const char *sql)
{
  g_string_append (select->rows, " AND ");
  g_string_append (select->rows, sql);
  select->n_rows++;
}

static void
add_int (CviStoreConditions *select, const char *sql, gint64 value)
{
  CviStoreBind bind = { CVI_BIND_INT, .integer = value };

  add_condition (select, sql);
  g_array_append_val (select->row_binds, bind);
}

static void
add_real (CviStoreConditions *select, const char *sql, double value)
{
  CviStoreBind bind = { CVI_BIND_REAL, .real = value };

  add_condition (select, sql);
  g_array_append_val (select->row_binds, bind);
}

char *
cvi_store_verdict_bit (void)
{
  GString *sql = g_string_new ("CASE c.verdict");

  for (guint i = 0; i < CVI_N_VERDICTS; i++)
    g_string_append_printf (
        sql, " WHEN '%s' THEN %u", cvi_verdict_to_string (i), 1u << i);
  g_string_append_printf (sql, " ELSE %u END", UNKNOWN_VERDICT);
  return g_string_free (sql, FALSE);
}

/* A name that this version does not know is always met: loading it says what
 * is wrong. */
static void
add_verdicts (CviStoreConditions *select, guint wanted)
{
  const guint all = (1u << CVI_N_VERDICTS) - 1;

  if (wanted == 0 || (wanted & all) == all)
    return;
  if (select->filter->scan == 0) {
    add_int (select, "c.verdict_bit & ?", wanted | UNKNOWN_VERDICT);
  } else {
    /* The index has the name only. */
    g_autofree char *bit = cvi_store_verdict_bit ();
    g_autofree char *sql = g_strconcat (bit, " & ?", NULL);

    add_int (select, sql, wanted | UNKNOWN_VERDICT);
  }
}

/* "H.264" and "h264" are the same. Returns: (transfer full) */
static char *
simplify (const char *name)
{
  GString *simple = g_string_new (NULL);

  for (const char *p = name; *p != '\0'; p++) {
    if (g_ascii_isalnum (*p) || (guchar)*p >= 0x80)
      g_string_append_c (simple, g_ascii_tolower (*p));
  }
  return g_string_free (simple, FALSE);
}

/* Is one of @wanted among the lines of @text? @wanted NULL: any will do. */
static gboolean
has_any (const char *text, const char *const *wanted, gboolean loosely)
{
  g_auto (GStrv) lines = NULL;

  if (wanted == NULL)
    return TRUE;
  lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_autofree char *line = loosely ? simplify (lines[i]) : g_strdup (lines[i]);

    for (guint k = 0; wanted[k] != NULL; k++) {
      g_autofree char *name =
          loosely ? simplify (wanted[k]) : g_strdup (wanted[k]);

      if (strcmp (line, name) == 0)
        return TRUE;
    }
  }
  return FALSE;
}

/* Names the kinds that the filter wants, if it does not want all. */
static gboolean
add_kinds (CviStore *store, CviStoreConditions *select, GError **error)
{
  const CviStoreFilter *filter = select->filter;
  g_autoptr (CviStatement) kinds = NULL;
  const char *separator = "";
  guint n = 0;
  int rc;

  if (filter->containers == NULL && filter->codecs == NULL &&
      filter->rules == NULL)
    return TRUE;
  kinds = cvi_store_prepare (store, "list-kinds", error);
  if (kinds == NULL)
    return FALSE;
  add_condition (select, "c.kind IN (");
  while ((rc = sqlite3_step (kinds)) == SQLITE_ROW && n < MAX_KINDS) {
    if (!has_any ((const char *)sqlite3_column_text (kinds, 1),
            filter->containers, TRUE) ||
        !has_any ((const char *)sqlite3_column_text (kinds, 2), filter->codecs,
            TRUE) ||
        !has_any (
            (const char *)sqlite3_column_text (kinds, 3), filter->rules, FALSE))
      continue;
    g_string_append_printf (select->rows, "%s%" G_GINT64_FORMAT, separator,
        (gint64)sqlite3_column_int64 (kinds, 0));
    separator = ",";
    n++;
  }
  g_string_append_c (select->rows, ')');
  if (rc == SQLITE_DONE)
    return TRUE;
  if (rc == SQLITE_ROW)
    cvi_store_set_error_literal (store, error, CVI_STORE_ERROR_FAILED,
        "cannot look for codecs or rules", "it has too many different ones");
  else
    cvi_store_set_error (store, error, "cannot look for codecs or rules");
  return FALSE;
}

/* Bytes of @path without the slashes at its end: "/" is "". */
static int
folder_length (const char *path)
{
  gsize len = strlen (path);

  while (len > 0 && path[len - 1] == '/')
    len--;
  return (int)MIN (len, G_MAXINT);
}

static void
add_path_bind (
    CviStoreConditions *select, int len, const char *path, const char *end)
{
  CviStoreBind bind = { CVI_BIND_PATH,
    .path = g_strdup_printf ("%.*s%s", len, path, end) };

  g_array_append_val (select->path_binds, bind);
}

/* Are all files below the folder? Then it is no condition. */
static gboolean
holds_all (CviStore *store, const char *path, int len)
{
  g_autoptr (CviStatement) ends = cvi_store_prepare (store, "path-ends", NULL);
  g_autofree char *inside = g_strdup_printf ("%.*s/", len, path);
  gsize size = strlen (inside);

  if (ends == NULL || sqlite3_step (ends) != SQLITE_ROW)
    return FALSE;
  for (int i = 0; i < 2; i++) {
    const char *end = sqlite3_column_blob (ends, i);

    if ((gsize)sqlite3_column_bytes (ends, i) < size ||
        memcmp (end, inside, size) != 0)
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_stored (CviStore *store, const char *path, int len)
{
  g_autofree char *name = g_strndup (path, (gsize)len);
  g_autoptr (CviQuery) query = cvi_store_query (store, CVI_QUERY_FIND_FILE);

  cvi_query_bind_path (query, 1, name);
  return sqlite3_step (query) == SQLITE_ROW;
}

/* In order of bytes all that is below a folder stands together: from "/a/" to
 * before "/a0". The name itself is asked for only where there is such a file,
 * which keeps the other, common form one range of the index. */
static void
add_path (CviStore *store, CviStoreConditions *select, const char *path)
{
  int len = folder_length (path);

  g_string_append (select->paths, select->paths->len > 0 ? " OR " : "");
  if (is_stored (store, path, len)) {
    g_string_append (select->paths, "f.path = ? OR ");
    add_path_bind (select, len, path, "");
  }
  g_string_append (select->paths, "(f.path >= ? AND f.path < ?)");
  add_path_bind (select, len, path, "/");
  add_path_bind (select, len, path, "0");
}

static void
add_paths (CviStore *store, CviStoreConditions *select)
{
  const CviStoreFilter *filter = select->filter;
  const char *const one[] = { filter->path_prefix, NULL };
  const char *const *lists[] = { one, filter->paths };

  for (guint l = 0; l < G_N_ELEMENTS (lists); l++) {
    for (guint i = 0; lists[l] != NULL && lists[l][i] != NULL; i++) {
      if (holds_all (store, lists[l][i], folder_length (lists[l][i]))) {
        g_string_truncate (select->paths, 0);
        g_array_set_size (select->path_binds, 0);
        return;
      }
      add_path (store, select, lists[l][i]);
    }
  }
}

gboolean
cvi_store_conditions_init (CviStoreConditions *select, CviStore *store,
    const CviStoreFilter *f, GError **error)
{
  guint n_others;

  select->filter = f;
  select->rows = g_string_new (NULL);
  select->paths = g_string_new (NULL);
  select->row_binds = new_binds ();
  select->path_binds = new_binds ();
  add_verdicts (select, f->verdicts);
  n_others = select->n_rows;
  if (f->min_size > 0)
    add_int (select, "c.size >= ?", (gint64)MIN (f->min_size, G_MAXINT64));
  if (f->max_size > 0)
    add_int (select, "c.size <= ?", (gint64)MIN (f->max_size, G_MAXINT64));
  if (f->min_confidence > 0)
    add_real (select, "c.confidence >= ?", f->min_confidence);
  if (f->min_damage > 0)
    add_real (select, "c.damage >= ?", f->min_damage);
  if (f->since > 0)
    add_int (select, "c.scanned_at >= ?", f->since);
  if (f->until > 0)
    add_int (select, "c.scanned_at < ?", f->until);
  select->n_ranges = select->n_rows - n_others;
  add_paths (store, select);
  return add_kinds (store, select, error);
}
