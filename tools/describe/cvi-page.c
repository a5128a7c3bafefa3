/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pages of the manual in scdoc's language. A page is what docs/man says, with
 * lines such as @options@ replaced by what the tables say.
 */
#include <string.h>

#include "config.h"
#include "tools/describe/cvi-usage.h"

#define PROGRAM "cvi-gst"

/* Of a sub-command that docs/man has nothing about. */
static const char no_prose[] = "@summary@\n@options@\n@exit-status@\n"
                               "@environment@\n@files@\n@see-also@\n";

typedef struct {
  const char *name;
  GString *out;
  GPtrArray *usages;
  const CviUsage *usage;
} Page;

/* Appends @text so that nothing in it is scdoc's markup. */
static void
append_text (GString *out, const char *text)
{
  for (; *text; text++) {
    if (g_ascii_ispunct (*text) && !strchr (" ,;:()/'\"?!", *text))
      g_string_append_c (out, '\\');
    g_string_append_c (out, *text);
  }
}

/* The same between two marks: bold '*', underlined '_'. */
static void
append_marked (GString *out, char mark, const char *text)
{
  g_string_append_c (out, mark);
  append_text (out, text);
  g_string_append_c (out, mark);
}

static void
append_page_name (GString *out, const CviUsage *usage)
{
  g_autofree char *name = *usage->name
                              ? g_strconcat (PROGRAM "-", usage->name, NULL)
                              : g_strdup (PROGRAM);

  append_marked (out, '*', name);
  g_string_append (out, "(1)");
}

/* Values that the option's help does not name. */
static void
append_choices (GString *out, const CviValue *value, const char *help)
{
  gboolean all_there = TRUE;
  g_autofree char *words = NULL;

  for (char **word = value->words; word && *word; word++)
    all_there = all_there && strstr (help, *word);
  /* Rules have a list of their own, and anything else is short. */
  if (all_there || g_strv_length (value->words) > 16)
    return;
  words = g_strjoinv (", ", value->words);
  g_string_append (out, " Values: ");
  append_text (out, words);
  g_string_append (out, "\\.");
}

static void
append_meaning (GString *out, const CviOption *option, gboolean with_env)
{
  const CviSetting *setting = option->setting;

  append_text (out, option->help);
  g_string_append (out, "\\.");
  append_choices (out, &option->value, option->help);
  if (setting && setting->def && setting->type != CVI_SETTING_FLAG) {
    g_string_append (out, " Default: ");
    append_text (out, setting->def);
    g_string_append (out, "\\.");
  }
  if (with_env && setting && setting->env) {
    g_string_append (out, " Environment: ");
    append_marked (out, '*', setting->env);
    g_string_append (out, "\\.");
  }
}

static void
append_option (GString *out, const CviOption *option)
{
  for (int letter = option->letter ? 1 : 0; letter >= 0; letter--) {
    g_autofree char *word = cvi_option_spelling (option, letter);

    append_marked (out, '*', word);
    if (letter)
      g_string_append (out, ", ");
  }
  if (option->value.kind != CVI_VALUE_NONE && option->value.arg) {
    g_string_append_c (out, ' ');
    append_marked (out, '_', option->value.arg);
  }
  g_string_append (out, "\n\t");
  append_meaning (out, option, TRUE);
  g_string_append (out, "\n\n");
}

static void
append_options (Page *page)
{
  g_string_append (page->out, "# OPTIONS\n\n");
  for (guint k = 0; k < page->usage->options->len; k++)
    append_option (page->out, g_ptr_array_index (page->usage->options, k));
}

static void
append_summary (Page *page)
{
  g_string_append (page->out, "# DESCRIPTION\n\n");
  append_text (page->out, page->usage->summary);
  g_string_append (page->out, "\\.\n\n");
}

static void
append_exit_status (Page *page)
{
  g_string_append (page->out,
      "# EXIT STATUS\n\n"
      "*0*\n\tDone\\.\n\n"
      "*2*\n\tWrong usage or configuration, or something that is needed "
      "cannot be used: the store, the output, the worker\\.\n\n");
}

