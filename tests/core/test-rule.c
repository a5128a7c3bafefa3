/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-rule.h"

#include <string.h>

static void
test_complete (void)
{
  for (guint i = 0; i < CVI_N_RULES; i++) {
    const CviRule *rule = cvi_rule ((CviRuleId)i);
    gsize length;

    g_assert_nonnull (rule);
    g_test_message ("%s", rule->id);
    g_assert_true (
        g_regex_match_simple ("^[a-z]+::[a-z]+(-[a-z]+)*$", rule->id, 0, 0));
    g_assert_true (cvi_rule_lookup (rule->id) == rule);
    g_assert_cmpfloat (rule->certainty, >, 0.);
    g_assert_cmpfloat (rule->certainty, <=, 1.);
    g_assert_cmpint (rule->severity, <=, CVI_SEVERITY_CRITICAL);
    length = strlen (rule->summary);
    g_assert_cmpuint (length, >, 10);
    g_assert_cmpuint (length, <=, 72);
    g_assert_cmpint (rule->summary[length - 1], !=, '.');
    g_assert_true (g_str_has_suffix (rule->description, "."));
    g_assert_cmpuint (strlen (rule->description), >, length);
    g_assert_true (g_str_has_suffix (rule->action, "."));
  }
}

/* What a verdict rests on: not to be changed by accident. */
static void
test_classes (void)
{
  static const struct {
    const char *area;
    CviRuleClass rule_class;
    CviSeverity least;
  } areas[] = {
    { "process::disagreed", CVI_RULE_INCOMPLETE, CVI_SEVERITY_INFO },
    { "process::hardware", CVI_RULE_INCOMPLETE, CVI_SEVERITY_INFO },
    { "process::", CVI_RULE_INCOMPLETE, CVI_SEVERITY_ERROR },
    { "io::changed", CVI_RULE_INCOMPLETE, CVI_SEVERITY_ERROR },
    { "io::partial", CVI_RULE_INCOMPLETE, CVI_SEVERITY_ERROR },
    { "io::sparse", CVI_RULE_MEDIA, CVI_SEVERITY_INFO },
    { "io::", CVI_RULE_UNREADABLE, CVI_SEVERITY_ERROR },
    { "decode::", CVI_RULE_MEDIA, CVI_SEVERITY_INFO },
    { "container::", CVI_RULE_MEDIA, CVI_SEVERITY_WARNING },
    { "time::", CVI_RULE_MEDIA, CVI_SEVERITY_INFO },
    { "content::", CVI_RULE_MEDIA, CVI_SEVERITY_INFO },
    { "fixity::changed", CVI_RULE_MEDIA, CVI_SEVERITY_ERROR },
    { "fixity::", CVI_RULE_MEDIA, CVI_SEVERITY_INFO },
    { "stream::", CVI_RULE_MEDIA, CVI_SEVERITY_WARNING },
  };

  for (guint i = 0; i < CVI_N_RULES; i++) {
    const CviRule *rule = cvi_rule ((CviRuleId)i);
    guint area = 0;

    while (area < G_N_ELEMENTS (areas) &&
           !g_str_has_prefix (rule->id, areas[area].area))
      area++;
    g_test_message ("%s", rule->id);
    g_assert_cmpuint (area, <, G_N_ELEMENTS (areas));
    if (i == CVI_RULE_STREAM_UNSUPPORTED || i == CVI_RULE_STREAM_ENCRYPTED)
      g_assert_cmpint (rule->rule_class, ==, CVI_RULE_UNSUPPORTED);
    else
      g_assert_cmpint (rule->rule_class, ==, areas[area].rule_class);
    g_assert_cmpint (rule->severity, >=, areas[area].least);
  }
}

/* What can be legal is a warning at most. */
static void
test_legal (void)
{
  static const struct {
    CviRuleId id;
    CviSeverity severity;
  } rows[] = {
    { CVI_RULE_TIME_GAP, CVI_SEVERITY_WARNING },
    { CVI_RULE_TIME_OVERLAP, CVI_SEVERITY_WARNING },
    { CVI_RULE_TIME_BACKWARDS, CVI_SEVERITY_WARNING },
    { CVI_RULE_TIME_NO_TIMESTAMPS, CVI_SEVERITY_INFO },
    { CVI_RULE_STREAM_SHORTFALL, CVI_SEVERITY_WARNING },
    { CVI_RULE_CONTAINER_TRAILING_DATA, CVI_SEVERITY_WARNING },
    { CVI_RULE_DECODE_STARTS_MID_GOP, CVI_SEVERITY_INFO },
    { CVI_RULE_IO_SPARSE, CVI_SEVERITY_INFO },
    { CVI_RULE_CONTENT_BLACK, CVI_SEVERITY_INFO },
    { CVI_RULE_CONTENT_FROZEN, CVI_SEVERITY_INFO },
    { CVI_RULE_CONTENT_SILENT, CVI_SEVERITY_INFO },
    { CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL },
    { CVI_RULE_CONTAINER_UNRECOGNISED, CVI_SEVERITY_CRITICAL },
    { CVI_RULE_DECODE_ERROR, CVI_SEVERITY_ERROR },
    { CVI_RULE_STREAM_NO_FRAMES, CVI_SEVERITY_ERROR },
    { CVI_RULE_STREAM_MISSING_FRAMES, CVI_SEVERITY_ERROR },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_test_message ("%s", cvi_rule (rows[i].id)->id);
    g_assert_cmpint (cvi_rule (rows[i].id)->severity, ==, rows[i].severity);
  }
}

static void
test_lookup (void)
{
  g_assert_true (cvi_rule_lookup ("time::gap") == cvi_rule (CVI_RULE_TIME_GAP));
  g_assert_true (cvi_rule_lookup ("fixity::changed") ==
                 cvi_rule (CVI_RULE_FIXITY_CHANGED));
  g_assert_null (cvi_rule_lookup ("time::"));
  g_assert_null (cvi_rule_lookup ("time::gap "));
  g_assert_null (cvi_rule_lookup (""));
  g_assert_null (cvi_rule_lookup (NULL));
}

static void
test_severity_names (void)
{
  static const char *const wrong[] = { "", "Error", "error ", "fatal" };
  CviSeverity severity;

  for (guint i = 0; i <= CVI_SEVERITY_CRITICAL; i++) {
    const char *name = cvi_severity_to_string ((CviSeverity)i);

    g_assert_true (cvi_severity_from_string (name, &severity));
    g_assert_cmpint (severity, ==, i);
  }
  g_assert_cmpstr (
      cvi_severity_to_string (CVI_SEVERITY_WARNING), ==, "warning");
  severity = CVI_SEVERITY_ERROR;
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_false (cvi_severity_from_string (wrong[i], &severity));
  g_assert_false (cvi_severity_from_string (NULL, &severity));
  g_assert_cmpint (severity, ==, CVI_SEVERITY_ERROR);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rule/complete", test_complete);
  g_test_add_func ("/rule/classes", test_classes);
  g_test_add_func ("/rule/legal", test_legal);
  g_test_add_func ("/rule/lookup", test_lookup);
  g_test_add_func ("/rule/severity-names", test_severity_names);
  return g_test_run ();
}
