/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-settings.h"

#include <string.h>

#include "tools/cli/cvi-setting-value.h"
#include "tools/cli/cvi-suggest.h"

#define GROUP "scan"

struct _CviSettings {
  CviSettingFor used_by;
  CviSettingValue values[CVI_N_SETTINGS];
  char **arguments;
};

static CviSettingsUsage *watched;

void
cvi_settings_watch_usage (CviSettingsUsage *usage)
{
  watched = usage;
}

char *
cvi_settings_config_path (void)
{
  return g_build_filename (
      g_get_user_config_dir (), "cvi-gst", "cvi-gst.conf", NULL);
}

/* A value from a lesser source than the present one is only checked. */
static gboolean
set_value (CviSettings *settings, guint id, const char *text,
    CviSettingSource source, GError **error)
{
  CviSettingValue *value = &settings->values[id];
  CviSettingValue unused = { CVI_FROM_DEFAULT };
  gboolean ok;

  if (source >= value->source)
    return cvi_setting_parse (
        &cvi_setting_table[id], text, source, value, error);
  ok = cvi_setting_parse (&cvi_setting_table[id], text, source, &unused, error);
  cvi_setting_value_clear (&unused);
  return ok;
}

static void
set_defaults (CviSettings *settings)
{
  for (guint id = 0; id < CVI_N_SETTINGS; id++) {
    const CviSetting *setting = &cvi_setting_table[id];
    g_autoptr (GError) error = NULL;

    if (setting->type == CVI_SETTING_AGE)
      settings->values[id].count = G_MAXUINT64;
    if (setting->def &&
        !set_value (settings, id, setting->def, CVI_FROM_DEFAULT, &error))
      g_error ("default of %s: %s", setting->name, error->message);
  }
}

/* Returns: the setting that a configuration key names, CVI_N_SETTINGS if
 * none */
static guint
find_key (const char *key)
{
  guint id;

  for (id = 0; id < CVI_N_SETTINGS; id++) {
    if (cvi_setting_table[id].env &&
        g_str_equal (cvi_setting_table[id].name, key))
      break;
  }
  return id;
}

static char *
suggest_key (const char *key)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint id = 0; id < CVI_N_SETTINGS; id++) {
    if (cvi_setting_table[id].env)
      g_ptr_array_add (names, (gpointer)cvi_setting_table[id].name);
  }
  return cvi_suggest_hint (key, "", names);
}

