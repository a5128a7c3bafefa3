/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-blame.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <glib/gstdio.h>

#include "plugin/core/cvi-verdict.h"
#include "tools/pool/cvi-file.h"
#include "tools/pool/cvi-pool.h"

/* A folder as a scan would walk it, and what came out. */
typedef struct {
  char *folder;
  CviRoot *root;
  guint64 device;
  GPtrArray *delivered;
  CviBlame *blame;
} Fixture;

static void
on_deliver (CviResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_ptr_array_add (fixture->delivered, result);
}

static void
set_up (Fixture *fixture, gconstpointer user_data)
{
  struct stat status;

  fixture->folder = g_dir_make_tmp ("cvi-blame-XXXXXX", NULL);
  g_assert_nonnull (fixture->folder);
  g_assert_cmpint (stat (fixture->folder, &status), ==, 0);
  fixture->root = cvi_root_new (fixture->folder, &status);
  fixture->device = status.st_dev;
  fixture->delivered =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_result_free);
  fixture->blame = cvi_blame_new (on_deliver, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer user_data)
{
  cvi_blame_free (fixture->blame);
  g_ptr_array_unref (fixture->delivered);
  cvi_root_unref (fixture->root);
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
}

/* What happens to one more file of the folder. @errnum: 0: it is healthy, -1:
 * its worker died */
static gboolean
happens (Fixture *fixture, guint number, int errnum, GError **error)
{
  g_autofree char *name = g_strdup_printf ("%u.mp4", number);
  g_autoptr (CviFile) file = g_new0 (CviFile, 1);
  CviResult *result;

  file->path = g_build_filename (fixture->folder, name, NULL);
  file->root = cvi_root_ref (fixture->root);
  file->device = fixture->device;
  result = cvi_result_new (file->path, CVI_MODE_DEEP);
  if (errnum > 0)
    cvi_result_add (result, cvi_finding_from_errno (errnum));
  if (errnum < 0)
    cvi_result_add (
        result, cvi_finding_new (CVI_RULE_PROCESS_CRASHED, NULL, "it died"));
  cvi_result_judge (result);
  return cvi_blame_take (fixture->blame, file, result, errnum < 0, error);
}

static void
assert_goes_on (Fixture *fixture, guint number, int errnum)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (happens (fixture, number, errnum, &error));
  g_assert_no_error (error);
}

static void
assert_stops (Fixture *fixture, guint number, int errnum, CviPoolError code,
    const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (happens (fixture, number, errnum, &error));
  g_assert_error (error, CVI_POOL_ERROR, (gint)code);
  g_assert_nonnull (strstr (error->message, message));
}

/* Files may be removed, refused and unreadable while their folder is there. */
static void
test_files (Fixture *fixture, gconstpointer user_data)
{
  guint n = 0;

  /* Nothing was readable before: it has not gone. */
  for (; n < 20; n++)
    assert_goes_on (fixture, n, EIO);
  g_assert_cmpuint (fixture->delivered->len, ==, 20);
  assert_goes_on (fixture, n++, 0);
  for (; n < 50; n++)
    assert_goes_on (fixture, n, n % 2 ? ENOENT : EACCES);
  g_assert_cmpuint (fixture->delivered->len, ==, 50);
}

static void
test_failures (Fixture *fixture, gconstpointer user_data)
{
  static const int errnums[] = { EIO, ESTALE, ENXIO, ENODEV, ETIMEDOUT,
    EREMOTEIO, EHOSTDOWN, EIO };

  g_assert_cmpuint (G_N_ELEMENTS (errnums), ==, CVI_BLAME_MAX_FAILURES);
  assert_goes_on (fixture, 0, 0);
  /* A bad sector here and there is told of, in the end. */
  for (guint i = 0; i < 7; i++)
    assert_goes_on (fixture, 1 + i, EIO);
  g_assert_cmpuint (fixture->delivered->len, ==, 1);
  assert_goes_on (fixture, 8, 0);
  g_assert_cmpuint (fixture->delivered->len, ==, 9);

  for (guint i = 0; i < 7; i++)
    assert_goes_on (fixture, 10 + i, errnums[i]);
  assert_stops (fixture, 17, EIO, CVI_POOL_ERROR_STORAGE, "8 files in a row");
  cvi_blame_settle (fixture->blame);
  g_assert_cmpuint (fixture->delivered->len, ==, 9);
}

static void
test_settle (Fixture *fixture, gconstpointer user_data)
{
  assert_goes_on (fixture, 0, 0);
  assert_goes_on (fixture, 1, EIO);
  assert_goes_on (fixture, 2, -1);
  g_assert_cmpuint (fixture->delivered->len, ==, 1);
  cvi_blame_settle (fixture->blame);
  g_assert_cmpuint (fixture->delivered->len, ==, 3);
}

static void
test_deaths (Fixture *fixture, gconstpointer user_data)
{
  for (guint i = 0; i < 7; i++)
    assert_goes_on (fixture, i, -1);
  assert_goes_on (fixture, 7, 0);
  g_assert_cmpuint (fixture->delivered->len, ==, 8);
  for (guint i = 0; i < 7; i++)
    assert_goes_on (fixture, 10 + i, -1);
  assert_stops (fixture, 17, -1, CVI_POOL_ERROR_MACHINE, "it died");
  cvi_blame_settle (fixture->blame);
  g_assert_cmpuint (fixture->delivered->len, ==, 8);
}

/* The folder is not there any more. */
static void
test_root_gone (Fixture *fixture, gconstpointer user_data)
{
  assert_goes_on (fixture, 0, 0);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  assert_stops (fixture, 1, ENOENT, CVI_POOL_ERROR_STORAGE, fixture->folder);
  g_assert_cmpuint (fixture->delivered->len, ==, 1);
}

/* Another folder is in its place: what a mount leaves when it goes. */
static void
test_root_replaced (Fixture *fixture, gconstpointer user_data)
{
  g_autofree char *old = g_strconcat (fixture->folder, ".old", NULL);

  assert_goes_on (fixture, 0, ENOENT);
  g_assert_cmpint (g_rename (fixture->folder, old), ==, 0);
  g_assert_cmpint (g_mkdir (fixture->folder, 0700), ==, 0);
  assert_stops (fixture, 1, ENOENT, CVI_POOL_ERROR_STORAGE, "mount has gone");
  g_rmdir (old);
}

/* What was mounted below the root has gone. */
static void
test_mount_gone (Fixture *fixture, gconstpointer user_data)
{
  assert_goes_on (fixture, 0, ENOENT);
  fixture->device++;
  assert_stops (fixture, 1, ENOENT, CVI_POOL_ERROR_STORAGE, "mount has gone");
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*test) (Fixture *fixture, gconstpointer user_data);
  } tests[] = { { "/blame/files", test_files },
    { "/blame/failures", test_failures }, { "/blame/settle", test_settle },
    { "/blame/deaths", test_deaths }, { "/blame/root-gone", test_root_gone },
    { "/blame/root-replaced", test_root_replaced },
    { "/blame/mount-gone", test_mount_gone } };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
