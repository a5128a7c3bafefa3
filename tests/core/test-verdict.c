/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-verdict.h"

#define MSECOND G_GUINT64_CONSTANT (1000000)
#define SECOND (1000 * MSECOND)
#define WHOLE CVI_NONE
#define NO_MORE CVI_N_RULES

/* Rules as they stand in the table. */
static const struct {
  CviRuleId rules[4];
  CviVerdict verdict;
} cases[] = {
  { { NO_MORE }, CVI_VERDICT_HEALTHY },
  { { CVI_RULE_DECODE_ERROR, NO_MORE }, CVI_VERDICT_CORRUPT },
  { { CVI_RULE_CONTAINER_TRUNCATED, NO_MORE }, CVI_VERDICT_CORRUPT },
  { { CVI_RULE_FIXITY_CHANGED, NO_MORE }, CVI_VERDICT_CORRUPT },
  { { CVI_RULE_TIME_GAP, NO_MORE }, CVI_VERDICT_SUSPICIOUS },
  { { CVI_RULE_CONTENT_BLACK, NO_MORE }, CVI_VERDICT_HEALTHY },
  { { CVI_RULE_PROCESS_CRASHED, NO_MORE }, CVI_VERDICT_INCOMPLETE },
  { { CVI_RULE_PROCESS_SANDBOX, NO_MORE }, CVI_VERDICT_INCOMPLETE },
  { { CVI_RULE_IO_ERROR, NO_MORE }, CVI_VERDICT_UNREADABLE },
  { { CVI_RULE_STREAM_UNSUPPORTED, NO_MORE }, CVI_VERDICT_UNSUPPORTED },
  { { CVI_RULE_STREAM_ENCRYPTED, NO_MORE }, CVI_VERDICT_UNSUPPORTED },
  /* each step of the order, the weaker first */
  { { CVI_RULE_STREAM_UNSUPPORTED, CVI_RULE_TIME_GAP, NO_MORE },
      CVI_VERDICT_SUSPICIOUS },
  { { CVI_RULE_TIME_GAP, CVI_RULE_PROCESS_STALLED, NO_MORE },
      CVI_VERDICT_INCOMPLETE },
  { { CVI_RULE_PROCESS_STALLED, CVI_RULE_DECODE_ERROR, NO_MORE },
      CVI_VERDICT_CORRUPT },
  { { CVI_RULE_DECODE_ERROR, CVI_RULE_IO_VANISHED, NO_MORE },
      CVI_VERDICT_UNREADABLE },
  { { CVI_RULE_IO_PERMISSION, CVI_RULE_DECODE_ERROR, CVI_RULE_TIME_GAP,
        CVI_RULE_PROCESS_CRASHED },
      CVI_VERDICT_UNREADABLE },
};

static CviResult *
make_result (void)
{
  return cvi_result_new ("/a", CVI_MODE_DEEP);
}

static CviFinding *
add (CviResult *result, CviRuleId id, guint64 start, guint64 end)
{
  CviFinding *finding = cvi_finding_new (id, "video/0", "x");

  finding->start_ns = start;
  finding->end_ns = end;
  cvi_result_add (result, finding);
  return finding;
}

static void
test_policy (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (CviResult) result = make_result ();

    for (guint k = 0; k < 4 && cases[i].rules[k] != NO_MORE; k++)
      add (result, cases[i].rules[k], WHOLE, WHOLE);
    g_test_message ("case %u", i);
    g_assert_cmpint (
        cvi_verdict_judge (result->findings), ==, cases[i].verdict);
    cvi_result_judge (result);
    g_assert_cmpint (result->verdict, ==, cases[i].verdict);
    g_assert_cmpint (result->previous_verdict, ==, cases[i].verdict);
  }
}

/* An info finding never counts, whatever its class; the finding's severity
 * decides, not the rule's. */
