/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>

#include "tools/cli/cvi-cluster.h"
#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-say.h"

static gboolean
submit (CviSettings *settings, GError **error)
{
  char **options =
      cvi_cluster_engine_options (cvi_settings_get_arguments (settings));
  g_autofree char *run = cvi_cluster_run_folder (settings, error);
  g_autoptr (CviPlan) plan = run ? cvi_plan_open (run, error) : NULL;
  g_autofree char *job = NULL;

  if (!plan || !cvi_cluster_submit (settings, plan,
                   cvi_settings_get_flag (settings, CVI_SETTING_SUBMIT_MISSING),
                   options, &job, error))
    return FALSE;
  if (!job)
    cvi_say ("submit: nothing is left to do");
  else if (*job)
    puts (job);
  return TRUE;
}

static int
run_submit (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (CVI_FOR_SUBMIT,
      "RUN [-- ENGINE-OPTION...]", cvi_command_submit.summary, argv, &error);

  (void)argc;
  if (settings && submit (settings, &error))
    return cvi_close_stdout ();
  cvi_say ("submit: %s", error->message);
  return CVI_EXIT_USAGE;
}

const CviCommand cvi_command_submit = {
  .name = "submit",
  .summary = "Hand a run's shards to Slurm, Kubernetes or GNU parallel",
  .run = run_submit,
};
