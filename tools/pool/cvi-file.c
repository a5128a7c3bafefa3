/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-file.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "plugin/core/cvi-mtime.h"

CviRoot *
cvi_root_new (const char *path, const struct stat *status)
{
  CviRoot *root;

  g_return_val_if_fail (path != NULL && status != NULL, NULL);

  root = g_new0 (CviRoot, 1);
  g_atomic_ref_count_init (&root->references);
  root->path = g_strdup (path);
  root->device = status->st_dev;
  root->inode = status->st_ino;
  return root;
}

CviRoot *
cvi_root_ref (CviRoot *root)
{
  g_return_val_if_fail (root != NULL, NULL);

  g_atomic_ref_count_inc (&root->references);
  return root;
}

void
cvi_root_unref (CviRoot *root)
{
  g_return_if_fail (root != NULL);

  if (!g_atomic_ref_count_dec (&root->references))
    return;
  g_free (root->path);
  g_free (root);
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
    file->mtime_ns = cvi_mtime_ns (status);
  }
  return file;
}

void
cvi_file_free (CviFile *file)
{
  if (!file)
    return;
  g_clear_pointer (&file->root, cvi_root_unref);
  g_free (file->path);
  g_free (file->uri);
  g_free (file);
}