static void
test_severity (void)
{
  for (guint i = 0; i < CVI_N_RULES; i++) {
    g_autoptr (CviResult) result = make_result ();

    add (result, (CviRuleId)i, WHOLE, WHOLE)->severity = CVI_SEVERITY_INFO;
    g_assert_cmpint (
        cvi_verdict_judge (result->findings), ==, CVI_VERDICT_HEALTHY);
  }
  for (guint i = 0; i <= CVI_SEVERITY_CRITICAL; i++) {
    static const CviVerdict wanted[] = { CVI_VERDICT_HEALTHY,
      CVI_VERDICT_SUSPICIOUS, CVI_VERDICT_CORRUPT, CVI_VERDICT_CORRUPT };
    g_autoptr (CviResult) result = make_result ();

    add (result, CVI_RULE_TIME_GAP, WHOLE, WHOLE)->severity = (CviSeverity)i;
    g_assert_cmpint (cvi_verdict_judge (result->findings), ==, wanted[i]);
  }
}

static void
test_confidence (void)
{
  g_autoptr (CviResult) result = make_result ();

  cvi_result_judge (result);
  g_assert_cmpfloat (result->confidence, ==, 0.);
  add (result, CVI_RULE_TIME_GAP, WHOLE, WHOLE)->certainty = 0.5;
  add (result, CVI_RULE_TIME_OVERLAP, WHOLE, WHOLE)->certainty = 0.75;
  add (result, CVI_RULE_CONTENT_BLACK, WHOLE, WHOLE)->certainty = 1.;
  cvi_result_judge (result);
  g_assert_cmpfloat (result->confidence, ==, 0.75);
  /* only what made the file corrupt */
  add (result, CVI_RULE_DECODE_ERROR, WHOLE, WHOLE)->certainty = 0.25;
  cvi_result_judge (result);
  g_assert_cmpint (result->verdict, ==, CVI_VERDICT_CORRUPT);
  g_assert_cmpfloat (result->confidence, ==, 0.25);
  /* a failing disk is no evidence */
  add (result, CVI_RULE_IO_ERROR, WHOLE, WHOLE);
  cvi_result_judge (result);
  g_assert_cmpfloat (result->confidence, ==, 0.);
}

typedef struct {
  CviRuleId rule;
  guint64 start;
  guint64 end;
} Span;

/* Of a file of 100 s. */
static const struct {
  Span spans[4];
  double damage;
} shares[] = {
  { { { NO_MORE } }, 0. },
  { { { CVI_RULE_DECODE_ERROR, 10 * SECOND, 20 * SECOND }, { NO_MORE } }, 0.1 },
  /* a union */
  { { { CVI_RULE_DECODE_ERROR, 10 * SECOND, 20 * SECOND },
        { CVI_RULE_TIME_GAP, 15 * SECOND, 30 * SECOND },
        { CVI_RULE_DECODE_CONCEALED, 12 * SECOND, 13 * SECOND },
        { CVI_RULE_DECODE_ERROR, 50 * SECOND, 60 * SECOND } },
      0.3 },
  /* a place counts 40 ms, a length what it is */
  { { { CVI_RULE_DECODE_ERROR, 0, 0 },
        { CVI_RULE_DECODE_ERROR, 50 * SECOND, 50 * SECOND + 10 * MSECOND },
        { NO_MORE } },
      0.0005 },
  { { { CVI_RULE_DECODE_ERROR, 50 * SECOND, CVI_NONE }, { NO_MORE } }, 0.0004 },
  /* beyond the end */
  { { { CVI_RULE_DECODE_ERROR, 90 * SECOND, 500 * SECOND }, { NO_MORE } },
      0.1 },
  { { { CVI_RULE_DECODE_ERROR, 400 * SECOND, 500 * SECOND }, { NO_MORE } },
      0. },
  { { { CVI_RULE_DECODE_ERROR, CVI_NONE - 1, CVI_NONE - 1 }, { NO_MORE } },
      0. },
  { { { CVI_RULE_DECODE_ERROR, 0, CVI_NONE - 1 }, { NO_MORE } }, 1. },
  /* no damage */
  { { { CVI_RULE_CONTENT_BLACK, 0, 50 * SECOND },
        { CVI_RULE_PROCESS_STALLED, 0, 50 * SECOND },
        { CVI_RULE_DECODE_ERROR, WHOLE, WHOLE }, { NO_MORE } },
      0. },
};

