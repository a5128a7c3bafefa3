/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/fixity/cvi-verify-file.h"

#define BLOCK (64u * 1024)

static int
make_file (const guint8 *data, gsize len)
{
  int fd = memfd_create ("test", MFD_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, data, len), ==, (gssize)len);
  return fd;
}

static guint8 *
make_data (gsize len)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  guint8 *data = g_malloc (len + 1);

  for (gsize i = 0; i < len; i++)
    data[i] = (guint8)g_rand_int (rand);
  return data;
}

static CviFixity *
hash (int fd, gsize len)
{
  g_autoptr (CviHasher) hasher = cvi_hasher_new (fd, len, BLOCK, TRUE);

  g_assert_true (cvi_hasher_read_rest (hasher, NULL, NULL));
  return cvi_hasher_finish (hasher);
}

static char *
to_hex (const guint8 *bytes, gsize len)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < len; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  return g_string_free (text, FALSE);
}

/* What xxh128sum and sha256sum say of nothing and of "abc". */
static void
test_known (void)
{
  static const struct {
    const char *text;
    const char *xxh128;
    const char *sha256;
  } rows[] = { { "", "99aa06d3014798d86001c324468d497f",
                   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b785"
                   "2b855" },
    { "abc", "06b05ab6733a618578af5f94892f3950",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gsize len = strlen (rows[i].text);
    int fd = make_file ((const guint8 *)rows[i].text, len);
    g_autoptr (CviHasher) hasher = cvi_hasher_new (fd, len, BLOCK, TRUE);
    g_autoptr (CviFixity) fixity = NULL;
    g_autofree char *xxh128 = NULL;
    g_autofree char *sha256 = NULL;

    cvi_hasher_want (hasher, CVI_DIGEST_SHA256);
    g_assert_true (cvi_hasher_read_rest (hasher, NULL, NULL));
    fixity = cvi_hasher_finish (hasher);
    xxh128 = to_hex (fixity->whole, CVI_FIXITY_DIGEST);
    sha256 = to_hex (g_bytes_get_data (fixity->sha256, NULL), 32);
    g_assert_cmpstr (xxh128, ==, rows[i].xxh128);
    g_assert_cmpstr (sha256, ==, rows[i].sha256);
    close (fd);
  }
}

/* Whatever pieces come in whatever order: the hash is that of the file. */
static void
test_order (void)
{
  const gsize len = 10 * BLOCK + 123;
  g_autofree guint8 *data = make_data (len);
  int fd = make_file (data, len);
  g_autoptr (CviFixity) expected = hash (fd, len);
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);

  for (guint round = 0; round < 200; round++) {
    g_autoptr (CviHasher) hasher = cvi_hasher_new (fd, len, BLOCK, TRUE);
    g_autoptr (CviFixity) fixity = NULL;

    for (guint i = 0; i < 30; i++) {
      gsize offset = (gsize)g_rand_double_range (rand, 0, (double)len);
      gsize n = (gsize)g_rand_double_range (rand, 1, 3. * BLOCK);

      cvi_hasher_feed (hasher, offset, data + offset, MIN (n, len - offset));
    }
    g_assert_true (cvi_hasher_read_rest (hasher, NULL, NULL));
    fixity = cvi_hasher_finish (hasher);
    g_assert_true (cvi_fixity_equal (expected, fixity));
    g_assert_true (g_bytes_equal (expected->blocks, fixity->blocks));
  }
  close (fd);
}

