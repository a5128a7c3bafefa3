/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-when.h"

/* 2026-03-31T12:00:00Z, a Tuesday. */
#define NOW G_GINT64_CONSTANT (1774958400)
#define DAY 86400

static void
assert_when (const char *text, gboolean at_end, gint64 expected)
{
  gint64 when = -1;

  g_test_message ("%s", text);
  g_assert_true (cvi_parse_when (text, NOW, at_end, &when));
  g_assert_cmpint (when, ==, expected);
}

static void
test_words (void)
{
  assert_when ("now", FALSE, NOW);
  assert_when ("today", FALSE, NOW - DAY / 2);
  assert_when ("Today", TRUE, NOW + DAY / 2);
  assert_when ("yesterday", FALSE, NOW - 3 * DAY / 2);
  assert_when (" yesterday ", TRUE, NOW - DAY / 2);
  assert_when ("7 days ago", FALSE, NOW - 7 * DAY);
  assert_when ("7 days ago", TRUE, NOW - 7 * DAY);
  assert_when ("1 day", FALSE, NOW - DAY);
  assert_when ("2 weeks", FALSE, NOW - 14 * DAY);
  assert_when ("90m", FALSE, NOW - 90 * 60);
  assert_when ("12 hours ago", FALSE, NOW - DAY / 2);
  assert_when ("30 seconds ago", FALSE, NOW - 30);
  /* The end of February, since it has no 31st. */
  assert_when ("1 month ago", FALSE, NOW - 31 * DAY);
  assert_when ("1y", FALSE, NOW - 365 * DAY);
}

static void
test_dates (void)
{
  assert_when ("2026-03-30", FALSE, NOW - 3 * DAY / 2);
  assert_when ("2026-03-30", TRUE, NOW - DAY / 2);
  assert_when ("2026-03-31T12:00:00Z", TRUE, NOW);
  assert_when ("2026-03-31t12:00:00z", FALSE, NOW);
  assert_when ("2026-03-31 12:00:00", FALSE, NOW);
  assert_when ("2026-03-31T14:00:00+02:00", FALSE, NOW);
  assert_when ("2026-03-31T12:00:00.25Z", FALSE, NOW);
}

static void
test_nonsense (void)
{
  static const char *const texts[] = { "", " ", "someday", "7", "days ago",
    "7 dayss", "7 d ago x", "-7 days", "1.5 days", "99999999 days",
    "1000000 years", "100 years ago", "2026-13-01", "2026-02-30", "2026-3-1",
    "1969-12-31", "2026-03-31T25:00:00Z", "2026-03-31T", "ago", "\xff" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    gint64 when;

    g_test_message ("text %u", i);
    g_assert_false (cvi_parse_when (texts[i], NOW, FALSE, &when));
  }
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli/when/words", test_words);
  g_test_add_func ("/cli/when/dates", test_dates);
  g_test_add_func ("/cli/when/nonsense", test_nonsense);
  return g_test_run ();
}
