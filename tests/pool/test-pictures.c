/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Pictures from a worker that does what the file's name says. */
#include "tools/pool/cvi-picture-taker.h"

#include <unistd.h>
#include <gio/gio.h>
#include <glib/gstdio.h>

static char *folder;

static const CviPicturePlace places[] = { { "video/0", 60 },
  { "video/1", 120 } };

static CviPictureTaker *
new_taker (const char *worker, const char *sandbox, double timeout_s)
{
  g_autofree char *registry = g_build_filename (folder, "registry", NULL);
  const CviPoolConfig config = {
    .worker = worker, .registry = registry, .sandbox = sandbox
  };

  return cvi_picture_taker_new (&config, timeout_s);
}

static GPtrArray *
take (CviPictureTaker *taker, const char *path, GError **error)
{
  return cvi_picture_taker_take (
      taker, path, places, G_N_ELEMENTS (places), error);
}

static void
assert_picture (GPtrArray *pictures, guint i, guint place, gboolean before,
    guint64 time_ns, gsize size)
{
  const CviPicture *picture = g_ptr_array_index (pictures, i);

  g_assert_cmpuint (picture->place, ==, place);
  g_assert_cmpint (picture->before, ==, before);
  g_assert_cmpuint (picture->time_ns, ==, time_ns);
  g_assert_cmpuint (g_bytes_get_size (picture->jpeg), ==, size);
}

static void
assert_good (CviPictureTaker *taker)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) pictures = take (taker, "/good", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (pictures->len, ==, 3);
  assert_picture (pictures, 0, 0, TRUE, 40, 300);
  assert_picture (pictures, 1, 0, FALSE, 80, CVI_PICTURE_MAX_BYTES);
  assert_picture (pictures, 2, 1, FALSE, 120, 300);
}

/* What a file does to its worker is no harm to the next one's. */
static void
test_files (void)
{
  static const struct {
    const char *path;
    const char *says;
  } rows[] = {
    { "/segv", "was killed by SIGSEGV" },
    { "/result", "no message about pictures" },
    { "/swapped", "out of order" },
    { "/beyond", "a picture that is none" },
    { "/heavy", "a picture that is none" },
    { "/wide", "a picture that is none" },
    { "/other", "nobody asked for" },
  };
  g_autoptr (CviPictureTaker) taker =
      new_taker (g_getenv ("FAKE_WORKER"), "auto", 60);

  assert_good (taker);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (take (taker, rows[i].path, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
    if (!g_strstr_len (error->message, -1, rows[i].says))
      g_error ("%s: %s", rows[i].path, error->message);
  }
  assert_good (taker);
}

static void
test_deadline (void)
{
  g_autoptr (CviPictureTaker) taker =
      new_taker (g_getenv ("FAKE_WORKER"), "auto", 1);
  g_autoptr (GError) error = NULL;

  g_assert_null (take (taker, "/hang", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_cmpstr (error->message, ==, "the worker took too long");
}

/* Returns: (transfer full): the fake worker by another name */
static char *
worker_called (const char *name)
{
  char *path = g_build_filename (folder, name, NULL);

  g_assert_cmpint (symlink (g_getenv ("FAKE_WORKER"), path), ==, 0);
  return path;
}

/* Workers that are of no use for any file. */
static void
test_workers (void)
{
  static const struct {
    const char *name;
    int code;
  } rows[] = {
    { "dies", CVI_POOL_ERROR_WORKER },
    { "version", CVI_POOL_ERROR_WORKER },
    { "bare", CVI_POOL_ERROR_SANDBOX },
    { NULL, CVI_POOL_ERROR_WORKER },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *worker =
        rows[i].name ? worker_called (rows[i].name) : g_strdup ("/no/such");
    g_autoptr (CviPictureTaker) taker = new_taker (worker, "require", 60);

    for (guint k = 0; k < 2; k++) {
      g_autoptr (GError) error = NULL;

      g_assert_null (take (taker, "/good", &error));
      g_assert_error (error, CVI_POOL_ERROR, rows[i].code);
    }
    if (rows[i].name)
      g_unlink (worker);
  }
}

int
main (int argc, char **argv)
{
  g_autofree char *registry = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("cvi-pictures-XXXXXX", NULL);
  registry = g_build_filename (folder, "registry", NULL);
  g_test_add_func ("/pictures/files", test_files);
  g_test_add_func ("/pictures/deadline", test_deadline);
  g_test_add_func ("/pictures/workers", test_workers);
  status = g_test_run ();
  g_unlink (registry);
  g_rmdir (folder);
  g_free (folder);
  return status;
}
