/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* How many files hardware decodes at the same time, and what becomes of one
 * that it fails on. */
#include "tests/pool/pool-run.h"
#include "tools/pool/cvi-pool-private.h"

#include <string.h>

#define CRASHED "process::crashed"
#define N_FILES 60

static void
test_one_device (void)
{
  g_autoptr (CviHwSessions) sessions = cvi_hw_sessions_new (NULL, 2);
  guint a = cvi_hw_sessions_take (sessions, 0);
  guint b = cvi_hw_sessions_take (sessions, 0);

  g_assert_cmpuint (a, >, 0);
  g_assert_cmpuint (b, >, 0);
  g_assert_cmpstr (cvi_hw_sessions_get_device (sessions, a), ==, "");
  g_assert_cmpstr (cvi_hw_sessions_get_device (sessions, 0), ==, "");
  g_assert_false (cvi_hw_sessions_has_free (sessions, 0));
  g_assert_cmpuint (cvi_hw_sessions_take (sessions, 0), ==, 0);
  cvi_hw_sessions_give_back (sessions, 0);
  g_assert_false (cvi_hw_sessions_has_free (sessions, 0));
  cvi_hw_sessions_give_back (sessions, a);
  g_assert_true (cvi_hw_sessions_has_free (sessions, 0));
  g_assert_cmpuint (cvi_hw_sessions_take (sessions, 0), ==, a);
}

/* The one with most left goes first. */
static void
test_devices (void)
{
  static const char *const names[] = { "first", "second", NULL };
  g_autoptr (CviHwSessions) sessions = cvi_hw_sessions_new (names, 2);
  guint taken[4];

  for (guint i = 0; i < G_N_ELEMENTS (taken); i++) {
    taken[i] = cvi_hw_sessions_take (sessions, 0);
    g_assert_cmpstr (cvi_hw_sessions_get_device (sessions, taken[i]), ==,
        i % 2 ? "second" : "first");
  }
  g_assert_cmpuint (cvi_hw_sessions_take (sessions, 0), ==, 0);
  cvi_hw_sessions_give_back (sessions, taken[1]);
  g_assert_cmpstr (
      cvi_hw_sessions_get_device (sessions, cvi_hw_sessions_take (sessions, 0)),
      ==, "second");
}

/* What was tried is left out, and there may be any number of devices. */
static void
test_tried (void)
{
  const char *names[101] = { NULL };
  g_autoptr (CviHwSessions) sessions = NULL;
  CviHwTried tried = 0;
  guint n = 0, session;

  for (guint i = 0; i < 100; i++)
    names[i] = "device";
  sessions = cvi_hw_sessions_new (names, 1);
  g_assert_cmpuint (cvi_hw_tried_add (0, 0), ==, 0);
  while ((session = cvi_hw_sessions_take (sessions, tried)) > 0) {
    g_assert_true (cvi_hw_sessions_has_free (sessions, tried));
    g_assert_false (cvi_hw_sessions_are_over (sessions, tried));
    cvi_hw_sessions_give_back (sessions, session);
    tried = cvi_hw_tried_add (tried, session);
    n++;
  }
  g_assert_cmpuint (n, ==, 64);
  g_assert_false (cvi_hw_sessions_has_free (sessions, tried));
  g_assert_true (cvi_hw_sessions_are_over (sessions, tried));
  g_assert_false (cvi_hw_sessions_are_over (sessions, 0));
}

/* A device that fails on one file after the other is done without; one file
 * that it gets on with proves that it is not at fault. */
