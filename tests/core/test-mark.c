/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-mark.h"
#include "plugin/core/cvi-verdict.h"

static GPtrArray *
marks_of (const char *rule, const char *other)
{
  GPtrArray *marks =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_mark_free);

  if (rule)
    g_ptr_array_add (marks, cvi_mark_new (CVI_MARK_IGNORE, rule, "why", 5));
  if (other)
    g_ptr_array_add (marks, cvi_mark_new (CVI_MARK_HEALTHY, other, "so", 6));
  return marks;
}

/* What the verdict counts as, by which rules it has and which are marked. */
static void
test_rules (void)
{
  static const struct {
    CviRuleId found[2];
    const char *marked[2];
    CviVerdict counts_as;
    gboolean has_mark;
  } rows[] = {
    { { CVI_RULE_TIME_GAP, CVI_RULE_DECODE_ERROR }, { NULL, NULL },
        CVI_VERDICT_CORRUPT, FALSE },
    { { CVI_RULE_TIME_GAP, CVI_RULE_DECODE_ERROR }, { "decode::error", NULL },
        CVI_VERDICT_SUSPICIOUS, TRUE },
    { { CVI_RULE_TIME_GAP, CVI_RULE_DECODE_ERROR },
        { "decode::error", "time::gap" }, CVI_VERDICT_HEALTHY, TRUE },
    /* It would not change the verdict: nothing to tell. */
    { { CVI_RULE_TIME_GAP, CVI_RULE_DECODE_ERROR }, { "time::gap", NULL },
        CVI_VERDICT_CORRUPT, FALSE },
    { { CVI_RULE_STREAM_ENCRYPTED, CVI_RULE_STREAM_ENCRYPTED },
        { "stream::encrypted", NULL }, CVI_VERDICT_HEALTHY, TRUE },
    /* What was not checked cannot be marked away. */
    { { CVI_RULE_IO_ERROR, CVI_RULE_TIME_GAP }, { "io::error", NULL },
        CVI_VERDICT_UNREADABLE, FALSE },
    { { CVI_RULE_PROCESS_CRASHED, CVI_RULE_TIME_GAP },
        { "process::crashed", "time::gap" }, CVI_VERDICT_INCOMPLETE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CviResult) result = cvi_result_new ("/a", CVI_MODE_DEEP);
    g_autoptr (GPtrArray) marks =
        marks_of (rows[i].marked[0], rows[i].marked[1]);
    CviVerdict verdict;

    for (guint k = 0; k < 2; k++)
      cvi_result_add (result, cvi_finding_new (rows[i].found[k], NULL, "x"));
    cvi_result_judge (result);
    verdict = result->verdict;
    cvi_result_apply_marks (result, NULL, marks);
    g_assert_cmpint (result->verdict, ==, verdict);
    g_assert_cmpint (cvi_result_counts_as (result), ==, rows[i].counts_as);
    g_assert_true ((result->mark != NULL) == rows[i].has_mark);
  }
}

static void
test_file (void)
{
  g_autoptr (CviResult) result = cvi_result_new ("/a", CVI_MODE_DEEP);
  g_autoptr (CviResult) copy = NULL;
  g_autoptr (GPtrArray) marks = marks_of ("decode::error", NULL);
  g_autoptr (CviMark) healthy =
      cvi_mark_new (CVI_MARK_HEALTHY, NULL, "seen it", 7);
  g_autoptr (CviMark) ignore = cvi_mark_new (CVI_MARK_IGNORE, NULL, "old", 8);

  cvi_result_add (result, cvi_finding_new (CVI_RULE_DECODE_ERROR, NULL, "x"));
  cvi_result_judge (result);
  /* A skipped file stands for what was stored. */
  result->verdict = CVI_VERDICT_SKIPPED;
  g_assert_cmpint (cvi_result_counts_as (result), ==, CVI_VERDICT_CORRUPT);
  cvi_result_apply_marks (result, healthy, marks);
  g_assert_cmpint (cvi_result_counts_as (result), ==, CVI_VERDICT_HEALTHY);
  g_assert_cmpstr (result->mark->reason, ==, "seen it");
  copy = cvi_result_copy (result);
  g_assert_cmpint (copy->mark->marked_at, ==, 7);
  cvi_result_apply_marks (result, ignore, NULL);
  g_assert_cmpint (cvi_result_counts_as (result), ==, CVI_VERDICT_SKIPPED);
  cvi_result_apply_marks (result, NULL, NULL);
  g_assert_null (result->mark);
}

/* Rot leaves size and time, by which marks hold, as they were. */
static void
test_rot (void)
{
  static const struct {
    CviRuleId found;
    gint64 scanned_at;
    gboolean holds;
  } rows[] = {
    { CVI_RULE_FIXITY_CHANGED, 11, FALSE },
    { CVI_RULE_FIXITY_CHANGED, 10, TRUE },
    { CVI_RULE_DECODE_ERROR, 11, TRUE },
  };
  g_autoptr (CviMark) mark = cvi_mark_new (CVI_MARK_HEALTHY, NULL, "why", 10);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CviResult) result = cvi_result_new ("/a", CVI_MODE_DEEP);

    cvi_result_add (result, cvi_finding_new (rows[i].found, NULL, "x"));
    cvi_result_judge (result);
    result->scanned_at = rows[i].scanned_at;
    cvi_result_apply_marks (result, mark, NULL);
    g_assert_cmpint (result->mark != NULL, ==, rows[i].holds);
  }
}

static void
test_names (void)
{
  CviMarkKind kind;

  g_assert_true (cvi_mark_kind_from_string ("healthy", &kind));
  g_assert_cmpstr (cvi_mark_kind_to_string (kind), ==, "healthy");
  g_assert_true (cvi_mark_kind_from_string ("ignore", &kind));
  g_assert_cmpstr (cvi_mark_kind_to_string (kind), ==, "ignore");
  g_assert_false (cvi_mark_kind_from_string ("corrupt", &kind));
  g_assert_false (cvi_mark_kind_from_string (NULL, &kind));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mark/rules", test_rules);
  g_test_add_func ("/mark/file", test_file);
  g_test_add_func ("/mark/rot", test_rot);
  g_test_add_func ("/mark/names", test_names);
  return g_test_run ();
}
