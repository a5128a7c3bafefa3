/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-say.h"

#include <errno.h>
#include <stdio.h>

#include "plugin/core/cvi-finding.h"
#include "tools/cli/cvi-command.h"

/* Longer than any path that the system lets be opened. */
#define MAX_LINE 8192

static void (*before) (gpointer user_data);
static gpointer before_data;

void
cvi_say_set_before (void (*func) (gpointer user_data), gpointer user_data)
{
  before = func;
  before_data = user_data;
}

void
cvi_say (const char *format, ...)
{
  g_autofree char *message = NULL;
  g_autofree char *line = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  line = cvi_sanitise_text (message, -1, MAX_LINE);
  if (before)
    before (before_data);
  fprintf (stderr, "cvi-gst: %s\n", line);
}

int
cvi_close_stdout (void)
{
  if (!ferror (stdout) && fflush (stdout) == 0)
    return CVI_EXIT_OK;
  cvi_say ("cannot write to standard output: %s", g_strerror (errno));
  return CVI_EXIT_USAGE;
}
