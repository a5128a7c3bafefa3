/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-verdict.h"
#include "tools/pool/cvi-pool.h"

G_BEGIN_DECLS

/* A row of a run: one file and what is to become of it. */
typedef struct {
  const char *name;
  CviVerdict verdict;
  const char *rule;    /* (nullable): that must be among the findings */
  const char *message; /* (nullable): what that finding's must contain */
} PoolRow;

/* One run of a pool and what came of it. */
typedef struct {
  const PoolRow *rows; /* (nullable): else n_files healthy ones */
  guint n_files;
  guint next;
  guint n_results;
  guint n_findings;
  guint n_progress;
  guint stop_after;    /* results, 0: never */
  gboolean fetched;    /* the files are, and the supply never waits */
  guint most_out;      /* files that were out at the same time */
  guint block_s;       /* does nothing for so long once "nap" has begun */
  GHashTable *results; /* path -> CviResult */
  CviPool *pool;
} PoolRun;

/* Runs the program's tests with the fake worker and a folder for what they
 * write. Returns: the exit status */
int pool_run_tests (void);

/* Path of the fake worker, and of the folder; static. */
const char *pool_run_fake_worker (void);
const char *pool_run_scratch (void);

/* Four fake workers, no limits. */
CviPoolConfig pool_run_config (void);

/* @rows: (nullable): NULL is @n_files healthy files */
void pool_run_init (PoolRun *run, const PoolRow *rows, guint n_files);
void pool_run_clear (PoolRun *run);

/* Runs a pool to its end and looks for what it may have left. Returns the
 * number of processes it started. */
guint pool_run_go (PoolRun *run, const CviPoolConfig *config, GError **error);

/* Is the result of row @i what the row says? */
void pool_run_check_row (PoolRun *run, guint i);

/* All of these for one table. */
void pool_run_rows (
    const CviPoolConfig *config, const PoolRow *rows, guint n_rows);

G_END_DECLS
