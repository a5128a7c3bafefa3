/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-enumerator.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "tools/pool/cvi-name-list.h"
#include "tools/pool/cvi-proc.h"

/* Each test has a folder of its own as working directory, so that paths are
 * short and the same everywhere. */
typedef struct {
  char *folder;
  char *old_folder;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->old_folder = g_get_current_dir ();
  fixture->folder = g_dir_make_tmp ("cvi-walk-XXXXXX", NULL);
  g_assert_nonnull (fixture->folder);
  g_assert_cmpint (g_chdir (fixture->folder), ==, 0);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  const char *argv[] = { "rm", "-rf", fixture->folder, NULL };

  g_assert_cmpint (g_chdir (fixture->old_folder), ==, 0);
  g_assert_true (g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH,
      NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (fixture->folder);
  g_free (fixture->old_folder);
}

static void
make_file (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, "12345", 5, NULL));
}

static void
make_link (const char *target, const char *path)
{
  g_assert_cmpint (symlink (target, path), ==, 0);
}

static gint
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* All that comes, sorted and in one string: "path" or "path!errno" in lines. */
static char *
walk (const CviEnumeratorOptions *options)
{
  g_autoptr (CviEnumerator) enumerator = cvi_enumerator_new (options);
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  CviFile *file;

  while ((file = cvi_enumerator_next (enumerator))) {
    if (file->problem) {
      g_assert_cmpuint (file->size, ==, 0);
      g_ptr_array_add (lines,
          g_strdup_printf ("%s!%s", file->path, g_strerror (file->problem)));
    } else {
      g_assert_cmpuint (file->size, ==, 5);
      g_assert_cmpint (
          file->mtime_ns, >, G_GINT64_CONSTANT (1000000000) * 1000000000);
      g_ptr_array_add (lines, g_strdup (file->path));
    }
    cvi_file_free (file);
  }
  /* The end stays the end. */
  g_assert_null (cvi_enumerator_next (enumerator));
  g_ptr_array_sort (lines, compare_strings);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **)lines->pdata);
}

static CviEnumeratorOptions
options_for (const char *const *paths)
{
  return (
      CviEnumeratorOptions){ .paths = paths, .list_fd = -1, .recursive = TRUE };
}

static void
assert_walk (const CviEnumeratorOptions *options, const char *expected)
{
  g_autofree char *seen = walk (options);

  g_assert_cmpstr (seen, ==, expected);
}

#define PATHS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
test_plain (Fixture *fixture, gconstpointer data)
{
  CviEnumeratorOptions options = options_for (PATHS ("lib"));

  make_file ("lib/a.mp4");
  make_file ("lib/B.MKV");
  make_file ("lib/c.txt");
  make_file ("lib/.mp4");
  make_file ("lib/mp4");
  make_file ("lib/two.dots.WebM");
  make_file ("lib/sub.mp4/d.ts");
  make_file ("lib/sub.mp4/deeper/e.m2ts");
  g_assert_cmpint (g_mkdir ("lib/empty", 0700), ==, 0);
  assert_walk (&options, "lib/B.MKV\nlib/a.mp4\nlib/sub.mp4/d.ts\n"
                         "lib/sub.mp4/deeper/e.m2ts\nlib/two.dots.WebM");
  options.recursive = FALSE;
  assert_walk (&options, "lib/B.MKV\nlib/a.mp4\nlib/two.dots.WebM");
  options.paths = PATHS ("lib/empty");
  assert_walk (&options, "");
  options.paths = PATHS ("lib///");
  assert_walk (&options, "lib/B.MKV\nlib/a.mp4\nlib/two.dots.WebM");
  options.extensions = PATHS ("TXT");
  assert_walk (&options, "lib/c.txt");
}

static void
test_default_extensions (void)
{
  g_assert_true (g_strv_contains (cvi_enumerator_default_extensions (), "mp4"));
  g_assert_cmpuint (
      g_strv_length ((char **)cvi_enumerator_default_extensions ()), ==, 26);
}

