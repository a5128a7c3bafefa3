/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-suggest.h"

static void
test_distance (void)
{
  static const struct {
    const char *a;
    const char *b;
    guint distance;
  } rows[] = { { "", "", 0 }, { "abc", "", 3 }, { "", "abc", 3 },
    { "abc", "abc", 0 }, { "abc", "abd", 1 }, { "abc", "acb", 1 },
    { "abc", "ab", 1 }, { "bc", "abc", 1 }, { "kitten", "sitting", 3 },
    { "scna", "scan", 1 }, { "ca", "abc", 3 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_assert_cmpuint (
        cvi_edit_distance (rows[i].a, rows[i].b), ==, rows[i].distance);
    g_assert_cmpuint (
        cvi_edit_distance (rows[i].b, rows[i].a), ==, rows[i].distance);
  }
}

/* However long: only so much is looked at. */
static void
test_long (void)
{
  g_autofree char *a = g_strnfill (100000, 'a');
  g_autofree char *b = g_strnfill (100000, 'b');

  g_assert_cmpuint (cvi_edit_distance (a, a), ==, 0);
  g_assert_cmpuint (cvi_edit_distance (a, b), ==, 64);
  g_assert_cmpuint (cvi_edit_distance (a, "scan"), ==, 63);
}

static void
test_hint (void)
{
  static const struct {
    const char *word;
    const char *hint;
  } rows[] = { { "scna", "; did you mean --scan?" },
    { "scan", "; did you mean --scan?" }, { "rep", "; did you mean --report?" },
    { "reprot", "; did you mean --report?" }, { "frobnicate", "" }, { "x", "" },
    { "", "" } };
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  g_ptr_array_add (names, (gpointer) "scan");
  g_ptr_array_add (names, (gpointer) "report");
  g_ptr_array_add (names, (gpointer) "rules");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *hint = cvi_suggest_hint (rows[i].word, "--", names);

    g_assert_cmpstr (hint, ==, rows[i].hint);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/suggest/distance", test_distance);
  g_test_add_func ("/suggest/long", test_long);
  g_test_add_func ("/suggest/hint", test_hint);
  return g_test_run ();
}
