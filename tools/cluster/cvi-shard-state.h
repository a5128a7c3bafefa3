/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cluster/cvi-plan.h"

G_BEGIN_DECLS

/* Attempts that ended without a word while they looked at a file, after which
 * it is not looked at again: it may be what ended them. */
#define CVI_SHARD_MAX_LOST 2

/**
 * CviFileState: what all attempts together say of one file.
 * @data: (nullable): of the result that counts (cvi_journal_decode())
 * @verdict: of it
 * @n_results: attempts that came to a result
 * @disagreed: to different ones; the worst counts. Attempts that could not
 *   finish or had no decoder do not contradict others.
 * @lost: attempts that ended without a word while they looked at it
 * @failed: (nullable): why the storage did not let it be looked at, last of all
 */
typedef struct {
  char *data;
  CviVerdict verdict;
  guint n_results;
  gboolean disagreed;
  guint lost;
  char *failed;
} CviFileState;

/**
 * CviShardState: what the journals of a shard say.
 * @files: (element-type CviFileState): as in the plan's shard
 * @n_done: files with a result; @n_failed: others that the storage failed for
 * @n_attempts: journals
 * @n_open: of those, without an end: at work, or killed
 * @rows: results in all journals
 * @bad_rows: rows that are damaged, not only torn at the end
 * @versions: (element-type utf8): "tool/rules" of the attempts, each once
 */
typedef struct {
  GArray *files;
  guint n_done;
  guint n_failed;
  guint n_attempts;
  guint n_open;
  guint64 rows;
  guint64 bad_rows;
  GPtrArray *versions;
} CviShardState;

/**
 * CviJournals: the names of all journals of a run, read once.
 */
typedef struct _CviJournals CviJournals;

CviJournals *cvi_journals_new (const CviPlan *plan, GError **error);
void cvi_journals_free (CviJournals *journals);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviJournals, cvi_journals_free)

/**
 * cvi_shard_state_new:
 * @with_data: keep each file's @data
 *
 * Reads the journals of shard @index, in order of their names; the outcome does
 * not depend on the order.
 * Returns: (transfer full): NULL with @error, CVI_CLUSTER_ERROR_CHANGED where
 * one was written for another plan
 */
CviShardState *cvi_shard_state_new (const CviPlan *plan, CviJournals *journals,
    guint index, gboolean with_data, GError **error);
void cvi_shard_state_free (CviShardState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviShardState, cvi_shard_state_free)

G_END_DECLS
