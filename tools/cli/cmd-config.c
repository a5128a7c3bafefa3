/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-errno.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-settings.h"
#include "tools/cli/cvi-suggest.h"
#include "tools/cli/cvi-write.h"
#include "tools/report/cvi-display.h"

/* What a configuration file can set. */
static gboolean
is_key (guint id)
{
  return cvi_setting_table[id].env != NULL;
}

static char *
describe_source (CviSettings *settings, guint id)
{
  g_autofree char *path = NULL;
  g_autofree char *shown = NULL;

  switch (cvi_settings_get_source (settings, id)) {
    case CVI_FROM_COMMAND_LINE:
      return g_strdup ("command line");
    case CVI_FROM_ENVIRONMENT:
      return g_strdup_printf ("environment: %s", cvi_setting_table[id].env);
    case CVI_FROM_CONFIG:
      path = cvi_settings_config_path ();
      shown = cvi_display_name (path);
      return g_strdup_printf ("file: %s", shown);
    default:
      return g_strdup ("default");
  }
}

static const char *
raw_value (CviSettings *settings, guint id)
{
  const char *raw = cvi_settings_get_raw (settings, id);

  if (raw)
    return raw;
  return cvi_setting_table[id].type == CVI_SETTING_FLAG ? "false" : "";
}

static int
show (CviSettings *settings)
{
  for (guint id = 0; id < CVI_N_SETTINGS; id++) {
    g_autofree char *value = NULL;
    g_autofree char *source = NULL;

    if (!is_key (id))
      continue;
    value = cvi_display_name (raw_value (settings, id));
    source = describe_source (settings, id);
    printf ("%-16s = %-20s # %s\n", cvi_setting_table[id].name, value, source);
  }
  return cvi_close_stdout ();
}

static int
print_path (void)
{
  g_autofree char *path = cvi_settings_config_path ();

  puts (path);
  return cvi_close_stdout ();
}

static char *
make_file (void)
{
  GString *text = g_string_new (
      "# Settings of cvi-gst. Remove the # before a line to set it; what it\n"
      "# says now is the default. Environment variables and options go before\n"
      "# this file. `cvi-gst config show` tells what holds, and why.\n\n"
      "[scan]\n");

  for (guint id = 0; id < CVI_N_SETTINGS; id++) {
    const CviSetting *setting = &cvi_setting_table[id];
    const char *value = setting->def ? setting->def : "";

    if (!is_key (id))
      continue;
    if (setting->type == CVI_SETTING_FLAG)
      value = "false";
    g_string_append_printf (text, "\n# %s\n# (--%s, %s%s)\n#%s = %s\n",
        setting->help, setting->name, setting->env,
        *value ? "" : "; not set by default", setting->name, value);
  }
  return g_string_free (text, FALSE);
}

static gboolean
write_new (const char *path, const char *text, GError **error)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  gboolean ok;

  if (fd < 0 && errno == EEXIST) {
    g_autofree char *name = cvi_display_name (path);

    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
        "%s: is there already, and is not replaced; edit it, or move it away",
        name);
    return FALSE;
  }
  if (fd < 0)
    return cvi_set_errno (error, errno, path, "cannot be created");
  ok = cvi_write_all (fd, text, strlen (text));
  ok = close (fd) == 0 && ok;
  if (ok)
    return TRUE;
  cvi_set_errno (error, errno, path, "cannot be written");
  /* Half a file would be taken for all of it. */
  unlink (path);
  return FALSE;
}

static int
init (GError **error)
{
  g_autofree char *path = cvi_settings_config_path ();
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *text = make_file ();

  if (g_mkdir_with_parents (folder, 0700) != 0) {
    cvi_set_errno (error, errno, folder, "cannot be made");
    return CVI_EXIT_USAGE;
  }
  if (!write_new (path, text, error))
    return CVI_EXIT_USAGE;
  return print_path ();
}

static int
run_act (CviSettings *settings, GError **error)
{
  char **words = cvi_settings_get_arguments (settings);
  const char *const known[] = { "show", "init", "path", NULL };
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *hint = NULL;

  if (words[0] && !words[1] && g_str_equal (words[0], "show"))
    return show (settings);
  for (guint i = 0; known[i]; i++)
    g_ptr_array_add (names, (gpointer)known[i]);
  hint = words[0] ? cvi_suggest_hint (words[0], "", names) : g_strdup ("");
  g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
      "should be one of show (with options of scan), init and path%s", hint);
  return CVI_EXIT_USAGE;
}

static int
run_config (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = NULL;
  int status = CVI_EXIT_USAGE;

  /* These two must work beside a file that is wrong. */
  if (argc == 2 && g_str_equal (argv[1], "path"))
    return print_path ();
  if (argc == 2 && g_str_equal (argv[1], "init")) {
    status = init (&error);
  } else {
    settings = cvi_settings_new (CVI_FOR_SCAN, "show|init|path",
        cvi_command_config.summary, argv, &error);
    if (settings)
      status = run_act (settings, &error);
  }
  if (error)
    cvi_say ("config: %s", error->message);
  return status;
}

const CviCommand cvi_command_config = {
  .name = "config",
  .summary = "Show the settings and where they come from, or begin a file",
  .run = run_config,
};
