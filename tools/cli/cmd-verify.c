/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-verdict.h"
#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-hw-devices.h"
#include "tools/cli/cvi-output.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-signals.h"
#include "tools/cli/cvi-verify.h"
#include "tools/report/cvi-display.h"

#define COUNT "%" G_GUINT64_FORMAT

static void
say_counts (const CviVerify *verify, double elapsed_s)
{
  const CviVerifyCounts *counts = &verify->counts;
  guint64 bytes = cvi_read_gate_get_bytes (verify->gate);
  g_autoptr (GString) size = g_string_new (NULL);

  cvi_display_append_size (size, bytes);
  cvi_say (COUNT " unchanged, " COUNT " rotten, " COUNT " edited, " COUNT
                 " moved, " COUNT " new, " COUNT " vanished, " COUNT
                 " busy, " COUNT " unreadable",
      counts->same, counts->rotten, counts->edited, counts->moved,
      counts->fresh, counts->vanished, counts->busy, counts->failed);
  if (counts->hashed > 0)
    cvi_say (COUNT " files that were scanned without a hash have one now",
        counts->hashed);
  if (counts->gone_before > 0)
    cvi_say (COUNT " files had vanished before", counts->gone_before);
  cvi_say ("read %s in %.2f s: %.0f MB/s", size->str, elapsed_s,
      (double)bytes / 1e6 / MAX (elapsed_s, 1e-6));
  if (verify->ended)
    cvi_say ("ended by --max-time; the rest comes first next time");
}

static int
exit_status (CviSettings *settings, const CviReportSummary *totals)
{
  int signum = cvi_signals_get_stop ();

  if (signum)
    return 128 + signum;
  return cvi_verdict_exit_code (totals->counted,
      (guint)cvi_settings_get_count (settings, CVI_SETTING_FAIL_ON));
}

static int
verify_to (CviSettings *settings, int fd, GError **error)
{
  const CviReportWriter *writer = cvi_report_writer_lookup (
      cvi_settings_get_text (settings, CVI_SETTING_FORMAT));
  g_autoptr (CviReport) report = cvi_report_new (writer, fd, error);
  g_autoptr (CviVerify) verify =
      report ? cvi_verify_new (settings, report, error) : NULL;
  gint64 began_us = g_get_monotonic_time ();
  int status;

  if (!verify)
    return CVI_EXIT_USAGE;
  cvi_report_set_coloured (report, cvi_output_is_coloured (settings, fd));
  /* Only files with something to tell come up, and all of them do. */
  cvi_report_set_verbose (report, TRUE);
  if (!cvi_verify_run (verify, error))
    return CVI_EXIT_USAGE;
  say_counts (
      verify, (double)(g_get_monotonic_time () - began_us) / G_USEC_PER_SEC);
  if (!cvi_verify_scan (verify, error))
    return CVI_EXIT_USAGE;
  status = exit_status (settings, cvi_report_get_summary (report));
  cvi_report_set_exit_status (report, status);
  if (!cvi_report_finish (
          report, 0, cvi_signals_get_stop () || verify->ended, error))
    return CVI_EXIT_USAGE;
  return status;
}

static int
verify (CviSettings *settings, GError **error)
{
  int fd, status;

  if (!cvi_hw_devices_prepare (settings, error))
    return CVI_EXIT_USAGE;
  fd = cvi_output_open (settings, error);
  if (fd < 0)
    return CVI_EXIT_USAGE;
  cvi_signals_install ();
  status = verify_to (settings, fd, error);
  if (!cvi_output_close (settings, fd, status != CVI_EXIT_USAGE, error))
    status = CVI_EXIT_USAGE;
  return status;
}

static int
run_verify (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (
      CVI_FOR_VERIFY, "[PATH...]", cvi_command_verify.summary, argv, &error);
  int status = settings ? verify (settings, &error) : CVI_EXIT_USAGE;

  if (error)
    cvi_say ("verify: %s", error->message);
  if (cvi_signals_get_stop ())
    cvi_say ("verify: interrupted");
  return status;
}

const CviCommand cvi_command_verify = {
  .name = "verify",
  .summary = "Read files again and tell whose content has changed",
  .run = run_verify,
};
