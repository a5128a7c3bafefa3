/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-diff.h"
#include "tools/cli/cvi-open-store.h"
#include "tools/cli/cvi-output.h"
#include "tools/cli/cvi-paths.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-settings.h"
#include "tools/report/cvi-report.h"
#include "tools/store/cvi-store.h"

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
    if (!cvi_path_is_covered (paths, i))
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
  cvi_report_set_coloured (report, cvi_output_is_coloured (settings, fd));
  return add_results (store, filter, paths, report, error) &&
         cvi_report_finish (report, 0, FALSE, error);
}

static gboolean
report_all (CviSettings *settings, GError **error)
{
  g_autoptr (CviStore) store = cvi_open_store (settings, error);
  CviStoreFilter filter = { 0 };
  gboolean ok;
  int fd;

  if (store && cvi_settings_get_text (settings, CVI_SETTING_DIFF))
    return cvi_diff_report (settings, store, error);
  filter.verdicts =
      (guint)cvi_settings_get_count (settings, CVI_SETTING_VERDICT);
  if (!store || !cvi_choose_scan (settings, store, &filter.scan, error))
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
