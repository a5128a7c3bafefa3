/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-finding.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static void
test_new (void)
{
  g_autoptr (CviFinding) finding =
      cvi_finding_new (CVI_RULE_TIME_GAP, "video/0", "%d frames", 3);

  g_assert_true (finding->rule == cvi_rule (CVI_RULE_TIME_GAP));
  g_assert_cmpint (finding->severity, ==, CVI_SEVERITY_WARNING);
  g_assert_cmpfloat (finding->certainty, ==, finding->rule->certainty);
  g_assert_cmpstr (finding->stream, ==, "video/0");
  g_assert_cmpuint (finding->start_ns, ==, CVI_NONE);
  g_assert_cmpuint (finding->end_ns, ==, CVI_NONE);
  g_assert_cmpuint (finding->offset, ==, CVI_NONE);
  g_assert_cmpuint (finding->count, ==, 1);
  g_assert_cmpstr (finding->message, ==, "3 frames");
}

static const struct {
  const char *text;
  gssize len;
  gsize max;
  const char *wanted;
} texts[] = {
  { "plain", -1, 100, "plain" },
  { "", -1, 100, "" },
  { " \t two \r\n\n words  ", -1, 100, "two words" },
  { "\x1b[31mred\x7f", -1, 100, "[31mred" },
  { "a\xc2\x85"
    "b",
      -1, 100, "a b" },
  { "nul\0inside", 10, 100, "nul inside" },
  { "bad \xff\xfe end", -1, 100, "bad \xef\xbf\xbd\xef\xbf\xbd end" },
  { "cut \xe2\x82", -1, 100, "cut \xef\xbf\xbd\xef\xbf\xbd" },
  { "overlong \xc0\xaf", -1, 100, "overlong \xef\xbf\xbd\xef\xbf\xbd" },
  { "\xed\xa0\x80", -1, 100, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
  { "right\xe2\x80\xaeto\xe2\x80\x8fleft\xe2\x81\xa6.", -1, 100,
      "right to left ." },
  { "line\xe2\x80\xa8line", -1, 100, "line line" },
  { "12345", -1, 3, "123" },
  { "12345", -1, 0, "" },
  { "12\xe2\x82\xac", -1, 4, "12" },
  { "12\xe2\x82\xac", -1, 5, "12\xe2\x82\xac" },
  { "12 45", -1, 3, "12" },
};

static void
test_sanitise (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *text =
        cvi_sanitise_text (texts[i].text, texts[i].len, texts[i].max);

    g_assert_cmpstr (text, ==, texts[i].wanted);
  }
}

static void
test_sanitise_random (void)
{
  for (guint i = 0; i < 20000; i++) {
    char bytes[64];
    gsize length = (gsize)g_test_rand_int_range (0, sizeof bytes);
    gsize max = (gsize)g_test_rand_int_range (0, 80);
    g_autofree char *text = NULL;

    for (gsize k = 0; k < length; k++)
      bytes[k] = (char)g_test_rand_int_range (0, 256);
    text = cvi_sanitise_text (bytes, (gssize)length, max);
    g_assert_true (g_utf8_validate (text, -1, NULL));
    g_assert_cmpuint (strlen (text), <=, max);
    for (const char *p = text; *p; p = g_utf8_next_char (p))
      g_assert_false (g_unichar_iscntrl (g_utf8_get_char (p)));
  }
}

static void
test_long_message (void)
{
  g_autofree char *hostile = g_strnfill (100000, '\xc3');
  g_autoptr (CviFinding) finding =
      cvi_finding_new (CVI_RULE_DECODE_ERROR, NULL, "%s", hostile);

  g_assert_cmpuint (strlen (finding->message), <=, CVI_FINDING_MAX_MESSAGE);
  g_assert_cmpuint (strlen (finding->message), >, CVI_FINDING_MAX_MESSAGE - 4);
  g_assert_true (g_utf8_validate (finding->message, -1, NULL));
}

static void
assert_same (const CviFinding *a, const CviFinding *b)
{
  g_assert_true (a->rule == b->rule);
  g_assert_cmpint (a->severity, ==, b->severity);
  g_assert_cmpfloat (a->certainty, ==, b->certainty);
  g_assert_cmpstr (a->stream, ==, b->stream);
  g_assert_cmpuint (a->start_ns, ==, b->start_ns);
  g_assert_cmpuint (a->end_ns, ==, b->end_ns);
  g_assert_cmpuint (a->offset, ==, b->offset);
  g_assert_cmpuint (a->count, ==, b->count);
  g_assert_cmpstr (a->message, ==, b->message);
}

static void
test_round_trip (void)
{
  for (guint i = 0; i < CVI_N_RULES; i++) {
    g_autoptr (CviFinding) finding = cvi_finding_new (
        (CviRuleId)i, i % 2 ? "audio/1" : NULL, "r\xc3\xa9sum\xc3\xa9 %u", i);
    g_autoptr (CviFinding) copy = NULL;
    g_autoptr (CviFinding) back = NULL;
    g_autoptr (GVariant) variant = NULL;
    g_autoptr (GError) error = NULL;

    finding->severity = (CviSeverity)(i % 4);
    finding->certainty = i % 3 / 2.;
    if (i % 4 > 0)
      finding->start_ns = i * 1000;
    if (i % 4 > 1)
      finding->end_ns = i * 2000;
    finding->offset = G_MAXUINT64 - i;
    finding->count = i + 1;
    copy = cvi_finding_copy (finding);
    assert_same (copy, finding);
    variant = g_variant_ref_sink (cvi_finding_to_variant (finding));
    g_assert_true (
        g_variant_is_of_type (variant, G_VARIANT_TYPE (CVI_FINDING_VARIANT)));
    back = cvi_finding_from_variant (variant, &error);
    g_assert_no_error (error);
    assert_same (back, finding);
  }
}