/* Keys of other sub-commands are checked too: a bad value shows up at once. */
static gboolean
read_key (CviSettings *settings, GKeyFile *file, const char *path,
    const char *key, GError **error)
{
  guint id = find_key (key);
  g_autofree char *text = NULL;

  if (id == CVI_N_SETTINGS) {
    g_autofree char *hint = suggest_key (key);

    g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "%s: unknown key \"%s\"%s (cvi-gst config show lists them)", path, key,
        hint);
    return FALSE;
  }
  text = g_key_file_get_value (file, GROUP, key, error);
  if (!text ||
      !set_value (settings, id, g_strstrip (text), CVI_FROM_CONFIG, error)) {
    g_prefix_error (error, "%s: key \"%s\": ", path, key);
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_groups (GKeyFile *file, const char *path, GError **error)
{
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  for (char **group = groups; *group; group++) {
    if (!g_str_equal (*group, GROUP)) {
      g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
          "%s: unknown group [%s]", path, *group);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
read_config (CviSettings *settings, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = cvi_settings_config_path ();
  g_auto (GStrv) keys = NULL;
  g_autoptr (GError) problem = NULL;

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &problem)) {
    if (g_error_matches (problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
      return TRUE;
    g_propagate_prefixed_error (
        error, g_steal_pointer (&problem), "%s: ", path);
    return FALSE;
  }
  if (!check_groups (file, path, error))
    return FALSE;
  keys = g_key_file_get_keys (file, GROUP, NULL, NULL);
  for (char **key = keys; key && *key; key++) {
    if (!read_key (settings, file, path, *key, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_environment (CviSettings *settings, GError **error)
{
  for (guint id = 0; id < CVI_N_SETTINGS; id++) {
    const char *env = cvi_setting_table[id].env;
    const char *text = env ? g_getenv (env) : NULL;

    if (!text || !*text)
      continue;
    if (!set_value (settings, id, text, CVI_FROM_ENVIRONMENT, error)) {
      g_prefix_error (error, "environment variable %s=%s: ", env, text);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
matches_option (const CviSetting *setting, const char *option)
{
  if (g_str_has_prefix (option, "--"))
    return g_str_equal (setting->name, option + 2);
  return option[0] == '-' && option[1] && option[1] == setting->letter;
}

static gboolean
on_option (
    const char *option, const char *text, gpointer user_data, GError **error)
{
  CviSettings *settings = user_data;
  g_autoptr (GError) problem = NULL;

  for (guint id = 0; id < CVI_N_SETTINGS; id++) {
    const CviSetting *setting = &cvi_setting_table[id];

    if (!(setting->used_by & settings->used_by) ||
        !matches_option (setting, option))
      continue;
    if (!text)
      text = setting->type == CVI_SETTING_FLAG ? "true" : "";
    if (set_value (settings, id, text, CVI_FROM_COMMAND_LINE, &problem))
      return TRUE;
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "option %s %s: %s", option, text, problem->message);
    return FALSE;
  }
  g_return_val_if_reached (FALSE);
}

static int
flags_of (const CviSetting *setting)
{
  switch (setting->type) {
    case CVI_SETTING_FLAG:
      return G_OPTION_FLAG_NO_ARG;
    case CVI_SETTING_MAYBE_TEXT:
      return G_OPTION_FLAG_OPTIONAL_ARG;
    default:
      return G_OPTION_FLAG_FILENAME;
  }
}

static void
add_entries (CviSettings *settings, GOptionGroup *group)
{
  for (guint id = 0; id < CVI_N_SETTINGS; id++) {
    const CviSetting *setting = &cvi_setting_table[id];
    GOptionEntry entries[2] = { {
        setting->name,
        setting->letter,
        flags_of (setting),
        G_OPTION_ARG_CALLBACK,
        on_option,
        setting->help,
        setting->arg,
    } };

    if (setting->used_by & settings->used_by)
      g_option_group_add_entries (group, entries);
  }
}

static gboolean
takes_value (const CviSettings *settings, char letter)
{
  for (guint id = 0; id < CVI_N_SETTINGS; id++) {
    const CviSetting *setting = &cvi_setting_table[id];

    if ((setting->used_by & settings->used_by) && setting->letter == letter)
      return setting->type != CVI_SETTING_FLAG;
  }
  return FALSE;
}

/* "3..4", "latest", "12": may be the value of an option that can do without, as
 * a path beside it may not. */
static gboolean
looks_like_range (const char *text)
{
  if (!text || strchr (text, '/'))
    return FALSE;
  return strstr (text, "..") || g_str_equal (text, "latest") ||
         g_str_equal (text, "previous") ||
         (*text && !text[strspn (text, "0123456789")]);
}

/* Is @arg such an option, without a value? */
static gboolean
is_bare_option (const CviSettings *settings, const char *arg, const char *next)
{
  for (guint id = 0; id < CVI_N_SETTINGS; id++) {
    const CviSetting *setting = &cvi_setting_table[id];

    if (setting->type == CVI_SETTING_MAYBE_TEXT &&
        (setting->used_by & settings->used_by) &&
        g_str_has_prefix (arg, "--") && g_str_equal (arg + 2, setting->name))
      return !looks_like_range (next);
  }
  return FALSE;
}

/* GOption wants "-j 2"; people write "-j2". And it takes whatever follows for
 * the value of an option that can do without. */
static GStrv
split_short_options (const CviSettings *settings, char **argv)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  gboolean options = TRUE;

  for (guint i = 0; argv[i]; i++) {
    const char *arg = argv[i];

    options = options && !g_str_equal (arg, "--");
    if (i > 0 && options && arg[0] == '-' && g_ascii_isalpha (arg[1]) &&
        arg[2] != '\0' && takes_value (settings, arg[1])) {
      g_autofree char *option = g_strndup (arg, 2);

      g_strv_builder_add (builder, option);
      arg += arg[2] == '=' ? 3 : 2;
    }
    if (i > 0 && options && is_bare_option (settings, arg, argv[i + 1])) {
      g_autofree char *option = g_strconcat (arg, "=", NULL);

      g_strv_builder_add (builder, option);
      continue;
    }
    g_strv_builder_add (builder, arg);
  }
  return g_strv_builder_end (builder);
}

static void
add_own_names (const CviSettings *settings, GPtrArray *names)
{
  for (guint id = 0; id < CVI_N_SETTINGS; id++) {
    if (cvi_setting_table[id].used_by & settings->used_by)
      g_ptr_array_add (names, (gpointer)cvi_setting_table[id].name);
  }
  g_ptr_array_add (names, (gpointer) "help");
}

/* Tells which option was meant instead of the first that there is not, and
 * where all are listed. */
static void
explain_unknown (const CviSettings *settings, char **argv, const char *prgname,
    GError *error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *hint = g_strdup ("");
  char *message;

  add_own_names (settings, names);
  for (guint i = 1; argv[i] && !g_str_equal (argv[i], "--"); i++) {
    g_autofree char *name = NULL;

    if (!g_str_has_prefix (argv[i], "--"))
      continue;
    name = g_strndup (argv[i] + 2, strcspn (argv[i] + 2, "="));
    if (!g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL)) {
      g_free (hint);
      hint = cvi_suggest_hint (name, "--", names);
      break;
    }
  }
  message = g_strdup_printf ("%s%s (%s --help lists the options)",
      error->message, hint, prgname ? prgname : "cvi-gst");
  g_free (error->message);
  error->message = message;
}

static gboolean
read_command_line (CviSettings *settings, const char *args, const char *summary,
    char **argv, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (args);
  GOptionGroup *group = g_option_group_new (NULL, NULL, NULL, settings, NULL);
  const GOptionEntry rest[] = { { G_OPTION_REMAINING, 0, 0,
                                    G_OPTION_ARG_FILENAME_ARRAY,
                                    &settings->arguments },
    { NULL } };
  g_auto (GStrv) copy = split_short_options (settings, argv);
  g_autoptr (GError) problem = NULL;

  add_entries (settings, group);
  g_option_group_add_entries (group, rest);
  g_option_context_set_main_group (context, group);
  g_option_context_set_summary (context, summary);
  if (g_option_context_parse_strv (context, &copy, &problem))
    return TRUE;
  if (g_error_matches (problem, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION))
    explain_unknown (settings, argv, g_get_prgname (), problem);
  g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}

static gboolean
check_arguments (CviSettings *settings, gboolean allowed, GError **error)
{
  if (!settings->arguments)
    settings->arguments = g_new0 (char *, 1);
  if (allowed || !settings->arguments[0])
    return TRUE;
  g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
      "unexpected argument \"%s\"", settings->arguments[0]);
  return FALSE;
}

CviSettings *
cvi_settings_new (CviSettingFor used_by, const char *args, const char *summary,
    char **argv, GError **error)
{
  g_autoptr (CviSettings) settings = NULL;

  g_return_val_if_fail (argv, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  if (watched) {
    *watched = (CviSettingsUsage){ used_by, args };
    g_set_error_literal (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "only described");
    return NULL;
  }
  settings = g_new0 (CviSettings, 1);
  settings->used_by = used_by;
  set_defaults (settings);
  /* The command line first: --help must work beside a broken file. */
  if (!read_command_line (settings, args, summary, argv, error) ||
      !check_arguments (settings, args != NULL, error))
    return NULL;
  if (!read_environment (settings, error) || !read_config (settings, error))
    return NULL;
  return g_steal_pointer (&settings);
}

void
cvi_settings_free (CviSettings *settings)
{
  if (!settings)
    return;
  for (guint id = 0; id < CVI_N_SETTINGS; id++)
    cvi_setting_value_clear (&settings->values[id]);
  g_strfreev (settings->arguments);
  g_free (settings);
}

gboolean
cvi_settings_get_flag (CviSettings *settings, CviSettingId id)
{
  g_return_val_if_fail (settings && id < CVI_N_SETTINGS, FALSE);

  return settings->values[id].count != 0;
}

guint64
cvi_settings_get_count (CviSettings *settings, CviSettingId id)
{
  g_return_val_if_fail (settings && id < CVI_N_SETTINGS, 0);

  return settings->values[id].count;
}

double
cvi_settings_get_seconds (CviSettings *settings, CviSettingId id)
{
  g_return_val_if_fail (settings && id < CVI_N_SETTINGS, 0);

  return settings->values[id].seconds;
}

void
cvi_settings_override (CviSettings *settings, CviSettingId id, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_return_if_fail (settings && id < CVI_N_SETTINGS);

  if (!set_value (settings, id, text, CVI_FROM_COMMAND_LINE, &error))
    g_error ("%s: %s", cvi_setting_table[id].name, error->message);
}

const char *
cvi_settings_get_text (CviSettings *settings, CviSettingId id)
{
  g_return_val_if_fail (settings && id < CVI_N_SETTINGS, NULL);

  return settings->values[id].text;
}

char **
cvi_settings_get_list (CviSettings *settings, CviSettingId id)
{
  g_return_val_if_fail (settings && id < CVI_N_SETTINGS, NULL);

  return settings->values[id].list;
}

CviSettingSource
cvi_settings_get_source (CviSettings *settings, CviSettingId id)
{
  g_return_val_if_fail (settings && id < CVI_N_SETTINGS, CVI_FROM_DEFAULT);

  return settings->values[id].source;
}

const char *
cvi_settings_get_raw (CviSettings *settings, CviSettingId id)
{
  g_return_val_if_fail (settings && id < CVI_N_SETTINGS, NULL);

  return settings->values[id].raw;
}

char **
cvi_settings_get_arguments (CviSettings *settings)
{
  g_return_val_if_fail (settings, NULL);

  return settings->arguments;
}
