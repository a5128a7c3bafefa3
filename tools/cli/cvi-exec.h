/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-verdict.h"

G_BEGIN_DECLS

/**
 * CviExec: --exec-corrupt and --exec-done: commands of the user's, run without
 * a shell while the scan goes on, a few at a time. What fails is told of on
 * stderr, with what it wrote. Attached to the thread's main context.
 */
typedef struct _CviExec CviExec;

/**
 * cvi_exec_new:
 * @corrupt, @done: (nullable): the commands, quoted as a shell would have it
 * @timeout_s: of each command; 0: none
 *
 * Returns: (transfer full) (nullable): NULL with @error for a command that is
 * none
 */
CviExec *cvi_exec_new (
    const char *corrupt, const char *done, double timeout_s, GError **error);
/* Ends what still runs. */
void cvi_exec_free (CviExec *exec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviExec, cvi_exec_free)

/* To be called for each file that was checked now; runs the command, soon, if
 * it counts as corrupt. Returns at once. */
void cvi_exec_add (CviExec *exec, const CviResult *result);

/* Does a command run, or wait to be? */
gboolean cvi_exec_is_busy (CviExec *exec);

/* Those that wait will not be run, those that run are asked to end. */
void cvi_exec_stop (CviExec *exec);

/**
 * cvi_exec_finish:
 * @counts: files by verdict; @status: exit status of the scan
 *
 * Runs the command for the end, waits for it, and tells how many have failed.
 */
void cvi_exec_finish (CviExec *exec, const guint64 *counts, int status);

G_END_DECLS