static void
test_broken (void)
{
  static const char *const names[] = { "first", "second", NULL };
  g_autoptr (CviHwSessions) sessions = cvi_hw_sessions_new (names, 1);
  guint first = cvi_hw_sessions_take (sessions, 0);
  guint second = cvi_hw_sessions_take (sessions, 0);

  for (guint i = 1; i < 2 * CVI_HW_MAX_FAILURES - 1; i++) {
    cvi_hw_sessions_fail (sessions, first);
    if (i == CVI_HW_MAX_FAILURES - 1)
      cvi_hw_sessions_succeed (sessions, first);
  }
  cvi_hw_sessions_give_back (sessions, first);
  g_assert_true (cvi_hw_sessions_has_free (sessions, 0));
  first = cvi_hw_sessions_take (sessions, 0);
  g_test_expect_message (NULL, G_LOG_LEVEL_MESSAGE, "*of first*software*");
  g_assert_false (cvi_hw_sessions_is_over (sessions, first));
  cvi_hw_sessions_fail (sessions, first);
  g_test_assert_expected_messages ();
  g_assert_true (cvi_hw_sessions_is_over (sessions, first));
  g_assert_false (cvi_hw_sessions_is_over (sessions, second));
  cvi_hw_sessions_succeed (sessions, first);
  cvi_hw_sessions_give_back (sessions, first);
  g_assert_false (cvi_hw_sessions_has_free (sessions, 0));
  g_assert_cmpuint (cvi_hw_sessions_take (sessions, 0), ==, 0);
  cvi_hw_sessions_give_back (sessions, second);
  g_assert_true (cvi_hw_sessions_has_free (sessions, 0));
  g_assert_false (cvi_hw_sessions_are_over (sessions, 0));
  g_assert_cmpuint (cvi_hw_sessions_take (sessions, 0), ==, second);
}

static void
test_default (void)
{
  g_autoptr (CviHwSessions) sessions = cvi_hw_sessions_new (NULL, 0);

  for (guint i = 0; i < CVI_HW_SESSIONS; i++)
    g_assert_cmpuint (cvi_hw_sessions_take (sessions, 0), >, 0);
  g_assert_cmpuint (cvi_hw_sessions_take (sessions, 0), ==, 0);
}

static void
test_stall (void)
{
  g_assert_cmpint (
      cvi_hw_stall_us (10 * G_TIME_SPAN_SECOND), ==, 5 * G_TIME_SPAN_SECOND);
  g_assert_cmpint (cvi_hw_stall_us (10 * G_TIME_SPAN_MINUTE), <,
      10 * G_TIME_SPAN_MINUTE / 2);
  g_assert_cmpint (cvi_hw_stall_us (0), >, 0);
}

/* A run that looks at its pool whenever a file is taken or done. */
typedef struct {
  CviPool *pool;
  guint n_taken, n_done;
  guint most; /* sessions held at the same time */
} Run;

static void
look (Run *run)
{
  guint n_sessions = 0;

  for (guint i = 0; i < run->pool->n_slots; i++) {
    const CviJob *job = run->pool->slots[i].job;

    n_sessions += job && job->session > 0;
  }
  run->most = MAX (run->most, n_sessions);
}

/* Most are as any other, some fail on hardware, some need it. */
static CviFile *
supply (gpointer user_data)
{
  static const char *const names[] = { "film", "film", "hw-segv", "hw-only",
    "leaver", "film" };
  Run *run = user_data;
  CviFile *file;

  look (run);
  if (run->n_taken == N_FILES)
    return NULL;
  file = g_new0 (CviFile, 1);
  file->path = g_strdup_printf (
      "/films/%s %u", names[run->n_taken % G_N_ELEMENTS (names)], run->n_taken);
  run->n_taken++;
  return file;
}

static gboolean
ready (gpointer user_data)
{
  return TRUE;
}

static void
done (CviResult *result, gpointer user_data)
{
  Run *run = user_data;

  look (run);
  run->n_done++;
  g_test_message ("%s", result->path);
  g_assert_cmpstr (cvi_verdict_to_string (result->verdict), ==, "healthy");
  cvi_result_free (result);
}

