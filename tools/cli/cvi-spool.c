/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-spool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/cli/cvi-errno.h"

/* Others may take a folder that is not locked yet for one that was left. */
#define TRIES 8

struct _CviSpool {
  char *path;
  int fd; /* of the folder: holds the lock; -1: none */
  guint64 n_files;
};

/* Of the name of each folder. Where TMPDIR is shared between machines, a lock
 * of one may not be seen by the other: each looks after its own. */
static char *
make_prefix (void)
{
  return g_strdup_printf ("cvi-gst-%08x-", g_str_hash (g_get_host_name ()));
}

static int
open_folder (const char *path)
{
  return open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The files of the folder @fd: those that this program gives such names. */
static void
empty (int fd, const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    if (g_ascii_isdigit (*name))
      unlinkat (fd, name, 0);
  }
}

/* Returns: a descriptor of a folder of this user's, locked, or -1 with errno:
 * EWOULDBLOCK: another process has locked it */
static int
lock_folder (const char *path)
{
  int fd = open_folder (path);
  struct stat status;
  int saved_errno;

  if (fd < 0)
    return -1;
  if (fstat (fd, &status) == 0) {
    if (status.st_uid != geteuid () || (status.st_mode & 0777) != 0700)
      errno = EPERM;
    else if (flock (fd, LOCK_EX | LOCK_NB) == 0)
      return fd;
  }
  saved_errno = errno;
  close (fd);
  errno = saved_errno;
  return -1;
}

/* Removes what processes that were killed have left. */
static void
clean_up (const char *prefix)
{
  const char *parent = g_get_tmp_dir ();
  g_autoptr (GDir) dir = g_dir_open (parent, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *path = NULL;
    int fd;

    if (!g_str_has_prefix (name, prefix))
      continue;
    path = g_build_filename (parent, name, NULL);
    fd = lock_folder (path);
    if (fd < 0)
      continue;
    empty (fd, path);
    rmdir (path);
    close (fd);
  }
}

/* Returns: whether @path is still the folder that @fd is, now that it is
 * locked */
static gboolean
is_still_there (const char *path, int fd)
{
  struct stat there, here;

  return lstat (path, &there) == 0 && fstat (fd, &here) == 0 &&
         there.st_dev == here.st_dev && there.st_ino == here.st_ino;
}

/* Returns: FALSE if another process has taken it for its own to remove; without
 * locks nobody does */
static gboolean
claim (CviSpool *spool)
{
  struct stat status;

  spool->fd = lock_folder (spool->path);
  if (spool->fd >= 0 && !is_still_there (spool->path, spool->fd)) {
    close (spool->fd);
    spool->fd = -1;
    return FALSE;
  }
  return spool->fd >= 0 ||
         (errno != EWOULDBLOCK && lstat (spool->path, &status) == 0);
}

CviSpool *
cvi_spool_new (GError **error)
{
  g_autofree char *prefix = make_prefix ();
  g_autofree char *template = g_strconcat (prefix, "XXXXXX", NULL);
  g_autoptr (CviSpool) spool = g_new0 (CviSpool, 1);

  g_return_val_if_fail (!error || !*error, NULL);

  spool->fd = -1;
  clean_up (prefix);
  for (guint i = 0; i < TRIES; i++) {
    spool->path = g_dir_make_tmp (template, error);
    if (!spool->path)
      return NULL;
    if (claim (spool))
      return g_steal_pointer (&spool);
    g_clear_pointer (&spool->path, g_free);
  }
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
      "no folder for temporary files: others are removed as fast");
  return NULL;
}

void
cvi_spool_free (CviSpool *spool)
{
  if (!spool)
    return;
  /* It is this process's own without a lock as well. */
  if (spool->path && spool->fd < 0)
    spool->fd = open_folder (spool->path);
  if (spool->path && spool->fd >= 0)
    empty (spool->fd, spool->path);
  if (spool->path)
    rmdir (spool->path);
  if (spool->fd >= 0)
    close (spool->fd);
  g_free (spool->path);
  g_free (spool);
}

char *
cvi_spool_add (CviSpool *spool, const char *extension, int *fd, GError **error)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (spool && extension && fd, NULL);

  path = g_strdup_printf (
      "%s/%" G_GUINT64_FORMAT "%s", spool->path, ++spool->n_files, extension);
  *fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (*fd >= 0)
    return g_steal_pointer (&path);
  cvi_set_errno (error, errno, path, "cannot be made");
  return NULL;
}
