/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/store/fixture.h"

/* To run migrations that no release has. */
#include "tools/store/cvi-store-private.h"

#define COLUMNS                                                                \
  "SELECT group_concat (m.name || '.' || p.name || ' ' || p.type) FROM"        \
  " sqlite_schema AS m, pragma_table_info (m.name) AS p"                       \
  " ORDER BY m.name, p.cid"

static gint64
get_version (CviStore *store)
{
  return cvi_store_get_number (store, "PRAGMA user_version", NULL);
}

/* Texts of SQL: as many that must not be run as this build has versions, then
 * those given, up to NULL. */
static char **
make_steps (gint64 n_there, const char *first, const char *second)
{
  char **steps = g_new0 (char *, n_there + 3);

  for (gint64 i = 0; i < n_there; i++)
    steps[i] = g_strdup ("not run: that version is there");
  steps[n_there] = g_strdup (first);
  steps[n_there + 1] = g_strdup (second);
  return steps;
}

static void
test_steps (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (":memory:");
  gint64 there = get_version (store);
  g_auto (GStrv) broken =
      make_steps (there, "CREATE TABLE two (x) STRICT_NOT", NULL);
  g_auto (GStrv) half_broken = make_steps (there, "CREATE TABLE two (x)",
      "CREATE TABLE three (x); INSERT INTO nowhere VALUES (1)");
  g_auto (GStrv) good = make_steps (there + 1, "CREATE TABLE three (x)", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (there, >=, 2);
  g_assert_false (
      cvi_store_migrate (store, (const char *const *)broken, &error));
  assert_store_error (error, CVI_STORE_ERROR_FAILED, ":memory:");
  g_assert_cmpint (get_version (store), ==, there);
  g_clear_error (&error);

  /* The second succeeds and stays, the third leaves nothing behind. */
  g_assert_false (
      cvi_store_migrate (store, (const char *const *)half_broken, &error));
  g_assert_cmpint (get_version (store), ==, there + 1);
  g_clear_error (&error);
  g_assert_true (cvi_store_migrate (store, (const char *const *)good, &error));
  g_assert_no_error (error);
  g_assert_cmpint (get_version (store), ==, there + 2);
  /* Once there, nothing is done again. */
  g_assert_true (cvi_store_migrate (store, (const char *const *)good, &error));
  close_store (store);
}

/* An unfinished set-up: the file is there, its tables are not. */
static void
test_older (Fixture *fixture, gconstpointer data)
{
  CviStore *fresh = open_store (":memory:");
  gint64 newest = get_version (fresh);
  CviStore *store;

  close_store (fresh);
  run_sql (fixture->path, "PRAGMA application_id = 1129728305");
  assert_refused (fixture->path, TRUE, CVI_STORE_ERROR_OLDER);
  store = open_store (fixture->path);
  g_assert_cmpint (get_version (store), ==, newest);
  close_store (store);
}

/* A store as version 1 left it: its rows are read, and after all migrations
 * its tables are those of a store made anew. */
static void
test_version_1 (Fixture *fixture, gconstpointer data)
{
  g_autofree char *dump =
      g_test_build_filename (G_TEST_DIST, "data", "v1.sql", NULL);
  g_autofree char *fresh_path =
      g_build_filename (fixture->folder, "fresh.db", NULL);
  g_autofree char *sql = NULL;
  g_autofree char *newest = NULL;
  g_autofree char *kinds = NULL;
  g_autofree char *columns = NULL;
  g_autofree char *fresh_columns = NULL;
  g_autoptr (CviScanInfo) info = NULL;
  g_autoptr (CviResult) result = NULL;
  g_autoptr (GError) error = NULL;
  CviStore *store;

  g_assert_true (g_file_get_contents (dump, &sql, NULL, &error));
  g_assert_no_error (error);
  run_sql (fixture->path, sql);
  assert_refused (fixture->path, TRUE, CVI_STORE_ERROR_OLDER);
  store = open_store (fixture->path);
  newest = list_results (store, 0, 0, NULL);
  g_assert_cmpstr (newest, ==,
      "/films/a.mkv corrupt deep\n/films/\xff.mp4 healthy hybrid\n");
  info = cvi_store_find_scan (store, "latest", &error);
  g_assert_no_error (error);
  g_assert_cmpint (info->id, ==, 2);
  g_assert_cmpstr (info->status, ==, "interrupted");
  result = cvi_store_load (store, 3, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (result->streams->len, ==, 1);
  g_assert_cmpuint (result->findings->len, ==, 1);
  g_assert_cmpuint (result->duration_ns, ==, CVI_NONE);
  g_assert_nonnull (cvi_result_find (result, CVI_RULE_CONTAINER_TRUNCATED));
  close_store (store);
  kinds = query_sql (fixture->path,
      "SELECT group_concat (path || ' ' || k.container || ' ' || k.codecs || "
      "' ' || k.rules) FROM newest JOIN kinds AS k ON k.id = kind "
      "WHERE verdict = 'corrupt'");
  g_assert_cmpstr (
      kinds, ==, "/films/a.mkv matroska H.264 container::truncated");

  close_store (open_store (fresh_path));
  columns = query_sql (fixture->path, COLUMNS);
  fresh_columns = query_sql (fresh_path, COLUMNS);
  g_assert_cmpstr (columns, ==, fresh_columns);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/store/migrate/steps", test_steps);
  ADD_TEST ("/store/migrate/older", test_older);
  ADD_TEST ("/store/migrate/version-1", test_version_1);
  return g_test_run ();
}
