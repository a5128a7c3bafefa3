/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-write.h"

#include <errno.h>
#include <unistd.h>

gboolean
cvi_write_all (int fd, const void *data, gsize size)
{
  const char *at = data;

  while (size > 0) {
    gssize n = write (fd, at, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return FALSE;
    at += n;
    size -= (gsize)n;
  }
  return TRUE;
}
