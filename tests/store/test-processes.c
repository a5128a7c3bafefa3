/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/store/fixture.h"

#include <signal.h>
#include <unistd.h>
#include <sys/wait.h>

#define N_FLUSHED 3
#define N_WRITERS 2
#define N_EACH 1500
#define N_ROUNDS 20
#define N_CREATORS 4

/* In a child: scans, stores some results, flushes, stores one more if @pending,
 * says so and then waits to be killed. */
static void
scan_until_killed (const char *path, gboolean pending, int ready)
{
  CviStore *store = open_store (path);
  gint64 scan = begin_scan (store, "args", NULL);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < N_FLUSHED; i++) {
    g_autofree char *name = g_strdup_printf ("/flushed/%u", i);

    put (store, scan, name, CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  }
  g_assert_true (cvi_store_flush (store, &error));
  if (pending)
    put (store, scan, "/pending", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  g_assert_cmpint (write (ready, "", 1), ==, 1);
  for (;;)
    pause ();
}

static pid_t
start_scan (const char *path, gboolean pending)
{
  int ready[2];
  char byte;
  pid_t pid;

  g_assert_cmpint (pipe (ready), ==, 0);
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0) {
    close (ready[0]);
    scan_until_killed (path, pending, ready[1]);
  }
  close (ready[1]);
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  close (ready[0]);
  return pid;
}

/* Kills @pid and waits until it is dead, but leaves it a zombie. */
static void
kill_scan (pid_t pid)
{
  siginfo_t info;

  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  g_assert_cmpint (waitid (P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), ==, 0);
}

static void
reap (pid_t pid)
{
  int status;

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
}

static void
test_killed (Fixture *fixture, gconstpointer data)
{
  pid_t pid = start_scan (fixture->path, TRUE);
  CviStore *store;
  g_autofree char *flushed = NULL;
  g_autoptr (GPtrArray) scans = NULL;
  const CviScanInfo *info;
  CviStoreMatch match = { 1000, 5000, CVI_MODE_DEEP, 0, 0 };
  CviVerdict verdict;
  gboolean resumed = FALSE;
  gint64 scan;

  kill_scan (pid);
  store = open_store (fixture->path);
  scans = cvi_store_list_scans (store, 1, NULL);
  info = g_ptr_array_index (scans, 0);
  g_assert_cmpstr (info->status, ==, "interrupted");
  g_assert_cmpuint (info->counts[CVI_VERDICT_CORRUPT], >=, N_FLUSHED);
  scan = begin_scan (store, "args", &resumed);
  g_assert_true (resumed);
  g_assert_cmpint (scan, ==, info->id);
  flushed = list_results (store, scan, 0, "/flushed");
  g_assert_cmpstr (flushed, ==,
      "/flushed/0 corrupt deep\n"
      "/flushed/1 corrupt deep\n"
      "/flushed/2 corrupt deep\n");
  match.scan = scan;
  g_assert_cmpint (cvi_store_find_current (
                       store, "/flushed/1", &match, &verdict, NULL, NULL),
      >, 0);
  end_scan (store, scan, "finished");
  begin_scan (store, "args", &resumed);
  g_assert_false (resumed);
  close_store (store);
  reap (pid);
}

static void
test_running_is_left_alone (Fixture *fixture, gconstpointer data)
{
  pid_t pid = start_scan (fixture->path, FALSE);
  CviStore *store = open_store (fixture->path);
  g_autoptr (CviScanInfo) theirs = cvi_store_find_scan (store, "latest", NULL);
  gboolean resumed = TRUE;

  g_assert_cmpstr (theirs->status, ==, "running");
  g_assert_cmpint (begin_scan (store, "args", &resumed), !=, theirs->id);
  g_assert_false (resumed);
  close_store (store);
  kill_scan (pid);
  reap (pid);
}

/* The row of a scan of this process, changed by @sql: is it resumed? */
static gboolean
is_resumed_after (const char *path, const char *sql)
{
  CviStore *store = open_store (path);
  gint64 scan = begin_scan (store, sql, NULL);
  gboolean resumed = FALSE;

  g_assert_cmpint (scan, >, 0);
  close_store (store);
  run_sql (path, sql);
  store = open_store (path);
  begin_scan (store, sql, &resumed);
  close_store (store);
  return resumed;
}

