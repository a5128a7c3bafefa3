/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cluster/cvi-shard-state.h"
#include "tools/pool/cvi-pool.h"

G_BEGIN_DECLS

/**
 * CviShardSession: one attempt at a shard: gives the pool the files without a
 * result, and the journal what becomes of them.
 */
typedef struct _CviShardSession CviShardSession;

/**
 * cvi_shard_session_new:
 * @config: of the pool; @mode, @hw and @roots come from @plan
 *
 * Reads what earlier attempts have done, and makes the journal of this one.
 * cvi_signals_install() must have been called.
 * Returns: (transfer full): NULL with @error
 */
CviShardSession *cvi_shard_session_new (const CviPlan *plan, guint index,
    const CviPoolConfig *config, GError **error);
/**
 * cvi_shard_session_run:
 *
 * Returns: FALSE with @error if the run's folder, the workers or the storage
 * failed. What is done until then is in the journal.
 */
gboolean cvi_shard_session_run (CviShardSession *session, GError **error);

/**
 * CviShardCounts: files of the shard.
 * @n_before: had a result from earlier attempts
 * @n_checked: got one now
 * @n_given_up: got one because attempts ended without a word on them
 * @n_failed: could not be read: they stay without a result
 */
typedef struct {
  guint n_files;
  guint n_before;
  guint n_checked;
  guint n_given_up;
  guint n_failed;
} CviShardCounts;

const CviShardCounts *cvi_shard_session_get_counts (CviShardSession *session);
void cvi_shard_session_free (CviShardSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviShardSession, cvi_shard_session_free)

G_END_DECLS
