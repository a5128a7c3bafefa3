/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-pool.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "plugin/core/cvi-verdict.h"

#define MIB (G_GUINT64_CONSTANT (1024) * 1024)

/* A row of a run: one file and what is to become of it. */
typedef struct {
  const char *name;
  CviVerdict verdict;
  const char *rule;    /* (nullable): that must be among the findings */
  const char *message; /* (nullable): what that finding's must contain */
} Row;

/* One run of a pool and what came of it. */
typedef struct {
  const Row *rows; /* (nullable): else n_files healthy ones */
  guint n_files;
  guint next;
  guint n_results;
  guint n_findings;
  guint n_progress;
  guint stop_after;    /* results, 0: never */
  guint block_s;       /* does nothing for so long once "nap" has begun */
  GHashTable *results; /* path -> CviResult */
  CviPool *pool;
} Run;

static char *scratch;
static const char *fake_worker;

static CviFile *
supply (gpointer user_data)
{
  Run *run = user_data;
  CviFile *file;

  if (run->next == run->n_files)
    return NULL;
  file = g_new0 (CviFile, 1);
  file->path = run->rows
                   ? g_strdup_printf ("/films/%s", run->rows[run->next].name)
                   : g_strdup_printf ("/films/%05u.mp4", run->next);
  file->size = 1000 + run->next;
  file->mtime_ns = 5000 + (gint64)run->next;
  if (strstr (file->path, "missing"))
    file->problem = ENOENT;
  run->next++;
  return file;
}

static void
take_result (CviResult *result, gpointer user_data)
{
  Run *run = user_data;

  run->n_results++;
  /* Exactly one for a file. */
  g_assert_true (g_hash_table_insert (run->results, result->path, result));
  if (run->stop_after && run->n_results == run->stop_after)
    cvi_pool_stop (run->pool);
}

static void
take_finding (const char *path, const CviFinding *finding, gpointer user_data)
{
  Run *run = user_data;

  g_assert_nonnull (finding->rule);
  g_assert_true (g_str_has_prefix (path, "/films/"));
  run->n_findings++;
}

static void
take_progress (const CviPoolProgress *progress, gpointer user_data)
{
  Run *run = user_data;

  g_assert_true (g_str_has_prefix (progress->path, "/films/"));
  g_assert_cmpuint (progress->size, >=, 1000);
  run->n_progress++;
  if (strcmp (progress->path, "/films/nap") == 0)
    g_usleep (run->block_s * G_USEC_PER_SEC);
}

static const CviPoolCallbacks callbacks = { supply, take_finding, take_progress,
  take_result };

static guint
count_fds (void)
{
  DIR *dir = opendir ("/proc/self/fd");
  guint n = 0;

  g_assert_nonnull (dir);
  while (readdir (dir))
    n++;
  closedir (dir);
  return n;
}

/* Waits until this process, which inherits orphans, has no child. The pool
 * reaps its workers; only their own children, which must have been killed, are
 * left to be reaped here: one for each file "family". */
static void
assert_no_process_left (const Run *run)
{
  guint n_orphans = 0;
  int status;

  while (waitpid (-1, &status, 0) > 0) {
    g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
    n_orphans++;
  }
  g_assert_cmpint (errno, ==, ECHILD);
  for (guint i = 0; run->rows && i < run->n_files; i++) {
    if (strcmp (run->rows[i].name, "family") == 0)
      n_orphans--;
  }
  g_assert_cmpuint (n_orphans, ==, 0);
}

static CviPoolConfig
default_config (void)
{
  static char *registry;

  if (!registry)
    registry = g_build_filename (scratch, "registry.bin", NULL);
  return (CviPoolConfig){ .worker = fake_worker,
    .registry = registry,
    .n_workers = 4,
    .mode = CVI_MODE_DEEP,
    .hw = "off" };
}

static void
run_init (Run *run, const Row *rows, guint n_files)
{
  memset (run, 0, sizeof *run);
  run->rows = rows;
  run->n_files = n_files;
  run->results = g_hash_table_new_full (
      g_str_hash, g_str_equal, NULL, (GDestroyNotify)cvi_result_free);
}

/* Runs a pool to its end and looks for what it may have left. Returns the
 * number of processes it started. */
