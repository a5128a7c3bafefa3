/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-result.h"
#include "tools/pool/cvi-devices.h"
#include "tools/pool/cvi-enumerator.h"

G_BEGIN_DECLS

/* Ten minutes, a second for each MB, and four times the duration once that is
 * known (bounded, see cvi_pool_scaled_timeout()). */
#define CVI_POOL_TIMEOUT_SCALED (-1.)

/**
 * cvi_pool_scaled_timeout:
 * @size: bytes; @duration_ns: declared, or CVI_NONE
 *
 * Returns: what CVI_POOL_TIMEOUT_SCALED grants a file (seconds)
 */
double cvi_pool_scaled_timeout (guint64 size, guint64 duration_ns);

/**
 * CviPoolConfig:
 * @worker: path of cvi-gst-worker
 * @registry: (nullable): GStreamer registry file for the workers; warmed with
 *   `worker --warm-registry` before the first worker starts; NULL picks
 *   $XDG_CACHE_HOME/cvi-gst/registry*.bin, one for each set of hardware
 * @n_workers: 1-1024; 0 is cvi_pool_default_workers()
 * @jobs_per_device: files of one device (CviFile's) that are checked at the
 *   same time; 0: any; CVI_DEVICES_AUTO: 1 on rotational disks
 * @mode: of every job
 * @hw: "auto", "off" or "require"
 * @hw_devices: (nullable): of hardware decoders (cvi_hw_matches()),
 *   NULL-terminated; @hw_sessions: files that each of them decodes at the same
 *   time; 0: CVI_HW_SESSIONS
 * @sandbox: "auto", "off" or "require"; NULL is "auto"
 * @hash: "xxh3", "sha256" (too) or "none"; NULL is "none"
 * @hash_block: bytes
 * @ranges: (nullable): path -> GVariant a(tt): byte ranges of that file whose
 *   place in the streams is asked for; must outlive the pool
 * @roots: (nullable): paths of the command line, which workers may read from
 *   the start; NULL-terminated
 * @stall_timeout_s: a worker that makes no progress for so long (neither
 *   packets, nor position, nor bytes read, nor a new finding) is killed;
 *   0 = never
 * @file_timeout_s: longest time of one attempt at a file; 0 = never,
 *   CVI_POOL_TIMEOUT_SCALED = by the file's size and duration
 * @memory_limit_bytes: of one worker (resident); 0 = none
 */
typedef struct {
  const char *worker;
  const char *registry;
  guint n_workers;
  guint jobs_per_device;
  CviMode mode;
  const char *hw;
  const char *const *hw_devices;
  guint hw_sessions;
  const char *sandbox;
  const char *hash;
  guint64 hash_block;
  GHashTable *ranges;
  const char *const *roots;
  double stall_timeout_s;
  double file_timeout_s;
  guint64 memory_limit_bytes;
} CviPoolConfig;

/* CPUs this process may use: affinity mask and the cgroup (v1, v2) CPU quota,
 * rounded up; at least 1. */
guint cvi_pool_default_workers (void);

/**
 * CviPoolProgress: a worker's present file, for progress displays.
 * Strings are valid during the callback only.
 */
typedef struct {
  guint worker;
  const char *path;
  guint64 bytes;
  guint64 size;
  guint64 position_ns;
} CviPoolProgress;

/**
 * CviPoolCallbacks: all called on the thread that runs cvi_pool_run().
 * @next: returns (transfer full) (nullable) the next file to check; NULL ends
 *   the supply. Asked only when a worker is free, so a slow consumer slows the
 *   walk (back-pressure), but for a few files ahead (@ready). It may return
 *   files with @problem set: the pool turns them into `unreadable` results
 *   without a worker.
 * @ready: (nullable): would @next return without waiting for anybody? Then
 *   some files are taken in advance where a worker must be replaced for the
 *   sake of what it may read, or where no more of a device may be checked at
 *   the same time. NULL: never
 * @pending: (nullable): is it only for now that @next has nothing? Then it is
 *   asked again after whatever happens next on the main context. NULL: never
 * @finding: a finding as it is made, before its file is done, and again by
 *   every attempt (nullable)
 * @progress: (nullable)
 * @done: (transfer full) the judged result: exactly one for every file that
 *   @next returned, unless the pool was stopped
 */
typedef struct {
  CviFile *(*next) (gpointer user_data);
  void (*finding) (
      const char *path, const CviFinding *finding, gpointer user_data);
  void (*progress) (const CviPoolProgress *progress, gpointer user_data);
  void (*done) (CviResult *result, gpointer user_data);
  gboolean (*ready) (gpointer user_data);
  gboolean (*pending) (gpointer user_data);
} CviPoolCallbacks;

/**
 * CviPool: runs jobs in long-lived worker processes, one file at a time each.
 *
 * A worker that exits, is killed, breaks the protocol, stalls, passes its
 * deadline or its memory limit is killed (SIGKILL to its process group), reaped
 * and replaced when there is more to do. Its file is tried once more in a fresh
 * worker, then with other decoders (not after a deadline). If none gets to the
 * end, the result is made of the findings that had arrived plus
 * process::crashed, ::stalled, ::deadline or ::out-of-memory for each attempt.
 * A file that changed while it was read is read once more. Workers are started
 * only when there is a file for them.
 */
typedef struct _CviPool CviPool;

CviPool *cvi_pool_new (const CviPoolConfig *config,
    const CviPoolCallbacks *callbacks, gpointer user_data);
void cvi_pool_free (CviPool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviPool, cvi_pool_free)

#define CVI_POOL_ERROR (cvi_pool_error_quark ())
GQuark cvi_pool_error_quark (void);
typedef enum {
  CVI_POOL_ERROR_WORKER,  /* the worker program cannot be started at all */
  CVI_POOL_ERROR_SANDBOX, /* required, and not all of it is in force */
  CVI_POOL_ERROR_MACHINE, /* workers die on file after file */
  CVI_POOL_ERROR_STORAGE  /* the storage has gone */
} CviPoolError;

/**
 * cvi_pool_run:
 *
 * Runs until the supply has ended and every file is done, or the pool was
 * stopped. Iterates the thread-default main context, so sources attached to it
 * (signals, timers) run too. Returns FALSE with @error if workers cannot run
 * at all (three starts in a row die before HELLO, no sandbox), or die on one
 * file after the other (CVI_BLAME_MAX_DEATHS), or if the storage has gone;
 * results delivered until then stand, the files of that streak get none.
 */
gboolean cvi_pool_run (CviPool *pool, GError **error);

/* Ends the run soon: no new files, workers on a file are killed and those
 * files get no result. Callable from callbacks and sources. */
void cvi_pool_stop (CviPool *pool);

/* Number of worker processes started so far. */
guint cvi_pool_get_n_started (CviPool *pool);

G_END_DECLS
