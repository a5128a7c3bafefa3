/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-commands.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>

#include "config.h"
#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-suggest.h"

static const CviCommand *const commands[] = {
  &cvi_command_scan,
  &cvi_command_list,
  &cvi_command_verify,
  &cvi_command_fixity,
  &cvi_command_report,
  &cvi_command_query,
  &cvi_command_stats,
  &cvi_command_trend,
  &cvi_command_cleanup,
  &cvi_command_backup,
  &cvi_command_rules,
  &cvi_command_doctor,
  &cvi_command_plan,
  &cvi_command_shard,
  &cvi_command_submit,
  &cvi_command_status,
  &cvi_command_merge,
  &cvi_command_quarantine,
  &cvi_command_mark,
  &cvi_command_config,
  &cvi_command_compare,
};

const CviCommand *
cvi_commands_nth (guint i)
{
  return i < G_N_ELEMENTS (commands) ? commands[i] : NULL;
}

static void
print_help (FILE *stream)
{
  fputs ("Usage: cvi-gst COMMAND [OPTION...] [ARGUMENT...]\n\n"
         "Finds corrupt video files.\n\nCommands:\n",
      stream);
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    fprintf (stream, "  %-12s%s\n", commands[i]->name, commands[i]->summary);
  fputs ("\nOptions:\n"
         "  -h, --help     this help; after a command, that command's\n"
         "  --version      the version\n",
      stream);
}

static char *
suggest_command (const char *word)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    g_ptr_array_add (names, (gpointer)commands[i]->name);
  g_ptr_array_add (names, (gpointer) "--help");
  g_ptr_array_add (names, (gpointer) "--version");
  return cvi_suggest_hint (word, "", names);
}

static int
run_command (int argc, char **argv)
{
  g_autofree char *hint = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    if (g_str_equal (commands[i]->name, argv[0])) {
      g_autofree char *name = g_strconcat ("cvi-gst ", argv[0], NULL);

      /* What --help shows as the program's name. */
      g_set_prgname (name);
      return commands[i]->run (argc, argv);
    }
  }
  hint = suggest_command (argv[0]);
  cvi_say ("unknown %s \"%s\"%s (cvi-gst --help lists the commands)",
      argv[0][0] == '-' ? "option" : "command", argv[0], hint);
  return CVI_EXIT_USAGE;
}

int
cvi_commands_main (int argc, char **argv)
{
  /* Only what a terminal can show: numbers stay the same everywhere. */
  setlocale (LC_CTYPE, "");
  /* A closed pipe is an error where it is written to. */
  signal (SIGPIPE, SIG_IGN);
  /* So is a file that grows beyond its limit. */
  signal (SIGXFSZ, SIG_IGN);

  if (argc < 2) {
    print_help (stderr);
    return CVI_EXIT_USAGE;
  }
  if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h")) {
    print_help (stdout);
    return CVI_EXIT_OK;
  }
  if (g_str_equal (argv[1], "--version")) {
    puts ("cvi-gst " PACKAGE_VERSION);
    return CVI_EXIT_OK;
  }
  return run_command (argc - 1, argv + 1);
}
