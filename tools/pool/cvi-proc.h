/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Resident memory of process @pid in bytes; 0 if it cannot be told. */
guint64 cvi_proc_rss (gint64 pid);

/* What process @pid has asked to read so far, and what was fetched from storage
 * for it, in bytes; 0 if it cannot be told. */
guint64 cvi_proc_read_bytes (gint64 pid);

/* How often the kernel has killed a process of this system for lack of memory
 * (its own or its cgroup's); 0 if it cannot be told. */
guint64 cvi_proc_oom_kills (void);

G_END_DECLS
