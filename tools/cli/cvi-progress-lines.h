/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <json-glib/json-glib.h>

#include "tools/pool/cvi-pool.h"

G_BEGIN_DECLS

/**
 * CviProgressLines: the files that workers are on, one for each worker.
 */
typedef struct _CviProgressLines CviProgressLines;

CviProgressLines *cvi_progress_lines_new (void);
void cvi_progress_lines_free (CviProgressLines *lines);

/* @now_us: monotonic */
void cvi_progress_lines_set (
    CviProgressLines *lines, const CviPoolProgress *progress, gint64 now_us);
/* @path is done: its worker has nothing to show until it begins another. */
void cvi_progress_lines_end (CviProgressLines *lines, const char *path);

/**
 * cvi_progress_lines_append:
 * @n_max: most lines; @columns: width of each
 *
 * Appends "name  percent  speed" of each worker that is at work, each with a
 * line end. What was read of a file, of its size: as it may be read more than
 * once, 99 % can stay for a while. Returns: how many lines
 */
guint cvi_progress_lines_append (CviProgressLines *lines, GString *out,
    guint n_max, guint columns, gint64 now_us);

/* Adds an array "workers" to an object. */
void cvi_progress_lines_add_json (
    CviProgressLines *lines, JsonBuilder *json, gint64 now_us);

G_END_DECLS
