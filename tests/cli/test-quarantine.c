/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Moves into a quarantine and back, with each step failing in turn. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "tests/cli/faults.h"
#include "tools/cli/cvi-quarantine.h"

#define CONTENT "what the file says, every byte of it\n"
#define ATTRIBUTE "user.cvi-test"
#define MTIME_NS 123456789
#define ATIME_NS 987654321
/* More than any move has. */
#define MAX_STEPS 200

/* @kept: where the quarantine has the file */
typedef struct {
  char *folder;
  char *quarantine;
  char *path;
  char *kept;
  gboolean attributes;
  struct stat before;
  struct stat folder_before;
} Place;

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    if (g_file_test (child, G_FILE_TEST_IS_DIR))
      remove_tree (child);
    else
      g_unlink (child);
  }
  g_rmdir (path);
}

/* A time of last reading that is newer than all others is left alone when the
 * test itself reads (relatime). */
static void
set_times (const char *path)
{
  struct timespec times[2] = { { time (NULL) + 3600, ATIME_NS },
    { 1000000000, MTIME_NS } };

  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
}

/* GLib's own way would write it to the disk, thousands of times. */
static void
put_file (const char *path, const char *text)
{
  g_assert_true (g_file_set_contents_full (
      path, text, -1, G_FILE_SET_CONTENTS_NONE, 0666, NULL));
}

static void
place_set_up (Place *place)
{
  g_autofree char *videos = NULL;

  faults_set (0, 0, RENAME_PLAIN);
  place->folder = g_dir_make_tmp ("cvi-quarantine-XXXXXX", NULL);
  videos = g_build_filename (place->folder, "videos", NULL);
  place->quarantine = g_build_filename (place->folder, "bad", NULL);
  place->path = g_build_filename (videos, "film\xff.mkv", NULL);
  place->kept = g_build_filename (place->quarantine, place->path, NULL);
  g_assert_cmpint (g_mkdir (videos, 0755), ==, 0);
  put_file (place->path, CONTENT);
  g_assert_cmpint (g_chmod (place->path, 0640), ==, 0);
  place->attributes =
      setxattr (place->path, ATTRIBUTE, "yes", 3, XATTR_CREATE) == 0;
  set_times (place->path);
  set_times (videos);
  g_assert_cmpint (stat (place->path, &place->before), ==, 0);
  g_assert_cmpint (stat (videos, &place->folder_before), ==, 0);
}

static void
place_tear_down (Place *place)
{
  remove_tree (place->folder);
  g_free (place->folder);
  g_free (place->quarantine);
  g_free (place->path);
  g_free (place->kept);
}

static gint64
mtime_of (const struct stat *st)
{
  return (gint64)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static CviQuarantineResult
add (CviQuarantine *quarantine, const Place *place, GError **error)
{
  return cvi_quarantine_add (quarantine, place->path,
      (guint64)place->before.st_size, mtime_of (&place->before),
      "decode::error", error);
}

static CviQuarantineResult
undo (CviQuarantine *quarantine, GError **error)
{
  g_autoptr (GPtrArray) kept = cvi_quarantine_list (quarantine);

  if (kept->len == 0)
    return CVI_QUARANTINE_GONE;
  g_assert_cmpuint (kept->len, ==, 1);
  return cvi_quarantine_undo (quarantine, g_ptr_array_index (kept, 0), error);
}

static CviQuarantine *
open_quarantine (const Place *place)
{
  g_autoptr (GError) error = NULL;
  CviQuarantine *quarantine =
      cvi_quarantine_open (place->quarantine, FALSE, &error);

  g_assert_no_error (error);
  return quarantine;
}

static gboolean
is_whole (const char *path)
{
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) &&
         g_str_equal (text, CONTENT);
}

/* Is a file that begins or ends like this anywhere below @folder? */
static gboolean
has_part (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *child = g_build_filename (folder, name, NULL);

    if (g_str_has_suffix (name, ".part") ||
        (g_file_test (child, G_FILE_TEST_IS_DIR) && has_part (child)))
      return TRUE;
  }
  return FALSE;
}

