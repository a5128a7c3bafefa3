/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-paths.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"

#include "tools/cli/cvi-inputs.h"

#define WORKER "cvi-gst-worker"
#define FETCHER "cvi-gst-fetch"

/* Returns: (transfer full) (nullable): @name in @way from this program's
 * folder */
static char *
find_in (const char *way, const char *name)
{
  g_autofree char *exe = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *dir = exe ? g_path_get_dirname (exe) : NULL;
  g_autofree char *program =
      dir ? g_build_filename (dir, way, name, NULL) : NULL;

  if (!program || access (program, X_OK) != 0)
    return NULL;
  return g_canonicalize_filename (program, NULL);
}

static gboolean
is_same_file (const char *a, const char *b)
{
  struct stat sa, sb;

  return stat (a, &sa) == 0 && stat (b, &sb) == 0 && sa.st_dev == sb.st_dev &&
         sa.st_ino == sb.st_ino;
}

static gboolean
has_parent_step (const char *path)
{
  g_auto (GStrv) steps = g_strsplit (path, "/", -1);

  return g_strv_contains ((const char *const *)steps, "..");
}

char *
cvi_absolute_path (const char *path)
{
  g_autofree char *canonical = NULL;
  g_autofree char *cwd = NULL;

  g_return_val_if_fail (path, NULL);

  canonical = g_canonicalize_filename (path, NULL);
  if (!has_parent_step (path) || is_same_file (path, canonical))
    return g_steal_pointer (&canonical);
  if (g_path_is_absolute (path))
    return g_strdup (path);
  cwd = g_get_current_dir ();
  return g_build_filename (cwd, path, NULL);
}

char **
cvi_absolute_paths (char **paths)
{
  GPtrArray *absolute = g_ptr_array_new ();

  for (char **p = paths; p && *p; p++)
    g_ptr_array_add (absolute, cvi_input_is_uri (*p)
                                   ? cvi_input_display_uri (*p)
                                   : cvi_absolute_path (*p));
  g_ptr_array_add (absolute, NULL);
  return (char **)g_ptr_array_free (absolute, FALSE);
}

gboolean
cvi_path_is_within (const char *path, const char *root)
{
  gsize len = strlen (root);

  if (!g_str_has_prefix (path, root))
    return FALSE;
  return !path[len] || path[len] == '/' || g_str_has_suffix (root, "/");
}

gboolean
cvi_path_is_covered (char **paths, guint i)
{
  for (guint k = 0; paths[k]; k++) {
    if (k == i || !cvi_path_is_within (paths[i], paths[k]))
      continue;
    if (!g_str_equal (paths[i], paths[k]) || k < i)
      return TRUE;
  }
  return FALSE;
}

static char *
find_program (const char *name)
{
  /* Where an absolute folder was asked for, there is no way to it. */
  static const char *const ways[] = { ".", CVI_BIN_TO_LIBEXEC };

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++) {
    char *program =
        g_path_is_absolute (ways[i]) ? NULL : find_in (ways[i], name);

    if (program)
      return program;
  }
  return g_build_filename (CVI_LIBEXECDIR, name, NULL);
}

char *
cvi_worker_path (void)
{
  const char *from_env = g_getenv ("CVI_WORKER");

  return from_env && *from_env ? g_strdup (from_env) : find_program (WORKER);
}

char *
cvi_fetcher_path (void)
{
  return find_program (FETCHER);
}
