/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/store/fixture.h"

/* As make_result() has them. */
#define SIZE 1000
#define MTIME_NS 5000

static void
mark_file (CviStore *store, const char *path, gint64 mtime_ns, CviMarkKind kind,
    const char *reason)
{
  g_autoptr (CviMark) mark = cvi_mark_new (kind, NULL, reason, 12345);
  CviStoreMark stored = { (char *)path, SIZE, mtime_ns, mark };
  g_autoptr (GError) error = NULL;

  cvi_store_put_mark (store, &stored, &error);
  g_assert_no_error (error);
}

static void
mark_rule (CviStore *store, const char *rule, const char *reason)
{
  g_autoptr (CviMark) mark =
      cvi_mark_new (CVI_MARK_IGNORE, rule, reason, 12345);
  CviStoreMark stored = { .mark = mark };
  g_autoptr (GError) error = NULL;

  cvi_store_put_mark (store, &stored, &error);
  g_assert_no_error (error);
}

static CviVerdict
counts_as (CviStore *store, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviResult) result = cvi_store_load_newest (store, path, &error);

  g_assert_no_error (error);
  g_assert_nonnull (result);
  return cvi_result_counts_as (result);
}

static gboolean
append_mark (const CviStoreMark *mark, gpointer user_data)
{
  g_string_append_printf (user_data, "%s %s %s\n",
      cvi_mark_kind_to_string (mark->mark->kind),
      mark->path ? mark->path : mark->mark->rule, mark->mark->reason);
  return TRUE;
}

static char *
list_marks (CviStore *store)
{
  GString *text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (cvi_store_foreach_mark (store, append_mark, text, &error));
  g_assert_no_error (error);
  return g_string_free (text, FALSE);
}

static guint
remove_mark (CviStore *store, const char *path, const char *rule)
{
  g_autoptr (GError) error = NULL;
  guint n = 99;

  g_assert_true (cvi_store_remove_mark (store, path, rule, &n, &error));
  g_assert_no_error (error);
  return n;
}

static void
test_file (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  gint64 scan = begin_scan (store, "a", NULL);

  put (store, scan, "/films/\xff.mkv", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  g_assert_cmpint (
      counts_as (store, "/films/\xff.mkv"), ==, CVI_VERDICT_CORRUPT);
  mark_file (
      store, "/films/\xff.mkv", MTIME_NS, CVI_MARK_HEALTHY, "seen\033[1m it");
  g_assert_cmpint (
      counts_as (store, "/films/\xff.mkv"), ==, CVI_VERDICT_HEALTHY);
  close_store (store);
  /* It is durable, and the stored verdict is what it was. */
  store = open_store (fixture->path);
  g_assert_cmpint (
      counts_as (store, "/films/\xff.mkv"), ==, CVI_VERDICT_HEALTHY);
  {
    g_autofree char *verdict =
        query_sql (fixture->path, "SELECT verdict FROM results");
    g_autofree char *marks = list_marks (store);

    g_assert_cmpstr (verdict, ==, "corrupt");
    g_assert_cmpstr (marks, ==, "healthy /films/\xff.mkv seen [1m it\n");
  }
  /* Another one takes its place; it holds for that state alone. */
  mark_file (store, "/films/\xff.mkv", MTIME_NS + 1, CVI_MARK_IGNORE, "x");
  g_assert_cmpint (
      counts_as (store, "/films/\xff.mkv"), ==, CVI_VERDICT_CORRUPT);
  mark_file (store, "/films/\xff.mkv", MTIME_NS, CVI_MARK_IGNORE, "x");
  g_assert_cmpint (
      counts_as (store, "/films/\xff.mkv"), ==, CVI_VERDICT_SKIPPED);
  g_assert_cmpuint (remove_mark (store, "/films/\xff.mkv", NULL), ==, 1);
  g_assert_cmpuint (remove_mark (store, "/films/\xff.mkv", NULL), ==, 0);
  g_assert_cmpint (
      counts_as (store, "/films/\xff.mkv"), ==, CVI_VERDICT_CORRUPT);
  close_store (store);
}

static void
test_rule (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  gint64 scan = begin_scan (store, "a", NULL);
  g_autofree char *marks = NULL;

  put (store, scan, "/a", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  /* Its findings: a gap, and that it is cut short. */
  g_assert_cmpint (counts_as (store, "/a"), ==, CVI_VERDICT_CORRUPT);
  mark_rule (store, "container::truncated", "recorder");
  g_assert_cmpint (counts_as (store, "/a"), ==, CVI_VERDICT_SUSPICIOUS);
  mark_rule (store, "time::gap", "recorder");
  mark_rule (store, "time::gap", "another word");
  g_assert_cmpint (counts_as (store, "/a"), ==, CVI_VERDICT_HEALTHY);
  mark_file (store, "/b", MTIME_NS, CVI_MARK_IGNORE, "b");
  marks = list_marks (store);
  g_assert_cmpstr (marks, ==,
      "ignore container::truncated recorder\n"
      "ignore time::gap another word\nignore /b b\n");
  g_assert_cmpuint (remove_mark (store, NULL, "time::gap"), ==, 1);
  g_assert_cmpint (counts_as (store, "/a"), ==, CVI_VERDICT_SUSPICIOUS);
  close_store (store);
}

/* In the middle of a scan, whose collected results are not lost. */
static void
test_in_scan (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  gint64 scan = begin_scan (store, "a", NULL);
  g_autoptr (CviResult) result =
      make_result ("/new", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  g_autoptr (GError) error = NULL;

  put (store, scan, "/a", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  mark_file (store, "/new", MTIME_NS, CVI_MARK_HEALTHY, "x");
  g_assert_true (cvi_store_apply_marks (store, result, &error));
  g_assert_no_error (error);
  g_assert_cmpint (cvi_result_counts_as (result), ==, CVI_VERDICT_HEALTHY);
  g_assert_cmpuint (count_results (store, scan), ==, 1);
  g_assert_null (cvi_store_load_newest (store, "/new", &error));
  g_assert_no_error (error);
  close_store (store);
}

static void
test_readonly (Fixture *fixture, gconstpointer data)
{
  g_autoptr (CviMark) mark = cvi_mark_new (CVI_MARK_IGNORE, NULL, "x", 1);
  CviStoreMark stored = { (char *)"/a", SIZE, MTIME_NS, mark };
  g_autoptr (GError) error = NULL;
  CviStore *store;

  close_store (open_store (fixture->path));
  store = cvi_store_open (fixture->path, TRUE, &error);
  g_assert_no_error (error);
  g_assert_false (cvi_store_put_mark (store, &stored, &error));
  assert_store_error (error, CVI_STORE_ERROR_FAILED, fixture->path);
  cvi_store_free (store);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/store/marks/file", test_file);
  ADD_TEST ("/store/marks/rule", test_rule);
  ADD_TEST ("/store/marks/in-scan", test_in_scan);
  ADD_TEST ("/store/marks/readonly", test_readonly);
  return g_test_run ();
}
