/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/pool/pool-run.h"
#include "tools/pool/cvi-pool-private.h"

#include <sys/sysmacros.h>
#include <unistd.h>
#include <glib/gstdio.h>

/* A run over files of which every fifth is on device 2, the others on 1. */
#define N_FILES 40
#define LIMIT 2

typedef struct {
  CviPool *pool;
  guint next;
  guint n_done;
  guint most_waiting;
} Run;

static void
check_limit (Run *run)
{
  guint n_at_work[3] = { 0 };

  for (guint i = 0; i < run->pool->n_slots; i++) {
    const CviJob *job = run->pool->slots[i].job;

    if (job)
      n_at_work[job->file->device]++;
  }
  g_assert_cmpuint (n_at_work[1], <=, LIMIT);
  g_assert_cmpuint (n_at_work[2], <=, LIMIT);
}

static CviFile *
supply (gpointer user_data)
{
  Run *run = user_data;
  CviFile *file;

  check_limit (run);
  run->most_waiting = MAX (run->most_waiting, run->pool->waiting.length);
  if (run->next == N_FILES)
    return NULL;
  file = g_new0 (CviFile, 1);
  file->path = g_strdup_printf ("/films/%u.mp4", run->next);
  file->device = run->next % 5 == 4 ? 2 : 1;
  run->next++;
  return file;
}

static gboolean
is_ready (gpointer user_data)
{
  return TRUE;
}

static void
take_result (CviResult *result, gpointer user_data)
{
  Run *run = user_data;

  check_limit (run);
  run->n_done++;
  cvi_result_free (result);
}

static void
test_limit (void)
{
  static const CviPoolCallbacks callbacks = {
    .next = supply, .done = take_result, .ready = is_ready
  };
  CviPoolConfig config = pool_run_config ();
  g_autoptr (GError) error = NULL;
  Run run = { 0 };

  config.n_workers = 6;
  config.jobs_per_device = LIMIT;
  run.pool = cvi_pool_new (&config, &callbacks, &run);
  g_assert_true (cvi_pool_run (run.pool, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (run.n_done, ==, N_FILES);
  /* Those of device 1 were passed by. */
  g_assert_cmpuint (run.most_waiting, >, 0);
  /* More would have nothing to do. */
  g_assert_cmpuint (cvi_pool_get_n_started (run.pool), <=, 2 * LIMIT);
  cvi_pool_free (run.pool);
}

static void
make_file (const char *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* A disk that turns, its partition, one that does not, and one that is not
 * there. */
static void
test_auto (void)
{
  g_autofree char *sys = g_dir_make_tmp ("cvi-sys-XXXXXX", NULL);
  g_autofree char *link = g_build_filename (sys, "8:1", NULL);
  const char *argv[] = { "rm", "-rf", sys, NULL };
  g_autoptr (CviDevices) devices = NULL;
  g_autoptr (CviDevices) fixed = NULL;

  make_file (sys, "8:0/queue/rotational", "1\n");
  make_file (sys, "8:0/sda1/partition", "1\n");
  make_file (sys, "8:16/queue/rotational", "0\n");
  g_assert_cmpint (symlink ("8:0/sda1", link), ==, 0);
  devices = cvi_devices_new (CVI_DEVICES_AUTO, sys);
  for (guint round = 0; round < 2; round++) {
    g_assert_cmpuint (cvi_devices_get_limit (devices, makedev (8, 0)), ==, 1);
    g_assert_cmpuint (cvi_devices_get_limit (devices, makedev (8, 1)), ==, 1);
    g_assert_cmpuint (cvi_devices_get_limit (devices, makedev (8, 16)), ==, 0);
    g_assert_cmpuint (cvi_devices_get_limit (devices, makedev (0, 44)), ==, 0);
    g_assert_cmpuint (cvi_devices_get_limit (devices, 0), ==, 0);
  }
  fixed = cvi_devices_new (3, sys);
  g_assert_cmpuint (cvi_devices_get_limit (fixed, makedev (8, 16)), ==, 3);
  g_assert_cmpuint (cvi_devices_get_limit (fixed, 0), ==, 0);
  g_assert_true (g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH,
      NULL, NULL, NULL, NULL, NULL, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/devices/limit", test_limit);
  g_test_add_func ("/devices/auto", test_auto);
  return pool_run_tests ();
}
