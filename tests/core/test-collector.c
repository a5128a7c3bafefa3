/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-collector.h"
#include "plugin/core/cvi-verdict.h"

#define SECOND G_GUINT64_CONSTANT (1000000000)

/* Adds a finding of @id at @start to @end. */
static const CviFinding *
add (CviCollector *collector, CviRuleId id, const char *stream, guint64 start,
    guint64 end)
{
  CviFinding *finding = cvi_finding_new (
      id, stream, "at %g s", start == CVI_NONE ? -1. : (double)start / SECOND);

  finding->start_ns = start;
  finding->end_ns = end;
  return cvi_collector_add (collector, finding);
}

static const CviFinding *
get (CviCollector *collector, guint i)
{
  return g_ptr_array_index (cvi_collector_get_findings (collector), i);
}

static void
test_near (void)
{
  g_autoptr (CviCollector) collector = cvi_collector_new ();
  const CviFinding *first = add (
      collector, CVI_RULE_DECODE_ERROR, "video/0", 10 * SECOND, 11 * SECOND);

  g_assert_nonnull (first);
  /* behind, before, within */
  g_assert_null (add (
      collector, CVI_RULE_DECODE_ERROR, "video/0", 13 * SECOND, 14 * SECOND));
  g_assert_null (add (
      collector, CVI_RULE_DECODE_ERROR, "video/0", 7 * SECOND, 8 * SECOND));
  g_assert_null (add (
      collector, CVI_RULE_DECODE_ERROR, "video/0", 12 * SECOND, 12 * SECOND));
  g_assert_cmpuint (cvi_collector_get_n_findings (collector), ==, 1);
  g_assert_cmpuint (cvi_collector_get_n_occurrences (collector), ==, 4);
  g_assert_true (get (collector, 0) == first);
  g_assert_cmpuint (first->start_ns, ==, 7 * SECOND);
  g_assert_cmpuint (first->end_ns, ==, 14 * SECOND);
  g_assert_cmpuint (first->count, ==, 4);
  g_assert_cmpstr (first->message, ==, "at 10 s");
}

static void
test_ranges (void)
{
  g_autoptr (CviCollector) collector = cvi_collector_new ();

  for (guint i = 0; i < 10; i++) {
    const CviFinding *kept = add (collector, CVI_RULE_DECODE_ERROR, "video/0",
        i * 100 * SECOND, i * 100 * SECOND);

    g_assert_true ((kept != NULL) == (i < CVI_COLLECTOR_MAX_RANGES));
  }
  g_assert_cmpuint (
      cvi_collector_get_n_findings (collector), ==, CVI_COLLECTOR_MAX_RANGES);
  g_assert_cmpuint (get (collector, 0)->count, ==, 1);
  g_assert_cmpuint (get (collector, 3)->count, ==, 7);
  g_assert_cmpuint (get (collector, 3)->start_ns, ==, 300 * SECOND);
  g_assert_cmpuint (get (collector, 3)->end_ns, ==, 900 * SECOND);
  /* an early range still takes what is near it */
  add (collector, CVI_RULE_DECODE_ERROR, "video/0", 101 * SECOND, 101 * SECOND);
  g_assert_cmpuint (get (collector, 1)->count, ==, 2);
}

static void
test_apart (void)
{
  g_autoptr (CviCollector) collector = cvi_collector_new ();
  CviFinding *info = cvi_finding_new (CVI_RULE_DECODE_ERROR, "video/0", "info");

  info->severity = CVI_SEVERITY_INFO;
  g_assert_nonnull (add (collector, CVI_RULE_DECODE_ERROR, "video/0", 0, 0));
  g_assert_nonnull (add (collector, CVI_RULE_DECODE_ERROR, "video/1", 0, 0));
  g_assert_nonnull (add (collector, CVI_RULE_DECODE_ERROR, NULL, 0, 0));
  g_assert_nonnull (add (collector, CVI_RULE_TIME_GAP, "video/0", 0, 0));
  g_assert_nonnull (cvi_collector_add (collector, info));
  g_assert_cmpuint (cvi_collector_get_n_findings (collector), ==, 5);
}

