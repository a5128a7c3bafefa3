/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/report/cvi-report.h"

#include <errno.h>
#include <unistd.h>

#include "tools/report/cvi-colour.h"
#include "tools/report/cvi-report-writers.h"

struct _CviReport {
  const CviReportWriter *writer;
  int fd;
  gboolean verbose;
  gboolean coloured;
  guint64 n_records;
  GString *out;
  CviReportSummary summary;
};

static const CviReportWriter *const writers[] = {
  &cvi_report_text,
  &cvi_report_jsonl,
  &cvi_report_json,
  &cvi_report_csv,
  &cvi_report_yaml,
  &cvi_report_junit,
  &cvi_report_sarif,
  &cvi_report_prometheus,
  &cvi_report_html,
  NULL,
};

const CviReportWriter *const *
cvi_report_writers (void)
{
  return writers;
}

const CviReportWriter *
cvi_report_writer_lookup (const char *name)
{
  g_return_val_if_fail (name, NULL);

  for (guint i = 0; writers[i]; i++) {
    if (g_str_equal (writers[i]->name, name))
      return writers[i];
  }
  return NULL;
}

/* Writes all that has been appended to the buffer, and empties it. */
static gboolean
flush_out (CviReport *report, GError **error)
{
  const char *data = report->out->str;
  gsize left = report->out->len;

  while (left > 0) {
    gssize n = write (report->fd, data, left);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      int saved_errno = errno;

      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved_errno),
          "cannot write the report: %s", g_strerror (saved_errno));
      return FALSE;
    }
    data += n;
    left -= (gsize)n;
  }
  g_string_truncate (report->out, 0);
  return TRUE;
}

CviReport *
cvi_report_new (const CviReportWriter *writer, int fd, GError **error)
{
  g_autoptr (CviReport) report = NULL;

  g_return_val_if_fail (writer, NULL);
  g_return_val_if_fail (fd >= 0, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  report = g_new0 (CviReport, 1);
  report->writer = writer;
  report->fd = fd;
  report->out = g_string_new (NULL);
  report->summary.exit_status = -1;
  if (writer->begin)
    writer->begin (report->out);
  if (!flush_out (report, error))
    return NULL;
  return g_steal_pointer (&report);
}

void
cvi_report_free (CviReport *report)
{
  if (!report)
    return;
  g_string_free (report->out, TRUE);
  g_free (report);
}

void
cvi_report_set_verbose (CviReport *report, gboolean verbose)
{
  g_return_if_fail (report);

  report->verbose = verbose;
}

void
cvi_report_set_coloured (CviReport *report, gboolean coloured)
{
  g_return_if_fail (report);

  report->coloured = coloured && report->writer->brief;
}

gboolean
cvi_report_wants (
    CviReport *report, CviVerdict verdict, CviVerdict previous_verdict)
{
  g_return_val_if_fail (report, FALSE);

  if (!report->writer->brief || report->verbose)
    return TRUE;
  if (verdict == CVI_VERDICT_SKIPPED)
    verdict = previous_verdict;
  return verdict != CVI_VERDICT_HEALTHY && verdict != CVI_VERDICT_SKIPPED;
}

void
cvi_report_count (CviReport *report, CviVerdict verdict)
{
  g_return_if_fail (report);
  g_return_if_fail (verdict < CVI_N_VERDICTS);

  report->summary.counts[verdict]++;
  report->summary.counted[verdict]++;
}

static void
count_result (CviReport *report, const CviResult *result)
{
  CviReportSummary *summary = &report->summary;
  gboolean skipped = result->verdict == CVI_VERDICT_SKIPPED;

  summary->counts[result->verdict]++;
  summary->counted[skipped ? CVI_VERDICT_SKIPPED
                           : cvi_result_counts_as (result)]++;
  if (result->mark)
    summary->n_marked++;
}

static guint64
add_up (guint64 a, guint64 b)
{
  return a > G_MAXUINT64 - b ? G_MAXUINT64 : a + b;
}

/* What only a result tells. Its numbers may be anything. */
static void
add_to_summary (CviReportSummary *summary, const CviResult *result)
{
  guint64 *bytes = &summary->verdict_bytes[result->verdict];

  *bytes = add_up (*bytes, result->size);
  for (guint i = 0; i < result->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (result->findings, i);
    guint64 *count = &summary->findings[finding->rule - cvi_rule (0)];

    *count = add_up (*count, finding->count);
  }
  if (summary->oldest_at == 0 || result->scanned_at < summary->oldest_at)
    summary->oldest_at = result->scanned_at;
  summary->newest_at = MAX (summary->newest_at, result->scanned_at);
}

gboolean
cvi_report_add (CviReport *report, const CviResult *result,
    gboolean checked_now, GError **error)
{
  CviVerdict counts_as;
  gsize begin;

  g_return_val_if_fail (report, FALSE);
  g_return_val_if_fail (result, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  count_result (report, result);
  if (checked_now) {
    report->summary.n_checked++;
    report->summary.bytes += result->size;
  }
  add_to_summary (&report->summary, result);
  counts_as = cvi_result_counts_as (result);
  if (!report->writer->record ||
      !cvi_report_wants (report, counts_as, counts_as))
    return TRUE;
  begin = report->out->len;
  report->writer->record (report->out, result, report->n_records);
  if (report->coloured)
    cvi_colour_verdict (report->out, begin, counts_as);
  report->n_records++;
  return flush_out (report, error);
}

const CviReportSummary *
cvi_report_get_summary (CviReport *report)
{
  g_return_val_if_fail (report, NULL);

  return &report->summary;
}

void
cvi_report_set_exit_status (CviReport *report, int exit_status)
{
  g_return_if_fail (report);

  report->summary.exit_status = exit_status;
}

gboolean
cvi_report_finish (
    CviReport *report, double elapsed_s, gboolean interrupted, GError **error)
{
  g_return_val_if_fail (report, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  report->summary.elapsed_s = elapsed_s;
  report->summary.interrupted = interrupted;
  if (report->writer->end)
    report->writer->end (report->out, &report->summary, report->n_records);
  return flush_out (report, error);
}
