/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/bytes.h"

#include <string.h>

#define FRAMES 10
#define SIZE 300
#define FRAME (12 + SIZE)
#define MS G_GUINT64_CONSTANT (1000000)

static GByteArray *
ivf_new (guint32 declared)
{
  GByteArray *out = g_byte_array_new ();

  put_text (out, "DKIF");
  put_le16 (out, 0);
  put_le16 (out, 32);
  put_text (out, "VP90");
  put_le16 (out, 320);
  put_le16 (out, 240);
  put_le32 (out, 25);
  put_le32 (out, 1);
  put_le32 (out, declared);
  put_le32 (out, 0);
  for (guint i = 0; i < FRAMES; i++) {
    put_le32 (out, SIZE);
    put_le64 (out, i);
    put_u8 (out, 0x82);
    put_noise (out, SIZE - 1, i);
  }
  return out;
}

static void
test_plain (void)
{
  g_autoptr (GByteArray) file = ivf_new (FRAMES);
  g_autoptr (Outcome) outcome = walk_bytes (file, "plain.ivf");
  const CviStructureStream *stream;

  g_assert_cmpuint (outcome->findings->len, ==, 0);
  g_assert_cmpstr (outcome->info->container, ==, "ivf");
  stream = g_ptr_array_index (outcome->info->streams, 0);
  g_assert_cmpstr (stream->codec, ==, "VP90");
  g_assert_cmpuint (stream->n_frames, ==, FRAMES);
  g_assert_cmpuint (stream->last_ns, ==, 400 * MS);
  g_assert_cmpuint (stream->frame_ns, ==, 40 * MS);
}

static void
test_counts (void)
{
  g_autoptr (GByteArray) zero = ivf_new (0);
  g_autoptr (GByteArray) many = ivf_new (500);
  g_autoptr (Outcome) none = walk_bytes (zero, "zero.ivf");
  g_autoptr (Outcome) wrong = walk_bytes (many, "many.ivf");

  g_assert_cmpuint (none->findings->len, ==, 0);
  assert_silent (wrong);
  assert_found (wrong, CVI_RULE_CONTAINER_INDEX, CVI_SEVERITY_INFO);
}

static void
test_cut (void)
{
  g_autoptr (GByteArray) file = ivf_new (FRAMES);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;

  g_byte_array_set_size (file, file->len - 10);
  outcome = walk_bytes (file, "cut.ivf");
  finding = outcome_find (
      outcome, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->start_ns, ==, 360 * MS);
  g_assert_cmpuint (finding->offset, ==, 32 + 9 * FRAME);
}

static void
test_lost_bytes (void)
{
  g_autoptr (GByteArray) file = ivf_new (FRAMES);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  const CviStructureStream *stream;

  g_byte_array_remove_range (file, 32 + 4 * FRAME + 50, 30);
  outcome = walk_bytes (file, "dropped.ivf");
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, 32 + 5 * FRAME);
  g_assert_cmpuint (finding->start_ns, ==, 160 * MS);
  stream = g_ptr_array_index (outcome->info->streams, 0);
  g_assert_cmpuint (stream->n_frames, ==, FRAMES - 1);
}

static void
test_frame_head (void)
{
  g_autoptr (GByteArray) file = ivf_new (FRAMES);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;

  file->data[32 + 3 * FRAME + 12] = 0x42;
  outcome = walk_bytes (file, "head.ivf");
  g_assert_cmpuint (outcome->findings->len, ==, 1);
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->start_ns, ==, 120 * MS);
}

static void
test_mutations (void)
{
  g_autoptr (GByteArray) file = ivf_new (FRAMES);

  mutate (file, "mutated.ivf");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ivf/plain", test_plain);
  g_test_add_func ("/ivf/counts", test_counts);
  g_test_add_func ("/ivf/cut", test_cut);
  g_test_add_func ("/ivf/lost-bytes", test_lost_bytes);
  g_test_add_func ("/ivf/frame-head", test_frame_head);
  g_test_add_func ("/ivf/mutations", test_mutations);
  return g_test_run ();
}