/* Each of 10,000 flipped bits is found, in its block and no other. */
static void
test_flips (void)
{
  const gsize len = 9 * BLOCK + 77;
  g_autofree guint8 *data = make_data (len);
  int fd = make_file (data, len);
  g_autoptr (CviFixity) before = hash (fd, len);
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  guint missed = 0;

  for (guint i = 0; i < 10000; i++) {
    gsize offset = (gsize)g_rand_double_range (rand, 0, (double)len);
    guint8 bit = (guint8)(1u << (i % 8));
    guint8 bad = data[offset] ^ bit;
    g_autoptr (CviFixity) after = NULL;
    g_autoptr (GArray) ranges = NULL;
    CviByteRange range;

    g_assert_cmpint (pwrite (fd, &bad, 1, (off_t)offset), ==, 1);
    after = hash (fd, len);
    ranges = cvi_fixity_compare (len, BLOCK, before->blocks, after->blocks);
    g_assert_cmpint (pwrite (fd, data + offset, 1, (off_t)offset), ==, 1);
    if (ranges->len != 1) {
      missed++;
      continue;
    }
    range = g_array_index (ranges, CviByteRange, 0);
    g_assert_cmpuint (range.start, ==, offset / BLOCK * BLOCK);
    g_assert_cmpuint (range.end, ==, MIN (range.start + BLOCK, len));
    g_assert_false (cvi_fixity_equal (before, after));
  }
  g_assert_cmpuint (missed, ==, 0);
  close (fd);
}

static void
test_merge (void)
{
  const gsize len = 400 * BLOCK;
  g_autofree guint8 *was = g_malloc0 (400 * CVI_FIXITY_DIGEST);
  g_autofree guint8 *is = g_malloc0 (400 * CVI_FIXITY_DIGEST);
  g_autoptr (GBytes) a = NULL;
  g_autoptr (GBytes) b = NULL;
  g_autoptr (GArray) ranges = NULL;

  is[3 * CVI_FIXITY_DIGEST] = is[4 * CVI_FIXITY_DIGEST + 15] = 1;
  for (guint i = 6; i < 400; i += 2)
    is[i * CVI_FIXITY_DIGEST + 5] = 1;
  a = g_bytes_new (was, 400 * CVI_FIXITY_DIGEST);
  b = g_bytes_new (is, 400 * CVI_FIXITY_DIGEST);
  ranges = cvi_fixity_compare (len, BLOCK, a, b);
  g_assert_cmpuint (ranges->len, ==, CVI_FIXITY_MAX_RANGES);
  g_assert_cmpuint (
      g_array_index (ranges, CviByteRange, 0).start, ==, 3 * BLOCK);
  g_assert_cmpuint (g_array_index (ranges, CviByteRange, 0).end, ==, 5 * BLOCK);
  /* What is too much makes the last one longer: nothing is left out. */
  g_assert_cmpuint (g_array_index (ranges, CviByteRange, ranges->len - 1).end,
      ==, 399 * BLOCK);
}

static void
test_variant (void)
{
  const gsize len = 3 * BLOCK + 1;
  g_autofree guint8 *data = make_data (len);
  int fd = make_file (data, len);
  g_autoptr (CviFixity) fixity = hash (fd, len);
  g_autoptr (CviFixity) again = NULL;
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (GError) error = NULL;

  fixity->mtime_ns = -5;
  variant = g_variant_ref_sink (cvi_fixity_to_variant (fixity));
  again = cvi_fixity_from_variant (variant, &error);
  g_assert_no_error (error);
  g_assert_true (cvi_fixity_equal (fixity, again));
  g_assert_cmpint (again->mtime_ns, ==, -5);
  g_clear_pointer (&variant, g_variant_unref);
  g_clear_pointer (&again, cvi_fixity_free);

  /* Sizes that do not fit what is there. */
  for (guint i = 0; i < 3; i++) {
    g_autoptr (CviFixity) bad = cvi_fixity_copy (fixity);

    if (i == 0)
      bad->size += BLOCK;
    else if (i == 1)
      bad->block_size = 0;
    else
      bad->size = G_MAXUINT64;
    variant = g_variant_ref_sink (cvi_fixity_to_variant (bad));
    again = cvi_fixity_from_variant (variant, &error);
    g_assert_null (again);
    g_assert_error (error, CVI_CORE_ERROR, CVI_CORE_ERROR_INVALID);
    g_clear_error (&error);
    g_clear_pointer (&variant, g_variant_unref);
  }
  close (fd);
}

