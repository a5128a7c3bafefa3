/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cluster/cvi-shard-index.h"

#include "tools/cluster/cvi-plan.h"

/* @none: what the engine sets where there is no array. */
static const struct {
  const char *variable;
  guint base;
  const char *none;
} engines[] = {
  { "SLURM_ARRAY_TASK_ID", 0, "" },
  { "JOB_COMPLETION_INDEX", 0, "" },
  { "PBS_ARRAY_INDEX", 0, "" },
  { "AWS_BATCH_JOB_ARRAY_INDEX", 0, "" },
  { "LSB_JOBINDEX", 1, "0" },
  { "SGE_TASK_ID", 1, "undefined" },
  { "PARALLEL_SEQ", 1, "" },
};

gboolean
cvi_shard_index_from_environment (
    guint *index, const char **variable, GError **error)
{
  g_return_val_if_fail (index && variable, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (engines); i++) {
    const char *text = g_getenv (engines[i].variable);
    guint64 value;

    if (!text || !text[0] || g_str_equal (text, engines[i].none))
      continue;
    *variable = engines[i].variable;
    if (!g_ascii_string_to_unsigned (
            text, 10, engines[i].base, G_MAXUINT, &value, NULL)) {
      g_set_error (error, CVI_CLUSTER_ERROR, CVI_CLUSTER_ERROR_SHARD,
          "%s is \"%s\", which is no index of a shard", *variable, text);
      return FALSE;
    }
    *index = (guint)value - engines[i].base;
    return TRUE;
  }
  g_set_error_literal (error, CVI_CLUSTER_ERROR, CVI_CLUSTER_ERROR_SHARD,
      "which shard? No engine says so; use --index N");
  return FALSE;
}
