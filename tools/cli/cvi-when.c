/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-when.h"

#include <string.h>

/* More of any unit than there are seconds in 9999 years make no sense. */
#define MAX_NUMBER 1000000

typedef GDateTime *(*AddFunc) (GDateTime *time, gint n);

static GDateTime *
add_seconds (GDateTime *time, gint n)
{
  return g_date_time_add_seconds (time, n);
}

static const struct {
  const char *name;  /* one of it */
  const char *brief; /* as in "7d" */
  AddFunc add;
} units[] = {
  { "second", "s", add_seconds },
  { "minute", "m", g_date_time_add_minutes },
  { "hour", "h", g_date_time_add_hours },
  { "day", "d", g_date_time_add_days },
  { "week", "w", g_date_time_add_weeks },
  { "month", NULL, g_date_time_add_months },
  { "year", "y", g_date_time_add_years },
};

/* Does @word name unit @i: "day", "days", "d"? */
static gboolean
is_unit (const char *word, guint i)
{
  gsize len = strlen (units[i].name);

  if (units[i].brief && g_str_equal (word, units[i].brief))
    return TRUE;
  return g_str_has_prefix (word, units[i].name) &&
         (!word[len] || g_str_equal (word + len, "s"));
}

/* "7 days ago", "2 weeks", "12h". Returns: (transfer full) (nullable) */
static GDateTime *
parse_ago (const char *text, GDateTime *now)
{
  gsize n_digits = strspn (text, "0123456789");
  g_autofree char *number = g_strndup (text, n_digits);
  g_autofree char *rest = g_strdup (text + n_digits);
  guint64 n;

  if (!g_ascii_string_to_unsigned (number, 10, 0, MAX_NUMBER, &n, NULL))
    return NULL;
  g_strstrip (rest);
  if (g_str_has_suffix (rest, " ago"))
    rest[strlen (rest) - strlen (" ago")] = '\0';
  g_strstrip (rest);
  for (guint i = 0; i < G_N_ELEMENTS (units); i++) {
    if (is_unit (rest, i))
      return units[i].add (now, -(gint)n);
  }
  return NULL;
}

/* Local midnight that begins the day @days after that of @time. */
static GDateTime *
midnight (GDateTime *time, gint days)
{
  g_autoptr (GDateTime) day = g_date_time_add_days (time, days);

  return day ? g_date_time_new_local (g_date_time_get_year (day),
                   g_date_time_get_month (day),
                   g_date_time_get_day_of_month (day), 0, 0, 0)
             : NULL;
}

/* "today", "yesterday", "2026-03-01". */
static GDateTime *
parse_day (const char *text, GDateTime *now, gboolean at_end)
{
  g_autoptr (GTimeZone) local = g_time_zone_new_local ();
  g_autofree char *full = NULL;
  g_autoptr (GDateTime) day = NULL;

  if (g_str_equal (text, "today"))
    return midnight (now, at_end);
  if (g_str_equal (text, "yesterday"))
    return midnight (now, at_end ? 0 : -1);
  if (strlen (text) != strlen ("2026-03-01"))
    return NULL;
  full = g_strconcat (text, "T12:00:00", NULL);
  day = g_date_time_new_from_iso8601 (full, local);
  return day ? midnight (day, at_end) : NULL;
}

gboolean
cvi_parse_when (const char *text, gint64 now, gboolean at_end, gint64 *when)
{
  g_autofree char *lower = NULL;
  g_autoptr (GTimeZone) local = NULL;
  g_autoptr (GDateTime) present = NULL;
  g_autoptr (GDateTime) time = NULL;

  g_return_val_if_fail (text && when, FALSE);

  lower = g_strstrip (g_ascii_strdown (text, -1));
  local = g_time_zone_new_local ();
  present = g_date_time_new_from_unix_local (now);
  if (!present)
    return FALSE;
  if (g_str_equal (lower, "now"))
    time = g_date_time_ref (present);
  if (!time)
    time = parse_day (lower, present, at_end);
  if (!time)
    time = parse_ago (lower, present);
  if (!time) {
    /* RFC 3339 has a capital T and Z, and allows a space for the T. */
    g_autofree char *upper = g_ascii_strup (lower, -1);

    if (strlen (upper) > 10 && upper[10] == ' ')
      upper[10] = 'T';
    time = g_date_time_new_from_iso8601 (upper, local);
  }
  if (!time || g_date_time_to_unix (time) < 0)
    return FALSE;
  *when = g_date_time_to_unix (time);
  return TRUE;
}