/* The program's own page lists all variables; the options name theirs. */
static void
append_variables (Page *page)
{
  for (guint id = 0; id < CVI_N_SETTINGS; id++) {
    const CviSetting *row = &cvi_setting_table[id];

    if (!row->env)
      continue;
    append_marked (page->out, '*', row->env);
    g_string_append (page->out, "\n\tThe same as *--");
    append_text (page->out, row->name);
    g_string_append (page->out, row->type == CVI_SETTING_FLAG
                                    ? "* if it is true, yes, on or 1\\.\n\n"
                                    : "*\\.\n\n");
  }
  g_string_append (page->out,
      "*XDG_CONFIG_HOME*, *XDG_DATA_HOME*\n"
      "\tWhere configuration and results are, below\\.\n\n"
      "*CVI_WORKER*\n"
      "\tAnother worker program than the one that was installed\\.\n\n");
}

static void
append_environment (Page *page)
{
  g_string_append (page->out, "# ENVIRONMENT\n\n");
  if (!*page->usage->name)
    append_variables (page);
  else
    g_string_append (page->out,
        "The options name their variables, and *cvi-gst*(1) has all of "
        "them\\.\n\n");
  g_string_append (page->out,
      "An empty variable counts as not set\\. The command line goes before "
      "the environment, and that before the configuration file\\.\n\n");
}

static void
append_files (Page *page)
{
  g_string_append (page->out,
      "# FILES\n\n"
      "_$XDG_CONFIG_HOME/cvi-gst/cvi-gst.conf_ (_~/.config_)\n"
      "\tSettings, see *cvi-gst.conf*(5)\\.\n\n"
      "_$XDG_DATA_HOME/cvi-gst/results.db_ (_~/.local/share_)\n"
      "\tResults, unless *--db* says otherwise\\.\n\n");
}

static void
append_commands (Page *page)
{
  g_string_append (page->out, "# COMMANDS\n\n");
  for (guint i = 1; i < page->usages->len; i++) {
    const CviUsage *usage = g_ptr_array_index (page->usages, i);

    append_marked (page->out, '*', usage->name);
    g_string_append (page->out, "\n\t");
    append_text (page->out, usage->summary);
    g_string_append (page->out, ": ");
    append_page_name (page->out, usage);
    g_string_append (page->out, "\\.\n\n");
  }
}

static const CviUsage *
find_user (GPtrArray *usages, guint used_by, guint *i)
{
  for (; *i < usages->len; (*i)++) {
    const CviUsage *usage = g_ptr_array_index (usages, *i);

    if (usage->used_by & used_by)
      return usage;
  }
  return NULL;
}

/* Rows of other sub-commands may have the same name, but no key. */
static const CviOption *
find_option (const CviUsage *usage, const CviSetting *row)
{
  for (guint k = 0; k < usage->options->len; k++) {
    const CviOption *option = g_ptr_array_index (usage->options, k);

    if (option->setting == row)
      return option;
  }
  return NULL;
}

/* The keys of the configuration file. */
static void
append_keys (Page *page)
{
  for (guint id = 0; id < CVI_N_SETTINGS; id++) {
    const CviSetting *row = &cvi_setting_table[id];
    guint i = 1;
    const CviUsage *user = find_user (page->usages, row->used_by, &i);
    const char *between = " For ";

    if (!row->env || !user)
      continue;
    append_marked (page->out, '*', row->name);
    g_string_append (page->out, " = ");
    append_marked (page->out, '_',
        row->type == CVI_SETTING_FLAG ? "true|false" : row->arg);
    g_string_append (page->out, "\n\t");
    append_meaning (page->out, find_option (user, row), FALSE);
    for (; user; i++, user = find_user (page->usages, row->used_by, &i)) {
      g_string_append (page->out, between);
      append_page_name (page->out, user);
      between = ", ";
    }
    g_string_append (page->out, "\\.\n\n");
  }
}

