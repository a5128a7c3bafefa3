/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Slurm job arrays: sbatch and squeue are called as programs; libslurm's ABI
 * changes with every release, and its licence is another. */
#include "tools/cluster/cvi-engine.h"

#include <stdio.h>
#include <string.h>

/* Seconds between SIGTERM and the end of a job that runs out of time. */
#define GRACE "60"

/* Indexes of an array go from 0 to one less than MaxArraySize. */
static gboolean
check_limit (GArray *shards, GError **error)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *config = NULL;
  const char *line;
  guint last = g_array_index (shards, guint, shards->len - 1);
  guint max;

  g_ptr_array_add (argv, (gpointer) "scontrol");
  g_ptr_array_add (argv, (gpointer) "show");
  g_ptr_array_add (argv, (gpointer) "config");
  if (!cvi_engine_run_program (argv, NULL, &config, error))
    return FALSE;
  line = strstr (config, "MaxArraySize");
  if (!line || sscanf (line, "MaxArraySize = %u", &max) != 1 || last < max)
    return TRUE;
  g_set_error (error, CVI_CLUSTER_ERROR, CVI_CLUSTER_ERROR_ENGINE,
      "shard %u is beyond Slurm's MaxArraySize of %u: plan a new run with "
      "--max-shards %u, or have the limit raised",
      last, max, max);
  return FALSE;
}

static gboolean
submit (const CviEngineJob *job, char **answer, GError **error)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *ranges = cvi_engine_ranges (job->shards);
  g_autofree char *command = cvi_engine_command (job);
  g_autofree char *script = g_strdup_printf (
      "#!/bin/sh\nexec %s -j \"${SLURM_CPUS_PER_TASK:-1}\"\n", command);
  g_autofree char *throttle = job->max_running > 0
                                  ? g_strdup_printf ("%%%u", job->max_running)
                                  : g_strdup ("");

  if (!check_limit (job->shards, error))
    return FALSE;
  g_ptr_array_add (argv, g_strdup ("sbatch"));
  g_ptr_array_add (argv, g_strdup ("--parsable"));
  g_ptr_array_add (argv, g_strdup ("--job-name=cvi-gst"));
  g_ptr_array_add (argv, g_strdup ("--requeue"));
  g_ptr_array_add (argv, g_strdup ("--open-mode=append"));
  g_ptr_array_add (argv, g_strdup ("--signal=B:TERM@" GRACE));
  g_ptr_array_add (argv, g_strdup ("--cpus-per-task=1"));
  g_ptr_array_add (
      argv, g_strdup_printf ("--output=%s/slurm-%%A_%%a.log", job->plan->run));
  for (char **option = job->options; option && *option; option++)
    g_ptr_array_add (argv, g_strdup (*option));
  /* After the user's: the array is what the plan says. */
  g_ptr_array_add (argv, g_strdup_printf ("--array=%s%s", ranges, throttle));
  if (!cvi_engine_run_program (argv, script, answer, error))
    return FALSE;
  /* "ID;cluster" where there are several clusters. */
  g_strdelimit (*answer, ";", '\0');
  return TRUE;
}

static gboolean
is_running (const char *id, gboolean *running, GError **error)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) said = NULL;
  g_autofree char *jobs = NULL;

  g_ptr_array_add (argv, g_strdup ("squeue"));
  g_ptr_array_add (argv, g_strdup ("--noheader"));
  g_ptr_array_add (argv, g_strdup ("--format=%i"));
  g_ptr_array_add (argv, g_strdup_printf ("--jobs=%s", id));
  if (cvi_engine_run_program (argv, NULL, &jobs, &said)) {
    *running = jobs[0] != '\0';
    return TRUE;
  }
  /* What the controller says of a job that it has forgotten. */
  if (strstr (said->message, "Invalid job id")) {
    *running = FALSE;
    return TRUE;
  }
  g_propagate_error (error, g_steal_pointer (&said));
  return FALSE;
}

const CviEngine cvi_engine_slurm = {
  .name = "slurm",
  .submit = submit,
  .is_running = is_running,
};
