/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-fit.h"

static guint
char_columns (gunichar c)
{
  if (g_unichar_iszerowidth (c))
    return 0;
  return g_unichar_iswide (c) ? 2 : 1;
}

guint
cvi_count_columns (const char *text)
{
  guint columns = 0;

  g_return_val_if_fail (text, 0);

  for (const char *p = text; *p; p = g_utf8_next_char (p))
    columns += char_columns (g_utf8_get_char (p));
  return columns;
}

char *
cvi_fit_columns (const char *text, guint columns)
{
  const char *p;
  guint used = 0;

  g_return_val_if_fail (text, NULL);

  for (p = text; *p; p = g_utf8_next_char (p)) {
    used += char_columns (g_utf8_get_char (p));
    if (used > columns)
      break;
  }
  return g_strndup (text, (gsize)(p - text));
}
