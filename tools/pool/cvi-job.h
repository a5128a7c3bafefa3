/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-collector.h"
#include "plugin/core/cvi-result.h"
#include "tools/pool/cvi-attempts.h"
#include "tools/pool/cvi-enumerator.h"
#include "tools/pool/cvi-hw-sessions.h"

G_BEGIN_DECLS

/**
 * CviJob: one file on its way through the pool.
 * @id: of the present attempt, 0 before the first; never used twice
 * @file: owned
 * @attempts: what became of earlier ones
 * @session: (of CviHwSessions): held, 0 for none
 * @tried: devices that have no decoder for one of its streams which hardware
 *   has to decode
 * @needs_session: nothing but hardware decodes one of its streams
 * @asked: the present attempt's worker has said so, or that another device has
 *   to
 * @spared: a worker has ended before it had begun with the file, which was not
 *   held against it
 * @looked_again: it had changed while it was read, and is read once more
 * @began: the worker has said that it works on it
 * @sent_us: monotonic time at which it was sent, 0 before
 * @buffers, @bytes, @position_ns: highest told by the worker
 * @duration_ns: told by the worker, CVI_NONE until it is known
 * @peak_rss: highest resident memory seen, bytes
 * @oom_kills: cvi_proc_oom_kills() when it was sent
 * @findings: that have arrived so far
 * @fixity: (nullable): hashes that have arrived
 */
typedef struct {
  guint64 id;
  CviFile *file;
  CviAttempts *attempts;
  guint session;
  CviHwTried tried;
  gboolean needs_session;
  gboolean asked;
  gboolean spared;
  gboolean looked_again;
  gboolean began;
  gint64 sent_us;
  guint64 buffers;
  guint64 bytes;
  guint64 position_ns;
  guint64 duration_ns;
  guint64 peak_rss;
  guint64 oom_kills;
  CviCollector *findings;
  CviFixity *fixity;
} CviJob;

/**
 * CviJobAttempt: how one attempt is made.
 * @id: new for every attempt, not 0
 * @hw: what is asked for; @hw_device: of the job's session, "" for any
 * @hash, @hash_block: as in CviPoolConfig
 * @ranges: (nullable): of the file, as in CviPoolConfig
 */
typedef struct {
  guint64 id;
  CviMode mode;
  const char *hw;
  const char *hw_device;
  const char *hash;
  guint64 hash_block;
  GVariant *ranges;
} CviJobAttempt;

/* @file: (transfer full) */
CviJob *cvi_job_new (CviFile *file);
void cvi_job_free (CviJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviJob, cvi_job_free)

/* Returns: (transfer floating): body of the JOB message */
GVariant *cvi_job_begin_attempt (CviJob *job, const CviJobAttempt *attempt);

/**
 * cvi_job_look_again:
 *
 * Returns: whether a file that changed while it was read is to be read once
 * more; its size and time are then the present ones
 */
gboolean cvi_job_look_again (CviJob *job);

/**
 * cvi_job_result:
 * @result: (transfer full): as the worker made it
 *
 * Returns: (transfer full): the judged result, with what the enumerator said
 * about the file in place of what the worker said, and what happened in
 * attempts before
 */
CviResult *cvi_job_result (CviJob *job, CviResult *result);

/* Returns: (transfer full): judged result of a job whose attempts have all
 * failed: what they had found, and how they ended */
CviResult *cvi_job_failed_result (CviJob *job, CviMode mode);

/* Returns: (transfer full): judged result of a file with a @problem */
CviResult *cvi_job_unusable_result (const CviFile *file, CviMode mode);

G_END_DECLS
