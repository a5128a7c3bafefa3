/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-missing.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct _CviMissing {
  GHashTable *roots; /* names, and what was looked up as their folder */
};

/* The roots in a scan's arguments (cvi-scan-options.c): "root=NAME" lines. */
static void
add_roots (CviMissing *missing, const char *args)
{
  g_auto (GStrv) lines = g_strsplit (args, "\n", -1);

  for (char **line = lines; *line; line++) {
    if (g_str_has_prefix (*line, "root="))
      g_hash_table_add (
          missing->roots, g_strcompress (*line + strlen ("root=")));
  }
}

CviMissing *
cvi_missing_new (GPtrArray *scans)
{
  CviMissing *missing = g_new0 (CviMissing, 1);

  missing->roots =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < scans->len; i++) {
    const CviScanInfo *info = g_ptr_array_index (scans, i);

    add_roots (missing, info->args);
  }
  return missing;
}

void
cvi_missing_free (CviMissing *missing)
{
  if (!missing)
    return;
  g_hash_table_unref (missing->roots);
  g_free (missing);
}

/* Goes up from the folder that @path is in: a root that is the file itself
 * says nothing of a disk. */
static const char *
find_root (CviMissing *missing, const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *parent = g_strdup (folder);

  while (TRUE) {
    gpointer root = NULL;
    char *up;

    if (g_hash_table_lookup_extended (missing->roots, parent, &root, NULL))
      return root;
    up = g_path_get_dirname (parent);
    if (g_str_equal (up, parent)) {
      g_free (up);
      break;
    }
    g_free (parent);
    parent = up;
  }
  g_hash_table_add (missing->roots, g_strdup (folder));
  return g_hash_table_lookup (missing->roots, folder);
}

static gboolean
is_folder (const char *path)
{
  struct stat info;

  return stat (path, &info) == 0 && S_ISDIR (info.st_mode);
}

static gboolean
has_entries (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

  return dir && g_dir_read_name (dir);
}

/* Is the nearest folder above @path that is there one with something in it? */
static gboolean
stands_in_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  while (!is_folder (folder)) {
    char *up = g_path_get_dirname (folder);

    if (errno != ENOENT && errno != ENOTDIR) {
      g_free (up);
      return FALSE;
    }
    g_free (folder);
    folder = up;
  }
  return has_entries (folder);
}

CviMissingState
cvi_missing_look (CviMissing *missing, const char *path, const char **root)
{
  const char *holds;
  struct stat info;

  g_return_val_if_fail (missing && path, CVI_MISSING_AWAY);

  holds = find_root (missing, path);
  if (root)
    *root = holds;
  if (lstat (path, &info) == 0)
    return CVI_MISSING_THERE;
  if (errno != ENOENT && errno != ENOTDIR)
    return CVI_MISSING_AWAY;
  return is_folder (holds) && stands_in_folder (path) ? CVI_MISSING_REMOVED
                                                      : CVI_MISSING_AWAY;
}
