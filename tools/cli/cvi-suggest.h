/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * cvi_edit_distance:
 *
 * Least number of characters (bytes) to put in, take out or change, or pairs of
 * neighbours to swap, that makes @b of @a. Both are cut at 64 bytes.
 */
guint cvi_edit_distance (const char *a, const char *b);

/**
 * cvi_suggest_hint:
 * @word: what the user wrote
 * @prefix: what comes before the names on the command line ("--")
 * @names: (element-type utf8): what there is
 *
 * Returns: (transfer full): "; did you mean NAME?", or "" if nothing is near:
 * a third of the word may be wrong, or its end be missing
 */
char *cvi_suggest_hint (const char *word, const char *prefix, GPtrArray *names);

G_END_DECLS