static void
test_damage (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (shares); i++) {
    g_autoptr (CviResult) result = make_result ();

    for (guint k = 0; k < 4 && shares[i].spans[k].rule != NO_MORE; k++)
      add (result, shares[i].spans[k].rule, shares[i].spans[k].start,
          shares[i].spans[k].end);
    result->duration_ns = 100 * SECOND;
    cvi_result_judge (result);
    g_test_message ("case %u: %g", i, result->damage);
    g_assert_cmpfloat_with_epsilon (result->damage, shares[i].damage, 1e-9);
    result->duration_ns = CVI_NONE;
    cvi_result_judge (result);
    g_assert_cmpfloat (result->damage, ==, 0.);
    result->duration_ns = 0;
    cvi_result_judge (result);
    g_assert_cmpfloat (result->damage, ==, 0.);
  }
}

/* Critical and of the whole file: all of it, known duration or not. */
static void
test_damage_whole (void)
{
  g_autoptr (CviResult) result = make_result ();
  CviFinding *finding =
      add (result, CVI_RULE_CONTAINER_UNRECOGNISED, WHOLE, WHOLE);

  g_clear_pointer (&finding->stream, g_free);
  cvi_result_judge (result);
  g_assert_cmpfloat (result->damage, ==, 1.);
  finding->stream = g_strdup ("video/0");
  cvi_result_judge (result);
  g_assert_cmpfloat (result->damage, ==, 0.);
}

static void
test_exit_code (void)
{
  static const struct {
    guint verdicts;
    guint fail_on;
    int code;
  } rows[] = {
    { 0, CVI_FAIL_ON_DEFAULT, 0 },
    { 1u << CVI_VERDICT_HEALTHY | 1u << CVI_VERDICT_SKIPPED,
        CVI_FAIL_ON_DEFAULT, 0 },
    { 1u << CVI_VERDICT_HEALTHY | 1u << CVI_VERDICT_SKIPPED, G_MAXUINT, 0 },
    { 1u << CVI_VERDICT_CORRUPT, CVI_FAIL_ON_DEFAULT, 1 },
    { (1u << CVI_N_VERDICTS) - 1, CVI_FAIL_ON_DEFAULT, 1 },
    { 1u << CVI_VERDICT_SUSPICIOUS | 1u << CVI_VERDICT_UNREADABLE,
        CVI_FAIL_ON_DEFAULT, 3 },
    { 1u << CVI_VERDICT_INCOMPLETE, CVI_FAIL_ON_DEFAULT, 4 },
    { 1u << CVI_VERDICT_UNREADABLE, CVI_FAIL_ON_DEFAULT, 4 },
    { 1u << CVI_VERDICT_UNSUPPORTED, CVI_FAIL_ON_DEFAULT, 4 },
    { (1u << CVI_N_VERDICTS) - 1, 0, 0 },
    { (1u << CVI_N_VERDICTS) - 1, 1u << CVI_VERDICT_SUSPICIOUS, 3 },
    { (1u << CVI_N_VERDICTS) - 1, 1u << CVI_VERDICT_UNSUPPORTED, 4 },
    { 1u << CVI_VERDICT_SUSPICIOUS, 1u << CVI_VERDICT_CORRUPT, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    guint64 counts[CVI_N_VERDICTS];

    for (guint k = 0; k < CVI_N_VERDICTS; k++)
      counts[k] = rows[i].verdicts & 1u << k ? 5 : 0;
    g_test_message ("row %u", i);
    g_assert_cmpint (
        cvi_verdict_exit_code (counts, rows[i].fail_on), ==, rows[i].code);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/verdict/policy", test_policy);
  g_test_add_func ("/verdict/severity", test_severity);
  g_test_add_func ("/verdict/confidence", test_confidence);
  g_test_add_func ("/verdict/damage", test_damage);
  g_test_add_func ("/verdict/damage-whole", test_damage_whole);
  g_test_add_func ("/verdict/exit-code", test_exit_code);
  return g_test_run ();
}
