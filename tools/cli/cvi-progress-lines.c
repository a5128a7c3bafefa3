/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-progress-lines.h"

#include "tools/cli/cvi-fit.h"
#include "tools/report/cvi-display.h"

/* "  " before the name, then " 100 %  999.9 MB/s". */
#define COLUMNS_BESIDE 22
#define MIN_NAME 10

typedef struct {
  char *path; /* NULL: at rest */
  guint64 bytes;
  guint64 size;
  gint64 began_us;
} Line;

struct _CviProgressLines {
  GArray *workers;
};

static void
line_clear (gpointer data)
{
  Line *line = data;

  g_clear_pointer (&line->path, g_free);
}

CviProgressLines *
cvi_progress_lines_new (void)
{
  CviProgressLines *lines = g_new0 (CviProgressLines, 1);

  lines->workers = g_array_new (FALSE, TRUE, sizeof (Line));
  g_array_set_clear_func (lines->workers, line_clear);
  return lines;
}

void
cvi_progress_lines_free (CviProgressLines *lines)
{
  if (!lines)
    return;
  g_array_unref (lines->workers);
  g_free (lines);
}

void
cvi_progress_lines_set (
    CviProgressLines *lines, const CviPoolProgress *progress, gint64 now_us)
{
  Line *line;

  g_return_if_fail (lines && progress);

  if (progress->worker >= lines->workers->len)
    g_array_set_size (lines->workers, progress->worker + 1);
  line = &g_array_index (lines->workers, Line, progress->worker);
  if (g_strcmp0 (line->path, progress->path) != 0) {
    g_free (line->path);
    line->path = g_strdup (progress->path);
    line->began_us = now_us;
  }
  line->bytes = progress->bytes;
  line->size = progress->size;
}

void
cvi_progress_lines_end (CviProgressLines *lines, const char *path)
{
  g_return_if_fail (lines && path);

  for (guint i = 0; i < lines->workers->len; i++) {
    Line *line = &g_array_index (lines->workers, Line, i);

    if (g_strcmp0 (line->path, path) == 0)
      line_clear (line);
  }
}

static guint
get_percent (const Line *line)
{
  if (line->size == 0)
    return 0;
  return (guint)MIN (99., (double)line->bytes * 100 / (double)line->size);
}

/* Bytes a second; 0 before there is enough to tell. */
static double
get_speed (const Line *line, gint64 now_us)
{
  double s = (double)(now_us - line->began_us) / G_USEC_PER_SEC;

  return s > 0 ? (double)line->bytes / s : 0;
}

static void
append_line (GString *out, const Line *line, guint columns, gint64 now_us)
{
  g_autofree char *base = g_path_get_basename (line->path);
  g_autofree char *name = cvi_display_name (base);
  guint room = MAX (columns, COLUMNS_BESIDE + MIN_NAME) - COLUMNS_BESIDE;
  g_autofree char *fitting = cvi_fit_columns (name, room);
  guint used = cvi_count_columns (fitting);

  g_string_append_printf (out, "  %s%*s %3u %%  %5.1f MB/s\033[K\n", fitting,
      (int)(room - MIN (used, room)), "", get_percent (line),
      MIN (get_speed (line, now_us) / 1e6, 9999.));
}

guint
cvi_progress_lines_append (CviProgressLines *lines, GString *out, guint n_max,
    guint columns, gint64 now_us)
{
  guint n = 0;

  g_return_val_if_fail (lines && out, 0);

  for (guint i = 0; i < lines->workers->len && n < n_max; i++) {
    const Line *line = &g_array_index (lines->workers, Line, i);

    if (!line->path)
      continue;
    append_line (out, line, columns, now_us);
    n++;
  }
  return n;
}

static void
add_number (JsonBuilder *json, const char *name, gint64 value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_int_value (json, value);
}

void
cvi_progress_lines_add_json (
    CviProgressLines *lines, JsonBuilder *json, gint64 now_us)
{
  g_return_if_fail (lines && json);

  json_builder_set_member_name (json, "workers");
  json_builder_begin_array (json);
  for (guint i = 0; i < lines->workers->len; i++) {
    const Line *line = &g_array_index (lines->workers, Line, i);
    g_autofree char *path =
        line->path ? g_utf8_make_valid (line->path, -1) : NULL;

    if (!path)
      continue;
    json_builder_begin_object (json);
    add_number (json, "worker", i);
    json_builder_set_member_name (json, "path");
    json_builder_add_string_value (json, path);
    add_number (json, "bytes", (gint64)MIN (line->bytes, G_MAXINT64));
    add_number (json, "size", (gint64)MIN (line->size, G_MAXINT64));
    add_number (json, "percent", get_percent (line));
    add_number (json, "bytes_per_s", (gint64)get_speed (line, now_us));
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
}
