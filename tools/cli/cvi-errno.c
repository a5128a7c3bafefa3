/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-errno.h"

#include "tools/report/cvi-display.h"

gboolean
cvi_set_errno (GError **error, int errnum, const char *path, const char *doing)
{
  g_autofree char *name = cvi_display_name (path);

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errnum),
      "%s: %s: %s", name, doing, g_strerror (errnum));
  return FALSE;
}
