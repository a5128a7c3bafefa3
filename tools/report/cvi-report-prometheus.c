/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>

#include "tools/report/cvi-report-writers.h"

/* The text format of Prometheus, for node_exporter's textfile collector. No
 * name of a file is in it: labels come from this program's own tables. */

static void
append_head (
    GString *out, const char *name, const char *unit_help, const char *type)
{
  g_string_append_printf (
      out, "# HELP %s %s\n# TYPE %s %s\n", name, unit_help, name, type);
}

static void
append_uint (GString *out, const char *name, const char *help, guint64 value)
{
  append_head (out, name, help, "gauge");
  g_string_append_printf (out, "%s %" G_GUINT64_FORMAT "\n", name, value);
}

static void
append_verdicts (
    GString *out, const char *name, const char *help, const guint64 *values)
{
  append_head (out, name, help, "gauge");
  for (guint i = 0; i < CVI_N_VERDICTS; i++)
    g_string_append_printf (out, "%s{verdict=\"%s\"} %" G_GUINT64_FORMAT "\n",
        name, cvi_verdict_to_string (i), values[i]);
}

/* Rules that found nothing are there too: a series that comes and goes is hard
 * to set an alert on. */
static void
append_findings (GString *out, const CviReportSummary *summary)
{
  append_head (out, "cvi_findings",
      "Findings by rule, each as often as it was counted.", "gauge");
  for (guint i = 0; i < CVI_N_RULES; i++)
    g_string_append_printf (out,
        "cvi_findings{rule=\"%s\"} %" G_GUINT64_FORMAT "\n", cvi_rule (i)->id,
        summary->findings[i]);
}

static void
append_time (GString *out, const char *name, const char *help, gint64 unix_s)
{
  if (unix_s == 0)
    return;
  append_head (out, name, help, "gauge");
  g_string_append_printf (out, "%s %" G_GINT64_FORMAT "\n", name, unix_s);
}

/* Only a scan has these. */
static void
append_scan (GString *out, const CviReportSummary *summary)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  if (summary->elapsed_s > 0 && isfinite (summary->elapsed_s)) {
    append_head (out, "cvi_scan_duration_seconds",
        "Wall time that the scan took.", "gauge");
    g_string_append_printf (out, "cvi_scan_duration_seconds %s\n",
        g_ascii_formatd (text, sizeof text, "%.3f", summary->elapsed_s));
  }
  if (summary->exit_status < 0)
    return;
  append_uint (out, "cvi_scan_checked_files",
      "Files that the scan checked, without those that had not changed.",
      summary->n_checked);
  append_uint (
      out, "cvi_scan_checked_bytes", "Size of those files.", summary->bytes);
  append_uint (out, "cvi_scan_exit_status",
      "Exit status of the scan: 0 all healthy, 1 corrupt, 2 failed, 3 "
      "suspicious, 4 not all checked.",
      (guint64)summary->exit_status);
  append_uint (out, "cvi_scan_interrupted",
      "Whether the scan ended before all files were looked at.",
      summary->interrupted ? 1 : 0);
}

static void
prometheus_end (GString *out, const CviReportSummary *summary, guint64 n)
{
  append_verdicts (out, "cvi_files", "Files by verdict.", summary->counts);
  append_verdicts (out, "cvi_files_bytes", "Size of the files by verdict.",
      summary->verdict_bytes);
  append_findings (out, summary);
  append_time (out, "cvi_oldest_result_timestamp_seconds",
      "When the oldest of the results was made.", summary->oldest_at);
  append_time (out, "cvi_newest_result_timestamp_seconds",
      "When the newest of the results was made.", summary->newest_at);
  append_scan (out, summary);
}

const CviReportWriter cvi_report_prometheus = {
  .name = "prometheus",
  .summary = "totals for node_exporter's textfile collector",
  .whole = TRUE,
  .end = prometheus_end,
};
