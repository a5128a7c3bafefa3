/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* File names as no one should make them, in every format. */
#include <json-glib/json-glib.h>
#include <string.h>

#include "tests/report/fixture.h"

static const char *const names[] = {
  "/new\nline.mkv",
  "/carriage\r\nreturn.mkv",
  "/escape\033[2Jsequence.mkv",
  "/quote\"s and ,commas,.mkv",
  "/latin1-\xe9.mkv",
  "/cut-utf8-\xf0\x9f.mkv",
  "/overlong-\xc0\xaf.mkv",
  "/surrogate-\xed\xa0\x80.mkv",
  "/c1-\xc2\x9b"
  "31m.mkv",
  "/bidi-\xe2\x80\xae"
  "4pm.mkv",
  "/isolate-\xe2\x81\xa7.mkv",
  "/mark-\xe2\x80\x8f\xd8\x9c.mkv",
  "/separator-\xe2\x80\xa8.mkv",
  "/back\\slash.mkv",
  "/tab\there.mkv",
  "=cmd|' /C calc'!A0",
  "+1",
  "-1",
  "@SUM(A1)",
  "\t=1",
  "\r=1",
  "/<script>alert(1)</script>.mkv",
  "/]]>&amp;'\"<!--.mkv",
  "/noncharacter-\xef\xbf\xbf.mkv",
};

/* Nothing that a terminal would obey. @but: allowed nevertheless */
static void
assert_harmless (const char *text, const char *but)
{
  g_assert_true (g_utf8_validate (text, -1, NULL));
  for (const char *p = text; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (c < 0x80 && strchr (but, (int)c))
      continue;
    g_assert_false (g_unichar_iscntrl (c));
    g_assert_true (c < 0x2028 || c > 0x202e);
    g_assert_true (c < 0x2066 || c > 0x2069);
    g_assert_true (c != 0x200e && c != 0x200f && c != 0x061c);
  }
}

static void
test_json (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *text =
        fixture_write_one ("jsonl", fixture_corrupt (names[i]));
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonNode) node = NULL;
    JsonObject *record;

    assert_harmless (text, "\n");
    node = json_from_string (text, &error);
    g_assert_no_error (error);
    record = json_node_get_object (node);
    if (g_utf8_validate (names[i], -1, NULL)) {
      g_assert_cmpstr (
          json_object_get_string_member (record, "path"), ==, names[i]);
      g_assert_false (json_object_has_member (record, "path_bytes"));
    } else {
      gsize len;
      g_autofree guchar *bytes = g_base64_decode (
          json_object_get_string_member (record, "path_bytes"), &len);

      g_assert_cmpmem (bytes, len, names[i], strlen (names[i]));
    }
  }
}

static void
test_text (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *text =
        fixture_write_one ("text", fixture_corrupt (names[i]));
    guint n_lines = 0;

    assert_harmless (text, "\n");
    for (const char *p = text; *p; p++)
      n_lines += *p == '\n';
    /* The file, an empty line, the totals. */
    g_assert_cmpuint (n_lines, ==, 3);
  }
}

/* Splits RFC 4180 text into cells, row after row; NULL ends a row. */
static GPtrArray *
parse_csv (const char *text)
{
  GPtrArray *cells = g_ptr_array_new_with_free_func (g_free);
  const char *p = text;

  while (*p) {
    GString *cell = g_string_new (NULL);
    gboolean quoted = *p == '"';

    p += quoted;
    while (quoted ? !(p[0] == '"' && p[1] != '"')
                  : (*p && *p != ',' && *p != '\r')) {
      g_assert_true (*p);
      p += quoted && *p == '"';
      g_string_append_c (cell, *p++);
    }
    p += quoted;
    g_ptr_array_add (cells, g_string_free (cell, FALSE));
    if (*p == ',') {
      p++;
      continue;
    }
    g_assert_true (g_str_has_prefix (p, "\r\n"));
    p += 2;
    g_ptr_array_add (cells, NULL);
  }
  return cells;
}

static guint
row_length (GPtrArray *cells, guint from)
{
  guint n = 0;

  while (g_ptr_array_index (cells, from + n))
    n++;
  return n;
}

static void
test_csv (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *text =
        fixture_write_one ("csv", fixture_corrupt (names[i]));
    g_autoptr (GPtrArray) cells = parse_csv (text);
    guint columns = row_length (cells, 0);
    gboolean formula = strchr ("=+-@\t\r", names[i][0]) != NULL;
    const char *path = g_ptr_array_index (cells, columns + 1);
    const char *base64 = g_ptr_array_index (cells, columns + 2);

    assert_harmless (text, "\t\r\n");
    g_assert_cmpint (path[0] == '\'', ==, formula);
    path += formula;
    if (*base64 == '\0') {
      g_assert_cmpstr (path, ==, names[i]);
    } else {
      gsize len;
      g_autofree guchar *bytes = g_base64_decode (base64, &len);

      g_assert_nonnull (strstr (path, "\xef\xbf\xbd"));
      g_assert_cmpmem (bytes, len, names[i], strlen (names[i]));
    }
    g_assert_cmpuint (row_length (cells, columns + 1), ==, columns);
    g_assert_cmpuint (cells->len, ==, 2 * (columns + 1));
  }
}

/* Where a name could be taken for markup. */
static const char *const markup[] = { "junit", "html", "sarif", "yaml", NULL };

static void
test_markup (gconstpointer user_data)
{
  const char *writer = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *text =
        fixture_write_one (writer, fixture_corrupt (names[i]));

    assert_harmless (text, "\t\r\n");
    if (g_str_equal (writer, "junit") || g_str_equal (writer, "html"))
      g_assert_null (strstr (text, "alert(1)<"));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/report/hostile/json", test_json);
  g_test_add_func ("/report/hostile/text", test_text);
  g_test_add_func ("/report/hostile/csv", test_csv);
  for (guint i = 0; markup[i]; i++) {
    g_autofree char *path =
        g_strconcat ("/report/hostile/markup/", markup[i], NULL);

    g_test_add_data_func (path, markup[i], test_markup);
  }
  return g_test_run ();
}
