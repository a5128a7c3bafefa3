/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-diff.h"

#include <string.h>

#include "tools/cli/cvi-json-out.h"
#include "tools/cli/cvi-missing.h"
#include "tools/cli/cvi-output.h"
#include "tools/cli/cvi-paths.h"
#include "tools/report/cvi-display.h"

typedef enum {
  CHANGE_NEW,
  CHANGE_FIXED,
  CHANGE_CHANGED,
  CHANGE_VANISHED,
  N_CHANGES
} Change;

static const char *const change_names[N_CHANGES] = { "new", "fixed", "changed",
  "vanished" };

/* @paths: (nullable): only what is in these */
typedef struct {
  char **paths;
  CviMissing *missing;
  const char *format;
  int fd;
  guint64 counts[N_CHANGES];
  guint64 n_written;
  GString *out;
  GError *error;
} Diff;

/* The scan before scan @id; others may have been removed in between. */
static gboolean
find_earlier (CviStore *store, gint64 id, char **earlier, GError **error)
{
  g_autoptr (GPtrArray) scans = cvi_store_list_scans (store, 0, error);

  for (guint i = 0; scans && i < scans->len; i++) {
    const CviScanInfo *info = g_ptr_array_index (scans, i);

    if (info->id >= id)
      continue;
    g_free (*earlier);
    *earlier = g_strdup_printf ("%" G_GINT64_FORMAT, info->id);
    return TRUE;
  }
  if (scans)
    g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "option --diff: there is no scan before scan %" G_GINT64_FORMAT
        " to compare with (scan again first)",
        id);
  return FALSE;
}

/* Finds both scans: "A..B", "A" (to the latest) or "" (--scan, else the latest,
 * and the one before). */
static gboolean
find_scans (CviSettings *settings, CviStore *store, CviScanInfo **from,
    CviScanInfo **to, GError **error)
{
  const char *text = cvi_settings_get_text (settings, CVI_SETTING_DIFF);
  const char *scan = cvi_settings_get_text (settings, CVI_SETTING_SCAN);
  const char *dots = strstr (text, "..");
  g_autofree char *first =
      dots ? g_strndup (text, (gsize)(dots - text)) : g_strdup (text);
  const char *last = dots && dots[2] ? dots + 2 : scan ? scan : "latest";

  *to = cvi_store_find_scan (store, last, error);
  if (!*to)
    return FALSE;
  if (!*first && !find_earlier (store, (*to)->id, &first, error))
    return FALSE;
  *from = cvi_store_find_scan (store, first, error);
  if (!*from)
    return FALSE;
  if ((*from)->id < (*to)->id)
    return TRUE;
  g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
      "option --diff: scan %" G_GINT64_FORMAT
      " is not older than scan %" G_GINT64_FORMAT
      " (write the older one first: A..B)",
      (*from)->id, (*to)->id);
  return FALSE;
}

static gboolean
is_wanted (const Diff *diff, const char *path)
{
  if (!diff->paths[0])
    return TRUE;
  for (char **wanted = diff->paths; *wanted; wanted++) {
    gsize len = strlen (*wanted);

    while (len > 0 && (*wanted)[len - 1] == '/')
      len--;
    if (strncmp (path, *wanted, len) == 0 && (!path[len] || path[len] == '/'))
      return TRUE;
  }
  return FALSE;
}

/* Returns: N_CHANGES if there is none. */
static Change
classify (Diff *diff, const CviStoreDifference *row)
{
  g_auto (GStrv) rules = NULL;

  if (row->before == row->after)
    return cvi_missing_look (diff->missing, row->path, NULL) ==
                   CVI_MISSING_REMOVED
               ? CHANGE_VANISHED
               : N_CHANGES;
  rules = g_strsplit (row->rules, "\n", -1);
  if (row->before > 0 && g_strv_contains ((const char *const *)rules,
                             cvi_rule (CVI_RULE_IO_VANISHED)->id))
    return CHANGE_VANISHED;
  if (row->before == 0)
    return CHANGE_NEW;
  if (row->verdict_before == row->verdict_after)
    return N_CHANGES;
  return row->verdict_after == CVI_VERDICT_HEALTHY ? CHANGE_FIXED
                                                   : CHANGE_CHANGED;
}

static const char *
before_of (const CviStoreDifference *row)
{
  return row->before > 0 ? cvi_verdict_to_string (row->verdict_before) : NULL;
}

/* What has vanished has no verdict any more. */
static const char *
after_of (const CviStoreDifference *row, Change change)
{
  return change == CHANGE_VANISHED ? NULL
                                   : cvi_verdict_to_string (row->verdict_after);
}

static void
append_json (GString *out, const CviStoreDifference *row, Change change)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();

  json_builder_begin_object (json);
  cvi_json_add_bytes (json, "path", row->path);
  cvi_json_add_string (json, "change", change_names[change]);
  cvi_json_add_string (json, "before", before_of (row));
  cvi_json_add_string (json, "after", after_of (row, change));
  json_builder_end_object (json);
  cvi_json_append_line (out, json);
}

