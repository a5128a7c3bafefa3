/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/report/cvi-record-json.h"
#include "tools/report/cvi-report-writers.h"

static void
json_begin (GString *out)
{
  g_string_append_c (out, '[');
}

static void
json_record (GString *out, const CviResult *result, guint64 n)
{
  g_string_append (out, n > 0 ? ",\n" : "\n");
  cvi_record_append_json (out, result);
}

static void
json_end (GString *out, const CviReportSummary *summary, guint64 n)
{
  g_string_append (out, "\n]\n");
}

const CviReportWriter cvi_report_json = {
  .name = "json",
  .summary = "one JSON array of records",
  .begin = json_begin,
  .record = json_record,
  .end = json_end,
};
