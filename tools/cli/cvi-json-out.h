/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-verdict.h"
#include "tools/report/cvi-json.h"

G_BEGIN_DECLS

/* Members of the object that is open. */
/* Bytes of the file system; where they are not UTF-8, "@name_bytes" has them in
 * base64. */
void cvi_json_add_bytes (
    JsonBuilder *json, const char *name, const char *value);
/* RFC 3339 in UTC; null for 0. */
void cvi_json_add_time (JsonBuilder *json, const char *name, gint64 unix_s);
/* An object with a number a verdict. */
void cvi_json_add_verdicts (
    JsonBuilder *json, const char *name, const guint64 *counts);
/* Appends what was built, safe for a terminal, and a line end. */
void cvi_json_append_line (GString *out, JsonBuilder *json);

G_END_DECLS
