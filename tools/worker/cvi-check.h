/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-result.h"
#include "tools/worker/cvi-hardware.h"

G_BEGIN_DECLS

/**
 * CviCheckJob: one file to check.
 * @path: bytes; @mode: how; @hw: what hardware decoders may do
 * @hw_session: the file has a session of a device of theirs; @hw_device:
 *   (nullable): which one, see cvi_hw_matches()
 * @without: (nullable): decoders that are taken for want of others only
 * @listed: @size and @mtime_ns are what the file had when it was listed: it
 *   has changed if it has others by the end of the check
 * @hash: also hash the file, in blocks of @hash_block bytes; @sha256: and that
 * @ranges: (nullable): byte ranges whose place in the streams becomes findings
 *   of fixity::changed
 */
typedef struct {
  const char *path;
  CviMode mode;
  CviHw hw;
  gboolean hw_session;
  const char *hw_device;
  const char *const *without;
  gboolean listed;
  guint64 size;
  gint64 mtime_ns;
  gboolean hash;
  gboolean sha256;
  guint64 hash_block;
  const CviByteRange *ranges;
  guint n_ranges;
} CviCheckJob;

/**
 * CviCheckCallbacks:
 * @finding: (transfer none) each finding that is new after collapsing, as it
 *   is made; any thread, one call at a time
 * @progress: on the caller's thread: buffers and bytes so far (they only
 *   grow), position in the file (ns)
 * @decoder: (nullable): a decoder is about to be made for a stream; @others:
 *   there are more that fit; @hardware: it is one of hardware. Any thread
 * @duration: (nullable): once the container has told it (ns); the caller's
 *   thread
 * @needs_hardware: (nullable): nothing but hardware decodes a stream, or may,
 *   and the file has no session, or one of a device that does not; the caller's
 *   thread
 */
typedef struct {
  void (*finding) (const CviFinding *finding, gpointer user_data);
  void (*progress) (
      guint64 buffers, guint64 bytes, guint64 position_ns, gpointer user_data);
  void (*decoder) (const char *stream, const char *factory, gboolean others,
      gboolean hardware, gpointer user_data);
  void (*duration) (guint64 duration_ns, gpointer user_data);
  void (*needs_hardware) (gpointer user_data);
} CviCheckCallbacks;

/**
 * cvi_check_file:
 *
 * Checks one file to its end, blocking. What is found in a file that changes
 * meanwhile has severity info, beside io::changed. Returns: (transfer full):
 * the judged result; never fails: what goes wrong is a finding.
 */
CviResult *cvi_check_file (const CviCheckJob *job,
    const CviCheckCallbacks *callbacks, gpointer user_data);

G_END_DECLS
