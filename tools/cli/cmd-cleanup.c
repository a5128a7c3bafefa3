/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>

#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-missing.h"
#include "tools/cli/cvi-open-store.h"
#include "tools/cli/cvi-say.h"
#include "tools/report/cvi-display.h"

/* @removed: paths; @root_of: of each its root, owned by @missing
 * @there: roots of which a file is there; @away: roots of files that cannot be
 *   seen, with their number */
typedef struct {
  CviMissing *missing;
  GPtrArray *removed;
  GPtrArray *root_of;
  GHashTable *there;
  GHashTable *away;
} Search;

static void
count_away (Search *search, const char *root)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (search->away, root));

  g_hash_table_insert (search->away, (gpointer)root, GUINT_TO_POINTER (n + 1));
}

static gboolean
look_at_file (const CviStoreEntry *entry, gpointer user_data)
{
  Search *search = user_data;
  const char *root;

  switch (cvi_missing_look (search->missing, entry->path, &root)) {
    case CVI_MISSING_THERE:
      g_hash_table_add (search->there, (gpointer)root);
      break;
    case CVI_MISSING_REMOVED:
      g_ptr_array_add (search->removed, g_strdup (entry->path));
      g_ptr_array_add (search->root_of, (gpointer)root);
      break;
    case CVI_MISSING_AWAY:
      count_away (search, root);
      break;
  }
  return TRUE;
}

/* Where not one file of a root is there, its disk may not be either. */
static void
keep_whole_roots (Search *search)
{
  for (guint i = search->removed->len; i-- > 0;) {
    const char *root = g_ptr_array_index (search->root_of, i);

    if (g_hash_table_contains (search->there, root))
      continue;
    count_away (search, root);
    g_ptr_array_remove_index (search->removed, i);
  }
}

static void
tell_away (Search *search)
{
  GHashTableIter iter;
  gpointer root, n;

  g_hash_table_iter_init (&iter, search->away);
  while (g_hash_table_iter_next (&iter, &root, &n))
    cvi_say (
        "cleanup: kept the results of %u files below %s: none of its files "
        "can be seen, or they stand in an empty folder, as when a disk is "
        "not mounted",
        GPOINTER_TO_UINT (n), (const char *)root);
}

static void
tell_removed (Search *search)
{
  for (guint i = 0; i < search->removed->len; i++) {
    g_autofree char *name =
        cvi_display_name (g_ptr_array_index (search->removed, i));

    printf ("missing: %s\n", name);
  }
}

static gboolean
remove_missing (
    CviStore *store, gboolean dry_run, CviStoreRemoved *total, GError **error)
{
  g_autoptr (GPtrArray) scans = cvi_store_list_scans (store, 0, error);
  g_autoptr (CviMissing) missing = NULL;
  g_autoptr (GPtrArray) removed = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) root_of = g_ptr_array_new ();
  g_autoptr (GHashTable) there = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) away = g_hash_table_new (g_str_hash, g_str_equal);
  Search search = { NULL, removed, root_of, there, away };

  if (!scans)
    return FALSE;
  search.missing = missing = cvi_missing_new (scans);
  if (!cvi_store_foreach_file (store, look_at_file, &search, error))
    return FALSE;
  keep_whole_roots (&search);
  tell_away (&search);
  tell_removed (&search);
  if (dry_run) {
    total->n_files += removed->len;
    return TRUE;
  }
  g_ptr_array_add (removed, NULL);
  return cvi_store_remove_files (
      store, (const char *const *)removed->pdata, total, error);
}

static gboolean
remove_old (CviSettings *settings, CviStore *store, gboolean dry_run,
    CviStoreRemoved *removed, GError **error)
{
  guint64 age = cvi_settings_get_count (settings, CVI_SETTING_OLDER_THAN);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  if (age == G_MAXUINT64)
    return TRUE;
  if (!cvi_store_remove_old (store, now - (gint64)MIN (age, (guint64)now),
          cvi_settings_get_flag (settings, CVI_SETTING_CLEAN_ALL), dry_run,
          removed, error))
    return FALSE;
  if (removed->n_newest > 0)
    cvi_say ("cleanup: kept %" G_GUINT64_FORMAT
             " results of that age that are the newest of their file (--all "
             "removes them too; the next scan checks these files again)",
        removed->n_newest);
  return TRUE;
}

static void
make_smaller (CviStore *store)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) size = g_string_new (NULL);
  guint64 freed;

  /* Unused space is no harm: later results fill it. */
  if (!cvi_store_compact (store, &freed, &error)) {
    cvi_say (
        "cleanup: the store's file is as large as before: %s", error->message);
    return;
  }
  if (freed == 0)
    return;
  cvi_display_append_size (size, freed);
  printf ("the store's file is %s smaller\n", size->str);
}

static gboolean
clean_up (CviSettings *settings, GError **error)
{
  gboolean dry_run =
      cvi_settings_get_flag (settings, CVI_SETTING_CLEAN_DRY_RUN);
  gboolean missing = cvi_settings_get_flag (settings, CVI_SETTING_MISSING);
  CviStoreRemoved removed = { 0 };
  g_autoptr (CviStore) store = NULL;

  if (!missing && cvi_settings_get_count (settings, CVI_SETTING_OLDER_THAN) ==
                      G_MAXUINT64) {
    g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "nothing to do: say --older-than AGE (such as 90d), --missing or both");
    return FALSE;
  }
  store = cvi_open_store_to_change (settings, error);
  if (!store || !remove_old (settings, store, dry_run, &removed, error))
    return FALSE;
  if (missing && !remove_missing (store, dry_run, &removed, error))
    return FALSE;
  printf ("%s %" G_GUINT64_FORMAT " results, %" G_GUINT64_FORMAT
          " files with all their results, %" G_GUINT64_FORMAT " scans\n",
      dry_run ? "would remove" : "removed", removed.n_results, removed.n_files,
      removed.n_scans);
  if (!dry_run)
    make_smaller (store);
  return cvi_store_close (g_steal_pointer (&store), error);
}

static int
run_cleanup (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (
      CVI_FOR_CLEANUP, NULL, cvi_command_cleanup.summary, argv, &error);

  if (settings && clean_up (settings, &error))
    return cvi_close_stdout ();
  cvi_say ("cleanup: %s", error->message);
  return CVI_EXIT_USAGE;
}

const CviCommand cvi_command_cleanup = {
  .name = "cleanup",
  .summary = "Remove old results, and those of files that are gone",
  .run = run_cleanup,
};
