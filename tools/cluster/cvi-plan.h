/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-result.h"

G_BEGIN_DECLS

/**
 * A run is a folder on storage that all machines share:
 *
 *   plan.json   what is checked and how, and what the other two must be
 *   manifest    each file: size NUL mtime_ns NUL path NUL, path in bytes
 *   shards.idx  each shard in one line of CVI_PLAN_LINE bytes: byte offset in
 *               the manifest, its length, number of the first file, number of
 *               files, sum of sizes, CRC-like digest of that part
 *   journal/    one file for each attempt at a shard (cvi-journal.h)
 *
 * plan.json is made last and never replaced: a run that has one is planned.
 * Each shard's part of the manifest is held against its digest, and the index
 * against the plan's, so that a plan that was changed under a run is refused.
 */

#define CVI_PLAN_VERSION 1
#define CVI_PLAN_LINE 128

#define CVI_CLUSTER_ERROR (cvi_cluster_error_quark ())
GQuark cvi_cluster_error_quark (void);
typedef enum {
  CVI_CLUSTER_ERROR_PLAN,     /* no plan, or one that cannot be used */
  CVI_CLUSTER_ERROR_CHANGED,  /* it is not what was planned any more */
  CVI_CLUSTER_ERROR_SHARD,    /* no such shard */
  CVI_CLUSTER_ERROR_VERSIONS, /* attempts of different versions */
  CVI_CLUSTER_ERROR_ENGINE    /* the engine's program failed */
} CviClusterError;

/**
 * CviPlan:
 * @run: the folder, absolute
 * @id: of this plan, 32 hexadecimal digits
 * @shards: 1 or more unless @files is 0
 * @bytes: sum of the sizes of all @files
 * @mode, @hw: how they are checked
 * @roots: named folders and files, for the workers' sandbox; NULL-terminated
 * @manifest_bytes: size of the manifest
 */
typedef struct {
  char *run;
  char *id;
  guint shards;
  guint64 files;
  guint64 bytes;
  CviMode mode;
  char *hw;
  char **roots;
  char *tool_version;
  guint32 rules_version;
  guint64 manifest_bytes;
  GBytes *index;
} CviPlan;

/**
 * cvi_plan_open:
 * @run: folder of a run
 *
 * Returns: (transfer full): NULL with @error where there is no whole plan
 */
CviPlan *cvi_plan_open (const char *run, GError **error);
void cvi_plan_free (CviPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviPlan, cvi_plan_free)

/* Returns: (transfer full): @name in the folder of the run */
char *cvi_plan_path (const char *run, const char *name);

/**
 * CviPlannedFile: one file of a shard.
 * @path: into the shard's memory
 */
typedef struct {
  const char *path;
  guint64 size;
  gint64 mtime_ns;
} CviPlannedFile;

/**
 * CviPlanShard:
 * @first: number of its first file in the plan; files are counted from 0
 * @files: (element-type CviPlannedFile)
 */
typedef struct {
  guint index;
  guint64 first;
  guint64 bytes;
  GArray *files;
  char *text;
} CviPlanShard;

/**
 * cvi_plan_load_shard:
 *
 * Returns: (transfer full): NULL with @error for an @index beyond the plan
 * (CVI_CLUSTER_ERROR_SHARD) and for a part of the manifest that is not what was
 * planned (CVI_CLUSTER_ERROR_CHANGED)
 */
CviPlanShard *cvi_plan_load_shard (
    const CviPlan *plan, guint index, GError **error);
void cvi_plan_shard_free (CviPlanShard *shard);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviPlanShard, cvi_plan_shard_free)

/* One line of the index, and back. */
typedef struct {
  guint64 offset;
  guint64 length;
  guint64 first;
  guint64 n_files;
  guint64 bytes;
  char digest[33];
} CviPlanEntry;

/* Returns: FALSE with @error for an @index beyond the plan, and for a line that
 * does not fit the manifest: its numbers can be relied on. */
gboolean cvi_plan_get_entry (
    const CviPlan *plan, guint index, CviPlanEntry *entry, GError **error);

G_END_DECLS
