/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/report/cvi-report.h"

G_BEGIN_DECLS

/**
 * cvi_scan_stats_print:
 * @n_started: worker processes that were started
 *
 * Tells on stderr what the scan has cost, one "name: value" a line. To be
 * called when all workers have been waited for.
 */
void cvi_scan_stats_print (
    const CviReportSummary *totals, double elapsed_s, guint n_started);

G_END_DECLS
