/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/store/fixture.h"

/* To inject faults: page limit, lock timeout. */
#include "tools/store/cvi-store-private.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <glib/gstdio.h>

#define SKIPPED 77
#define NOBODY 65534

/* Makes a store with @n results of one scan, "/file/0000" ... */
static void
make_store (const char *path, guint n)
{
  CviStore *store = open_store (path);
  gint64 scan = begin_scan (store, "args", NULL);

  for (guint i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf ("/file/%04u", i);

    put (store, scan, name, CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  }
  end_scan (store, scan, "finished");
  close_store (store);
}

static void
write_file (const char *path, const char *text, gssize len)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, len, &error);
  g_assert_no_error (error);
}

static void
test_newer (Fixture *fixture, gconstpointer data)
{
  make_store (fixture->path, 1);
  run_sql (fixture->path, "PRAGMA user_version = 99");
  assert_refused (fixture->path, FALSE, CVI_STORE_ERROR_NEWER);
  assert_refused (fixture->path, TRUE, CVI_STORE_ERROR_NEWER);
}

static gboolean
never_called (CviResult *result, gpointer user_data)
{
  g_test_fail_printf ("visited %s", result->path);
  return TRUE;
}

/* Visiting all results fails with @code after @sql. */
static void
assert_unreadable_after (const char *path, const char *sql, CviStoreError code)
{
  CviStoreFilter filter = { 0, 0, NULL };
  g_autoptr (GError) error = NULL;
  CviStore *store;

  g_remove (path);
  make_store (path, 1);
  run_sql (path, sql);
  store = open_store (path);
  g_assert_false (
      cvi_store_foreach (store, &filter, never_called, NULL, &error));
  assert_store_error (error, code, path);
  g_assert_nonnull (strstr (error->message, "/file/0000"));
  close_store (store);
}

static void
test_senseless_rows (Fixture *fixture, gconstpointer data)
{
  static const char *const changes[] = {
    "UPDATE results SET verdict = 'fine'",
    "UPDATE results SET previous_verdict = ''",
    "UPDATE results SET mode = 'slow'",
    "UPDATE findings SET severity = 'bad'",
    "UPDATE findings SET certainty = 1.5",
    "UPDATE findings SET certainty = -1",
    "UPDATE findings SET count = 0",
    "UPDATE findings SET start_ns = 2, end_ns = 1",
    "WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n"
    " LIMIT 1024) INSERT INTO findings SELECT result_id, i, rule, severity,"
    " certainty, stream, start_ns, end_ns, offset, count, message"
    " FROM findings, n WHERE position = 0",
    "WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n"
    " LIMIT 256) INSERT INTO streams SELECT result_id, i, id, kind, codec,"
    " decoder, hardware, frames, duration_ns, checked, reason"
    " FROM streams, n WHERE position = 0",
  };

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    assert_unreadable_after (
        fixture->path, changes[i], CVI_STORE_ERROR_CORRUPT);
  assert_unreadable_after (fixture->path,
      "UPDATE findings SET rule = 'no::such'", CVI_STORE_ERROR_NEWER);
}

static void
test_senseless_scans (Fixture *fixture, gconstpointer data)
{
  static const char *const changes[] = {
    "UPDATE results SET verdict = 'fine'",
    "UPDATE scans SET mode = 'slow'",
  };

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_autoptr (GError) error = NULL;
    CviStore *store;

    g_remove (fixture->path);
    make_store (fixture->path, 1);
    run_sql (fixture->path, changes[i]);
    store = open_store (fixture->path);
    g_assert_null (cvi_store_list_scans (store, 0, &error));
    assert_store_error (error, CVI_STORE_ERROR_CORRUPT, fixture->path);
    close_store (store);
  }
}

static void
test_not_a_store (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = g_strnfill (8192, 'x');

  write_file (fixture->path, text, -1);
  assert_refused (fixture->path, FALSE, CVI_STORE_ERROR_CORRUPT);
  assert_refused (fixture->path, TRUE, CVI_STORE_ERROR_CORRUPT);
  write_file (fixture->path, "short", -1);
  assert_refused (fixture->path, FALSE, CVI_STORE_ERROR_CORRUPT);
  assert_refused (fixture->folder, FALSE, CVI_STORE_ERROR_OPEN);
}

static void
test_foreign_database (Fixture *fixture, gconstpointer data)
{
  g_autofree char *tables = NULL;

  run_sql (fixture->path, "CREATE TABLE theirs (x)");
  assert_refused (fixture->path, FALSE, CVI_STORE_ERROR_CORRUPT);
  run_sql (fixture->path, "PRAGMA user_version = 1");
  assert_refused (fixture->path, FALSE, CVI_STORE_ERROR_CORRUPT);
  tables = query_sql (
      fixture->path, "SELECT group_concat (name) FROM sqlite_schema");
  g_assert_cmpstr (tables, ==, "theirs");
}

