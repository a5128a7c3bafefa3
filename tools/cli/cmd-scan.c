/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <unistd.h>

#include "tools/cli/cvi-cluster.h"
#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-exec.h"
#include "tools/cli/cvi-hw-devices.h"
#include "tools/cli/cvi-output.h"
#include "tools/cli/cvi-progress.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-scan-options.h"
#include "tools/cli/cvi-scan-session.h"
#include "tools/cli/cvi-scan-stats.h"
#include "tools/cli/cvi-settings.h"
#include "tools/cli/cvi-signals.h"
#include "tools/cli/cvi-sources.h"
#include "tools/cli/cvi-thumbnails.h"

static double
seconds_since (gint64 began_us)
{
  return (double)(g_get_monotonic_time () - began_us) / G_USEC_PER_SEC;
}

/* @error: (nullable): what ended the scan */
static int
exit_status (CviSettings *settings, const CviReportSummary *totals, gboolean ok,
    const GError *error)
{
  int signum = cvi_signals_get_stop ();

  /* The files are not to blame, and what is left can be checked later. */
  if (!ok && g_error_matches (error, CVI_POOL_ERROR, CVI_POOL_ERROR_STORAGE))
    return CVI_EXIT_UNCHECKED;
  if (!ok)
    return CVI_EXIT_USAGE;
  if (signum)
    return 128 + signum;
  return cvi_verdict_exit_code (totals->counted,
      (guint)cvi_settings_get_count (settings, CVI_SETTING_FAIL_ON));
}

/* Runs the scan and gets its workers out of the way, so that what they have
 * cost is known. */
static gboolean
run_session (const CviScanOptions *options, const CviSources *sources,
    CviReport *report, CviProgress *progress, CviScanStats *stats,
    CviExec *exec, guint *n_started, gboolean *interrupted, GError **error)
{
  g_autoptr (CviScanSession) session = cvi_scan_session_new (
      options, sources, report, progress, stats, exec, error);
  gboolean ok;

  *n_started = 0;
  *interrupted = TRUE;
  if (!session)
    return FALSE;
  ok = cvi_scan_session_run (session, interrupted, error);
  *n_started = cvi_scan_session_get_n_started (session);
  return ok;
}

/* @written: whether the report is complete, whatever became of the scan
 * Returns: the exit status */
static int
scan_to (CviSettings *settings, const CviScanOptions *options,
    const CviSources *sources, CviExec *exec, int fd, CviReportSummary *totals,
    gboolean *written, GError **error)
{
  gint64 began_us = g_get_monotonic_time ();
  const CviReportWriter *writer = cvi_report_writer_lookup (
      cvi_settings_get_text (settings, CVI_SETTING_FORMAT));
  g_autoptr (CviReport) report = cvi_report_new (writer, fd, error);
  g_autoptr (CviProgress) progress = NULL;
  g_autoptr (CviScanStats) stats = cvi_scan_stats_new ();
  gboolean interrupted;
  double elapsed_s;
  guint n_started;
  int status;
  gboolean ok;

  *written = FALSE;
  if (!report)
    return CVI_EXIT_USAGE;
  cvi_report_set_coloured (report, cvi_output_is_coloured (settings, fd));
  cvi_thumbnails_ask (report, settings, 0);
  progress = cvi_progress_new (
      cvi_settings_get_text (settings, CVI_SETTING_PROGRESS), sources);
  ok = run_session (options, sources, report, progress, stats, exec, &n_started,
      &interrupted, error);
  g_clear_pointer (&progress, cvi_progress_free);
  status = exit_status (
      settings, cvi_report_get_summary (report), ok, error ? *error : NULL);
  cvi_report_set_exit_status (report, status);
  elapsed_s = seconds_since (began_us);
  if (ok && !interrupted)
    cvi_thumbnails_take (report, &options->pool);
  *written =
      cvi_report_finish (report, elapsed_s, interrupted, ok ? error : NULL);
  *totals = *cvi_report_get_summary (report);
  if (cvi_settings_get_flag (settings, CVI_SETTING_STATS))
    cvi_scan_stats_print (
        stats, cvi_report_get_summary (report), elapsed_s, n_started);
  return ok && !*written ? CVI_EXIT_USAGE : status;
}

static int
scan (CviSettings *settings, GError **error)
{
  const char *engine = cvi_settings_get_text (settings, CVI_SETTING_ENGINE);
  char **engine_options = engine ? cvi_cluster_engine_options (
                                       cvi_settings_get_arguments (settings))
                                 : NULL;
  g_autoptr (CviSources) sources = cvi_sources_new (settings, !engine, error);
  g_autoptr (CviScanOptions) options =
      sources ? cvi_scan_options_new (settings, sources, error) : NULL;
  gboolean written;
  g_autoptr (CviExec) exec = NULL;
  CviReportSummary totals = { 0 };
  int status;
  int fd;

  if (!options)
    return CVI_EXIT_USAGE;
  if (engine) {
    cvi_signals_install ();
    return cvi_cluster_scan (settings, sources, options, engine_options, error);
  }
  if (!cvi_hw_devices_prepare (settings, error))
    return CVI_EXIT_USAGE;
  /* Hardware that hangs is off from now on; not in the arguments that a scan
   * which goes on is known by. */
  cvi_scan_options_limit (&options->pool, settings, options->mode);
  exec =
      cvi_exec_new (cvi_settings_get_text (settings, CVI_SETTING_EXEC_CORRUPT),
          cvi_settings_get_text (settings, CVI_SETTING_EXEC_DONE),
          cvi_settings_get_seconds (settings, CVI_SETTING_EXEC_TIMEOUT), error);
  if (!exec)
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
  status =
      scan_to (settings, options, sources, exec, fd, &totals, &written, error);
  cvi_signals_end_on_stop (-1);
  if (!cvi_output_close (settings, fd, written, error))
    status = CVI_EXIT_USAGE;
  cvi_exec_finish (exec, totals.counts, status);
  return status;
}

/* What to do about an error of the pool, which does not know of commands. */
static const char *
next_step (const GError *error)
{
  if (g_error_matches (error, CVI_POOL_ERROR, CVI_POOL_ERROR_WORKER))
    return " (cvi-gst doctor tells what this installation lacks)";
  if (g_error_matches (error, CVI_POOL_ERROR, CVI_POOL_ERROR_SANDBOX))
    return " (cvi-gst doctor tells more; --sandbox auto does without it)";
  return "";
}

static int
run_scan (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (
      CVI_FOR_SCAN, "[PATH...]", cvi_command_scan.summary, argv, &error);
  int status = settings ? scan (settings, &error) : CVI_EXIT_USAGE;

  if (error)
    cvi_say ("scan: %s%s", error->message, next_step (error));
  if (cvi_signals_get_stop ())
    cvi_say ("scan: interrupted");
  return status;
}

const CviCommand cvi_command_scan = {
  .name = "scan",
  .summary = "Check video files and tell which of them are corrupt",
  .run = run_scan,
};
