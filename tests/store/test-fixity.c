/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/store/fixture.h"

#include <string.h>

static CviFixity *
make_fixity (guint64 size, guint8 seed)
{
  CviFixity *fixity = g_new0 (CviFixity, 1);
  guint8 blocks[3 * CVI_FIXITY_DIGEST];

  memset (blocks, seed, sizeof blocks);
  memset (fixity->whole, seed, sizeof fixity->whole);
  fixity->size = size;
  fixity->mtime_ns = -7;
  fixity->block_size = CVI_FIXITY_BLOCK;
  fixity->blocks = g_bytes_new (blocks,
      CVI_FIXITY_DIGEST * cvi_fixity_count_blocks (size, CVI_FIXITY_BLOCK));
  return fixity;
}

static CviStoredFixity *
find (CviStore *store, const char *path)
{
  g_autoptr (GError) error = NULL;
  CviStoredFixity *stored = cvi_store_find_fixity (store, path, &error);

  g_assert_no_error (error);
  return stored;
}

/* Stored with the result, and there again when the store is opened anew. */
static void
test_with_result (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  gint64 scan = begin_scan (store, "a", NULL);
  g_autoptr (CviResult) result =
      make_result ("/a", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  g_autoptr (CviStoredFixity) stored = NULL;

  result->fixity = make_fixity (2 * CVI_FIXITY_BLOCK + 1, 9);
  result->fixity->sha256 = g_bytes_new ("0123456789abcdef0123456789abcdef", 32);
  g_assert_true (cvi_store_put (store, scan, result, NULL));
  close_store (store);
  store = open_store (fixture->path);
  stored = find (store, "/a");
  g_assert_true (cvi_fixity_equal (stored->fixity, result->fixity));
  g_assert_true (
      g_bytes_equal (stored->fixity->blocks, result->fixity->blocks));
  g_assert_cmpint (stored->fixity->mtime_ns, ==, -7);
  g_assert_cmpuint (g_hash_table_size (stored->digests), ==, 1);
  g_assert_null (stored->unchecked);
  g_assert_null (find (store, "/b"));
  close_store (store);
}

static void
test_marks (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  g_autoptr (CviFixity) fixity = make_fixity (5, 1);
  g_autoptr (CviStoredFixity) stored = NULL;
  gint64 mtime_ns = 99;

  g_assert_true (cvi_store_set_fixity (store, "/a", fixity, NULL));
  stored = find (store, "/a");
  g_assert_cmpint (stored->verified_at, >, 0);
  g_assert_true (
      cvi_store_mark_fixity (store, stored->id, CVI_STORE_ROTTEN, NULL, NULL));
  g_assert_true (cvi_store_mark_fixity (
      store, stored->id, CVI_STORE_VANISHED, NULL, NULL));
  g_clear_pointer (&stored, cvi_stored_fixity_free);
  stored = find (store, "/a");
  g_assert_cmpint (stored->rotten_at, >, 0);
  g_assert_cmpint (stored->vanished_at, >, 0);
  g_assert_true (cvi_store_mark_fixity (
      store, stored->id, CVI_STORE_VERIFIED, &mtime_ns, NULL));
  g_clear_pointer (&stored, cvi_stored_fixity_free);
  stored = find (store, "/a");
  g_assert_cmpint (stored->rotten_at, ==, 0);
  g_assert_cmpint (stored->vanished_at, ==, 0);
  g_assert_cmpint (stored->fixity->mtime_ns, ==, 99);
  close_store (store);
}

/* A list's digest waits until it was compared; other content drops it. */
static void
test_digests (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  g_autoptr (GBytes) md5 = g_bytes_new ("0123456789abcdef", 16);
  g_autoptr (CviFixity) one = make_fixity (5, 1);
  g_autoptr (CviFixity) two = make_fixity (5, 2);
  g_autoptr (CviStoredFixity) stored = NULL;

  g_assert_true (cvi_store_set_digest (store, "/a", "md5", md5, NULL));
  stored = find (store, "/a");
  g_assert_null (stored->fixity);
  g_assert_cmpstr (stored->unchecked, ==, "md5");
  g_assert_true (cvi_store_set_fixity (store, "/a", one, NULL));
  g_assert_true (cvi_store_check_digest (store, stored->id, "md5", NULL));
  g_clear_pointer (&stored, cvi_stored_fixity_free);
  stored = find (store, "/a");
  g_assert_null (stored->unchecked);
  g_assert_true (
      g_bytes_equal (g_hash_table_lookup (stored->digests, "md5"), md5));
  g_assert_true (cvi_store_set_fixity (store, "/a", two, NULL));
  g_clear_pointer (&stored, cvi_stored_fixity_free);
  stored = find (store, "/a");
  g_assert_cmpuint (g_hash_table_size (stored->digests), ==, 0);
  close_store (store);
}

static char *
list_paths (CviStore *store, const char *prefix, gboolean oldest_first)
{
  g_autoptr (GArray) ids =
      cvi_store_list_fixity (store, prefix, oldest_first, NULL);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < ids->len; i++) {
    g_autoptr (CviStoredFixity) stored =
        cvi_store_load_fixity (store, g_array_index (ids, gint64, i), NULL);

    g_string_append_printf (text, "%s ", stored->path);
  }
  return g_string_free (text, FALSE);
}

