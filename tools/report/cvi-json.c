/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/report/cvi-json.h"

#include <math.h>

#include "tools/report/cvi-display.h"

void
cvi_json_add_string (JsonBuilder *json, const char *name, const char *value)
{
  g_autofree char *text = value ? g_utf8_make_valid (value, -1) : NULL;

  json_builder_set_member_name (json, name);
  if (text)
    json_builder_add_string_value (json, text);
  else
    json_builder_add_null_value (json);
}

void
cvi_json_add_uint (JsonBuilder *json, const char *name, guint64 value)
{
  json_builder_set_member_name (json, name);
  if (value <= G_MAXINT64)
    json_builder_add_int_value (json, (gint64)value);
  else
    json_builder_add_null_value (json);
}

void
cvi_json_add_int (JsonBuilder *json, const char *name, gint64 value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_int_value (json, value);
}

void
cvi_json_add_double (JsonBuilder *json, const char *name, double value)
{
  json_builder_set_member_name (json, name);
  if (isfinite (value))
    json_builder_add_double_value (json, value);
  else
    json_builder_add_null_value (json);
}

void
cvi_json_add_bool (JsonBuilder *json, const char *name, gboolean value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_boolean_value (json, value);
}

void
cvi_json_append (GString *out, JsonNode *node)
{
  g_autofree char *text = NULL;
  g_autoptr (GString) safe = NULL;

  g_return_if_fail (out);
  g_return_if_fail (node);

  text = json_to_string (node, FALSE);
  safe = g_string_new (text);
  cvi_display_escape_json (safe);
  g_string_append_len (out, safe->str, (gssize)safe->len);
}
