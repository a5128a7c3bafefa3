/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "tests/store/fixture.h"
#include "tools/store/cvi-store-private.h"

/* Two scans of /a, and of /b only the first: of 1000 and 2000. */
static CviStore *
fill_store (const char *path)
{
  CviStore *store = open_store (path);
  gint64 first = begin_scan (store, "one", NULL);
  gint64 second;

  put (store, first, "/a", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  put (store, first, "/b", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  end_scan (store, first, "finished");
  second = begin_scan (store, "two", NULL);
  put (store, second, "/a", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  put (store, second, "/c", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  end_scan (store, second, "finished");
  close_store (store);
  run_sql (path, "UPDATE results SET scanned_at = scan_id * 1000;"
                 "UPDATE scans SET started_at = id * 1000");
  return open_store (path);
}

static void
assert_removed (CviStore *store, gint64 before, gboolean newest_too,
    gboolean dry_run, const char *expected)
{
  CviStoreRemoved removed;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_assert_true (cvi_store_remove_old (
      store, before, newest_too, dry_run, &removed, &error));
  g_assert_no_error (error);
  text = g_strdup_printf ("%u %u %u %u", (guint)removed.n_results,
      (guint)removed.n_newest, (guint)removed.n_files, (guint)removed.n_scans);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_old (Fixture *fixture, gconstpointer data)
{
  CviStore *store = fill_store (fixture->path);
  g_autofree char *left = NULL;
  g_autofree char *streams = NULL;

  assert_removed (store, 999, TRUE, FALSE, "0 0 0 0");
  assert_removed (store, 1000, FALSE, TRUE, "1 1 0 0");
  g_assert_cmpuint (count_results (store, 1), ==, 2);
  assert_removed (store, 1000, FALSE, FALSE, "1 1 0 0");
  g_assert_cmpuint (count_results (store, 1), ==, 1);
  assert_removed (store, 1000, TRUE, FALSE, "1 0 1 1");
  left = list_results (store, 0, 0, NULL);
  g_assert_cmpstr (left, ==, "/a corrupt deep\n/c corrupt deep\n");
  assert_removed (store, 3000, TRUE, FALSE, "2 0 2 1");
  close_store (store);
  streams = query_sql (fixture->path,
      "SELECT (SELECT count (*) FROM streams) + (SELECT count (*) FROM "
      "findings) + (SELECT count (*) FROM newest_results)");
  g_assert_cmpstr (streams, ==, "0");
}

/* Another process's scan keeps what it has stored, however old. */
static void
test_running (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  gint64 scan = begin_scan (store, "args", NULL);

  put (store, scan, "/a", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  g_assert_true (cvi_store_flush (store, NULL));
  assert_removed (store, G_MAXINT64, TRUE, FALSE, "0 0 0 0");
  end_scan (store, scan, "finished");
  assert_removed (store, G_MAXINT64, TRUE, FALSE, "1 0 1 1");
  close_store (store);
}

static void
test_files (Fixture *fixture, gconstpointer data)
{
  const char *const paths[] = { "/a", "/none", NULL };
  CviStore *store = fill_store (fixture->path);
  CviStoreRemoved removed = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *left = NULL;

  g_assert_true (cvi_store_remove_files (store, paths, &removed, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (removed.n_files, ==, 1);
  left = list_results (store, 0, 0, NULL);
  g_assert_cmpstr (left, ==, "/b healthy deep\n/c corrupt deep\n");
  close_store (store);
}

static void
test_compact (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  gint64 scan = begin_scan (store, "args", NULL);
  g_autoptr (GError) error = NULL;
  guint64 freed = 1;

  for (guint i = 0; i < 3000; i++) {
    g_autofree char *path = g_strdup_printf ("/%u", i);

    put (store, scan, path, CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  }
  end_scan (store, scan, "finished");
  g_assert_true (cvi_store_compact (store, &freed, &error));
  g_assert_cmpuint (freed, ==, 0);
  assert_removed (store, G_MAXINT64, TRUE, FALSE, "3000 0 3000 1");
  g_assert_true (cvi_store_compact (store, &freed, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (freed, >, 500000);
  close_store (store);
}

static gboolean
append_difference (const CviStoreDifference *row, gpointer user_data)
{
  g_string_append_printf (user_data, "%s %s %s%s;", row->path,
      row->before > 0 ? cvi_verdict_to_string (row->verdict_before) : "-",
      cvi_verdict_to_string (row->verdict_after),
      row->before == row->after ? " same" : "");
  return TRUE;
}

static void
append_step (
    gint64 scan, CviVerdict verdict, CviVerdict previous, gpointer user_data)
{
  g_string_append_printf (user_data, "%u %s %s;", (guint)scan,
      cvi_verdict_to_string (verdict),
      previous < CVI_N_VERDICTS ? cvi_verdict_to_string (previous) : "-");
}

static gboolean
append_file (const CviStoreEntry *entry, gpointer user_data)
{
  g_string_append_printf (user_data, "%s %s %s %u;", entry->path,
      cvi_verdict_to_string (entry->verdict), entry->codecs,
      (guint)entry->size);
  return TRUE;
}

static void
test_walks (Fixture *fixture, gconstpointer data)
{
  CviStore *store = fill_store (fixture->path);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (cvi_store_foreach_difference (
      store, 1, 2, append_difference, text, &error));
  g_assert_cmpstr (text->str, ==,
      "/a healthy corrupt;/b healthy healthy same;/c - corrupt;");
  g_string_truncate (text, 0);
  g_assert_true (cvi_store_foreach_step (store, append_step, text, &error));
  g_assert_cmpstr (
      text->str, ==, "1 healthy -;1 healthy -;2 corrupt healthy;2 corrupt -;");
  g_string_truncate (text, 0);
  g_assert_true (cvi_store_foreach_file (store, append_file, text, &error));
  g_assert_cmpstr (text->str, ==,
      "/a corrupt H.264 1000;/b healthy H.264 1000;/c corrupt H.264 1000;");
  g_assert_no_error (error);
  close_store (store);
  run_sql (fixture->path, "UPDATE results SET verdict = 'fine' WHERE id = 3");
  store = open_store (fixture->path);
  g_assert_false (cvi_store_foreach_step (store, append_step, text, &error));
  assert_store_error (error, CVI_STORE_ERROR_CORRUPT, fixture->path);
  g_clear_error (&error);
  g_assert_false (cvi_store_foreach_file (store, append_file, text, &error));
  assert_store_error (error, CVI_STORE_ERROR_CORRUPT, fixture->path);
  close_store (store);
}

/* While another connection has results that are not committed, which the copy
 * does not have. */
static void
test_backup (Fixture *fixture, gconstpointer data)
{
  g_autofree char *copy = g_build_filename (fixture->folder, "copy.db", NULL);
  CviStore *store = fill_store (fixture->path);
  CviStore *writer = open_store (fixture->path);
  g_autoptr (GError) error = NULL;
  g_autofree char *all = NULL;
  g_autofree char *copied = NULL;
  gint64 scan = begin_scan (writer, "three", NULL);

  put (writer, scan, "/new", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  g_assert_true (cvi_store_backup (store, copy, FALSE, &error));
  g_assert_no_error (error);
  all = list_results (store, 0, 0, NULL);
  close_store (writer);
  close_store (store);
  store = cvi_store_open (copy, TRUE, &error);
  g_assert_no_error (error);
  copied = list_results (store, 0, 0, NULL);
  g_assert_cmpstr (copied, ==, all);
  close_store (store);
}

static void
test_backup_refuses (Fixture *fixture, gconstpointer data)
{
  g_autofree char *copy = g_build_filename (fixture->folder, "copy.db", NULL);
  g_autofree char *link_name = g_build_filename (fixture->folder, "link", NULL);
  g_autofree char *none = g_build_filename (fixture->folder, "n", "c.db", NULL);
  CviStore *store = fill_store (fixture->path);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_assert_true (g_file_set_contents (copy, "precious", -1, NULL));
  g_assert_false (cvi_store_backup (store, copy, FALSE, &error));
  assert_store_error (error, CVI_STORE_ERROR_FAILED, copy);
  g_clear_error (&error);
  g_assert_true (g_file_get_contents (copy, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "precious");
  g_assert_cmpint (symlink (fixture->path, link_name), ==, 0);
  g_assert_false (cvi_store_backup (store, link_name, TRUE, &error));
  g_assert_nonnull (strstr (error->message, "store itself"));
  g_clear_error (&error);
  g_assert_false (cvi_store_backup (store, none, FALSE, &error));
  assert_store_error (error, CVI_STORE_ERROR_FAILED, none);
  close_store (store);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/store/clean/old", test_old);
  ADD_TEST ("/store/clean/running", test_running);
  ADD_TEST ("/store/clean/files", test_files);
  ADD_TEST ("/store/clean/compact", test_compact);
  ADD_TEST ("/store/walks", test_walks);
  ADD_TEST ("/store/backup", test_backup);
  ADD_TEST ("/store/backup-refuses", test_backup_refuses);
  return g_test_run ();
}
