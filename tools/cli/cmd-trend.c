/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-json-out.h"
#include "tools/cli/cvi-open-store.h"
#include "tools/cli/cvi-output.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-trend.h"
#include "tools/report/cvi-display.h"

/* Names of files that became corrupt in the last scan. */
#define MAX_NAMES 1000

/* @points: of all scans, oldest first; @places: index by scan id */
typedef struct {
  GArray *points;
  GHashTable *places;
  GArray *changes; /* by point and verdict, gint64: files more or less */
  GPtrArray *names;
} Trend;

static void
on_step (
    gint64 scan, CviVerdict verdict, CviVerdict previous, gpointer user_data)
{
  Trend *trend = user_data;
  gpointer place;
  gint64 *change;

  if (!g_hash_table_lookup_extended (trend->places, &scan, NULL, &place))
    return;
  change = &g_array_index (
      trend->changes, gint64, GPOINTER_TO_UINT (place) * CVI_N_VERDICTS);
  change[verdict]++;
  if (previous == CVI_N_VERDICTS)
    return;
  change[previous]--;
  if (verdict == CVI_VERDICT_CORRUPT && previous != CVI_VERDICT_CORRUPT)
    g_array_index (trend->points, CviTrendPoint, GPOINTER_TO_UINT (place))
        .became_corrupt++;
}

/* Each scan's library is that of the one before, with what it changed. */
static void
sum_up (Trend *trend)
{
  gint64 now[CVI_N_VERDICTS] = { 0 };

  for (guint i = 0; i < trend->points->len; i++) {
    CviTrendPoint *point = &g_array_index (trend->points, CviTrendPoint, i);

    for (guint v = 0; v < CVI_N_VERDICTS; v++) {
      now[v] += g_array_index (trend->changes, gint64, i * CVI_N_VERDICTS + v);
      point->library[v] = (guint64)MAX (now[v], 0);
    }
  }
}

static gboolean
on_difference (const CviStoreDifference *row, gpointer user_data)
{
  GPtrArray *names = user_data;

  if (row->before > 0 && row->before != row->after &&
      row->verdict_after == CVI_VERDICT_CORRUPT &&
      row->verdict_before != CVI_VERDICT_CORRUPT)
    g_ptr_array_add (names, g_strdup (row->path));
  return names->len < MAX_NAMES;
}

static gboolean
collect (Trend *trend, CviStore *store, GPtrArray *scans, GError **error)
{
  gint64 last, before;

  g_array_set_size (trend->changes, scans->len * CVI_N_VERDICTS);
  for (guint i = 0; i < scans->len; i++) {
    CviScanInfo *info = g_ptr_array_index (scans, scans->len - 1 - i);
    CviTrendPoint point = { info };

    g_array_append_val (trend->points, point);
    g_hash_table_insert (trend->places, &info->id, GUINT_TO_POINTER (i));
  }
  if (!cvi_store_foreach_step (store, on_step, trend, error))
    return FALSE;
  sum_up (trend);
  if (scans->len < 2)
    return TRUE;
  last = ((CviScanInfo *)g_ptr_array_index (scans, 0))->id;
  before = ((CviScanInfo *)g_ptr_array_index (scans, 1))->id;
  return cvi_store_foreach_difference (
      store, before, last, on_difference, trend->names, error);
}

static void
write_text (GString *out, const Trend *trend)
{
  static const CviVerdict shown[] = { CVI_VERDICT_HEALTHY,
    CVI_VERDICT_SUSPICIOUS, CVI_VERDICT_CORRUPT, CVI_VERDICT_INCOMPLETE,
    CVI_VERDICT_UNREADABLE, CVI_VERDICT_UNSUPPORTED };

  g_string_append_printf (out, "%6s  %-20s  %-11s", "scan", "begun", "status");
  for (guint v = 0; v < G_N_ELEMENTS (shown); v++)
    g_string_append_printf (out, " %11s", cvi_verdict_to_string (shown[v]));
  g_string_append (out, "  became corrupt\n");
  for (guint i = 0; i < trend->points->len; i++) {
    const CviTrendPoint *point =
        &g_array_index (trend->points, CviTrendPoint, i);
    g_autofree char *when = cvi_display_utc (point->info->started_at);
    g_autofree char *status = cvi_display_name (point->info->status);

    g_string_append_printf (out, "%6" G_GINT64_FORMAT "  %-20s  %-11s",
        point->info->id, when ? when : "?", status);
    for (guint v = 0; v < G_N_ELEMENTS (shown); v++)
      g_string_append_printf (
          out, " %11" G_GUINT64_FORMAT, point->library[shown[v]]);
    g_string_append_printf (
        out, "  %14" G_GUINT64_FORMAT "\n", point->became_corrupt);
  }
  if (trend->names->len > 0)
    g_string_append (out, "\nbecame corrupt in the last scan:\n");
  for (guint i = 0; i < trend->names->len; i++) {
    g_autofree char *name =
        cvi_display_name (g_ptr_array_index (trend->names, i));

    g_string_append_printf (out, "  %s\n", name);
  }
  if (trend->names->len == MAX_NAMES)
    g_string_append (out, "  ... (cvi-gst report --diff has all)\n");
}

