/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/mp4.h"

#define MS G_GUINT64_CONSTANT (1000000)

static void
test_fragments (void)
{
  g_autoptr (GByteArray) file = mp4_new_fragmented (4);
  g_autoptr (Outcome) outcome = walk_bytes (file, "fragments.mp4");
  const CviStructureStream *video;

  assert_silent (outcome);
  g_assert_cmpuint (outcome->info->streams->len, ==, 1);
  video = g_ptr_array_index (outcome->info->streams, 0);
  g_assert_cmpuint (video->n_frames, ==, 20);
  g_assert_cmpuint (video->last_ns, ==, 4000 * MS);
}

static void
test_missing_fragment (void)
{
  g_autoptr (GByteArray) file = mp4_new_fragmented (3);
  g_autoptr (GByteArray) hole = mp4_new_fragmented (3);
  g_autoptr (GByteArray) sparse = mp4_new_fragmented (3);
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (Outcome) jump = NULL;
  g_autoptr (Outcome) numbers = NULL;
  const CviFinding *finding;

  mp4_put_fragment (file, 5, 4);
  outcome = walk_bytes (file, "missing.mp4");
  finding = outcome_find (
      outcome, CVI_RULE_CONTAINER_MISSING_FRAGMENT, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->start_ns, ==, 3000 * MS);
  g_assert_cmpuint (finding->end_ns, ==, 4000 * MS);

  /* time jumps although no number is missing: may have been so live */
  mp4_put_fragment (hole, 4, 9);
  jump = walk_bytes (hole, "hole.mp4");
  assert_found (
      jump, CVI_RULE_CONTAINER_MISSING_FRAGMENT, CVI_SEVERITY_WARNING);
  g_assert_null (outcome_find (
      jump, CVI_RULE_CONTAINER_MISSING_FRAGMENT, CVI_SEVERITY_ERROR));

  /* numbers jump although time goes on: fragments of another track */
  mp4_put_fragment (sparse, 9, 3);
  numbers = walk_bytes (sparse, "sparse.mp4");
  assert_silent (numbers);
}

static void
test_cut_fragment (void)
{
  g_autoptr (GByteArray) file = mp4_new_fragmented (3);
  g_autoptr (GByteArray) moof = mp4_new_fragmented (3);
  g_autoptr (Outcome) data = NULL;
  g_autoptr (Outcome) head = NULL;
  const CviFinding *finding;

  g_byte_array_set_size (file, file->len - MP4_VIDEO_SIZE - 10);
  data = walk_bytes (file, "cut.mp4");
  finding =
      outcome_find (data, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
  g_assert_nonnull (finding);
  g_assert_cmpstr (finding->stream, ==, "video/0");
  g_assert_cmpuint (finding->start_ns, ==, 2600 * MS);

  g_byte_array_set_size (
      moof, moof->len - MP4_CHUNK_SAMPLES * MP4_VIDEO_SIZE - 20);
  head = walk_bytes (moof, "cut.mp4");
  finding =
      outcome_find (head, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->start_ns, ==, 2000 * MS);
}

static void
put_sidx (GByteArray *file, guint n, guint32 size)
{
  gsize at = box_begin (file, "sidx");

  put_be32 (file, 0);
  put_be32 (file, 1);
  put_be32 (file, 1000);
  put_be32 (file, 0);
  put_be32 (file, 0);
  put_be16 (file, 0);
  put_be16 (file, (guint16)n);
  for (guint i = 0; i < n; i++) {
    put_be32 (file, size);
    put_be32 (file, 1000);
    put_be32 (file, 0x90000000);
  }
  box_end (file, at);
}

static void
test_sidx (void)
{
  g_autoptr (GByteArray) file = mp4_new_fragmented (0);
  g_autoptr (GByteArray) one = g_byte_array_new ();
  g_autoptr (Outcome) whole = NULL;
  g_autoptr (Outcome) cut = NULL;
  const CviFinding *finding;

  mp4_put_fragment (one, 1, 0);
  put_sidx (file, 3, one->len);
  for (guint i = 0; i < 3; i++)
    mp4_put_fragment (file, i + 1, i);
  whole = walk_bytes (file, "sidx.mp4");
  assert_silent (whole);

  /* cut between two fragments: only the index tells */
  g_byte_array_set_size (file, file->len - one->len);
  cut = walk_bytes (file, "sidx.mp4");
  finding =
      outcome_find (cut, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->start_ns, ==, 2000 * MS);
  g_assert_cmpuint (finding->end_ns, ==, 3000 * MS);
}

static void
put_mfra (GByteArray *file, guint32 offset)
{
  gsize at = box_begin (file, "mfra");
  gsize tfra = box_begin (file, "tfra");

  put_be32 (file, 0);
  put_be32 (file, 1);
  put_be32 (file, 0);
  put_be32 (file, 1);
  put_be32 (file, 1000);
  put_be32 (file, offset);
  put (file, "\1\1\1", 3);
  box_end (file, tfra);
  box_end (file, at);
}

static void
test_mfra (void)
{
  g_autoptr (GByteArray) good = mp4_new_fragmented (2);
  g_autoptr (GByteArray) bad = mp4_new_fragmented (2);
  g_autoptr (Outcome) right = NULL;
  g_autoptr (Outcome) wrong = NULL;
  gsize second = find_text (good, "moof", find_text (good, "moof", 0) + 4) - 4;

  put_mfra (good, (guint32)second);
  right = walk_bytes (good, "mfra.mp4");
  assert_silent (right);
  put_mfra (bad, (guint32)second + 4);
  wrong = walk_bytes (bad, "mfra.mp4");
  assert_found (wrong, CVI_RULE_CONTAINER_INDEX, CVI_SEVERITY_ERROR);
}

static void
test_mutations (void)
{
  g_autoptr (GByteArray) file = mp4_new_fragmented (0);

  put_sidx (file, 2, 3200);
  mp4_put_fragment (file, 1, 0);
  mp4_put_fragment (file, 2, 1);
  put_mfra (file, 100);
  mutate (file, "mutated.mp4");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fragments/plain", test_fragments);
  g_test_add_func ("/fragments/missing", test_missing_fragment);
  g_test_add_func ("/fragments/cut", test_cut_fragment);
  g_test_add_func ("/fragments/sidx", test_sidx);
  g_test_add_func ("/fragments/mfra", test_mfra);
  g_test_add_func ("/fragments/mutations", test_mutations);
  return g_test_run ();
}
