/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * cvi_parse_when:
 * @text: RFC 3339 ("2026-03-01T12:00:00Z"; without a zone it is local time), a
 *   date ("2026-03-01"), "now", "today", "yesterday", "7 days ago", "2 weeks"
 *   or an age as elsewhere ("12h", "30d")
 * @now: Unix seconds
 * @at_end: of a whole day ("yesterday", a date) take the end, which is the
 *   begin of the next
 * @when: (out): Unix seconds, never before 1970
 *
 * Days, weeks, months and years count by the calendar, in local time.
 * Returns: FALSE if @text is none of these, or out of the years 1970-9999
 */
gboolean cvi_parse_when (
    const char *text, gint64 now, gboolean at_end, gint64 *when);

G_END_DECLS
