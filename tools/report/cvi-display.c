/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/report/cvi-display.h"

#include <string.h>

gboolean
cvi_display_is_unsafe (gunichar c)
{
  switch (g_unichar_type (c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SURROGATE:
      return TRUE;
    default:
      break;
  }
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
         c == 0x200e || c == 0x200f || c == 0x061c;
}

static void
append_char (GString *out, gunichar c)
{
  if (c == '\\')
    g_string_append (out, "\\\\");
  else if (c == '\n')
    g_string_append (out, "\\n");
  else if (c == '\t')
    g_string_append (out, "\\t");
  else if (c == '\r')
    g_string_append (out, "\\r");
  else if (!cvi_display_is_unsafe (c))
    g_string_append_unichar (out, c);
  else if (c < 0x80)
    g_string_append_printf (out, "\\x%02x", (guint)c);
  else
    g_string_append_printf (out, "\\u%04x", (guint)c);
}

char *
cvi_display_name (const char *name)
{
  GString *out;
  const char *p = name;

  g_return_val_if_fail (name, NULL);

  out = g_string_sized_new (strlen (name));
  while (*p) {
    gunichar c = g_utf8_get_char_validated (p, -1);

    if (c == (gunichar)-1 || c == (gunichar)-2) {
      g_string_append_printf (out, "\\x%02x", (guint)(guchar)*p);
      p++;
    } else {
      append_char (out, c);
      p = g_utf8_next_char (p);
    }
  }
  return g_string_free (out, FALSE);
}

void
cvi_display_escape_json (GString *json)
{
  const char *p, *done;
  GString *out = NULL;

  g_return_if_fail (json);

  /* Outside of strings JSON is ASCII, with line feeds between its parts; most
   * records are ASCII altogether. */
  for (p = done = json->str; *p; p = g_utf8_next_char (p)) {
    gunichar c;

    if ((guchar)*p < 0x7f)
      continue;
    c = g_utf8_get_char (p);
    if (!cvi_display_is_unsafe (c))
      continue;
    if (!out)
      out = g_string_sized_new (json->len + 16);
    g_string_append_len (out, done, p - done);
    g_string_append_printf (out, "\\u%04x", (guint)c);
    done = g_utf8_next_char (p);
  }
  if (!out)
    return;
  g_string_append_len (out, done, p - done);
  g_string_assign (json, out->str);
  g_string_free (out, TRUE);
}

void
cvi_display_append_time (GString *out, guint64 ns)
{
  guint64 ms = ns / 1000000;

  g_return_if_fail (out);

  g_string_append_printf (out, "%02" G_GUINT64_FORMAT ":%02u:%02u.%03u",
      ms / 3600000, (guint)(ms / 60000 % 60), (guint)(ms / 1000 % 60),
      (guint)(ms % 1000));
}

void
cvi_display_append_size (GString *out, guint64 bytes)
{
  static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
  double value = (double)bytes / 1000;
  guint unit = 0;

  g_return_if_fail (out);

  if (bytes < 1000) {
    g_string_append_printf (out, "%u B", (guint)bytes);
    return;
  }
  while (value >= 999.95 && unit + 1 < G_N_ELEMENTS (units)) {
    value /= 1000;
    unit++;
  }
  g_string_append_printf (out, "%.1f %s", value, units[unit]);
}

char *
cvi_display_utc (gint64 unix_s)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (unix_s);

  return time ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}
