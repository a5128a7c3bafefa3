/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * cvi_display_name:
 * @name: bytes of the file system
 *
 * Makes a file name safe to print in one line on a terminal: control
 * characters, bytes that are not UTF-8, line separators and characters that
 * turn the direction of writing become backslash escapes, as does a backslash.
 * Returns: (transfer full): valid UTF-8
 */
char *cvi_display_name (const char *name);

/* Appends a time of ns as HH:MM:SS.mmm (hours as wide as they need). */
void cvi_display_append_time (GString *out, guint64 ns);

/* Appends a size with a decimal unit: "512 B", "1.5 MB". */
void cvi_display_append_size (GString *out, guint64 bytes);

/* Returns: (transfer full): Unix seconds as RFC 3339 in UTC; NULL for a time
 * outside the years 1-9999 */
char *cvi_display_utc (gint64 unix_s);

/* Is @c one that would change how the rest of a line is shown: a control
 * character, a separator of lines, a mark of direction? */
gboolean cvi_display_is_unsafe (gunichar c);

/**
 * cvi_display_escape_json:
 * @json: text of a JSON value, valid UTF-8
 *
 * Writes what cvi_display_is_unsafe() as \u escapes, which JSON readers take
 * for the same. (json-glib does so with the controls of ASCII only.)
 */
void cvi_display_escape_json (GString *json);

G_END_DECLS
