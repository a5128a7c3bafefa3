/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cvi-describe bash|zsh|fish OUTPUT
 * cvi-describe page NAME SECTION OUTPUT [PROSE]
 *
 * Part of the build, not installed: completions and pages of the manual out of
 * the tables of cvi-gst.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/describe/cvi-usage.h"

static char *
make (int argc, char **argv, GError **error)
{
  g_autoptr (GPtrArray) usages = cvi_usage_new_all ();
  g_autofree char *prose = NULL;

  if (argc == 3 && g_str_equal (argv[1], "bash"))
    return cvi_complete_bash (usages);
  if (argc == 3 && g_str_equal (argv[1], "zsh"))
    return cvi_complete_zsh (usages);
  if (argc == 3 && g_str_equal (argv[1], "fish"))
    return cvi_complete_fish (usages);
  if (argc < 5 || argc > 6 || !g_str_equal (argv[1], "page")) {
    g_set_error_literal (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "bash|zsh|fish OUTPUT, or page NAME SECTION OUTPUT [PROSE]");
    return NULL;
  }
  if (argc == 6 && !g_file_get_contents (argv[5], &prose, NULL, error))
    return NULL;
  return cvi_page_new (usages, argv[2], argv[3], prose, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  int messages = dup (STDERR_FILENO);
  const char *output = NULL;

  /* Sub-commands complain that they got no settings. */
  if (!freopen ("/dev/null", "w", stderr) ||
      !freopen ("/dev/null", "w", stdout))
    return 1;
  text = make (argc, argv, &error);
  if (text) {
    output = argv[g_str_equal (argv[1], "page") ? 4 : 2];
    if (g_file_set_contents (output, text, -1, &error))
      return 0;
  }
  dprintf (messages, "cvi-describe: %s\n", error ? error->message : "failed");
  return 1;
}