static void
test_named (Fixture *fixture, gconstpointer data)
{
  CviEnumeratorOptions options = options_for (
      PATHS ("notes.txt", "gone.mp4", "pipe.mp4", "link", "", "notes.txt/x"));
  g_autoptr (CviEnumerator) enumerator = NULL;
  g_autoptr (CviFile) file = NULL;
  g_autofree char *expected = g_strdup_printf (
      "!%s\ngone.mp4!%s\nlink\nnotes.txt\nnotes.txt/x!%s\npipe.mp4!%s",
      g_strerror (ENOENT), g_strerror (ENOENT), g_strerror (ENOTDIR),
      g_strerror (ENOTSUP));

  make_file ("notes.txt");
  make_link ("notes.txt", "link");
  g_assert_cmpint (mkfifo ("pipe.mp4", 0600), ==, 0);
  assert_walk (&options, expected);

  enumerator = cvi_enumerator_new (&options);
  file = cvi_enumerator_next (enumerator);
  g_assert_true (file->named);
  g_assert_null (file->root);
  g_assert_cmpstr (file->path, ==, "notes.txt");
}

static void
test_met (Fixture *fixture, gconstpointer data)
{
  CviEnumeratorOptions options = options_for (PATHS ("."));
  g_autoptr (CviEnumerator) enumerator = NULL;
  g_autoptr (CviFile) file = NULL;

  make_file ("a.mp4");
  /* Met in a folder, these are none of our business. */
  g_assert_cmpint (mkfifo ("pipe.mp4", 0600), ==, 0);
  assert_walk (&options, "./a.mp4");
  enumerator = cvi_enumerator_new (&options);
  file = cvi_enumerator_next (enumerator);
  g_assert_false (file->named);
  g_assert_cmpstr (file->root->path, ==, ".");
}

static void
test_links (Fixture *fixture, gconstpointer data)
{
  CviEnumeratorOptions options = options_for (PATHS ("lib"));
  g_autofree char *absolute =
      g_build_filename (fixture->folder, "lib/sub/b.mp4", NULL);

  make_file ("lib/a.mp4");
  make_file ("lib/sub/b.mp4");
  make_file ("outside.mp4");
  make_file ("library2/c.mp4");
  make_link ("a.mp4", "lib/inside.mp4");
  make_link ("../a.mp4", "lib/sub/up.mp4");
  make_link (absolute, "lib/absolute.mp4");
  make_link ("../outside.mp4", "lib/out.mp4");
  /* Begins like the root's name, but is not below it. */
  make_link ("../library2/c.mp4", "lib/out2.mp4");
  make_link ("dangling.mp4", "lib/nowhere.mp4");
  make_link ("self.mp4", "lib/self.mp4");
  make_link ("..", "lib/sub/loop");
  make_link ("sub", "lib/folder.mp4");
  make_link ("/dev/zero", "lib/device.mp4");
  assert_walk (&options, "lib/a.mp4\nlib/absolute.mp4\nlib/inside.mp4\n"
                         "lib/sub/b.mp4\nlib/sub/up.mp4");
  /* The root itself may be a link. */
  make_link ("lib/sub", "root");
  options.paths = PATHS ("root");
  assert_walk (&options, "root/b.mp4");
}

static void
test_names (Fixture *fixture, gconstpointer data)
{
  CviEnumeratorOptions options = options_for (PATHS ("lib"));

  make_file ("lib/with space.mp4");
  make_file ("lib/with\nnewline.mp4");
  make_file ("lib/-rf.mp4");
  make_file ("lib/latin \xe9.mp4");
  make_file ("lib/bad\xfc/x\xfd.mp4");
  assert_walk (&options, "lib/-rf.mp4\nlib/bad\xfc/x\xfd.mp4\n"
                         "lib/latin \xe9.mp4\nlib/with\nnewline.mp4\n"
                         "lib/with space.mp4");
}

