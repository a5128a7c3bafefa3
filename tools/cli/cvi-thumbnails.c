/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-thumbnails.h"

#include <errno.h>
#include <sys/stat.h>

#include "tools/cli/cvi-paths.h"
#include "tools/cli/cvi-signals.h"
#include "tools/pool/cvi-file.h"
#include "tools/pool/cvi-picture-taker.h"

#define MIB (1024 * 1024)
/* For one file: a few seconds of it are decoded for each place. */
#define TIMEOUT_S 30.

G_STATIC_ASSERT (CVI_PICTURE_MAX_PLACES >= CVI_REPORT_MAX_PLACES);

void
cvi_thumbnails_ask (CviReport *report, CviSettings *settings, guint if_auto)
{
  const CviReportWriter *writer = cvi_report_writer_lookup (
      cvi_settings_get_text (settings, CVI_SETTING_FORMAT));
  guint64 n = cvi_settings_get_count (settings, CVI_SETTING_THUMBNAILS);

  if (!writer || !writer->pictures)
    return;
  if (n > CVI_REPORT_MAX_PLACES)
    n = if_auto;
  if (n > 0)
    cvi_report_ask_for_pictures (report, (guint)n);
}

/* Why there are to be no pictures of a file; NULL: it is as it was. */
static const char *
find_change (const CviReportPictures *file)
{
  g_autoptr (CviFile) now = NULL;
  struct stat status;

  if (stat (file->path, &status) < 0)
    return errno == ENOENT || errno == ENOTDIR
               ? "the file is not there any more"
               : g_strerror (errno);
  if (!S_ISREG (status.st_mode))
    return "this is no regular file any more";
  now = cvi_file_new (g_strdup (file->path), &status, 0);
  return now->size == file->size && now->mtime_ns == file->mtime_ns
             ? NULL
             : "the file has changed since it was checked";
}

static GPtrArray *
take (CviPictureTaker *taker, const CviReportPictures *file, GError **error)
{
  CviPicturePlace places[CVI_REPORT_MAX_PLACES] = { 0 };

  for (guint i = 0; i < file->places->len; i++) {
    const CviReportPlace *place = g_ptr_array_index (file->places, i);

    places[i].stream = place->stream;
    places[i].at_ns = place->at_ns;
  }
  return cvi_picture_taker_take (
      taker, file->path, places, file->places->len, error);
}

static void
set_problem (CviReportPictures *file, const char *problem)
{
  g_free (file->problem);
  /* A system's words, a worker's end: nothing that needs to be long. */
  file->problem = cvi_sanitise_text (problem, -1, CVI_FINDING_MAX_MESSAGE);
}

/* Returns: FALSE with @error if it would be the same with the next file */
static gboolean
add_file (CviPictureTaker *taker, CviPictureList *list, CviReportPictures *file,
    GError **error)
{
  g_autoptr (GPtrArray) pictures = NULL;
  g_autoptr (GError) failure = NULL;
  const char *change = find_change (file);

  if (!change) {
    pictures = take (taker, file, &failure);
    change = find_change (file);
  }
  if (change || failure) {
    set_problem (file, change ? change : failure->message);
    if (!change && failure->domain == CVI_POOL_ERROR) {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
    return TRUE;
  }
  for (guint i = 0; i < pictures->len; i++) {
    const CviPicture *picture = g_ptr_array_index (pictures, i);

    if (!cvi_picture_list_add (list, file, picture->place, picture->before,
            picture->time_ns, picture->jpeg))
      set_problem (file, "there is no room for more pictures in this report");
  }
  if (file->bytes == 0 && !file->problem)
    set_problem (file, "nothing can be decoded there");
  return TRUE;
}

void
cvi_thumbnails_take (CviReport *report, const CviPoolConfig *config)
{
  CviPictureList *list = cvi_report_get_pictures (report);
  g_autoptr (CviPictureTaker) taker = NULL;
  g_autoptr (GError) error = NULL;

  if (!list || list->files->len == 0)
    return;
  taker = cvi_picture_taker_new (config, TIMEOUT_S);
  for (guint i = 0; i < list->files->len; i++) {
    CviReportPictures *file = g_ptr_array_index (list->files, i);

    if (error)
      set_problem (file, error->message);
    else if (cvi_signals_get_stop ())
      set_problem (file, "the report was interrupted");
    else
      add_file (taker, list, file, &error);
  }
}

void
cvi_thumbnails_take_for (CviReport *report, CviSettings *settings)
{
  g_autofree char *worker = cvi_worker_path ();
  CviPoolConfig config = {
    .worker = worker,
    .sandbox = cvi_settings_get_text (settings, CVI_SETTING_SANDBOX),
    .memory_limit_bytes =
        cvi_settings_get_count (settings, CVI_SETTING_MEMORY_LIMIT) * MIB,
  };

  cvi_thumbnails_take (report, &config);
}
