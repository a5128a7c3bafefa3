/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-json-out.h"

#include <string.h>

#include "tools/report/cvi-display.h"

void
cvi_json_add_bytes (JsonBuilder *json, const char *name, const char *value)
{
  cvi_json_add_string (json, name, value);
  if (!g_utf8_validate (value, -1, NULL)) {
    g_autofree char *member = g_strconcat (name, "_bytes", NULL);
    g_autofree char *bytes =
        g_base64_encode ((const guchar *)value, strlen (value));

    cvi_json_add_string (json, member, bytes);
  }
}

void
cvi_json_add_time (JsonBuilder *json, const char *name, gint64 unix_s)
{
  g_autofree char *text = unix_s != 0 ? cvi_display_utc (unix_s) : NULL;

  cvi_json_add_string (json, name, text);
}

void
cvi_json_add_verdicts (
    JsonBuilder *json, const char *name, const guint64 *counts)
{
  json_builder_set_member_name (json, name);
  json_builder_begin_object (json);
  for (guint i = 0; i < CVI_N_VERDICTS; i++)
    cvi_json_add_uint (json, cvi_verdict_to_string (i), counts[i]);
  json_builder_end_object (json);
}

void
cvi_json_append_line (GString *out, JsonBuilder *json)
{
  g_autoptr (JsonNode) root = json_builder_get_root (json);

  cvi_json_append (out, root);
  g_string_append_c (out, '\n');
}
