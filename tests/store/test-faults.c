/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A scan whose disk fails, fills up or whose process is killed at the n-th
 * change of a file, for every n there is. Whatever happens: what was said to
 * be stored is there, and the store goes on.
 */
#include "tests/store/fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "tests/store/faulty-vfs.h"

#define N_RESULTS 9
#define FLUSH_EVERY 3
/* More steps than a scan of this size has: something does not end. */
#define MAX_STEPS 2000

/* Written by the child that scans, read when it is gone. */
typedef struct {
  gboolean stored[N_RESULTS]; /* a commit after it returned success */
  gboolean failed;            /* the step that fails came */
  gboolean told;              /* and an error was returned */
  gboolean finished;          /* the child came to its end */
} Account;

/* @error names the store and, on a full disk, says what to do. */
static void
take_error (
    Account *account, const GError *error, const char *path, Fault fault)
{
  account->told = TRUE;
  g_assert_cmpuint (error->domain, ==, CVI_STORE_ERROR);
  g_assert_true (g_str_has_prefix (error->message, path));
  if (fault == FAULT_FULL && error->code == CVI_STORE_ERROR_FULL)
    g_assert_nonnull (strstr (error->message, "free some space"));
}

/* Stores everything, goes on after an error as far as the store lets it, and
 * keeps account of what it was promised. */
static void
scan_all (CviStore *store, gint64 scan, Account *account, const char *path,
    Fault fault)
{
  gboolean taken[N_RESULTS] = { FALSE };

  for (guint i = 0; i < N_RESULTS; i++) {
    g_autofree char *name = g_strdup_printf ("/file/%02u", i);
    g_autoptr (CviResult) result =
        make_result (name, CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
    g_autoptr (GError) error = NULL;

    taken[i] = cvi_store_put (store, scan, result, &error);
    if (!taken[i])
      take_error (account, error, path, fault);
    g_clear_error (&error);
    if (i % FLUSH_EVERY != FLUSH_EVERY - 1)
      continue;
    if (cvi_store_flush (store, &error))
      memcpy (account->stored, taken, sizeof taken);
    else
      take_error (account, error, path, fault);
  }
}

static void
run_scan (const char *path, Account *account, Fault fault)
{
  g_autoptr (GError) error = NULL;
  CviStore *store = cvi_store_open (path, FALSE, &error);
  gint64 scan = -1;

  if (store) {
    scan = cvi_store_begin_scan (
        store, "args", "/roots", CVI_MODE_DEEP, NULL, &error);
    if (scan > 0)
      scan_all (store, scan, account, path, fault);
  }
  if (scan > 0 && !cvi_store_end_scan (store, scan, "finished", 0, &error)) {
    take_error (account, error, path, fault);
    g_clear_error (&error);
  }
  if (error)
    take_error (account, error, path, fault);
  g_clear_error (&error);
  if (store && !cvi_store_close (store, &error))
    take_error (account, error, path, fault);
}

/* Returns: (transfer full): what a child saw that failed at @step */
static Account *
scan_with_fault (const char *path, Fault fault, guint step, gboolean lasting)
{
  Account *account = mmap (NULL, sizeof *account, PROT_READ | PROT_WRITE,
      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t pid;
  int status;

  g_assert_true (account != MAP_FAILED);
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0) {
    faulty_vfs_install (fault, step, lasting);
    run_scan (path, account, fault);
    account->failed = faulty_vfs_has_failed ();
    account->finished = TRUE;
    _exit (0);
  }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  if (fault == FAULT_KILL && WIFSIGNALED (status))
    g_assert_cmpint (WTERMSIG (status), ==, SIGKILL);
  else
    g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  account->failed = account->failed || !account->finished;
  return account;
}

static gboolean
note_path (CviResult *result, gpointer user_data)
{
  gboolean *there = user_data;
  guint64 i;

  g_assert_true (g_str_has_prefix (result->path, "/file/"));
  g_assert_true (g_ascii_string_to_unsigned (
      result->path + strlen ("/file/"), 10, 0, N_RESULTS - 1, &i, NULL));
  g_assert_cmpuint (result->findings->len, ==, 2);
  g_assert_cmpuint (result->streams->len, ==, 2);
  there[i] = TRUE;
  return TRUE;
}

/* Returns: how many results that were said to be stored are not there */
static guint
count_lost (const char *path, const Account *account)
{
  CviStore *store = open_store (path);
  CviStoreFilter filter = { 0, 0, NULL };
  g_autofree char *integrity = query_sql (path, "PRAGMA integrity_check");
  g_autoptr (GError) error = NULL;
  gboolean there[N_RESULTS] = { FALSE };
  guint n_lost = 0;

  g_assert_cmpstr (integrity, ==, "ok");
  g_assert_true (cvi_store_foreach (store, &filter, note_path, there, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < N_RESULTS; i++)
    n_lost += account->stored[i] && !there[i];
  /* And it can be used as if nothing had been. */
  put (store, begin_scan (store, "later", NULL), "/file/00", CVI_MODE_DEEP,
      CVI_VERDICT_CORRUPT);
  close_store (store);
  return n_lost;
}

/* Returns: how many steps failed until a scan came through */
static guint
fail_each_step (Fixture *fixture, Fault fault, gboolean lasting)
{
  for (guint step = 1; step < MAX_STEPS; step++) {
    g_autofree char *path = g_strdup_printf ("%s/%u.db", fixture->folder, step);
    Account *account = scan_with_fault (path, fault, step, lasting);
    gboolean failed = account->failed;

    g_assert_cmpuint (count_lost (path, account), ==, 0);
    if (!failed) {
      g_assert_false (account->told);
      g_assert_true (account->stored[N_RESULTS - 1]);
    }
    munmap (account, sizeof *account);
    g_remove (path);
    if (!failed)
      return step - 1;
  }
  g_assert_not_reached ();
}

static void
test_fault (Fixture *fixture, gconstpointer data)
{
  Fault fault = (Fault)GPOINTER_TO_UINT (data);
  guint n_once, n_lasting;

  /* Nothing fails for those who look afterwards, and nothing is synced. */
  faulty_vfs_install (fault, 0, FALSE);
  n_once = fail_each_step (fixture, fault, FALSE);
  n_lasting = fail_each_step (fixture, fault, TRUE);
  g_test_message ("%u failures that passed, %u that lasted; 0 results lost",
      n_once, n_lasting);
  /* Making the store and eight commits are far more. */
  g_assert_cmpuint (n_once, >, 50);
  g_assert_cmpuint (n_lasting, >, 50);
}

/* A disk that is full from the start of the scan on: that is said. */
static void
test_full_is_told (Fixture *fixture, gconstpointer data)
{
  Account *account;

  close_store (open_store (fixture->path));
  account = scan_with_fault (fixture->path, FAULT_FULL, 1, TRUE);
  g_assert_true (account->told);
  g_assert_false (account->stored[0]);
  munmap (account, sizeof *account);
}

int
main (int argc, char **argv)
{
  static const char *const names[N_FAULTS] = { "full", "error", "short",
    "kill" };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < N_FAULTS; i++) {
    g_autofree char *name = g_strdup_printf ("/store/faults/%s", names[i]);

    g_test_add (name, Fixture, GUINT_TO_POINTER (i), fixture_set_up, test_fault,
        fixture_tear_down);
  }
  ADD_TEST ("/store/faults/full-is-told", test_full_is_told);
  return g_test_run ();
}
