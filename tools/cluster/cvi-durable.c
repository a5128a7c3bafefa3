/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cluster/cvi-durable.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
fail (GError **error, const char *path, int errnum)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errnum), "%s: %s",
      path, g_strerror (errnum));
  return FALSE;
}

gboolean
cvi_durable_close (FILE *file, const char *path, GError **error)
{
  int errnum = 0;

  g_return_val_if_fail (file && path, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  if (fflush (file) != 0 || fsync (fileno (file)) < 0)
    errnum = errno;
  if (fclose (file) != 0 && errnum == 0)
    errnum = errno;
  return errnum == 0 || fail (error, path, errnum);
}

gboolean
cvi_durable_sync_folder (const char *path, GError **error)
{
  g_autofree char *folder = NULL;
  int errnum = 0;
  int fd;

  g_return_val_if_fail (path, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  folder = g_path_get_dirname (path);
  fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  /* Some file systems have no such call for folders (EINVAL). */
  if (fd < 0 || (fsync (fd) < 0 && errno != EINVAL))
    errnum = errno;
  if (fd >= 0)
    close (fd);
  return errnum == 0 || fail (error, folder, errnum);
}

gboolean
cvi_durable_rename (const char *from, const char *to, GError **error)
{
  g_return_val_if_fail (from && to, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  if (g_rename (from, to) < 0)
    return fail (error, to, errno);
  return cvi_durable_sync_folder (to, error);
}

gboolean
cvi_durable_create (
    const char *folder, const char *name, const char *text, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree char *part = NULL;
  FILE *file;
  gboolean ok;
  int fd;

  g_return_val_if_fail (folder && name && text, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  path = g_build_filename (folder, name, NULL);
  part = g_strconcat (path, ".XXXXXX", NULL);
  fd = g_mkstemp_full (part, O_WRONLY | O_CLOEXEC, 0644);
  file = fd < 0 ? NULL : fdopen (fd, "w");
  if (!file)
    return fail (error, part, errno);
  ok = fputs (text, file) >= 0;
  if (!cvi_durable_close (file, part, error) || !ok) {
    g_unlink (part);
    return FALSE;
  }
  /* Unlike rename(), link() replaces nothing. */
  ok = link (part, path) == 0 || fail (error, path, errno);
  g_unlink (part);
  return ok && cvi_durable_sync_folder (path, error);
}