static guint
run_pool (Run *run, const CviPoolConfig *config, GError **error)
{
  static gboolean warmed_up;
  guint fds = count_fds ();
  guint n_started;
  gboolean ok;

  run->pool = cvi_pool_new (config, &callbacks, run);
  ok = cvi_pool_run (run->pool, error);
  g_assert_cmpint (ok, ==, error == NULL || *error == NULL);
  n_started = cvi_pool_get_n_started (run->pool);
  g_clear_pointer (&run->pool, cvi_pool_free);
  assert_no_process_left (run);
  /* GLib's own come with the first child and stay; its thread may yet have to
   * close what it watched the last one with. */
  for (guint i = 0; i < 500 && warmed_up && count_fds () > fds; i++)
    g_usleep (10 * 1000);
  if (warmed_up)
    g_assert_cmpuint (count_fds (), <=, fds);
  warmed_up = warmed_up || n_started > 0;
  return n_started;
}

static void
run_clear (Run *run)
{
  g_hash_table_unref (run->results);
}

static const CviFinding *
find_rule (const CviResult *result, const char *rule)
{
  for (guint i = 0; i < result->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (result->findings, i);

    if (strcmp (finding->rule->id, rule) == 0)
      return finding;
  }
  return NULL;
}

static void
check_row (Run *run, guint i)
{
  const Row *row = &run->rows[i];
  g_autofree char *path = g_strdup_printf ("/films/%s", row->name);
  CviResult *result = g_hash_table_lookup (run->results, path);
  const CviFinding *finding;

  g_test_message ("%s", row->name);
  g_assert_nonnull (result);
  g_assert_cmpstr (cvi_verdict_to_string (result->verdict), ==,
      cvi_verdict_to_string (row->verdict));
  g_assert_cmpuint (result->size, ==, 1000 + i);
  g_assert_cmpint (result->mtime_ns, ==, 5000 + i);
  if (!row->rule) {
    g_assert_cmpuint (result->findings->len, ==, 0);
    return;
  }
  finding = find_rule (result, row->rule);
  g_assert_nonnull (finding);
  if (row->message)
    g_assert_nonnull (strstr (finding->message, row->message));
}

