/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/describe/cvi-usage.h"

static const char head[] =
    "# fish completion for cvi-gst\n"
    "# Made by the build from the tables of options: do not edit.\n\n"
    "# The first word before the cursor that is no option.\n"
    "function __cvi_gst_command\n"
    "    for word in (commandline -opc)[2..]\n"
    "        if not string match -q -- '-*' $word\n"
    "            echo $word\n"
    "            return\n"
    "        end\n"
    "    end\n"
    "end\n\n"
    "function __cvi_gst_using\n"
    "    test \"$(__cvi_gst_command)\" = \"$argv[1]\"\n"
    "end\n\n"
    "# Is this command used, and none of the other words there yet?\n"
    "function __cvi_gst_awaits\n"
    "    __cvi_gst_using $argv[1]\n"
    "    and not __fish_seen_subcommand_from $argv[2..]\n"
    "end\n\n"
    "complete -c cvi-gst -f\n";

/* Appends @text in single quotes. */
static void
append_quoted (GString *out, const char *text)
{
  g_string_append_c (out, '\'');
  for (; *text; text++) {
    if (*text == '\'' || *text == '\\')
      g_string_append_c (out, '\\');
    g_string_append_c (out, *text);
  }
  g_string_append_c (out, '\'');
}

/* What belongs into an option's place, as options of complete. */
static void
append_value (GString *out, const CviValue *value)
{
  g_autofree char *words = value->words ? g_strjoinv (" ", value->words) : NULL;

  switch (value->kind) {
    case CVI_VALUE_NONE:
      break;
    case CVI_VALUE_ANY:
      g_string_append (out, " -x");
      break;
    case CVI_VALUE_WORDS:
      g_string_append_printf (out, " -x -a '%s'", words);
      break;
    case CVI_VALUE_LIST:
      g_string_append_printf (out, " -x -a '(__fish_append , %s)'", words);
      break;
    case CVI_VALUE_FILE:
      g_string_append (out, " -r -F");
      break;
    case CVI_VALUE_FOLDER:
      g_string_append (out, " -x -a '(__fish_complete_directories)'");
      break;
    case CVI_VALUE_PROGRAM:
      g_string_append (out, " -x -a '(__fish_complete_command)'");
      break;
  }
}

static void
append_argument (GString *out, const CviUsage *usage, const CviValue *value)
{
  g_autofree char *words = value->words ? g_strjoinv (" ", value->words) : NULL;

  if (value->kind == CVI_VALUE_ANY)
    return;
  g_string_append (out, "complete -c cvi-gst -n '");
  if (words && !value->repeats)
    g_string_append_printf (out, "__cvi_gst_awaits %s %s'", usage->name, words);
  else
    g_string_append_printf (out, "__cvi_gst_using %s'", usage->name);
  if (value->kind == CVI_VALUE_FILE)
    g_string_append (out, " -F");
  else
    append_value (out, value);
  g_string_append_c (out, '\n');
}

static void
append_usage (GString *out, const CviUsage *usage)
{
  for (guint k = 0; k < usage->options->len; k++) {
    const CviOption *option = g_ptr_array_index (usage->options, k);

    g_string_append (out, "complete -c cvi-gst -n '__cvi_gst_using ");
    g_string_append_printf (
        out, "%s' -l %s", *usage->name ? usage->name : "\"\"", option->name);
    if (option->letter)
      g_string_append_printf (out, " -s %c", option->letter);
    append_value (out, &option->value);
    g_string_append (out, " -d ");
    append_quoted (out, option->help);
    g_string_append_c (out, '\n');
  }
  for (guint k = 0; k < usage->arguments->len; k++)
    append_argument (out, usage, g_ptr_array_index (usage->arguments, k));
}

char *
cvi_complete_fish (GPtrArray *usages)
{
  GString *out = g_string_new (head);

  g_return_val_if_fail (usages, NULL);

  for (guint i = 1; i < usages->len; i++) {
    const CviUsage *usage = g_ptr_array_index (usages, i);

    g_string_append_printf (out,
        "complete -c cvi-gst -n '__cvi_gst_using \"\"' -a %s -d ", usage->name);
    append_quoted (out, usage->summary);
    g_string_append_c (out, '\n');
  }
  for (guint i = 0; i < usages->len; i++) {
    g_string_append_c (out, '\n');
    append_usage (out, g_ptr_array_index (usages, i));
  }
  return g_string_free (out, FALSE);
}
