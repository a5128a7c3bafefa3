/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-mtime.h"

static void
test_mtime (void)
{
  static const struct {
    time_t seconds;
    long ns;
    gint64 expected;
  } cases[] = {
    { 0, 0, 0 },
    { 1, 5, G_GINT64_CONSTANT (1000000005) },
    { -1, 999999999, -1 },
    { G_GINT64_CONSTANT (9223372036), 854775807, G_MAXINT64 },
    { G_GINT64_CONSTANT (9223372036), 854775808, G_MAXINT64 },
    { G_GINT64_CONSTANT (9223372037), 0, G_MAXINT64 },
    { G_MAXINT64, 999999999, G_MAXINT64 },
    { G_MININT64, 0, G_MININT64 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    struct stat status = { 0 };

    status.st_mtim.tv_sec = cases[i].seconds;
    status.st_mtim.tv_nsec = cases[i].ns;
    g_assert_cmpint (cvi_mtime_ns (&status), ==, cases[i].expected);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mtime/ns", test_mtime);
  return g_test_run ();
}
