/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-output.h"
#include "tools/cli/cvi-paths.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-settings.h"
#include "tools/cli/cvi-thumbnails.h"
#include "tools/report/cvi-report.h"
#include "tools/store/cvi-store.h"

/* Places of a file of which there are pictures, unless that is said. */
#define N_THUMBNAILS 3

typedef struct {
  CviReport *report;
  GError *error;
} ReportRun;

static gboolean
add_result (CviResult *result, gpointer user_data)
{
  ReportRun *run = user_data;

  return cvi_report_add (run->report, result, FALSE, &run->error);
}

/* Is @path @root, or below it? */
static gboolean
is_within (const char *path, const char *root)
{
  gsize len = strlen (root);

  if (!g_str_has_prefix (path, root))
    return FALSE;
  return !path[len] || path[len] == '/' || g_str_has_suffix (root, "/");
}

/* Would all of @paths[@i] come with another of @paths? */
static gboolean
is_covered (char **paths, guint i)
{
  for (guint k = 0; paths[k]; k++) {
    if (k == i || !is_within (paths[i], paths[k]))
      continue;
    if (!g_str_equal (paths[i], paths[k]) || k < i)
      return TRUE;
  }
  return FALSE;
}

static gboolean
add_results (CviStore *store, CviStoreFilter *filter, char **paths,
    CviReport *report, GError **error)
{
  ReportRun run = { report };
  gboolean ok = TRUE;

  if (!paths[0])
    ok = cvi_store_foreach (store, filter, add_result, &run, error);
  for (guint i = 0; ok && !run.error && paths[i]; i++) {
    filter->path_prefix = paths[i];
    if (!is_covered (paths, i))
      ok = cvi_store_foreach (store, filter, add_result, &run, error);
  }
  if (ok && run.error) {
    g_propagate_error (error, run.error);
    return FALSE;
  }
  g_clear_error (&run.error);
  return ok;
}

static gboolean
choose_scan (CviSettings *settings, CviStore *store, CviStoreFilter *filter,
    GError **error)
{
  const char *which = cvi_settings_get_text (settings, CVI_SETTING_SCAN);
  g_autoptr (CviScanInfo) scan = NULL;

  if (!which)
    return TRUE;
  scan = cvi_store_find_scan (store, which, error);
  if (!scan)
    return FALSE;
  filter->scan = scan->id;
  return TRUE;
}

static gboolean
report_to (CviSettings *settings, CviStore *store, CviStoreFilter *filter,
    int fd, GError **error)
{
  const CviReportWriter *writer = cvi_report_writer_lookup (
      cvi_settings_get_text (settings, CVI_SETTING_FORMAT));
  g_auto (GStrv) paths =
      cvi_absolute_paths (cvi_settings_get_arguments (settings));
  g_autoptr (CviReport) report = cvi_report_new (writer, fd, error);

  if (!report)
    return FALSE;
  /* Who asks for healthy files by name wants to see them. */
  cvi_report_set_verbose (report, filter->verdicts != 0);
  cvi_thumbnails_ask (report, settings, N_THUMBNAILS);
  if (!add_results (store, filter, paths, report, error))
    return FALSE;
  cvi_thumbnails_take_for (report, settings);
  return cvi_report_finish (report, 0, FALSE, error);
}

static gboolean
report_all (CviSettings *settings, GError **error)
{
  const char *db = cvi_settings_get_text (settings, CVI_SETTING_DB);
  g_autofree char *path = db ? g_strdup (db) : cvi_store_default_path ();
  g_autoptr (CviStore) store = cvi_store_open (path, TRUE, error);
  CviStoreFilter filter = { 0 };
  gboolean ok;
  int fd;

  filter.verdicts =
      (guint)cvi_settings_get_count (settings, CVI_SETTING_VERDICT);
  if (!store || !choose_scan (settings, store, &filter, error))
    return FALSE;
  /* Last of all, since it empties the file. */
  fd = cvi_output_open (settings, error);
  if (fd < 0)
    return FALSE;
  ok = report_to (settings, store, &filter, fd, error);
  return cvi_output_close (settings, fd, ok, error);
}

static int
run_report (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (
      CVI_FOR_REPORT, "[PATH...]", cvi_command_report.summary, argv, &error);

  if (settings && report_all (settings, &error))
    return CVI_EXIT_OK;
  cvi_say ("report: %s", error->message);
  return CVI_EXIT_USAGE;
}

const CviCommand cvi_command_report = {
  .name = "report",
  .summary = "Show stored results, of all files or of those below PATH",
  .run = run_report,
};
