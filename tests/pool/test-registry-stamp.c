/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* A registry is used again only while all that it was made from is the same. */
#include <string.h>
#include <utime.h>
#include <glib/gstdio.h>

#include "tools/pool/cvi-registry-stamp.h"

typedef struct {
  char *folder;
  char *registry;
  char *plugins;
  char *plugin;
  char *missing;
} Fixture;

static void
put (const char *path, const char *text)
{
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* A file's or folder's times, so that the clock's steps do not matter. */
static void
date (const char *path, time_t time)
{
  struct utimbuf times = { time, time };

  g_assert_cmpint (g_utime (path, &times), ==, 0);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new ();

  f->folder = g_dir_make_tmp ("cvi-stamp-XXXXXX", NULL);
  f->registry = g_build_filename (f->folder, "registry.bin", NULL);
  f->plugins = g_build_filename (f->folder, "plug\nins ", NULL);
  f->plugin = g_build_filename (f->plugins, "libgsta.so", NULL);
  f->missing = g_build_filename (f->folder, "missing", NULL);
  g_assert_cmpint (g_mkdir (f->plugins, 0700), ==, 0);
  put (f->registry, "registry");
  put (f->plugin, "plugin");
  date (f->registry, 1000);
  date (f->plugin, 1000);
  date (f->plugins, 1000);
  g_ptr_array_add (files, f->plugins);
  g_ptr_array_add (files, f->plugin);
  g_ptr_array_add (files, f->missing);
  g_assert_false (cvi_registry_stamp_holds (f->registry));
  cvi_registry_stamp_write (f->registry, files);
  g_assert_true (cvi_registry_stamp_holds (f->registry));
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_autofree char *stamp = cvi_registry_stamp_path (f->registry);

  g_unlink (stamp);
  g_unlink (f->registry);
  g_unlink (f->plugin);
  g_rmdir (f->plugins);
  g_rmdir (f->missing);
  g_rmdir (f->folder);
  g_free (f->folder);
  g_free (f->registry);
  g_free (f->plugins);
  g_free (f->plugin);
  g_free (f->missing);
}

static void
test_changes (Fixture *f, gconstpointer unused)
{
  date (f->plugin, 1001);
  g_assert_false (cvi_registry_stamp_holds (f->registry));
  date (f->plugin, 1000);
  g_assert_true (cvi_registry_stamp_holds (f->registry));
  date (f->plugins, 1001);
  g_assert_false (cvi_registry_stamp_holds (f->registry));
  date (f->plugins, 1000);
  g_assert_true (cvi_registry_stamp_holds (f->registry));
  g_assert_cmpint (g_mkdir (f->missing, 0700), ==, 0);
  g_assert_false (cvi_registry_stamp_holds (f->registry));
  g_rmdir (f->missing);
  g_assert_true (cvi_registry_stamp_holds (f->registry));
  put (f->registry, "another");
  date (f->registry, 1000);
  g_assert_false (cvi_registry_stamp_holds (f->registry));
}

static void
test_environment (Fixture *f, gconstpointer unused)
{
  g_autofree char *before = g_strdup (g_getenv ("GST_PLUGIN_PATH"));

  g_setenv ("GST_PLUGIN_PATH", "/somewhere\n", TRUE);
  g_assert_false (cvi_registry_stamp_holds (f->registry));
  if (before)
    g_setenv ("GST_PLUGIN_PATH", before, TRUE);
  else
    g_unsetenv ("GST_PLUGIN_PATH");
  g_assert_true (cvi_registry_stamp_holds (f->registry));
}

/* Whatever is in the file, the worst is that the registry is made anew. */
static void
test_damaged (Fixture *f, gconstpointer unused)
{
  g_autofree char *stamp = cvi_registry_stamp_path (f->registry);
  g_autofree char *text = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (stamp, &text, &length, NULL));
  for (gsize n = 0; n < length; n += 7) {
    g_assert_true (g_file_set_contents (stamp, text, (gssize)n, NULL));
    g_assert_false (cvi_registry_stamp_holds (f->registry));
  }
  for (gsize i = 0; i < length; i += 3) {
    text[i] ^= 0x15;
    g_assert_true (g_file_set_contents (stamp, text, (gssize)length, NULL));
    g_assert_false (cvi_registry_stamp_holds (f->registry));
    text[i] ^= 0x15;
  }
  put (stamp, "");
  g_assert_false (cvi_registry_stamp_holds (f->registry));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/registry-stamp/changes", Fixture, NULL, set_up, test_changes,
      tear_down);
  g_test_add ("/registry-stamp/environment", Fixture, NULL, set_up,
      test_environment, tear_down);
  g_test_add ("/registry-stamp/damaged", Fixture, NULL, set_up, test_damaged,
      tear_down);
  return g_test_run ();
}
