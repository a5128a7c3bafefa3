/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <json-glib/json-glib.h>
#include <stdio.h>

#include "plugin/core/cvi-rule.h"
#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-settings.h"

static const char *
class_to_string (CviRuleClass rule_class)
{
  switch (rule_class) {
    case CVI_RULE_MEDIA:
      return "media";
    case CVI_RULE_INCOMPLETE:
      return "incomplete";
    case CVI_RULE_UNREADABLE:
      return "unreadable";
    case CVI_RULE_UNSUPPORTED:
      return "unsupported";
  }
  g_return_val_if_reached ("");
}

static void
print_text (void)
{
  printf ("%-28s%-10s%-11s%s\n", "RULE", "SEVERITY", "CERTAINTY", "SUMMARY");
  for (guint i = 0; i < CVI_N_RULES; i++) {
    const CviRule *rule = cvi_rule (i);

    printf ("%-28s%-10s%-11.2f%s\n", rule->id,
        cvi_severity_to_string (rule->severity), rule->certainty,
        rule->summary);
  }
}

static void
print_markdown (void)
{
  printf ("# Rules\n\n"
          "Made by `cvi-gst rules --format markdown` from the rule table, "
          "version %d: do not edit.\n\n"
          "| rule | about | severity | certainty | summary |\n"
          "|---|---|---|---|---|\n",
      CVI_RULES_VERSION);
  for (guint i = 0; i < CVI_N_RULES; i++) {
    const CviRule *rule = cvi_rule (i);

    printf ("| `%s` | %s | %s | %.2f | %s |\n", rule->id,
        class_to_string (rule->rule_class),
        cvi_severity_to_string (rule->severity), rule->certainty,
        rule->summary);
  }
  for (guint i = 0; i < CVI_N_RULES; i++) {
    const CviRule *rule = cvi_rule (i);

    printf ("\n## `%s`\n\n%s.\n\n%s\n\nWhat to do: %s\n", rule->id,
        rule->summary, rule->description, rule->action);
  }
}

static void
add_string (JsonBuilder *json, const char *name, const char *value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_string_value (json, value);
}

static void
print_json (void)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_array (json);
  for (guint i = 0; i < CVI_N_RULES; i++) {
    const CviRule *rule = cvi_rule (i);

    json_builder_begin_object (json);
    add_string (json, "id", rule->id);
    add_string (json, "class", class_to_string (rule->rule_class));
    add_string (json, "severity", cvi_severity_to_string (rule->severity));
    json_builder_set_member_name (json, "certainty");
    json_builder_add_double_value (json, rule->certainty);
    add_string (json, "summary", rule->summary);
    add_string (json, "description", rule->description);
    add_string (json, "action", rule->action);
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
  root = json_builder_get_root (json);
  text = json_to_string (root, TRUE);
  printf ("%s\n", text);
}

static int
run_rules (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (
      CVI_FOR_RULES, NULL, cvi_command_rules.summary, argv, &error);
  const char *format;

  if (!settings) {
    cvi_say ("rules: %s", error->message);
    return CVI_EXIT_USAGE;
  }
  format = cvi_settings_get_text (settings, CVI_SETTING_RULES_FORMAT);
  if (g_str_equal (format, "markdown"))
    print_markdown ();
  else if (g_str_equal (format, "json"))
    print_json ();
  else
    print_text ();
  return cvi_close_stdout ();
}

const CviCommand cvi_command_rules = {
  .name = "rules",
  .summary = "List everything that can be found in a file, and what to do",
  .run = run_rules,
};
