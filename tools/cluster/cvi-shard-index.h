/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * cvi_shard_index_from_environment:
 * @index: (out): of the shard, from 0
 * @variable: (out): static name of the variable that it is from
 *
 * The place in the array that the engine says this process has: the first of
 * SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX (Kubernetes), PBS_ARRAY_INDEX,
 * AWS_BATCH_JOB_ARRAY_INDEX, which count from 0, and of LSB_JOBINDEX,
 * SGE_TASK_ID and PARALLEL_SEQ (GNU parallel), which count from 1. LSF's 0 and
 * Grid Engine's "undefined" mean that there is no array.
 *
 * Returns: FALSE with @error where none is set, or what it has is no number
 */
gboolean cvi_shard_index_from_environment (
    guint *index, const char **variable, GError **error);

G_END_DECLS
