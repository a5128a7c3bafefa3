/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-mark.h"
#include "plugin/core/cvi-verdict.h"

G_BEGIN_DECLS

/**
 * CviReportSummary: the totals at the end of a report.
 * @counts: files by verdict
 * @counted: the same by what they count as, marks being regarded; a skipped
 *   file is one here too
 * @n_marked: files that a mark makes count otherwise
 * @n_checked: files that were checked now, not taken from the store
 * @bytes: size of those
 * @elapsed_s: wall time of the scan, seconds; 0 if not known
 * @interrupted: the scan did not reach its end
 * @exit_status: that the scan is going to have; -1 if there is none
 *
 * Of the results alone that were given to cvi_report_add():
 * @verdict_bytes: size of the files by verdict
 * @findings: by rule (CviRuleId), each as often as it was counted
 * @oldest_at, @newest_at: Unix time of the first and the last result; 0 if
 *   there is none
 */
typedef struct {
  guint64 counts[CVI_N_VERDICTS];
  guint64 counted[CVI_N_VERDICTS];
  guint64 n_marked;
  guint64 n_checked;
  guint64 bytes;
  double elapsed_s;
  gboolean interrupted;
  int exit_status;
  guint64 verdict_bytes[CVI_N_VERDICTS];
  guint64 findings[CVI_N_RULES];
  gint64 oldest_at;
  gint64 newest_at;
} CviReportSummary;

typedef struct _CviReport CviReport;

/**
 * CviReportWriter: one output format; a row of the table in cvi-report.c.
 * Every hook appends to @out; nothing is kept between records, so that memory
 * is bounded whatever the number of files. @n is the number of records written
 * before this one.
 * @brief: for people: files with nothing to tell (healthy, or skipped after
 *   having been healthy) are counted but get no record
 * @whole: half of it is of no use: a file appears when it is complete
 *
 * Every hook may be NULL.
 */
typedef struct {
  const char *name;
  const char *summary;
  gboolean brief;
  gboolean whole;
  void (*begin) (GString *out);
  void (*record) (GString *out, const CviResult *result, guint64 n);
  void (*end) (GString *out, const CviReportSummary *summary, guint64 n);
} CviReportWriter;

/* Returns: (nullable): static row by name */
const CviReportWriter *cvi_report_writer_lookup (const char *name);
/* Returns: static NULL-terminated array of all rows */
const CviReportWriter *const *cvi_report_writers (void);

/**
 * cvi_report_new:
 * @fd: written to; stays the caller's
 *
 * Writes what @writer's begin makes.
 */
CviReport *cvi_report_new (
    const CviReportWriter *writer, int fd, GError **error);
/* Makes a brief writer write every record that it is given. */
void cvi_report_set_verbose (CviReport *report, gboolean verbose);
/* Colours the verdicts of a brief writer, for a terminal. */
void cvi_report_set_coloured (CviReport *report, gboolean coloured);
/* Would a result of @verdict get a record? If not, cvi_report_count() does all
 * that cvi_report_add() would, without the result. */
gboolean cvi_report_wants (
    CviReport *report, CviVerdict verdict, CviVerdict previous_verdict);
/* Adds a file without a record to the totals. */
void cvi_report_count (CviReport *report, CviVerdict verdict);
/**
 * cvi_report_add:
 * @checked_now: FALSE for a result out of the store
 *
 * Adds a record to the totals and writes it (if it is wanted). A closed pipe
 * or full disk is an error (G_FILE_ERROR); SIGPIPE must be ignored by the
 * program.
 */
gboolean cvi_report_add (CviReport *report, const CviResult *result,
    gboolean checked_now, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The totals so far. */
const CviReportSummary *cvi_report_get_summary (CviReport *report);
/* For the totals, where a scan has one. */
void cvi_report_set_exit_status (CviReport *report, int exit_status);
/* Writes the end with the totals. */
gboolean cvi_report_finish (CviReport *report, double elapsed_s,
    gboolean interrupted, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cvi_report_free (CviReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviReport, cvi_report_free)

G_END_DECLS
