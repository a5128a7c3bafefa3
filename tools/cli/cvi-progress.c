/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-progress.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/cli/cvi-file-counter.h"
#include "tools/cli/cvi-fit.h"
#include "tools/cli/cvi-progress-lines.h"
#include "tools/cli/cvi-say.h"
#include "tools/report/cvi-display.h"

#define BAR_INTERVAL_US (G_USEC_PER_SEC / 10)
#define JSON_INTERVAL_US G_USEC_PER_SEC
#define DEFAULT_WIDTH 80
/* From this width on, and with that many lines, workers have lines of their
 * own. */
#define WIDE 100
#define HIGH 10
#define MAX_LINES 16

typedef enum { SHOW_NOTHING, SHOW_BAR, SHOW_JSON } Show;

struct _CviProgress {
  Show show;
  CviFileCounter *counter;
  gint64 began_us;
  gint64 shown_us;
  guint n_visible; /* lines */
  CviProgressLines *lines;
  char *current;
};

/* What both displays tell. */
typedef struct {
  guint64 done;
  guint64 total;
  gboolean total_known;
  double elapsed_s;
  double files_per_s;
  double eta_s; /* below 0 if not known */
} State;

static Show
choose_show (const char *how)
{
  if (g_str_equal (how, "bar"))
    return SHOW_BAR;
  if (g_str_equal (how, "json"))
    return SHOW_JSON;
  if (g_str_equal (how, "auto") && isatty (STDERR_FILENO))
    return SHOW_BAR;
  return SHOW_NOTHING;
}

static void
hide_before_message (gpointer user_data)
{
  cvi_progress_hide (user_data);
}

CviProgress *
cvi_progress_new (const char *how, const CviSources *sources)
{
  CviProgress *progress;

  g_return_val_if_fail (how, NULL);
  g_return_val_if_fail (sources, NULL);

  progress = g_new0 (CviProgress, 1);
  progress->show = choose_show (how);
  progress->began_us = g_get_monotonic_time ();
  progress->lines = cvi_progress_lines_new ();
  if (progress->show != SHOW_NOTHING)
    progress->counter = cvi_file_counter_new (sources);
  if (progress->show == SHOW_BAR)
    cvi_say_set_before (hide_before_message, progress);
  return progress;
}

void
cvi_progress_free (CviProgress *progress)
{
  if (!progress)
    return;
  cvi_progress_hide (progress);
  if (progress->show == SHOW_BAR)
    cvi_say_set_before (NULL, NULL);
  cvi_progress_lines_free (progress->lines);
  cvi_file_counter_free (progress->counter);
  g_free (progress->current);
  g_free (progress);
}

gboolean
cvi_progress_is_shown (CviProgress *progress)
{
  g_return_val_if_fail (progress, FALSE);

  return progress->show != SHOW_NOTHING;
}

void
cvi_progress_set_current (CviProgress *progress, const CviPoolProgress *worker)
{
  g_return_if_fail (progress && worker);

  if (progress->show == SHOW_NOTHING)
    return;
  cvi_progress_lines_set (progress->lines, worker, g_get_monotonic_time ());
  if (g_strcmp0 (progress->current, worker->path) == 0)
    return;
  g_free (progress->current);
  progress->current = g_strdup (worker->path);
}

void
cvi_progress_end_file (CviProgress *progress, const char *path)
{
  g_return_if_fail (progress && path);

  cvi_progress_lines_end (progress->lines, path);
}

void
cvi_progress_hide (CviProgress *progress)
{
  g_return_if_fail (progress);

  if (progress->n_visible == 0)
    return;
  if (progress->n_visible > 1)
    fprintf (stderr, "\r\033[%uA\033[J", progress->n_visible - 1);
  fputs ("\r\033[K", stderr);
  fflush (stderr);
  progress->n_visible = 0;
}

static void
get_state (CviProgress *progress, const CviReportSummary *totals, State *state)
{
  *state = (State){ .eta_s = -1 };
  for (guint i = 0; i < CVI_N_VERDICTS; i++)
    state->done += totals->counts[i];
  if (progress->counter)
    state->total =
        cvi_file_counter_get (progress->counter, &state->total_known);
  /* The counter may be behind the scan. */
  state->total = MAX (state->total, state->done);
  state->elapsed_s =
      (double)(g_get_monotonic_time () - progress->began_us) / G_USEC_PER_SEC;
  if (state->elapsed_s > 0)
    state->files_per_s = (double)state->done / state->elapsed_s;
  if (state->total_known && state->files_per_s > 0)
    state->eta_s = (double)(state->total - state->done) / state->files_per_s;
}

static void
append_duration (GString *out, double seconds)
{
  guint64 s = (guint64)(seconds + 0.5);

  if (s >= 3600)
    g_string_append_printf (out, "%" G_GUINT64_FORMAT ":%02u:%02u", s / 3600,
        (guint)(s / 60 % 60), (guint)(s % 60));
  else
    g_string_append_printf (out, "%u:%02u", (guint)(s / 60), (guint)(s % 60));
}