static void
test_block_size (void)
{
  g_assert_cmpuint (cvi_fixity_block_size (4194304, 1), ==, 4194304);
  g_assert_cmpuint (
      cvi_fixity_block_size (4194304, (guint64)4194304 * 65536), ==, 4194304);
  g_assert_cmpuint (
      cvi_fixity_block_size (4194304, (guint64)4194304 * 65536 + 1), ==,
      8388608);
  g_assert_cmpuint (cvi_fixity_block_size (0, 1), ==, CVI_FIXITY_MIN_BLOCK);
  g_assert_cmpuint (
      cvi_fixity_count_blocks (cvi_fixity_block_size (0, G_MAXINT64), 1), >, 0);
}

/* One file through its lives: same, touched, rotten, edited, cut, gone. */
static void
test_look (void)
{
  g_autofree char *folder = g_dir_make_tmp ("cvi-look-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a", NULL);
  g_autoptr (CviReadGate) gate = cvi_read_gate_new (0);
  g_autofree guint8 *data = make_data (3 * BLOCK);
  const struct timespec old[2] = { { 1000, 1 }, { 1000, 1 } };
  const struct timespec new[2] = { { 2000, 1 }, { 2000, 1 } };
  static const CviLookState expected[] = { CVI_LOOK_SAME, CVI_LOOK_SAME,
    CVI_LOOK_ROTTEN, CVI_LOOK_EDITED, CVI_LOOK_EDITED, CVI_LOOK_VANISHED };
  g_autoptr (CviFixity) known = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    g_autoptr (CviLook) look = cvi_look_new (1, path);

    if (i == 2 || i == 3)
      data[BLOCK] = 'x';
    if (i == 5)
      unlink (path);
    else
      g_assert_true (g_file_set_contents (
          path, (const char *)data, i == 4 ? 100 : 3 * BLOCK, NULL));
    utimensat (AT_FDCWD, path, i == 1 || i == 3 ? new : old, 0);
    if (!known) {
      g_autoptr (CviLook) first = cvi_look_new (1, path);

      first->block_size = BLOCK;
      cvi_look_run (first, gate);
      g_assert_cmpint (first->state, ==, CVI_LOOK_SAME);
      known = g_steal_pointer (&first->now);
    }
    look->known = cvi_fixity_copy (known);
    cvi_look_run (look, gate);
    g_assert_cmpint (look->state, ==, expected[i]);
    if (expected[i] == CVI_LOOK_ROTTEN)
      g_assert_cmpuint (look->ranges->len, ==, 1);
  }
  g_assert_cmpuint (cvi_read_gate_get_bytes (gate), ==, 5 * 3 * BLOCK);
  cvi_read_gate_close (gate);
  {
    g_autoptr (CviLook) look = cvi_look_new (1, path);

    cvi_look_run (look, gate);
    g_assert_cmpint (look->state, ==, CVI_LOOK_STOPPED);
  }
  rmdir (folder);
}

/* Reads go through here: the next one finds another file than the one before.
 */
static const char *busy_path;
ssize_t __real_pread64 (int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pread64 (int fd, void *buffer, size_t size, off_t offset);

ssize_t
__wrap_pread64 (int fd, void *buffer, size_t size, off_t offset)
{
  if (busy_path)
    g_assert_true (
        g_file_set_contents (g_steal_pointer (&busy_path), "new", 3, NULL));
  return __real_pread64 (fd, buffer, size, offset);
}

static void
test_busy (void)
{
  g_autofree char *folder = g_dir_make_tmp ("cvi-look-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a", NULL);
  g_autoptr (CviReadGate) gate = cvi_read_gate_new (0);
  g_autoptr (CviLook) look = cvi_look_new (1, path);

  g_assert_true (g_file_set_contents (path, "old content", -1, NULL));
  busy_path = path;
  cvi_look_run (look, gate);
  g_assert_null (busy_path);
  g_assert_cmpint (look->state, ==, CVI_LOOK_BUSY);
  g_assert_null (look->now);
  unlink (path);
  rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fixity/known", test_known);
  g_test_add_func ("/fixity/order", test_order);
  g_test_add_func ("/fixity/flips", test_flips);
  g_test_add_func ("/fixity/merge", test_merge);
  g_test_add_func ("/fixity/variant", test_variant);
  g_test_add_func ("/fixity/block-size", test_block_size);
  g_test_add_func ("/fixity/look", test_look);
  g_test_add_func ("/fixity/busy", test_busy);
  return g_test_run ();
}
