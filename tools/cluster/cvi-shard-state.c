/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cluster/cvi-shard-state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Larger than the row of the largest result (CVI_WIRE_MAX_BODY in base64). */
#define MAX_ROW (8 * 1024 * 1024)

struct _CviJournals {
  GHashTable *by_shard; /* guint -> GPtrArray of names */
};

/* One journal being read. */
typedef struct {
  const CviPlan *plan;
  CviShardState *state;
  guint index;
  gboolean with_data;
  GHashTable *open; /* files begun and not heard of again */
  gboolean ended;
} Reading;

static void
add_name (CviJournals *journals, const char *name)
{
  GPtrArray *names;
  guint index;

  if (!g_str_has_suffix (name, ".jsonl") ||
      sscanf (name, "shard-%u.", &index) != 1)
    return;
  names = g_hash_table_lookup (journals->by_shard, GUINT_TO_POINTER (index));
  if (!names) {
    names = g_ptr_array_new_with_free_func (g_free);
    g_hash_table_insert (journals->by_shard, GUINT_TO_POINTER (index), names);
  }
  g_ptr_array_add (names, g_strdup (name));
}

CviJournals *
cvi_journals_new (const CviPlan *plan, GError **error)
{
  g_autofree char *folder = NULL;
  g_autoptr (GDir) dir = NULL;
  CviJournals *journals;
  const char *name;

  g_return_val_if_fail (plan, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  folder = cvi_plan_path (plan->run, "journal");
  dir = g_dir_open (folder, 0, error);
  if (!dir)
    return NULL;
  journals = g_new0 (CviJournals, 1);
  journals->by_shard = g_hash_table_new_full (
      NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
  while ((name = g_dir_read_name (dir)))
    add_name (journals, name);
  return journals;
}

void
cvi_journals_free (CviJournals *journals)
{
  if (!journals)
    return;
  g_hash_table_unref (journals->by_shard);
  g_free (journals);
}

static void
clear_file (gpointer data)
{
  CviFileState *file = data;

  g_free (file->data);
  g_free (file->failed);
}

void
cvi_shard_state_free (CviShardState *state)
{
  if (!state)
    return;
  if (state->files)
    g_array_unref (state->files);
  if (state->versions)
    g_ptr_array_unref (state->versions);
  g_free (state);
}

/* The value of @name in the rows that cvi-journal.c writes; no other JSON is
 * read. Returns: (nullable): into @row; @len bytes */
static const char *
find_text (const char *row, const char *name, gsize *len)
{
  g_autofree char *key = g_strdup_printf ("\"%s\":\"", name);
  const char *start = strstr (row, key);
  const char *end;

  if (!start)
    return NULL;
  start += strlen (key);
  end = strchr (start, '"');
  if (!end)
    return NULL;
  *len = (gsize)(end - start);
  return start;
}

static char *
copy_text (const char *row, const char *name)
{
  gsize len;
  const char *text = find_text (row, name, &len);

  return text ? g_strndup (text, len) : NULL;
}

/* Greater is worse news, and goes before the smaller. */
static guint
rank (CviVerdict verdict)
{
  switch (verdict) {
    case CVI_VERDICT_CORRUPT:
      return 4;
    case CVI_VERDICT_SUSPICIOUS:
      return 3;
    case CVI_VERDICT_HEALTHY:
      return 2;
    case CVI_VERDICT_UNSUPPORTED:
      return 1;
    default:
      return 0;
  }
}

static void
take_result (Reading *reading, CviFileState *file, CviVerdict verdict,
    const char *data, gsize len)
{
  CviShardState *state = reading->state;

  state->rows++;
  if (file->n_results++ == 0) {
    state->n_done++;
  } else {
    guint old = rank (file->verdict);
    guint new = rank (verdict);

    if (old >= 2 && new >= 2 && old != new)
      file->disagreed = TRUE;
    if (new <= old)
      return;
  }
  file->verdict = verdict;
  g_free (file->data);
  file->data = reading->with_data ? g_strndup (data, len) : NULL;
}

static gboolean
read_result (Reading *reading, CviFileState *file, const char *row)
{
  g_autofree char *name = copy_text (row, "verdict");
  g_autofree char *sum = copy_text (row, "sum");
  g_autofree char *seen = NULL;
  CviVerdict verdict;
  gsize len;
  const char *data = find_text (row, "data", &len);

  if (!name || !sum || !data || !cvi_verdict_from_string (name, &verdict))
    return FALSE;
  seen =
      g_compute_checksum_for_data (G_CHECKSUM_MD5, (const guchar *)data, len);
  if (strncmp (seen, sum, 8) != 0)
    return FALSE;
  take_result (reading, file, verdict, data, len);
  return TRUE;
}

static gboolean
read_head (Reading *reading, const char *row, GError **error)
{
  g_autofree char *plan = copy_text (row, "plan");
  g_autofree char *tool = copy_text (row, "tool");
  const char *rules = strstr (row, "\"rules\":");
  g_autofree char *version = NULL;
  GPtrArray *versions = reading->state->versions;

  if (!plan || !tool || !rules)
    return TRUE;
  if (!g_str_equal (plan, reading->plan->id)) {
    g_set_error (error, CVI_CLUSTER_ERROR, CVI_CLUSTER_ERROR_CHANGED,
        "%s has a journal of shard %u that was written for another plan: make "
        "a new run",
        reading->plan->run, reading->index);
    return FALSE;
  }
  version = g_strdup_printf (
      "%s/%u", tool, (guint)g_ascii_strtoull (rules + 8, NULL, 10));
  if (!g_ptr_array_find_with_equal_func (versions, version, g_str_equal, NULL))
    g_ptr_array_add (versions, g_steal_pointer (&version));
  return TRUE;
}

/* Returns: FALSE for a damaged row */
static gboolean
read_row (Reading *reading, const char *row)
{
  GArray *files = reading->state->files;
  char kind[16];
  guint number;
  CviFileState *file;

  if (g_str_has_prefix (row, "{\"end\":")) {
    reading->ended = TRUE;
    return TRUE;
  }
  if (sscanf (row, "{\"%15[a-z]\":%u", kind, &number) != 2 ||
      number >= files->len || !g_str_has_suffix (row, "}"))
    return FALSE;
  file = &g_array_index (files, CviFileState, number);
  if (g_str_equal (kind, "begin")) {
    g_hash_table_add (reading->open, GUINT_TO_POINTER (number));
    return TRUE;
  }
  if (g_str_equal (kind, "result") && !read_result (reading, file, row))
    return FALSE;
  if (g_str_equal (kind, "failed")) {
    g_free (file->failed);
    file->failed = copy_text (row, "reason");
  }
  g_hash_table_remove (reading->open, GUINT_TO_POINTER (number));
  return TRUE;
}

typedef enum {
  ROW_WHOLE,
  ROW_BAD, /* too long, or with a NUL in it */
  ROW_NONE /* the end, or torn in the middle, or being written just now */
} RowKind;

/* The next row, without its end. Whatever is in the file, @row does not grow
 * beyond MAX_ROW. */
static RowKind
next_row (FILE *journal, GString *row)
{
  RowKind kind = ROW_WHOLE;
  int c;

  g_string_truncate (row, 0);
  while ((c = getc_unlocked (journal)) != EOF && c != '\n') {
    if (c == '\0' || row->len == MAX_ROW)
      kind = ROW_BAD;
    else
      g_string_append_c (row, (char)c);
  }
  return c == EOF ? ROW_NONE : kind;
}

static gboolean
read_rows (Reading *reading, FILE *journal, GError **error)
{
  g_autoptr (GString) row = g_string_new (NULL);
  gboolean first = TRUE;
  gboolean ok = TRUE;
  RowKind kind;

  while (ok && (kind = next_row (journal, row)) != ROW_NONE) {
    if (first)
      ok = read_head (reading, row->str, error);
    else if (kind == ROW_BAD || !read_row (reading, row->str))
      reading->state->bad_rows++;
    first = FALSE;
  }
  return ok;
}

static gboolean
read_journal (Reading *reading, const char *name, GError **error)
{
  g_autofree char *path =
      g_build_filename (reading->plan->run, "journal", name, NULL);
  FILE *journal = fopen (path, "re");
  GHashTableIter iter;
  gpointer number;
  gboolean ok;

  if (!journal) {
    int saved_errno = errno;

    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved_errno),
        "%s: %s", path, g_strerror (saved_errno));
    return FALSE;
  }
  reading->open = g_hash_table_new (NULL, NULL);
  reading->ended = FALSE;
  ok = read_rows (reading, journal, error);
  fclose (journal);
  reading->state->n_attempts++;
  reading->state->n_open += !reading->ended;
  g_hash_table_iter_init (&iter, reading->open);
  while (g_hash_table_iter_next (&iter, &number, NULL))
    g_array_index (
        reading->state->files, CviFileState, GPOINTER_TO_UINT (number))
        .lost++;
  g_hash_table_unref (reading->open);
  return ok;
}

