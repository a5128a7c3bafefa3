/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/report/cvi-colour.h"

#include <string.h>

#define RESET "\033[0m"

/* ECMA-48 (SGR), 8.3.117: 1 bold, 31-36 colours. */
static const char *const codes[CVI_N_VERDICTS] = {
  [CVI_VERDICT_HEALTHY] = "\033[32m",
  [CVI_VERDICT_SUSPICIOUS] = "\033[33m",
  [CVI_VERDICT_CORRUPT] = "\033[1;31m",
  [CVI_VERDICT_INCOMPLETE] = "\033[35m",
  [CVI_VERDICT_UNREADABLE] = "\033[35m",
  [CVI_VERDICT_UNSUPPORTED] = "\033[36m",
  [CVI_VERDICT_SKIPPED] = "\033[2m",
};

void
cvi_colour_verdict (GString *line, gsize begin, CviVerdict verdict)
{
  const char *name;

  g_return_if_fail (line && begin <= line->len);
  g_return_if_fail (verdict < CVI_N_VERDICTS);

  name = cvi_verdict_to_string (verdict);
  if (!g_str_has_prefix (line->str + begin, name))
    return;
  g_string_insert (line, (gssize)(begin + strlen (name)), RESET);
  g_string_insert (line, (gssize)begin, codes[verdict]);
}