static void
test_broken_schema (Fixture *fixture, gconstpointer data)
{
  make_store (fixture->path, 1);
  run_sql (fixture->path, "DROP TABLE findings");
  assert_refused (fixture->path, FALSE, CVI_STORE_ERROR_CORRUPT);
}

static gboolean
count_one (CviResult *result, gpointer user_data)
{
  (*(guint *)user_data)++;
  return TRUE;
}

/* Opens and reads everything. Returns: the error code, or -1: then there were
 * @expected results */
static int
read_all (const char *path, guint expected)
{
  CviStoreFilter filter = { 0, 0, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (CviStore) store = cvi_store_open (path, FALSE, &error);
  guint n = 0;

  if (store == NULL ||
      !cvi_store_foreach (store, &filter, count_one, &n, &error)) {
    g_assert_cmpuint (error->domain, ==, CVI_STORE_ERROR);
    return error->code;
  }
  g_assert_cmpuint (n, ==, expected);
  return -1;
}

static void
test_truncated (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  gsize len;

  make_store (fixture->path, 300);
  g_assert_cmpint (read_all (fixture->path, 300), ==, -1);
  g_assert_true (g_file_get_contents (fixture->path, &text, &len, NULL));
  g_assert_cmpuint (len, >, 16 * 4096);
  for (gsize keep = 4096; keep < len; keep += 4096) {
    write_file (fixture->path, text, (gssize)keep);
    g_assert_cmpint (
        read_all (fixture->path, 300), ==, CVI_STORE_ERROR_CORRUPT);
  }
  write_file (fixture->path, text, 50);
  g_assert_cmpint (read_all (fixture->path, 300), ==, CVI_STORE_ERROR_CORRUPT);
}

/* Whatever page is destroyed, nothing crashes, and a store that is read to the
 * end without an error has all its results. */
static void
test_overwritten (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  gsize len;
  guint n_noticed = 0;

  make_store (fixture->path, 100);
  g_assert_true (g_file_get_contents (fixture->path, &text, &len, NULL));
  for (gsize page = 0; page + 4096 <= len; page += 4096) {
    g_autofree char *damaged = g_memdup2 (text, len);
    int code;

    memset (damaged + page, 0xa5, 4096);
    write_file (fixture->path, damaged, (gssize)len);
    code = read_all (fixture->path, 100);
    if (code != -1)
      g_assert_cmpint (code, ==, CVI_STORE_ERROR_CORRUPT);
    n_noticed += code != -1;
  }
  g_assert_cmpuint (n_noticed, >, 0);
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  g_autofree char *below = g_build_filename (fixture->path, "x.db", NULL);

  assert_refused (fixture->path, TRUE, CVI_STORE_ERROR_OPEN);
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
  /* A folder that cannot be made, since a file has its name. */
  make_store (fixture->path, 1);
  assert_refused (below, FALSE, CVI_STORE_ERROR_OPEN);
}

static void
test_readonly (Fixture *fixture, gconstpointer data)
{
  g_autoptr (CviResult) result =
      make_result ("/b", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  g_autoptr (GError) error = NULL;
  CviStore *store;

  make_store (fixture->path, 2);
  store = cvi_store_open (fixture->path, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (count_results (store, 0), ==, 2);
  g_assert_false (cvi_store_put (store, 1, result, &error));
  assert_store_error (error, CVI_STORE_ERROR_FAILED, fixture->path);
  g_clear_error (&error);
  g_assert_cmpint (
      cvi_store_begin_scan (store, "args", "/", CVI_MODE_DEEP, NULL, &error),
      ==, -1);
  assert_store_error (error, CVI_STORE_ERROR_FAILED, fixture->path);
  close_store (store);
}

/* In a child without rights: cannot write there, but can read. */
static int
use_unwritable (const char *path)
{
  g_autoptr (GError) error = NULL;
  CviStore *store;

  if (getuid () == 0 && setresuid (NOBODY, NOBODY, NOBODY) != 0)
    return SKIPPED;
  if (g_access (path, R_OK) != 0)
    return SKIPPED;
  assert_refused (path, FALSE, CVI_STORE_ERROR_OPEN);
  store = cvi_store_open (path, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (count_results (store, 0), ==, 2);
  close_store (store);
  return 0;
}

static void
test_readonly_folder (Fixture *fixture, gconstpointer data)
{
  pid_t pid;
  int status;

  make_store (fixture->path, 2);
  g_assert_cmpint (g_chmod (fixture->path, 0444), ==, 0);
  g_assert_cmpint (g_chmod (fixture->folder, 0555), ==, 0);
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    _exit (use_unwritable (fixture->path));
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  if (WEXITSTATUS (status) == SKIPPED)
    g_test_skip ("an unprivileged user cannot reach the temporary folder");
  else
    g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

/* Stores results until that fails. Returns: how many went well */
static guint
fill (CviStore *store, gint64 scan, GError **error)
{
  guint n = 0;

  for (gboolean ok = TRUE; ok; n += ok) {
    g_autofree char *name = g_strdup_printf ("/file/%u", n);
    g_autoptr (CviResult) result =
        make_result (name, CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);

    g_assert_cmpuint (n, <, 10000);
    ok = cvi_store_put (store, scan, result, error);
    if (n == 20)
      g_assert_true (cvi_store_flush (store, NULL));
  }
  return n;
}

static void
test_full (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  gint64 scan = begin_scan (store, "args", NULL);
  g_autoptr (CviResult) result =
      make_result ("/b", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) later = NULL;
  g_autofree char *lost = NULL;
  guint n, n_kept;

  sqlite3_exec (store->db, "PRAGMA max_page_count = 60", NULL, NULL, NULL);
  n = fill (store, scan, &error);
  assert_store_error (error, CVI_STORE_ERROR_FULL, fixture->path);
  g_assert_false (cvi_store_put (store, scan, result, &later));
  g_assert_cmpstr (later->message, ==, error->message);
  g_clear_error (&later);
  g_assert_false (cvi_store_close (store, &later));
  g_assert_cmpstr (later->message, ==, error->message);

  store = open_store (fixture->path);
  n_kept = count_results (store, 0);
  g_assert_cmpuint (n_kept, >=, 21);
  lost = g_strdup_printf ("(%u results", n - n_kept);
  g_assert_nonnull (strstr (error->message, lost));
  close_store (store);
}

static void
set_file_limit (rlim_t limit)
{
  struct rlimit limits;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limits), ==, 0);
  limits.rlim_cur = MIN (limit, limits.rlim_max);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limits), ==, 0);
}

/* The disk refuses the commit itself. */
static void
test_failed_commit (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  gint64 scan = begin_scan (store, "args", NULL);
  g_autoptr (CviResult) third =
      make_result ("/third", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) later = NULL;
  g_autofree char *left = NULL;
  gboolean flushed;

  put (store, scan, "/first", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  g_assert_true (cvi_store_flush (store, &error));
  put (store, scan, "/second", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  signal (SIGXFSZ, SIG_IGN);
  set_file_limit (1);
  flushed = cvi_store_flush (store, &error);
  set_file_limit (RLIM_INFINITY);
  g_assert_false (flushed);
  assert_store_error (error, CVI_STORE_ERROR_FAILED, fixture->path);
  g_assert_nonnull (strstr (error->message, "1 results"));
  g_assert_nonnull (strstr (error->message, g_strerror (EFBIG)));

  /* The disk is well again, but the scan has a hole: no further. */
  g_assert_false (cvi_store_put (store, scan, third, &later));
  g_assert_cmpstr (later->message, ==, error->message);
  g_clear_error (&later);
  g_assert_false (cvi_store_close (store, &later));
  g_assert_cmpstr (later->message, ==, error->message);
  store = open_store (fixture->path);
  left = list_results (store, 0, 0, NULL);
  g_assert_cmpstr (left, ==, "/first healthy deep\n");
  close_store (store);
}

static void
test_busy (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  CviStore *other = open_store (fixture->path);
  gint64 scan = begin_scan (store, "args", NULL);
  g_autoptr (CviResult) result =
      make_result ("/b", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  g_autoptr (GError) error = NULL;

  put (other, scan, "/a", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  store->busy_timeout_ms = 1;
  g_assert_false (cvi_store_put (store, scan, result, &error));
  assert_store_error (error, CVI_STORE_ERROR_BUSY, fixture->path);
  g_clear_error (&error);
  /* Nothing was lost, so the store goes on when the other has finished. */
  close_store (other);
  g_assert_true (cvi_store_put (store, scan, result, &error));
  g_assert_cmpuint (count_results (store, scan), ==, 2);
  close_store (store);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/store/damage/newer", test_newer);
  ADD_TEST ("/store/damage/senseless-rows", test_senseless_rows);
  ADD_TEST ("/store/damage/senseless-scans", test_senseless_scans);
  ADD_TEST ("/store/damage/not-a-store", test_not_a_store);
  ADD_TEST ("/store/damage/foreign-database", test_foreign_database);
  ADD_TEST ("/store/damage/broken-schema", test_broken_schema);
  ADD_TEST ("/store/damage/truncated", test_truncated);
  ADD_TEST ("/store/damage/overwritten", test_overwritten);
  ADD_TEST ("/store/damage/missing", test_missing);
  ADD_TEST ("/store/damage/readonly", test_readonly);
  ADD_TEST ("/store/damage/readonly-folder", test_readonly_folder);
  ADD_TEST ("/store/damage/full", test_full);
  ADD_TEST ("/store/damage/failed-commit", test_failed_commit);
  ADD_TEST ("/store/damage/busy", test_busy);
  return g_test_run ();
}
