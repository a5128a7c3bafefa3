/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/core/cvi-verdict.h"

G_BEGIN_DECLS

/**
 * CviTraceReport: where the tracer writes what it finds, as JSON Lines: one
 * object a finding, one a stream that ended, one at the end of the process.
 * What is held does not grow with the number of lines. Every function: any
 * thread, no lock of the caller's needed.
 */
typedef struct _CviTraceReport CviTraceReport;

/**
 * cvi_trace_report_new:
 * @path: (nullable): file to append to, so that programs an application starts
 *   do not wipe out its report; NULL: stderr
 * @fail_on: bit mask of verdicts (1u << CviVerdict), see
 *   cvi_trace_report_get_exit_code()
 *
 * A file that cannot be opened is said on stderr, which is then used. Lives as
 * long as the process, whose exit handler writes to it.
 */
CviTraceReport *cvi_trace_report_new (const char *path, guint fail_on);

/**
 * cvi_trace_report_write:
 * @type: "finding" or "stream"
 * @element: name of the element that it is about, of any text
 * @factory: name of its factory
 * @fields: strings, uint64 and doubles; '-' in names becomes '_'
 *
 * Written to the file at once. Nothing after cvi_trace_report_finish().
 */
void cvi_trace_report_write (CviTraceReport *report, const char *type,
    const char *element, const char *factory, const GstStructure *fields);

/* Adds a stream that ended to the sum. */
void cvi_trace_report_count (CviTraceReport *report, CviVerdict verdict,
    gboolean decoder, guint64 findings, guint64 occurrences);

/* Writes the sum, to stderr in words, too. Only the first call does. */
void cvi_trace_report_finish (CviTraceReport *report);

/* Returns: cvi_verdict_exit_code() of what was counted */
int cvi_trace_report_get_exit_code (CviTraceReport *report);

G_END_DECLS
