/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CviProcess: names one process for ever: a pid alone is given to another
 * process after a while, a start time alone starts anew with each boot.
 * @pid: as this process's namespace sees it
 * @start: clock ticks since boot at which it started, 0 if not known
 * @boot_id: the kernel's, "" if not known
 */
typedef struct {
  gint64 pid;
  gint64 start;
  char boot_id[64];
} CviProcess;

/* Fills in @process with the calling process. */
void cvi_process_get_self (CviProcess *process);

/* Does it still run? Zombies do not; a process of an earlier boot does not.
 * A process that may not be looked at counts as running. */
gboolean cvi_process_is_running (const CviProcess *process);

G_END_DECLS