static void
run_rows (const CviPoolConfig *config, const Row *rows, guint n_rows)
{
  g_autoptr (GError) error = NULL;
  Run run;

  run_init (&run, rows, n_rows);
  run_pool (&run, config, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (run.n_results, ==, n_rows);
  for (guint i = 0; i < n_rows; i++)
    check_row (&run, i);
  run_clear (&run);
}

#define CRASHED "process::crashed"

static const Row crashes[] = {
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
  { "e.mp4", CVI_VERDICT_HEALTHY },
  { "f.mp4", CVI_VERDICT_HEALTHY },
};

static void
test_crashes (void)
{
  CviPoolConfig config = default_config ();

  run_rows (&config, crashes, G_N_ELEMENTS (crashes));
  /* Each file after a broken one gets its worker's place. */
  config.n_workers = 1;
  run_rows (&config, crashes, G_N_ELEMENTS (crashes));
}

static const Row liars[] = {
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
  CviPoolConfig config = default_config ();

  run_rows (&config, liars, G_N_ELEMENTS (liars));
  config.n_workers = 1;
  run_rows (&config, liars, G_N_ELEMENTS (liars));
}

static void
test_stall (void)
{
  static const Row rows[] = {
    { "hang", CVI_VERDICT_INCOMPLETE, "process::stalled", "no progress" },
    { "a.mp4", CVI_VERDICT_HEALTHY },
    { "slow", CVI_VERDICT_HEALTHY },
    { "b.mp4", CVI_VERDICT_HEALTHY },
  };
  CviPoolConfig config = default_config ();

  /* "slow" takes longer, but is never silent for so long. */
  config.stall_timeout_s = 2;
  run_rows (&config, rows, G_N_ELEMENTS (rows));
}

/* The time for which this process does nothing is not the workers'. */
static void
test_slow_consumer (void)
{
  static const Row rows[] = {
    { "a.mp4", CVI_VERDICT_HEALTHY },
    { "slow", CVI_VERDICT_HEALTHY },
    { "nap", CVI_VERDICT_HEALTHY },
  };
  CviPoolConfig config = default_config ();
  g_autoptr (GError) error = NULL;
  Run run;

  /* "nap" is silent for 5 s, of which only the last one counts. */
  config.stall_timeout_s = 2;
  run_init (&run, rows, G_N_ELEMENTS (rows));
  run.block_s = 4;
  run_pool (&run, &config, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    check_row (&run, i);
  run_clear (&run);
}

static void
test_deadline (void)
{
  static const Row rows[] = {
    { "endless", CVI_VERDICT_INCOMPLETE, "process::deadline", "too long" },
    { "a.mp4", CVI_VERDICT_HEALTHY },
  };
  static const Row slow[] = { { "slow", CVI_VERDICT_HEALTHY } };
  CviPoolConfig config = default_config ();

  config.file_timeout_s = 1;
  run_rows (&config, rows, G_N_ELEMENTS (rows));
  /* Mode full knows no time limit. */
  config.mode = CVI_MODE_FULL;
  run_rows (&config, slow, G_N_ELEMENTS (slow));
}

#ifndef __SANITIZE_ADDRESS__
static void
test_memory (void)
{
  static const Row rows[] = {
    { "eats", CVI_VERDICT_INCOMPLETE, "process::out-of-memory",
        "memory limit" },
    { "a.mp4", CVI_VERDICT_HEALTHY },
    { "keeps some", CVI_VERDICT_HEALTHY },
    { "keeps more", CVI_VERDICT_HEALTHY },
    { "b.mp4", CVI_VERDICT_HEALTHY },
  };
  CviPoolConfig config = default_config ();

  config.n_workers = 1;
  config.memory_limit_bytes = 128 * MIB;
  run_rows (&config, rows, G_N_ELEMENTS (rows));
}
#endif

static void
test_findings (void)
{
  static const Row rows[] = {
    { "gap", CVI_VERDICT_SUSPICIOUS, "time::gap", "a gap" },
    { "findings", CVI_VERDICT_CORRUPT, "decode::error", "damage" },
    { "missing", CVI_VERDICT_UNREADABLE, "io::vanished" },
    { "slow", CVI_VERDICT_HEALTHY },
  };
  CviPoolConfig config = default_config ();
  g_autoptr (GError) error = NULL;
  Run run;

  run_init (&run, rows, G_N_ELEMENTS (rows));
  run_pool (&run, &config, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (run.n_results, ==, G_N_ELEMENTS (rows));
  for (guint i = 0; i < run.n_results; i++)
    check_row (&run, i);
  g_assert_cmpuint (run.n_findings, ==, 3);
  g_assert_cmpuint (run.n_progress, ==, 60);
  run_clear (&run);
}

static void
test_many (void)
{
  CviPoolConfig config = default_config ();
  g_autoptr (GError) error = NULL;
  GHashTableIter iter;
  gpointer result;
  guint n_started;
  Run run;

  run_init (&run, NULL, 5000);
  n_started = run_pool (&run, &config, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_started, ==, 4);
  g_assert_cmpuint (run.n_results, ==, 5000);
  g_hash_table_iter_init (&iter, run.results);
  while (g_hash_table_iter_next (&iter, NULL, &result))
    g_assert_cmpint (((CviResult *)result)->verdict, ==, CVI_VERDICT_HEALTHY);
  run_clear (&run);
}

/* Workers come with files only, and a file with a problem needs none. */
static void
test_few (void)
{
  static const Row missing[] = { { "missing", CVI_VERDICT_UNREADABLE,
      "io::vanished" } };
  CviPoolConfig config = default_config ();
  Run run;

  run_init (&run, NULL, 0);
  g_assert_cmpuint (run_pool (&run, &config, NULL), ==, 0);
  run_clear (&run);

  run_init (&run, NULL, 1);
  g_assert_cmpuint (run_pool (&run, &config, NULL), ==, 1);
  g_assert_cmpuint (run.n_results, ==, 1);
  run_clear (&run);

  run_init (&run, missing, 1);
  g_assert_cmpuint (run_pool (&run, &config, NULL), ==, 0);
  check_row (&run, 0);
  run_clear (&run);
}

static void
test_stop (void)
{
  CviPoolConfig config = default_config ();
  g_autoptr (GError) error = NULL;
  Run run;

  run_init (&run, NULL, 5000);
  run.stop_after = 100;
  run_pool (&run, &config, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (run.n_results, ==, 100);
  g_assert_cmpuint (run.next, <, 5000);
  run_clear (&run);
}

static gboolean
stop_soon (gpointer user_data)
{
  cvi_pool_stop (((Run *)user_data)->pool);
  return G_SOURCE_REMOVE;
}

/* From a source, while every worker is silent for ever. */
static void
test_stop_hanging (void)
{
  static const Row rows[] = { { "hang 1" }, { "hang 2" }, { "hang 3" } };
  CviPoolConfig config = default_config ();
  Run run;

  config.n_workers = 2;
  run_init (&run, rows, G_N_ELEMENTS (rows));
  g_timeout_add (300, stop_soon, &run);
  run_pool (&run, &config, NULL);
  g_assert_cmpuint (run.n_results, ==, 0);
  run_clear (&run);
}

static void
assert_no_worker (const CviPoolConfig *config, guint n_started)
{
  g_autoptr (GError) error = NULL;
  Run run;

  run_init (&run, NULL, 20);
  g_assert_cmpuint (run_pool (&run, config, &error), <=, n_started);
  g_assert_error (error, CVI_POOL_ERROR, CVI_POOL_ERROR_WORKER);
  g_assert_nonnull (strstr (error->message, config->worker));
  g_assert_cmpuint (run.n_results, ==, 0);
  run_clear (&run);
}

static void
test_no_worker (void)
{
  CviPoolConfig config = default_config ();

  config.worker = "/nonexistent/cvi-gst-worker";
  assert_no_worker (&config, 0);
}

/* The same with the fake worker under another name. */
static void
assert_no_worker_called (const char *name, guint n_started)
{
  CviPoolConfig config = default_config ();
  g_autofree char *link = g_build_filename (scratch, name, NULL);

  g_assert_cmpint (symlink (fake_worker, link), ==, 0);
  config.worker = link;
  assert_no_worker (&config, n_started);
  g_unlink (link);
}

static void
on_log (const char *domain, GLogLevelFlags level, const char *message,
    gpointer user_data)
{
}

static void
test_broken_worker (void)
{
  CviPoolConfig config = default_config ();
  /* /bin/false cannot warm a registry either, which is logged. */
  guint handler = g_log_set_handler (NULL, G_LOG_LEVEL_MESSAGE, on_log, NULL);

  assert_no_worker_called ("dies", 7);
  assert_no_worker_called ("version", 4);
  config.worker = "/bin/false";
  assert_no_worker (&config, 7);
  g_log_remove_handler (NULL, handler);
}

static void
test_registry (void)
{
  CviPoolConfig config = default_config ();
  g_autofree char *folder = g_build_filename (scratch, "new", NULL);
  g_autofree char *path = g_build_filename (folder, "registry.bin", NULL);
  g_autofree char *text = NULL;
  Run run;

  config.registry = path;
  run_init (&run, NULL, 50);
  run_pool (&run, &config, NULL);
  g_assert_cmpuint (run.n_results, ==, 50);
  run_clear (&run);
  /* Once a run, and allowed to look for plugins. */
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "update=unset fork=unset\n");
  g_unlink (path);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  fake_worker = g_getenv ("FAKE_WORKER");
  if (!fake_worker)
    g_error ("FAKE_WORKER must name the fake worker");
  g_assert_cmpint (prctl (PR_SET_CHILD_SUBREAPER, 1), ==, 0);
  g_setenv ("GST_DEBUG", "5", TRUE);
  scratch = g_dir_make_tmp ("cvi-pool-XXXXXX", NULL);
  g_assert_nonnull (scratch);

  g_test_add_func ("/pool/few", test_few);
  g_test_add_func ("/pool/crashes", test_crashes);
  g_test_add_func ("/pool/liars", test_liars);
  g_test_add_func ("/pool/stall", test_stall);
  g_test_add_func ("/pool/slow-consumer", test_slow_consumer);
  g_test_add_func ("/pool/deadline", test_deadline);
#ifndef __SANITIZE_ADDRESS__ /* it needs the memory itself */
  g_test_add_func ("/pool/memory", test_memory);
#endif
  g_test_add_func ("/pool/findings", test_findings);
  g_test_add_func ("/pool/many", test_many);
  g_test_add_func ("/pool/stop", test_stop);
  g_test_add_func ("/pool/stop-hanging", test_stop_hanging);
  g_test_add_func ("/pool/no-worker", test_no_worker);
  g_test_add_func ("/pool/broken-worker", test_broken_worker);
  g_test_add_func ("/pool/registry", test_registry);
  status = g_test_run ();

  {
    g_autofree char *registry =
        g_build_filename (scratch, "registry.bin", NULL);

    g_unlink (registry);
    g_rmdir (scratch);
  }
  g_free (scratch);
  return status;
}
