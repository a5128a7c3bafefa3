/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-sources.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/cli/cvi-paths.h"

static gboolean
open_list (CviSources *sources, GError **error)
{
  int saved_errno;

  if (!sources->list)
    return TRUE;
  if (g_str_equal (sources->list, "-"))
    sources->list_fd = dup (STDIN_FILENO);
  else
    sources->list_fd = open (sources->list, O_RDONLY | O_CLOEXEC);
  if (sources->list_fd >= 0)
    return TRUE;
  saved_errno = errno;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved_errno),
      "cannot open %s: %s (check what --files-from names)", sources->list,
      g_strerror (saved_errno));
  return FALSE;
}

CviSources *
cvi_sources_new (CviSettings *settings, GError **error)
{
  g_autoptr (CviSources) sources = NULL;
  const char *list;

  g_return_val_if_fail (settings, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  sources = g_new0 (CviSources, 1);
  sources->list_fd = -1;
  sources->roots = cvi_absolute_paths (cvi_settings_get_arguments (settings));
  list = cvi_settings_get_text (settings, CVI_SETTING_FILES_FROM);
  if (list)
    sources->list =
        g_str_equal (list, "-") ? g_strdup (list) : cvi_absolute_path (list);
  if (!sources->roots[0] && !list) {
    g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "no PATH given; name a file or folder, or a list with --files-from");
    return NULL;
  }
  sources->list_separator =
      cvi_settings_get_flag (settings, CVI_SETTING_NULL) ? '\0' : '\n';
  sources->recursive =
      !cvi_settings_get_flag (settings, CVI_SETTING_NO_RECURSIVE);
  /* So that one device's files do not have to be done before the next one's. */
  sources->interleave =
      cvi_settings_get_count (settings, CVI_SETTING_JOBS_PER_DEVICE) > 0;
  sources->extensions =
      g_strdupv (cvi_settings_get_list (settings, CVI_SETTING_EXT));
  sources->excludes =
      g_strdupv (cvi_settings_get_list (settings, CVI_SETTING_EXCLUDE));
  if (!open_list (sources, error))
    return NULL;
  return g_steal_pointer (&sources);
}

CviSources *
cvi_sources_copy (const CviSources *sources, GError **error)
{
  g_autoptr (CviSources) copy = NULL;

  g_return_val_if_fail (sources, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  copy = g_memdup2 (sources, sizeof *sources);
  copy->roots = g_strdupv (sources->roots);
  copy->list = g_strdup (sources->list);
  copy->list_fd = -1;
  copy->extensions = g_strdupv (sources->extensions);
  copy->excludes = g_strdupv (sources->excludes);
  if (!open_list (copy, error))
    return NULL;
  return g_steal_pointer (&copy);
}

void
cvi_sources_free (CviSources *sources)
{
  if (!sources)
    return;
  if (sources->list_fd >= 0)
    close (sources->list_fd);
  g_strfreev (sources->roots);
  g_free (sources->list);
  g_strfreev (sources->extensions);
  g_strfreev (sources->excludes);
  g_free (sources);
}

gboolean
cvi_sources_can_repeat (const CviSources *sources)
{
  struct stat st;

  g_return_val_if_fail (sources, FALSE);

  if (!sources->list)
    return TRUE;
  return !g_str_equal (sources->list, "-") &&
         fstat (sources->list_fd, &st) == 0 && S_ISREG (st.st_mode);
}

CviEnumerator *
cvi_sources_enumerate (const CviSources *sources, gboolean names_only)
{
  CviEnumeratorOptions options;

  g_return_val_if_fail (sources, NULL);

  options = (CviEnumeratorOptions){
    .paths = (const char *const *)sources->roots,
    .list_fd = sources->list_fd,
    .list_separator = sources->list_separator,
    .recursive = sources->recursive,
    .extensions = (const char *const *)sources->extensions,
    .excludes = (const char *const *)sources->excludes,
    .names_only = names_only,
    .interleave = sources->interleave,
  };
  return cvi_enumerator_new (&options);
}

CviFile *
cvi_sources_next (CviEnumerator *enumerator)
{
  CviFile *file = cvi_enumerator_next (enumerator);

  /* Only a list has relative names; the roots are absolute already. */
  if (file && !g_path_is_absolute (file->path)) {
    char *absolute = cvi_absolute_path (file->path);

    g_free (file->path);
    file->path = absolute;
  }
  return file;
}