static void
test_process_identity (Fixture *fixture, gconstpointer data)
{
  g_assert_false (is_resumed_after (fixture->path, "SELECT 1"));
  g_assert_true (is_resumed_after (
      fixture->path, "UPDATE scans SET process_start = process_start + 1"));
  g_assert_true (
      is_resumed_after (fixture->path, "UPDATE scans SET boot_id = 'other'"));
  g_assert_true (is_resumed_after (fixture->path, "UPDATE scans SET pid = 0"));
  g_assert_true (is_resumed_after (
      fixture->path, "UPDATE scans SET pid = 9223372036854775807"));
}

static void
test_resume (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (":memory:");
  gint64 first = begin_scan (store, "one", NULL);
  gint64 abandoned;
  gboolean resumed = FALSE;

  end_scan (store, first, "interrupted");
  g_assert_cmpint (begin_scan (store, "two", &resumed), !=, first);
  g_assert_false (resumed);
  g_assert_cmpint (begin_scan (store, "one", &resumed), ==, first);
  g_assert_true (resumed);
  end_scan (store, first, "interrupted");

  /* One that a later finished scan has overtaken stays as it is. */
  abandoned = begin_scan (store, "three", NULL);
  g_assert_cmpint (begin_scan (store, "three", &resumed), !=, abandoned);
  g_assert_false (resumed);
  end_scan (store, abandoned + 1, "finished");
  end_scan (store, abandoned, "interrupted");
  g_assert_cmpint (begin_scan (store, "three", &resumed), >, abandoned + 1);
  g_assert_false (resumed);
  close_store (store);
}

/* In a child: a scan of its own, files that all writers share. */
static void
write_results (const char *path, guint writer)
{
  CviStore *store = open_store (path);
  g_autofree char *args = g_strdup_printf ("writer %u", writer);
  gint64 scan = begin_scan (store, args, NULL);

  for (guint i = 0; i < N_EACH; i++) {
    g_autofree char *name = g_strdup_printf ("/shared/%u", i);

    put (store, scan, name, CVI_MODE_DEEP, CVI_VERDICT_SUSPICIOUS);
  }
  end_scan (store, scan, "finished");
  close_store (store);
}

/* Runs @func in @n children that all start at once; each must succeed. */
static void
run_together (
    guint n, void (*func) (const char *path, guint number), const char *path)
{
  int go[2];
  char byte;

  g_assert_cmpint (pipe (go), ==, 0);
  for (guint i = 0; i < n; i++) {
    pid_t pid = fork ();

    g_assert_cmpint (pid, >=, 0);
    if (pid == 0) {
      close (go[1]);
      /* Ends when the parent closes its end. */
      g_assert_cmpint (read (go[0], &byte, 1), ==, 0);
      func (path, i);
      _exit (0);
    }
  }
  close (go[0]);
  close (go[1]);
  for (guint i = 0; i < n; i++) {
    int status;

    g_assert_cmpint (wait (&status), >, 0);
    g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  }
}

static void
test_two_writers (Fixture *fixture, gconstpointer data)
{
  CviStore *store;

  run_together (N_WRITERS, write_results, fixture->path);
  store = open_store (fixture->path);
  for (guint i = 1; i <= N_WRITERS; i++)
    g_assert_cmpuint (count_results (store, i), ==, N_EACH);
  g_assert_cmpuint (count_results (store, 0), ==, N_EACH);
  close_store (store);
}

static void
open_and_close (const char *path, guint number)
{
  close_store (open_store (path));
}

/* Several processes find no store and make it. */
static void
test_creators (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < N_ROUNDS; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%u.db", fixture->folder, i);

    run_together (N_CREATORS, open_and_close, path);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/store/processes/killed", test_killed);
  ADD_TEST ("/store/processes/running", test_running_is_left_alone);
  ADD_TEST ("/store/processes/identity", test_process_identity);
  ADD_TEST ("/store/processes/resume", test_resume);
  ADD_TEST ("/store/processes/two-writers", test_two_writers);
  ADD_TEST ("/store/processes/creators", test_creators);
  return g_test_run ();
}