static void
write_json (GString *out, const Trend *trend)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();

  json_builder_begin_object (json);
  json_builder_set_member_name (json, "scans");
  json_builder_begin_array (json);
  for (guint i = 0; i < trend->points->len; i++) {
    const CviTrendPoint *point =
        &g_array_index (trend->points, CviTrendPoint, i);

    json_builder_begin_object (json);
    cvi_json_add_uint (json, "scan", (guint64)point->info->id);
    cvi_json_add_string (json, "roots", point->info->roots);
    cvi_json_add_string (json, "mode", cvi_mode_to_string (point->info->mode));
    cvi_json_add_string (json, "status", point->info->status);
    cvi_json_add_time (json, "started_at", point->info->started_at);
    cvi_json_add_time (json, "finished_at", point->info->finished_at);
    cvi_json_add_verdicts (json, "checked", point->info->counts);
    cvi_json_add_verdicts (json, "library", point->library);
    cvi_json_add_uint (json, "became_corrupt", point->became_corrupt);
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
  json_builder_set_member_name (json, "became_corrupt");
  json_builder_begin_array (json);
  for (guint i = 0; i < trend->names->len; i++) {
    json_builder_begin_object (json);
    cvi_json_add_bytes (json, "path", g_ptr_array_index (trend->names, i));
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
  json_builder_end_object (json);
  cvi_json_append_line (out, json);
}

static void
write_csv (GString *out, const Trend *trend)
{
  g_string_append (out, "scan,started_at,mode");
  for (guint v = 0; v < CVI_N_VERDICTS; v++)
    g_string_append_printf (out, ",%s", cvi_verdict_to_string (v));
  g_string_append (out, ",became_corrupt\r\n");
  for (guint i = 0; i < trend->points->len; i++) {
    const CviTrendPoint *point =
        &g_array_index (trend->points, CviTrendPoint, i);
    g_autofree char *when = cvi_display_utc (point->info->started_at);

    g_string_append_printf (out, "%" G_GINT64_FORMAT ",%s,%s", point->info->id,
        when ? when : "", cvi_mode_to_string (point->info->mode));
    for (guint v = 0; v < CVI_N_VERDICTS; v++)
      g_string_append_printf (out, ",%" G_GUINT64_FORMAT, point->library[v]);
    g_string_append_printf (
        out, ",%" G_GUINT64_FORMAT "\r\n", point->became_corrupt);
  }
}

static void
write_trend (CviSettings *settings, GString *out, Trend *trend)
{
  const char *format =
      cvi_settings_get_text (settings, CVI_SETTING_TREND_FORMAT);
  guint64 limit = cvi_settings_get_count (settings, CVI_SETTING_LIMIT);

  if (limit > 0 && limit < trend->points->len)
    g_array_remove_range (trend->points, 0, trend->points->len - (guint)limit);
  if (g_str_equal (format, "json"))
    write_json (out, trend);
  else if (g_str_equal (format, "csv"))
    write_csv (out, trend);
  else if (g_str_equal (format, "svg"))
    cvi_trend_append_svg (out, trend->points);
  else
    write_text (out, trend);
}

static gboolean
show_trend (CviSettings *settings, GError **error)
{
  g_autoptr (CviStore) store = cvi_open_store (settings, error);
  g_autoptr (GPtrArray) scans =
      store ? cvi_store_list_scans (store, 0, error) : NULL;
  g_autoptr (GArray) points = g_array_new (FALSE, TRUE, sizeof (CviTrendPoint));
  g_autoptr (GArray) changes = g_array_new (FALSE, TRUE, sizeof (gint64));
  g_autoptr (GHashTable) places =
      g_hash_table_new (g_int64_hash, g_int64_equal);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) out = g_string_new (NULL);
  Trend trend = { points, places, changes, names };

  if (!scans || !collect (&trend, store, scans, error))
    return FALSE;
  write_trend (settings, out, &trend);
  return cvi_output_write (settings, out, error);
}

static int
run_trend (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (
      CVI_FOR_TREND, NULL, cvi_command_trend.summary, argv, &error);

  if (settings && show_trend (settings, &error))
    return CVI_EXIT_OK;
  cvi_say ("trend: %s", error->message);
  return CVI_EXIT_USAGE;
}

const CviCommand cvi_command_trend = {
  .name = "trend",
  .summary = "Show verdicts scan by scan, and what became corrupt",
  .run = run_trend,
};
