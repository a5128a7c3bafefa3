/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cluster/cvi-plan.h"

G_BEGIN_DECLS

/* Fields of CviPlanSetup that are 0 stand for these. */
#define CVI_PLAN_DEFAULT_MAX_SHARDS 1000

/* Ten minutes of deep decoding by one core, at the bytes a second that
 * bench/run throughput shows for 1080p (docs/cluster.md, "Sizing"). */
#define CVI_PLAN_DEFAULT_SHARD_BYTES ((guint64)3 << 30)

/* What a file costs beside its bytes: opening, plugging, its rows. */
#define CVI_PLAN_FILE_BYTES ((guint64)256 << 10)

/**
 * CviPlanSetup: how a run is to be cut and checked.
 * @shard_bytes: size that shards are meant to have; they get larger where there
 *   would be more than @max_shards of them; 0: the default
 * @max_shards: engines have limits (Slurm: MaxArraySize); 0: the default
 * @roots: absolute; NULL-terminated
 */
typedef struct {
  guint64 shard_bytes;
  guint max_shards;
  CviMode mode;
  const char *hw;
  char **roots;
} CviPlanSetup;

/**
 * CviPlanWriter: makes the plan of a run, file by file; memory does not grow
 * with their number. What a planner leaves that was killed is of no effect and
 * gets replaced by the next one.
 */
typedef struct _CviPlanWriter CviPlanWriter;

/**
 * cvi_plan_writer_new:
 * @run: folder, made where missing; must not have a plan yet
 *
 * Returns: (transfer full): NULL with @error
 */
CviPlanWriter *cvi_plan_writer_new (
    const char *run, const CviPlanSetup *setup, GError **error);
/* @path: absolute, in bytes */
gboolean cvi_plan_writer_add (CviPlanWriter *writer, const char *path,
    guint64 size, gint64 mtime_ns, GError **error);
/* Cuts the files into shards and puts the plan in place, durably. Returns:
 * (transfer full): the plan, NULL with @error */
CviPlan *cvi_plan_writer_finish (CviPlanWriter *writer, GError **error);
/* Without cvi_plan_writer_finish(): removes what was written. */
void cvi_plan_writer_free (CviPlanWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviPlanWriter, cvi_plan_writer_free)

/**
 * CviPlanCut: cuts a row of files, in order, into shards by their sizes: a
 * shard is closed where the next file would make it larger than wanted, so that
 * a giant is alone.
 */
typedef struct {
  guint64 target;
  guint64 weight;
  guint64 n_files;
} CviPlanCut;

/* Returns: whether a file of @size begins a new shard */
gboolean cvi_plan_cut (CviPlanCut *cut, guint64 size);

G_END_DECLS
