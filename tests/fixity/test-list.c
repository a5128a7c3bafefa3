/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/fixity/cvi-hash-list.h"

#include <string.h>

#define MD5 "900150983cd24fb0d6963f7d28e17f72"
#define SHA256                                                                 \
  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

typedef struct {
  const char *text;
  CviDigest asked;
  gboolean bagit;
  const char *path; /* NULL: no line */
  CviDigest digest;
} Row;

static const Row rows[] = {
  { MD5 "  a b.mp4", CVI_DIGEST_MD5, FALSE, "a b.mp4", CVI_DIGEST_MD5 },
  { MD5 " *a.mp4", CVI_DIGEST_MD5, FALSE, "a.mp4", CVI_DIGEST_MD5 },
  { MD5 "  a", CVI_DIGEST_XXH128, FALSE, "a", CVI_DIGEST_XXH128 },
  { MD5 "  a", CVI_N_DIGESTS, FALSE, NULL, 0 },
  { SHA256 "  a", CVI_N_DIGESTS, FALSE, "a", CVI_DIGEST_SHA256 },
  { SHA256 "  a", CVI_DIGEST_MD5, FALSE, NULL, 0 },
  { "\\" MD5 "  a\\nb\\\\c", CVI_DIGEST_MD5, FALSE, "a\nb\\c", CVI_DIGEST_MD5 },
  { "\\" MD5 "  a\\xb", CVI_DIGEST_MD5, FALSE, NULL, 0 },
  { "\\" MD5 "  a\\", CVI_DIGEST_MD5, FALSE, NULL, 0 },
  { MD5 "  a\\nb", CVI_DIGEST_MD5, FALSE, "a\\nb", CVI_DIGEST_MD5 },
  { SHA256 "  data/a%0Ab%25c%41", CVI_N_DIGESTS, TRUE, "data/a\nb%c%41",
      CVI_DIGEST_SHA256 },
  { SHA256 " data/a", CVI_N_DIGESTS, TRUE, "data/a", CVI_DIGEST_SHA256 },
  { "MD5 (a (1).mp4) = " MD5, CVI_N_DIGESTS, FALSE, "a (1).mp4",
      CVI_DIGEST_MD5 },
  { "XXH128 (a) = " MD5, CVI_N_DIGESTS, FALSE, "a", CVI_DIGEST_XXH128 },
  { "XXH3 (a) = " MD5, CVI_N_DIGESTS, FALSE, "a", CVI_DIGEST_XXH128 },
  { "CRC (a) = " MD5, CVI_N_DIGESTS, FALSE, NULL, 0 },
  { "MD5 (a) = " SHA256, CVI_N_DIGESTS, FALSE, NULL, 0 },
  { MD5, CVI_DIGEST_MD5, FALSE, NULL, 0 },
  { MD5 "  ", CVI_DIGEST_MD5, FALSE, NULL, 0 },
  { "", CVI_DIGEST_MD5, FALSE, NULL, 0 },
  { "not a hash", CVI_DIGEST_MD5, FALSE, NULL, 0 },
};

static void
test_parse (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    CviHashLine line;
    gboolean ok =
        cvi_hash_line_parse (rows[i].text, rows[i].asked, rows[i].bagit, &line);

    g_test_message ("%s", rows[i].text);
    g_assert_true (ok == (rows[i].path != NULL));
    if (!ok)
      continue;
    g_assert_cmpstr (line.path, ==, rows[i].path);
    g_assert_cmpint (line.digest, ==, rows[i].digest);
    cvi_hash_line_clear (&line);
  }
}

/* What is written is read again, whatever the name. */
static void
test_round_trip (void)
{
  static const char *const names[] = { "a", "a\nb", "\\", "a\r", "%25", " a ",
    "*a", "\xff\xfe", "a = (b) = c" };

  for (guint bagit = 0; bagit < 2; bagit++) {
    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
      CviHashLine line = { (char *)names[i], CVI_DIGEST_SHA1, { 1, 2, 0xfe } };
      CviHashLine again;
      g_autoptr (GString) text = g_string_new (NULL);

      /* A manifest's names do not begin with white space or a star. */
      if (bagit && strchr (" *", names[i][0]))
        continue;
      cvi_hash_line_append (text, &line, bagit);
      g_assert_cmpint (text->str[text->len - 1], ==, '\n');
      g_string_truncate (text, text->len - 1);
      g_assert_null (strchr (text->str, '\n'));
      g_assert_true (
          cvi_hash_line_parse (text->str, CVI_N_DIGESTS, bagit != 0, &again));
      g_assert_cmpstr (again.path, ==, names[i]);
      g_assert_cmpmem (again.bytes, CVI_DIGEST_MAX, line.bytes, CVI_DIGEST_MAX);
      cvi_hash_line_clear (&again);
    }
  }
}

/* Lines with bytes changed, cut and doubled end in a line or in none. */
static void
test_hostile (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);

  for (guint i = 0; i < 10000; i++) {
    const Row *row = &rows[i % G_N_ELEMENTS (rows)];
    g_autoptr (GString) text = g_string_new (row->text);
    CviHashLine line;

    for (guint k = g_rand_int_range (rand, 1, 4); text->len > 0 && k > 0; k--) {
      gssize at = g_rand_int_range (rand, 0, (gint)text->len);

      switch (g_rand_int_range (rand, 0, 3)) {
        case 0:
          text->str[at] = (char)g_rand_int_range (rand, 1, 256);
          break;
        case 1:
          g_string_truncate (text, (gsize)at);
          break;
        default:
          g_string_insert_c (text, at, (char)g_rand_int_range (rand, 1, 256));
      }
    }
    if (cvi_hash_line_parse (text->str, row->asked, row->bagit, &line)) {
      g_assert_cmpint (line.path[0], !=, '\0');
      g_assert_cmpuint (strlen (line.path), <=, text->len);
      cvi_hash_line_clear (&line);
    }
  }
}

static void
test_guess (void)
{
  g_assert_cmpint (
      cvi_hash_list_guess ("/x/manifest-sha512.txt"), ==, CVI_DIGEST_SHA512);
  g_assert_cmpint (cvi_hash_list_guess ("MD5SUMS"), ==, CVI_DIGEST_MD5);
  g_assert_cmpint (cvi_hash_list_guess ("a.xxh"), ==, CVI_DIGEST_XXH128);
  g_assert_cmpint (cvi_hash_list_guess ("md5/list"), ==, CVI_N_DIGESTS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fixity/list/parse", test_parse);
  g_test_add_func ("/fixity/list/round-trip", test_round_trip);
  g_test_add_func ("/fixity/list/hostile", test_hostile);
  g_test_add_func ("/fixity/list/guess", test_guess);
  return g_test_run ();
}
