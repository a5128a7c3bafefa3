/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-json-depth.h"

#include <string.h>

static void
test_depth (void)
{
  const gsize most = CVI_JSON_MAX_BRACKETS;
  g_autofree char *text = g_malloc (2 * most + 2);

  g_assert_true (cvi_json_is_shallow (NULL, 0));
  g_assert_true (cvi_json_is_shallow ("{\"a\":[1]}", 9));
  memset (text, '[', 2 * most + 2);
  g_assert_true (cvi_json_is_shallow (text, most));
  g_assert_false (cvi_json_is_shallow (text, most + 1));
  g_assert_false (cvi_json_is_shallow (text, 2 * most + 2));
  /* What closes them proves nothing: it may be in a string or a comment. */
  for (gsize i = 1; i < 2 * most + 2; i += 2)
    text[i] = ']';
  g_assert_true (cvi_json_is_shallow (text, 2 * most));
  g_assert_false (cvi_json_is_shallow (text, 2 * most + 2));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/depth", test_depth);
  return g_test_run ();
}
