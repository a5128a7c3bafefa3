/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>
#include <unistd.h>

#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-settings.h"
#include "tools/cli/cvi-sources.h"
#include "tools/report/cvi-display.h"

typedef struct {
  guint64 n_files;
  guint64 n_problems;
  guint64 bytes;
} ListCounts;

static void
list_file (const CviFile *file, char end, ListCounts *counts)
{
  if (file->problem && !file->uri) {
    cvi_say ("%s: %s", file->path, g_strerror (file->problem));
    counts->n_problems++;
    return;
  }
  /* A script gets the name's own bytes, a terminal what it can show. */
  if (isatty (STDOUT_FILENO)) {
    g_autofree char *shown = cvi_display_name (file->path);

    fputs (shown, stdout);
  } else {
    fputs (file->path, stdout);
  }
  putchar (end);
  counts->n_files++;
  counts->bytes += file->size;
}

static int
list_all (CviSettings *settings, GError **error)
{
  g_autoptr (CviSources) sources = cvi_sources_new (settings, TRUE, error);
  g_autoptr (CviEnumerator) enumerator = NULL;
  g_autoptr (GString) size = g_string_new (NULL);
  ListCounts counts = { 0 };
  CviFile *file;
  int status;

  if (!sources)
    return CVI_EXIT_USAGE;
  enumerator = cvi_sources_enumerate (sources, FALSE);
  while (!ferror (stdout) && (file = cvi_sources_next (sources, enumerator))) {
    list_file (file, sources->list_separator, &counts);
    cvi_sources_forget_name (sources, file->path);
    cvi_file_free (file);
  }
  status = cvi_close_stdout ();
  cvi_display_append_size (size, counts.bytes);
  cvi_say ("%" G_GUINT64_FORMAT " files, %s; %" G_GUINT64_FORMAT
           " could not be looked at",
      counts.n_files, size->str, counts.n_problems);
  if (status == CVI_EXIT_OK && counts.n_problems > 0)
    status = CVI_EXIT_UNCHECKED;
  return status;
}

static int
run_list (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (
      CVI_FOR_LIST, "[PATH...]", cvi_command_list.summary, argv, &error);
  int status = settings ? list_all (settings, &error) : CVI_EXIT_USAGE;

  if (error)
    cvi_say ("list: %s", error->message);
  return status;
}

const CviCommand cvi_command_list = {
  .name = "list",
  .summary = "List the files that a scan would look at",
  .run = run_list,
};
