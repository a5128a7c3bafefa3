/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Works without the package bash-completion, which only has to load it.
 */
#include "tools/describe/cvi-usage.h"

static const char head[] =
    "# bash completion for cvi-gst\n"
    "# Made by the build from the tables of options: do not edit.\n\n";

/* What there is to know is in functions made from the tables; this one only
 * finds out where the cursor is. */
static const char engine[] =
    "_cvi_gst () {\n"
    "  local line=() rest=$COMP_LINE between word i position=0\n"
    "  local command='' option='' kind=none words='' options=''\n"
    "  local current breaks='' done='' prefix=''\n"
    "\n"
    "  COMPREPLY=()\n"
    "  # Readline splits at = and :, which here are parts of words.\n"
    "  for ((i = 0; i <= COMP_CWORD; i++)); do\n"
    "    word=${COMP_WORDS[i]}\n"
    "    between=$rest\n"
    "    [ -z \"$word\" ] || between=${rest%%\"$word\"*}\n"
    "    rest=${rest#\"$between$word\"}\n"
    "    if [ \"$i\" -gt 0 ] && [ -z \"$between\" ]; then\n"
    "      line[${#line[@]} - 1]+=$word\n"
    "    else\n"
    "      line+=(\"$word\")\n"
    "    fi\n"
    "  done\n"
    "  current=${line[${#line[@]} - 1]}\n"
    "  unset \"line[${#line[@]} - 1]\"\n"
    "\n"
    "  # What the words before the cursor say.\n"
    "  for word in \"${line[@]:1}\"; do\n"
    "    if [ -n \"$option\" ]; then\n"
    "      option=\n"
    "    elif [ -n \"$done\" ] || [[ $word != -?* ]]; then\n"
    "      if [ -z \"$command\" ]; then\n"
    "        command=$word\n"
    "      else\n"
    "        position=$((position + 1))\n"
    "      fi\n"
    "    elif [ \"$word\" = -- ]; then\n"
    "      done=yes\n"
    "    elif [[ $word != --*=* ]]; then\n"
    "      _cvi_gst_option \"$command\" \"$word\"\n"
    "      [ \"$kind\" = none ] || option=$word\n"
    "    fi\n"
    "  done\n"
    "\n"
    "  # What belongs there.\n"
    "  if [ -n \"$option\" ]; then\n"
    "    _cvi_gst_option \"$command\" \"$option\"\n"
    "  elif [ -z \"$done\" ] && [[ $current == --*=* ]]; then\n"
    "    prefix=${current%%=*}=\n"
    "    _cvi_gst_option \"$command\" \"${current%%=*}\"\n"
    "  elif [ -z \"$done\" ] && [[ $current == -* ]]; then\n"
    "    kind=option\n"
    "  else\n"
    "    _cvi_gst_argument \"$command\" \"$position\"\n"
    "    [ \"$kind\" != none ] || [ -n \"$current\" ] || kind=option\n"
    "  fi\n"
    "\n"
    "  case $kind in\n"
    "    # Readline's own way with file names: it knows how to quote them.\n"
    "    file) return 0 ;;\n"
    "    folder) compopt +o default +o bashdefault -o dirnames 2>/dev/null\n"
    "      return 0 ;;\n"
    "    option)\n"
    "      _cvi_gst_options \"$command\"\n"
    "      words=$options ;;\n"
    "    list)\n"
    "      done=${current#\"$prefix\"}\n"
    "      done=${done%\"${done##*,}\"}\n"
    "      prefix+=$done\n"
    "      for word in ${done//,/ }; do\n"
    "        words=\" $words \"\n"
    "        words=${words/\" $word \"/ }\n"
    "      done\n"
    "      compopt -o nospace 2>/dev/null ;;\n"
    "  esac\n"
    "  compopt +o default +o bashdefault 2>/dev/null\n"
    "  if [ \"$kind\" = program ]; then\n"
    "    mapfile -t COMPREPLY < <(compgen -c -- \"${current#\"$prefix\"}\")\n"
    "  else\n"
    "    mapfile -t COMPREPLY \\\n"
    "      < <(compgen -W \"$words\" -- \"${current#\"$prefix\"}\")\n"
    "  fi\n"
    "\n"
    "  # Readline replaces what comes after the last = or : only.\n"
    "  [[ $COMP_WORDBREAKS != *=* ]] || breaks+='='\n"
    "  [[ $COMP_WORDBREAKS != *:* ]] || breaks+=':'\n"
    "  COMPREPLY=(\"${COMPREPLY[@]/#/$prefix}\")\n"
    "  if [ -n \"$breaks\" ] && [[ $current == *[$breaks]* ]]; then\n"
    "    prefix=${current%\"${current##*[\"$breaks\"]}\"}\n"
    "    COMPREPLY=(\"${COMPREPLY[@]#\"$prefix\"}\")\n"
    "  fi\n"
    "  return 0\n"
    "}\n"
    "\n"
    "complete -o bashdefault -o default -F _cvi_gst cvi-gst\n";

