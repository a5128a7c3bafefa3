/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-blame.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/pool/cvi-file.h"
#include "tools/pool/cvi-pool.h"

/* File systems that a scan reads from are few; more are not remembered. */
#define MAX_DEVICES 256

struct _CviBlame {
  CviBlameDeliver deliver;
  gpointer user_data;
  GPtrArray *dead;     /* of CviResult: their workers died, in a row */
  GPtrArray *failed;   /* of CviResult: the storage failed them, in a row */
  guint64 device;      /* that @failed are on */
  GHashTable *devices; /* set of guint64: a file there could be read */
};

CviBlame *
cvi_blame_new (CviBlameDeliver deliver, gpointer user_data)
{
  CviBlame *blame;

  g_return_val_if_fail (deliver != NULL, NULL);

  blame = g_new0 (CviBlame, 1);
  blame->deliver = deliver;
  blame->user_data = user_data;
  blame->dead =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_result_free);
  blame->failed =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_result_free);
  blame->devices =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return blame;
}

void
cvi_blame_free (CviBlame *blame)
{
  if (!blame)
    return;
  g_ptr_array_unref (blame->dead);
  g_ptr_array_unref (blame->failed);
  g_hash_table_unref (blame->devices);
  g_free (blame);
}

static void
release (CviBlame *blame, GPtrArray *held)
{
  while (held->len > 0)
    blame->deliver (g_ptr_array_steal_index (held, 0), blame->user_data);
}

void
cvi_blame_settle (CviBlame *blame)
{
  g_return_if_fail (blame != NULL);

  release (blame, blame->dead);
  release (blame, blame->failed);
}

static gboolean
take_death (CviBlame *blame, CviResult *result, GError **error)
{
  const CviFinding *last;

  g_ptr_array_add (blame->dead, result);
  if (blame->dead->len < CVI_BLAME_MAX_DEATHS)
    return TRUE;
  last = g_ptr_array_index (result->findings, result->findings->len - 1);
  g_set_error (error, CVI_POOL_ERROR, CVI_POOL_ERROR_MACHINE,
      "workers died on %u files in a row, the last time on %s (%s): the fault "
      "is this machine's or its GStreamer's, not the files', which are left "
      "unchecked",
      blame->dead->len, result->path, last->message);
  g_ptr_array_set_size (blame->dead, 0);
  return FALSE;
}

/* Is the folder still the one that was walked? A place where something was
 * mounted is another folder when the mount has gone. */
static char *
describe_lost_root (const CviRoot *root)
{
  struct stat status;
  DIR *dir;

  if (stat (root->path, &status) < 0)
    return g_strdup_printf ("%s: %s", root->path, g_strerror (errno));
  if (status.st_dev != root->device || status.st_ino != root->inode)
    return g_strdup_printf (
        "%s is another folder than it was: its mount has gone", root->path);
  dir = opendir (root->path);
  if (!dir && errno != EMFILE && errno != ENFILE)
    return g_strdup_printf ("%s: %s", root->path, g_strerror (errno));
  errno = 0;
  if (dir && !readdir (dir) && errno) {
    int problem = errno;

    closedir (dir);
    return g_strdup_printf ("%s: %s", root->path, g_strerror (problem));
  }
  if (dir)
    closedir (dir);
  return NULL;
}

/* The same by the file's own folder, or the nearest above it that is there:
 * something may be mounted below the root. */
static char *
describe_lost_mount (const CviFile *file)
{
  g_autofree char *folder = g_path_get_dirname (file->path);
  struct stat status;

  while (stat (folder, &status) < 0) {
    g_autofree char *below = g_steal_pointer (&folder);

    if (errno != ENOENT && errno != ENOTDIR)
      return g_strdup_printf ("%s: %s", below, g_strerror (errno));
    folder = g_path_get_dirname (below);
    if (strcmp (folder, below) == 0)
      return NULL;
  }
  if (status.st_dev == file->device)
    return NULL;
  return g_strdup_printf (
      "%s is on another file system than it was: its mount has gone", folder);
}

/* Returns: (transfer full) (nullable): what happened to the storage of @file,
 * which could not be read */
static char *
describe_loss (const CviFile *file)
{
  char *loss = file->root ? describe_lost_root (file->root) : NULL;

  if (!loss && file->device)
    loss = describe_lost_mount (file);
  return loss;
}

static gboolean
set_lost (GError **error, const CviFile *file, const char *what)
{
  g_set_error (error, CVI_POOL_ERROR, CVI_POOL_ERROR_STORAGE,
      "the storage has gone while it was read, at %s (%s): what is left of it "
      "is unchecked; give the same command again when it is back",
      file->path, what);
  return FALSE;
}

/* @result: of a file that could not be read. */
static gboolean
take_failure (
    CviBlame *blame, const CviFile *file, CviResult *result, GError **error)
{
  g_autofree char *loss = describe_loss (file);
  const CviFinding *failure = cvi_result_find (result, CVI_RULE_IO_ERROR);

  if (loss) {
    cvi_result_free (result);
    g_ptr_array_set_size (blame->failed, 0);
    return set_lost (error, file, loss);
  }
  /* Files can be removed one by one and be refused one by one, and what could
   * never be read has not gone. */
  if (!failure || !g_hash_table_contains (blame->devices, &file->device)) {
    blame->deliver (result, blame->user_data);
    return TRUE;
  }
  if (file->device != blame->device)
    release (blame, blame->failed);
  blame->device = file->device;
  g_ptr_array_add (blame->failed, result);
  if (blame->failed->len < CVI_BLAME_MAX_FAILURES)
    return TRUE;
  loss = g_strdup_printf (
      "%u files in a row: %s", blame->failed->len, failure->message);
  g_ptr_array_set_size (blame->failed, 0);
  return set_lost (error, file, loss);
}

gboolean
cvi_blame_take (CviBlame *blame, const CviFile *file, CviResult *result,
    gboolean died, GError **error)
{
  g_return_val_if_fail (blame != NULL && file != NULL, FALSE);
  g_return_val_if_fail (result != NULL, FALSE);

  if (died)
    return take_death (blame, result, error);
  if (result->verdict == CVI_VERDICT_UNREADABLE)
    return take_failure (blame, file, result, error);
  if (file->device && g_hash_table_size (blame->devices) < MAX_DEVICES)
    g_hash_table_add (
        blame->devices, g_memdup2 (&file->device, sizeof file->device));
  cvi_blame_settle (blame);
  blame->deliver (result, blame->user_data);
  return TRUE;
}
