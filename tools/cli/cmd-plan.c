/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>

#include "tools/cli/cvi-cluster.h"
#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-signals.h"
#include "tools/report/cvi-display.h"

static int
plan_files (CviSettings *settings, GError **error)
{
  g_autoptr (CviSources) sources = cvi_sources_new (settings, FALSE, error);
  g_autoptr (CviScanOptions) options =
      sources ? cvi_scan_options_new (settings, sources, error) : NULL;
  g_autoptr (CviPlan) plan = NULL;
  g_autoptr (GString) size = g_string_new (NULL);
  guint64 n_problems = 0;

  if (!options)
    return CVI_EXIT_USAGE;
  cvi_signals_install ();
  cvi_signals_end_on_stop (sources->list_fd);
  plan = cvi_cluster_plan (settings, sources, options, &n_problems, error);
  cvi_signals_end_on_stop (-1);
  if (!plan)
    return cvi_signals_get_stop () ? 128 + cvi_signals_get_stop ()
                                   : CVI_EXIT_USAGE;
  cvi_display_append_size (size, plan->bytes);
  printf ("%s: %" G_GUINT64_FORMAT " files, %s, in %u shards\n", plan->run,
      plan->files, size->str, plan->shards);
  if (n_problems > 0)
    cvi_say (
        "plan: %" G_GUINT64_FORMAT " names could not be looked at", n_problems);
  return n_problems > 0 ? CVI_EXIT_UNCHECKED : cvi_close_stdout ();
}

static int
run_plan (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (
      CVI_FOR_PLAN, "[PATH...]", cvi_command_plan.summary, argv, &error);
  int status = CVI_EXIT_USAGE;

  (void)argc;
  if (settings && cvi_settings_get_count (settings, CVI_SETTING_SIMULATE) > 0) {
    cvi_cluster_simulate (settings);
    return cvi_close_stdout ();
  }
  if (settings)
    status = plan_files (settings, &error);
  if (error)
    cvi_say ("plan: %s", error->message);
  return status;
}

const CviCommand cvi_command_plan = {
  .name = "plan",
  .summary = "Cut a library into shards for a cluster to check",
  .run = run_plan,
};
