/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-result.h"
#include "tools/worker/cvi-decoders.h"

G_BEGIN_DECLS

/**
 * CviCheckJob: one file to check.
 * @path: bytes; @mode: how; @hw: which decoders
 */
typedef struct {
  const char *path;
  CviMode mode;
  CviHw hw;
} CviCheckJob;

/**
 * CviCheckCallbacks:
 * @finding: (transfer none) each finding that is new after collapsing, as it
 *   is made; any thread, one call at a time
 * @progress: on the caller's thread: buffers and bytes so far (they only
 *   grow), position in the file (ns)
 */
typedef struct {
  void (*finding) (const CviFinding *finding, gpointer user_data);
  void (*progress) (
      guint64 buffers, guint64 bytes, guint64 position_ns, gpointer user_data);
} CviCheckCallbacks;

/**
 * cvi_check_file:
 *
 * Checks one file to its end, blocking. Returns: (transfer full): the judged
 * result; never fails: what goes wrong is a finding.
 */
CviResult *cvi_check_file (const CviCheckJob *job,
    const CviCheckCallbacks *callbacks, gpointer user_data);

G_END_DECLS
