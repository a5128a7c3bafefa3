/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/report/cvi-display.h"

static void
test_name (void)
{
  static const struct {
    const char *name;
    const char *shown;
  } rows[] = {
    { "", "" },
    { "plain name.mp4", "plain name.mp4" },
    { "Fünf 日本 🎬.mp4", "Fünf 日本 🎬.mp4" },
    { "a\nb\tc\rd", "a\\nb\\tc\\rd" },
    { "a\\n", "a\\\\n" },
    { "\033[0m\177", "\\x1b[0m\\x7f" },
    { "\xff\xfe", "\\xff\\xfe" },
    { "\xc2\x85", "\\u0085" },
    { "\xe2\x80\xae", "\\u202e" },
    { "\xe6\x97", "\\xe6\\x97" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *shown = cvi_display_name (rows[i].name);

    g_assert_cmpstr (shown, ==, rows[i].shown);
  }
}

static void
test_time (void)
{
  g_autoptr (GString) out = g_string_new (NULL);

  cvi_display_append_time (out, 0);
  g_assert_cmpstr (out->str, ==, "00:00:00.000");
  g_string_truncate (out, 0);
  cvi_display_append_time (out, G_GUINT64_CONSTANT (3723004999999));
  g_assert_cmpstr (out->str, ==, "01:02:03.004");
  g_string_truncate (out, 0);
  cvi_display_append_time (out, G_MAXUINT64);
  g_assert_cmpstr (out->str, ==, "5124095:34:33.709");
}

static void
test_size (void)
{
  static const struct {
    guint64 bytes;
    const char *shown;
  } rows[] = {
    { 0, "0 B" },
    { 999, "999 B" },
    { 1000, "1.0 kB" },
    { 999949, "999.9 kB" },
    { 999950, "1.0 MB" },
    { 1234567890, "1.2 GB" },
    { G_MAXUINT64, "18.4 EB" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GString) out = g_string_new (NULL);

    cvi_display_append_size (out, rows[i].bytes);
    g_assert_cmpstr (out->str, ==, rows[i].shown);
  }
}

static void
test_utc (void)
{
  g_autofree char *epoch = cvi_display_utc (0);
  g_autofree char *early = cvi_display_utc (-1);
  g_autofree char *never = cvi_display_utc (G_MAXINT64);

  g_assert_cmpstr (epoch, ==, "1970-01-01T00:00:00Z");
  g_assert_cmpstr (early, ==, "1969-12-31T23:59:59Z");
  g_assert_null (never);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/report/display/name", test_name);
  g_test_add_func ("/report/display/time", test_time);
  g_test_add_func ("/report/display/size", test_size);
  g_test_add_func ("/report/display/utc", test_utc);
  return g_test_run ();
}
