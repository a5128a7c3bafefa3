/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-roots.h"

#include <stdlib.h>
#include <string.h>

/* Rules of a sandbox; each costs the start of a worker some microseconds. */
#define MAX_GIVEN 1024
#define MAX_ADMITTED 256

struct _CviRoots {
  GHashTable *given;
  GHashTable *set; /* @given and what was admitted since */
};

static GHashTable *
new_set (GHashTable *old)
{
  GHashTable *set =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer path;

  if (!old)
    return set;
  g_hash_table_iter_init (&iter, old);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    g_hash_table_add (set, g_strdup (path));
  return set;
}

/* Returns (nullable): the canonical name; by malloc(), as GLib's are */
static char *
real_path (const char *path)
{
  return realpath (path, NULL);
}

CviRoots *
cvi_roots_new (const char *const *paths)
{
  CviRoots *roots = g_new0 (CviRoots, 1);

  roots->given = new_set (NULL);
  for (; paths && *paths; paths++) {
    char *real = g_hash_table_size (roots->given) < MAX_GIVEN
                     ? real_path (*paths)
                     : NULL;

    /* What is missing, or over the number, is admitted when it comes. */
    if (real)
      g_hash_table_add (roots->given, real);
  }
  roots->set = g_hash_table_ref (roots->given);
  return roots;
}

void
cvi_roots_free (CviRoots *roots)
{
  if (!roots)
    return;
  g_hash_table_unref (roots->given);
  g_hash_table_unref (roots->set);
  g_free (roots);
}

GHashTable *
cvi_roots_get (CviRoots *roots)
{
  g_return_val_if_fail (roots != NULL, NULL);

  return roots->set;
}

/* Canonical name of what the user named; NULL if it is gone. */
static char *
scope_of (const CviFile *file)
{
  return real_path (file->root ? file->root->path : file->path);
}

/* Is @path (canonical), or a folder above it, in @set? */
static gboolean
contains (GHashTable *set, const char *path)
{
  g_autofree char *above = g_strdup (path);
  char *slash;

  while (!g_hash_table_contains (set, above)) {
    slash = strrchr (above, '/');
    if (!slash || (slash == above && !above[1]))
      return FALSE;
    /* "/name" is below "/". */
    slash[slash == above ? 1 : 0] = '\0';
  }
  return TRUE;
}

gboolean
cvi_roots_cover (GHashTable *set, const CviFile *file)
{
  g_autofree char *scope = NULL;

  g_return_val_if_fail (set != NULL && file != NULL, FALSE);

  scope = scope_of (file);
  /* The worker will say that it is gone. */
  return !scope || contains (set, scope);
}

void
cvi_roots_admit (CviRoots *roots, const CviFile *file)
{
  g_autofree char *scope = NULL;
  GHashTable *wider;

  g_return_if_fail (roots != NULL && file != NULL);

  scope = scope_of (file);
  if (!scope || contains (roots->set, scope))
    return;
  wider = new_set (g_hash_table_size (roots->set) <
                           g_hash_table_size (roots->given) + MAX_ADMITTED
                       ? roots->set
                       : roots->given);
  g_hash_table_add (wider,
      file->root ? g_steal_pointer (&scope) : g_path_get_dirname (scope));
  g_hash_table_unref (roots->set);
  roots->set = wider;
}
