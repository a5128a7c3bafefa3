/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-collector.h"
#include "plugin/core/cvi-result.h"
#include "tools/pool/cvi-enumerator.h"

G_BEGIN_DECLS

/* Attempts at a file whose worker failed before it had begun with it. */
#define CVI_JOB_MAX_ATTEMPTS 2

/**
 * CviJob: one file on its way through the pool.
 * @id: of the present attempt, 0 before the first; never used twice
 * @file: owned
 * @attempts: how often it was sent to a worker
 * @began: the worker has said that it works on it
 * @sent_us: monotonic time at which it was sent
 * @bytes, @position_ns: as last told by the worker
 * @peak_rss: highest resident memory seen, bytes
 * @oom_kills: cvi_proc_oom_kills() when it was sent
 * @findings: that have arrived so far
 */
typedef struct {
  guint64 id;
  CviFile *file;
  guint attempts;
  gboolean began;
  gint64 sent_us;
  guint64 bytes;
  guint64 position_ns;
  guint64 peak_rss;
  guint64 oom_kills;
  CviCollector *findings;
} CviJob;

/* @file: (transfer full) */
CviJob *cvi_job_new (CviFile *file);
void cvi_job_free (CviJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviJob, cvi_job_free)

/**
 * cvi_job_begin_attempt:
 * @id: new for every attempt, not 0
 *
 * Returns: (transfer floating): body of the JOB message
 */
GVariant *cvi_job_begin_attempt (
    CviJob *job, guint64 id, CviMode mode, const char *hw);

/**
 * cvi_job_result:
 * @result: (transfer full): as the worker made it
 *
 * Returns: (transfer full): the judged result, with what the enumerator said
 * about the file in place of what the worker said
 */
CviResult *cvi_job_result (CviJob *job, CviResult *result);

/**
 * cvi_job_failed_result:
 * @id: of the process:: rule that says why
 *
 * Returns: (transfer full): judged result of the findings that had arrived and
 * one of rule @id
 */
CviResult *cvi_job_failed_result (
    CviJob *job, CviMode mode, CviRuleId id, const char *message);

/* Returns: (transfer full): judged result of a file with a @problem */
CviResult *cvi_job_unusable_result (const CviFile *file, CviMode mode);

G_END_DECLS
