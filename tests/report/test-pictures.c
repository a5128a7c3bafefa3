/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Which places of which files a report asks pictures of, and what it keeps. */
#include "tests/report/fixture.h"

#include <string.h>

#define SECOND G_GUINT64_CONSTANT (1000000000)

static CviResult *
new_result (CviVerdict verdict, gboolean has_video)
{
  CviResult *result = fixture_result ("/a/b.mkv");

  g_ptr_array_add (result->streams, cvi_stream_new ("audio/0", "audio"));
  if (has_video)
    g_ptr_array_add (result->streams, cvi_stream_new ("video/0", "video"));
  result->verdict = result->previous_verdict = verdict;
  return result;
}

static void
add (CviResult *result, const char *stream, CviSeverity severity,
    guint64 start_ns)
{
  CviFinding *finding = cvi_finding_new (CVI_RULE_DECODE_ERROR, stream, "x");

  finding->severity = severity;
  finding->start_ns = start_ns;
  cvi_result_add (result, finding);
}

static void
assert_place (
    const CviPictureList *list, guint i, const char *stream, guint64 at_ns)
{
  const CviReportPictures *file = g_ptr_array_index (list->files, 0);
  const CviReportPlace *place = g_ptr_array_index (file->places, i);

  g_assert_cmpstr (place->stream, ==, stream);
  g_assert_cmpuint (place->at_ns, ==, at_ns);
}

/* Errors first, a second apart, told by time. */
static void
test_places (void)
{
  g_autoptr (CviPictureList) list = cvi_picture_list_new (3);
  g_autoptr (CviResult) result = new_result (CVI_VERDICT_CORRUPT, TRUE);
  const CviReportPictures *file;

  add (result, "video/0", CVI_SEVERITY_WARNING, 1 * SECOND);
  add (result, "video/0", CVI_SEVERITY_INFO, 2 * SECOND);
  add (result, "audio/0", CVI_SEVERITY_ERROR, 3 * SECOND);
  add (result, "video/0", CVI_SEVERITY_ERROR, CVI_NONE);
  add (result, "video/0", CVI_SEVERITY_CRITICAL, 9 * SECOND);
  add (result, "video/0", CVI_SEVERITY_ERROR, 8 * SECOND + 1);
  add (result, "video/1", CVI_SEVERITY_ERROR, 8 * SECOND + 2);
  add (result, NULL, CVI_SEVERITY_ERROR, 6 * SECOND);
  add (result, "video/0", CVI_SEVERITY_WARNING, 0);
  cvi_picture_list_consider (list, result, 7);
  g_assert_cmpuint (list->files->len, ==, 1);
  file = g_ptr_array_index (list->files, 0);
  g_assert_cmpuint (file->record, ==, 7);
  g_assert_cmpstr (file->path, ==, "/a/b.mkv");
  g_assert_cmpuint (file->size, ==, result->size);
  g_assert_cmpint (file->mtime_ns, ==, result->mtime_ns);
  g_assert_cmpuint (file->places->len, ==, 3);
  assert_place (list, 0, "video/0", 6 * SECOND);
  assert_place (list, 1, "video/0", 8 * SECOND + 1);
  assert_place (list, 2, "video/1", 8 * SECOND + 2);
}

static void
test_files (void)
{
  g_autoptr (CviPictureList) list = cvi_picture_list_new (1);

  for (guint verdict = 0; verdict < CVI_N_VERDICTS; verdict++) {
    g_autoptr (CviResult) result = new_result (verdict, TRUE);

    add (result, "video/0", CVI_SEVERITY_WARNING, SECOND);
    cvi_picture_list_consider (list, result, verdict);
    /* Of one that was skipped the stored verdict counts. */
    result->verdict = CVI_VERDICT_SKIPPED;
    cvi_picture_list_consider (list, result, verdict);
  }
  g_assert_cmpuint (list->files->len, ==, 6);
  for (guint i = 0; i < 2 * CVI_REPORT_MAX_PICTURE_FILES; i++) {
    g_autoptr (CviResult) result = new_result (CVI_VERDICT_CORRUPT, i % 2);

    add (result, NULL, CVI_SEVERITY_ERROR, SECOND);
    cvi_picture_list_consider (list, result, i);
    if (i == 10)
      g_assert_cmpuint (list->files->len, ==, 6 + 5);
  }
  g_assert_cmpuint (list->files->len, ==, CVI_REPORT_MAX_PICTURE_FILES);
}

static void
test_bytes (void)
{
  g_autoptr (CviPictureList) list =
      cvi_picture_list_new (CVI_REPORT_MAX_PLACES);
  g_autofree guint8 *zeros = g_malloc0 (CVI_REPORT_MAX_FILE_BYTES);
  g_autoptr (GBytes) half =
      g_bytes_new (zeros, CVI_REPORT_MAX_FILE_BYTES / 2 + 1);
  g_autoptr (GBytes) rest =
      g_bytes_new (zeros, CVI_REPORT_MAX_FILE_BYTES / 2 - 1);
  guint n_full = 0;

  for (guint i = 0; i < CVI_REPORT_MAX_PICTURE_FILES; i++) {
    g_autoptr (CviResult) result = new_result (CVI_VERDICT_CORRUPT, TRUE);
    CviReportPictures *file;

    add (result, "video/0", CVI_SEVERITY_ERROR, SECOND);
    cvi_picture_list_consider (list, result, i);
    file = g_ptr_array_index (list->files, i);
    if (!cvi_picture_list_add (list, file, 0, TRUE, 5, half))
      break;
    g_assert_false (cvi_picture_list_add (list, file, 0, FALSE, 6, half));
    n_full += cvi_picture_list_add (list, file, 0, FALSE, 6, rest);
    g_assert_cmpuint (file->bytes, <=, CVI_REPORT_MAX_FILE_BYTES);
  }
  g_assert_cmpuint (
      n_full, ==, CVI_REPORT_MAX_PICTURE_BYTES / CVI_REPORT_MAX_FILE_BYTES);
  g_assert_cmpuint (list->bytes, <=, CVI_REPORT_MAX_PICTURE_BYTES);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/report/pictures/places", test_places);
  g_test_add_func ("/report/pictures/files", test_files);
  g_test_add_func ("/report/pictures/bytes", test_bytes);
  return g_test_run ();
}