static void
count_failed (CviShardState *state)
{
  for (guint i = 0; i < state->files->len; i++) {
    CviFileState *file = &g_array_index (state->files, CviFileState, i);

    state->n_failed += file->n_results == 0 && file->failed;
  }
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

CviShardState *
cvi_shard_state_new (const CviPlan *plan, CviJournals *journals, guint index,
    gboolean with_data, GError **error)
{
  g_autoptr (CviShardState) state = NULL;
  GPtrArray *names;
  CviPlanEntry entry;
  Reading reading = { plan, .index = index, .with_data = with_data };

  g_return_val_if_fail (plan && journals, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  if (!cvi_plan_get_entry (plan, index, &entry, error))
    return NULL;
  state = g_new0 (CviShardState, 1);
  state->files = g_array_new (FALSE, TRUE, sizeof (CviFileState));
  g_array_set_clear_func (state->files, clear_file);
  g_array_set_size (state->files, (guint)entry.n_files);
  state->versions = g_ptr_array_new_with_free_func (g_free);
  reading.state = state;
  names = g_hash_table_lookup (journals->by_shard, GUINT_TO_POINTER (index));
  if (names)
    g_ptr_array_sort (names, compare_names);
  for (guint i = 0; names && i < names->len; i++) {
    if (!read_journal (&reading, g_ptr_array_index (names, i), error))
      return NULL;
  }
  count_failed (state);
  return g_steal_pointer (&state);
}
