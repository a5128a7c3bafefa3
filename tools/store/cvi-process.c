/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/store/cvi-process.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static void
read_boot_id (char *boot_id, gsize size)
{
  g_autofree char *text = NULL;

  if (g_file_get_contents (
          "/proc/sys/kernel/random/boot_id", &text, NULL, NULL))
    g_strlcpy (boot_id, g_strstrip (text), size);
  else
    boot_id[0] = '\0';
}

/* State letter and start time (fields 3 and 22 of proc(5)'s stat). */
static gboolean
read_stat (gint64 pid, char *state, gint64 *start)
{
  g_autofree char *path =
      g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/stat", pid);
  g_autofree char *text = NULL;
  g_auto (GStrv) fields = NULL;
  const char *p;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  /* Field 2 is the program's name in parentheses and may hold anything. */
  p = strrchr (text, ')');
  if (p == NULL || p[1] != ' ')
    return FALSE;
  fields = g_strsplit (p + 2, " ", -1);
  if (g_strv_length (fields) < 20)
    return FALSE;
  *state = fields[0][0];
  *start = g_ascii_strtoll (fields[19], NULL, 10);
  return TRUE;
}

void
cvi_process_get_self (CviProcess *process)
{
  char state;

  process->pid = getpid ();
  if (!read_stat (process->pid, &state, &process->start))
    process->start = 0;
  read_boot_id (process->boot_id, sizeof process->boot_id);
}

gboolean
cvi_process_is_running (const CviProcess *process)
{
  char boot_id[sizeof process->boot_id];
  char state;
  gint64 start;

  if (process->pid <= 0 || process->pid > G_MAXINT)
    return FALSE;
  read_boot_id (boot_id, sizeof boot_id);
  if (strcmp (boot_id, process->boot_id) != 0)
    return FALSE;
  if (read_stat (process->pid, &state, &start))
    return state != 'Z' && state != 'X' &&
           (process->start == 0 || start == process->start);
  return kill ((pid_t)process->pid, 0) == 0 || errno == EPERM;
}