/* Content, permissions, times, attributes, and the folder's time. */
static void
assert_as_before (const Place *place, gboolean folder_too)
{
  g_autofree char *videos = g_path_get_dirname (place->path);
  struct stat now;
  char value[8];

  g_assert_cmpint (stat (place->path, &now), ==, 0);
  g_assert_true (is_whole (place->path));
  g_assert_cmpuint (now.st_mode, ==, place->before.st_mode);
  g_assert_cmpuint (now.st_uid, ==, place->before.st_uid);
  g_assert_cmpint (mtime_of (&now), ==, mtime_of (&place->before));
  g_assert_cmpint (now.st_atim.tv_sec, ==, place->before.st_atim.tv_sec);
  g_assert_cmpint (now.st_atim.tv_nsec, ==, place->before.st_atim.tv_nsec);
  if (place->attributes)
    g_assert_cmpint (
        getxattr (place->path, ATTRIBUTE, value, sizeof value), ==, 3);
  g_assert_false (g_file_test (place->kept, G_FILE_TEST_EXISTS));
  if (!folder_too)
    return;
  g_assert_cmpint (stat (videos, &now), ==, 0);
  g_assert_cmpint (mtime_of (&now), ==, mtime_of (&place->folder_before));
}

static void
test_round_trip (gconstpointer data)
{
  Place place;
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = NULL;

  place_set_up (&place);
  faults_set (0, 0, GPOINTER_TO_UINT (data));
  for (guint i = 0; i < 2; i++) {
    CviQuarantine *quarantine = open_quarantine (&place);

    g_assert_cmpint (
        add (quarantine, &place, &error), ==, CVI_QUARANTINE_MOVED);
    g_assert_no_error (error);
    g_assert_false (g_file_test (place.path, G_FILE_TEST_EXISTS));
    g_assert_true (is_whole (place.kept));
    cvi_quarantine_free (quarantine);
    /* What is needed is in the manifest. */
    quarantine = open_quarantine (&place);
    g_assert_cmpint (undo (quarantine, &error), ==, CVI_QUARANTINE_MOVED);
    g_assert_no_error (error);
    assert_as_before (&place, TRUE);
    g_assert_cmpint (undo (quarantine, &error), ==, CVI_QUARANTINE_GONE);
    cvi_quarantine_free (quarantine);
  }
  folder = g_path_get_dirname (place.kept);
  g_assert_false (g_file_test (folder, G_FILE_TEST_EXISTS));
  place_tear_down (&place);
}

/* Opens the quarantine, which finishes what is unfinished, and moves.
 * Returns: exit status: 0, 1 if nothing failed, FAULT_EXIT_STATUS */
static int
run_with_fault (const Place *place, gboolean back, gboolean act, Fault fault,
    guint step, RenameKind kind)
{
  pid_t pid = fork ();
  int status;

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0) {
    g_autoptr (CviQuarantine) quarantine = NULL;
    int null = open ("/dev/null", O_WRONLY | O_CLOEXEC);

    dup2 (null, STDERR_FILENO);
    faults_set (fault, step, kind);
    quarantine = cvi_quarantine_open (place->quarantine, FALSE, NULL);
    if (quarantine && act) {
      if (back)
        undo (quarantine, NULL);
      else
        add (quarantine, place, NULL);
    }
    _exit (faults_has_failed () ? 0 : 1);
  }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_true (
      WEXITSTATUS (status) <= 1 || WEXITSTATUS (status) == FAULT_EXIT_STATUS);
  return WEXITSTATUS (status);
}

static void
assert_nothing_lost (const Place *place)
{
  g_assert_true (is_whole (place->path) || is_whole (place->kept));
}

