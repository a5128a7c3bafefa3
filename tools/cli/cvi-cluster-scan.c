/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <unistd.h>

#include "tools/cli/cvi-cluster.h"
#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-output.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-signals.h"
#include "tools/cluster/cvi-engine.h"

/* Between two looks at the journals and the queue. */
#define LOOK_S 5

static double
seconds_since (gint64 began_us)
{
  return (double)(g_get_monotonic_time () - began_us) / G_USEC_PER_SEC;
}

/* Until all is done or the engine has nothing left to run. */
static gboolean
wait_for_end (
    CviSettings *settings, const CviPlan *plan, const char *job, GError **error)
{
  const CviEngine *engine =
      cvi_engine_lookup (cvi_settings_get_text (settings, CVI_SETTING_ENGINE));
  guint64 shown = G_MAXUINT64;
  gboolean running = TRUE;

  while (running && !cvi_signals_get_stop ()) {
    g_autoptr (CviClusterStatus) status = NULL;

    /* Asked before the journals are read, so that what it did last is seen. */
    if (!engine->is_running)
      running = FALSE;
    else if (!engine->is_running (job, &running, error))
      return FALSE;
    status = cvi_cluster_status (plan, error);
    if (!status)
      return FALSE;
    if (status->n_done != shown)
      cvi_say ("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " files done",
          status->n_done, plan->files);
    shown = status->n_done;
    if (status->missing->len == 0)
      return TRUE;
    for (guint i = 0; running && i < LOOK_S && !cvi_signals_get_stop (); i++)
      sleep (1);
  }
  return TRUE;
}

static int
report_run (CviSettings *settings, const CviPlan *plan, const char *db,
    gint64 began_us, GError **error)
{
  const CviReportWriter *writer = cvi_report_writer_lookup (
      cvi_settings_get_text (settings, CVI_SETTING_FORMAT));
  int fd = cvi_output_open (settings, error);
  g_autoptr (CviReport) report =
      fd < 0 ? NULL : cvi_report_new (writer, fd, error);
  g_autoptr (CviClusterStatus) status =
      report ? cvi_cluster_merge (plan, db, FALSE, report, error) : NULL;
  gboolean complete = status && status->missing->len == 0;

  if (!status ||
      !cvi_report_finish (report, seconds_since (began_us), !complete, error)) {
    if (fd >= 0)
      cvi_output_close (settings, fd, FALSE, error);
    return CVI_EXIT_USAGE;
  }
  if (!cvi_output_close (settings, fd, TRUE, error))
    return CVI_EXIT_USAGE;
  if (!complete) {
    cvi_say ("scan: %" G_GUINT64_FORMAT
             " files have no result (cvi-gst submit %s --missing)",
        plan->files - status->n_done, plan->run);
    return CVI_EXIT_UNCHECKED;
  }
  return cvi_verdict_exit_code (status->counts,
      (guint)cvi_settings_get_count (settings, CVI_SETTING_FAIL_ON));
}

int
cvi_cluster_scan (CviSettings *settings, const CviSources *sources,
    const CviScanOptions *options, char **engine_options, GError **error)
{
  gint64 began_us = g_get_monotonic_time ();
  g_autoptr (CviPlan) plan = NULL;
  g_autofree char *job = NULL;
  guint64 n_problems = 0;

  if (!options->db) {
    g_set_error_literal (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "--engine and --no-db exclude each other");
    return CVI_EXIT_USAGE;
  }
  plan = cvi_cluster_plan (settings, sources, options, &n_problems, error);
  if (!plan ||
      !cvi_cluster_submit (settings, plan, FALSE, engine_options, &job, error))
    return CVI_EXIT_USAGE;
  if (!cvi_settings_get_flag (settings, CVI_SETTING_WAIT)) {
    if (job && *job)
      puts (job);
    return CVI_EXIT_OK;
  }
  if (job && !wait_for_end (settings, plan, job, error))
    return CVI_EXIT_USAGE;
  return report_run (settings, plan, options->db, began_us, error);
}
