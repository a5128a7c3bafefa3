/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-move.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "tools/cli/cvi-errno.h"

/* Network and FUSE file systems often cannot refuse to replace a file in a
 * rename, but a second name is refused by all. Returns: 0 or an errno */
static int
rename_to_new (const char *from, const char *to)
{
  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP)
    return errno;
  if (link (from, to) != 0)
    return errno;
  return unlink (from) == 0 ? 0 : errno;
}

static gboolean
sync_folders (const CviMove *move, GError **error)
{
  return cvi_sync_folder_of (move->to, error) &&
         cvi_sync_folder_of (move->from, error);
}

/* Is @from still the file that was looked at? Somebody may have put another in
 * its place while the manifest was written, or for as long as a copy takes. */
static gboolean
is_still_there (const CviMove *move, GError **error)
{
  CviFileFacts now;
  int problem = cvi_file_facts_read (move->from, &now);

  if (problem != 0)
    return cvi_set_errno (error, problem, move->from, "has gone meanwhile");
  if (now.device == move->facts->device && now.inode == move->facts->inode &&
      now.size == move->facts->size)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
      "%s: another file has taken its place meanwhile; scan it", move->from);
  return FALSE;
}

static gboolean
move_by_copy (const CviMove *move, char **sha256, GError **error)
{
  int problem;

  if (!cvi_copy_file (move->from, move->part, move->facts, sha256, error))
    return FALSE;
  problem = rename_to_new (move->part, move->to);
  if (problem != 0)
    return cvi_set_errno (error, problem, move->to, "cannot be created");
  /* Its name must be on the disk before the other one goes. */
  if (!cvi_sync_folder_of (move->to, error))
    return FALSE;
  if (!is_still_there (move, error)) {
    /* What was copied is not wanted any more. */
    unlink (move->to);
    return FALSE;
  }
  if (unlink (move->from) != 0)
    return cvi_set_errno (error, errno, move->from, "cannot be removed");
  return cvi_sync_folder_of (move->from, error);
}

/* The folders that were made must be on the disk as well. */
static gboolean
make_folders (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  if (g_access (folder, F_OK) == 0)
    return TRUE;
  if (!make_folders (folder, error))
    return FALSE;
  if (g_mkdir (folder, 0777) != 0 && errno != EEXIST)
    return cvi_set_errno (error, errno, folder, "cannot be made");
  return cvi_sync_folder_of (folder, error);
}

gboolean
cvi_move_file (const CviMove *move, char **sha256, GError **error)
{
  int problem;

  g_return_val_if_fail (move && sha256, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  *sha256 = NULL;
  if (!make_folders (move->to, error) || !is_still_there (move, error))
    return FALSE;
  problem = rename_to_new (move->from, move->to);
  if (problem == EXDEV)
    return move_by_copy (move, sha256, error);
  if (problem != 0)
    return cvi_set_errno (error, problem, move->from,
        problem == EEXIST ? "cannot replace what is at its destination"
                          : "cannot be moved");
  return sync_folders (move, error);
}

static CviMoveState
unclear (GError **error, const CviMove *move, const char *why)
{
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s and %s: %s",
      move->from, move->to, why);
  return CVI_MOVE_UNCLEAR;
}

/* Both are there: is @to a proven copy of @from, or another name of it? */
static CviMoveState
resolve_both (const CviMove *move, const CviFileFacts *from,
    const CviFileFacts *to, GError **error)
{
  gboolean same_file = from->device == to->device && from->inode == to->inode;

  if (!same_file) {
    g_autofree char *a = NULL;
    g_autofree char *b = NULL;

    if (from->size != to->size)
      return unclear (error, move, "both are there, and differ");
    a = cvi_hash_file (move->from, error);
    b = a ? cvi_hash_file (move->to, error) : NULL;
    if (!b)
      return CVI_MOVE_UNCLEAR;
    if (!g_str_equal (a, b))
      return unclear (error, move, "both are there, and differ");
    /* Reading has changed when it was read last. */
    if (!cvi_file_facts_apply (move->to, move->facts, error))
      return CVI_MOVE_UNCLEAR;
  }
  if (!cvi_sync_folder_of (move->to, error))
    return CVI_MOVE_UNCLEAR;
  if (unlink (move->from) != 0) {
    cvi_set_errno (error, errno, move->from, "cannot be removed");
    return CVI_MOVE_UNCLEAR;
  }
  return cvi_sync_folder_of (move->from, error) ? CVI_MOVE_DONE
                                                : CVI_MOVE_UNCLEAR;
}

static gboolean
is_clear (int problem)
{
  return problem == 0 || problem == ENOENT || problem == ENOTDIR;
}

CviMoveState
cvi_move_resolve (const CviMove *move, GError **error)
{
  CviFileFacts from, to;
  int from_problem, to_problem;

  g_return_val_if_fail (move, CVI_MOVE_UNCLEAR);
  g_return_val_if_fail (!error || !*error, CVI_MOVE_UNCLEAR);

  from_problem = cvi_file_facts_read (move->from, &from);
  to_problem = cvi_file_facts_read (move->to, &to);
  if (from_problem != 0 && to_problem != 0)
    return unclear (error, move, "the file is at neither place");
  /* What cannot be looked at may be there. */
  if (!is_clear (from_problem) || !is_clear (to_problem))
    return unclear (error, move, "one of them cannot be looked at");
  if (unlink (move->part) != 0 && errno != ENOENT && errno != ENOTDIR) {
    cvi_set_errno (error, errno, move->part, "cannot be removed");
    return CVI_MOVE_UNCLEAR;
  }
  if (from_problem == 0 && to_problem == 0)
    return resolve_both (move, &from, &to, error);
  if (from_problem == 0)
    return CVI_MOVE_NOT_BEGUN;
  return sync_folders (move, error) ? CVI_MOVE_DONE : CVI_MOVE_UNCLEAR;
}
