/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * cvi_fit_columns:
 * @text: valid UTF-8 without control characters
 * @columns: of a terminal
 *
 * Cuts @text so that it takes at most @columns, counting wide and combining
 * characters as terminals do. Returns: (transfer full)
 */
char *cvi_fit_columns (const char *text, guint columns);

/* Returns: columns of a terminal that @text (valid UTF-8) takes */
guint cvi_count_columns (const char *text);

G_END_DECLS