static void
run_limited (const char *hw, guint limit)
{
  const CviPoolCallbacks callbacks = {
    .next = supply, .done = done, .ready = ready
  };
  CviPoolConfig config = pool_run_config ();
  g_autoptr (GError) error = NULL;
  Run run = { 0 };
  gboolean ok;

  config.hw = hw;
  config.hw_sessions = limit;
  run.pool = cvi_pool_new (&config, &callbacks, &run);
  ok = cvi_pool_run (run.pool, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
  g_assert_cmpuint (run.n_done, ==, N_FILES);
  for (guint i = 0; i < limit; i++)
    g_assert_cmpuint (cvi_hw_sessions_take (run.pool->hw_sessions, 0), >, 0);
  g_assert_cmpuint (cvi_hw_sessions_take (run.pool->hw_sessions, 0), ==, 0);
  cvi_pool_free (run.pool);
  g_assert_cmpuint (run.most, >, 0);
  g_assert_cmpuint (run.most, <=, limit);
}

/* The others decode in software, or, if hardware is required, wait. All come
 * back, and what needs hardware gets it. */
static void
test_limit (void)
{
  run_limited ("auto", 2);
  run_limited ("require", 3);
  run_limited ("auto", 1);
}

static void
test_failures (void)
{
  static const PoolRow rows[] = {
    { "a.mp4", CVI_VERDICT_HEALTHY },
    { "hw-segv", CVI_VERDICT_HEALTHY, CRASHED,
        "attempt 1: worker was killed by SIGSEGV while decoding with hw-dec "
        "(video/0); attempt 2, with software decoders, checked all of the "
        "file" },
    { "hw-hang", CVI_VERDICT_HEALTHY, "process::stalled",
        "attempt 2, with software decoders" },
    { "hw-both", CVI_VERDICT_INCOMPLETE, CRASHED, "attempt 1" },
    { "hw-only", CVI_VERDICT_HEALTHY },
    { "hw-lone-segv", CVI_VERDICT_UNSUPPORTED, CRASHED, "hw-dec" },
    { "b.mp4", CVI_VERDICT_HEALTHY },
  };
  CviPoolConfig config = pool_run_config ();

  config.hw = "auto";
  config.stall_timeout_s = 4;
  pool_run_rows (&config, rows, G_N_ELEMENTS (rows));
  config.hw = "require";
  config.hw_sessions = 1;
  pool_run_rows (&config, rows, G_N_ELEMENTS (rows));
}

/* All files are checked, also where hardware is required and one needs it; and
 * no more workers die than it takes to see that the device is broken. */
static void
test_broken_run (void)
{
  static const PoolRow rows[] = { { "hw-segv 1", CVI_VERDICT_HEALTHY, CRASHED },
    { "hw-segv 2", CVI_VERDICT_HEALTHY, CRASHED },
    { "hw-segv 3", CVI_VERDICT_HEALTHY, CRASHED },
    { "hw-segv 4", CVI_VERDICT_HEALTHY, CRASHED },
    { "hw-segv 5", CVI_VERDICT_HEALTHY, CRASHED },
    { "hw-segv 6", CVI_VERDICT_HEALTHY, CRASHED },
    { "hw-segv 7", CVI_VERDICT_HEALTHY, CRASHED },
    { "hw-segv 8", CVI_VERDICT_HEALTHY, CRASHED },
    { "hw-segv 9", CVI_VERDICT_HEALTHY },
    { "hw-only", CVI_VERDICT_UNSUPPORTED, "stream::unsupported" } };
  CviPoolConfig config = pool_run_config ();
  g_autoptr (GError) error = NULL;
  PoolRun run;

  config.hw = "require";
  config.hw_sessions = 1;
  config.n_workers = 1;
  pool_run_init (&run, rows, G_N_ELEMENTS (rows));
  g_test_expect_message (NULL, G_LOG_LEVEL_MESSAGE, "*failed on 8 files*");
  g_assert_cmpuint (pool_run_go (&run, &config, &error), ==, 9);
  g_test_assert_expected_messages ();
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    pool_run_check_row (&run, i);
  pool_run_clear (&run);
}

/* A deadline that passed on hardware says nothing of software. */
static void
test_deadline (void)
{
  static const PoolRow rows[] = { { "hw-hang", CVI_VERDICT_HEALTHY,
      "process::deadline", "attempt 2, with software decoders" } };
  CviPoolConfig config = pool_run_config ();

  config.hw = "auto";
  config.file_timeout_s = 3;
  pool_run_rows (&config, rows, G_N_ELEMENTS (rows));
}

/* Where hardware is required a file keeps its session until another worker has
 * it, whatever became of the first before hardware was in use, and however many
 * wait for one. */
static void
test_kept (void)
{
  static const PoolRow rows[] = { { "hw-wanted 1", CVI_VERDICT_HEALTHY },
    { "hw-wanted leaver 2", CVI_VERDICT_HEALTHY },
    { "hw-wanted 3", CVI_VERDICT_HEALTHY },
    { "hw-wanted flaky 4", CVI_VERDICT_HEALTHY, CRASHED,
        "with the same decoders" },
    { "hw-wanted 5", CVI_VERDICT_HEALTHY },
    { "hw-wanted leaver 6", CVI_VERDICT_HEALTHY },
    { "hw-wanted 7", CVI_VERDICT_HEALTHY } };
  CviPoolConfig config = pool_run_config ();

  config.hw = "require";
  config.hw_sessions = 1;
  config.n_workers = 2;
  pool_run_rows (&config, rows, G_N_ELEMENTS (rows));
}

/* A file that the device of its session does not decode gets one of another,
 * each once. */
static void
test_other_device (void)
{
  static const char *const names[] = { "first", "second", NULL };
  static const PoolRow rows[] = { { "hw-second 1", CVI_VERDICT_HEALTHY },
    { "hw-second 2", CVI_VERDICT_HEALTHY }, { "a.mp4", CVI_VERDICT_HEALTHY },
    { "hw-second none", CVI_VERDICT_UNSUPPORTED, "stream::unsupported" },
    { "hw-second 3", CVI_VERDICT_HEALTHY }, { "hw-only", CVI_VERDICT_HEALTHY },
    { "hw-second 4", CVI_VERDICT_HEALTHY } };
  static const char *const hw[] = { "auto", "require" };
  CviPoolConfig config = pool_run_config ();

  config.hw_devices = names;
  config.hw_sessions = 1;
  for (guint i = 0; i < G_N_ELEMENTS (hw); i++) {
    config.hw = hw[i];
    pool_run_rows (&config, rows, G_N_ELEMENTS (rows));
  }
}

/* A crash of the software that has taken over from hardware which refused the
 * stream is not the device's. */
static void
test_refused (void)
{
  static const PoolRow rows[] = {
    { "hw-refuses 1", CVI_VERDICT_HEALTHY, CRASHED, "with the same decoders" },
    { "hw-refuses 2", CVI_VERDICT_HEALTHY, CRASHED, "with the same decoders" },
    { "hw-refuses 3", CVI_VERDICT_HEALTHY, CRASHED, "with the same decoders" },
    { "hw-refuses 4", CVI_VERDICT_HEALTHY, CRASHED, "with the same decoders" },
    { "hw-refuses 5", CVI_VERDICT_HEALTHY, CRASHED, "with the same decoders" },
    { "hw-refuses 6", CVI_VERDICT_HEALTHY, CRASHED, "with the same decoders" },
    { "hw-refuses 7", CVI_VERDICT_HEALTHY, CRASHED, "with the same decoders" },
    { "hw-refuses 8", CVI_VERDICT_HEALTHY, CRASHED, "with the same decoders" },
    { "hw-only", CVI_VERDICT_HEALTHY },
  };
  CviPoolConfig config = pool_run_config ();

  config.hw = "require";
  config.n_workers = 1;
  pool_run_rows (&config, rows, G_N_ELEMENTS (rows));
}

/* Nobody is asked for hardware where it is off. */
static void
test_off (void)
{
  static const PoolRow rows[] = { { "hw-segv", CVI_VERDICT_HEALTHY },
    { "hw-only", CVI_VERDICT_UNSUPPORTED, "stream::unsupported" } };
  CviPoolConfig config = pool_run_config ();

  pool_run_rows (&config, rows, G_N_ELEMENTS (rows));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hw-sessions/one-device", test_one_device);
  g_test_add_func ("/hw-sessions/devices", test_devices);
  g_test_add_func ("/hw-sessions/tried", test_tried);
  g_test_add_func ("/hw-sessions/broken", test_broken);
  g_test_add_func ("/hw-sessions/broken-run", test_broken_run);
  g_test_add_func ("/hw-sessions/default", test_default);
  g_test_add_func ("/hw-sessions/stall", test_stall);
  g_test_add_func ("/hw-sessions/limit", test_limit);
  g_test_add_func ("/hw-sessions/failures", test_failures);
  g_test_add_func ("/hw-sessions/deadline", test_deadline);
  g_test_add_func ("/hw-sessions/kept", test_kept);
  g_test_add_func ("/hw-sessions/other-device", test_other_device);
  g_test_add_func ("/hw-sessions/refused", test_refused);
  g_test_add_func ("/hw-sessions/off", test_off);
  return pool_run_tests ();
}
