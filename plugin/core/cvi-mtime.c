/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-mtime.h"

#define SECOND G_GINT64_CONSTANT (1000000000)

gint64
cvi_mtime_ns (const struct stat *status)
{
  gint64 ns;

  if (__builtin_mul_overflow ((gint64)status->st_mtim.tv_sec, SECOND, &ns) ||
      __builtin_add_overflow (ns, (gint64)status->st_mtim.tv_nsec, &ns))
    return status->st_mtim.tv_sec < 0 ? G_MININT64 : G_MAXINT64;
  return ns;
}
