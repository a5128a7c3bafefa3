/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "tools/cli/cvi-cluster.h"
#include "tools/cluster/cvi-journal.h"
#include "tools/store/cvi-store.h"

typedef struct {
  const CviPlan *plan;
  CviStore *store;
  gint64 scan;
  CviReport *report;
} Merge;

/* What makes a scan of the store the one of this plan. */
static char *
make_args (const CviPlan *plan)
{
  return g_strdup_printf ("run=%s\n", plan->id);
}

static gboolean
check_versions (const CviClusterStatus *status, GError **error)
{
  g_autofree char *versions = NULL;

  if (status->versions->len <= 1)
    return TRUE;
  g_ptr_array_add (status->versions, NULL);
  versions = g_strjoinv (", ", (char **)status->versions->pdata);
  g_ptr_array_remove_index (status->versions, status->versions->len - 1);
  g_set_error (error, CVI_CLUSTER_ERROR, CVI_CLUSTER_ERROR_VERSIONS,
      "the machines have different versions of cvi-gst or of its rules (%s): "
      "their verdicts cannot be compared; --allow-mixed takes them all the "
      "same",
      versions);
  return FALSE;
}

/* The scan of this plan: of an earlier merge, or a new one. */
static gboolean
find_scan (Merge *merge, GError **error)
{
  g_autofree char *args = make_args (merge->plan);
  g_autofree char *roots = NULL;
  g_autofree char *joined = g_strjoinv (" ", merge->plan->roots);
  g_autoptr (GPtrArray) scans = cvi_store_list_scans (merge->store, 0, error);
  gboolean resumed;

  if (!scans)
    return FALSE;
  for (guint i = 0; i < scans->len; i++) {
    const CviScanInfo *scan = g_ptr_array_index (scans, i);

    if (g_str_equal (scan->args, args)) {
      merge->scan = scan->id;
      return TRUE;
    }
  }
  roots = cvi_sanitise_text (joined, -1, 4096);
  merge->scan = cvi_store_begin_scan (
      merge->store, args, roots, merge->plan->mode, &resumed, error);
  return merge->scan >= 0;
}

/* Does result @id of the store tell what @result does of attempts that differ?
 */
static gboolean
tells_same (Merge *merge, gint64 id, const CviResult *result, gboolean *same,
    GError **error)
{
  g_autoptr (CviResult) stored = cvi_store_load (merge->store, id, error);

  if (!stored)
    return FALSE;
  *same = !cvi_result_find (stored, CVI_RULE_PROCESS_DISAGREED) ==
          !cvi_result_find (result, CVI_RULE_PROCESS_DISAGREED);
  return TRUE;
}

/* Is that very result in the store already? What is there is not written again,
 * so that it does not become newer than what other scans found since. */
static gboolean
is_stored (
    Merge *merge, const CviResult *result, gboolean *stored, GError **error)
{
  CviStoreMatch match = {
    .size = result->size,
    .mtime_ns = result->mtime_ns,
    .mode = result->mode,
    .scan = merge->scan,
  };
  CviVerdict verdict;
  gint64 id = cvi_store_find_current (
      merge->store, result->path, &match, &verdict, NULL, error);

  *stored = id > 0 && verdict == result->verdict;
  return id >= 0 && (!*stored || tells_same (merge, id, result, stored, error));
}

static gboolean
merge_file (
    Merge *merge, const CviFileState *file, const char *path, GError **error)
{
  g_autoptr (CviResult) result = cvi_journal_decode (file->data, error);
  gboolean stored;

  if (!result)
    return FALSE;
  if (strcmp (result->path, path) != 0) {
    g_set_error (error, CVI_CLUSTER_ERROR, CVI_CLUSTER_ERROR_CHANGED,
        "a journal's result is of %s, where %s was planned", result->path,
        path);
    return FALSE;
  }
  if (file->disagreed)
    cvi_result_add (
        result, cvi_finding_new (CVI_RULE_PROCESS_DISAGREED, NULL,
                    "%u attempts came to different verdicts; the worst counts",
                    file->n_results));
  if (!is_stored (merge, result, &stored, error) ||
      (!stored && !cvi_store_put (merge->store, merge->scan, result, error)))
    return FALSE;
  return !merge->report || cvi_report_add (merge->report, result, TRUE, error);
}

static gboolean
merge_shard (Merge *merge, CviJournals *journals, guint index, GError **error)
{
  g_autoptr (CviPlanShard) planned =
      cvi_plan_load_shard (merge->plan, index, error);
  g_autoptr (CviShardState) shard =
      planned ? cvi_shard_state_new (merge->plan, journals, index, TRUE, error)
              : NULL;

  if (!shard)
    return FALSE;
  for (guint i = 0; i < shard->files->len; i++) {
    const CviFileState *file = &g_array_index (shard->files, CviFileState, i);
    const CviPlannedFile *plan =
        &g_array_index (planned->files, CviPlannedFile, i);

    if (file->data && !merge_file (merge, file, plan->path, error)) {
      g_prefix_error (error, "shard %u: ", index);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
merge_all (Merge *merge, gboolean complete, GError **error)
{
  g_autoptr (CviJournals) journals = cvi_journals_new (merge->plan, error);
  gboolean ok = journals && find_scan (merge, error);

  for (guint i = 0; ok && i < merge->plan->shards; i++)
    ok = merge_shard (merge, journals, i, error);
  if (merge->scan > 0 &&
      !cvi_store_end_scan (merge->store, merge->scan,
          ok && complete ? "finished" : "interrupted", 0, ok ? error : NULL))
    ok = FALSE;
  return ok;
}

CviClusterStatus *
cvi_cluster_merge (const CviPlan *plan, const char *db, gboolean allow_mixed,
    CviReport *report, GError **error)
{
  g_autoptr (CviClusterStatus) status = NULL;
  Merge merge = { plan, .report = report };
  gboolean ok;

  g_return_val_if_fail (plan && db, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  status = cvi_cluster_status (plan, error);
  if (!status || (!allow_mixed && !check_versions (status, error)))
    return NULL;
  merge.store = cvi_store_open (db, FALSE, error);
  if (!merge.store)
    return NULL;
  ok = merge_all (&merge, status->missing->len == 0, error);
  if (!cvi_store_close (merge.store, ok ? error : NULL))
    ok = FALSE;
  return ok ? g_steal_pointer (&status) : NULL;
}
