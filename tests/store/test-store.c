/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/store/fixture.h"
#include "tools/store/cvi-store-private.h"

#include <string.h>
#include <sys/stat.h>

static CviResult *
make_rich_result (void)
{
  CviResult *result =
      cvi_result_new ("/v\xff\xfe/\xc3\xa9't \"\n.mkv", CVI_MODE_FULL);
  CviStream *stream = cvi_stream_new ("video/0", "video");
  CviFinding *finding;

  result->verdict = CVI_VERDICT_CORRUPT;
  result->previous_verdict = CVI_VERDICT_SUSPICIOUS;
  result->confidence = 0.875;
  result->damage = 0.1;
  result->container = g_strdup ("matroska");
  result->size = G_MAXINT64;
  result->mtime_ns = -5;
  result->duration_ns = CVI_NONE;
  result->elapsed_s = 1.25;
  result->cpu_s = 1e-9;
  result->peak_rss_bytes = 1;
  result->rules_version = G_MAXUINT32;
  result->scanned_at = 1234567890;
  stream->codec = g_strdup ("H.264  (High)");
  stream->decoder = g_strdup ("avdec_h264");
  stream->hardware = TRUE;
  stream->frames = 1000000;
  stream->duration_ns = 0;
  stream->checked = TRUE;
  g_ptr_array_add (result->streams, stream);
  stream = cvi_stream_new ("data/0", "data");
  stream->duration_ns = CVI_NONE;
  stream->reason = g_strdup ("pas de décodeur");
  g_ptr_array_add (result->streams, stream);
  finding = cvi_finding_new (CVI_RULE_DECODE_ERROR, "video/0", "%s",
      "ошибка — 壊れた フレーム 🎞");
  finding->severity = CVI_SEVERITY_CRITICAL;
  finding->certainty = 1.0;
  finding->start_ns = 0;
  finding->end_ns = G_MAXINT64;
  finding->offset = 0;
  finding->count = G_MAXINT64;
  cvi_result_add (result, finding);
  finding = cvi_finding_new (CVI_RULE_CONTAINER_TRAILING_DATA, NULL, " ");
  finding->severity = CVI_SEVERITY_INFO;
  finding->certainty = 0;
  cvi_result_add (result, finding);
  return result;
}

static gint64
find_in_scan (CviStore *store, const CviResult *result, gint64 scan)
{
  CviStoreMatch match = { result->size, result->mtime_ns, result->mode, 0,
    scan };
  g_autoptr (GError) error = NULL;
  CviVerdict verdict;
  gint64 id = cvi_store_find_current (
      store, result->path, &match, &verdict, NULL, &error);

  g_assert_no_error (error);
  return id;
}

static gboolean
copy_result (CviResult *result, gpointer user_data)
{
  CviResult **copy = user_data;

  g_assert_null (*copy);
  *copy = cvi_result_copy (result);
  return TRUE;
}

static void
test_round_trip (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  gint64 scan = begin_scan (store, "args", NULL);
  g_autoptr (CviResult) result = make_rich_result ();
  g_autoptr (CviResult) loaded = NULL;
  CviStoreFilter filter = { scan, 0, NULL };
  g_autoptr (GError) error = NULL;

  g_assert_true (cvi_store_put (store, scan, result, &error));
  g_assert_no_error (error);
  close_store (store);

  store = open_store (fixture->path);
  g_assert_true (
      cvi_store_foreach (store, &filter, copy_result, &loaded, &error));
  g_assert_no_error (error);
  assert_results_equal (loaded, result);
  close_store (store);
}

