/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-json-depth.h"

gboolean
cvi_json_is_shallow (const char *text, gsize len)
{
  guint n_open = 0;

  g_return_val_if_fail (text || len == 0, FALSE);

  for (gsize i = 0; i < len && n_open <= CVI_JSON_MAX_BRACKETS; i++)
    n_open += text[i] == '[' || text[i] == '{';
  return n_open <= CVI_JSON_MAX_BRACKETS;
}
