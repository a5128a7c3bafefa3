/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-sources.h"
#include "tools/pool/cvi-pool.h"
#include "tools/report/cvi-report.h"

G_BEGIN_DECLS

/**
 * CviProgress: tells on stderr how far a scan is: on a terminal as a bar of one
 * line, with a line for each worker above it where there is room, as JSON lines
 * for programs, or not at all.
 */
typedef struct _CviProgress CviProgress;

/**
 * cvi_progress_new:
 * @how: "auto", "bar", "json" or "none"
 * @sources: counted on a thread of its own where the total is shown
 */
CviProgress *cvi_progress_new (const char *how, const CviSources *sources);
/* Clears the bar away. */
void cvi_progress_free (CviProgress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviProgress, cvi_progress_free)

/* Is anything shown, so that cvi_progress_update() should be called often? */
gboolean cvi_progress_is_shown (CviProgress *progress);
/* How far a worker is with its file. */
void cvi_progress_set_current (
    CviProgress *progress, const CviPoolProgress *worker);
/* A file is done. */
void cvi_progress_end_file (CviProgress *progress, const char *path);
/* Shows the present state, if the last time was long enough ago. */
void cvi_progress_update (
    CviProgress *progress, const CviReportSummary *totals);
/* Clears the bar away until the next update, for others to write lines. */
void cvi_progress_hide (CviProgress *progress);
/* One whole line of status, whatever else is shown. */
void cvi_progress_print_line (
    CviProgress *progress, const CviReportSummary *totals);

G_END_DECLS
