/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "tests/store/fixture.h"
#include "tools/store/cvi-store-private.h"

typedef struct {
  const char *path;
  CviVerdict verdict;
  const char *container;
  const char *codec;
  CviRuleId rule; /* of what is not healthy */
  guint64 size;
  double confidence;
  double damage;
  gint64 scanned_at;
} Row;

static const Row rows[] = {
  { "/films/a.mkv", CVI_VERDICT_HEALTHY, "matroska", "H.264", 0, 100, 0, 0,
      1000 },
  { "/films/b.mp4", CVI_VERDICT_CORRUPT, "iso-bmff", "H.265",
      CVI_RULE_DECODE_ERROR, 400, 0.9, 0.5, 2000 },
  { "/films-old/c.mkv", CVI_VERDICT_CORRUPT, "matroska", "VP9",
      CVI_RULE_CONTAINER_TRUNCATED, 200, 0.95, 0.1, 3000 },
  { "/films/sub/d.avi", CVI_VERDICT_SUSPICIOUS, "avi", "H.264",
      CVI_RULE_TIME_GAP, 300, 0.4, 0.2, 4000 },
  { "/tv/e.ts", CVI_VERDICT_HEALTHY, "mpeg-ts", NULL, 0, 500, 0, 0, 5000 },
};

static CviResult *
make_row (const Row *row)
{
  CviResult *result = cvi_result_new (row->path, CVI_MODE_DEEP);
  CviStream *stream = cvi_stream_new ("video/0", "video");

  result->verdict = result->previous_verdict = row->verdict;
  result->container = g_strdup (row->container);
  result->size = row->size;
  result->confidence = row->confidence;
  result->damage = row->damage;
  result->scanned_at = row->scanned_at;
  stream->codec = g_strdup (row->codec);
  g_ptr_array_add (result->streams, stream);
  stream = cvi_stream_new ("audio/0", "audio");
  stream->codec = g_strdup ("AAC");
  g_ptr_array_add (result->streams, stream);
  if (row->verdict != CVI_VERDICT_HEALTHY)
    cvi_result_add (result, cvi_finding_new (row->rule, NULL, "found"));
  return result;
}

static void
put_row (CviStore *store, gint64 scan, const Row *row)
{
  g_autoptr (CviResult) result = make_row (row);
  g_autoptr (GError) error = NULL;

  g_assert_true (cvi_store_put (store, scan, result, &error));
  g_assert_no_error (error);
}

static CviStore *
fill_store (const char *path)
{
  CviStore *store = open_store (path);
  gint64 scan = begin_scan (store, "args", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    put_row (store, scan, &rows[i]);
  end_scan (store, scan, "finished");
  return store;
}

/* The letter before the extension of each. */
static gboolean
append_letter (CviResult *result, gpointer user_data)
{
  g_string_append_c (user_data, strrchr (result->path, '.')[-1]);
  return TRUE;
}

/* Looks at each file's newest result, then at those of scan 1. */
static void
assert_found (CviStore *store, CviStoreFilter filter, const char *expected)
{
  for (filter.scan = 0; filter.scan < 2; filter.scan++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GString) found = g_string_new (NULL);

    g_assert_true (
        cvi_store_foreach (store, &filter, append_letter, found, &error));
    g_assert_no_error (error);
    g_assert_cmpstr (found->str, ==, expected);
  }
}

#define FIND(expected, ...)                                                    \
  assert_found (store, (CviStoreFilter){ __VA_ARGS__ }, expected)
#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
test_filters (Fixture *fixture, gconstpointer data)
{
  CviStore *store = fill_store (fixture->path);

  FIND ("cabde", 0);
  FIND ("cb", .verdicts = 1u << CVI_VERDICT_CORRUPT);
  FIND ("cad",
      .verdicts = 1u << CVI_VERDICT_CORRUPT | 1u << CVI_VERDICT_HEALTHY |
                  1u << CVI_VERDICT_SUSPICIOUS,
      .max_size = 300);
  FIND ("ad", .codecs = LIST ("h264"));
  FIND ("cad", .codecs = LIST ("H.264", "vp9"));
  FIND ("cabde", .codecs = LIST ("aac"));
  FIND ("", .codecs = LIST ("mp3"));
  FIND ("ca", .containers = LIST ("Matroska"));
  FIND ("be", .containers = LIST ("ISO-BMFF", "mpegts"));
  FIND ("cd", .rules = LIST ("container::truncated", "time::gap"));
  FIND ("", .rules = LIST ("container::trunc"));
  FIND ("bde", .min_size = 300);
  FIND ("ca", .max_size = 200);
  FIND ("d", .min_size = 201, .max_size = 399);
  FIND ("cb", .min_confidence = 0.9);
  FIND ("bd", .min_damage = 0.2);
  FIND ("de", .since = 4000);
  FIND ("cab", .until = 4000);
  FIND ("bd", .since = 2000, .path_prefix = "/films");
  FIND ("d", .codecs = LIST ("h264"), .rules = LIST ("time::gap"));
  close_store (store);
}

