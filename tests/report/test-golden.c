/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What each writer makes of the same results, byte by byte. The golden files
 * are made by running this with CVI_UPDATE_GOLDEN set to their folder. */
#include <glib.h>

#include "tests/report/fixture.h"

static void
test_golden (gconstpointer user_data)
{
  const char *writer = user_data;
  g_autoptr (GPtrArray) results =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_result_free);
  g_autofree char *name = g_strconcat ("records.", writer, NULL);
  g_autofree char *text = NULL;
  g_autofree char *golden = NULL;
  const char *update = g_getenv ("CVI_UPDATE_GOLDEN");
  g_autofree char *path =
      update ? g_build_filename (update, name, NULL)
             : g_test_build_filename (G_TEST_DIST, "data", name, NULL);
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (results, fixture_result ("/videos/fine.mkv"));
  g_ptr_array_add (results, fixture_corrupt ("/videos/broken.mkv"));
  g_ptr_array_add (results, fixture_skipped ("/videos/old, broken.mkv"));
  g_ptr_array_add (results, fixture_unreadable ("/videos/disk.mkv"));
  text = fixture_write (writer, results, 4);
  if (update)
    g_file_set_contents (path, text, -1, &error);
  else
    g_file_get_contents (path, &golden, NULL, &error);
  g_assert_no_error (error);
  if (!update)
    g_assert_cmpstr (text, ==, golden);
}

int
main (int argc, char **argv)
{
  /* The others have the rule table in them, and the page its style and script:
   * test-formats.c and tests/cli/read-formats.py look at those. */
  static const char *const names[] = { "text", "jsonl", "json", "csv", "yaml",
    "junit" };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_strconcat ("/report/golden/", names[i], NULL);

    g_test_add_data_func (path, names[i], test_golden);
  }
  return g_test_run ();
}
