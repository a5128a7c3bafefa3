/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <unistd.h>

#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-output.h"
#include "tools/cli/cvi-progress.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-scan-options.h"
#include "tools/cli/cvi-scan-session.h"
#include "tools/cli/cvi-scan-stats.h"
#include "tools/cli/cvi-settings.h"
#include "tools/cli/cvi-signals.h"
#include "tools/cli/cvi-sources.h"

static double
seconds_since (gint64 began_us)
{
  return (double)(g_get_monotonic_time () - began_us) / G_USEC_PER_SEC;
}

static int
exit_status (CviSettings *settings, const CviReportSummary *totals)
{
  int signum = cvi_signals_get_stop ();

  if (signum)
    return 128 + signum;
  return cvi_verdict_exit_code (totals->counts,
      (guint)cvi_settings_get_count (settings, CVI_SETTING_FAIL_ON));
}

/* Runs the scan and gets its workers out of the way, so that what they have
 * cost is known. */
static gboolean
run_session (const CviScanOptions *options, const CviSources *sources,
    CviReport *report, CviProgress *progress, CviScanStats *stats,
    guint *n_started, gboolean *interrupted, GError **error)
{
  g_autoptr (CviScanSession) session =
      cvi_scan_session_new (options, sources, report, progress, stats, error);
  gboolean ok;

  *n_started = 0;
  *interrupted = TRUE;
  if (!session)
    return FALSE;
  ok = cvi_scan_session_run (session, interrupted, error);
  *n_started = cvi_scan_session_get_n_started (session);
  return ok;
}

static int
scan_to (CviSettings *settings, const CviScanOptions *options,
    const CviSources *sources, int fd, GError **error)
{
  gint64 began_us = g_get_monotonic_time ();
  const CviReportWriter *writer = cvi_report_writer_lookup (
      cvi_settings_get_text (settings, CVI_SETTING_FORMAT));
  g_autoptr (CviReport) report = cvi_report_new (writer, fd, error);
  g_autoptr (CviProgress) progress = NULL;
  g_autoptr (CviScanStats) stats = cvi_scan_stats_new ();
  gboolean interrupted;
  guint n_started;
  gboolean ok;

  if (!report)
    return CVI_EXIT_USAGE;
  progress = cvi_progress_new (
      cvi_settings_get_text (settings, CVI_SETTING_PROGRESS), sources);
  ok = run_session (options, sources, report, progress, stats, &n_started,
      &interrupted, error);
  g_clear_pointer (&progress, cvi_progress_free);
  if (!cvi_report_finish (
          report, seconds_since (began_us), interrupted, ok ? error : NULL))
    ok = FALSE;
  if (cvi_settings_get_flag (settings, CVI_SETTING_STATS))
    cvi_scan_stats_print (stats, cvi_report_get_summary (report),
        seconds_since (began_us), n_started);
  /* The files are not to blame, and what is left can be checked later. */
  if (!ok && error &&
      g_error_matches (*error, CVI_POOL_ERROR, CVI_POOL_ERROR_STORAGE))
    return CVI_EXIT_UNCHECKED;
  return ok ? exit_status (settings, cvi_report_get_summary (report))
            : CVI_EXIT_USAGE;
}

static int
scan (CviSettings *settings, GError **error)
{
  g_autoptr (CviSources) sources = cvi_sources_new (settings, error);
  g_autoptr (CviScanOptions) options =
      sources ? cvi_scan_options_new (settings, sources, error) : NULL;
  int status;
  int fd;

  if (!options)
    return CVI_EXIT_USAGE;
  cvi_signals_install ();
  cvi_signals_end_on_stop (STDIN_FILENO);
  if (!cvi_sources_spool (sources, settings, error))
    return g_error_matches (
               *error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID)
               ? CVI_EXIT_USAGE
               : CVI_EXIT_UNCHECKED;
  if (cvi_signals_get_stop ())
    return 128 + cvi_signals_get_stop ();
  /* Last of all, since it empties the file. */
  fd = cvi_output_open (settings, error);
  if (fd < 0)
    return CVI_EXIT_USAGE;
  cvi_signals_end_on_stop (sources->list_fd);
  status = scan_to (settings, options, sources, fd, error);
  cvi_signals_end_on_stop (-1);
  if (!cvi_output_close (settings, fd, status != CVI_EXIT_USAGE, error))
    status = CVI_EXIT_USAGE;
  return status;
}

static int
run_scan (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (
      CVI_FOR_SCAN, "[PATH...]", cvi_command_scan.summary, argv, &error);
  int status = settings ? scan (settings, &error) : CVI_EXIT_USAGE;

  if (error)
    cvi_say ("scan: %s", error->message);
  if (cvi_signals_get_stop ())
    cvi_say ("scan: interrupted");
  return status;
}

const CviCommand cvi_command_scan = {
  .name = "scan",
  .summary = "Check video files and tell which of them are corrupt",
  .run = run_scan,
};
