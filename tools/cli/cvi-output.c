/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-output.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

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
  else
    fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) {
    int saved_errno = errno;

    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved_errno),
        "cannot write to %s: %s", path, g_strerror (saved_errno));
  }
  return fd;
}

gboolean
cvi_output_close (CviSettings *settings, int fd, gboolean ok, GError **error)
{
  const char *path;

  g_return_val_if_fail (settings, FALSE);

  if (close (fd) != 0 && ok) {
    int saved_errno = errno;

    ok = FALSE;
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved_errno),
        "cannot write the report: %s", g_strerror (saved_errno));
  }
  path = cvi_settings_get_text (settings, CVI_SETTING_OUTPUT);
  if (error && *error && (*error)->domain == G_FILE_ERROR)
    g_prefix_error (
        error, "%s: ", g_str_equal (path, "-") ? "standard output" : path);
  return ok;
}

gboolean
cvi_output_append (int fd, const GString *text, GError **error)
{
  gsize done = 0;

  g_return_val_if_fail (fd >= 0 && text, FALSE);

  while (done < text->len) {
    gssize n = write (fd, text->str + done, text->len - done);

    if (n < 0 && errno != EINTR) {
      int saved_errno = errno;

      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved_errno),
          "cannot write the report: %s", g_strerror (saved_errno));
      return FALSE;
    }
    done += (gsize)MAX (n, 0);
  }
  return TRUE;
}

gboolean
cvi_output_write (CviSettings *settings, const GString *text, GError **error)
{
  int fd = cvi_output_open (settings, error);

  return fd >= 0 && cvi_output_close (settings, fd,
                        cvi_output_append (fd, text, error), error);
}