static void
assert_paths (CviStore *store, const char *prefix, gboolean oldest_first,
    const char *expected)
{
  g_autofree char *found = list_paths (store, prefix, oldest_first);

  g_assert_cmpstr (found, ==, expected);
}

static void
test_lists (Fixture *fixture, gconstpointer data)
{
  static const char *const paths[] = { "/d/b", "/d-e/x", "/d/a", "/d", "/c" };
  CviStore *store = open_store (fixture->path);
  g_autoptr (GArray) ids = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autoptr (CviFixity) fixity = make_fixity (i, 1);

    g_assert_true (cvi_store_set_fixity (store, paths[i], fixity, NULL));
  }
  assert_paths (store, NULL, FALSE, "/c /d /d-e/x /d/a /d/b ");
  assert_paths (store, "/d", FALSE, "/d /d/a /d/b ");
  assert_paths (store, "/d/", FALSE, "/d /d/a /d/b ");
  g_assert_true (cvi_store_flush (store, NULL));
  run_sql (fixture->path,
      "UPDATE hashes SET verified_at = 1000 + size; UPDATE hashes SET"
      " verified_at = NULL WHERE size = 4; UPDATE hashes SET rotten_at = 1"
      " WHERE size = 2");
  assert_paths (store, NULL, TRUE, "/d/a /c /d/b /d-e/x /d ");
  ids = cvi_store_list_fixity_of_size (store, 3, NULL);
  g_assert_cmpuint (ids->len, ==, 1);
  close_store (store);
}

