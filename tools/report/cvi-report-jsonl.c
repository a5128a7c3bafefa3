/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/report/cvi-record-json.h"
#include "tools/report/cvi-report-writers.h"

static void
jsonl_record (GString *out, const CviResult *result, guint64 n)
{
  cvi_record_append_json (out, result);
  g_string_append_c (out, '\n');
}

const CviReportWriter cvi_report_jsonl = {
  .name = "jsonl",
  .summary = "one JSON object a line",
  .record = jsonl_record,
};
