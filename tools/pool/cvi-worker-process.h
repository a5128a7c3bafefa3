/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/pool/cvi-wire.h"

G_BEGIN_DECLS

/**
 * CviEndCause: why a worker process came to its end.
 * @CVI_END_EXITED: it exited or was killed, not by us
 * @CVI_END_CLOSED: it closed its connection and lived on
 * @CVI_END_PROTOCOL: it sent what it must not
 * others: cvi_worker_process_kill() was called for this reason
 */
typedef enum {
  CVI_END_EXITED,
  CVI_END_CLOSED,
  CVI_END_PROTOCOL,
  CVI_END_SILENT, /* no HELLO in time */
  CVI_END_STALLED,
  CVI_END_DEADLINE,
  CVI_END_MEMORY,
  CVI_END_DISMISSED /* nobody needs it any more */
} CviEndCause;

/**
 * CviWorkerProcess: one worker and the connection to it. Belongs to the thread
 * that made it and calls back on that thread's default main context.
 */
typedef struct _CviWorkerProcess CviWorkerProcess;

/**
 * CviWorkerProcessCallbacks:
 * @frame: (transfer none) a whole frame; FALSE with @error if it is not what a
 *   worker may send now, which ends the worker
 * @ended: last call: it is gone, all it had sent was passed to @frame. May
 *   free the process.
 */
typedef struct {
  gboolean (*frame) (
      CviWireType type, GVariant *body, gpointer user_data, GError **error);
  void (*ended) (gpointer user_data);
} CviWorkerProcessCallbacks;

/**
 * cvi_worker_process_start:
 * @program: of the worker
 * @registry: GStreamer registry file
 *
 * Returns: (transfer full): NULL with @error if it cannot be started
 */
CviWorkerProcess *cvi_worker_process_start (const char *program,
    const char *registry, const CviWorkerProcessCallbacks *callbacks,
    gpointer user_data, GError **error);

/* Kills it if it is still there; not called back any more. */
void cvi_worker_process_free (CviWorkerProcess *process);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviWorkerProcess, cvi_worker_process_free)

/* Sends one frame. A failure is not told: the worker's end will be.
 * @body: (transfer floating) */
void cvi_worker_process_send (
    CviWorkerProcess *process, CviWireType type, GVariant *body);

/* Asks it to exit. */
void cvi_worker_process_quit (CviWorkerProcess *process);

/* Kills it; the first cause stands. It ends later. */
void cvi_worker_process_kill (CviWorkerProcess *process, CviEndCause cause);

/**
 * cvi_worker_process_poll:
 *
 * To be called a few times a second. Reads what has arrived, so that what is
 * decided next is not decided on old news; kills a worker that has closed its
 * connection but does not exit; gives up waiting for one that even SIGKILL
 * does not end (it hangs in the kernel). May call back, and so free @process.
 */
void cvi_worker_process_poll (CviWorkerProcess *process);

/* Has it been killed, or has its connection come to an end? */
gboolean cvi_worker_process_is_ending (CviWorkerProcess *process);

/* Returns: its process id, 0 once it is gone */
gint64 cvi_worker_process_get_pid (CviWorkerProcess *process);

/* In @ended: */
CviEndCause cvi_worker_process_get_cause (CviWorkerProcess *process);

/* In @ended: the signal that ended it and that we did not send; 0: none */
int cvi_worker_process_get_signal (CviWorkerProcess *process);

/* In @ended: a sentence's predicate, such as "was killed by SIGSEGV". Returns:
 * (transfer full) */
char *cvi_worker_process_describe_end (CviWorkerProcess *process);

G_END_DECLS