static void
test_timeless (void)
{
  g_autoptr (CviCollector) collector = cvi_collector_new ();

  add (collector, CVI_RULE_DECODE_ERROR, NULL, CVI_NONE, CVI_NONE);
  add (collector, CVI_RULE_DECODE_ERROR, NULL, CVI_NONE, CVI_NONE);
  g_assert_cmpuint (cvi_collector_get_n_findings (collector), ==, 1);
  add (collector, CVI_RULE_DECODE_ERROR, NULL, 50 * SECOND, CVI_NONE);
  g_assert_cmpuint (cvi_collector_get_n_findings (collector), ==, 2);
  /* joins the newest; a start alone became a place */
  add (collector, CVI_RULE_DECODE_ERROR, NULL, CVI_NONE, CVI_NONE);
  g_assert_cmpuint (cvi_collector_get_n_findings (collector), ==, 2);
  g_assert_cmpuint (get (collector, 0)->count, ==, 2);
  g_assert_cmpuint (get (collector, 1)->count, ==, 2);
  g_assert_cmpuint (get (collector, 1)->end_ns, ==, 50 * SECOND);
}

static void
test_certainty (void)
{
  g_autoptr (CviCollector) collector = cvi_collector_new ();
  CviFinding *sure = cvi_finding_new (CVI_RULE_TIME_GAP, NULL, "sure");

  add (collector, CVI_RULE_TIME_GAP, NULL, CVI_NONE, CVI_NONE);
  sure->certainty = 1.;
  sure->count = G_MAXUINT64;
  g_assert_null (cvi_collector_add (collector, sure));
  g_assert_cmpfloat (get (collector, 0)->certainty, ==, 1.);
  g_assert_cmpuint (get (collector, 0)->count, ==, G_MAXUINT64);
  g_assert_cmpuint (
      cvi_collector_get_n_occurrences (collector), ==, G_MAXUINT64);
}

/* A million findings of a few hundred streams. */
static void
test_bounded (void)
{
  g_autoptr (CviCollector) collector = cvi_collector_new ();
  g_autoptr (GPtrArray) findings = NULL;
  guint64 total = 0;
  guint damage = 0;

  for (guint i = 0; i < 1000000; i++) {
    char stream[32];

    g_snprintf (stream, sizeof stream, "video/%u", i % 701);
    add (collector, CVI_RULE_TIME_GAP, stream, i * SECOND, i * SECOND);
  }
  /* what comes last must still count */
  for (guint i = 0; i < 100; i++) {
    char stream[32];

    g_snprintf (stream, sizeof stream, "video/%u", 500 + i);
    add (collector, CVI_RULE_DECODE_ERROR, stream, 0, 0);
  }
  g_assert_cmpuint (cvi_collector_get_n_occurrences (collector), ==, 1000100);
  findings = cvi_collector_steal_findings (collector);
  g_assert_cmpuint (findings->len, ==, CVI_COLLECTOR_MAX_FINDINGS + 2);
  for (guint i = 0; i < findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (findings, i);

    total += finding->count;
    if (finding->rule == cvi_rule (CVI_RULE_DECODE_ERROR)) {
      g_assert_cmpuint (finding->count, ==, 100);
      g_assert_null (finding->stream);
      g_assert_cmpuint (finding->start_ns, ==, CVI_NONE);
      damage++;
    }
  }
  g_assert_cmpuint (total, ==, 1000100);
  g_assert_cmpuint (damage, ==, 1);
  g_assert_cmpint (cvi_verdict_judge (findings), ==, CVI_VERDICT_CORRUPT);
}

static void
test_steal_and_clear (void)
{
  g_autoptr (CviCollector) collector = cvi_collector_new ();

  for (guint round = 0; round < 3; round++) {
    g_autoptr (GPtrArray) findings = NULL;

    g_assert_nonnull (add (collector, CVI_RULE_TIME_GAP, NULL, 0, 0));
    g_assert_cmpuint (cvi_collector_get_n_occurrences (collector), ==, 1);
    if (round == 1) {
      cvi_collector_clear (collector);
    } else {
      findings = cvi_collector_steal_findings (collector);
      g_assert_cmpuint (findings->len, ==, 1);
    }
    g_assert_cmpuint (cvi_collector_get_n_findings (collector), ==, 0);
    g_assert_cmpuint (cvi_collector_get_n_occurrences (collector), ==, 0);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/collector/near", test_near);
  g_test_add_func ("/collector/ranges", test_ranges);
  g_test_add_func ("/collector/apart", test_apart);
  g_test_add_func ("/collector/timeless", test_timeless);
  g_test_add_func ("/collector/certainty", test_certainty);
  g_test_add_func ("/collector/bounded", test_bounded);
  g_test_add_func ("/collector/steal-and-clear", test_steal_and_clear);
  return g_test_run ();
}