static void
test_load (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (":memory:");
  gint64 scan = begin_scan (store, "args", NULL);
  g_autoptr (CviResult) result =
      make_result ("/a", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  g_autoptr (CviResult) loaded = NULL;
  g_autoptr (GError) error = NULL;
  gint64 id;

  g_assert_true (cvi_store_put (store, scan, result, &error));
  id = find_in_scan (store, result, scan);
  g_assert_cmpint (id, >, 0);
  loaded = cvi_store_load (store, id, &error);
  g_assert_no_error (error);
  assert_results_equal (loaded, result);
  g_assert_null (cvi_store_load (store, id + 1, &error));
  assert_store_error (error, CVI_STORE_ERROR_NOT_FOUND, ":memory:");
  close_store (store);
}

/* Values that no file has, but that a hostile one may declare. */
static void
test_huge_numbers (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (":memory:");
  gint64 scan = begin_scan (store, "args", NULL);
  g_autoptr (CviResult) result =
      make_result ("/a", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  g_autoptr (CviResult) loaded = NULL;
  g_autoptr (GError) error = NULL;

  result->duration_ns = CVI_NONE - 1;
  g_assert_true (cvi_store_put (store, scan, result, &error));
  loaded = cvi_store_load (store, find_in_scan (store, result, scan), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (loaded->duration_ns, ==, G_MAXINT64);
  close_store (store);
}

static void
test_put_refuses (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  gint64 scan = begin_scan (store, "args", NULL);
  g_autoptr (CviResult) result =
      make_result ("/b", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  g_autoptr (GError) error = NULL;
  g_autofree char *left = NULL;

  put (store, scan, "/a", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  g_assert_false (cvi_store_put (store, scan + 1, result, &error));
  assert_store_error (error, CVI_STORE_ERROR_FAILED, fixture->path);
  g_clear_error (&error);
  for (guint i = 0; i <= CVI_RESULT_MAX_STREAMS; i++)
    g_ptr_array_add (result->streams, cvi_stream_new ("data/0", "data"));
  g_assert_false (cvi_store_put (store, scan, result, &error));
  assert_store_error (error, CVI_STORE_ERROR_FAILED, fixture->path);

  /* Neither harms what was collected before or comes after. */
  put (store, scan, "/c", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  close_store (store);
  store = open_store (fixture->path);
  left = list_results (store, 0, 0, NULL);
  g_assert_cmpstr (left, ==, "/a healthy deep\n/c healthy deep\n");
  close_store (store);
}

static void
test_history (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  gint64 first = begin_scan (store, "args", NULL);
  g_autofree char *in_first = NULL;
  g_autofree char *in_second = NULL;
  g_autofree char *newest = NULL;
  gint64 second;

  put (store, first, "/a", CVI_MODE_QUICK, CVI_VERDICT_HEALTHY);
  put (store, first, "/b", CVI_MODE_QUICK, CVI_VERDICT_HEALTHY);
  /* The second result of a file in one scan replaces the first. */
  put (store, first, "/a", CVI_MODE_DEEP, CVI_VERDICT_SUSPICIOUS);
  end_scan (store, first, "finished");
  second = begin_scan (store, "args", NULL);
  g_assert_cmpint (second, >, first);
  put (store, second, "/b", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  end_scan (store, second, "finished");

  in_first = list_results (store, first, 0, NULL);
  in_second = list_results (store, second, 0, NULL);
  newest = list_results (store, 0, 0, NULL);
  g_assert_cmpstr (in_first, ==, "/a suspicious deep\n/b healthy quick\n");
  g_assert_cmpstr (in_second, ==, "/b corrupt deep\n");
  g_assert_cmpstr (newest, ==, "/a suspicious deep\n/b corrupt deep\n");
  close_store (store);
}

static void
test_replaced_leaves_nothing (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  gint64 scan = begin_scan (store, "args", NULL);
  g_autofree char *counts = NULL;

  put (store, scan, "/a", CVI_MODE_QUICK, CVI_VERDICT_CORRUPT);
  put (store, scan, "/a", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  close_store (store);
  counts = query_sql (fixture->path,
      "SELECT (SELECT count (*) FROM results) || ' ' ||"
      " (SELECT count (*) FROM streams) || ' ' ||"
      " (SELECT count (*) FROM findings)");
  g_assert_cmpstr (counts, ==, "1 2 0");
}

static void
assert_listed (
    CviStore *store, guint verdicts, const char *prefix, const char *expected)
{
  g_autofree char *text = list_results (store, 0, verdicts, prefix);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_filters (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (":memory:");
  gint64 scan = begin_scan (store, "args", NULL);
  const guint bad =
      (1u << CVI_VERDICT_CORRUPT) | (1u << CVI_VERDICT_SUSPICIOUS);

  put (store, scan, "/ab", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  put (store, scan, "/a/x", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  put (store, scan, "/a", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  put (store, scan, "/a-b/y", CVI_MODE_DEEP, CVI_VERDICT_SUSPICIOUS);
  put (store, scan, "/a/\xff\xff", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  put (store, scan, "/a0", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  put (store, scan, "/\xff/z", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  put (store, scan, "rel/a", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);

  assert_listed (store, 0, "/a",
      "/a healthy deep\n/a/x corrupt deep\n/a/\xff\xff healthy deep\n");
  assert_listed (store, 0, "/a///",
      "/a healthy deep\n/a/x corrupt deep\n/a/\xff\xff healthy deep\n");
  assert_listed (store, 0, "/a/x", "/a/x corrupt deep\n");
  assert_listed (store, 0, "/a/\xff", "");
  assert_listed (store, 0, "/\xff", "/\xff/z healthy deep\n");
  assert_listed (store, 0, "/ab", "/ab healthy deep\n");
  assert_listed (store, 0, "/a0/", "/a0 healthy deep\n");
  assert_listed (store, 0, "/b", "");
  assert_listed (store, 0, "rel", "rel/a healthy deep\n");
  assert_listed (
      store, bad, NULL, "/a-b/y suspicious deep\n/a/x corrupt deep\n");
  assert_listed (store, bad, "/a", "/a/x corrupt deep\n");
  assert_listed (
      store, bad, "/", "/a-b/y suspicious deep\n/a/x corrupt deep\n");
  assert_listed (store, 1u << CVI_VERDICT_UNREADABLE, NULL, "");
  close_store (store);
}

/* Few results are picked by an index, many by a walk; both are the same. */
static void
test_few_and_many (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  gint64 first = begin_scan (store, "first", NULL);
  gint64 second = begin_scan (store, "second", NULL);
  const guint corrupt = 1u << CVI_VERDICT_CORRUPT;
  g_autofree char *of_scan = NULL;
  g_autofree char *all = NULL;

  put (store, first, "/z/a", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  put (store, first, "/z/was", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  put (store, second, "/z/was", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  put (store, second, "/y", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  for (guint round = 0; round < 2; round++) {
    assert_listed (store, corrupt, "/z", "/z/a corrupt deep\n");
    assert_listed (store, corrupt, "/y", "/y corrupt deep\n");
    of_scan = list_results (store, first, corrupt, "/z");
    g_assert_cmpstr (of_scan, ==, "/z/a corrupt deep\n/z/was corrupt deep\n");
    g_clear_pointer (&of_scan, g_free);
    for (guint i = 0; round == 0 && i < 2500; i++) {
      g_autofree char *path = g_strdup_printf ("/many/%04u", i);

      put (store, first, path, CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
    }
  }
  all = list_results (store, 0, corrupt, NULL);
  g_assert_true (g_str_has_prefix (all, "/many/0000 corrupt deep\n"));
  g_assert_true (g_str_has_suffix (
      all, "/many/2499 corrupt deep\n/y corrupt deep\n/z/a corrupt deep\n"));
  close_store (store);
}

/* A held store shows one state; what is written ends that. */
static void
test_hold (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  gint64 scan = begin_scan (store, "args", NULL);
  CviStore *other = open_store (fixture->path);
  CviStoreMatch match = { 1000, 5000, CVI_MODE_DEEP, 0, 0 };
  CviVerdict verdict;

  cvi_store_hold (store);
  g_assert_cmpint (
      cvi_store_find_current (store, "/a", &match, &verdict, NULL, NULL), ==,
      0);
  put (other, scan, "/a", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  g_assert_true (cvi_store_flush (other, NULL));
  cvi_store_hold (store);
  g_assert_cmpint (
      cvi_store_find_current (store, "/a", &match, &verdict, NULL, NULL), ==,
      0);
  cvi_store_release (store);
  cvi_store_release (store);
  g_assert_cmpint (
      cvi_store_find_current (store, "/a", &match, &verdict, NULL, NULL), >, 0);
  cvi_store_hold (store);
  put (other, scan, "/b", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  g_assert_true (cvi_store_flush (other, NULL));
  /* On top of what is newer than the state that was held. */
  put (store, scan, "/c", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  cvi_store_hold (store);
  g_assert_cmpint (
      cvi_store_find_current (store, "/b", &match, &verdict, NULL, NULL), >, 0);
  g_assert_true (cvi_store_flush (store, NULL));
  g_assert_cmpint (
      cvi_store_find_current (other, "/c", &match, &verdict, NULL, NULL), >, 0);
  close_store (other);
  close_store (store);
}

/* The visitor stops at the second result, and writes while it visits. */
static gboolean
put_and_stop (CviResult *result, gpointer user_data)
{
  CviStore *store = user_data;

  if (g_str_equal (result->path, "/b"))
    return FALSE;
  g_assert_cmpstr (result->path, ==, "/a");
  put (store, begin_scan (store, "other", NULL), "/a", CVI_MODE_FULL,
      CVI_VERDICT_CORRUPT);
  return TRUE;
}

static void
test_foreach_stops (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  gint64 scan = begin_scan (store, "args", NULL);
  CviStoreFilter filter = { scan, 0, NULL };
  g_autoptr (GError) error = NULL;

  put (store, scan, "/a", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  put (store, scan, "/b", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  put (store, scan, "/c", CVI_MODE_DEEP, CVI_VERDICT_HEALTHY);
  g_assert_true (
      cvi_store_foreach (store, &filter, put_and_stop, store, &error));
  g_assert_no_error (error);
  assert_listed (store, 0, "/a", "/a corrupt full\n");
  close_store (store);
}

static void
test_scans (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (fixture->path);
  gint64 first = begin_scan (store, "one", NULL);
  gint64 second;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) scans = NULL;
  g_autoptr (GPtrArray) newest = NULL;
  CviScanInfo *info;

  put (store, first, "/a", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  put (store, first, "/b", CVI_MODE_DEEP, CVI_VERDICT_CORRUPT);
  put (store, first, "/c", CVI_MODE_DEEP, CVI_VERDICT_INCOMPLETE);
  g_assert_true (cvi_store_end_scan (store, first, "interrupted", 7, &error));
  second = begin_scan (store, "two", NULL);

  scans = cvi_store_list_scans (store, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (scans->len, ==, 2);
  info = g_ptr_array_index (scans, 0);
  g_assert_cmpint (info->id, ==, second);
  g_assert_cmpstr (info->status, ==, "running");
  g_assert_cmpint (info->finished_at, ==, 0);
  info = g_ptr_array_index (scans, 1);
  g_assert_cmpint (info->id, ==, first);
  g_assert_cmpstr (info->args, ==, "one");
  g_assert_cmpstr (info->roots, ==, "/roots");
  g_assert_cmpint (info->mode, ==, CVI_MODE_HYBRID);
  g_assert_cmpstr (info->status, ==, "interrupted");
  g_assert_cmpint (info->started_at, >, 0);
  g_assert_cmpint (info->finished_at, >=, info->started_at);
  g_assert_cmpuint (info->counts[CVI_VERDICT_HEALTHY], ==, 0);
  g_assert_cmpuint (info->counts[CVI_VERDICT_CORRUPT], ==, 2);
  g_assert_cmpuint (info->counts[CVI_VERDICT_INCOMPLETE], ==, 1);
  g_assert_cmpuint (info->counts[CVI_VERDICT_SKIPPED], ==, 7);
  newest = cvi_store_list_scans (store, 1, &error);
  g_assert_cmpuint (newest->len, ==, 1);
  info = g_ptr_array_index (newest, 0);
  g_assert_cmpint (info->id, ==, second);
  close_store (store);
}

static void
assert_scan_found (CviStore *store, const char *which, gint64 expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviScanInfo) info = cvi_store_find_scan (store, which, &error);

  if (expected == 0) {
    assert_store_error (error, CVI_STORE_ERROR_NOT_FOUND, ":memory:");
    g_assert_nonnull (strstr (error->message, which));
    return;
  }
  g_assert_no_error (error);
  g_assert_cmpint (info->id, ==, expected);
}

static void
test_find_scan (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (":memory:");
  g_autoptr (GError) error = NULL;
  g_autofree char *second_id = NULL;
  gint64 first, second;

  assert_scan_found (store, "latest", 0);
  first = begin_scan (store, "one", NULL);
  assert_scan_found (store, "latest", first);
  assert_scan_found (store, "previous", 0);
  second = begin_scan (store, "two", NULL);
  second_id = g_strdup_printf ("%" G_GINT64_FORMAT, second);
  assert_scan_found (store, "latest", second);
  assert_scan_found (store, "previous", first);
  assert_scan_found (store, second_id, second);
  assert_scan_found (store, "99", 0);
  assert_scan_found (store, "-1", 0);
  assert_scan_found (store, "1x", 0);
  assert_scan_found (store, "99999999999999999999", 0);

  g_assert_false (cvi_store_end_scan (store, 99, "finished", 0, &error));
  assert_store_error (error, CVI_STORE_ERROR_NOT_FOUND, ":memory:");
  g_clear_error (&error);
  g_assert_false (cvi_store_end_scan (store, first, "paused", 0, &error));
  assert_store_error (error, CVI_STORE_ERROR_FAILED, ":memory:");
  close_store (store);
}

static guint
get_mode (const char *path)
{
  struct stat info;

  g_assert_cmpint (stat (path, &info), ==, 0);
  return info.st_mode & 0777;
}

static void
test_created_private (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (fixture->folder, "n", "m", NULL);
  g_autofree char *path = g_build_filename (folder, "file:x?y.db", NULL);
  g_autofree char *wal = g_strconcat (path, "-wal", NULL);
  CviStore *store = open_store (path);

  begin_scan (store, "args", NULL);
  g_assert_cmpuint (get_mode (folder), ==, 0700);
  g_assert_cmpuint (get_mode (path), ==, 0600);
  g_assert_cmpuint (get_mode (wal), ==, 0600);
  close_store (store);
  /* A store that was closed is one file. */
  g_assert_false (g_file_test (wal, G_FILE_TEST_EXISTS));
}

static void
test_default_path (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = cvi_store_default_path ();
  g_autofree char *expected =
      g_build_filename (g_get_user_data_dir (), "cvi-gst", "results.db", NULL);

  g_assert_cmpstr (path, ==, expected);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/store/round-trip", test_round_trip);
  ADD_TEST ("/store/load", test_load);
  ADD_TEST ("/store/huge-numbers", test_huge_numbers);
  ADD_TEST ("/store/put-refuses", test_put_refuses);
  ADD_TEST ("/store/history", test_history);
  ADD_TEST ("/store/replaced-leaves-nothing", test_replaced_leaves_nothing);
  ADD_TEST ("/store/filters", test_filters);
  ADD_TEST ("/store/few-and-many", test_few_and_many);
  ADD_TEST ("/store/hold", test_hold);
  ADD_TEST ("/store/foreach-stops", test_foreach_stops);
  ADD_TEST ("/store/scans", test_scans);
  ADD_TEST ("/store/find-scan", test_find_scan);
  ADD_TEST ("/store/created-private", test_created_private);
  ADD_TEST ("/store/default-path", test_default_path);
  return g_test_run ();
}
