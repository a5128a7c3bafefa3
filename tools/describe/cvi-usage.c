/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/describe/cvi-usage.h"

#include <string.h>

#include "plugin/core/cvi-result.h"
#include "plugin/core/cvi-rule.h"

static void
value_clear (CviValue *value)
{
  g_free (value->arg);
  g_strfreev (value->words);
}

static void
value_free (gpointer data)
{
  value_clear (data);
  g_free (data);
}

static void
option_free (gpointer data)
{
  CviOption *option = data;

  value_clear (&option->value);
  g_free (option);
}

static void
usage_free (gpointer data)
{
  CviUsage *usage = data;

  g_ptr_array_unref (usage->options);
  g_ptr_array_unref (usage->arguments);
  g_free (usage);
}

static char **
list_verdicts (void)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < CVI_N_VERDICTS; i++)
    g_strv_builder_add (builder, cvi_verdict_to_string (i));
  g_strv_builder_add (builder, "none");
  return g_strv_builder_end (builder);
}

static char **
list_rules (void)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < CVI_N_RULES; i++)
    g_strv_builder_add (builder, cvi_rule (i)->id);
  return g_strv_builder_end (builder);
}

/* A number is one too. */
static char **
list_scans (void)
{
  return g_strsplit ("latest|previous", "|", -1);
}

/* What the help calls a value, or the name of its option, tells what it is. */
static const struct {
  const char *name;
  CviValueKind kind;
  char **(*list_words) (void);
} known_names[] = {
  { "FILE", CVI_VALUE_FILE },
  { "PATH", CVI_VALUE_FILE },
  { "A", CVI_VALUE_FILE },
  { "B", CVI_VALUE_FILE },
  { "DIR", CVI_VALUE_FOLDER },
  { "FOLDER", CVI_VALUE_FOLDER },
  { "CMD", CVI_VALUE_PROGRAM },
  { "COMMAND", CVI_VALUE_PROGRAM },
  { "PROGRAM", CVI_VALUE_PROGRAM },
  { "RULE", CVI_VALUE_WORDS, list_rules },
  { "SCAN", CVI_VALUE_WORDS, list_scans },
  { "rule", CVI_VALUE_WORDS, list_rules },
  { "rules", CVI_VALUE_WORDS, list_rules },
};

static void
set_by_name (CviValue *value, const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (known_names); i++) {
    if (!g_str_equal (known_names[i].name, name))
      continue;
    value->kind = known_names[i].kind;
    if (known_names[i].list_words)
      value->words = known_names[i].list_words ();
    return;
  }
  value->kind = CVI_VALUE_ANY;
}

static void
set_value (CviValue *value, const CviSetting *setting)
{
  value->arg = g_strdup (setting->arg);
  value->repeats = setting->type == CVI_SETTING_TEXTS;
  if (setting->type == CVI_SETTING_FLAG) {
    value->kind = CVI_VALUE_NONE;
    return;
  }
  if (setting->type == CVI_SETTING_VERDICTS) {
    value->kind = CVI_VALUE_LIST;
    value->words = list_verdicts ();
    return;
  }
  if (setting->choices) {
    value->kind = CVI_VALUE_WORDS;
    value->words = g_strsplit (setting->choices, "|", -1);
  } else {
    set_by_name (value, setting->arg ? setting->arg : "");
    if (value->kind == CVI_VALUE_ANY)
      set_by_name (value, setting->name);
  }
  if (value->kind == CVI_VALUE_WORDS && setting->type == CVI_SETTING_WORDS)
    value->kind = CVI_VALUE_LIST;
}

static void
add_option (CviUsage *usage, const char *name, char letter, const char *help,
    const CviSetting *setting)
{
  CviOption *option = g_new0 (CviOption, 1);

  option->name = name;
  option->letter = letter;
  option->help = help;
  option->setting = setting;
  if (setting)
    set_value (&option->value, setting);
  g_ptr_array_add (usage->options, option);
}

