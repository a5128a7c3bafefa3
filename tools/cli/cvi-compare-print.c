/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-compare.h"
#include "tools/report/cvi-display.h"
#include "tools/report/cvi-record-json.h"

#define SECOND 1e9

static guint
count (const CviComparison *comparison, CviDifferenceKind kind)
{
  return cvi_compare_count (comparison->differences, kind);
}

static void
append_file (GString *out, const char *name, const CviResult *result)
{
  g_autofree char *path = cvi_display_name (result->path);

  g_string_append_printf (
      out, "%s  %-11s ", name, cvi_verdict_to_string (result->verdict));
  if (result->duration_ns != CVI_NONE) {
    cvi_display_append_time (out, result->duration_ns);
    g_string_append (out, "  ");
  }
  g_string_append_printf (out, "%s\n", path);
}

char *
cvi_comparison_to_text (const CviComparison *comparison)
{
  GString *out = g_string_new (NULL);
  guint n_lost = count (comparison, CVI_DIFFERENCE_LOST);
  guint n_unchecked = count (comparison, CVI_DIFFERENCE_UNCHECKED);

  append_file (out, "A", comparison->a);
  append_file (out, "B", comparison->b);
  for (guint kind = 0; kind < CVI_N_DIFFERENCES; kind++) {
    for (guint i = 0; i < comparison->differences->len; i++) {
      const CviDifference *difference =
          g_ptr_array_index (comparison->differences, i);

      if (difference->kind != kind)
        continue;
      g_string_append_printf (out, "%-10s %-9s %s%s%s\n",
          cvi_difference_kind_to_string (difference->kind), difference->what,
          difference->stream ? difference->stream : "",
          difference->stream ? ": " : "", difference->message);
    }
  }
  if (n_lost > 0)
    g_string_append (out, "B cannot replace A\n");
  else if (n_unchecked > 0)
    g_string_append (out, "Not all could be checked: keep A\n");
  else
    g_string_append (out, "B can replace A\n");
  return g_string_free (out, FALSE);
}

static void
add_time (JsonBuilder *json, const char *name, guint64 ns)
{
  json_builder_set_member_name (json, name);
  if (ns <= G_MAXINT64)
    json_builder_add_int_value (json, (gint64)ns);
  else
    json_builder_add_null_value (json);
}

static void
add_text (JsonBuilder *json, const char *name, const char *text)
{
  json_builder_set_member_name (json, name);
  if (text)
    json_builder_add_string_value (json, text);
  else
    json_builder_add_null_value (json);
}

static void
add_times (JsonBuilder *json, const char *name, const CviResult *result)
{
  json_builder_set_member_name (json, name);
  json_builder_begin_array (json);
  for (guint i = 0; i < result->streams->len; i++) {
    const CviStream *stream = g_ptr_array_index (result->streams, i);

    json_builder_begin_object (json);
    add_text (json, "stream", stream->id);
    add_time (json, "start_ns", stream->start_ns);
    add_time (json, "end_ns", stream->end_ns);
    add_time (json, "frame_ns", stream->frame_ns);
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
}

static void
add_differences (JsonBuilder *json, GPtrArray *differences)
{
  json_builder_set_member_name (json, "differences");
  json_builder_begin_array (json);
  for (guint i = 0; i < differences->len; i++) {
    const CviDifference *difference = g_ptr_array_index (differences, i);

    json_builder_begin_object (json);
    add_text (json, "kind", cvi_difference_kind_to_string (difference->kind));
    add_text (json, "what", difference->what);
    add_text (json, "stream", difference->stream);
    add_text (json, "message", difference->message);
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
}

char *
cvi_comparison_to_json (const CviComparison *comparison)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;
  GString *out;

  json_builder_begin_object (json);
  json_builder_set_member_name (json, "replaces");
  json_builder_add_boolean_value (
      json, count (comparison, CVI_DIFFERENCE_LOST) == 0 &&
                count (comparison, CVI_DIFFERENCE_UNCHECKED) == 0);
  json_builder_set_member_name (json, "tolerance_s");
  json_builder_add_double_value (
      json, (double)comparison->limits.length_ns / SECOND);
  json_builder_set_member_name (json, "sync_tolerance_s");
  json_builder_add_double_value (
      json, (double)comparison->limits.sync_ns / SECOND);
  add_differences (json, comparison->differences);
  add_times (json, "a_times", comparison->a);
  add_times (json, "b_times", comparison->b);
  json_builder_set_member_name (json, "a");
  json_builder_add_value (json, cvi_record_to_json (comparison->a));
  json_builder_set_member_name (json, "b");
  json_builder_add_value (json, cvi_record_to_json (comparison->b));
  json_builder_end_object (json);
  root = json_builder_get_root (json);
  text = json_to_string (root, FALSE);
  out = g_string_new (text);
  cvi_display_escape_json (out);
  g_string_append_c (out, '\n');
  return g_string_free (out, FALSE);
}
