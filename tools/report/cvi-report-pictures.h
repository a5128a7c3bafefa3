/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-result.h"

G_BEGIN_DECLS

/* Most places of one file, most files of a report, and most bytes of pictures
 * (before base64) of one file and of a report. */
#define CVI_REPORT_MAX_PLACES 16
#define CVI_REPORT_MAX_PICTURE_FILES 100
#define CVI_REPORT_MAX_FILE_BYTES (200 * 1024)
#define CVI_REPORT_MAX_PICTURE_BYTES (8 * 1024 * 1024)

/**
 * CviReportPicture:
 * @jpeg: (nullable): NULL if there is none
 * @time_ns: stream time of the picture
 */
typedef struct {
  GBytes *jpeg;
  guint64 time_ns;
} CviReportPicture;

/**
 * CviReportPlace: a place of a file to make pictures of.
 * @stream: "video/0" ...
 * @at_ns: where something was found
 * @before: the last good picture before; @damaged: the first from there on
 */
typedef struct {
  char *stream;
  guint64 at_ns;
  CviReportPicture before;
  CviReportPicture damaged;
} CviReportPlace;

/**
 * CviReportPictures: the pictures of one file.
 * @record: number of its record in the report
 * @size, @mtime_ns: of the file that the record is about
 * @places: (element-type CviReportPlace): by time, at least one
 * @bytes: of its pictures so far
 * @problem: (nullable): why there are none
 */
typedef struct {
  guint64 record;
  char *path;
  guint64 size;
  gint64 mtime_ns;
  GPtrArray *places;
  gsize bytes;
  char *problem;
} CviReportPictures;

/**
 * CviPictureList: which pictures a report is to have, and then the pictures.
 * @n_places: most of a file
 * @files: (element-type CviReportPictures)
 * @bytes: of all pictures so far
 */
typedef struct {
  guint n_places;
  GPtrArray *files;
  gsize bytes;
} CviPictureList;

/* @n_places: 1 to CVI_REPORT_MAX_PLACES */
CviPictureList *cvi_picture_list_new (guint n_places);
void cvi_picture_list_free (CviPictureList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviPictureList, cvi_picture_list_free)

/**
 * cvi_picture_list_consider:
 * @record: number of the record of @result
 *
 * Adds a file that is not healthy, if something was found at a place of a video
 * stream and there are not CVI_REPORT_MAX_PICTURE_FILES yet. What is an error
 * goes before what is a warning, then what is earlier; places are at least a
 * second apart. What was found at a time of the whole file counts for its first
 * video stream.
 */
void cvi_picture_list_consider (
    CviPictureList *list, const CviResult *result, guint64 record);

/**
 * cvi_picture_list_add:
 * @jpeg: (transfer none): a picture that was checked
 *
 * Returns: FALSE, without having added it, if that would be too many bytes for
 * the file or the report
 */
gboolean cvi_picture_list_add (CviPictureList *list, CviReportPictures *file,
    guint place, gboolean before, guint64 time_ns, GBytes *jpeg);

G_END_DECLS