static void
append_csv (GString *out, const CviStoreDifference *row, Change change)
{
  g_autofree char *shown = cvi_display_name (row->path);
  const char *before = before_of (row), *after = after_of (row, change);

  g_string_append (out, "\"");
  /* Names are absolute, so that none begins like a formula. */
  for (const char *p = shown; *p; p++)
    g_string_append_printf (out, "%s%c", *p == '"' ? "\"" : "", *p);
  g_string_append_printf (out, "\",%s,%s,%s\r\n", change_names[change],
      before ? before : "", after ? after : "");
}

static void
append_text (GString *out, const CviStoreDifference *row, Change change)
{
  g_autofree char *shown = cvi_display_name (row->path);
  const char *before = before_of (row), *after = after_of (row, change);

  g_string_append_printf (out, "%-10s%s  %s%s%s\n", change_names[change], shown,
      before ? before : "", before && after ? " -> " : "", after ? after : "");
}

static gboolean
flush (Diff *diff)
{
  gboolean ok = cvi_output_append (diff->fd, diff->out, &diff->error);

  g_string_truncate (diff->out, 0);
  return ok;
}

static gboolean
on_row (const CviStoreDifference *row, gpointer user_data)
{
  Diff *diff = user_data;
  Change change =
      is_wanted (diff, row->path) ? classify (diff, row) : N_CHANGES;

  if (change == N_CHANGES)
    return TRUE;
  diff->counts[change]++;
  if (g_str_equal (diff->format, "json") && diff->n_written > 0)
    g_string_append_c (diff->out, ',');
  if (g_str_has_prefix (diff->format, "json"))
    append_json (diff->out, row, change);
  else if (g_str_equal (diff->format, "csv"))
    append_csv (diff->out, row, change);
  else
    append_text (diff->out, row, change);
  diff->n_written++;
  return flush (diff);
}

static gboolean
write_all (Diff *diff, CviStore *store, gint64 from, gint64 to, GError **error)
{
  if (g_str_equal (diff->format, "json"))
    g_string_append (diff->out, "[\n");
  else if (g_str_equal (diff->format, "csv"))
    g_string_append (diff->out, "path,change,before,after\r\n");
  if (!cvi_store_foreach_difference (store, from, to, on_row, diff, error))
    return FALSE;
  if (g_str_equal (diff->format, "json"))
    g_string_append (diff->out, "]\n");
  if (g_str_equal (diff->format, "text")) {
    g_string_append_printf (diff->out,
        "%sscan %" G_GINT64_FORMAT " to scan %" G_GINT64_FORMAT ":",
        diff->n_written > 0 ? "\n" : "", from, to);
    for (guint i = 0; i < N_CHANGES; i++)
      g_string_append_printf (diff->out, "%s %" G_GUINT64_FORMAT " %s",
          i > 0 ? "," : "", diff->counts[i], change_names[i]);
    g_string_append_c (diff->out, '\n');
  }
  if (!diff->error && flush (diff))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&diff->error));
  return FALSE;
}

static gboolean
check_format (const char *format, GError **error)
{
  static const char *const known[] = { "text", "jsonl", "json", "csv", NULL };

  if (g_strv_contains (known, format))
    return TRUE;
  g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
      "option --diff: is written as text, jsonl, json or csv, not as %s "
      "(--format)",
      format);
  return FALSE;
}

gboolean
cvi_diff_report (CviSettings *settings, CviStore *store, GError **error)
{
  g_autoptr (CviScanInfo) from = NULL;
  g_autoptr (CviScanInfo) to = NULL;
  g_autoptr (GPtrArray) scans = g_ptr_array_new ();
  g_autoptr (CviMissing) missing = NULL;
  g_autoptr (GString) out = g_string_new (NULL);
  g_auto (GStrv) paths = NULL;
  Diff diff = { .out = out };
  gboolean ok;

  g_return_val_if_fail (settings && store, FALSE);

  diff.format = cvi_settings_get_text (settings, CVI_SETTING_FORMAT);
  if (!check_format (diff.format, error) ||
      !find_scans (settings, store, &from, &to, error))
    return FALSE;
  /* What the later scan did not look for cannot have vanished in it. */
  g_ptr_array_add (scans, to);
  diff.missing = missing = cvi_missing_new (scans);
  diff.paths = paths =
      cvi_absolute_paths (cvi_settings_get_arguments (settings));
  diff.fd = cvi_output_open (settings, error);
  if (diff.fd < 0)
    return FALSE;
  ok = write_all (&diff, store, from->id, to->id, error);
  g_clear_error (&diff.error);
  return cvi_output_close (settings, diff.fd, ok, error);
}
