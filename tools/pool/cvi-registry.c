/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-registry.h"

#include <unistd.h>
#include <glib/gstdio.h>

#include "tools/pool/cvi-child.h"
#include "tools/pool/cvi-registry-stamp.h"

/* A first run looks at every plugin of the system (seconds). */
#define WARM_TIMEOUT_S 120

struct _CviRegistry {
  char *worker;
  char *path;
  char *temporary; /* (nullable): folder of @path, to be removed */
  CviChild *child; /* while the run lasts */
  GSource *timeout;
  gboolean begun;
};

/* Plugins of hardware decoders register what they find, and a registry keeps
 * that for as long as their files stay the same. (Seen: one made before the
 * driver was there has no NVDEC decoder.) So each set of devices has its own.
 */
static char *
name_of_cache (void)
{
  static const char *const devices[] = { "/dev/nvidiactl",
    "/dev/dri/renderD128", "/dev/dri/renderD129", "/dev/video10" };
  guint present = 0;

  for (guint i = 0; i < G_N_ELEMENTS (devices); i++) {
    if (g_file_test (devices[i], G_FILE_TEST_EXISTS))
      present |= 1u << i;
  }
  return present ? g_strdup_printf ("registry-%x.bin", present)
                 : g_strdup ("registry.bin");
}

CviRegistry *
cvi_registry_new (const char *worker, const char *path)
{
  g_autofree char *name = name_of_cache ();
  CviRegistry *registry;

  g_return_val_if_fail (worker != NULL, NULL);

  registry = g_new0 (CviRegistry, 1);
  registry->worker = g_strdup (worker);
  registry->path =
      path ? g_strdup (path)
           : g_build_filename (g_get_user_cache_dir (), "cvi-gst", name, NULL);
  return registry;
}

static void
end_run (CviRegistry *registry)
{
  if (registry->timeout) {
    g_source_destroy (registry->timeout);
    g_clear_pointer (&registry->timeout, g_source_unref);
  }
  g_clear_pointer (&registry->child, cvi_child_free);
}

void
cvi_registry_free (CviRegistry *registry)
{
  if (!registry)
    return;
  end_run (registry);
  if (registry->temporary) {
    g_autofree char *stamp = cvi_registry_stamp_path (registry->path);

    g_unlink (stamp);
    g_unlink (registry->path);
    g_rmdir (registry->temporary);
  }
  g_free (registry->temporary);
  g_free (registry->worker);
  g_free (registry->path);
  g_free (registry);
}

const char *
cvi_registry_get_path (CviRegistry *registry)
{
  g_return_val_if_fail (registry != NULL, NULL);

  return registry->path;
}

static void
on_exited (CviChild *child, gpointer user_data)
{
  CviRegistry *registry = user_data;

  if (!cvi_child_succeeded (child)) {
    g_autofree char *exit = cvi_child_describe_exit (child);

    g_message ("%s --warm-registry %s", registry->worker, exit);
  }
  end_run (registry);
}

static gboolean
on_timeout (gpointer user_data)
{
  CviRegistry *registry = user_data;

  cvi_child_kill (registry->child);
  return G_SOURCE_REMOVE;
}

/* Workers cannot write one, and without one each would look at every plugin.
 * A folder of its own, since workers may read the folder that it is in. */
static void
choose_place (CviRegistry *registry)
{
  g_autofree char *folder = g_path_get_dirname (registry->path);

  if (g_mkdir_with_parents (folder, 0700) == 0 && g_access (folder, W_OK) == 0)
    return;
  registry->temporary = g_dir_make_tmp ("cvi-gst-XXXXXX", NULL);
  if (!registry->temporary)
    return;
  g_free (registry->path);
  registry->path = g_build_filename (registry->temporary, "registry.bin", NULL);
}

static void
begin_run (CviRegistry *registry)
{
  const char *argv[] = { registry->worker, "--warm-registry", NULL };

  choose_place (registry);
  if (cvi_registry_stamp_holds (registry->path))
    return;
  /* If the program cannot be started, the first worker will say so. */
  registry->child = cvi_child_start (
      argv, registry->path, TRUE, -1, on_exited, registry, NULL);
  if (!registry->child)
    return;
  registry->timeout = g_timeout_source_new_seconds (WARM_TIMEOUT_S);
  g_source_set_callback (registry->timeout, on_timeout, registry, NULL);
  g_source_attach (registry->timeout, g_main_context_get_thread_default ());
}

gboolean
cvi_registry_warm (CviRegistry *registry)
{
  g_return_val_if_fail (registry != NULL, TRUE);

  if (!registry->begun) {
    registry->begun = TRUE;
    begin_run (registry);
  }
  return registry->child == NULL;
}
