/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/report/cvi-report.h"

G_BEGIN_DECLS

/**
 * CviScanStats: what was decoded, by codec of video; bounded.
 */
typedef struct _CviScanStats CviScanStats;

CviScanStats *cvi_scan_stats_new (void);
void cvi_scan_stats_free (CviScanStats *stats);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviScanStats, cvi_scan_stats_free)

/* Adds a file that was checked now. All that its check has cost counts for its
 * first video stream. */
void cvi_scan_stats_add (CviScanStats *stats, const CviResult *result);

/**
 * cvi_scan_stats_print:
 * @n_started: worker processes that were started
 *
 * Tells on stderr what the scan has cost, one "name: value" a line. To be
 * called when all workers have been waited for.
 */
void cvi_scan_stats_print (CviScanStats *stats, const CviReportSummary *totals,
    double elapsed_s, guint n_started);

G_END_DECLS
