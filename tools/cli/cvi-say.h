/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One line on stderr, "cvi-gst: ..."; whatever is in it is made safe for a
 * terminal. */
void cvi_say (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* @func is called before each message from now on, to make room for it; NULL:
 * nothing is. */
void cvi_say_set_before (void (*func) (gpointer user_data), gpointer user_data);

/* Writes out what stdio holds for stdout. Returns: CVI_EXIT_OK, or
 * CVI_EXIT_USAGE with a message where not all of it could be written */
int cvi_close_stdout (void) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
