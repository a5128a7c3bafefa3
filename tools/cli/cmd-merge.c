/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>

#include "tools/cli/cvi-cluster.h"
#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-open-store.h"
#include "tools/cli/cvi-say.h"

static CviClusterStatus *
merge (CviSettings *settings, const CviPlan *plan, GError **error)
{
  g_autofree char *path = cvi_choose_store (settings);

  return cvi_cluster_merge (plan, path,
      cvi_settings_get_flag (settings, CVI_SETTING_ALLOW_MIXED), NULL, error);
}

static int
run_merge (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (
      CVI_FOR_MERGE, "RUN", cvi_command_merge.summary, argv, &error);
  g_autofree char *run =
      settings ? cvi_cluster_run_folder (settings, &error) : NULL;
  g_autoptr (CviPlan) plan = run ? cvi_plan_open (run, &error) : NULL;
  g_autoptr (CviClusterStatus) status =
      plan ? merge (settings, plan, &error) : NULL;
  int exit_status;

  (void)argc;
  if (!status) {
    cvi_say ("merge: %s", error->message);
    return CVI_EXIT_USAGE;
  }
  printf ("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " files merged",
      status->n_done, plan->files);
  if (status->n_repeated > 0)
    printf (
        ", %" G_GUINT64_FORMAT " checked more than once", status->n_repeated);
  if (status->n_disagreed > 0)
    printf (
        ", %" G_GUINT64_FORMAT " with different verdicts", status->n_disagreed);
  putchar ('\n');
  exit_status = cvi_close_stdout ();
  if (exit_status == CVI_EXIT_OK && status->missing->len > 0) {
    cvi_say ("merge: %" G_GUINT64_FORMAT
             " files have no result yet (cvi-gst submit %s --missing)",
        plan->files - status->n_done, plan->run);
    exit_status = CVI_EXIT_MISSING;
  }
  return exit_status;
}

const CviCommand cvi_command_merge = {
  .name = "merge",
  .summary = "Put a run's results into the store",
  .run = run_merge,
};
