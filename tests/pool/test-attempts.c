/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/pool/pool-run.h"
#include "tools/pool/cvi-attempts.h"

#include <string.h>

#define CRASHED "process::crashed"

/* The same decoders in a fresh worker. */
static void
test_again (void)
{
  static const PoolRow rows[] = {
    { "a.mp4", CVI_VERDICT_HEALTHY },
    { "flaky-segv", CVI_VERDICT_SUSPICIOUS, CRASHED,
        "attempt 1: worker was killed by SIGSEGV, before a decoder was in use; "
        "attempt 2, with the same decoders, checked all of the file" },
    { "flaky-hang", CVI_VERDICT_HEALTHY, "process::stalled",
        "attempt 1: worker made no progress" },
    { "b.mp4", CVI_VERDICT_HEALTHY },
  };
  CviPoolConfig config = pool_run_config ();

  config.n_workers = 1;
  config.stall_timeout_s = 2;
  pool_run_rows (&config, rows, G_N_ELEMENTS (rows));
}

/* Counts @rule among the findings of file @name, and tells the severities. */
static guint
count_rule (PoolRun *run, const char *name, const char *rule, guint *severities)
{
  g_autofree char *path = g_strconcat ("/films/", name, NULL);
  CviResult *result = g_hash_table_lookup (run->results, path);
  guint n = 0;

  *severities = 0;
  for (guint i = 0; i < result->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (result->findings, i);

    if (strcmp (finding->rule->id, rule) != 0)
      continue;
    n++;
    *severities |= 1u << finding->severity;
  }
  return n;
}

static const PoolRow decoder_rows[] = {
  { "a.mp4", CVI_VERDICT_HEALTHY },
  { "other-decoder", CVI_VERDICT_HEALTHY, CRASHED,
      "SIGSEGV while decoding with bad-dec (video/0)" },
  { "damage-other-decoder", CVI_VERDICT_CORRUPT, CRASHED, "attempt 1" },
  { "b.mp4", CVI_VERDICT_HEALTHY },
  { "lone-decoder", CVI_VERDICT_INCOMPLETE, CRASHED, "bad-dec" },
  { "no-decoder", CVI_VERDICT_INCOMPLETE, CRASHED, "attempt 1" },
  { "many-decoders", CVI_VERDICT_INCOMPLETE, CRASHED, "and 60 more" },
  { "c.mp4", CVI_VERDICT_HEALTHY },
  { "unfit-decoder", CVI_VERDICT_INCOMPLETE, CRASHED, "attempt 1" },
};

static void
test_other_decoders (void)
{
  static const struct {
    const char *name, *rule;
    guint n, severities;
  } counts[] = {
    /* Two attempts with the decoder, one without it. */
    { "other-decoder", CRASHED, 2, 1u << CVI_SEVERITY_INFO },
    { "damage-other-decoder", CRASHED, 2, 1u << CVI_SEVERITY_INFO },
    { "damage-other-decoder", "decode::error", 1, 1u << CVI_SEVERITY_ERROR },
    { "unfit-decoder", CRASHED, 3, 1u << CVI_SEVERITY_CRITICAL },
    { "lone-decoder", CRASHED, 2, 1u << CVI_SEVERITY_CRITICAL },
    { "no-decoder", CRASHED, 3, 1u << CVI_SEVERITY_CRITICAL },
    { "no-decoder", "time::gap", 1, 1u << CVI_SEVERITY_WARNING },
    { "many-decoders", CRASHED, 3, 1u << CVI_SEVERITY_CRITICAL },
  };
  CviPoolConfig config = pool_run_config ();
  g_autoptr (GError) error = NULL;
  PoolRun run;

  pool_run_init (&run, decoder_rows, G_N_ELEMENTS (decoder_rows));
  pool_run_go (&run, &config, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (run.n_results, ==, G_N_ELEMENTS (decoder_rows));
  for (guint i = 0; i < run.n_results; i++)
    pool_run_check_row (&run, i);
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++) {
    guint severities;

    g_test_message ("%s %s", counts[i].name, counts[i].rule);
    g_assert_cmpuint (
        count_rule (&run, counts[i].name, counts[i].rule, &severities), ==,
        counts[i].n);
    g_assert_cmpuint (severities, ==, counts[i].severities);
  }
  pool_run_clear (&run);
}

