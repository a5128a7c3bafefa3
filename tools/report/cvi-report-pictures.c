/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/report/cvi-report-pictures.h"

/* Pictures of places that are closer show the same. */
#define MIN_DISTANCE_NS G_GUINT64_CONSTANT (1000000000)

static void
place_free (gpointer data)
{
  CviReportPlace *place = data;

  g_clear_pointer (&place->before.jpeg, g_bytes_unref);
  g_clear_pointer (&place->damaged.jpeg, g_bytes_unref);
  g_free (place->stream);
  g_free (place);
}

static void
file_free (gpointer data)
{
  CviReportPictures *file = data;

  g_ptr_array_unref (file->places);
  g_free (file->path);
  g_free (file->problem);
  g_free (file);
}

CviPictureList *
cvi_picture_list_new (guint n_places)
{
  CviPictureList *list;

  g_return_val_if_fail (n_places > 0, NULL);
  g_return_val_if_fail (n_places <= CVI_REPORT_MAX_PLACES, NULL);

  list = g_new0 (CviPictureList, 1);
  list->n_places = n_places;
  list->files = g_ptr_array_new_with_free_func (file_free);
  return list;
}

void
cvi_picture_list_free (CviPictureList *list)
{
  if (!list)
    return;
  g_ptr_array_unref (list->files);
  g_free (list);
}

static gboolean
has_damage (const CviResult *result)
{
  CviVerdict verdict = result->verdict == CVI_VERDICT_SKIPPED
                           ? result->previous_verdict
                           : result->verdict;

  return verdict == CVI_VERDICT_CORRUPT || verdict == CVI_VERDICT_SUSPICIOUS ||
         verdict == CVI_VERDICT_INCOMPLETE;
}

static const char *
first_video (const CviResult *result)
{
  for (guint i = 0; i < result->streams->len; i++) {
    const CviStream *stream = g_ptr_array_index (result->streams, i);

    if (g_str_equal (stream->kind, "video"))
      return stream->id;
  }
  return NULL;
}

static gint
compare_importance (gconstpointer a, gconstpointer b)
{
  const CviFinding *left = *(const CviFinding *const *)a;
  const CviFinding *right = *(const CviFinding *const *)b;
  gboolean left_is_error = left->severity >= CVI_SEVERITY_ERROR;
  gboolean right_is_error = right->severity >= CVI_SEVERITY_ERROR;

  if (left_is_error != right_is_error)
    return left_is_error ? -1 : 1;
  return (left->start_ns > right->start_ns) -
         (left->start_ns < right->start_ns);
}

static gint
compare_time (gconstpointer a, gconstpointer b)
{
  const CviReportPlace *left = *(const CviReportPlace *const *)a;
  const CviReportPlace *right = *(const CviReportPlace *const *)b;

  return (left->at_ns > right->at_ns) - (left->at_ns < right->at_ns);
}

static gboolean
is_close (GPtrArray *places, const char *stream, guint64 at_ns)
{
  for (guint i = 0; i < places->len; i++) {
    const CviReportPlace *place = g_ptr_array_index (places, i);
    guint64 distance =
        place->at_ns > at_ns ? place->at_ns - at_ns : at_ns - place->at_ns;

    if (distance < MIN_DISTANCE_NS && g_str_equal (place->stream, stream))
      return TRUE;
  }
  return FALSE;
}

/* Returns: (transfer container): what may be seen, the most important first */
static GPtrArray *
seen_findings (const CviResult *result)
{
  GPtrArray *findings = g_ptr_array_new ();

  for (guint i = 0; i < result->findings->len; i++) {
    CviFinding *finding = g_ptr_array_index (result->findings, i);

    if (finding->start_ns != CVI_NONE &&
        finding->severity >= CVI_SEVERITY_WARNING &&
        (!finding->stream || g_str_has_prefix (finding->stream, "video/")))
      g_ptr_array_add (findings, finding);
  }
  g_ptr_array_sort (findings, compare_importance);
  return findings;
}

static GPtrArray *
choose_places (const CviResult *result, guint n)
{
  g_autoptr (GPtrArray) findings = seen_findings (result);
  GPtrArray *places = g_ptr_array_new_with_free_func (place_free);
  const char *video = first_video (result);

  for (guint i = 0; video && i < findings->len && places->len < n; i++) {
    const CviFinding *finding = g_ptr_array_index (findings, i);
    const char *stream = finding->stream ? finding->stream : video;
    CviReportPlace *place;

    if (is_close (places, stream, finding->start_ns))
      continue;
    place = g_new0 (CviReportPlace, 1);
    place->stream = g_strdup (stream);
    place->at_ns = finding->start_ns;
    g_ptr_array_add (places, place);
  }
  g_ptr_array_sort (places, compare_time);
  return places;
}

void
cvi_picture_list_consider (
    CviPictureList *list, const CviResult *result, guint64 record)
{
  g_autoptr (GPtrArray) places = NULL;
  CviReportPictures *file;

  g_return_if_fail (list && result);

  if (list->files->len >= CVI_REPORT_MAX_PICTURE_FILES || !has_damage (result))
    return;
  places = choose_places (result, list->n_places);
  if (places->len == 0)
    return;
  file = g_new0 (CviReportPictures, 1);
  file->record = record;
  file->path = g_strdup (result->path);
  file->size = result->size;
  file->mtime_ns = result->mtime_ns;
  file->places = g_steal_pointer (&places);
  g_ptr_array_add (list->files, file);
}

gboolean
cvi_picture_list_add (CviPictureList *list, CviReportPictures *file,
    guint number, gboolean before, guint64 time_ns, GBytes *jpeg)
{
  CviReportPicture *picture;
  CviReportPlace *place;
  gsize len;

  g_return_val_if_fail (list && file && jpeg, FALSE);
  g_return_val_if_fail (number < file->places->len, FALSE);

  len = g_bytes_get_size (jpeg);
  if (len > CVI_REPORT_MAX_FILE_BYTES - file->bytes ||
      len > CVI_REPORT_MAX_PICTURE_BYTES - list->bytes)
    return FALSE;
  place = g_ptr_array_index (file->places, number);
  picture = before ? &place->before : &place->damaged;
  g_return_val_if_fail (!picture->jpeg, FALSE);
  picture->jpeg = g_bytes_ref (jpeg);
  picture->time_ns = time_ns;
  file->bytes += len;
  list->bytes += len;
  return TRUE;
}
