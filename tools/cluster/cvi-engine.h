/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cluster/cvi-plan.h"

G_BEGIN_DECLS

/**
 * CviEngineJob: what an engine is to run: `@program shard @run` for each of
 * @shards.
 * @shards: (element-type guint): ascending
 * @max_running: at the same time; 0: as many as the engine likes
 * @options: (nullable): for the engine's own program, as the user gave them
 * @hosts: (nullable): parallel: file of ssh hosts, one a line
 * @image, @media_claim, @run_claim: (nullable): kubernetes: the container's
 *   image and the persistent volume claims of the media and of the run
 */
typedef struct {
  const CviPlan *plan;
  const char *program;
  GArray *shards;
  guint max_running;
  char **options;
  const char *hosts;
  const char *image;
  const char *media_claim;
  const char *run_claim;
} CviEngineJob;

/**
 * CviEngine: one engine; a row of the table in cvi-engine.c.
 * @submit: hands @job over. @answer: (out) (transfer full): the id of the job,
 *   or what is to be printed. Waits for the end of the work where @waits.
 * @is_running: (nullable): is any of the job @id still waiting or at work?
 */
typedef struct {
  const char *name;
  gboolean waits;
  gboolean prints;
  gboolean (*submit) (const CviEngineJob *job, char **answer, GError **error);
  gboolean (*is_running) (const char *id, gboolean *running, GError **error);
} CviEngine;

extern const CviEngine cvi_engine_slurm;
extern const CviEngine cvi_engine_kubernetes;
extern const CviEngine cvi_engine_parallel;

/* Returns: (nullable): static row by name */
const CviEngine *cvi_engine_lookup (const char *name);

/**
 * cvi_engine_run_program:
 * @argv: (element-type utf8): looked up in PATH; no shell
 * @input: (nullable): for its standard input
 * @output: (out) (optional) (transfer full): its standard output, without
 *   white space around; left alone, it goes where this program's goes
 *
 * Returns: FALSE with @error (which has what it said on standard error, if that
 * was asked for with @output) where it cannot be run or fails
 */
gboolean cvi_engine_run_program (
    GPtrArray *argv, const char *input, char **output, GError **error);

/* Returns: (transfer full): "0-3,7,9-12" */
char *cvi_engine_ranges (GArray *shards);

/* Returns: (transfer full): `program shard run`, quoted for a shell */
char *cvi_engine_command (const CviEngineJob *job);

G_END_DECLS