/* A deadline would pass again; a crash and too much memory cost two workers. */
static void
test_cost (void)
{
  static const PoolRow crash[] = { { "segv", CVI_VERDICT_INCOMPLETE, CRASHED,
      "attempt 1" } };
#ifndef __SANITIZE_ADDRESS__
  static const PoolRow greedy[] = { { "eats", CVI_VERDICT_INCOMPLETE,
      "process::out-of-memory", "attempt 1: worker passed its memory limit" } };
#endif
  static const PoolRow endless[] = { { "endless", CVI_VERDICT_INCOMPLETE,
      "process::deadline", "attempt 1" } };
  CviPoolConfig config = pool_run_config ();
  PoolRun run;

  pool_run_init (&run, crash, 1);
  g_assert_cmpuint (pool_run_go (&run, &config, NULL), ==, 2);
  pool_run_check_row (&run, 0);
  pool_run_clear (&run);

#ifndef __SANITIZE_ADDRESS__ /* it needs the memory itself */
  /* As a crash: another file's leftovers may have been the reason. */
  config.memory_limit_bytes = 128 * 1024 * 1024;
  pool_run_init (&run, greedy, 1);
  g_assert_cmpuint (pool_run_go (&run, &config, NULL), ==, 2);
  pool_run_check_row (&run, 0);
  pool_run_clear (&run);
  config.memory_limit_bytes = 0;
#endif

  config.file_timeout_s = 1;
  pool_run_init (&run, endless, 1);
  g_assert_cmpuint (pool_run_go (&run, &config, NULL), ==, 1);
  pool_run_check_row (&run, 0);
  pool_run_clear (&run);
}

/* Files on which workers die one after the other: the machine's fault, and no
 * result of theirs. One that is checked in between makes it the files'. */
static void
test_machine (void)
{
  static const PoolRow rows[] = { { "a.mp4", CVI_VERDICT_HEALTHY },
    { "segv 1" }, { "abort 2" }, { "exit3 3" }, { "segv 4" }, { "segv 5" },
    { "segv 6" }, { "segv 7" }, { "shot 8" }, { "b.mp4" } };
  CviPoolConfig config = pool_run_config ();
  g_autoptr (GError) error = NULL;
  PoolRun run;

  config.n_workers = 1;
  pool_run_init (&run, rows, G_N_ELEMENTS (rows));
  pool_run_go (&run, &config, &error);
  g_assert_error (error, CVI_POOL_ERROR, CVI_POOL_ERROR_MACHINE);
  g_assert_nonnull (strstr (error->message, "/films/shot 8"));
  g_assert_cmpuint (run.n_results, ==, 1);
  pool_run_check_row (&run, 0);
  pool_run_clear (&run);
}

static void
test_files_fault (void)
{
  static const PoolRow rows[] = { { "segv 1", CVI_VERDICT_INCOMPLETE, CRASHED },
    { "segv 2", CVI_VERDICT_INCOMPLETE, CRASHED },
    { "segv 3", CVI_VERDICT_INCOMPLETE, CRASHED },
    { "segv 4", CVI_VERDICT_INCOMPLETE, CRASHED },
    { "segv 5", CVI_VERDICT_INCOMPLETE, CRASHED },
    { "segv 6", CVI_VERDICT_INCOMPLETE, CRASHED },
    { "segv 7", CVI_VERDICT_INCOMPLETE, CRASHED },
    { "gap", CVI_VERDICT_SUSPICIOUS, "time::gap" },
    { "segv 8", CVI_VERDICT_INCOMPLETE, CRASHED },
    { "segv 9", CVI_VERDICT_INCOMPLETE, CRASHED } };
  CviPoolConfig config = pool_run_config ();

  config.n_workers = 1;
  pool_run_rows (&config, rows, G_N_ELEMENTS (rows));
}

/* Hardware is in use until another decoder takes over its stream, and again in
 * the next pass that begins with it. */
static void
test_hardware (void)
{
  CviAttempts *attempts = cvi_attempts_new ();

  for (guint pass = 0; pass < 2; pass++) {
    g_assert_false (cvi_attempts_uses_hardware (attempts));
    cvi_attempts_add_decoder (attempts, "video/0", "hw-dec", TRUE, TRUE);
    g_assert_true (cvi_attempts_uses_hardware (attempts));
    cvi_attempts_add_decoder (attempts, "audio/0", "sound-dec", FALSE, FALSE);
    cvi_attempts_add_decoder (attempts, "video/1", "sw-dec", FALSE, FALSE);
    g_assert_true (cvi_attempts_uses_hardware (attempts));
    cvi_attempts_add_decoder (attempts, "video/0", "sw-dec", FALSE, FALSE);
  }
  cvi_attempts_add_decoder (attempts, "video/0", "hw-dec", TRUE, TRUE);
  cvi_attempts_begin (attempts);
  g_assert_false (cvi_attempts_uses_hardware (attempts));
  cvi_attempts_free (attempts);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/attempts/again", test_again);
  g_test_add_func ("/attempts/other-decoders", test_other_decoders);
  g_test_add_func ("/attempts/cost", test_cost);
  g_test_add_func ("/attempts/machine", test_machine);
  g_test_add_func ("/attempts/files-fault", test_files_fault);
  g_test_add_func ("/attempts/hardware", test_hardware);
  return pool_run_tests ();
}
