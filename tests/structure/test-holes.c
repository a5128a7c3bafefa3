/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-holes.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <glib/gstdio.h>

#define BLOCK (64u * 1024)
#define SIZE (8u * BLOCK)

/* Blocks of a file: written, a hole, reserved; "" is none of it written. */
static const struct {
  const char *blocks;
  const char *message; /* NULL: no finding */
  guint first;
  gboolean in_memory; /* on a file system that has no map to show, too */
} rows[] = {
  { "wwwwwwww", NULL, 0, TRUE },
  { "hhhhhhhh", "524288 of 524288 bytes, in 1 place,", 0, TRUE },
  { "rrrrrrrr", "524288 of 524288 bytes, in 1 place,", 0 },
  { "wwwwhhhh", "262144 of 524288 bytes, in 1 place,", 4, TRUE },
  { "wwwwrrrr", "262144 of 524288 bytes, in 1 place,", 4 },
  { "hwwwwwww", "65536 of 524288 bytes, in 1 place,", 0, TRUE },
  { "whwhhwhw", "262144 of 524288 bytes, in 3 places,", 1, TRUE },
  { "wwrhhrww", "262144 of 524288 bytes, in 1 place,", 2 },
  { "wwwhwrwh", "196608 of 524288 bytes, in 3 places,", 3 },
};

static int
open_file (gboolean in_memory)
{
  g_autofree char *path = NULL;
  int fd;

  if (in_memory)
    return memfd_create ("holes", MFD_CLOEXEC);
  fd = g_file_open_tmp ("cvi-holes-XXXXXX", &path, NULL);
  if (fd >= 0)
    g_unlink (path);
  return fd;
}

/* Returns: FALSE if the file system cannot make such blocks */
static gboolean
make_blocks (int fd, const char *blocks)
{
  static const char data[BLOCK] = "data";

  g_assert_cmpint (ftruncate (fd, 0), ==, 0);
  g_assert_cmpint (ftruncate (fd, SIZE), ==, 0);
  for (guint i = 0; blocks[i]; i++) {
    off_t at = (off_t)i * BLOCK;

    if (blocks[i] == 'w')
      g_assert_cmpint (pwrite (fd, data, BLOCK, at), ==, BLOCK);
    else if (blocks[i] == 'r' && fallocate (fd, 0, at, BLOCK) < 0)
      return FALSE;
  }
  return lseek (fd, 0, SEEK_HOLE) >= 0;
}

static void
read_all (int fd)
{
  g_autofree char *buffer = g_malloc (SIZE);

  g_assert_cmpint (pread (fd, buffer, SIZE, 0), ==, SIZE);
}

/* Reading a file must not make it look written. */
static void
check_finding (int fd, guint row)
{
  for (guint i = 0; i < 2; i++) {
    CviFinding *finding = cvi_holes_finding (fd, SIZE);

    g_test_message (
        "%s: %s", rows[row].blocks, finding ? finding->message : "nothing");
    g_assert_true ((finding == NULL) == (rows[row].message == NULL));
    if (finding) {
      g_assert_true (g_str_has_prefix (finding->message, rows[row].message));
      g_assert_true (finding->rule == cvi_rule (CVI_RULE_IO_SPARSE));
      g_assert_cmpint (finding->severity, ==, CVI_SEVERITY_INFO);
      g_assert_cmpuint (finding->offset, ==, rows[row].first * BLOCK);
      cvi_finding_free (finding);
    }
    read_all (fd);
  }
}

static void
test_finding (gconstpointer data)
{
  gboolean in_memory = GPOINTER_TO_INT (data);
  int fd = open_file (in_memory);

  g_assert_cmpint (fd, >=, 0);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    if (in_memory && !rows[i].in_memory)
      continue;
    if (!make_blocks (fd, rows[i].blocks)) {
      g_test_skip ("this file system has no holes, or reserves no space");
      break;
    }
    check_finding (fd, i);
  }
  close (fd);
}

/* More of them than are asked for at once. */
static void
test_many (void)
{
  const guint n = 1000;
  int fd = open_file (FALSE);
  CviFinding *finding;

  g_assert_cmpint (fd, >=, 0);
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (
        pwrite (fd, "x", 1, (off_t)(2 * i + 1) * BLOCK - 1), ==, 1);
  finding = cvi_holes_finding (fd, (guint64)(2 * n - 1) * BLOCK);
  if (finding)
    g_assert_nonnull (strstr (finding->message, "in 1000 places"));
  else
    g_test_skip ("this file system has no holes");
  g_clear_pointer (&finding, cvi_finding_free);
  close (fd);
}

/* Data that are in memory alone, where there is room on the disk for them, and
 * where there is none yet. */
static void
test_fresh (void)
{
  static const char data[BLOCK] = "data";
  int fd = open_file (FALSE);
  CviFinding *finding;

  for (guint i = 0; i < 2; i++) {
    g_assert_cmpint (ftruncate (fd, 0), ==, 0);
    if (i == 1 && fallocate (fd, 0, 0, SIZE) < 0) {
      g_test_skip ("no space is reserved here");
      break;
    }
    for (guint k = 0; k < 8; k++)
      g_assert_cmpint (pwrite (fd, data, BLOCK, k * BLOCK), ==, BLOCK);
    finding = cvi_holes_finding (fd, SIZE);
    g_assert_null (finding);
  }
  close (fd);
}

static void
test_next (void)
{
  guint64 start, end;
  int fd = open_file (TRUE);
  int other = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  g_assert_true (make_blocks (fd, "wwhhwwhh"));
  g_assert_true (cvi_holes_next (fd, 0, SIZE, &start, &end));
  g_assert_cmpuint (start, ==, 2 * BLOCK);
  g_assert_cmpuint (end, ==, 4 * BLOCK);
  /* In the middle of one, and up to the end of the file as it was. */
  g_assert_true (cvi_holes_next (fd, 7 * BLOCK + 5, SIZE - 5, &start, &end));
  g_assert_cmpuint (start, ==, 7 * BLOCK + 5);
  g_assert_cmpuint (end, ==, SIZE - 5);
  g_assert_false (cvi_holes_next (fd, SIZE, SIZE, &start, &end));
  g_assert_false (cvi_holes_next (other, 0, 10, &start, &end));
  g_assert_null (cvi_holes_finding (other, 10));
  close (other);
  close (fd);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func (
      "/holes/finding/disk", GINT_TO_POINTER (FALSE), test_finding);
  g_test_add_data_func (
      "/holes/finding/memory", GINT_TO_POINTER (TRUE), test_finding);
  g_test_add_func ("/holes/many", test_many);
  g_test_add_func ("/holes/fresh", test_fresh);
  g_test_add_func ("/holes/next", test_next);
  return g_test_run ();
}