static void
append_see_also (Page *page)
{
  static const struct {
    const char *name;
    int section;
  } others[] = { { "cvi-gst.conf", 5 }, { "cvicheck", 7 } };
  const char *between = "";

  g_string_append (page->out, "# SEE ALSO\n\n");
  for (guint i = 0; i < page->usages->len; i++) {
    const CviUsage *usage = g_ptr_array_index (page->usages, i);

    if (usage == page->usage)
      continue;
    g_string_append (page->out, between);
    append_page_name (page->out, usage);
    between = ", ";
  }
  for (guint i = 0; i < G_N_ELEMENTS (others); i++) {
    if (!g_str_equal (others[i].name, page->name))
      g_string_append_printf (
          page->out, ", *%s*(%d)", others[i].name, others[i].section);
  }
  g_string_append_c (page->out, '\n');
}

static const struct {
  const char *line;
  void (*append) (Page *page);
  gboolean of_commands;
} places[] = {
  { "@summary@", append_summary, TRUE },
  { "@options@", append_options, TRUE },
  { "@exit-status@", append_exit_status, TRUE },
  { "@environment@", append_environment, TRUE },
  { "@files@", append_files, TRUE },
  { "@commands@", append_commands, FALSE },
  { "@keys@", append_keys, FALSE },
  { "@see-also@", append_see_also, FALSE },
};

static gboolean
append_line (Page *page, const char *line, GError **error)
{
  if (line[0] != '@') {
    g_string_append_printf (page->out, "%s\n", line);
    return TRUE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    if (g_str_equal (places[i].line, line) &&
        (page->usage || !places[i].of_commands)) {
      places[i].append (page);
      return TRUE;
    }
  }
  g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
      "there is nothing to put in the place of %s", line);
  return FALSE;
}

static const CviUsage *
find_usage (GPtrArray *usages, const char *name)
{
  for (guint i = 0; i < usages->len; i++) {
    const CviUsage *usage = g_ptr_array_index (usages, i);
    g_autofree char *page =
        g_strconcat (PROGRAM, i ? "-" : "", usage->name, NULL);

    if (g_str_equal (page, name))
      return usage;
  }
  return NULL;
}

/* Name, summary and synopsis, which need no prose. */
static void
append_top (Page *page)
{
  const CviUsage *usage = page->usage;
  /* whatis wants it to go on after the dash. */
  g_autofree char *summary = g_strdup (usage->summary);

  summary[0] = g_ascii_tolower (summary[0]);
  g_string_append_printf (page->out, "# NAME\n\n%s - ", page->name);
  append_text (page->out, summary);
  g_string_append (page->out, "\n\n# SYNOPSIS\n\n*" PROGRAM "*");
  if (*usage->name) {
    g_string_append_c (page->out, ' ');
    append_marked (page->out, '*', usage->name);
    g_string_append (page->out, " [_OPTION_\\.\\.\\.]");
    if (*usage->args) {
      g_string_append_c (page->out, ' ');
      append_text (page->out, usage->args);
    }
  } else {
    g_string_append (
        page->out, " _COMMAND_ [_OPTION_\\.\\.\\.] [_ARGUMENT_\\.\\.\\.]");
  }
  g_string_append (page->out, "\n\n");
}

char *
cvi_page_new (GPtrArray *usages, const char *name, const char *section,
    const char *prose, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  Page page = { name, out, usages, NULL };
  g_auto (GStrv) lines = NULL;

  g_return_val_if_fail (usages && name && section, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  page.usage = find_usage (usages, name);
  if (!page.usage && !prose) {
    g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "%s is no sub-command and there is no text for it", name);
    return NULL;
  }
  if (page.usage && prose && !strstr (prose, "\n@options@\n")) {
    g_set_error_literal (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "the text has no place for @options@");
    return NULL;
  }
  g_string_append_printf (out, "%s(%s) \"cvi " PACKAGE_VERSION "\" \"%s\"\n\n",
      name, section, "Find corrupt video files");
  if (page.usage)
    append_top (&page);
  lines = g_strsplit (prose ? prose : no_prose, "\n", -1);
  for (char **line = lines; *line && (line[1] || **line); line++) {
    if (!append_line (&page, *line, error))
      return NULL;
  }
  return g_string_free (g_steal_pointer (&out), FALSE);
}
