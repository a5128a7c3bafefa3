/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/pool/pool-run.h"

#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>

static void
test_many (void)
{
  CviPoolConfig config = pool_run_config ();
  g_autoptr (GError) error = NULL;
  GHashTableIter iter;
  gpointer result;
  guint n_started;
  PoolRun run;

  pool_run_init (&run, NULL, 5000);
  n_started = pool_run_go (&run, &config, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_started, ==, 4);
  g_assert_cmpuint (run.n_results, ==, 5000);
  g_hash_table_iter_init (&iter, run.results);
  while (g_hash_table_iter_next (&iter, NULL, &result))
    g_assert_cmpint (((CviResult *)result)->verdict, ==, CVI_VERDICT_HEALTHY);
  pool_run_clear (&run);
}

/* What was fetched lies in a folder for temporary files until it is checked. */
static void
test_fetched (void)
{
  CviPoolConfig config = pool_run_config ();
  g_autoptr (GError) error = NULL;
  PoolRun run;

  pool_run_init (&run, NULL, 100);
  run.fetched = TRUE;
  pool_run_go (&run, &config, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (run.n_results, ==, 100);
  g_assert_cmpuint (run.most_out, <=, 5);
  pool_run_clear (&run);
}

/* Workers come with files only, and a file with a problem needs none. */
static void
test_few (void)
{
  static const PoolRow missing[] = { { "missing", CVI_VERDICT_UNREADABLE,
      "io::vanished" } };
  CviPoolConfig config = pool_run_config ();
  PoolRun run;

  pool_run_init (&run, NULL, 0);
  g_assert_cmpuint (pool_run_go (&run, &config, NULL), ==, 0);
  pool_run_clear (&run);

  pool_run_init (&run, NULL, 1);
  g_assert_cmpuint (pool_run_go (&run, &config, NULL), ==, 1);
  g_assert_cmpuint (run.n_results, ==, 1);
  pool_run_clear (&run);

  pool_run_init (&run, missing, 1);
  g_assert_cmpuint (pool_run_go (&run, &config, NULL), ==, 0);
  pool_run_check_row (&run, 0);
  pool_run_clear (&run);
}

static void
test_stop (void)
{
  CviPoolConfig config = pool_run_config ();
  g_autoptr (GError) error = NULL;
  PoolRun run;

  pool_run_init (&run, NULL, 5000);
  run.stop_after = 100;
  pool_run_go (&run, &config, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (run.n_results, ==, 100);
  g_assert_cmpuint (run.next, <, 5000);
  pool_run_clear (&run);
}

static gboolean
stop_soon (gpointer user_data)
{
  cvi_pool_stop (((PoolRun *)user_data)->pool);
  return G_SOURCE_REMOVE;
}

/* From a source, while every worker is silent for ever. */
static void
test_stop_hanging (void)
{
  static const PoolRow rows[] = { { "hang 1" }, { "hang 2" }, { "hang 3" } };
  CviPoolConfig config = pool_run_config ();
  PoolRun run;

  config.n_workers = 2;
  pool_run_init (&run, rows, G_N_ELEMENTS (rows));
  g_timeout_add (300, stop_soon, &run);
  pool_run_go (&run, &config, NULL);
  g_assert_cmpuint (run.n_results, ==, 0);
  pool_run_clear (&run);
}

static void
assert_no_worker (const CviPoolConfig *config, guint n_started)
{
  g_autoptr (GError) error = NULL;
  PoolRun run;

  pool_run_init (&run, NULL, 20);
  g_assert_cmpuint (pool_run_go (&run, config, &error), <=, n_started);
  g_assert_error (error, CVI_POOL_ERROR, CVI_POOL_ERROR_WORKER);
  g_assert_nonnull (strstr (error->message, config->worker));
  g_assert_cmpuint (run.n_results, ==, 0);
  pool_run_clear (&run);
}

static void
test_no_worker (void)
{
  CviPoolConfig config = pool_run_config ();

  config.worker = "/nonexistent/cvi-gst-worker";
  assert_no_worker (&config, 0);
}

/* The same with the fake worker under another name. */
static void
assert_no_worker_called (const char *name, guint n_started)
{
  CviPoolConfig config = pool_run_config ();
  g_autofree char *link = g_build_filename (pool_run_scratch (), name, NULL);

  g_assert_cmpint (symlink (pool_run_fake_worker (), link), ==, 0);
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
  CviPoolConfig config = pool_run_config ();
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
  CviPoolConfig config = pool_run_config ();
  g_autofree char *folder = g_build_filename (pool_run_scratch (), "new", NULL);
  g_autofree char *path = g_build_filename (folder, "registry.bin", NULL);
  g_autofree char *text = NULL;
  PoolRun run;

  config.registry = path;
  pool_run_init (&run, NULL, 50);
  pool_run_go (&run, &config, NULL);
  g_assert_cmpuint (run.n_results, ==, 50);
  pool_run_clear (&run);
  /* Once a run, and allowed to look for plugins. */
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "update=unset fork=unset\n");
  g_unlink (path);
  g_rmdir (folder);
}

/* Where a registry cannot be kept there is one for the run. */
static void
test_no_registry_place (void)
{
  CviPoolConfig config = pool_run_config ();
  g_autofree char *file = g_build_filename (pool_run_scratch (), "file", NULL);
  g_autofree char *path = g_build_filename (file, "registry.bin", NULL);
  PoolRow rows[] = { { "registry", CVI_VERDICT_HEALTHY } };

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  config.registry = path;
  /* The fake worker says whether it has found a registry. */
  pool_run_rows (&config, rows, 1);
  g_unlink (file);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pool/few", test_few);
  g_test_add_func ("/pool/many", test_many);
  g_test_add_func ("/pool/fetched", test_fetched);
  g_test_add_func ("/pool/stop", test_stop);
  g_test_add_func ("/pool/stop-hanging", test_stop_hanging);
  g_test_add_func ("/pool/no-worker", test_no_worker);
  g_test_add_func ("/pool/broken-worker", test_broken_worker);
  g_test_add_func ("/pool/registry", test_registry);
  g_test_add_func ("/pool/no-registry-place", test_no_registry_place);
  return pool_run_tests ();
}
