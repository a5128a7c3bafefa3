/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-file.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* File systems keep years that do not fit. */
static gint64
mtime_ns (const struct stat *status)
{
  gint64 ns;

  if (__builtin_mul_overflow ((gint64)status->st_mtim.tv_sec,
          G_GINT64_CONSTANT (1000000000), &ns) ||
      __builtin_add_overflow (ns, (gint64)status->st_mtim.tv_nsec, &ns))
    return status->st_mtim.tv_sec < 0 ? G_MININT64 : G_MAXINT64;
  return ns;
}

CviFile *
cvi_file_new (char *path, const struct stat *status, int problem)
{
  CviFile *file;

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (status != NULL || problem != 0, NULL);

  file = g_new0 (CviFile, 1);
  file->path = path;
  file->problem = problem;
  if (!problem && strlen (path) >= PATH_MAX)
    file->problem = ENAMETOOLONG;
  if (!file->problem) {
    file->size = (guint64)MAX (status->st_size, 0);
    file->mtime_ns = mtime_ns (status);
  }
  return file;
}

void
cvi_file_free (CviFile *file)
{
  if (!file)
    return;
  g_free (file->path);
  g_free (file->root);
  g_free (file);
}
