/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/report/cvi-display.h"
#include "tools/report/cvi-report-writers.h"
#include "tools/report/cvi-result-summary.h"

/* Wide enough for the longest verdict and a space. */
#define VERDICT_WIDTH 12

static void
append_where (GString *out, const CviFinding *finding)
{
  if (finding->start_ns != CVI_NONE) {
    g_string_append (out, " at ");
    cvi_display_append_time (out, finding->start_ns);
  } else if (finding->offset != CVI_NONE) {
    g_string_append_printf (
        out, " at byte %" G_GUINT64_FORMAT, finding->offset);
  }
  if (finding->stream) {
    g_autofree char *stream = cvi_display_name (finding->stream);

    g_string_append_printf (out, " (%s)", stream);
  }
}

static void
append_finding (GString *out, const CviFinding *finding, guint n_others)
{
  g_string_append_printf (out, "  %s", finding->rule->id);
  append_where (out, finding);
  g_string_append_printf (out, ": %s", finding->message);
  if (finding->count > 1)
    g_string_append_printf (
        out, " (%" G_GUINT64_FORMAT " times)", finding->count);
  if (n_others > 0)
    g_string_append_printf (out, ", and %u more", n_others);
}

static void
append_mark (GString *out, const CviMark *mark, CviVerdict verdict)
{
  g_autofree char *reason = cvi_display_name (mark->reason);

  g_string_append_printf (out, " [%s; marked %s%s%s: %s]",
      cvi_verdict_to_string (verdict), cvi_mark_kind_to_string (mark->kind),
      mark->rule ? ", " : "", mark->rule ? mark->rule : "", reason);
}

static void
text_record (GString *out, const CviResult *result, guint64 n)
{
  gboolean skipped = result->verdict == CVI_VERDICT_SKIPPED;
  CviVerdict verdict = skipped ? result->previous_verdict : result->verdict;
  CviVerdict counts_as = cvi_result_counts_as (result);
  const CviFinding *finding = cvi_result_main_finding (result);
  g_autofree char *path = cvi_display_name (result->path);

  g_string_append_printf (
      out, "%-*s%s", VERDICT_WIDTH, cvi_verdict_to_string (counts_as), path);
  if (finding)
    append_finding (out, finding, result->findings->len - 1);
  if (skipped && verdict != CVI_VERDICT_SKIPPED)
    g_string_append (out, " [unchanged]");
  if (result->mark)
    append_mark (out, result->mark, verdict);
  g_string_append_c (out, '\n');
}

static void
append_count (GString *out, guint64 n, const char *noun)
{
  g_string_append_printf (
      out, "%" G_GUINT64_FORMAT " %s%s", n, noun, n == 1 ? "" : "s");
}

static void
append_counts (GString *out, const CviReportSummary *summary)
{
  guint64 total = 0;
  const char *separator = ": ";

  for (guint i = 0; i < CVI_N_VERDICTS; i++)
    total += summary->counted[i];
  append_count (out, total, "file");
  for (guint i = 0; i < CVI_N_VERDICTS; i++) {
    if (summary->counted[i] == 0)
      continue;
    g_string_append_printf (out, "%s%" G_GUINT64_FORMAT " %s", separator,
        summary->counted[i], cvi_verdict_to_string (i));
    separator = ", ";
  }
  g_string_append_c (out, '\n');
}

static void
append_rates (GString *out, const CviReportSummary *summary)
{
  double s = summary->elapsed_s;

  g_string_append (out, "checked ");
  append_count (out, summary->n_checked, "file");
  g_string_append (out, " (");
  cvi_display_append_size (out, summary->bytes);
  g_string_append_printf (out, ") in %.1f s: %.1f files/s, %.1f MB/s\n", s,
      (double)summary->n_checked / s, (double)summary->bytes / 1e6 / s);
}

static void
text_end (GString *out, const CviReportSummary *summary, guint64 n)
{
  if (n > 0)
    g_string_append_c (out, '\n');
  if (summary->interrupted)
    g_string_append (out, "interrupted before the end\n");
  append_counts (out, summary);
  if (summary->n_marked > 0) {
    append_count (out, summary->n_marked, "file");
    g_string_append (out,
        " counted otherwise than found, as marked (cvi-gst mark --list)\n");
  }
  if (summary->elapsed_s > 0)
    append_rates (out, summary);
}

const CviReportWriter cvi_report_text = {
  .name = "text",
  .summary = "for people: one line a file that is not healthy, then totals",
  .brief = TRUE,
  .record = text_record,
  .end = text_end,
};
