/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/report/cvi-report.h"

G_BEGIN_DECLS

/* The rows of the table in cvi-report.c, each from its own file. */
extern const CviReportWriter cvi_report_text;
extern const CviReportWriter cvi_report_jsonl;
extern const CviReportWriter cvi_report_json;
extern const CviReportWriter cvi_report_csv;
extern const CviReportWriter cvi_report_yaml;
extern const CviReportWriter cvi_report_junit;
extern const CviReportWriter cvi_report_sarif;
extern const CviReportWriter cvi_report_prometheus;
extern const CviReportWriter cvi_report_html;

G_END_DECLS