/* @word: "PATH...", "[FILE]", "show|init" */
static CviValue *
argument_new (const char *word)
{
  CviValue *value = g_new0 (CviValue, 1);
  g_autofree char *bare = g_strdup (word);

  g_strdelimit (bare, "[]", ' ');
  g_strstrip (bare);
  value->repeats = g_str_has_suffix (bare, "...");
  if (value->repeats)
    bare[strlen (bare) - 3] = '\0';
  value->arg = g_strdup (bare);
  if (g_ascii_islower (*bare)) {
    value->kind = CVI_VALUE_WORDS;
    value->words = g_strsplit (bare, "|", -1);
  } else {
    g_auto (GStrv) names = g_strsplit (bare, "|", -1);

    /* Where several are possible, the first one that a shell can offer. */
    for (char **name = names; *name && value->kind <= CVI_VALUE_ANY; name++)
      set_by_name (value, *name);
  }
  return value;
}

/* Adds to @value what another way to call the sub-command has in its place. */
static void
merge_argument (CviValue *value, CviValue *other)
{
  if (value->words && other->words) {
    g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

    g_strv_builder_addv (builder, (const char **)value->words);
    g_strv_builder_addv (builder, (const char **)other->words);
    g_strfreev (value->words);
    value->words = g_strv_builder_end (builder);
  } else if (value->kind <= CVI_VALUE_ANY) {
    CviValue kept = *value;

    *value = *other;
    *other = kept;
  }
  value_free (other);
}

/* @way: "export [PATH...]", one of those that " | " separates */
static void
add_arguments (CviUsage *usage, const char *way)
{
  g_auto (GStrv) words = g_strsplit (way, " ", -1);
  guint k = 0;

  for (char **word = words; *word; word++) {
    CviValue *value;

    if (!**word)
      continue;
    value = argument_new (*word);
    if (k < usage->arguments->len)
      merge_argument (g_ptr_array_index (usage->arguments, k), value);
    else
      g_ptr_array_add (usage->arguments, value);
    k++;
  }
}

static CviUsage *
usage_new (const char *name, const char *summary, const char *args)
{
  CviUsage *usage = g_new0 (CviUsage, 1);
  g_auto (GStrv) ways = g_strsplit (args, " | ", -1);

  usage->name = name;
  usage->summary = summary;
  usage->args = args;
  usage->options = g_ptr_array_new_with_free_func (option_free);
  usage->arguments = g_ptr_array_new_with_free_func (value_free);
  for (char **way = ways; *way; way++)
    add_arguments (usage, *way);
  add_option (usage, "help", 'h', "Show a short help and end", NULL);
  return usage;
}

static CviUsage *
ask_command (const CviCommand *command)
{
  char help[] = "--help";
  g_autofree char *name = g_strdup (command->name);
  char *argv[] = { name, help, NULL };
  CviSettingsUsage told = { 0 };
  CviUsage *usage;

  cvi_settings_watch_usage (&told);
  command->run (2, argv);
  cvi_settings_watch_usage (NULL);
  usage =
      usage_new (command->name, command->summary, told.args ? told.args : "");
  usage->used_by = told.used_by;
  for (guint id = 0; id < CVI_N_SETTINGS; id++) {
    const CviSetting *row = &cvi_setting_table[id];

    if (row->used_by & told.used_by)
      add_option (usage, row->name, row->letter, row->help, row);
  }
  return usage;
}

GPtrArray *
cvi_usage_new_all (void)
{
  GPtrArray *all = g_ptr_array_new_with_free_func (usage_free);
  CviUsage *program = usage_new ("", "Find corrupt video files", "");
  const CviCommand *command;

  add_option (program, "version", 0, "Show the version and end", NULL);
  g_ptr_array_add (all, program);
  for (guint i = 0; (command = cvi_commands_nth (i)); i++)
    g_ptr_array_add (all, ask_command (command));
  return all;
}

char *
cvi_option_spelling (const CviOption *option, gboolean letter)
{
  g_return_val_if_fail (option && (!letter || option->letter), NULL);

  return letter ? g_strdup_printf ("-%c", option->letter)
                : g_strconcat ("--", option->name, NULL);
}