/* "12/100+ files, 12%, 3.4 files/s, ETA 0:26, 1 corrupt  clip.mp4" */
static char *
make_line (
    CviProgress *progress, const CviReportSummary *totals, gboolean with_file)
{
  GString *line = g_string_new (NULL);
  State state;

  get_state (progress, totals, &state);
  g_string_append_printf (line, "%" G_GUINT64_FORMAT, state.done);
  if (progress->counter)
    g_string_append_printf (line, "/%" G_GUINT64_FORMAT "%s", state.total,
        state.total_known ? "" : "+");
  g_string_append (line, " files");
  if (state.total_known && state.total > 0)
    g_string_append_printf (
        line, ", %u%%", (guint)(state.done * 100 / state.total));
  g_string_append_printf (line, ", %.1f files/s", state.files_per_s);
  if (state.eta_s >= 0) {
    g_string_append (line, ", ETA ");
    append_duration (line, state.eta_s);
  }
  if (totals->counted[CVI_VERDICT_CORRUPT] > 0)
    g_string_append_printf (line, ", %" G_GUINT64_FORMAT " corrupt",
        totals->counted[CVI_VERDICT_CORRUPT]);
  if (with_file && progress->current) {
    g_autofree char *base = g_path_get_basename (progress->current);
    g_autofree char *name = cvi_display_name (base);

    g_string_append_printf (line, "  %s", name);
  }
  return g_string_free (line, FALSE);
}

/* @n_lines: (out): most lines of workers that there is room for */
static guint
terminal_width (guint *n_lines)
{
  struct winsize size;

  *n_lines = 0;
  if (ioctl (STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return DEFAULT_WIDTH;
  if (size.ws_col >= WIDE && size.ws_row >= HIGH)
    *n_lines = MIN (MAX_LINES, size.ws_row / 2u);
  return size.ws_col;
}

static void
show_bar (CviProgress *progress, const CviReportSummary *totals)
{
  guint n_lines;
  /* The last column stays free: some terminals wrap as soon as it is used. */
  guint columns = terminal_width (&n_lines) - 1;
  g_autofree char *line = make_line (progress, totals, n_lines == 0);
  g_autofree char *fitting = cvi_fit_columns (line, columns);
  g_autoptr (GString) out = g_string_new ("\r");

  if (progress->n_visible > 1)
    g_string_append_printf (out, "\033[%uA", progress->n_visible - 1);
  n_lines = cvi_progress_lines_append (
      progress->lines, out, n_lines, columns, g_get_monotonic_time ());
  g_string_append_printf (out, "%s\033[K", fitting);
  /* What is left of more lines than now. */
  if (progress->n_visible > n_lines + 1)
    g_string_append (out, "\033[J");
  fputs (out->str, stderr);
  fflush (stderr);
  progress->n_visible = n_lines + 1;
}

static void
add_number (JsonBuilder *json, const char *name, double value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_double_value (json, value);
}

static void
add_count (JsonBuilder *json, const char *name, guint64 value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_int_value (json, (gint64)value);
}

static void
add_verdicts (JsonBuilder *json, const CviReportSummary *totals)
{
  json_builder_set_member_name (json, "verdicts");
  json_builder_begin_object (json);
  for (guint i = 0; i < CVI_N_VERDICTS; i++)
    add_count (json, cvi_verdict_to_string (i), totals->counts[i]);
  json_builder_end_object (json);
}

static void
show_json (CviProgress *progress, const CviReportSummary *totals)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *current =
      progress->current ? g_utf8_make_valid (progress->current, -1) : NULL;
  g_autofree char *text = NULL;
  g_autoptr (GString) line = NULL;
  State state;

  get_state (progress, totals, &state);
  json_builder_begin_object (json);
  add_count (json, "done", state.done);
  add_count (json, "total", state.total);
  json_builder_set_member_name (json, "total_known");
  json_builder_add_boolean_value (json, state.total_known);
  add_count (json, "bytes", totals->bytes);
  add_number (json, "elapsed_s", state.elapsed_s);
  add_number (json, "files_per_s", state.files_per_s);
  json_builder_set_member_name (json, "eta_s");
  if (state.eta_s >= 0)
    json_builder_add_double_value (json, state.eta_s);
  else
    json_builder_add_null_value (json);
  add_verdicts (json, totals);
  json_builder_set_member_name (json, "current");
  if (current)
    json_builder_add_string_value (json, current);
  else
    json_builder_add_null_value (json);
  cvi_progress_lines_add_json (progress->lines, json, g_get_monotonic_time ());
  json_builder_end_object (json);
  root = json_builder_get_root (json);
  text = json_to_string (root, FALSE);
  line = g_string_new (text);
  cvi_display_escape_json (line);
  fprintf (stderr, "%s\n", line->str);
}

void
cvi_progress_update (CviProgress *progress, const CviReportSummary *totals)
{
  gint64 interval;
  gint64 now;

  g_return_if_fail (progress);
  g_return_if_fail (totals);

  if (progress->show == SHOW_NOTHING)
    return;
  now = g_get_monotonic_time ();
  interval = progress->show == SHOW_BAR ? BAR_INTERVAL_US : JSON_INTERVAL_US;
  if (now - progress->shown_us < interval)
    return;
  progress->shown_us = now;
  if (progress->show == SHOW_BAR)
    show_bar (progress, totals);
  else
    show_json (progress, totals);
}

void
cvi_progress_print_line (CviProgress *progress, const CviReportSummary *totals)
{
  g_autofree char *line = NULL;

  g_return_if_fail (progress);
  g_return_if_fail (totals);

  cvi_progress_hide (progress);
  line = make_line (progress, totals, TRUE);
  fprintf (stderr, "cvi-gst: %s\n", line);
}