/* Without faults: all is finished, and can go on and be undone. */
static void
recover (const Place *place, RenameKind kind)
{
  g_autoptr (CviQuarantine) quarantine = NULL;
  g_autoptr (GError) error = NULL;
  CviQuarantineResult result;

  faults_set (0, 0, kind);
  quarantine = open_quarantine (place);
  g_assert_true (is_whole (place->path) != is_whole (place->kept));
  g_assert_true (g_file_test (place->path, G_FILE_TEST_EXISTS) !=
                 g_file_test (place->kept, G_FILE_TEST_EXISTS));
  g_assert_false (has_part (place->folder));
  result = add (quarantine, place, &error);
  g_assert_no_error (error);
  g_assert_cmpint (result, !=, CVI_QUARANTINE_FAILED);
  g_assert_true (is_whole (place->kept));
  g_assert_cmpint (undo (quarantine, &error), ==, CVI_QUARANTINE_MOVED);
  g_assert_no_error (error);
  /* The folder's time is not known any more after some of the failures. */
  assert_as_before (place, FALSE);
}

/* Sets up, has step @step fail. Returns: whether there was such a step */
static gboolean
fail_at (gboolean back, Fault fault, guint step, RenameKind kind)
{
  Place place;
  int status;

  place_set_up (&place);
  if (back)
    g_assert_cmpint (
        run_with_fault (&place, FALSE, TRUE, fault, 0, kind), ==, 1);
  status = run_with_fault (&place, back, TRUE, fault, step, kind);
  assert_nothing_lost (&place);
  recover (&place, kind);
  place_tear_down (&place);
  return status != 1;
}

static void
test_faults (gconstpointer data)
{
  RenameKind kind = GPOINTER_TO_UINT (data) / 2;
  gboolean back = GPOINTER_TO_UINT (data) % 2;

  for (guint fault = 0; fault < N_FAULTS; fault++) {
    guint step = 1;

    while (step < MAX_STEPS && fail_at (back, fault, step, kind))
      step++;
    g_test_message ("fault %u: %u steps", fault, step - 1);
    /* Far fewer would mean that the calls do not come through here. */
    g_assert_cmpuint (step, >, 8);
    g_assert_cmpuint (step, <, MAX_STEPS);
  }
}

/* The process ends in the middle of a move, and again in the middle of what
 * finishes that. */
static void
test_twice (gconstpointer data)
{
  RenameKind kind = GPOINTER_TO_UINT (data);

  for (guint first = 1; first < MAX_STEPS; first++) {
    gboolean came = FALSE;

    for (guint second = 1; second < MAX_STEPS; second++) {
      Place place;
      int status;

      place_set_up (&place);
      came =
          run_with_fault (&place, FALSE, TRUE, FAULT_AFTER, first, kind) != 1;
      status =
          run_with_fault (&place, FALSE, FALSE, FAULT_BEFORE, second, kind);
      assert_nothing_lost (&place);
      recover (&place, kind);
      place_tear_down (&place);
      if (status == 1)
        break;
    }
    if (!came)
      return;
  }
  g_assert_not_reached ();
}

static void
assert_refused (
    CviQuarantine *quarantine, const Place *place, const char *because)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (add (quarantine, place, &error), ==, CVI_QUARANTINE_REFUSED);
  g_assert_nonnull (strstr (error->message, because));
}

static void
test_refused (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *kept_folder = NULL;
  g_autofree char *other = NULL;
  CviQuarantine *quarantine;
  Place place;
  struct stat right;

  place_set_up (&place);
  right = place.before;
  quarantine = open_quarantine (&place);
  place.before.st_size++;
  assert_refused (quarantine, &place, "changed");
  place.before = right;
  place.before.st_mtim.tv_nsec++;
  assert_refused (quarantine, &place, "changed");
  place.before = right;
  /* Something is where it would go: it is not replaced. */
  kept_folder = g_path_get_dirname (place.kept);
  g_assert_cmpint (g_mkdir_with_parents (kept_folder, 0700), ==, 0);
  put_file (place.kept, "precious");
  assert_refused (quarantine, &place, "not replaced");
  g_assert_true (is_whole (place.path));
  g_assert_cmpint (g_unlink (place.kept), ==, 0);
  /* A link is not what was checked. */
  other = g_strconcat (place.path, "2", NULL);
  g_assert_cmpint (rename (place.path, other), ==, 0);
  g_assert_cmpint (symlink (other, place.path), ==, 0);
  assert_refused (quarantine, &place, "symbolic link");
  g_assert_cmpint (g_unlink (place.path), ==, 0);
  g_assert_cmpint (add (quarantine, &place, &error), ==, CVI_QUARANTINE_GONE);
  /* Back: another file is there now, or the kept one was changed. */
  g_assert_cmpint (rename (other, place.path), ==, 0);
  g_assert_cmpint (add (quarantine, &place, &error), ==, CVI_QUARANTINE_MOVED);
  put_file (place.path, "precious");
  g_assert_cmpint (undo (quarantine, &error), ==, CVI_QUARANTINE_REFUSED);
  g_assert_nonnull (strstr (error->message, "another file"));
  g_clear_error (&error);
  g_assert_cmpint (g_unlink (place.path), ==, 0);
  put_file (place.kept, "mended");
  g_assert_cmpint (undo (quarantine, &error), ==, CVI_QUARANTINE_REFUSED);
  g_assert_nonnull (strstr (error->message, "was changed"));
  cvi_quarantine_free (quarantine);
  place_tear_down (&place);
}

