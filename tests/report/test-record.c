/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* JSON records, read back by json-glib. */
#include <json-glib/json-glib.h>
#include <string.h>

#include "tests/report/fixture.h"

static JsonNode *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonNode *node = json_from_string (text, &error);

  g_assert_no_error (error);
  g_assert_nonnull (node);
  return node;
}

static void
test_fields (void)
{
  g_autofree char *text =
      fixture_write_one ("jsonl", fixture_corrupt ("/a b.mkv"));
  g_autoptr (JsonNode) node = parse (text);
  JsonObject *record = json_node_get_object (node);
  static const char *const names[] = { "path", "verdict", "confidence",
    "damage", "mode", "container", "size", "mtime_ns", "duration_ns", "streams",
    "findings", "elapsed_s", "cpu_s", "peak_rss_bytes", "tool_version",
    "rules_version", "scanned_at" };

  g_assert_cmpuint (json_object_get_size (record), ==, G_N_ELEMENTS (names));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_true (json_object_has_member (record, names[i]));
  g_assert_cmpstr (
      json_object_get_string_member (record, "path"), ==, "/a b.mkv");
  g_assert_cmpstr (
      json_object_get_string_member (record, "verdict"), ==, "corrupt");
  g_assert_cmpfloat (
      json_object_get_double_member (record, "confidence"), ==, 0.75);
  g_assert_cmpint (json_object_get_int_member (record, "mtime_ns"), ==,
      G_GINT64_CONSTANT (1700000000123456789));
  g_assert_cmpstr (json_object_get_string_member (record, "scanned_at"), ==,
      "2023-11-14T22:15:00Z");
}

static void
test_lists (void)
{
  g_autofree char *text =
      fixture_write_one ("jsonl", fixture_corrupt ("/a.mkv"));
  g_autoptr (JsonNode) node = parse (text);
  JsonObject *record = json_node_get_object (node);
  JsonArray *streams = json_object_get_array_member (record, "streams");
  JsonArray *findings = json_object_get_array_member (record, "findings");
  JsonObject *audio;
  JsonObject *error;

  g_assert_cmpuint (json_array_get_length (streams), ==, 2);
  audio = json_array_get_object_element (streams, 1);
  g_assert_cmpstr (json_object_get_string_member (audio, "id"), ==, "audio/0");
  g_assert_true (json_object_get_null_member (audio, "duration_ns"));
  g_assert_true (json_object_get_null_member (audio, "decoder"));
  g_assert_false (json_object_get_boolean_member (audio, "checked"));
  g_assert_cmpuint (json_array_get_length (findings), ==, 3);
  error = json_array_get_object_element (findings, 1);
  g_assert_cmpstr (
      json_object_get_string_member (error, "rule"), ==, "decode::error");
  g_assert_cmpstr (json_object_get_string_member (error, "message"), ==,
      "bad \"macroblock\", at 3 4");
  g_assert_cmpint (json_object_get_int_member (error, "count"), ==, 12);
  g_assert_true (json_object_get_null_member (error, "end_ns"));
  g_assert_true (json_object_get_null_member (error, "offset"));
}

static void
test_skipped (void)
{
  g_autofree char *text =
      fixture_write_one ("jsonl", fixture_skipped ("/a.mkv"));
  g_autoptr (JsonNode) node = parse (text);
  JsonObject *record = json_node_get_object (node);

  g_assert_cmpstr (
      json_object_get_string_member (record, "verdict"), ==, "skipped");
  g_assert_cmpstr (json_object_get_string_member (record, "previous_verdict"),
      ==, "corrupt");
}

static void
test_unknown_values (void)
{
  CviResult *result = fixture_unreadable ("/a.mkv");
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonObject *record;

  /* More than 64 signed bits hold, and no number at all. */
  result->peak_rss_bytes = G_GUINT64_CONSTANT (1) << 63;
  result->cpu_s = 0.0 / 0.0;
  text = fixture_write_one ("jsonl", result);
  node = parse (text);
  record = json_node_get_object (node);
  g_assert_true (json_object_get_null_member (record, "container"));
  g_assert_true (json_object_get_null_member (record, "duration_ns"));
  g_assert_true (json_object_get_null_member (record, "peak_rss_bytes"));
  g_assert_true (json_object_get_null_member (record, "cpu_s"));
}

static void
test_array (void)
{
  for (guint n = 0; n < 4; n++) {
    g_autoptr (GPtrArray) results =
        g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_result_free);
    g_autofree char *text = NULL;
    g_autoptr (JsonNode) node = NULL;

    for (guint i = 0; i < n; i++)
      g_ptr_array_add (results, fixture_corrupt ("/a.mkv"));
    text = fixture_write ("json", results, 1);
    node = parse (text);
    g_assert_true (JSON_NODE_HOLDS_ARRAY (node));
    g_assert_cmpuint (
        json_array_get_length (json_node_get_array (node)), ==, n);
  }
}

static void
test_one_line (void)
{
  g_autofree char *text =
      fixture_write_one ("jsonl", fixture_corrupt ("/a\nb\r.mkv"));

  g_assert_true (strchr (text, '\n') == text + strlen (text) - 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/report/record/fields", test_fields);
  g_test_add_func ("/report/record/lists", test_lists);
  g_test_add_func ("/report/record/skipped", test_skipped);
  g_test_add_func ("/report/record/unknown-values", test_unknown_values);
  g_test_add_func ("/report/record/array", test_array);
  g_test_add_func ("/report/record/one-line", test_one_line);
  return g_test_run ();
}