/* Results go with the file, and those under the new name join them. */
static void
test_move (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  gint64 first = begin_scan (store, "a", NULL);
  gint64 second = begin_scan (store, "b", NULL);
  g_autoptr (CviFixity) fixity = make_fixity (5, 1);
  g_autoptr (CviStoredFixity) stored = NULL;
  g_autofree char *n_results = NULL;

  put (store, first, "/old", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  put (store, second, "/new", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  g_assert_true (cvi_store_set_fixity (store, "/old", fixity, NULL));
  stored = find (store, "/old");
  g_assert_true (cvi_store_move_file (store, stored->id, "/new", NULL));
  g_assert_null (find (store, "/old"));
  g_clear_pointer (&stored, cvi_stored_fixity_free);
  stored = find (store, "/new");
  g_assert_true (cvi_fixity_equal (stored->fixity, fixity));
  close_store (store);
  n_results = query_sql (fixture->path,
      "SELECT count (*) FROM results JOIN files ON files.id = file_id"
      " WHERE path = CAST ('/new' AS BLOB)");
  g_assert_cmpstr (n_results, ==, "2");
}

/* "path verdict" of each file, by the view that newest_results feeds. */
static char *
list_newest (const char *path)
{
  return query_sql (path,
      "SELECT coalesce (group_concat (path || ' ' || verdict, ';'), '')"
      " FROM (SELECT path, verdict FROM newest ORDER BY path)");
}

/* What is told of newest results stays what the results say, whichever of the
 * two files has the newest, and where a scan has seen both. */
static void
test_move_newest (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *first;
    const char *second;
    gboolean both; /* seen by the first scan */
    const char *newest;
  } rows[] = {
    { "/old", "/new", FALSE, "/new corrupt;/other healthy" },
    { "/new", "/old", FALSE, "/new corrupt;/other healthy" },
    { "/new", "/old", TRUE, "/new corrupt;/other healthy" },
    { "/old", "/other2", FALSE, "/new healthy;/other healthy;/other2 corrupt" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("%s%u", fixture->path, i);
    CviStore *store = open_store (path);
    gint64 first = begin_scan (store, "a", NULL);
    gint64 second = begin_scan (store, "b", NULL);
    g_autoptr (CviFixity) fixity = make_fixity (5, 1);
    g_autoptr (CviStoredFixity) stored = NULL;
    g_autofree char *newest = NULL;
    g_autofree char *wrong = NULL;

    put (store, first, "/other", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
    put (store, first, rows[i].first, CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
    if (rows[i].both)
      put (store, first, rows[i].second, CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
    put (store, second, rows[i].second, CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
    g_assert_true (cvi_store_set_fixity (store, "/old", fixity, NULL));
    stored = find (store, "/old");
    g_assert_true (cvi_store_move_file (store, stored->id, "/new", NULL));
    close_store (store);
    newest = list_newest (path);
    g_assert_cmpstr (newest, ==, rows[i].newest);
    wrong = query_sql (path,
        "SELECT count (*) FROM (SELECT file_id, result_id FROM newest_results"
        " EXCEPT SELECT file_id, max (id) FROM results GROUP BY file_id)");
    g_assert_cmpstr (wrong, ==, "0");
  }
}

static void
put_mark (CviStore *store, const char *path)
{
  g_autoptr (CviMark) mark = cvi_mark_new (CVI_MARK_HEALTHY, NULL, "why", 7);
  CviStoreMark stored = { (char *)path, 5, -7, mark };

  g_assert_true (cvi_store_put_mark (store, &stored, NULL));
}

/* What a user has said of a file goes with it. */
static void
test_move_mark (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  g_autoptr (CviFixity) fixity = make_fixity (5, 1);
  g_autoptr (CviStoredFixity) stored = NULL;
  g_autofree char *marked = NULL;

  g_assert_true (cvi_store_set_fixity (store, "/old", fixity, NULL));
  put_mark (store, "/old");
  stored = find (store, "/old");
  g_assert_true (cvi_store_move_file (store, stored->id, "/new", NULL));
  close_store (store);
  marked = query_sql (
      fixture->path, "SELECT group_concat (CAST (path AS TEXT)) FROM marks");
  g_assert_cmpstr (marked, ==, "/new");
}

static void
assert_hashes (const char *path, const char *expected)
{
  g_autofree char *found =
      query_sql (path, "SELECT (SELECT count (*) FROM files) || ' ' ||"
                       " (SELECT count (*) FROM hashes) || ' ' ||"
                       " (SELECT count (*) FROM digests)");

  g_assert_cmpstr (found, ==, expected);
}

/* Hashes go with their file, but not with old results. */
static void
test_clean (Fixture *fixture, gconstpointer data)
{
  static const char *const gone[] = { "/a", NULL };
  CviStore *store = open_store (fixture->path);
  gint64 scan = begin_scan (store, "a", NULL);
  g_autoptr (GBytes) md5 = g_bytes_new ("0123456789abcdef", 16);
  CviStoreRemoved removed = { 0 };

  put (store, scan, "/a", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  put (store, scan, "/b", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  end_scan (store, scan, "finished");
  g_assert_true (cvi_store_set_digest (store, "/a", "md5", md5, NULL));
  g_assert_true (cvi_store_set_digest (store, "/c", "md5", md5, NULL));
  g_assert_true (cvi_store_flush (store, NULL));
  g_assert_true (
      cvi_store_remove_old (store, G_MAXINT64, TRUE, FALSE, &removed, NULL));
  g_assert_cmpuint (removed.n_results, ==, 2);
  g_assert_cmpuint (removed.n_files, ==, 1);
  assert_hashes (fixture->path, "2 2 2");
  g_assert_true (cvi_store_remove_files (store, gone, &removed, NULL));
  assert_hashes (fixture->path, "1 1 1");
  close_store (store);
}

static gboolean
note_duplicate (
    const guint8 *whole, guint64 size, const char *path, gpointer user_data)
{
  g_string_append_printf (user_data, "%u:%s ", whole[0], path);
  return TRUE;
}

static void
test_duplicates (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *path;
    guint64 size;
    guint8 seed;
  } files[] = { { "/a", 5, 1 }, { "/b", 6, 2 }, { "/c", 5, 1 }, { "/d", 9, 3 },
    { "/e", 9, 3 }, { "/f", 0, 4 }, { "/g", 0, 4 } };
  CviStore *store = open_store (fixture->path);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (CviFixity) fixity = make_fixity (files[i].size, files[i].seed);

    g_assert_true (cvi_store_set_fixity (store, files[i].path, fixity, NULL));
  }
  g_assert_true (
      cvi_store_foreach_duplicate (store, note_duplicate, text, NULL));
  g_assert_cmpstr (text->str, ==, "3:/d 3:/e 1:/a 1:/c ");
  close_store (store);
}

/* What cannot be hashes of the file is an error, not a finding. */
static void
test_damaged (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  g_autoptr (CviFixity) fixity = make_fixity (5, 1);
  g_autoptr (GError) error = NULL;

  g_assert_true (cvi_store_set_fixity (store, "/a", fixity, NULL));
  g_assert_true (cvi_store_flush (store, NULL));
  run_sql (fixture->path, "UPDATE hashes SET block_size = 0");
  g_assert_null (cvi_store_find_fixity (store, "/a", &error));
  assert_store_error (error, CVI_STORE_ERROR_CORRUPT, fixture->path);
  close_store (store);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/store/fixity/with-result", test_with_result);
  ADD_TEST ("/store/fixity/marks", test_marks);
  ADD_TEST ("/store/fixity/digests", test_digests);
  ADD_TEST ("/store/fixity/lists", test_lists);
  ADD_TEST ("/store/fixity/move", test_move);
  ADD_TEST ("/store/fixity/move-newest", test_move_newest);
  ADD_TEST ("/store/fixity/move-mark", test_move_mark);
  ADD_TEST ("/store/fixity/clean", test_clean);
  ADD_TEST ("/store/fixity/duplicates", test_duplicates);
  ADD_TEST ("/store/fixity/damaged", test_damaged);
  return g_test_run ();
}
