/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Totals, what is left out, and outputs that fail. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "tests/report/fixture.h"

static void
test_lookup (void)
{
  g_assert_null (cvi_report_writer_lookup ("yam"));
  for (guint i = 0; cvi_report_writers ()[i]; i++) {
    const CviReportWriter *writer = cvi_report_writers ()[i];

    g_assert_true (cvi_report_writer_lookup (writer->name) == writer);
  }
}

static void
test_totals (void)
{
  g_autoptr (CviResult) fine = fixture_result ("/fine.mkv");
  g_autoptr (CviResult) corrupt = fixture_corrupt ("/corrupt.mkv");
  g_autoptr (GError) error = NULL;
  int fd = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  g_autoptr (CviReport) report =
      cvi_report_new (cvi_report_writer_lookup ("text"), fd, &error);
  const CviReportSummary *summary = cvi_report_get_summary (report);

  g_assert_true (cvi_report_add (report, fine, TRUE, &error));
  g_assert_true (cvi_report_add (report, corrupt, TRUE, &error));
  g_assert_true (cvi_report_add (report, corrupt, FALSE, &error));
  cvi_report_count (report, CVI_VERDICT_SKIPPED);
  g_assert_true (cvi_report_finish (report, 2.5, TRUE, &error));
  g_assert_cmpuint (summary->counts[CVI_VERDICT_HEALTHY], ==, 1);
  g_assert_cmpuint (summary->counts[CVI_VERDICT_CORRUPT], ==, 2);
  g_assert_cmpuint (summary->counts[CVI_VERDICT_SKIPPED], ==, 1);
  g_assert_cmpuint (summary->n_checked, ==, 2);
  g_assert_cmpuint (summary->bytes, ==, fine->size + corrupt->size);
  g_assert_cmpfloat (summary->elapsed_s, ==, 2.5);
  g_assert_true (summary->interrupted);
  close (fd);
}

static void
test_wants (void)
{
  g_autoptr (GError) error = NULL;
  int fd = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  g_autoptr (CviReport) text =
      cvi_report_new (cvi_report_writer_lookup ("text"), fd, &error);
  g_autoptr (CviReport) csv =
      cvi_report_new (cvi_report_writer_lookup ("csv"), fd, &error);

  g_assert_false (
      cvi_report_wants (text, CVI_VERDICT_HEALTHY, CVI_VERDICT_HEALTHY));
  g_assert_false (
      cvi_report_wants (text, CVI_VERDICT_SKIPPED, CVI_VERDICT_HEALTHY));
  g_assert_true (
      cvi_report_wants (text, CVI_VERDICT_SKIPPED, CVI_VERDICT_CORRUPT));
  g_assert_true (cvi_report_wants (
      text, CVI_VERDICT_UNSUPPORTED, CVI_VERDICT_UNSUPPORTED));
  g_assert_true (
      cvi_report_wants (csv, CVI_VERDICT_SKIPPED, CVI_VERDICT_HEALTHY));
  cvi_report_set_verbose (text, TRUE);
  g_assert_true (
      cvi_report_wants (text, CVI_VERDICT_HEALTHY, CVI_VERDICT_HEALTHY));
  close (fd);
}

static void
test_brief (void)
{
  g_autofree char *brief =
      fixture_write_one ("text", fixture_result ("/fine.mkv"));

  g_assert_cmpstr (brief, ==, "1 file: 1 healthy\n");
}

static void
test_closed_pipe (void)
{
  g_autoptr (CviResult) corrupt = fixture_corrupt ("/corrupt.mkv");
  g_autoptr (GError) error = NULL;
  g_autoptr (CviReport) report = NULL;
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  report = cvi_report_new (cvi_report_writer_lookup ("jsonl"), fds[1], &error);
  g_assert_no_error (error);
  close (fds[0]);
  g_assert_false (cvi_report_add (report, corrupt, TRUE, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_PIPE);
  close (fds[1]);
}

static void
test_full_disk (void)
{
  g_autoptr (GError) error = NULL;
  int fd = open ("/dev/full", O_WRONLY | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  g_assert_null (cvi_report_new (cvi_report_writer_lookup ("csv"), fd, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
  close (fd);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  signal (SIGPIPE, SIG_IGN);
  g_test_add_func ("/report/lookup", test_lookup);
  g_test_add_func ("/report/totals", test_totals);
  g_test_add_func ("/report/wants", test_wants);
  g_test_add_func ("/report/brief", test_brief);
  g_test_add_func ("/report/closed-pipe", test_closed_pipe);
  g_test_add_func ("/report/full-disk", test_full_disk);
  return g_test_run ();
}
