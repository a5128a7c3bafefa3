/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-enumerator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/pool/cvi-file.h"
#include "tools/pool/cvi-name-list.h"
#include "tools/pool/cvi-tree.h"

struct _CviEnumerator {
  gboolean recursive;
  gboolean names_only;
  gboolean interleave;
  gboolean (*foreign) (const char *name);
  CviNameFilter *filter;
  GQueue *roots;     /* of char *: what is left of the options' paths */
  CviNameList *list; /* (nullable) */
  GQueue trees;      /* of CviTree *: folders being walked, next one first */
};

/* A named folder, while overlaps are looked for. */
typedef struct {
  const char *path; /* as given */
  char *real;       /* canonical, "" for "/" */
  guint index;
} Folder;

static void
folder_clear (gpointer data)
{
  free (((Folder *)data)->real);
}

const char *const *
cvi_enumerator_default_extensions (void)
{
  static const char *const extensions[] = { "mp4", "m4v", "mov", "mkv", "webm",
    "avi", "wmv", "asf", "flv", "f4v", "mpg", "mpeg", "m2v", "vob", "ts",
    "m2ts", "mts", "3gp", "3g2", "ogv", "ogm", "mxf", "rm", "rmvb", "dv", "ivf",
    NULL };

  return extensions;
}

static gint
compare_folders (gconstpointer a, gconstpointer b)
{
  const Folder *one = a, *two = b;
  gsize len_one = strlen (one->real), len_two = strlen (two->real);

  if (len_one != len_two)
    return len_one < len_two ? -1 : 1;
  return one->index < two->index ? -1 : one->index > two->index;
}

/* Does the walk of the folder @path, as named, come to @below in it? */
static gboolean
walk_comes_to (CviEnumerator *enumerator, const char *path, const char *below)
{
  g_auto (GStrv) names = g_strsplit (below, "/", -1);
  g_autoptr (GString) at = g_string_new (path);
  guint depth = 0;

  for (; names[depth]; depth++) {
    if (at->len == 0 || at->str[at->len - 1] != '/')
      g_string_append_c (at, '/');
    g_string_append (at, names[depth]);
    if (cvi_name_filter_excludes (enumerator->filter, at->str, names[depth]))
      return FALSE;
  }
  return depth < CVI_ENUMERATOR_MAX_DEPTH;
}

/* Is @folder one of @kept (canonical to given path) or met below one? */
static gboolean
is_covered (CviEnumerator *enumerator, const Folder *folder, GHashTable *kept)
{
  g_autofree char *above = g_strdup (folder->real);
  char *slash;

  if (g_hash_table_contains (kept, above))
    return TRUE;
  while (enumerator->recursive && (slash = strrchr (above, '/'))) {
    const char *path;

    *slash = '\0';
    path = g_hash_table_lookup (kept, above);
    if (path &&
        walk_comes_to (enumerator, path, folder->real + (slash - above) + 1))
      return TRUE;
  }
  return FALSE;
}

/* Returns: (element-type Folder): the folders among @paths, shortest first */
static GArray *
named_folders (const char *const *paths)
{
  GArray *folders = g_array_new (FALSE, FALSE, sizeof (Folder));

  g_array_set_clear_func (folders, folder_clear);
  for (guint i = 0; paths[i]; i++) {
    Folder folder = { .path = paths[i], .index = i };

    if (!g_file_test (paths[i], G_FILE_TEST_IS_DIR) ||
        !(folder.real = realpath (paths[i], NULL)))
      continue;
    if (strcmp (folder.real, "/") == 0)
      folder.real[0] = '\0';
    g_array_append_val (folders, folder);
  }
  g_array_sort (folders, compare_folders);
  return folders;
}

static void
add_roots (CviEnumerator *enumerator, const char *const *paths)
{
  g_autoptr (GArray) folders = named_folders (paths);
  g_autoptr (GHashTable) kept = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) covered = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < folders->len; i++) {
    const Folder *folder = &g_array_index (folders, Folder, i);

    if (is_covered (enumerator, folder, kept))
      g_hash_table_add (covered, GUINT_TO_POINTER (folder->index));
    else
      g_hash_table_insert (kept, folder->real, (gpointer)folder->path);
  }
  for (guint i = 0; paths[i]; i++) {
    if (!g_hash_table_contains (covered, GUINT_TO_POINTER (i)))
      g_queue_push_tail (enumerator->roots, g_strdup (paths[i]));
  }
}

