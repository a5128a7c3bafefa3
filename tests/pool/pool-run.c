/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/pool/pool-run.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <glib/gstdio.h>

static char *scratch;
static const char *fake_worker;

static CviFile *
supply (gpointer user_data)
{
  PoolRun *run = user_data;
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
  file->fetched = run->fetched;
  run->next++;
  run->most_out = MAX (run->most_out, run->next - run->n_results);
  return file;
}

static gboolean
is_ready (gpointer user_data)
{
  PoolRun *run = user_data;

  return run->fetched;
}

static void
take_result (CviResult *result, gpointer user_data)
{
  PoolRun *run = user_data;

  run->n_results++;
  /* Exactly one for a file. */
  g_assert_true (g_hash_table_insert (run->results, result->path, result));
  if (run->stop_after && run->n_results == run->stop_after)
    cvi_pool_stop (run->pool);
}

static void
take_finding (const char *path, const CviFinding *finding, gpointer user_data)
{
  PoolRun *run = user_data;

  g_assert_nonnull (finding->rule);
  g_assert_true (g_str_has_prefix (path, "/films/"));
  run->n_findings++;
}

static void
take_progress (const CviPoolProgress *progress, gpointer user_data)
{
  PoolRun *run = user_data;

  g_assert_true (g_str_has_prefix (progress->path, "/films/"));
  g_assert_cmpuint (progress->size, >=, 1000);
  run->n_progress++;
  if (strcmp (progress->path, "/films/nap") == 0)
    g_usleep (run->block_s * G_USEC_PER_SEC);
}

static const CviPoolCallbacks callbacks = { .next = supply,
  .finding = take_finding,
  .progress = take_progress,
  .done = take_result,
  .ready = is_ready };

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
 * left to be reaped here: one for each attempt at a file "family". */
static void
assert_no_process_left (const PoolRun *run)
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
      n_orphans -= 2;
  }
  g_assert_cmpuint (n_orphans, ==, 0);
}

CviPoolConfig
pool_run_config (void)
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

void
pool_run_init (PoolRun *run, const PoolRow *rows, guint n_files)
{
  memset (run, 0, sizeof *run);
  run->rows = rows;
  run->n_files = n_files;
  run->results = g_hash_table_new_full (
      g_str_hash, g_str_equal, NULL, (GDestroyNotify)cvi_result_free);
}

guint
pool_run_go (PoolRun *run, const CviPoolConfig *config, GError **error)
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

void
pool_run_clear (PoolRun *run)
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

void
pool_run_check_row (PoolRun *run, guint i)
{
  const PoolRow *row = &run->rows[i];
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

void
pool_run_rows (const CviPoolConfig *config, const PoolRow *rows, guint n_rows)
{
  g_autoptr (GError) error = NULL;
  PoolRun run;

  pool_run_init (&run, rows, n_rows);
  pool_run_go (&run, config, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (run.n_results, ==, n_rows);
  for (guint i = 0; i < n_rows; i++)
    pool_run_check_row (&run, i);
  pool_run_clear (&run);
}

const char *
pool_run_fake_worker (void)
{
  return fake_worker;
}

const char *
pool_run_scratch (void)
{
  return scratch;
}

/* What the fake worker leaves to know an attempt by. */
static void
remove_marks (void)
{
  g_autoptr (GDir) dir = g_dir_open (scratch, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (scratch, name, NULL);

    g_unlink (path);
  }
}

int
pool_run_tests (void)
{
  g_autofree char *registry = NULL;
  int status;

  fake_worker = g_getenv ("FAKE_WORKER");
  if (!fake_worker)
    g_error ("FAKE_WORKER must name the fake worker");
  g_assert_cmpint (prctl (PR_SET_CHILD_SUBREAPER, 1), ==, 0);
  /* Must not get through to the workers. */
  g_setenv ("GST_DEBUG", "5", TRUE);
  scratch = g_dir_make_tmp ("cvi-pool-XXXXXX", NULL);
  g_assert_nonnull (scratch);
  registry = g_build_filename (scratch, "registry.bin", NULL);

  status = g_test_run ();

  g_unlink (registry);
  remove_marks ();
  g_rmdir (scratch);
  g_clear_pointer (&scratch, g_free);
  return status;
}
