/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cluster/cvi-engine.h"

#include <gio/gio.h>

static const CviEngine *const engines[] = {
  &cvi_engine_slurm,
  &cvi_engine_kubernetes,
  &cvi_engine_parallel,
};

const CviEngine *
cvi_engine_lookup (const char *name)
{
  g_return_val_if_fail (name, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (engines); i++) {
    if (g_str_equal (engines[i]->name, name))
      return engines[i];
  }
  return NULL;
}

gboolean
cvi_engine_run_program (
    GPtrArray *argv, const char *input, char **output, GError **error)
{
  g_autoptr (GSubprocess) program = NULL;
  g_autofree char *said = NULL;
  g_autofree char *wrote = NULL;
  const char *name;
  GSubprocessFlags flags = input ? G_SUBPROCESS_FLAGS_STDIN_PIPE : 0;

  g_return_val_if_fail (argv && argv->len > 0, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  name = g_ptr_array_index (argv, 0);
  if (output)
    flags |= G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE;
  g_ptr_array_add (argv, NULL);
  program = g_subprocess_newv ((const char *const *)argv->pdata, flags, error);
  if (!program || !g_subprocess_communicate_utf8 (program, input, NULL, &wrote,
                      output ? &said : NULL, error)) {
    g_prefix_error (error, "%s: ", name);
    return FALSE;
  }
  if (!g_subprocess_get_successful (program)) {
    g_autofree char *why =
        cvi_sanitise_text (said && said[0] ? said : "it failed", -1, 1024);

    g_set_error (error, CVI_CLUSTER_ERROR, CVI_CLUSTER_ERROR_ENGINE, "%s: %s",
        name, g_strstrip (why));
    return FALSE;
  }
  if (output)
    *output = g_strdup (g_strstrip (wrote));
  return TRUE;
}

char *
cvi_engine_ranges (GArray *shards)
{
  GString *text = g_string_new (NULL);

  g_return_val_if_fail (shards, NULL);

  for (guint i = 0; i < shards->len; i++) {
    guint first = g_array_index (shards, guint, i);
    guint last = first;

    while (i + 1 < shards->len &&
           g_array_index (shards, guint, i + 1) == last + 1) {
      i++;
      last++;
    }
    g_string_append_printf (text, "%s%u", text->len > 0 ? "," : "", first);
    if (last > first)
      g_string_append_printf (text, "-%u", last);
  }
  return g_string_free (text, FALSE);
}

char *
cvi_engine_command (const CviEngineJob *job)
{
  g_autofree char *program = NULL;
  g_autofree char *run = NULL;

  g_return_val_if_fail (job, NULL);

  program = g_shell_quote (job->program);
  run = g_shell_quote (job->plan->run);
  return g_strdup_printf ("%s shard %s", program, run);
}