/* A copy that is not what was written never takes the file's place: both are
 * left when a run was interrupted and they differ. */
static void
test_differ (void)
{
  g_autofree char *kept_folder = NULL;
  CviQuarantine *quarantine;
  Place place;

  place_set_up (&place);
  /* Ends right after the manifest has been told: the ninth step at the latest
   * is the move itself, so go back from there. */
  for (guint step = 1; step < MAX_STEPS; step++) {
    g_autofree char *manifest =
        g_build_filename (place.quarantine, CVI_MANIFEST_NAME, NULL);
    g_autofree char *text = NULL;

    run_with_fault (&place, FALSE, TRUE, FAULT_AFTER, step, RENAME_PLAIN);
    if (g_file_get_contents (manifest, &text, NULL, NULL) &&
        strstr (text, "\"move\""))
      break;
  }
  g_assert_true (is_whole (place.path));
  kept_folder = g_path_get_dirname (place.kept);
  g_assert_cmpint (g_mkdir_with_parents (kept_folder, 0700), ==, 0);
  put_file (place.kept, "another");
  quarantine = open_quarantine (&place);
  g_assert_true (is_whole (place.path));
  g_assert_true (g_file_test (place.kept, G_FILE_TEST_EXISTS));
  cvi_quarantine_free (quarantine);
  place_tear_down (&place);
}

typedef struct {
  const Place *place;
  gboolean done;
} Replacement;

static void
replace_file (gpointer user_data)
{
  Replacement *replacement = user_data;
  const char *path = replacement->place->path;
  g_autofree char *other = g_strconcat (path, ".new", NULL);

  put_file (other, "precious");
  g_assert_cmpint (rename (other, path), ==, 0);
  replacement->done = TRUE;
}

/* Whenever somebody puts another file in the place of the one that is being
 * moved, that stays. */
static void
test_replaced (gconstpointer data)
{
  gboolean done = TRUE;

  for (guint nth = 1; done; nth++) {
    CviQuarantine *quarantine;
    Place place;
    Replacement replacement = { &place };
    g_autoptr (GError) error = NULL;
    g_autofree char *text = NULL;

    place_set_up (&place);
    faults_set (0, 0, GPOINTER_TO_UINT (data));
    quarantine = open_quarantine (&place);
    faults_set_hook (nth, replace_file, &replacement);
    add (quarantine, &place, &error);
    faults_set_hook (0, NULL, NULL);
    cvi_quarantine_free (quarantine);
    done = replacement.done;
    if (done) {
      g_assert_true (g_file_get_contents (place.path, &text, NULL, NULL));
      g_assert_cmpstr (text, ==, "precious");
    }
    g_assert_false (has_part (place.folder));
    g_assert_cmpuint (nth, >, done ? 0 : 3);
    place_tear_down (&place);
  }
}

static void
write_manifest (const Place *place, const char *text, int mode)
{
  g_autofree char *path =
      g_build_filename (place->quarantine, CVI_MANIFEST_NAME, NULL);

  g_mkdir (place->quarantine, 0700);
  put_file (path, text);
  g_assert_cmpint (g_chmod (path, mode), ==, 0);
}

