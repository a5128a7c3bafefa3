/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-cluster.h"

void
cvi_cluster_status_free (CviClusterStatus *status)
{
  if (!status)
    return;
  g_array_unref (status->missing);
  g_ptr_array_unref (status->versions);
  g_free (status);
}

static CviClusterStatus *
status_new (void)
{
  CviClusterStatus *status = g_new0 (CviClusterStatus, 1);

  status->missing = g_array_new (FALSE, FALSE, sizeof (guint));
  status->versions = g_ptr_array_new_with_free_func (g_free);
  return status;
}

static void
add_shard (CviClusterStatus *status, guint index, const CviShardState *shard)
{
  status->n_done += shard->n_done;
  status->n_failed += shard->n_failed;
  status->n_repeated += shard->rows - shard->n_done;
  status->bad_rows += shard->bad_rows;
  status->n_attempts += shard->n_attempts;
  if (shard->n_done == shard->files->len) {
    status->n_shards_done++;
  } else {
    status->n_shards_begun += shard->n_attempts > 0;
    g_array_append_val (status->missing, index);
  }
  for (guint i = 0; i < shard->files->len; i++) {
    const CviFileState *file = &g_array_index (shard->files, CviFileState, i);

    if (file->n_results > 0)
      status->counts[file->verdict]++;
    status->n_disagreed += file->disagreed;
  }
  for (guint i = 0; i < shard->versions->len; i++) {
    const char *version = g_ptr_array_index (shard->versions, i);

    if (!g_ptr_array_find_with_equal_func (
            status->versions, version, g_str_equal, NULL))
      g_ptr_array_add (status->versions, g_strdup (version));
  }
}

CviClusterStatus *
cvi_cluster_status (const CviPlan *plan, GError **error)
{
  g_autoptr (CviJournals) journals = NULL;
  g_autoptr (CviClusterStatus) status = NULL;

  g_return_val_if_fail (plan, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  journals = cvi_journals_new (plan, error);
  if (!journals)
    return NULL;
  status = status_new ();
  for (guint i = 0; i < plan->shards; i++) {
    g_autoptr (CviShardState) shard =
        cvi_shard_state_new (plan, journals, i, FALSE, error);

    if (!shard)
      return NULL;
    add_shard (status, i, shard);
  }
  return g_steal_pointer (&status);
}
