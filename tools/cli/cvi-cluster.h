/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-scan-options.h"
#include "tools/cli/cvi-settings.h"
#include "tools/cluster/cvi-shard-state.h"
#include "tools/report/cvi-report.h"

G_BEGIN_DECLS

/* What plan, submit, status and merge do; `scan --engine` does it all in one.
 * The run is that of the settings, or named by the first argument. */

/* Returns: (transfer full) (nullable): absolute path of the run, NULL with
 * @error where none is named */
char *cvi_cluster_run_folder (CviSettings *settings, GError **error);

/**
 * cvi_cluster_plan:
 *
 * Plans the files of @sources that have no result in the store that still
 * holds. Says on stderr what could not be looked at, counted in @n_problems.
 */
CviPlan *cvi_cluster_plan (CviSettings *settings, const CviSources *sources,
    const CviScanOptions *options, guint64 *n_problems, GError **error);

/* Prints what a run of that size would take. */
void cvi_cluster_simulate (CviSettings *settings);

/**
 * cvi_cluster_submit:
 * @missing: only shards with files without a result
 * @options: (nullable): for the engine's program
 * @job: (out) (transfer full) (nullable): its id
 *
 * Nothing is submitted where nothing is left to do.
 */
gboolean cvi_cluster_submit (CviSettings *settings, const CviPlan *plan,
    gboolean missing, char **options, char **job, GError **error);

/**
 * CviClusterStatus: planned files against results.
 * @counts: files by verdict
 * @n_done, @n_failed: as in CviShardState
 * @n_shards_done: of which every file has a result
 * @n_shards_begun: of the others, those with an attempt
 * @missing: (element-type guint): shards with files without a result
 * @n_repeated: results beyond one a file
 * @n_disagreed: files of which attempts say different things
 * @versions: (element-type utf8): of the attempts, each once
 */
typedef struct {
  guint64 counts[CVI_N_VERDICTS];
  guint64 n_done;
  guint64 n_failed;
  guint64 n_repeated;
  guint64 n_disagreed;
  guint64 bad_rows;
  guint n_shards_done;
  guint n_shards_begun;
  guint n_attempts;
  GArray *missing;
  GPtrArray *versions;
} CviClusterStatus;

/* From the journals alone. Returns: (transfer full) */
CviClusterStatus *cvi_cluster_status (const CviPlan *plan, GError **error);
void cvi_cluster_status_free (CviClusterStatus *status);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviClusterStatus, cvi_cluster_status_free)

/**
 * cvi_cluster_merge:
 * @db: store that gets the results, as one scan; the same run merged again
 *   adds what is new
 * @report: (nullable): gets them too
 * @allow_mixed: whatever the versions
 *
 * Returns: what has been merged, NULL with @error; CVI_CLUSTER_ERROR_VERSIONS
 * where attempts are of different versions of the program or its rules
 */
CviClusterStatus *cvi_cluster_merge (const CviPlan *plan, const char *db,
    gboolean allow_mixed, CviReport *report, GError **error);

/* `scan --engine`: plan, submit, and with --wait status and merge. Returns:
 * the exit status; @error is said by the caller. */
int cvi_cluster_scan (CviSettings *settings, const CviSources *sources,
    const CviScanOptions *options, char **engine_options, GError **error);

/* Splits what is no option at "--": before it paths, after it what is for the
 * engine's program. Returns: (nullable): the latter, which leaks what it has
 * when the arguments are freed: once a process */
char **cvi_cluster_engine_options (char **arguments);

G_END_DECLS
