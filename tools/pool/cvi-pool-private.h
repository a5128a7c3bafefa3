/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/pool/cvi-blame.h"
#include "tools/pool/cvi-hw-sessions.h"
#include "tools/pool/cvi-job.h"
#include "tools/pool/cvi-pool.h"
#include "tools/pool/cvi-registry.h"
#include "tools/pool/cvi-roots.h"
#include "tools/pool/cvi-worker-process.h"

G_BEGIN_DECLS

/**
 * CviSlot: place of one worker at a time and of the job it has.
 */
typedef struct {
  CviPool *pool;
  guint index;
  CviWorkerProcess *process; /* (nullable) */
  gboolean ready;            /* has said HELLO */
  gboolean leaving;          /* was asked to exit */
  gint64 alive_us;           /* when it last got on (monotonic) */
  guint64 read_bytes;        /* by then */
  GHashTable *roots;         /* (nullable): what the worker may read */
  CviJob *job; /* (nullable): sent once a worker is ready; stays for the
                * next one if that fails */
} CviSlot;

struct _CviPool {
  char *worker;
  char *hw;
  char *sandbox;
  char *hash;
  guint64 hash_block;
  GHashTable *ranges;
  CviMode mode;
  gint64 stall_us, deadline_us; /* 0: never */
  gboolean scaled_deadline;
  guint64 memory_limit;
  CviPoolCallbacks callbacks;
  gpointer user_data;

  CviBlame *blame;
  CviDevices *devices;
  CviHwSessions *hw_sessions;
  CviRegistry *registry;
  CviRoots *roots;
  CviSlot *slots;
  guint n_slots;
  GQueue waiting; /* of CviJob *: taken from the supply, without a worker */
  gboolean supply_ended;
  gboolean has_run;
  gboolean stopped;
  GError *failure;
  guint failed_starts; /* in a row */
  guint n_started;
  guint64 last_id;
  gint64 last_tick_us;
};

/* Hands a result to the pool's consumer, now or later.
 * @result: (transfer full); @died: no worker has come to the file's end */
void cvi_pool_deliver (
    CviPool *pool, const CviFile *file, CviResult *result, gboolean died);

/* Takes one of a hardware decoder's sessions for @job, if it may use one and
 * there is one; gives back what it has. @finished: the attempt, if hardware was
 * in use in it, has come to its end */
void cvi_pool_take_session (CviPool *pool, CviJob *job);
void cvi_pool_release_session (CviPool *pool, CviJob *job, gboolean finished);

/* Has @job been checked without the session that it needs, or with one of a
 * device that was of no use? Then the pool takes it, and waits for another. */
gboolean cvi_pool_put_back (CviPool *pool, CviJob *job);

/* Must the job wait for a session? Most can do without. */
gboolean cvi_pool_lacks_session (CviPool *pool, const CviJob *job);

/* Starts a worker in an empty slot; a failure is counted in the pool. */
void cvi_slot_start (CviSlot *slot);

/* Sends the slot's job to its worker, which is ready. */
void cvi_slot_send_job (CviSlot *slot);

/* Asks the slot's worker to exit; a job that it was not sent yet is put back,
 * for another worker. */
void cvi_slot_quit (CviSlot *slot);

/**
 * cvi_slot_tick:
 * @slept_us: for so long this process itself stood still (µs)
 *
 * To be called a few times a second: kills a worker that stalls, takes too
 * long or too much memory.
 */
void cvi_slot_tick (CviSlot *slot, gint64 slept_us);

G_END_DECLS