static void
test_paths (Fixture *fixture, gconstpointer data)
{
  CviStore *store = fill_store (fixture->path);

  FIND ("abd", .path_prefix = "/films");
  FIND ("abd", .path_prefix = "/films/");
  FIND ("a", .path_prefix = "/films/a.mkv");
  FIND ("cabde", .path_prefix = "/");
  FIND ("de", .paths = LIST ("/films/sub", "/tv"));
  FIND ("abde", .paths = LIST ("/tv", "/films", "/films/a.mkv"));
  FIND ("cabde", .paths = LIST ("/tv", "/"));
  FIND ("", .paths = LIST ("/film"));
  FIND ("eba", .paths = LIST ("/films/a.mkv", "/films/b.mp4", "/tv"),
      .sort = CVI_STORE_SORT_SIZE, .descending = TRUE);
  close_store (store);
}

static void
test_sorts (Fixture *fixture, gconstpointer data)
{
  CviStore *store = fill_store (fixture->path);

  FIND ("edbac", .descending = TRUE);
  FIND ("acdbe", .sort = CVI_STORE_SORT_SIZE);
  FIND ("ebdca", .sort = CVI_STORE_SORT_SIZE, .descending = TRUE);
  FIND ("cbdea", .sort = CVI_STORE_SORT_CONFIDENCE, .descending = TRUE);
  FIND ("bdcea", .sort = CVI_STORE_SORT_DAMAGE, .descending = TRUE);
  FIND ("aecdb", .sort = CVI_STORE_SORT_DAMAGE);
  FIND ("abcde", .sort = CVI_STORE_SORT_DATE);
  FIND ("aedbc", .sort = CVI_STORE_SORT_VERDICT);
  FIND (
      "cb", .sort = CVI_STORE_SORT_CONFIDENCE, .descending = TRUE, .limit = 2);
  FIND ("ca", .limit = 2);
  FIND ("b", .sort = CVI_STORE_SORT_SIZE, .descending = TRUE,
      .path_prefix = "/films", .limit = 1);
  close_store (store);
}

static char *
count_newest (const char *path)
{
  return query_sql (path,
      "SELECT group_concat (row, ' ') FROM (SELECT r.verdict || n.result_id AS "
      "row FROM newest_results AS n JOIN results AS r ON r.id = n.result_id "
      "AND "
      "r.file_id = n.file_id AND r.verdict_bit = n.verdict_bit AND r.kind = "
      "n.kind AND "
      "r.size = n.size ORDER BY n.file_id)");
}

