/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-sources.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include "tools/cli/cvi-inputs.h"
#include "tools/cli/cvi-paths.h"
#include "tools/pool/cvi-file.h"

#define MIB (G_GUINT64_CONSTANT (1024) * 1024)

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

/* What is stored and shown of the roots has no passwords. */
static void
add_remote (CviSources *sources, GStrvBuilder *roots, const char *uri)
{
  g_autofree char *shown = cvi_input_display_uri (uri);

  g_strv_builder_add (roots, shown);
  g_queue_push_tail (sources->secrets, g_strdup (uri));
}

static gboolean
add_roots (CviSources *sources, char **arguments, GError **error)
{
  g_autoptr (GStrvBuilder) roots = g_strv_builder_new ();

  sources->names =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  sources->secrets = g_queue_new ();
  for (char **argument = arguments; *argument; argument++) {
    gboolean uri = cvi_input_is_uri (*argument);
    g_autofree char *local = NULL;
    g_autofree char *path = NULL;

    if (uri && sources->remote && cvi_input_is_remote (*argument)) {
      add_remote (sources, roots, *argument);
      continue;
    }
    local = uri ? cvi_input_path_from_uri (*argument, error) : NULL;
    if (uri && !local)
      return FALSE;
    path = cvi_absolute_path (local ? local : *argument);
    g_strv_builder_add (roots, path);
    if (uri)
      g_hash_table_insert (sources->names, g_steal_pointer (&path),
          cvi_input_display_uri (*argument));
  }
  sources->roots = g_strv_builder_end (roots);
  return TRUE;
}

CviSources *
cvi_sources_new (CviSettings *settings, gboolean remote, GError **error)
{
  g_autoptr (CviSources) sources = NULL;
  const char *list;

  g_return_val_if_fail (settings, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  sources = g_new0 (CviSources, 1);
  sources->list_fd = -1;
  sources->remote = remote;
  if (!add_roots (sources, cvi_settings_get_arguments (settings), error))
    return NULL;
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
  copy->names = NULL;
  copy->secrets = NULL;
  copy->spool = NULL;
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
  g_clear_pointer (&sources->names, g_hash_table_unref);
  if (sources->secrets)
    g_queue_free_full (sources->secrets, g_free);
  cvi_spool_free (sources->spool);
  g_free (sources);
}

gboolean
cvi_sources_spool (CviSources *sources, CviSettings *settings, GError **error)
{
  char **arguments = cvi_settings_get_arguments (settings);
  guint64 limit = cvi_settings_get_count (settings, CVI_SETTING_SPOOL_LIMIT);

  for (guint i = 0; arguments[i]; i++) {
    char *path;

    if (!g_str_equal (arguments[i], "-"))
      continue;
    if (sources->spool || g_strcmp0 (sources->list, "-") == 0) {
      g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
          "standard input can be read only once");
      return FALSE;
    }
    sources->spool = cvi_spool_new (error);
    path = sources->spool ? cvi_input_spool (sources->spool, STDIN_FILENO,
                                limit * MIB, error)
                          : NULL;
    if (!path) {
      g_prefix_error (error, "standard input: ");
      return FALSE;
    }
    g_free (sources->roots[i]);
    sources->roots[i] = path;
    g_hash_table_insert (sources->names, g_strdup (path), g_strdup ("-"));
  }
  return TRUE;
}

const char *
cvi_sources_get_name (const CviSources *sources, const char *path)
{
  const char *name =
      sources->names ? g_hash_table_lookup (sources->names, path) : NULL;

  return name ? name : path;
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
    .foreign = cvi_input_is_uri,
  };
  return cvi_enumerator_new (&options);
}

void
cvi_sources_forget_name (const CviSources *sources, const char *path)
{
  g_return_if_fail (sources && path);

  if (sources->names)
    g_hash_table_remove (sources->names, path);
}

void
cvi_sources_set_name (
    const CviSources *sources, const char *path, const char *name)
{
  g_return_if_fail (sources && path && name);

  if (sources->names)
    g_hash_table_insert (sources->names, g_strdup (path), g_strdup (name));
}

/* Takes @named. The roots come before the list, in their order. */
static CviFile *
resolve_remote (const CviSources *sources, CviFile *named)
{
  char *secret = sources->secrets ? g_queue_pop_head (sources->secrets) : NULL;

  named->uri = secret ? secret : g_strdup (named->path);
  g_free (named->path);
  named->path = cvi_input_display_uri (named->uri);
  return named;
}

/* Takes @named, of which the enumerator knows no more than that it is no path.
 */
static CviFile *
resolve_uri (const CviSources *sources, CviFile *named)
{
  g_autofree char *path = cvi_input_path_from_uri (named->path, NULL);
  g_autofree char *shown = cvi_input_display_uri (named->path);
  struct stat status;
  CviFile *file;

  if (!path)
    file = cvi_file_new (g_steal_pointer (&shown), NULL,
        cvi_input_is_remote (named->path) ? EREMOTE : EPROTONOSUPPORT);
  else if (stat (path, &status) != 0)
    file = cvi_file_new (g_steal_pointer (&path), NULL, errno);
  else
    file = cvi_file_new (g_steal_pointer (&path), &status,
        S_ISREG (status.st_mode) ? 0 : ENOTSUP);
  file->named = TRUE;
  if (shown && sources->names)
    g_hash_table_insert (
        sources->names, g_strdup (file->path), g_steal_pointer (&shown));
  cvi_file_free (named);
  return file;
}

CviFile *
cvi_sources_next (const CviSources *sources, CviEnumerator *enumerator)
{
  CviFile *file = cvi_enumerator_next (enumerator);

  /* Only a list has relative names; the roots are absolute already. */
  if (!file || g_path_is_absolute (file->path))
    return file;
  if (file->problem == EREMOTE && sources->remote &&
      cvi_input_is_remote (file->path)) {
    file = resolve_remote (sources, file);
  } else if (file->problem == EREMOTE) {
    file = resolve_uri (sources, file);
  } else {
    char *absolute = cvi_absolute_path (file->path);

    g_free (file->path);
    file->path = absolute;
  }
  return file;
}