#define LINE_OF(path)                                                          \
  "{\"id\":1,\"step\":\"move\",\"path\":\"" path                               \
  "\",\"size\":1,\"mtime_ns\":1,\"atime_ns\":1,\"mode\":420,\"uid\":0,"        \
  "\"gid\":0,\"folder_mtime_ns\":1}\n"

static void
test_manifest (void)
{
  static const struct {
    const char *text;
    int mode;
    const char *because; /* NULL: it is taken */
  } rows[] = {
    { "", 0600, NULL },
    { LINE_OF ("/nowhere/a"), 0644, NULL },
    { LINE_OF ("/nowhere/a"), 0666, "not yours alone" },
    { LINE_OF ("/nowhere/a") "{\"id\":1,\"st", 0600, NULL },
    { "{\"id\":1,\"st\n" LINE_OF ("/nowhere/a"), 0600, NULL },
    { LINE_OF ("nowhere/a"), 0600, "line 1" },
    { LINE_OF ("/nowhere/../a"), 0600, "line 1" },
    { LINE_OF ("/nowhere/a") LINE_OF ("/nowhere/b"), 0600, "line 2" },
    { "{\"id\":1,\"step\":\"moved\"}\n", 0600, "line 1" },
    { "{\"id\":1,\"step\":\"eaten\"}\n", 0600, "line 1" },
    { "[{}]\n{}\n", 0600, "line 2" },
    { "{\"id\":\"1\",\"step\":\"move\"}\n", 0600, "line 1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CviManifest) manifest = NULL;
    g_autoptr (GError) error = NULL;
    Place place;

    place_set_up (&place);
    write_manifest (&place, rows[i].text, rows[i].mode);
    manifest = cvi_manifest_open (place.quarantine, FALSE, &error);
    if (!rows[i].because) {
      g_assert_no_error (error);
      g_assert_nonnull (manifest);
    } else {
      g_assert_nonnull (error);
      g_assert_nonnull (strstr (error->message, rows[i].because));
    }
    place_tear_down (&place);
  }
}

static void
test_locked (void)
{
  g_autoptr (GError) error = NULL;
  CviQuarantine *quarantine;
  Place place;

  place_set_up (&place);
  quarantine = open_quarantine (&place);
  g_assert_null (cvi_quarantine_open (place.quarantine, FALSE, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_AGAIN);
  cvi_quarantine_free (quarantine);
  place_tear_down (&place);
}

int
main (int argc, char **argv)
{
  static const char *const kinds[N_RENAMES] = { "plain", "across", "by-link",
    "across-by-link" };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < N_RENAMES; i++) {
    g_autofree char *trip =
        g_strconcat ("/quarantine/round-trip/", kinds[i], NULL);
    g_autofree char *move = g_strconcat ("/quarantine/faults/", kinds[i], NULL);
    g_autofree char *back = g_strconcat ("/quarantine/undo/", kinds[i], NULL);
    g_autofree char *twice = g_strconcat ("/quarantine/twice/", kinds[i], NULL);

    g_autofree char *replaced =
        g_strconcat ("/quarantine/replaced/", kinds[i], NULL);

    g_test_add_data_func (replaced, GUINT_TO_POINTER (i), test_replaced);
    g_test_add_data_func (trip, GUINT_TO_POINTER (i), test_round_trip);
    g_test_add_data_func (move, GUINT_TO_POINTER (2 * i), test_faults);
    g_test_add_data_func (back, GUINT_TO_POINTER (2 * i + 1), test_faults);
    /* A square of runs: the shortest and the longest way. */
    if (i == RENAME_PLAIN || i == RENAME_ACROSS_LINK)
      g_test_add_data_func (twice, GUINT_TO_POINTER (i), test_twice);
  }
  g_test_add_func ("/quarantine/refused", test_refused);
  g_test_add_func ("/quarantine/differ", test_differ);
  g_test_add_func ("/quarantine/manifest", test_manifest);
  g_test_add_func ("/quarantine/locked", test_locked);
  return g_test_run ();
}
