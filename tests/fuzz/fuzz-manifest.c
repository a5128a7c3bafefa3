/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The manifest of a quarantine, which --undo follows.
 *
 * Input: the whole file.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "tools/cli/cvi-manifest.h"

static char *folder;
static char *path;

static void
remove_folder (void)
{
  g_remove (path);
  g_rmdir (folder);
}

static void
make_folder (void)
{
  folder = g_dir_make_tmp ("cvi-fuzz-XXXXXX", NULL);
  g_assert_nonnull (folder);
  path = g_build_filename (folder, CVI_MANIFEST_NAME, NULL);
  atexit (remove_folder);
}

/* What undoing relies on. */
static void
check_entry (const CviManifestEntry *entry, guint i)
{
  g_autofree char *canonical = g_canonicalize_filename (entry->path, NULL);

  g_assert_cmpuint (entry->id, ==, i + 1);
  g_assert_cmpint (entry->step, <, CVI_N_STEPS);
  g_assert_true (g_path_is_absolute (entry->path));
  g_assert_cmpstr (entry->path, ==, canonical);
  g_assert_cmpuint (entry->facts.mode & ~07777u, ==, 0);
  g_assert_cmpuint (entry->facts.size, <=, G_MAXINT64);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (CviManifest) manifest = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *entries;

  if (!folder)
    make_folder ();
  g_assert_true (g_file_set_contents_full (path, (const char *)data,
      (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  manifest = cvi_manifest_open (folder, TRUE, &error);
  g_assert_true ((manifest == NULL) == (error != NULL));
  if (!manifest)
    return 0;
  entries = cvi_manifest_get_entries (manifest);
  for (guint i = 0; i < entries->len; i++)
    check_entry (g_ptr_array_index (entries, i), i);
  return 0;
}

#define FACTS                                                                  \
  "\"size\":1,\"mtime_ns\":2,\"atime_ns\":3,\"mode\":420,\"uid\":0,\"gid\":0," \
  "\"folder_mtime_ns\":4"

void
fuzz_target_seeds (FuzzAdd add, gpointer user_data)
{
  static const char *const seeds[] = {
    "{\"id\":1,\"step\":\"move\",\"path\":\"/a/"
    "b.mkv\",\"rule\":\"time::gap\"," FACTS
    "}\n{\"id\":1,\"step\":\"moved\",\"kept_mtime_ns\":2,"
    "\"folder_mtime_ns\":5,\"sha256\":\"00ff\"}\n"
    "{\"id\":1,\"step\":\"undo\"}\n{\"id\":1,\"step\":\"undone\"}\n",
    "{\"id\":1,\"step\":\"move\",\"path\":\"?\",\"path_bytes\":\"L2Ev/"
    "w==\"," FACTS "}\n{\"id\":1,\"step\":\"dropped\"}\n{\"id\":2,\"st",
    "{\"id\":1,\"step\":\"move\",\"path\":\"/a/../b\"," FACTS "}\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (seeds); i++)
    add ((const guint8 *)seeds[i], strlen (seeds[i]), user_data);
}
