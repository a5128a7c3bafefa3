/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-duplicates.h"
#include "tools/cli/cvi-open-store.h"
#include "tools/cli/cvi-output.h"
#include "tools/cli/cvi-paths.h"
#include "tools/cli/cvi-say.h"
#include "tools/report/cvi-report.h"

typedef struct {
  CviReport *report;
  GError *error;
} QueryRun;

static gboolean
add_result (CviResult *result, gpointer user_data)
{
  QueryRun *run = user_data;

  return cvi_report_add (run->report, result, FALSE, &run->error);
}

static const char *const sort_names[CVI_N_STORE_SORTS] = {
  [CVI_STORE_SORT_PATH] = "path",
  [CVI_STORE_SORT_VERDICT] = "verdict",
  [CVI_STORE_SORT_CONFIDENCE] = "confidence",
  [CVI_STORE_SORT_DAMAGE] = "damage",
  [CVI_STORE_SORT_SIZE] = "size",
  [CVI_STORE_SORT_DATE] = "date",
};

static gboolean
read_sort (CviSettings *settings, CviStoreFilter *filter, GError **error)
{
  const char *text = cvi_settings_get_text (settings, CVI_SETTING_SORT);
  g_auto (GStrv) parts = g_strsplit (text, ":", 2);
  const char *order = parts[1] ? parts[1] : "asc";

  filter->descending = g_str_equal (order, "desc");
  for (guint i = 0; i < CVI_N_STORE_SORTS; i++) {
    if (!g_str_equal (parts[0], sort_names[i]) ||
        (!filter->descending && !g_str_equal (order, "asc")))
      continue;
    filter->sort = i;
    return TRUE;
  }
  g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
      "option --sort %s: should be path, verdict, confidence, damage, size or "
      "date, and may end with \":desc\"",
      text);
  return FALSE;
}

static gboolean
check_rules (char **rules, GError **error)
{
  for (char **rule = rules; rule && *rule; rule++) {
    if (cvi_rule_lookup (*rule))
      continue;
    g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "option --rule %s: there is no such rule (`cvi-gst rules` lists them)",
        *rule);
    return FALSE;
  }
  return TRUE;
}

/* All but the scan, which needs the store, and the paths. */
static gboolean
read_filter (CviSettings *settings, CviStoreFilter *filter, GError **error)
{
  char **rules = cvi_settings_get_list (settings, CVI_SETTING_RULE);

  filter->verdicts =
      (guint)cvi_settings_get_count (settings, CVI_SETTING_VERDICT);
  filter->rules = (const char *const *)rules;
  filter->codecs =
      (const char *const *)cvi_settings_get_list (settings, CVI_SETTING_CODEC);
  filter->containers = (const char *const *)cvi_settings_get_list (
      settings, CVI_SETTING_CONTAINER);
  filter->min_size = cvi_settings_get_count (settings, CVI_SETTING_MIN_SIZE);
  filter->max_size = cvi_settings_get_count (settings, CVI_SETTING_MAX_SIZE);
  filter->min_confidence =
      cvi_settings_get_seconds (settings, CVI_SETTING_MIN_CONFIDENCE);
  filter->min_damage =
      cvi_settings_get_seconds (settings, CVI_SETTING_MIN_DAMAGE);
  filter->since = (gint64)cvi_settings_get_count (settings, CVI_SETTING_SINCE);
  filter->until = (gint64)cvi_settings_get_count (settings, CVI_SETTING_UNTIL);
  filter->limit = cvi_settings_get_count (settings, CVI_SETTING_LIMIT);
  return check_rules (rules, error) && read_sort (settings, filter, error);
}

/* Arguments and --folder. Returns: (transfer full): NULL-terminated */
static char **
read_paths (CviSettings *settings)
{
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();
  char **folders = cvi_settings_get_list (settings, CVI_SETTING_FOLDER);
  g_auto (GStrv) given = NULL;

  g_strv_builder_addv (
      all, (const char **)cvi_settings_get_arguments (settings));
  if (folders)
    g_strv_builder_addv (all, (const char **)folders);
  given = g_strv_builder_end (all);
  return cvi_absolute_paths (given);
}

static gboolean
write_answer (CviSettings *settings, CviStore *store,
    const CviStoreFilter *filter, int fd, GError **error)
{
  g_autoptr (CviReport) report =
      cvi_report_new (cvi_report_writer_lookup (
                          cvi_settings_get_text (settings, CVI_SETTING_FORMAT)),
          fd, error);
  QueryRun run = { report };

  if (!report)
    return FALSE;
  /* Whoever asks wants to see all that fits, healthy or not. */
  cvi_report_set_verbose (report, TRUE);
  if (!cvi_store_foreach (store, filter, add_result, &run, error)) {
    g_clear_error (&run.error);
    return FALSE;
  }
  if (run.error) {
    g_propagate_error (error, run.error);
    return FALSE;
  }
  return cvi_report_finish (report, 0, FALSE, error);
}

static gboolean
query (CviSettings *settings, GError **error)
{
  CviStoreFilter filter = { 0 };
  g_auto (GStrv) paths = NULL;
  g_autoptr (CviStore) store = NULL;
  gboolean ok;
  int fd;

  if (!read_filter (settings, &filter, error))
    return FALSE;
  paths = read_paths (settings);
  if (paths[0])
    filter.paths = (const char *const *)paths;
  store = cvi_open_store (settings, error);
  if (!store || !cvi_choose_scan (settings, store, &filter.scan, error))
    return FALSE;
  /* Last of all, since it empties the file. */
  fd = cvi_output_open (settings, error);
  if (fd < 0)
    return FALSE;
  ok = write_answer (settings, store, &filter, fd, error);
  return cvi_output_close (settings, fd, ok, error);
}

/* Other options ask for results, which duplicates are not. */
static gboolean
query_duplicates (CviSettings *settings, GError **error)
{
  g_autoptr (CviStore) store = NULL;

  for (guint i = 0; i < CVI_N_SETTINGS; i++) {
    if (i == CVI_SETTING_DB || i == CVI_SETTING_DUPLICATES ||
        cvi_settings_get_source (settings, i) != CVI_FROM_COMMAND_LINE)
      continue;
    g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "--duplicates and --%s exclude each other", cvi_setting_table[i].name);
    return FALSE;
  }
  if (cvi_settings_get_arguments (settings)[0]) {
    g_set_error_literal (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "--duplicates takes no PATH");
    return FALSE;
  }
  store = cvi_open_store (settings, error);
  return store && cvi_duplicates_print (store, error);
}

static int
run_query (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (
      CVI_FOR_QUERY, "[PATH...]", cvi_command_query.summary, argv, &error);

  if (settings && cvi_settings_get_flag (settings, CVI_SETTING_DUPLICATES)) {
    if (query_duplicates (settings, &error))
      return cvi_close_stdout ();
  } else if (settings && query (settings, &error)) {
    return CVI_EXIT_OK;
  }
  cvi_say ("query: %s", error->message);
  return CVI_EXIT_USAGE;
}

const CviCommand cvi_command_query = {
  .name = "query",
  .summary = "Find stored results by what is in them",
  .run = run_query,
};
