/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-fit.h"

static void
test_fit (void)
{
  static const struct {
    const char *text;
    guint columns;
    const char *fitting;
  } rows[] = {
    { "", 5, "" },
    { "abc", 0, "" },
    { "abc", 2, "ab" },
    { "abc", 3, "abc" },
    { "abc", 4, "abc" },
    /* Two columns each. */
    { "日本語", 5, "日本" },
    { "日本語", 6, "日本語" },
    /* A combining accent takes no column of its own. */
    { "e\xcc\x81"
      "f",
        1, "e\xcc\x81" },
    { "e\xcc\x81"
      "f",
        2,
        "e\xcc\x81"
        "f" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *fitting = cvi_fit_columns (rows[i].text, rows[i].columns);

    g_assert_cmpstr (fitting, ==, rows[i].fitting);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli/fit", test_fit);
  return g_test_run ();
}
