/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-output.h"
#include "tools/cli/cvi-write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/report/cvi-report.h"

/* The file that @path leads to, through links. Returns: (transfer full) */
static char *
resolve (const char *path)
{
  char *real = realpath (path, NULL);
  char *copy = g_strdup (real ? real : path);

  free (real);
  return copy;
}

/* Where a report is written that appears when it is complete: beside @target,
 * by a name that no one takes for a report. Returns: (transfer full) */
static char *
part_of (const char *target)
{
  g_autofree char *folder = g_path_get_dirname (target);
  g_autofree char *name = g_path_get_basename (target);
  g_autofree char *part =
      g_strdup_printf (".%s.%ld.part", name, (long)getpid ());

  return g_build_filename (folder, part, NULL);
}

/* Does the output appear as a whole? A pipe or a device cannot. */
static gboolean
is_whole (CviSettings *settings, const char *path)
{
  const CviReportWriter *writer = cvi_report_writer_lookup (
      cvi_settings_get_text (settings, CVI_SETTING_FORMAT));
  struct stat status;

  return writer && writer->whole && !g_str_equal (path, "-") &&
         (stat (path, &status) < 0 || S_ISREG (status.st_mode));
}

static int
open_part (const char *path)
{
  g_autofree char *target = resolve (path);
  g_autofree char *part = part_of (target);

  /* Left by a process of the same number that was killed. */
  unlink (part);
  return open (part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

int
cvi_output_open (CviSettings *settings, GError **error)
{
  const char *path;
  int fd;

  g_return_val_if_fail (settings, -1);
  g_return_val_if_fail (!error || !*error, -1);

  path = cvi_settings_get_text (settings, CVI_SETTING_OUTPUT);
  if (g_str_equal (path, "-"))
    fd = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  else if (is_whole (settings, path))
    fd = open_part (path);
  else
    fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) {
    int saved_errno = errno;

    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved_errno),
        "cannot write to %s: %s (-o FILE names another place)", path,
        g_strerror (saved_errno));
  }
  return fd;
}

/* Is @fd the file called @part? */
static gboolean
is_part (int fd, const char *part)
{
  struct stat here;
  struct stat there;

  return fstat (fd, &here) == 0 && lstat (part, &there) == 0 &&
         here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

/* Closes @fd, and puts @part, if that is what it is, in the place of @target if
 * @ok, else removes it. Returns: FALSE with errno set */
static gboolean
close_as (int fd, const char *part, const char *target, gboolean ok)
{
  gboolean whole = is_part (fd, part);
  int saved_errno = 0;

  /* The content has to be on the disk before the name is: after a loss of
   * power there would be an empty file. */
  if (whole && ok && fsync (fd) < 0)
    saved_errno = errno;
  if (close (fd) < 0 && saved_errno == 0)
    saved_errno = errno;
  if (whole && ok && saved_errno == 0 && rename (part, target) < 0)
    saved_errno = errno;
  if (whole && (!ok || saved_errno != 0))
    unlink (part);
  errno = saved_errno;
  return saved_errno == 0;
}

gboolean
cvi_output_close (CviSettings *settings, int fd, gboolean ok, GError **error)
{
  g_autofree char *target = NULL;
  g_autofree char *part = NULL;
  const char *path;

  g_return_val_if_fail (settings, FALSE);

  path = cvi_settings_get_text (settings, CVI_SETTING_OUTPUT);
  target = resolve (path);
  part = part_of (target);
  if (!close_as (fd, part, target, ok) && ok) {
    int saved_errno = errno;

    ok = FALSE;
    if (error && !*error)
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved_errno),
          "cannot write the report: %s", g_strerror (saved_errno));
  }
  if (error && *error && (*error)->domain == G_FILE_ERROR)
    g_prefix_error (
        error, "%s: ", g_str_equal (path, "-") ? "standard output" : path);
  return ok;
}

gboolean
cvi_output_is_coloured (CviSettings *settings, int fd)
{
  const char *when;
  const char *off = g_getenv ("NO_COLOR");
  const char *term = g_getenv ("TERM");

  g_return_val_if_fail (settings, FALSE);

  when = cvi_settings_get_text (settings, CVI_SETTING_COLOUR);
  if (!g_str_equal (when, "auto"))
    return g_str_equal (when, "always");
  return (!off || !*off) && term && !g_str_equal (term, "dumb") && isatty (fd);
}

gboolean
cvi_output_append (int fd, const GString *text, GError **error)
{
  int saved_errno;

  g_return_val_if_fail (fd >= 0 && text, FALSE);

  if (cvi_write_all (fd, text->str, text->len))
    return TRUE;
  saved_errno = errno;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved_errno),
      "cannot write the report: %s", g_strerror (saved_errno));
  return FALSE;
}

gboolean
cvi_output_write (CviSettings *settings, const GString *text, GError **error)
{
  int fd = cvi_output_open (settings, error);

  return fd >= 0 && cvi_output_close (settings, fd,
                        cvi_output_append (fd, text, error), error);
}
