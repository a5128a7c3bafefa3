/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A path of 4096 brackets is a path; far more nesting fits on a stack. */
#define CVI_JSON_MAX_BRACKETS 8192

/**
 * cvi_json_is_shallow:
 * @text: JSON that somebody else may have written; @len bytes
 *
 * JSON-GLib 1.6 calls itself for each level of nesting, and 5 MB of "[" end the
 * process: to be asked before it parses. Counts opening brackets wherever they
 * are, since what is a string is for the parser to tell, which knows comments
 * too.
 * Returns: FALSE if there are more than CVI_JSON_MAX_BRACKETS
 */
gboolean cvi_json_is_shallow (const char *text, gsize len);

G_END_DECLS
