/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/pool/pool-run.h"

#define MIB (G_GUINT64_CONSTANT (1024) * 1024)

#define CRASHED "process::crashed"

static const PoolRow crashes[] = {
  { "a.mp4", CVI_VERDICT_HEALTHY },
  { "segv", CVI_VERDICT_INCOMPLETE, CRASHED, "killed by SIGSEGV" },
  { "segv, what was found", CVI_VERDICT_INCOMPLETE, "time::gap" },
  { "b.mp4", CVI_VERDICT_HEALTHY },
  { "damaged-segv", CVI_VERDICT_CORRUPT, CRASHED, "killed by SIGSEGV" },
  { "abort", CVI_VERDICT_INCOMPLETE, CRASHED, "killed by SIGABRT" },
  { "shot", CVI_VERDICT_INCOMPLETE, CRASHED, "killed by SIGKILL" },
  { "c.mp4", CVI_VERDICT_HEALTHY },
  { "exit3", CVI_VERDICT_INCOMPLETE, CRASHED, "exited with status 3" },
  { "exit0", CVI_VERDICT_INCOMPLETE, CRASHED, "exited with status 0" },
  { "early-exit", CVI_VERDICT_INCOMPLETE, CRASHED, "exited with status 5" },
  { "d.mp4", CVI_VERDICT_HEALTHY },
  { "family", CVI_VERDICT_INCOMPLETE, CRASHED, "killed by SIGSEGV" },
  { "late-crash", CVI_VERDICT_HEALTHY },
  { "greedy", CVI_VERDICT_INCOMPLETE, "process::out-of-memory", "no memory" },
  { "forbidden", CVI_VERDICT_INCOMPLETE, "process::sandbox", "by SIGSYS" },
  { "e.mp4", CVI_VERDICT_HEALTHY },
  { "f.mp4", CVI_VERDICT_HEALTHY },
};

static void
test_crashes (void)
{
  CviPoolConfig config = pool_run_config ();

  pool_run_rows (&config, crashes, G_N_ELEMENTS (crashes));
  /* Each file after a broken one gets its worker's place. */
  config.n_workers = 1;
  pool_run_rows (&config, crashes, G_N_ELEMENTS (crashes));
}

static const PoolRow liars[] = {
  { "garbage", CVI_VERDICT_INCOMPLETE, CRASHED, "wrong magic" },
  { "a.mp4", CVI_VERDICT_HEALTHY },
  { "oversized", CVI_VERDICT_INCOMPLETE, CRASHED, "too large" },
  { "unknown-type", CVI_VERDICT_INCOMPLETE, CRASHED, "unknown type" },
  { "nonnormal", CVI_VERDICT_INCOMPLETE, CRASHED, "normal form" },
  { "b.mp4", CVI_VERDICT_HEALTHY },
  { "supervisor-type", CVI_VERDICT_INCOMPLETE, CRASHED, "broke the protocol" },
  { "bad-finding", CVI_VERDICT_INCOMPLETE, CRASHED, "broke the protocol" },
  { "twice", CVI_VERDICT_HEALTHY },
  { "c.mp4", CVI_VERDICT_HEALTHY },
  { "twice again", CVI_VERDICT_HEALTHY },
  { "d.mp4", CVI_VERDICT_HEALTHY },
  { "other-job", CVI_VERDICT_INCOMPLETE, CRASHED, "does not have" },
  { "close", CVI_VERDICT_INCOMPLETE, CRASHED, "closed its connection" },
  { "cut", CVI_VERDICT_CORRUPT, CRASHED, "exited with status 0" },
  { "liar", CVI_VERDICT_HEALTHY },
  { "e.mp4", CVI_VERDICT_HEALTHY },
};

static void
test_liars (void)
{
  CviPoolConfig config = pool_run_config ();

  pool_run_rows (&config, liars, G_N_ELEMENTS (liars));
  config.n_workers = 1;
  pool_run_rows (&config, liars, G_N_ELEMENTS (liars));
}

static void
test_stall (void)
{
  static const PoolRow rows[] = {
    { "hang", CVI_VERDICT_INCOMPLETE, "process::stalled", "no progress" },
    { "a.mp4", CVI_VERDICT_HEALTHY },
    { "slow", CVI_VERDICT_HEALTHY },
    { "b.mp4", CVI_VERDICT_HEALTHY },
    { "reads", CVI_VERDICT_HEALTHY },
    { "chatter", CVI_VERDICT_INCOMPLETE, "process::stalled", "no progress" },
    { "flood", CVI_VERDICT_INCOMPLETE, "process::stalled", "no progress" },
  };
  CviPoolConfig config = pool_run_config ();

  /* "slow" takes longer, but is never silent for so long; "reads" is, but it
   * reads; "chatter" never is, but has nothing new to say, and "flood" nothing
   * that is worth keeping. */
  config.stall_timeout_s = 2;
  pool_run_rows (&config, rows, G_N_ELEMENTS (rows));
}

