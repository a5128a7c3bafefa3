/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-memory.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

/* Fresh memory is filled with the complement of it. */
#define PERTURB 0xff

static int clear_refs = -1;

void
cvi_memory_init (void)
{
  if (clear_refs < 0)
    clear_refs = open ("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
}

void
cvi_memory_make_repeatable (void)
{
  mallopt (M_PERTURB, PERTURB);
}

/* proc(5), clear_refs 5 */
void
cvi_memory_reset_peak (void)
{
  if (clear_refs >= 0 && write (clear_refs, "5", 1) != 1)
    g_debug ("clear_refs: %s", g_strerror (errno));
}

guint64
cvi_memory_peak (void)
{
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    return 0;
  line = strstr (status, "VmHWM:");
  return line ? g_ascii_strtoull (line + 6, NULL, 10) * 1024 : 0;
}
