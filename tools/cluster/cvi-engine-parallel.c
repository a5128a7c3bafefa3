/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* GNU parallel, on this machine or over ssh: the smallest step beyond one
 * machine. It runs until all is done. */
#include "tools/cluster/cvi-engine.h"

static gboolean
submit (const CviEngineJob *job, char **answer, GError **error)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) indexes = g_string_new (NULL);
  g_autofree char *command = cvi_engine_command (job);

  for (guint i = 0; i < job->shards->len; i++)
    g_string_append_printf (
        indexes, "%u\n", g_array_index (job->shards, guint, i));
  g_ptr_array_add (argv, g_strdup ("parallel"));
  g_ptr_array_add (argv, g_strdup ("--will-cite"));
  g_ptr_array_add (argv, g_strdup ("--retries"));
  g_ptr_array_add (argv, g_strdup ("3"));
  if (job->max_running > 0) {
    g_ptr_array_add (argv, g_strdup ("--jobs"));
    g_ptr_array_add (argv, g_strdup_printf ("%u", job->max_running));
  }
  if (job->hosts) {
    g_ptr_array_add (argv, g_strdup ("--sshloginfile"));
    g_ptr_array_add (argv, g_strdup (job->hosts));
  }
  for (char **option = job->options; option && *option; option++)
    g_ptr_array_add (argv, g_strdup (*option));
  g_ptr_array_add (argv, g_strdup_printf ("%s -j 1 --index {}", command));
  *answer = g_strdup ("");
  /* Where shards failed, what is missing will show it. */
  return cvi_engine_run_program (argv, indexes->str, NULL, error);
}

const CviEngine cvi_engine_parallel = {
  .name = "parallel",
  .waits = TRUE,
  .submit = submit,
};
