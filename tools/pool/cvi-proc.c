/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-proc.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

guint64
cvi_proc_rss (gint64 pid)
{
  g_autofree char *path =
      g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/statm", pid);
  g_autofree char *text = NULL;
  guint64 pages = 0;

  if (!g_file_get_contents (path, &text, NULL, NULL) ||
      sscanf (text, "%*s %" G_GUINT64_FORMAT, &pages) != 1)
    return 0;
  return pages * (guint64)sysconf (_SC_PAGESIZE);
}

guint64
cvi_proc_oom_kills (void)
{
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/vmstat", &text, NULL, NULL))
    return 0;
  line = strstr (text, "\noom_kill ");
  return line ? g_ascii_strtoull (line + strlen ("\noom_kill "), NULL, 10) : 0;
}
