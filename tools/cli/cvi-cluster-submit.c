/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <unistd.h>

#include "tools/cli/cvi-cluster.h"
#include "tools/cluster/cvi-engine.h"

/* Returns: (transfer full) (nullable): path of this program */
static char *
own_path (GError **error)
{
  return g_file_read_link ("/proc/self/exe", error);
}

static GArray *
choose_shards (const CviPlan *plan, gboolean missing, GError **error)
{
  g_autoptr (CviClusterStatus) status = NULL;
  GArray *shards;

  if (missing) {
    status = cvi_cluster_status (plan, error);
    return status ? g_array_ref (status->missing) : NULL;
  }
  shards = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < plan->shards; i++)
    g_array_append_val (shards, i);
  return shards;
}

gboolean
cvi_cluster_submit (CviSettings *settings, const CviPlan *plan,
    gboolean missing, char **options, char **job, GError **error)
{
  const char *name = cvi_settings_get_text (settings, CVI_SETTING_ENGINE);
  const char *program = cvi_settings_get_text (settings, CVI_SETTING_PROGRAM);
  g_autofree char *own = NULL;
  g_autoptr (GArray) shards = NULL;
  CviEngineJob task = { .plan = plan, .options = options };

  *job = NULL;
  if (!name) {
    g_set_error_literal (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "--engine slurm, k8s or parallel is needed");
    return FALSE;
  }
  own = program ? g_strdup (program) : own_path (error);
  shards = own ? choose_shards (plan, missing, error) : NULL;
  if (!shards)
    return FALSE;
  if (shards->len == 0)
    return TRUE;
  task.program = own;
  task.shards = shards;
  task.max_running =
      (guint)cvi_settings_get_count (settings, CVI_SETTING_MAX_RUNNING);
  task.hosts = cvi_settings_get_text (settings, CVI_SETTING_HOSTS);
  task.image = cvi_settings_get_text (settings, CVI_SETTING_IMAGE);
  task.media_claim = cvi_settings_get_text (settings, CVI_SETTING_PVC);
  task.run_claim = cvi_settings_get_text (settings, CVI_SETTING_RUN_PVC);
  return cvi_engine_lookup (name)->submit (&task, job, error);
}
