/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/store/fixture.h"

/* What a result stored as make_result() at NOW is found by. */
#define NOW 1700000000
static const CviStoreMatch same = { 1000, 5000, CVI_MODE_QUICK, 0, 0 };

static void
put_result (CviStore *store, gint64 scan, CviMode mode, CviVerdict verdict,
    gint64 scanned_at, guint32 rules_version)
{
  g_autoptr (CviResult) result = make_result ("/a", mode, verdict);
  g_autoptr (GError) error = NULL;

  result->scanned_at = scanned_at;
  result->rules_version = rules_version;
  g_assert_true (cvi_store_put (store, scan, result, &error));
  g_assert_no_error (error);
}

/* Returns: the scan of the result that was found, 0 for none. */
static gint64
find (CviStore *store, const CviStoreMatch *match, CviVerdict *verdict)
{
  g_autoptr (GError) error = NULL;
  CviVerdict unused;
  gint64 scan = 0;
  gint64 id = cvi_store_find_current (
      store, "/a", match, verdict != NULL ? verdict : &unused, &scan, &error);

  g_assert_no_error (error);
  g_assert_cmpint (id, >=, 0);
  g_assert_true ((id == 0) == (scan == 0));
  return scan;
}

static void
test_file_changes (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (":memory:");
  gint64 scan = begin_scan (store, "one", NULL);
  CviStoreMatch match = same;
  CviVerdict verdict = CVI_VERDICT_HEALTHY;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (find (store, &same, NULL), ==, 0);
  put_result (
      store, scan, CVI_MODE_QUICK, CVI_VERDICT_CORRUPT, NOW, CVI_RULES_VERSION);
  g_assert_cmpint (find (store, &same, &verdict), ==, scan);
  g_assert_cmpint (verdict, ==, CVI_VERDICT_CORRUPT);
  match.size = 1001;
  g_assert_cmpint (find (store, &match, NULL), ==, 0);
  match = same;
  match.mtime_ns = 5001;
  g_assert_cmpint (find (store, &match, NULL), ==, 0);
  g_assert_cmpint (
      cvi_store_find_current (store, "/a/", &same, &verdict, NULL, &error), ==,
      0);
  g_assert_no_error (error);
  close_store (store);
}

static void
test_modes (Fixture *fixture, gconstpointer data)
{
  static const CviMode by_strength[] = { CVI_MODE_QUICK, CVI_MODE_HYBRID,
    CVI_MODE_DEEP, CVI_MODE_FULL };

  for (guint stored = 0; stored < 4; stored++) {
    CviStore *store = open_store (":memory:");
    gint64 scan = begin_scan (store, "one", NULL);

    put_result (store, scan, by_strength[stored], CVI_VERDICT_HEALTHY, NOW,
        CVI_RULES_VERSION);
    for (guint asked = 0; asked < 4; asked++) {
      CviStoreMatch match = same;

      match.mode = by_strength[asked];
      g_assert_cmpint (
          find (store, &match, NULL), ==, stored >= asked ? scan : 0);
    }
    close_store (store);
  }
}

static void
test_rules_and_age (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (":memory:");
  gint64 scan = begin_scan (store, "one", NULL);
  CviStoreMatch match = same;

  put_result (store, scan, CVI_MODE_QUICK, CVI_VERDICT_HEALTHY, NOW,
      CVI_RULES_VERSION + 1);
  g_assert_cmpint (find (store, &same, NULL), ==, 0);
  match.scan = scan;
  g_assert_cmpint (find (store, &match, NULL), ==, 0);
  put_result (
      store, scan, CVI_MODE_QUICK, CVI_VERDICT_HEALTHY, NOW, CVI_RULES_VERSION);
  match = same;
  match.not_before = NOW;
  g_assert_cmpint (find (store, &match, NULL), ==, scan);
  match.not_before = NOW + 1;
  g_assert_cmpint (find (store, &match, NULL), ==, 0);
  /* Within one scan, age does not count. */
  match.scan = scan;
  g_assert_cmpint (find (store, &match, NULL), ==, scan);
  close_store (store);
}

static void
test_verdicts (Fixture *fixture, gconstpointer data)
{
  for (CviVerdict verdict = 0; verdict < CVI_N_VERDICTS; verdict++) {
    CviStore *store = open_store (":memory:");
    gint64 scan = begin_scan (store, "one", NULL);
    gint64 other = begin_scan (store, "two", NULL);
    gboolean conclusive = verdict != CVI_VERDICT_INCOMPLETE &&
                          verdict != CVI_VERDICT_UNREADABLE &&
                          verdict != CVI_VERDICT_SKIPPED;
    CviStoreMatch match = same;

    put_result (store, scan, CVI_MODE_QUICK, verdict, NOW, CVI_RULES_VERSION);
    g_assert_cmpint (find (store, &match, NULL), ==, conclusive ? scan : 0);
    match.scan = scan;
    g_assert_cmpint (find (store, &match, NULL), ==,
        verdict != CVI_VERDICT_SKIPPED ? scan : 0);
    match.scan = other;
    g_assert_cmpint (find (store, &match, NULL), ==, 0);
    close_store (store);
  }
}

/* An older, stronger result serves only as long as nothing speaks against
 * it. */
static void
test_older_results (Fixture *fixture, gconstpointer data)
{
  CviStore *store = open_store (":memory:");
  gint64 first = begin_scan (store, "one", NULL);
  gint64 second = begin_scan (store, "two", NULL);
  CviStoreMatch deep = same;
  CviStoreMatch in_first = same;
  CviVerdict verdict;

  deep.mode = CVI_MODE_DEEP;
  in_first.scan = first;
  put_result (store, first, CVI_MODE_DEEP, CVI_VERDICT_SUSPICIOUS, NOW,
      CVI_RULES_VERSION);
  put_result (store, second, CVI_MODE_QUICK, CVI_VERDICT_HEALTHY, NOW,
      CVI_RULES_VERSION);
  g_assert_cmpint (find (store, &same, &verdict), ==, second);
  g_assert_cmpint (verdict, ==, CVI_VERDICT_HEALTHY);
  g_assert_cmpint (find (store, &deep, &verdict), ==, first);
  g_assert_cmpint (verdict, ==, CVI_VERDICT_SUSPICIOUS);

  put_result (store, second, CVI_MODE_QUICK, CVI_VERDICT_CORRUPT, NOW,
      CVI_RULES_VERSION);
  g_assert_cmpint (find (store, &deep, NULL), ==, 0);
  put_result (store, second, CVI_MODE_DEEP, CVI_VERDICT_UNREADABLE, NOW,
      CVI_RULES_VERSION);
  g_assert_cmpint (find (store, &deep, NULL), ==, 0);
  put_result (store, second, CVI_MODE_DEEP, CVI_VERDICT_HEALTHY, NOW,
      CVI_RULES_VERSION + 1);
  g_assert_cmpint (find (store, &deep, NULL), ==, 0);
  /* A scan that is resumed looks at its own results only. */
  g_assert_cmpint (find (store, &in_first, NULL), ==, first);
  close_store (store);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/store/current/file-changes", test_file_changes);
  ADD_TEST ("/store/current/modes", test_modes);
  ADD_TEST ("/store/current/rules-and-age", test_rules_and_age);
  ADD_TEST ("/store/current/verdicts", test_verdicts);
  ADD_TEST ("/store/current/older-results", test_older_results);
  return g_test_run ();
}