static void
test_excludes (Fixture *fixture, gconstpointer data)
{
  CviEnumeratorOptions options = options_for (PATHS ("lib"));

  make_file ("lib/a.mp4");
  make_file ("lib/a-trailer.mp4");
  make_file ("lib/trash/b.mp4");
  make_file ("lib/keep/trash.mp4");
  make_file ("lib/keep/c.mp4");
  make_file ("lib/x\xfc");
  options.excludes = PATHS ("*-trailer.*", "trash", "lib/keep/c*", "????\xfc");
  assert_walk (&options, "lib/a.mp4\nlib/keep/trash.mp4");
  /* What is named is not excluded. */
  options.paths = PATHS ("lib/a-trailer.mp4", "lib/trash");
  assert_walk (&options, "lib/a-trailer.mp4\nlib/trash/b.mp4");
}

static void
test_overlaps (Fixture *fixture, gconstpointer data)
{
  CviEnumeratorOptions options =
      options_for (PATHS ("lib/sub", "lib", "./lib/", "lib/sub/deep", "link"));

  make_file ("lib/a.mp4");
  make_file ("lib/sub/b.mp4");
  make_file ("lib/sub/deep/c.mp4");
  make_link ("lib/sub", "link");
  assert_walk (&options, "lib/a.mp4\nlib/sub/b.mp4\nlib/sub/deep/c.mp4");
  /* Not covered where the walk does not get to. */
  options.paths = PATHS ("lib", "lib/sub/deep");
  options.excludes = PATHS ("sub");
  assert_walk (&options, "lib/a.mp4\nlib/sub/deep/c.mp4");
  options.excludes = NULL;
  options.recursive = FALSE;
  assert_walk (&options, "lib/a.mp4\nlib/sub/deep/c.mp4");
}

static void
test_unreadable (Fixture *fixture, gconstpointer data)
{
  CviEnumeratorOptions options = options_for (PATHS ("lib"));
  g_autofree char *expected =
      g_strdup_printf ("lib/closed!%s\nlib/z.mp4", g_strerror (EACCES));

  make_file ("lib/closed/a.mp4");
  make_file ("lib/z.mp4");
  if (geteuid () == 0) {
    g_test_skip ("root may read everything");
    return;
  }
  g_assert_cmpint (g_chmod ("lib/closed", 0), ==, 0);
  assert_walk (&options, expected);
  g_assert_cmpint (g_chmod ("lib/closed", 0700), ==, 0);
}

/* Makes @n folders, each in the one before, with a file in the first and in
 * the last. */
