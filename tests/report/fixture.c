/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/report/fixture.h"

#include <unistd.h>

CviResult *
fixture_result (const char *path)
{
  CviResult *result = cvi_result_new (path, CVI_MODE_HYBRID);

  g_free (result->tool_version);
  result->tool_version = g_strdup ("1.2.3");
  result->rules_version = 7;
  result->container = g_strdup ("matroska");
  result->size = 123456789;
  result->mtime_ns = G_GINT64_CONSTANT (1700000000123456789);
  result->duration_ns = G_GUINT64_CONSTANT (90000000000);
  result->elapsed_s = 1.5;
  result->cpu_s = 0.25;
  result->peak_rss_bytes = 50000000;
  result->scanned_at = 1700000100;
  return result;
}

static void
add_streams (CviResult *result)
{
  CviStream *video = cvi_stream_new ("video/0", "video");
  CviStream *audio = cvi_stream_new ("audio/0", "audio");

  video->codec = g_strdup ("H.264");
  video->decoder = g_strdup ("avdec_h264");
  video->frames = 2250;
  video->duration_ns = G_GUINT64_CONSTANT (89960000000);
  video->checked = TRUE;
  g_ptr_array_add (result->streams, video);
  audio->codec = g_strdup ("DTS");
  audio->duration_ns = CVI_NONE;
  audio->reason = g_strdup ("no decoder");
  g_ptr_array_add (result->streams, audio);
}

CviResult *
fixture_corrupt (const char *path)
{
  CviResult *result = fixture_result (path);
  CviFinding *gap;
  CviFinding *error;
  CviFinding *index;

  add_streams (result);
  gap = cvi_finding_new (CVI_RULE_TIME_GAP, "video/0", "25 frames missing");
  gap->severity = CVI_SEVERITY_WARNING;
  gap->certainty = 0.5;
  gap->start_ns = G_GUINT64_CONSTANT (10000000000);
  gap->end_ns = G_GUINT64_CONSTANT (11000000000);
  cvi_result_add (result, gap);
  error = cvi_finding_new (
      CVI_RULE_DECODE_ERROR, "video/0", "bad \"macroblock\", at 3 4");
  error->severity = CVI_SEVERITY_ERROR;
  error->certainty = 0.75;
  error->start_ns = G_GUINT64_CONSTANT (3723004000000);
  error->count = 12;
  cvi_result_add (result, error);
  index = cvi_finding_new (CVI_RULE_CONTAINER_INDEX, NULL, "no such cluster");
  index->severity = CVI_SEVERITY_WARNING;
  index->certainty = 0.5;
  index->offset = 4096;
  cvi_result_add (result, index);
  result->verdict = result->previous_verdict = CVI_VERDICT_CORRUPT;
  result->confidence = 0.75;
  result->damage = 0.125;
  return result;
}

CviResult *
fixture_skipped (const char *path)
{
  CviResult *result = fixture_corrupt (path);

  result->verdict = CVI_VERDICT_SKIPPED;
  return result;
}

CviResult *
fixture_unreadable (const char *path)
{
  CviResult *result = fixture_result (path);
  CviFinding *finding =
      cvi_finding_new (CVI_RULE_IO_ERROR, NULL, "input/output error");

  finding->severity = CVI_SEVERITY_CRITICAL;
  finding->certainty = 1;
  finding->offset = 65536;
  cvi_result_add (result, finding);
  g_clear_pointer (&result->container, g_free);
  result->duration_ns = CVI_NONE;
  result->verdict = result->previous_verdict = CVI_VERDICT_UNREADABLE;
  return result;
}

/* Reads back what was written to @fd. */
static char *
read_all (int fd)
{
  GString *text = g_string_new (NULL);
  char chunk[4096];
  gssize n;

  g_assert_cmpint (lseek (fd, 0, SEEK_SET), ==, 0);
  while ((n = read (fd, chunk, sizeof chunk)) > 0)
    g_string_append_len (text, chunk, n);
  g_assert_cmpint (n, ==, 0);
  return g_string_free (text, FALSE);
}

char *
fixture_write (const char *writer, GPtrArray *results, double elapsed_s)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;
  int fd = g_file_open_tmp ("cvi-report-XXXXXX", &name, &error);
  CviReport *report;
  char *text;

  g_assert_no_error (error);
  g_assert_cmpint (unlink (name), ==, 0);
  report = cvi_report_new (cvi_report_writer_lookup (writer), fd, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < results->len; i++) {
    g_assert_true (
        cvi_report_add (report, g_ptr_array_index (results, i), TRUE, &error));
    g_assert_no_error (error);
  }
  g_assert_true (cvi_report_finish (report, elapsed_s, FALSE, &error));
  cvi_report_free (report);
  text = read_all (fd);
  close (fd);
  return text;
}

char *
fixture_write_one (const char *writer, CviResult *result)
{
  g_autoptr (GPtrArray) results =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_result_free);

  g_ptr_array_add (results, result);
  return fixture_write (writer, results, 0);
}