/* The newest results stay right whatever is done to results. */
static void
test_newest (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *sql;
    const char *newest;
  } steps[] = {
    { "SELECT 1", "corrupt2 healthy3" },
    { "UPDATE results SET verdict = 'suspicious' WHERE id = 1",
        "corrupt2 healthy3" },
    { "UPDATE results SET verdict = 'unreadable', size = 7 WHERE id = 3",
        "corrupt2 unreadable3" },
    { "PRAGMA foreign_keys = ON; DELETE FROM scans WHERE id = 2",
        "suspicious1 unreadable3" },
    { "PRAGMA foreign_keys = ON; DELETE FROM files WHERE id = 1",
        "unreadable3" },
    { "DELETE FROM results", NULL },
  };
  CviStore *store = open_store (fixture->path);
  gint64 scan = begin_scan (store, "one", NULL);
  gint64 other = begin_scan (store, "two", NULL);

  put (store, scan, "/a", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  put (store, other, "/a", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  put (store, scan, "/b", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  close_store (store);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_autofree char *newest = NULL;

    run_sql (fixture->path, steps[i].sql);
    newest = count_newest (fixture->path);
    g_assert_cmpstr (newest, ==, steps[i].newest);
  }
}

/* Many equal kinds are one row; what a codec is called cannot pass for two. */
static void
test_kinds (Fixture *fixture, gconstpointer data)
{
  Row odd = { "/odd", CVI_VERDICT_HEALTHY, NULL, "X\nVP9", 0, 1, 0, 0, 1 };
  CviStore *store = open_store (fixture->path);
  gint64 scan = begin_scan (store, "args", NULL);
  g_autofree char *kinds = NULL;

  for (guint i = 0; i < 10; i++) {
    g_autofree char *path = g_strdup_printf ("/%u", i);

    put (store, scan, path, CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  }
  put_row (store, scan, &odd);
  close_store (store);
  kinds = query_sql (fixture->path,
      "SELECT group_concat (container || ';' || replace (codecs, char (10), "
      "'+') || ';' || replace (rules, char (10), '+'), ' ') FROM kinds");
  g_assert_cmpstr (
      kinds, ==, ";H.264;container::truncated+time::gap ;AAC+X VP9;");
}

static void
assert_plan (CviStore *store, const CviStoreFilter *filter)
{
  g_autoptr (GError) error = NULL;
  g_auto (CviStoreAnswer) answer = { NULL };
  g_autofree char *explain = NULL;
  g_autoptr (CviStatement) plan = NULL;

  cvi_store_select (store, filter, &answer, &error);
  g_assert_no_error (error);
  if (answer.rows == NULL)
    return;
  explain =
      g_strconcat ("EXPLAIN QUERY PLAN ", sqlite3_sql (answer.rows), NULL);
  g_assert_cmpint (
      sqlite3_prepare_v2 (store->db, explain, -1, &plan, NULL), ==, SQLITE_OK);
  while (sqlite3_step (plan) == SQLITE_ROW) {
    const char *step = (const char *)sqlite3_column_text (plan, 3);

    g_test_message ("%s: %s", explain, step);
    /* All rows of the narrow table, all names in order, nothing else. */
    if (g_str_has_prefix (step, "SCAN"))
      g_assert_true (g_str_has_prefix (step, "SCAN c") ||
                     g_str_has_prefix (step, "SCAN f USING COVERING INDEX"));
    if (strstr (step, "results_of_scan") != NULL)
      g_assert_nonnull (strstr (step, "COVERING"));
  }
}

/* No question reads the wide rows of results other than those it gives. */
static void
test_plans (Fixture *fixture, gconstpointer data)
{
  const CviStoreFilter filters[] = { { 0 },
    { .verdicts = 1u << CVI_VERDICT_CORRUPT }, { .path_prefix = "/films" },
    { .paths = LIST ("/films/a.mkv", "/tv") }, { .codecs = LIST ("h264") },
    { .rules = LIST ("time::gap") }, { .min_size = 1, .max_size = 300 },
    { .min_confidence = 0.5, .min_damage = 0.5, .since = 1, .until = 9 } };
  CviStore *store = fill_store (fixture->path);

  for (guint i = 0; i < G_N_ELEMENTS (filters); i++) {
    for (guint n = 0; n < 2 * 2 * CVI_N_STORE_SORTS; n++) {
      CviStoreFilter filter = filters[i];

      filter.sort = n / 4;
      filter.descending = n & 1;
      filter.scan = n / 2 & 1;
      filter.limit = 100;
      assert_plan (store, &filter);
    }
  }
  close_store (store);
}

/* More than are sorted: the files are walked in order of their paths. */
static void
test_many (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (":memory:");
  gint64 scan = begin_scan (store, "args", NULL);
  CviStoreFilter filter = { .verdicts = 1u << CVI_VERDICT_HEALTHY, .limit = 3 };

  for (guint i = 0; i < 20010; i++) {
    g_autofree char *path = g_strdup_printf ("/%c.x", 'z' - (i % 26));

    if (i >= 26) {
      g_free (path);
      path = g_strdup_printf ("/many/%05u.x", i);
    }
    put (store, scan, path, CVI_MODE_QUICK, CVI_VERDICT_HEALTHY);
  }
  assert_found (store, filter, "abc");
  filter.descending = TRUE;
  assert_found (store, filter, "zyx");
  close_store (store);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/store/query/filters", test_filters);
  ADD_TEST ("/store/query/paths", test_paths);
  ADD_TEST ("/store/query/sorts", test_sorts);
  ADD_TEST ("/store/query/newest", test_newest);
  ADD_TEST ("/store/query/kinds", test_kinds);
  ADD_TEST ("/store/query/plans", test_plans);
  ADD_TEST ("/store/query/many", test_many);
  return g_test_run ();
}
