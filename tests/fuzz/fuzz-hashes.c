/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A list of content hashes that another tool has written.
 *
 * Input: first byte: what the list is said to hold; if it is 128 or more, names
 * are escaped as in a BagIt manifest; the rest: the list.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "tools/fixity/cvi-hash-list.h"

/* What is written is read again as the same. */
static void
check_line (const CviHashLine *line, gboolean bagit)
{
  g_autoptr (GString) text = g_string_new (NULL);
  CviHashLine again;

  cvi_hash_line_append (text, line, bagit);
  g_assert_cmpint (text->str[text->len - 1], ==, '\n');
  g_string_truncate (text, text->len - 1);
  g_assert_null (strpbrk (text->str, "\n\r"));
  g_assert_true (cvi_hash_line_parse (text->str, line->digest, bagit, &again));
  g_assert_cmpint (again.digest, ==, line->digest);
  g_assert_cmpmem (again.bytes, cvi_digest_size (again.digest), line->bytes,
      cvi_digest_size (line->digest));
  /* BagIt's readers pass over blanks before a name, whoever put them there. */
  if (!bagit || !strchr (" \t*", line->path[0]))
    g_assert_cmpstr (again.path, ==, line->path);
  cvi_hash_line_clear (&again);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  CviDigest digest;
  gboolean bagit;

  if (size == 0)
    return 0;
  bagit = data[0] & 0x80;
  digest = (data[0] & 0x7f) % (CVI_N_DIGESTS + 1);
  text = g_strndup ((const char *)data + 1, size - 1);
  cvi_hash_list_guess (text);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    CviHashLine line;

    if (!cvi_hash_line_parse (lines[i], digest, bagit, &line))
      continue;
    g_assert_cmpint (line.path[0], !=, '\0');
    g_assert_cmpuint (strlen (line.path), <=, strlen (lines[i]));
    check_line (&line, bagit);
    cvi_hash_line_clear (&line);
  }
  return 0;
}

#define HEX32 "0123456789abcdef0123456789ABCDEF"

void
fuzz_target_seeds (FuzzAdd add, gpointer user_data)
{
  static const char *const lists[] = {
    HEX32 "  a.mkv\n" HEX32 " *b.mkv\n\\" HEX32 "  c\\\\d\\n.mkv\n# x\n",
    HEX32 "01234567  sha1\n" HEX32 HEX32 "  sha256\n" HEX32 HEX32 HEX32 HEX32
          "  sha512\n",
    "MD5 (a (b).mkv) = " HEX32 "\nSHA256 (c) = " HEX32 HEX32
    "\n\\XXH3 (d\\n) = " HEX32 "\n",
    HEX32 "  data/a%0Ab%25c%0d.mkv\n" HEX32 "\t \t* data/b\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++) {
    for (guint8 kind = 0; kind <= CVI_N_DIGESTS; kind++) {
      g_autoptr (GByteArray) seed = g_byte_array_new ();
      guint8 head = kind | (i == 3 ? 0x80 : 0);

      g_byte_array_append (seed, &head, 1);
      g_byte_array_append (
          seed, (const guint8 *)lists[i], (guint)strlen (lists[i]));
      add (seed->data, seed->len, user_data);
    }
  }
}