static void
make_deep (const char *name, guint n)
{
  int at = open (".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  for (guint i = 0; i < n; i++) {
    int below;

    g_assert_cmpint (mkdirat (at, name, 0700), ==, 0);
    below = openat (at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_assert_cmpint (below, >=, 0);
    close (at);
    at = below;
    if (i == 0 || i == n - 1) {
      int fd = openat (at, "f.mp4", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

      g_assert_cmpint (write (fd, "12345", 5), ==, 5);
      close (fd);
    }
  }
  close (at);
}

/* What is too deep is told, not passed over. */
static void
assert_deep (const char *name, guint n, guint n_files, int problem)
{
  CviEnumeratorOptions options = options_for (PATHS (name));
  g_autoptr (CviEnumerator) enumerator = NULL;
  guint n_good = 0, n_problems = 0;
  CviFile *file;

  make_deep (name, n);
  enumerator = cvi_enumerator_new (&options);
  while ((file = cvi_enumerator_next (enumerator))) {
    if (file->problem) {
      g_assert_cmpint (file->problem, ==, problem);
      n_problems++;
    } else {
      n_good++;
    }
    cvi_file_free (file);
  }
  g_assert_cmpuint (n_good, ==, n_files);
  g_assert_cmpuint (n_problems, ==, problem ? 1 : 0);
}

static void
test_deep (Fixture *fixture, gconstpointer data)
{
  g_autofree char *name = g_strnfill (200, 'n');

  assert_deep ("a", CVI_ENUMERATOR_MAX_DEPTH, 2, 0);
  assert_deep ("b", CVI_ENUMERATOR_MAX_DEPTH + 1, 1, ENAMETOOLONG);
  assert_deep ("c", 3000, 1, ENAMETOOLONG);
  /* Longer than PATH_MAX in all. */
  assert_deep (name, 40, 1, ENAMETOOLONG);
}

static int
list_of (const char *text, gsize size)
{
  int fd;

  g_assert_true (g_file_set_contents ("list", text, (gssize)size, NULL));
  fd = open ("list", O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static void
assert_list (const char *text, gsize size, char separator, const char *expected)
{
  CviEnumeratorOptions options = options_for (PATHS ("first.mp4"));

  options.list_fd = list_of (text, size);
  options.list_separator = separator;
  assert_walk (&options, expected);
  /* It stays the caller's. */
  g_assert_cmpint (close (options.list_fd), ==, 0);
}

static void
test_list (Fixture *fixture, gconstpointer data)
{
  static const char lines[] = "lib/a.mp4\n\nlib/sub\nlib/notes.txt";
  static const char nuls[] = "lib/a.mp4\0lib/two\nlines.mp4\0\0lib/sub\0";
  static const char mixed[] = "lib/a.mp4\0x\nlib/a.mp4\n";
  g_autofree char *invalid = g_strdup_printf (
      "first.mp4\nlib/a.mp4\nlib/a.mp4!%s", g_strerror (EINVAL));

  make_file ("first.mp4");
  make_file ("lib/a.mp4");
  make_file ("lib/two\nlines.mp4");
  make_file ("lib/notes.txt");
  make_file ("lib/sub/b.mp4");
  assert_list (lines, sizeof lines - 1, '\n',
      "first.mp4\nlib/a.mp4\nlib/notes.txt\nlib/sub/b.mp4");
  assert_list (nuls, sizeof nuls - 1, '\0',
      "first.mp4\nlib/a.mp4\nlib/sub/b.mp4\nlib/two\nlines.mp4");
  assert_list ("", 0, '\n', "first.mp4");
  /* A NUL in a line must not turn it into another name. */
  assert_list (mixed, sizeof mixed - 1, '\n', invalid);
}

static void
test_list_long_name (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *name = NULL;
  CviNameList *list;
  int problem, fd;

  for (guint i = 0; i < 200000; i++)
    g_string_append_c (text, 'x');
  g_string_append (text, "\nnext");
  fd = list_of (text->str, text->len);
  list = cvi_name_list_new (fd, '\n');
  name = cvi_name_list_next (list, &problem);
  g_assert_cmpint (problem, ==, ENAMETOOLONG);
  g_assert_cmpuint (strlen (name), ==, CVI_NAME_LIST_MAX_NAME);
  g_free (name);
  name = cvi_name_list_next (list, &problem);
  g_assert_cmpint (problem, ==, 0);
  g_assert_cmpstr (name, ==, "next");
  g_assert_null (cvi_name_list_next (list, &problem));
  cvi_name_list_free (list);
  close (fd);
}

/* A list that fails must not look like one that has ended. */
static void
test_list_broken (Fixture *fixture, gconstpointer data)
{
  int fd = open (".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  CviEnumeratorOptions options = options_for (NULL);
  g_autofree char *expected =
      g_strdup_printf ("/dev/fd/%d!%s", fd, g_strerror (EISDIR));

  options.list_fd = fd;
  options.list_separator = '\n';
  assert_walk (&options, expected);
  close (fd);
}

/* Freed memory stays with the address sanitizer. */
static gboolean
can_measure_memory (void)
{
#ifdef __SANITIZE_ADDRESS__
  return FALSE;
#else
  return TRUE;
#endif
}

#define N_WIDE 50000

static void
take (CviEnumerator *enumerator, const char *path)
{
  g_autoptr (CviFile) file = cvi_enumerator_next (enumerator);

  g_assert_cmpstr (file ? file->path : NULL, ==, path);
}

/* Whether there is a next name without waiting for the list's writer. */
static void
test_list_ready (Fixture *fixture, gconstpointer data)
{
  CviEnumeratorOptions options = options_for (PATHS ("first"));
  g_autoptr (CviEnumerator) enumerator = NULL;
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  options.list_fd = fds[0];
  options.list_separator = '\n';
  enumerator = cvi_enumerator_new (&options);
  g_assert_true (cvi_enumerator_is_ready (enumerator));
  take (enumerator, "first");
  g_assert_false (cvi_enumerator_is_ready (enumerator));
  g_assert_cmpint (write (fds[1], "a\nb\n\n\nc", 7), ==, 7);
  g_assert_true (cvi_enumerator_is_ready (enumerator));
  take (enumerator, "a");
  g_assert_true (cvi_enumerator_is_ready (enumerator));
  take (enumerator, "b");
  /* empty names and half of one */
  g_assert_false (cvi_enumerator_is_ready (enumerator));
  g_assert_cmpint (close (fds[1]), ==, 0);
  g_assert_true (cvi_enumerator_is_ready (enumerator));
  take (enumerator, "c");
  take (enumerator, NULL);
  g_assert_true (cvi_enumerator_is_ready (enumerator));
  g_assert_cmpint (close (fds[0]), ==, 0);
}

/* Files in order of inode, and before what is in sub-folders. */
static void
test_order (Fixture *fixture, gconstpointer data)
{
  static const char *const paths[] = { "d", NULL };
  CviEnumeratorOptions options = { paths, -1, '\n', TRUE, NULL, NULL };
  g_autoptr (CviEnumerator) enumerator = NULL;
  CviFile *file;
  ino_t last = 0;
  guint n = 0;

  make_file ("d/sub/last.mp4");
  for (guint i = 0; i < 200; i++) {
    g_autofree char *path = g_strdup_printf ("d/%u.mp4", i * 7919 % 1009);

    make_file (path);
  }
  enumerator = cvi_enumerator_new (&options);
  while ((file = cvi_enumerator_next (enumerator))) {
    struct stat status;

    g_assert_cmpint (stat (file->path, &status), ==, 0);
    g_assert_cmpint (g_str_equal (file->path, "d/sub/last.mp4"), ==, n == 200);
    g_assert_true (n == 200 || status.st_ino > last);
    last = status.st_ino;
    n++;
    cvi_file_free (file);
  }
  g_assert_cmpuint (n, ==, 201);
}

/* Folders on two devices, a file of each in turn. */
static void
test_interleave (Fixture *fixture, gconstpointer data)
{
  g_autofree char *other = g_strdup ("/dev/shm/cvi-walk-XXXXXX");
  const char *paths[] = { "d", NULL, "d2", NULL };
  CviEnumeratorOptions options = { paths, -1, '\n', TRUE, NULL, NULL, FALSE,
    TRUE };
  const char *argv[] = { "rm", "-rf", other, NULL };
  g_autoptr (CviEnumerator) enumerator = NULL;
  g_autoptr (GString) order = g_string_new (NULL);
  struct stat one, two;
  CviFile *file;

  if (stat (".", &one) < 0 || stat ("/dev/shm", &two) < 0 ||
      one.st_dev == two.st_dev || !g_mkdtemp (other)) {
    g_test_skip ("no two devices");
    return;
  }
  paths[1] = other;
  for (guint i = 0; i < 3; i++) {
    g_autofree char *here = g_strdup_printf ("d/%u.mp4", i);
    g_autofree char *there = g_strdup_printf ("%s/%u.mp4", other, i);

    make_file (here);
    make_file (there);
  }
  make_file ("d2/last.mp4");
  enumerator = cvi_enumerator_new (&options);
  while ((file = cvi_enumerator_next (enumerator))) {
    g_string_append (order, g_str_has_prefix (file->path, "d/")    ? "1"
                            : g_str_has_prefix (file->path, "d2/") ? "3"
                                                                   : "2");
    cvi_file_free (file);
  }
  g_assert_true (g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH,
      NULL, NULL, NULL, NULL, NULL, NULL));
  /* The third is on the device of the first. */
  g_assert_cmpstr (order->str, ==, "1212123");
}

/* Counting finds the same files. */
static void
test_names_only (Fixture *fixture, gconstpointer data)
{
  static const char *const paths[] = { "d", "d/named.txt", NULL };
  CviEnumeratorOptions options = { paths, -1, '\n', TRUE, NULL, NULL, TRUE };
  g_autoptr (CviEnumerator) enumerator = NULL;
  g_autoptr (GString) all = g_string_new (NULL);
  CviFile *file;

  make_file ("d/a.mp4");
  make_file ("d/named.txt");
  make_link ("a.mp4", "d/link.mp4");
  make_link ("/dev/null", "d/null.mp4");
  make_file ("d/sub/b.mp4");
  enumerator = cvi_enumerator_new (&options);
  while ((file = cvi_enumerator_next (enumerator))) {
    g_assert_cmpint (file->problem, ==, 0);
    g_string_append_printf (all, "%s ", strrchr (file->path, '/') + 1);
    cvi_file_free (file);
  }
  g_assert_nonnull (strstr (all->str, "a.mp4 "));
  g_assert_nonnull (strstr (all->str, "link.mp4 "));
  g_assert_nonnull (strstr (all->str, "b.mp4 named.txt "));
  g_assert_cmpuint (all->len, ==, strlen ("a.mp4 link.mp4 b.mp4 named.txt "));
}

static void
test_wide (Fixture *fixture, gconstpointer data)
{
  CviEnumeratorOptions options = options_for (PATHS ("."));
  g_autoptr (CviEnumerator) enumerator = NULL;
  g_autofree char *padding = g_strnfill (200, 'n');
  guint64 before, after;
  CviFile *file;
  guint n = 0;

  for (guint i = 0; i < N_WIDE; i++) {
    g_autofree char *name = g_strdup_printf ("%s%u.mp4", padding, i);
    int fd = open (name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    g_assert_cmpint (fd, >=, 0);
    close (fd);
  }
  enumerator = cvi_enumerator_new (&options);
  before = cvi_proc_rss (getpid ());
  while ((file = cvi_enumerator_next (enumerator))) {
    g_assert_cmpint (file->problem, ==, 0);
    cvi_file_free (file);
    n++;
  }
  after = cvi_proc_rss (getpid ());
  g_assert_cmpuint (n, ==, N_WIDE);
  g_assert_cmpuint (before, >, 0);
  /* The names alone are 10 MiB. */
  if (can_measure_memory ())
    g_assert_cmpuint (after, <, before + 4 * 1024 * 1024);
}

#define ADD(path, function)                                                    \
  g_test_add ("/enumerator/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/enumerator/default-extensions", test_default_extensions);
  ADD ("plain", test_plain);
  ADD ("named", test_named);
  ADD ("met", test_met);
  ADD ("links", test_links);
  ADD ("names", test_names);
  ADD ("excludes", test_excludes);
  ADD ("overlaps", test_overlaps);
  ADD ("unreadable", test_unreadable);
  ADD ("deep", test_deep);
  ADD ("list", test_list);
  ADD ("list/long-name", test_list_long_name);
  ADD ("list/broken", test_list_broken);
  ADD ("list/ready", test_list_ready);
  ADD ("wide", test_wide);
  ADD ("order", test_order);
  ADD ("names-only", test_names_only);
  ADD ("interleave", test_interleave);
  return g_test_run ();
}
