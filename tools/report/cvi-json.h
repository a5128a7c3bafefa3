/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Members of the object that @json is in. */

/* @value: (nullable): of any bytes; what is not UTF-8 becomes U+FFFD */
void cvi_json_add_string (
    JsonBuilder *json, const char *name, const char *value);
/* CVI_NONE, and what a JSON reader's 64-bit integer cannot hold, is null. */
void cvi_json_add_uint (JsonBuilder *json, const char *name, guint64 value);
void cvi_json_add_int (JsonBuilder *json, const char *name, gint64 value);
/* What is no number is null. */
void cvi_json_add_double (JsonBuilder *json, const char *name, double value);
void cvi_json_add_bool (JsonBuilder *json, const char *name, gboolean value);

/* Appends @node in one line, without a line end, with what
 * cvi_display_is_unsafe() escaped. */
void cvi_json_append (GString *out, JsonNode *node);

G_END_DECLS
