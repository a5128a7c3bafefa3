/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/describe/cvi-usage.h"

#include <string.h>

static const char head[] =
    "#compdef cvi-gst\n"
    "# Made by the build from the tables of options: do not edit.\n\n"
    "_cvi-gst () {\n"
    "  local curcontext=$curcontext context state state_descr line ret=1\n"
    "  typeset -A opt_args\n"
    "  local -a commands\n\n"
    "  _arguments -C \\\n";

static const char tail[] = "  esac\n"
                           "  return ret\n"
                           "}\n\n"
                           "_cvi-gst \"$@\"\n";

/* Appends @text for a place between single quotes, with a backslash before
 * each of @special. */
static void
append_quoted (GString *out, const char *text, const char *special)
{
  for (; *text; text++) {
    if (*text == '\'')
      g_string_append (out, "'\\''");
    else if (strchr (special, *text))
      g_string_append_printf (out, "\\%c", *text);
    else
      g_string_append_c (out, *text);
  }
}

static void
append_words (GString *out, char **words, const char *special)
{
  for (char **word = words; *word; word++) {
    if (word > words)
      g_string_append_c (out, ' ');
    append_quoted (out, *word, special);
  }
}

/* ":what:how to complete it" */
static void
append_value (GString *out, const CviValue *value)
{
  g_string_append_c (out, ':');
  append_quoted (out, value->arg ? value->arg : "", ":\\");
  switch (value->kind) {
    case CVI_VALUE_NONE:
    case CVI_VALUE_ANY:
      g_string_append (out, ": ");
      break;
    case CVI_VALUE_WORDS:
      g_string_append (out, ":(");
      append_words (out, value->words, ":\\");
      g_string_append_c (out, ')');
      break;
    case CVI_VALUE_LIST:
      g_string_append (out, ":_sequence compadd - ");
      append_words (out, value->words, ":\\");
      break;
    case CVI_VALUE_FILE:
      g_string_append (out, ":_files");
      break;
    case CVI_VALUE_FOLDER:
      g_string_append (out, ":_files -/");
      break;
    case CVI_VALUE_PROGRAM:
      g_string_append (out, ":_command_names -e");
      break;
  }
}

/* @attach: what says that a value may follow in the same word */
static void
append_spelling (GString *out, const CviOption *option, gboolean letter,
    const char *attach, const char *indent)
{
  gboolean takes_value = option->value.kind != CVI_VALUE_NONE;
  g_autofree char *word = cvi_option_spelling (option, letter);

  g_string_append_printf (out, "%s'", indent);
  if (!option->setting)
    g_string_append (out, "(- *)");
  else if (option->value.repeats)
    g_string_append_c (out, '*');
  else if (option->letter)
    g_string_append_printf (out, "(-%c --%s)", option->letter, option->name);
  g_string_append_printf (out, "%s%s[", word, takes_value ? attach : "");
  append_quoted (out, option->help, "[]\\");
  g_string_append_c (out, ']');
  if (takes_value)
    append_value (out, &option->value);
  g_string_append (out, "' \\\n");
}

static void
append_options (GString *out, const CviUsage *usage, const char *indent)
{
  for (guint k = 0; k < usage->options->len; k++) {
    const CviOption *option = g_ptr_array_index (usage->options, k);

    if (option->letter)
      append_spelling (out, option, TRUE, "+", indent);
    append_spelling (out, option, FALSE, "=", indent);
  }
}

static void
append_command (GString *out, const CviUsage *usage)
{
  static const char indent[] = "            ";

  g_string_append_printf (
      out, "        %s)\n          _arguments -s -S \\\n", usage->name);
  append_options (out, usage, indent);
  for (guint k = 0; k < usage->arguments->len; k++) {
    const CviValue *value = g_ptr_array_index (usage->arguments, k);

    if (value->repeats)
      g_string_append_printf (out, "%s'*", indent);
    else
      g_string_append_printf (out, "%s'%u", indent, k + 1);
    append_value (out, value);
    g_string_append (out, "' \\\n");
  }
  g_string_append_printf (out, "%s&& ret=0 ;;\n", indent);
}

char *
cvi_complete_zsh (GPtrArray *usages)
{
  GString *out = g_string_new (head);

  g_return_val_if_fail (usages, NULL);

  append_options (out, g_ptr_array_index (usages, 0), "    ");
  g_string_append (out, "    '1:command:->command' \\\n"
                        "    '*::argument:->argument' && ret=0\n\n"
                        "  case $state in\n"
                        "    command)\n"
                        "      commands=(\n");
  for (guint i = 1; i < usages->len; i++) {
    const CviUsage *usage = g_ptr_array_index (usages, i);

    g_string_append_printf (out, "        '%s:", usage->name);
    append_quoted (out, usage->summary, ":\\");
    g_string_append (out, "'\n");
  }
  g_string_append (out,
      "      )\n"
      "      _describe -t commands command commands && ret=0 ;;\n"
      "    argument)\n"
      "      curcontext=${curcontext%:*}-$words[1]:\n"
      "      case $words[1] in\n");
  for (guint i = 1; i < usages->len; i++)
    append_command (out, g_ptr_array_index (usages, i));
  g_string_append (out, "      esac ;;\n");
  g_string_append (out, tail);
  return g_string_free (out, FALSE);
}
