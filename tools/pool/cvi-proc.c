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

/* The number behind @key, which begins a line of @text. */
static guint64
number_of (const char *text, const char *key)
{
  const char *line = strstr (text, key);

  return line ? g_ascii_strtoull (line + strlen (key), NULL, 10) : 0;
}

guint64
cvi_proc_read_bytes (gint64 pid)
{
  g_autofree char *path =
      g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/io", pid);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  return number_of (text, "rchar: ") + number_of (text, "\nread_bytes: ");
}

guint64
cvi_proc_oom_kills (void)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents ("/proc/vmstat", &text, NULL, NULL))
    return 0;
  return number_of (text, "\noom_kill ");
}