static const struct {
  const char *id;
  guint8 severity;
  double certainty;
  guint64 start;
  guint64 end;
  guint64 count;
  gboolean valid;
} hostile[] = {
  { "time::gap", 1, 0.5, 1, 2, 1, TRUE },
  { "time::gap", 0, 0., CVI_NONE, CVI_NONE, G_MAXUINT64, TRUE },
  { "time::gap", 3, 1., 0, CVI_NONE, 1, TRUE },
  { "time::gap", 3, 1., 7, 7, 1, TRUE },
  { "time::gap", 4, 0.5, 1, 2, 1, FALSE },
  { "time::gap", 255, 0.5, 1, 2, 1, FALSE },
  { "time::gap", 1, 1.01, 1, 2, 1, FALSE },
  { "time::gap", 1, -0.01, 1, 2, 1, FALSE },
  { "time::gap", 1, (double)NAN, 1, 2, 1, FALSE },
  { "time::gap", 1, (double)INFINITY, 1, 2, 1, FALSE },
  { "time::gap", 1, 0.5, 2, 1, 1, FALSE },
  { "time::gap", 1, 0.5, CVI_NONE, 1, 1, FALSE },
  { "time::gap", 1, 0.5, 1, 2, 0, FALSE },
  { "time::gaps", 1, 0.5, 1, 2, 1, FALSE },
  { "", 1, 0.5, 1, 2, 1, FALSE },
};

static void
test_hostile (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++) {
    g_autoptr (GVariant) variant =
        g_variant_ref_sink (g_variant_new (CVI_FINDING_VARIANT, hostile[i].id,
            hostile[i].severity, hostile[i].certainty, "a\nb", hostile[i].start,
            hostile[i].end, CVI_NONE, hostile[i].count, "evil\033[2J"));
    g_autoptr (GError) error = NULL;
    g_autoptr (CviFinding) finding = cvi_finding_from_variant (variant, &error);

    g_test_message ("row %u", i);
    if (hostile[i].valid) {
      g_assert_no_error (error);
      g_assert_cmpstr (finding->message, ==, "evil [2J");
      g_assert_cmpstr (finding->stream, ==, "a b");
    } else {
      g_assert_null (finding);
      g_assert_error (error, CVI_CORE_ERROR, CVI_CORE_ERROR_INVALID);
    }
  }
}

static void
test_errno (void)
{
  static const struct {
    int errnum;
    CviRuleId rule;
  } rows[] = {
    { ENOENT, CVI_RULE_IO_VANISHED },
    { ENOTDIR, CVI_RULE_IO_VANISHED },
    { ESTALE, CVI_RULE_IO_ERROR },
    { ENODEV, CVI_RULE_IO_ERROR },
    { ENXIO, CVI_RULE_IO_ERROR },
    { EREMOTEIO, CVI_RULE_IO_ERROR },
    { EHOSTDOWN, CVI_RULE_IO_ERROR },
    { EACCES, CVI_RULE_IO_PERMISSION },
    { EPERM, CVI_RULE_IO_PERMISSION },
    { ELOOP, CVI_RULE_IO_PERMISSION },
    { EIO, CVI_RULE_IO_ERROR },
    { ETIMEDOUT, CVI_RULE_IO_ERROR },
    { 0, CVI_RULE_IO_ERROR },
    { 123456, CVI_RULE_IO_ERROR },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CviFinding) finding = cvi_finding_from_errno (rows[i].errnum);

    g_test_message ("errno %d", rows[i].errnum);
    g_assert_true (finding->rule == cvi_rule (rows[i].rule));
    g_assert_cmpstr (finding->message, !=, "");
    g_assert_null (finding->stream);
  }
}

static void
test_damage (void)
{
  g_autoptr (CviFinding) media =
      cvi_finding_new (CVI_RULE_DECODE_ERROR, NULL, "x");
  g_autoptr (CviFinding) process =
      cvi_finding_new (CVI_RULE_PROCESS_CRASHED, NULL, "x");

  g_assert_true (cvi_finding_is_damage (media));
  media->severity = CVI_SEVERITY_CRITICAL;
  g_assert_true (cvi_finding_is_damage (media));
  media->severity = CVI_SEVERITY_WARNING;
  g_assert_false (cvi_finding_is_damage (media));
  g_assert_cmpint (process->severity, ==, CVI_SEVERITY_CRITICAL);
  g_assert_false (cvi_finding_is_damage (process));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/finding/new", test_new);
  g_test_add_func ("/finding/sanitise", test_sanitise);
  g_test_add_func ("/finding/sanitise-random", test_sanitise_random);
  g_test_add_func ("/finding/long-message", test_long_message);
  g_test_add_func ("/finding/round-trip", test_round_trip);
  g_test_add_func ("/finding/hostile", test_hostile);
  g_test_add_func ("/finding/errno", test_errno);
  g_test_add_func ("/finding/damage", test_damage);
  return g_test_run ();
}
