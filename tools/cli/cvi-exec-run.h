/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CviExecRun: one command of the user's while it runs: in a process group of
 * its own, with no descriptor of ours, nothing to read, and what it writes
 * (the end of it) kept. Attached to the thread's main context.
 */
typedef struct _CviExecRun CviExecRun;

/**
 * CviExecEnded:
 * @problem: (nullable): what went wrong; NULL: it has exited with status 0
 * @output: what it has written last
 *
 * May free the run.
 */
typedef void (*CviExecEnded) (CviExecRun *run, const char *problem,
    const char *output, gpointer user_data);

/**
 * cvi_exec_run_start:
 * @argv: program, looked up in PATH, and arguments; bytes
 * @environment: (nullable): "NAME=value", beside this process's own
 * @timeout_s: after so long it is killed with its whole group; 0: never
 *
 * Returns: (transfer full) (nullable): NULL with @error if it cannot be started
 */
CviExecRun *cvi_exec_run_start (const char *const *argv,
    const char *const *environment, double timeout_s, CviExecEnded ended,
    gpointer user_data, GError **error);

/* Asks it to end (SIGTERM), and kills it if it does not in two seconds. */
void cvi_exec_run_stop (CviExecRun *run);

/* Kills it if it still runs. */
void cvi_exec_run_free (CviExecRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviExecRun, cvi_exec_run_free)

G_END_DECLS
