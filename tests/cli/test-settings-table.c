/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What the table of settings says of other tables. */
#include "tools/cli/cvi-settings.h"
#include "tools/report/cvi-report.h"

/* Each output format can be asked for, and help names each. */
static void
test_formats (void)
{
  const CviSetting *setting = &cvi_setting_table[CVI_SETTING_FORMAT];
  g_autoptr (GString) choices = g_string_new (NULL);

  for (guint i = 0; cvi_report_writers ()[i]; i++) {
    const char *name = cvi_report_writers ()[i]->name;

    g_string_append_printf (choices, "%s%s", i > 0 ? "|" : "", name);
    g_assert_nonnull (g_strstr_len (setting->help, -1, name));
  }
  g_assert_cmpstr (setting->choices, ==, choices->str);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli/settings-table/formats", test_formats);
  return g_test_run ();
}
