/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Folders for temporary files where locks do not work, or are not taken. */
#include "tools/cli/cvi-spool.h"

#include <errno.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean no_locks;

int __real_flock (int fd, int operation);
int __wrap_flock (int fd, int operation);

int
__wrap_flock (int fd, int operation)
{
  if (!no_locks)
    return __real_flock (fd, operation);
  errno = ENOLCK;
  return -1;
}

static guint
count_folders (void)
{
  g_autoptr (GDir) dir = g_dir_open (g_get_tmp_dir (), 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir))
    n++;
  return n;
}

static void
add_file (CviSpool *spool)
{
  g_autoptr (GError) error = NULL;
  int fd;
  g_autofree char *path = cvi_spool_add (spool, ".mp4", &fd, &error);

  g_assert_no_error (error);
  g_assert_cmpint (write (fd, "x", 1), ==, 1);
  close (fd);
}

/* @data: whether locks work */
static void
test_empties (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  CviSpool *spool;

  no_locks = !GPOINTER_TO_INT (data);
  spool = cvi_spool_new (&error);
  g_assert_no_error (error);
  add_file (spool);
  add_file (spool);
  g_assert_cmpuint (count_folders (), ==, 1);
  cvi_spool_free (spool);
  g_assert_cmpuint (count_folders (), ==, 0);
  no_locks = FALSE;
}

/* One that is not as this program makes it is not another process's: not even
 * just after another one was. */
static void
test_mode (gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  CviSpool *locked = cvi_spool_new (&error);
  CviSpool *spool;
  mode_t mask;

  g_assert_no_error (error);
  mask = umask (0100);
  spool = cvi_spool_new (&error);
  umask (mask);
  g_assert_no_error (error);
  g_assert_cmpuint (count_folders (), ==, 2);
  cvi_spool_free (spool);
  cvi_spool_free (locked);
  g_assert_cmpuint (count_folders (), ==, 0);
}

int
main (int argc, char **argv)
{
  const char *parent = g_getenv ("TMPDIR");
  g_autofree char *folder =
      g_build_filename (parent ? parent : P_tmpdir, "spool-XXXXXX", NULL);
  int status;

  /* Before GLib has looked at TMPDIR, which it does once. */
  g_assert_nonnull (g_mkdtemp (folder));
  g_setenv ("TMPDIR", folder, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/spool/locks", GINT_TO_POINTER (TRUE), test_empties);
  g_test_add_data_func (
      "/spool/no-locks", GINT_TO_POINTER (FALSE), test_empties);
  g_test_add_data_func ("/spool/mode", NULL, test_mode);
  status = g_test_run ();
  rmdir (folder);
  return status;
}
