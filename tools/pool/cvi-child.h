/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CviChild: a run of the worker program: started, watched until it is reaped,
 * killed with its process group. Its stdin and stdout are /dev/null, its
 * stderr too unless CVI_WORKER_STDERR=1 is set. Belongs to the thread that
 * made it; calls back on that thread's default main context.
 */
typedef struct _CviChild CviChild;

/* Called once, when the child is gone and reaped; may free the child. */
typedef void (*CviChildExited) (CviChild *child, gpointer user_data);

/**
 * cvi_child_start:
 * @argv: program and arguments, NULL-terminated
 * @registry: GStreamer registry file of the child
 * @update_registry: let it look for changed plugins and write the file
 * @fd: (transfer full): becomes the child's descriptor 3; -1: none
 *
 * Returns: (transfer full): NULL with @error if the program cannot be started
 */
CviChild *cvi_child_start (const char *const *argv, const char *registry,
    gboolean update_registry, int fd, CviChildExited exited, gpointer user_data,
    GError **error);

/* Forgets the child, which is not called back about any more; kills it if it
 * is still there. */
void cvi_child_free (CviChild *child);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviChild, cvi_child_free)

/* Sends SIGKILL to it and to its process group. */
void cvi_child_kill (CviChild *child);

/* Returns: its process id, 0 once it is gone */
gint64 cvi_child_get_pid (CviChild *child);

/* Once it has exited: the signal that ended it, 0 if none did. */
int cvi_child_get_signal (CviChild *child);

/* Once it has exited: is its status a plain success? */
gboolean cvi_child_succeeded (CviChild *child);

/* Once it has exited: "was killed by SIGSEGV", "exited with status 3".
 * Returns: (transfer full) */
char *cvi_child_describe_exit (CviChild *child);

G_END_DECLS
