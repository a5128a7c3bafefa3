/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What workers may read, and that a file gets a worker that may read it. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "tools/pool/cvi-pool.h"
#include "tools/pool/cvi-file.h"
#include "tools/pool/cvi-roots.h"

/* scratch/a/1 scratch/a/2 scratch/b/1 scratch/b/deep/1, scratch/link -> b/1 */
static char *scratch;
static const char *const folders[] = { "a", "b", "b/deep", NULL };
static const char *const files[] = { "a/1", "a/2", "b/1", "b/deep/1", NULL };

static char *
at (const char *name)
{
  return g_build_filename (scratch, name, NULL);
}

static CviFile *
new_file (const char *name, const char *root)
{
  CviFile *file = g_new0 (CviFile, 1);
  struct stat unused = { 0 };

  file->path = at (name);
  if (root) {
    g_autofree char *path = at (root);

    file->root = cvi_root_new (path, &unused);
  }
  file->named = root == NULL;
  return file;
}

static gboolean
covers (CviRoots *roots, const char *name, const char *root)
{
  g_autoptr (CviFile) file = new_file (name, root);

  return cvi_roots_cover (cvi_roots_get (roots), file);
}

static void
admit (CviRoots *roots, const char *name, const char *root)
{
  g_autoptr (CviFile) file = new_file (name, root);

  cvi_roots_admit (roots, file);
}

static void
test_given (void)
{
  g_autofree char *a = at ("a");
  g_autofree char *file = at ("b/1");
  g_autofree char *missing = at ("missing");
  const char *const paths[] = { a, file, missing, NULL };
  g_autoptr (CviRoots) roots = cvi_roots_new (paths);
  GHashTable *before = cvi_roots_get (roots);

  g_assert_cmpuint (g_hash_table_size (before), ==, 2);
  g_assert_true (covers (roots, "a/1", "a"));
  g_assert_true (covers (roots, "a/1", NULL));
  g_assert_true (covers (roots, "b/1", NULL));
  g_assert_true (covers (roots, "link", NULL));
  g_assert_false (covers (roots, "b/deep/1", NULL));
  g_assert_false (covers (roots, "b/1", "b"));
  /* its worker will say that it is gone */
  g_assert_true (covers (roots, "missing", NULL));
  /* a name that only begins like a root */
  g_assert_false (covers (roots, "a-more", NULL));
  admit (roots, "a/2", "a");
  admit (roots, "b/1", NULL);
  g_assert_true (cvi_roots_get (roots) == before);
}

static void
test_whole_system (void)
{
  const char *const paths[] = { "/", NULL };
  g_autoptr (CviRoots) roots = cvi_roots_new (paths);

  g_assert_true (covers (roots, "a/1", NULL));
  g_assert_true (covers (roots, "b/deep/1", "b"));
}

static void
test_admitted (void)
{
  g_autoptr (CviRoots) roots = cvi_roots_new (NULL);
  g_autoptr (GHashTable) before = g_hash_table_ref (cvi_roots_get (roots));
  g_autofree char *b = at ("b");

  g_assert_false (covers (roots, "a/1", NULL));
  admit (roots, "a/1", NULL);
  g_assert_true (covers (roots, "a/1", NULL));
  g_assert_true (covers (roots, "a/2", NULL));
  g_assert_false (covers (roots, "b/1", NULL));
  /* a worker's set does not change */
  g_assert_cmpuint (g_hash_table_size (before), ==, 0);
  /* the whole of a named folder at once, a link's folder is not enough */
  admit (roots, "b/deep/1", "b");
  g_assert_true (covers (roots, "b/1", NULL));
  g_assert_true (covers (roots, "link", NULL));
  g_assert_true (g_hash_table_contains (cvi_roots_get (roots), b));
}

/* Lists of any length: the set stays small and keeps what was given. */
static void
test_many (void)
{
  g_autofree char *a = at ("a");
  const char *const paths[] = { a, NULL };
  g_autoptr (CviRoots) roots = cvi_roots_new (paths);

  for (guint i = 0; i < 600; i++) {
    g_autofree char *name = g_strdup_printf ("many-%u", i);
    g_autofree char *folder = at (name);

    g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
    admit (roots, name, name);
    g_assert_true (covers (roots, name, name));
    g_assert_true (covers (roots, "a/1", NULL));
    g_assert_cmpuint (g_hash_table_size (cvi_roots_get (roots)), <=, 257);
    g_rmdir (folder);
  }
}

typedef struct {
  const char *const *names;
  const char *root;
  guint n_healthy;
  guint n_unreadable;
} Supply;

static CviFile *
next (gpointer user_data)
{
  Supply *supply = user_data;

  return *supply->names ? new_file (*supply->names++, supply->root) : NULL;
}

static void
done (CviResult *result, gpointer user_data)
{
  Supply *supply = user_data;

  if (result->verdict == CVI_VERDICT_HEALTHY)
    supply->n_healthy++;
  if (result->verdict == CVI_VERDICT_UNREADABLE)
    supply->n_unreadable++;
  cvi_result_free (result);
}

/* Of the next pool: (nullable) */
static gboolean (*ready) (gpointer user_data);

/* Returns: how many workers were started */
static guint
run (Supply *supply, const char *worker, const char *sandbox, guint n_workers,
    GError **error)
{
  const CviPoolCallbacks callbacks = {
    .next = next, .done = done, .ready = ready
  };
  g_autofree char *registry = at ("registry.bin");
  const CviPoolConfig config = { .worker = worker,
    .registry = registry,
    .n_workers = n_workers,
    .mode = CVI_MODE_DEEP,
    .hw = "off",
    .sandbox = sandbox };
  g_autoptr (CviPool) pool = cvi_pool_new (&config, &callbacks, supply);
  guint n_started;

  cvi_pool_run (pool, error);
  n_started = cvi_pool_get_n_started (pool);
  g_unlink (registry);
  return n_started;
}

