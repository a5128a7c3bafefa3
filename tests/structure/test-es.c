/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/bytes.h"

#include <string.h>

#define UNIT 500

static void
put_unit (GByteArray *out, const char *header, gsize header_len, gsize len)
{
  put_be32 (out, 1);
  put (out, header, header_len);
  put_noise (out, len, (guint32)out->len);
}

static GByteArray *
es_new (gboolean hevc)
{
  GByteArray *out = g_byte_array_new ();

  if (hevc) {
    put_unit (out, "\100\1", 2, 20);
    put_unit (out, "\102\1", 2, 30);
    put_unit (out, "\104\1", 2, 10);
  } else {
    put_unit (out, "\147", 1, 20);
    put_unit (out, "\150", 1, 5);
  }
  for (guint i = 0; i < 10; i++)
    put_unit (out, hevc ? "\46\1" : "\145", hevc ? 2 : 1, UNIT);
  return out;
}

static void
test_plain (void)
{
  g_autoptr (GByteArray) avc = es_new (FALSE);
  g_autoptr (GByteArray) hevc = es_new (TRUE);
  g_autoptr (Outcome) first = walk_bytes (avc, NULL);
  g_autoptr (Outcome) second = walk_bytes (hevc, NULL);
  const CviStructureStream *stream;

  g_assert_cmpuint (first->findings->len, ==, 0);
  g_assert_cmpuint (second->findings->len, ==, 0);
  g_assert_cmpstr (first->info->container, ==, "h264");
  g_assert_cmpstr (second->info->container, ==, "h265");
  stream = g_ptr_array_index (second->info->streams, 0);
  g_assert_cmpstr (stream->codec, ==, "H.265");
}

static void
test_padding (void)
{
  g_autoptr (GByteArray) file = g_byte_array_new ();
  g_autoptr (GByteArray) body = es_new (FALSE);
  g_autoptr (Outcome) outcome = NULL;

  put_zeros (file, 10);
  put (file, body->data, body->len);
  put_zeros (file, 100000);
  put_unit (file, "\145", 1, UNIT);
  outcome = walk_bytes (file, "padded.264");
  assert_silent (outcome);
}

static void
test_zeros (void)
{
  g_autoptr (GByteArray) file = es_new (FALSE);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  gsize at = file->len - UNIT + 100;

  memset (file->data + at, 0, 100);
  outcome = walk_bytes (file, "zeros.264");
  g_assert_cmpuint (outcome->findings->len, ==, 1);
  finding = outcome_find (
      outcome, CVI_RULE_CONTAINER_ZERO_FILLED, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, at);
}

static void
test_forbidden (void)
{
  g_autoptr (GByteArray) avc = es_new (FALSE);
  g_autoptr (GByteArray) hevc = es_new (TRUE);
  g_autoptr (Outcome) first = NULL;
  g_autoptr (Outcome) second = NULL;

  avc->data[avc->len - UNIT - 1] |= 0x80;
  first = walk_bytes (avc, "forbidden.264");
  assert_found (first, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  hevc->data[hevc->len - UNIT - 1] = 0;
  second = walk_bytes (hevc, "forbidden.265");
  assert_found (second, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
}

static void
test_lead (void)
{
  g_autoptr (GByteArray) file = g_byte_array_new ();
  g_autoptr (GByteArray) body = es_new (FALSE);
  g_autoptr (Outcome) outcome = NULL;

  put_noise (file, 100, 1);
  put (file, body->data, body->len);
  outcome = walk_bytes (file, "lead.h264");
  assert_found (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
}

static void
test_mutations (void)
{
  g_autoptr (GByteArray) file = es_new (FALSE);

  mutate (file, "mutated.264");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/es/plain", test_plain);
  g_test_add_func ("/es/padding", test_padding);
  g_test_add_func ("/es/zeros", test_zeros);
  g_test_add_func ("/es/forbidden", test_forbidden);
  g_test_add_func ("/es/lead", test_lead);
  g_test_add_func ("/es/mutations", test_mutations);
  return g_test_run ();
}
