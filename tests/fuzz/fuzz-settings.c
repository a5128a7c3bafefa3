/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What users and their files say: a configuration file, single values and
 * times, globs.
 *
 * Input: first byte: which of them; the rest: its text.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "tools/cli/cvi-setting-value.h"
#include "tools/cli/cvi-suggest.h"
#include "tools/cli/cvi-when.h"
#include "tools/pool/cvi-name-filter.h"

/* Longer ones are refused by the system before they get here; and matching is
 * quadratic. */
#define MAX_NAME 4096

static char *folder;
static char *config;

static void
remove_config (void)
{
  g_autofree char *own = g_path_get_dirname (config);

  g_remove (config);
  g_rmdir (own);
  g_rmdir (folder);
}

/* GLib looks for the folder once, at the first question. */
static void
make_folder (void)
{
  g_autofree char *own = NULL;

  folder = g_dir_make_tmp ("cvi-fuzz-XXXXXX", NULL);
  g_assert_nonnull (folder);
  g_setenv ("XDG_CONFIG_HOME", folder, TRUE);
  config = cvi_settings_config_path ();
  own = g_path_get_dirname (config);
  g_assert_cmpint (g_mkdir (own, 0700), ==, 0);
  atexit (remove_config);
}

static void
read_config (const char *text, gsize size)
{
  static char *argv[] = { (char *)"scan", NULL };
  g_autoptr (CviSettings) settings = NULL;
  g_autoptr (GError) error = NULL;
  FILE *file;

  if (!config)
    make_folder ();
  file = g_fopen (config, "w");
  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (text, 1, size, file), ==, size);
  g_assert_cmpint (fclose (file), ==, 0);
  settings = cvi_settings_new (CVI_FOR_SCAN, "PATH...", "", argv, &error);
  g_assert_true ((settings == NULL) == (error != NULL));
  if (error)
    g_assert_nonnull (strstr (error->message, "cvi-gst.conf"));
}

static void
parse_values (const char *text)
{
  for (guint id = 0; id < CVI_N_SETTINGS; id++) {
    const CviSetting *setting = &cvi_setting_table[id];
    CviSettingValue value = { 0 };
    g_autoptr (GError) error = NULL;

    for (guint i = CVI_FROM_CONFIG; i <= CVI_FROM_COMMAND_LINE; i++) {
      g_clear_error (&error);
      if (!cvi_setting_parse (setting, text, i, &value, &error))
        continue;
      if (setting->type == CVI_SETTING_COUNT)
        g_assert_true (
            value.count >= setting->min && value.count <= setting->max);
      if (setting->type == CVI_SETTING_SECONDS)
        g_assert_true (value.seconds >= 0 && value.seconds <= 1e9);
    }
    cvi_setting_value_clear (&value);
  }
}

static void
parse_time (const char *text)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  g_autofree char *hint = NULL;
  gint64 when;

  for (gboolean at_end = FALSE; at_end <= TRUE; at_end++) {
    if (cvi_parse_when (text, 1700000000, at_end, &when))
      g_assert_cmpint (when, >=, 0);
  }
  g_ptr_array_add (words, (gpointer) "report");
  hint = cvi_suggest_hint (text, "--", words);
  g_assert_nonnull (hint);
}

/* The first line is a glob, the second the name that is held against it. */
static void
match_names (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", 2);
  const char *const globs[] = { lines[0] ? lines[0] : "", NULL };
  const char *const extensions[] = { "mkv", globs[0], NULL };
  g_autoptr (CviNameFilter) filter = cvi_name_filter_new (extensions, globs);
  const char *name = lines[0] && lines[1] ? lines[1] : "";

  cvi_name_filter_has_extension (filter, name);
  cvi_name_filter_excludes (filter, name, name);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = NULL;

  if (size == 0)
    return 0;
  text = g_strndup ((const char *)data + 1, MIN (size - 1, MAX_NAME));
  switch (data[0] % 3) {
    case 0:
      read_config ((const char *)data + 1, size - 1);
      break;
    case 1:
      parse_values (text);
      parse_time (text);
      break;
    default:
      match_names (text);
      break;
  }
  return 0;
}

void
fuzz_target_seeds (FuzzAdd add, gpointer user_data)
{
  static const char *const seeds[] = {
    "\3[scan]\nmode=deep\njobs=2\next=mkv,mp4\nexclude=*.part;tmp*\n"
    "max-age=30d\nstall-timeout=1.5\nmemory-limit=512\nfail-on=corrupt\n",
    "\3[scan]\nno-recursive=true\nhw=off\nformat=csv\n[other]\n",
    "\3[scan]\nmode[de]=deep\njobs=99999999999999999999\n# \xff\n",
    "\1corrupt,suspicious",
    "\1none",
    "\1deep",
    "\1"
    "123456789",
    "\1"
    "90m",
    "\1"
    "1.5",
    "\1true",
    "\1yesterday",
    "\1"
    "3 weeks ago",
    "\1"
    "2026-03-01T12:00:00.5+01:00",
    "\2*.mk?\n/films/a\xff.mkv",
    "\2*a*a*a*a*b\naaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  };

  for (guint i = 0; i < G_N_ELEMENTS (seeds); i++)
    add ((const guint8 *)seeds[i], strlen (seeds[i]), user_data);
}
