/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-plugins.h"

#include <gst/gst.h>

#include "tools/pool/cvi-registry-stamp.h"

/* Takes @path. */
static void
add_once (GPtrArray *files, GHashTable *seen, char *path)
{
  if (g_hash_table_contains (seen, path)) {
    g_free (path);
    return;
  }
  g_hash_table_add (seen, path);
  g_ptr_array_add (files, path);
}

/* Those that hold no plugin yet, too. */
static void
add_search_path (GPtrArray *files, GHashTable *seen)
{
  static const char *const variables[] = { "GST_PLUGIN_PATH",
    "GST_PLUGIN_PATH_1_0", "GST_PLUGIN_SYSTEM_PATH",
    "GST_PLUGIN_SYSTEM_PATH_1_0" };

  add_once (files, seen,
      g_build_filename (
          g_get_user_data_dir (), "gstreamer-1.0", "plugins", NULL));
  for (guint i = 0; i < G_N_ELEMENTS (variables); i++) {
    const char *value = g_getenv (variables[i]);
    g_auto (GStrv) folders =
        g_strsplit (value ? value : "", G_SEARCHPATH_SEPARATOR_S, -1);

    for (char **folder = folders; *folder; folder++) {
      if (**folder)
        add_once (files, seen, g_strdup (*folder));
    }
  }
}

void
cvi_plugins_stamp_registry (void)
{
  const char *registry = g_getenv ("GST_REGISTRY");
  GList *plugins = gst_registry_get_plugin_list (gst_registry_get ());
  g_autoptr (GPtrArray) files = g_ptr_array_new ();
  g_autoptr (GHashTable) seen =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (GList *l = plugins; l; l = l->next) {
    const char *path = gst_plugin_get_filename (l->data);

    if (!path)
      continue;
    add_once (files, seen, g_path_get_dirname (path));
    add_once (files, seen, g_strdup (path));
  }
  gst_plugin_list_free (plugins);
  add_search_path (files, seen);
  if (registry && files->len > 1)
    cvi_registry_stamp_write (registry, files);
}