CviEnumerator *
cvi_enumerator_new (const CviEnumeratorOptions *options)
{
  CviEnumerator *enumerator;

  g_return_val_if_fail (options != NULL, NULL);

  enumerator = g_new0 (CviEnumerator, 1);
  enumerator->recursive = options->recursive;
  enumerator->names_only = options->names_only;
  enumerator->interleave = options->interleave;
  enumerator->foreign = options->foreign;
  g_queue_init (&enumerator->trees);
  enumerator->filter = cvi_name_filter_new (
      options->extensions ? options->extensions
                          : cvi_enumerator_default_extensions (),
      options->excludes);
  enumerator->roots = g_queue_new ();
  if (options->paths)
    add_roots (enumerator, options->paths);
  if (options->list_fd >= 0)
    enumerator->list =
        cvi_name_list_new (options->list_fd, options->list_separator);
  return enumerator;
}

void
cvi_enumerator_free (CviEnumerator *enumerator)
{
  if (!enumerator)
    return;
  g_queue_clear_full (&enumerator->trees, (GDestroyNotify)cvi_tree_free);
  g_clear_pointer (&enumerator->list, cvi_name_list_free);
  g_queue_free_full (enumerator->roots, g_free);
  cvi_name_filter_free (enumerator->filter);
  g_free (enumerator);
}

static guint64
device_of_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  struct stat status;

  return stat (folder, &status) < 0 ? 0 : status.st_dev;
}

/* Takes @path. Returns (nullable): a file, or NULL where @path is a folder,
 * whose walk has then begun. */
static CviFile *
begin_root (CviEnumerator *enumerator, char *path)
{
  CviFile *file = NULL;
  CviTree *tree = NULL;
  struct stat status;
  int problem = 0;

  if (enumerator->foreign && enumerator->foreign (path))
    problem = EREMOTE;
  else if (stat (path, &status) < 0)
    problem = errno;
  else if (S_ISDIR (status.st_mode))
    tree = cvi_tree_new (path, enumerator->recursive, enumerator->names_only,
        enumerator->filter, &problem);
  else if (!S_ISREG (status.st_mode))
    problem = ENOTSUP;

  if (tree) {
    g_queue_push_tail (&enumerator->trees, tree);
    g_free (path);
    return NULL;
  }
  file = cvi_file_new (path, &status, problem);
  file->named = TRUE;
  if (problem != EREMOTE)
    file->device = device_of_folder (path);
  return file;
}

/* Returns (nullable): the next name given by the user, NULL at the end. */
static char *
next_root (CviEnumerator *enumerator, int *problem)
{
  char *path = g_queue_pop_head (enumerator->roots);

  *problem = 0;
  if (!path && enumerator->list)
    path = cvi_name_list_next (enumerator->list, problem);
  return path;
}

/* Returns (nullable): the next file of the folders being walked */
static CviFile *
next_met (CviEnumerator *enumerator)
{
  CviTree *tree;

  while ((tree = g_queue_pop_head (&enumerator->trees))) {
    CviFile *file = cvi_tree_next (tree);

    if (file) {
      g_queue_push_tail (&enumerator->trees, tree);
      return file;
    }
    cvi_tree_free (tree);
  }
  return NULL;
}

/* Is the next of the options' paths a folder to be walked beside the others? */
static gboolean
can_join (CviEnumerator *enumerator)
{
  const char *path = g_queue_peek_head (enumerator->roots);
  struct stat status;

  if (!enumerator->interleave || !path ||
      g_queue_is_empty (&enumerator->trees) ||
      enumerator->trees.length >= CVI_ENUMERATOR_MAX_WALKS ||
      stat (path, &status) < 0 || !S_ISDIR (status.st_mode))
    return FALSE;
  for (GList *l = enumerator->trees.head; l; l = l->next) {
    if (cvi_tree_get_device (l->data) == status.st_dev)
      return FALSE;
  }
  return TRUE;
}

CviFile *
cvi_enumerator_next (CviEnumerator *enumerator)
{
  g_return_val_if_fail (enumerator != NULL, NULL);

  while (TRUE) {
    CviFile *file;
    char *path;
    int problem;

    if (!can_join (enumerator) && (file = next_met (enumerator)))
      return file;
    path = next_root (enumerator, &problem);
    if (!path)
      return NULL;
    if (problem) {
      file = cvi_file_new (path, NULL, problem);
      file->named = TRUE;
    } else {
      file = begin_root (enumerator, path);
    }
    if (file)
      return file;
  }
}

gboolean
cvi_enumerator_is_ready (CviEnumerator *enumerator)
{
  g_return_val_if_fail (enumerator != NULL, FALSE);

  return !enumerator->list || !g_queue_is_empty (&enumerator->trees) ||
         !g_queue_is_empty (enumerator->roots) ||
         cvi_name_list_is_ready (enumerator->list);
}