/* The fake worker answers for a file "guarded" as a sandbox would. */
static void
test_workers (void)
{
  static const char *const names[] = { "a/guarded-1", "a/guarded-2",
    "b/guarded-1", "a/guarded-3", "b/deep/guarded-1", "link-guarded", NULL };
  const char *worker = g_getenv ("FAKE_WORKER");
  g_autoptr (GError) error = NULL;
  Supply supply = { .names = names };

  /* a, then b too, with deep in it; the link leads to a. */
  g_assert_cmpuint (run (&supply, worker, "auto", 1, &error), ==, 2);
  g_assert_no_error (error);
  g_assert_cmpuint (supply.n_healthy, ==, 6);

  supply = (Supply){ .names = names };
  g_assert_cmpuint (run (&supply, worker, "require", 3, &error), <=, 6);
  g_assert_no_error (error);
  g_assert_cmpuint (supply.n_healthy, ==, 6);

  /* without a sandbox any worker will do */
  supply = (Supply){ .names = names };
  g_assert_cmpuint (run (&supply, worker, "off", 1, &error), ==, 1);
  g_assert_no_error (error);
  g_assert_cmpuint (supply.n_unreadable, >, 0);
}

static gboolean
always (gpointer user_data)
{
  return TRUE;
}

/* Where the supply does not wait, one worker does for what is to come. */
static void
test_ahead (void)
{
  static const char *const names[] = { "a/guarded-1", "b/guarded-1",
    "b/deep/guarded-1", "link-guarded", "missing", "a/guarded-2", NULL };
  g_autoptr (GError) error = NULL;
  Supply supply = { .names = names };

  ready = always;
  g_assert_cmpuint (
      run (&supply, g_getenv ("FAKE_WORKER"), "auto", 1, &error), ==, 1);
  ready = NULL;
  g_assert_no_error (error);
  g_assert_cmpuint (supply.n_healthy, ==, 6);
}

/* A file that its worker leaves goes to one that is new. */
static void
test_leaver (void)
{
  static const char *const names[] = { "a/1", "a/2", "a/1", "a/2", "a/leaver",
    "a/1", NULL };
  g_autofree char *path = at ("a/leaver");
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "x", 1, NULL));
  for (guint n_workers = 1; n_workers <= 3; n_workers++) {
    Supply supply = { .names = names };

    run (&supply, g_getenv ("FAKE_WORKER"), "auto", n_workers, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (supply.n_healthy, ==, 6);
  }
}

static void
test_required (void)
{
  static const char *const names[] = { "a/1", "a/2", NULL };
  g_autofree char *bare = at ("bare");
  g_autoptr (GError) error = NULL;
  Supply supply = { .names = names };

  g_assert_cmpint (symlink (g_getenv ("FAKE_WORKER"), bare), ==, 0);
  run (&supply, bare, "require", 1, &error);
  g_assert_error (error, CVI_POOL_ERROR, CVI_POOL_ERROR_SANDBOX);
  g_assert_nonnull (strstr (error->message, "a wall, a door"));
  g_assert_cmpuint (supply.n_healthy + supply.n_unreadable, ==, 0);

  g_clear_error (&error);
  supply.names = names;
  run (&supply, bare, "auto", 1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (supply.n_healthy, ==, 2);
  g_unlink (bare);
}

static void
make_files (void)
{
  static const char *const more[] = { "a/guarded-1", "a/guarded-2",
    "a/guarded-3", "b/guarded-1", "b/deep/guarded-1", "a-more", NULL };
  g_autofree char *link = at ("link");
  g_autofree char *guarded = at ("link-guarded");

  for (guint i = 0; folders[i]; i++) {
    g_autofree char *path = at (folders[i]);

    g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  }
  for (guint k = 0; k < 2; k++) {
    for (const char *const *name = k ? more : files; *name; name++) {
      g_autofree char *path = at (*name);

      g_assert_true (g_file_set_contents (path, "x", 1, NULL));
    }
  }
  g_assert_cmpint (symlink ("b/1", link), ==, 0);
  g_assert_cmpint (symlink ("a/guarded-1", guarded), ==, 0);
}

static void
remove_below (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *below = g_build_filename (path, name, NULL);

    if (!g_file_test (below, G_FILE_TEST_IS_SYMLINK) &&
        g_file_test (below, G_FILE_TEST_IS_DIR))
      remove_below (below);
    else
      g_unlink (below);
  }
  g_rmdir (path);
}

int
main (int argc, char **argv)
{
  g_autofree char *made = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  made = g_dir_make_tmp ("cvi-roots-XXXXXX", NULL);
  g_assert_nonnull (made);
  scratch = realpath (made, NULL);
  make_files ();
  g_test_add_func ("/roots/given", test_given);
  g_test_add_func ("/roots/whole-system", test_whole_system);
  g_test_add_func ("/roots/admitted", test_admitted);
  g_test_add_func ("/roots/many", test_many);
  g_test_add_func ("/roots/workers", test_workers);
  g_test_add_func ("/roots/ahead", test_ahead);
  g_test_add_func ("/roots/leaver", test_leaver);
  g_test_add_func ("/roots/required", test_required);
  status = g_test_run ();
  remove_below (scratch);
  g_free (scratch);
  return status;
}
