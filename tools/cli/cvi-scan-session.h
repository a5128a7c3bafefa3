/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-exec.h"
#include "tools/cli/cvi-progress.h"
#include "tools/cli/cvi-scan-options.h"
#include "tools/cli/cvi-scan-stats.h"
#include "tools/cli/cvi-sources.h"
#include "tools/report/cvi-report.h"

G_BEGIN_DECLS

/**
 * CviScanSession: one scan from its first file to its last: takes files from
 * the sources, answers for those that the store knows, has the pool check the
 * others, and hands every result to the store and to the report.
 */
typedef struct _CviScanSession CviScanSession;

/**
 * cvi_scan_session_new:
 *
 * All arguments must outlive the session. Opens the store; says so on stderr
 * where an earlier scan is continued. cvi_signals_install() must have been
 * called.
 */
CviScanSession *cvi_scan_session_new (const CviScanOptions *options,
    const CviSources *sources, CviReport *report, CviProgress *progress,
    CviScanStats *stats, CviExec *exec, GError **error);
/**
 * cvi_scan_session_run:
 * @interrupted: (out): the scan ended before its last file, for a signal or
 *   an error
 *
 * Returns FALSE with @error if the store, the report or the workers failed;
 * what was found until then is stored and reported as far as possible.
 */
gboolean cvi_scan_session_run (
    CviScanSession *session, gboolean *interrupted, GError **error);
/* Workers started so far. */
guint cvi_scan_session_get_n_started (CviScanSession *session);
void cvi_scan_session_free (CviScanSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviScanSession, cvi_scan_session_free)

G_END_DECLS