static const char *
kind_to_string (CviValueKind kind)
{
  switch (kind) {
    case CVI_VALUE_NONE:
      return "none";
    case CVI_VALUE_ANY:
      return "any";
    case CVI_VALUE_WORDS:
      return "words";
    case CVI_VALUE_LIST:
      return "list";
    case CVI_VALUE_FILE:
      return "file";
    case CVI_VALUE_FOLDER:
      return "folder";
    case CVI_VALUE_PROGRAM:
      return "program";
  }
  g_return_val_if_reached ("");
}

static void
append_value (GString *out, const CviValue *value)
{
  g_string_append_printf (out, " kind='%s'", kind_to_string (value->kind));
  if (value->words) {
    g_autofree char *words = g_strjoinv (" ", value->words);

    g_string_append_printf (out, " words='%s'", words);
  }
  g_string_append (out, " ;;\n");
}

static void
append_options (GString *out, GPtrArray *usages)
{
  g_string_append (out, "# _cvi_gst_options COMMAND: sets options.\n"
                        "_cvi_gst_options () {\n  case $1 in\n");
  for (guint i = 0; i < usages->len; i++) {
    const CviUsage *usage = g_ptr_array_index (usages, i);

    g_string_append_printf (out, "    '%s') options='", usage->name);
    for (guint k = 0; k < usage->options->len; k++) {
      const CviOption *option = g_ptr_array_index (usage->options, k);

      g_string_append_printf (out, "%s--%s", k ? " " : "", option->name);
      if (option->letter)
        g_string_append_printf (out, " -%c", option->letter);
    }
    g_string_append (out, "' ;;\n");
  }
  g_string_append (out, "    *) options= ;;\n  esac\n}\n\n");
}

static void
append_option_values (GString *out, GPtrArray *usages)
{
  g_string_append (out,
      "# _cvi_gst_option COMMAND OPTION: sets kind and words of its value.\n"
      "_cvi_gst_option () {\n  words=\n  case \"$1 $2\" in\n");
  for (guint i = 0; i < usages->len; i++) {
    const CviUsage *usage = g_ptr_array_index (usages, i);

    for (guint k = 0; k < usage->options->len; k++) {
      const CviOption *option = g_ptr_array_index (usage->options, k);

      if (option->value.kind == CVI_VALUE_NONE)
        continue;
      g_string_append_printf (out, "    '%s --%s'", usage->name, option->name);
      if (option->letter)
        g_string_append_printf (
            out, " | '%s -%c'", usage->name, option->letter);
      g_string_append_c (out, ')');
      append_value (out, &option->value);
    }
  }
  g_string_append (out, "    *) kind=none ;;\n  esac\n}\n\n");
}

static void
append_arguments (GString *out, GPtrArray *usages)
{
  const char *between = "";

  g_string_append (out,
      "# _cvi_gst_argument COMMAND N: sets kind and words of its Nth "
      "argument.\n_cvi_gst_argument () {\n  words=\n  case \"$1 $2\" in\n"
      "    ' '*) kind=words words='");
  for (guint i = 1; i < usages->len; i++) {
    const CviUsage *usage = g_ptr_array_index (usages, i);

    g_string_append_printf (out, "%s%s", between, usage->name);
    between = " ";
  }
  g_string_append (out, "' ;;\n");
  for (guint i = 1; i < usages->len; i++) {
    const CviUsage *usage = g_ptr_array_index (usages, i);

    for (guint k = 0; k < usage->arguments->len; k++) {
      const CviValue *value = g_ptr_array_index (usage->arguments, k);

      if (value->repeats)
        g_string_append_printf (out, "    '%s '*)", usage->name);
      else
        g_string_append_printf (out, "    '%s %u')", usage->name, k);
      append_value (out, value);
    }
  }
  g_string_append (out, "    *) kind=none ;;\n  esac\n}\n\n");
}

char *
cvi_complete_bash (GPtrArray *usages)
{
  GString *out = g_string_new (head);

  g_return_val_if_fail (usages, NULL);

  append_options (out, usages);
  append_option_values (out, usages);
  append_arguments (out, usages);
  g_string_append (out, engine);
  return g_string_free (out, FALSE);
}