/* The time for which this process does nothing is not the workers'. */
static void
test_slow_consumer (void)
{
  static const PoolRow rows[] = {
    { "a.mp4", CVI_VERDICT_HEALTHY },
    { "slow", CVI_VERDICT_HEALTHY },
    { "nap", CVI_VERDICT_HEALTHY },
  };
  CviPoolConfig config = pool_run_config ();
  g_autoptr (GError) error = NULL;
  PoolRun run;

  /* "nap" is silent for 5 s, of which only the last one counts. */
  config.stall_timeout_s = 3.5;
  pool_run_init (&run, rows, G_N_ELEMENTS (rows));
  run.block_s = 4;
  pool_run_go (&run, &config, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    pool_run_check_row (&run, i);
  pool_run_clear (&run);
}

static void
test_deadline (void)
{
  static const PoolRow rows[] = {
    { "endless", CVI_VERDICT_INCOMPLETE, "process::deadline", "too long" },
    { "a.mp4", CVI_VERDICT_HEALTHY },
  };
  static const PoolRow slow[] = { { "slow", CVI_VERDICT_HEALTHY } };
  CviPoolConfig config = pool_run_config ();

  config.file_timeout_s = 3;
  pool_run_rows (&config, rows, G_N_ELEMENTS (rows));
  /* By size and duration there is time enough. */
  config.file_timeout_s = CVI_POOL_TIMEOUT_SCALED;
  pool_run_rows (&config, slow, G_N_ELEMENTS (slow));
}

static void
test_scaled_timeout (void)
{
  static const struct {
    guint64 size, duration_s;
    double timeout_s;
  } rows[] = {
    { 0, 0, 600 },
    { 1000000, 0, 601 },
    { 700000000, 0, 1300 },
    { 700000000, 2700, 1300 + 4 * 2700 },
    /* Nothing that a header claims makes it last for ever. */
    { 1000000, G_GUINT64_CONSTANT (10000000000), 601 + 4 * 500 },
    { 50000000000, 7200, 600 + 50000 + 4 * 7200 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    guint64 ns = rows[i].duration_s * G_GUINT64_CONSTANT (1000000000);

    g_assert_cmpfloat_with_epsilon (
        cvi_pool_scaled_timeout (rows[i].size, ns), rows[i].timeout_s, 1e-6);
  }
  g_assert_cmpfloat_with_epsilon (
      cvi_pool_scaled_timeout (1000000, CVI_NONE), 601, 1e-6);
  /* The file's own share is small against this. */
  g_assert_cmpfloat (
      cvi_pool_scaled_timeout (G_MAXUINT64, G_MAXUINT64), >, 1e12);
}

#ifndef __SANITIZE_ADDRESS__
static void
test_memory (void)
{
  static const PoolRow rows[] = {
    { "eats", CVI_VERDICT_INCOMPLETE, "process::out-of-memory",
        "memory limit" },
    { "a.mp4", CVI_VERDICT_HEALTHY },
    { "keeps some", CVI_VERDICT_HEALTHY },
    { "keeps more", CVI_VERDICT_HEALTHY },
    { "b.mp4", CVI_VERDICT_HEALTHY },
  };
  CviPoolConfig config = pool_run_config ();

  config.n_workers = 1;
  config.memory_limit_bytes = 128 * MIB;
  pool_run_rows (&config, rows, G_N_ELEMENTS (rows));
}
#endif

static void
test_findings (void)
{
  static const PoolRow rows[] = {
    { "gap", CVI_VERDICT_SUSPICIOUS, "time::gap", "a gap" },
    { "findings", CVI_VERDICT_CORRUPT, "decode::error", "damage" },
    { "missing", CVI_VERDICT_UNREADABLE, "io::vanished" },
    { "slow", CVI_VERDICT_HEALTHY },
  };
  CviPoolConfig config = pool_run_config ();
  g_autoptr (GError) error = NULL;
  PoolRun run;

  pool_run_init (&run, rows, G_N_ELEMENTS (rows));
  pool_run_go (&run, &config, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (run.n_results, ==, G_N_ELEMENTS (rows));
  for (guint i = 0; i < run.n_results; i++)
    pool_run_check_row (&run, i);
  g_assert_cmpuint (run.n_findings, ==, 3);
  g_assert_cmpuint (run.n_progress, ==, 60);
  pool_run_clear (&run);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pool/crashes", test_crashes);
  g_test_add_func ("/pool/liars", test_liars);
  g_test_add_func ("/pool/stall", test_stall);
  g_test_add_func ("/pool/slow-consumer", test_slow_consumer);
  g_test_add_func ("/pool/deadline", test_deadline);
  g_test_add_func ("/pool/scaled-timeout", test_scaled_timeout);
#ifndef __SANITIZE_ADDRESS__ /* it needs the memory itself */
  g_test_add_func ("/pool/memory", test_memory);
#endif
  g_test_add_func ("/pool/findings", test_findings);
  return pool_run_tests ();
}
