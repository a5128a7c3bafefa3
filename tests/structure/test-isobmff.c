/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/mp4.h"

#define MS G_GUINT64_CONSTANT (1000000)

static const CviStructureStream *
stream (const Outcome *outcome, guint i)
{
  g_assert_cmpuint (i, <, outcome->info->streams->len);
  return g_ptr_array_index (outcome->info->streams, i);
}

static void
test_plain (void)
{
  g_autoptr (GByteArray) file = mp4_new (&(Mp4Options){ 0 });
  g_autoptr (Outcome) outcome = walk_bytes (file, "plain.mp4");
  const CviStructureStream *video, *audio;

  assert_silent (outcome);
  g_assert_cmpuint (outcome->findings->len, ==, 0);
  g_assert_cmpstr (outcome->info->container, ==, "iso-bmff");
  g_assert_cmpuint (outcome->info->duration_ns, ==, 800 * MS);
  g_assert_cmpuint (outcome->info->streams->len, ==, 2);
  video = stream (outcome, 0);
  g_assert_cmpstr (video->id, ==, "video/0");
  g_assert_cmpstr (video->codec, ==, "avc1");
  g_assert_cmpuint (video->n_frames, ==, MP4_SAMPLES);
  g_assert_cmpuint (video->n_sync, ==, 2);
  g_assert_cmpuint (video->frame_ns, ==, 40 * MS);
  g_assert_cmpuint (video->duration_ns, ==, 800 * MS);
  g_assert_cmpuint (video->last_ns, ==, 800 * MS);
  g_assert_false (video->encrypted);
  audio = stream (outcome, 1);
  g_assert_cmpstr (audio->id, ==, "audio/0");
  g_assert_cmpuint (audio->last_ns, ==, 400 * MS);
  g_assert_cmpuint (audio->n_sync, ==, MP4_SAMPLES);
}

static void
test_legal (void)
{
  static const Mp4Options variants[] = {
    { .moov_last = TRUE },
    { .large_mdat = TRUE },
    { .open_mdat = TRUE },
    { .oddities = TRUE },
    { .oddities = TRUE, .moov_last = TRUE, .large_mdat = TRUE },
    { .quicktime = TRUE, .oddities = TRUE },
    { .video = "vp08" },
    { .video = "av01" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (variants); i++) {
    g_autoptr (GByteArray) file = mp4_new (&variants[i]);
    g_autoptr (Outcome) outcome = walk_bytes (file, "legal.mov");

    assert_silent (outcome);
    g_assert_cmpstr (outcome->info->container, ==, "iso-bmff");
  }
}

static void
test_encrypted (void)
{
  g_autoptr (GByteArray) file = mp4_new (&(Mp4Options){ .video = "encv" });
  g_autoptr (Outcome) outcome = NULL;
  gsize mdat = find_text (file, "mdat", 0);

  for (gsize i = mdat + 4; i < file->len; i++)
    file->data[i] |= 0x80;
  outcome = walk_bytes (file, "encrypted.mp4");
  assert_silent (outcome);
  g_assert_true (stream (outcome, 0)->encrypted);
  g_assert_false (stream (outcome, 1)->encrypted);
}

static void
test_cut (void)
{
  g_autoptr (GByteArray) file = mp4_new (&(Mp4Options){ 0 });
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  gsize data = find_text (file, "mdat", 0) + 4;

  /* chunk 0, then 2 of the video's 5 samples in chunk 1 and half a third */
  g_byte_array_set_size (
      file, (guint)(data + 5 * (MP4_VIDEO_SIZE + MP4_AUDIO_SIZE) +
                    2 * MP4_VIDEO_SIZE + MP4_VIDEO_SIZE / 2));
  outcome = walk_bytes (file, "cut.mp4");
  g_assert_cmpuint (outcome->findings->len, ==, 2);
  finding = g_ptr_array_index (outcome->findings, 0);
  g_assert_cmpstr (finding->rule->id, ==, "container::truncated");
  g_assert_cmpint (finding->severity, ==, CVI_SEVERITY_CRITICAL);
  g_assert_cmpstr (finding->stream, ==, "video/0");
  g_assert_cmpuint (finding->start_ns, ==, 7 * 40 * MS);
  g_assert_cmpuint (finding->end_ns, ==, 800 * MS);
  g_assert_cmpuint (finding->offset, ==, file->len);
  finding = g_ptr_array_index (outcome->findings, 1);
  g_assert_cmpstr (finding->stream, ==, "audio/0");
  g_assert_cmpuint (finding->start_ns, ==, 5 * 20 * MS);
  g_assert_cmpuint (stream (outcome, 0)->last_ns, ==, 7 * 40 * MS);
}

static void
test_no_moov (void)
{
  g_autoptr (GByteArray) file = mp4_new (&(Mp4Options){ .moov_last = TRUE });
  g_autoptr (Outcome) whole = NULL;
  g_autoptr (Outcome) part = NULL;
  gsize moov = find_text (file, "moov", 0) - 4;

  g_byte_array_set_size (file, (guint)moov + 200);
  part = walk_bytes (file, "cut.mp4");
  assert_found (part, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);

  g_byte_array_set_size (file, (guint)moov);
  whole = walk_bytes (file, "cut.mp4");
  assert_found (whole, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
}

static void
test_lost_bytes (void)
{
  g_autoptr (GByteArray) file = mp4_new (&(Mp4Options){ .moov_last = TRUE });
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  gsize data = find_text (file, "mdat", 0) + 4;

  g_byte_array_remove_range (file, (guint)data + 6 * MP4_VIDEO_SIZE, 50);
  outcome = walk_bytes (file, "dropped.mp4");
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  /* the moov is found again, so streams are known */
  g_assert_cmpuint (outcome->info->streams->len, ==, 2);
  g_assert_cmpuint (outcome->findings->len, >, 1);
}

static void
test_nal_chain (void)
{
  g_autoptr (GByteArray) file = mp4_new (&(Mp4Options){ 0 });
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  gsize sample = find_text (file, "mdat", 0) + 4 + 2 * MP4_VIDEO_SIZE;

  set_be32 (file, sample, 11);
  outcome = walk_bytes (file, "nal.mp4");
  g_assert_cmpuint (outcome->findings->len, ==, 1);
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpstr (finding->stream, ==, "video/0");
  g_assert_cmpuint (finding->start_ns, ==, 80 * MS);
}

static void
test_forbidden_bit (void)
{
  g_autoptr (GByteArray) file = mp4_new (&(Mp4Options){ 0 });
  g_autoptr (Outcome) outcome = NULL;
  gsize sample = find_text (file, "mdat", 0) + 4;

  file->data[sample + 4] |= 0x80;
  outcome = walk_bytes (file, "nal.mp4");
  assert_found (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
}

static void
fill (GByteArray *file, gsize at, gsize len)
{
  for (gsize i = at; i < at + len; i++)
    file->data[i] = 0;
}

static void
test_frame_head (void)
{
  g_autoptr (GByteArray) file = mp4_new (&(Mp4Options){ .video = "av01" });
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;

  file->data[find_text (file, "mdat", 0) + 4 + 4 * MP4_VIDEO_SIZE] = 0xff;
  outcome = walk_bytes (file, "head.mp4");
  g_assert_cmpuint (outcome->findings->len, ==, 1);
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->start_ns, ==, 160 * MS);
}

static void
test_zeros (void)
{
  g_autoptr (GByteArray) file = mp4_new (&(Mp4Options){ 0 });
  g_autoptr (GByteArray) tail = mp4_new (&(Mp4Options){ 0 });
  g_autoptr (Outcome) inside = NULL;
  g_autoptr (Outcome) at_end = NULL;
  const CviFinding *finding;
  gsize sample = find_text (file, "mdat", 0) + 4 + 3 * MP4_VIDEO_SIZE;

  fill (file, sample + 100, 100);
  inside = walk_bytes (file, "zeros.mp4");
  finding =
      outcome_find (inside, CVI_RULE_CONTAINER_ZERO_FILLED, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, sample + 100);
  g_assert_cmpuint (finding->start_ns, ==, 120 * MS);

  /* trailing_zero_8bits that a muxer kept are no damage */
  fill (tail, sample + MP4_VIDEO_SIZE - 300, 300);
  at_end = walk_bytes (tail, "zeros.mp4");
  assert_silent (at_end);
}

/* Changes one word of the table @type and expects an index finding. */
static void
check_table (const char *type, gsize cell, guint32 value)
{
  g_autoptr (GByteArray) file = mp4_new (&(Mp4Options){ 0 });
  g_autoptr (Outcome) outcome = NULL;

  set_be32 (file, find_text (file, type, 0) + 4 + 4 * cell, value);
  outcome = walk_bytes (file, "table.mp4");
  if (!outcome_find (outcome, CVI_RULE_CONTAINER_INDEX, CVI_SEVERITY_ERROR))
    g_error ("%s[%u] = %u not found", type, (guint)cell, value);
}

static void
test_tables (void)
{
  check_table ("stts", 2, MP4_SAMPLES - 1);
  check_table ("stts", 2, G_MAXUINT32);
  check_table ("stts", 1, 2);
  check_table ("stsz", 2, MP4_SAMPLES - 1);
  check_table ("stsz", 2, G_MAXUINT32);
  check_table ("stsz", 4, 0x7fffffff);
  check_table ("stsc", 2, 2);
  check_table ("stsc", 3, 4);
  check_table ("stsc", 3, G_MAXUINT32);
  check_table ("stco", 1, 3);
  check_table ("stco", 1, G_MAXUINT32);
  check_table ("stco", 2, 16);
  check_table ("stss", 2, 12);
  check_table ("stss", 3, MP4_SAMPLES + 1);
}

static void
test_partial_chunk (void)
{
  g_autoptr (GByteArray) file = mp4_new (&(Mp4Options){ 0 });
  g_autoptr (Outcome) outcome = NULL;

  /* one sample fewer in all tables but stsc */
  set_be32 (file, find_text (file, "stts", 0) + 12, MP4_SAMPLES - 1);
  set_be32 (file, find_text (file, "stsz", 0) + 12, MP4_SAMPLES - 1);
  outcome = walk_bytes (file, "partial.mp4");
  assert_silent (outcome);
  assert_found (outcome, CVI_RULE_CONTAINER_INDEX, CVI_SEVERITY_INFO);
}

static void
test_no_tracks (void)
{
  g_autoptr (GByteArray) file = mp4_new (&(Mp4Options){ 0 });
  g_autoptr (Outcome) outcome = NULL;
  gsize at = 0;

  for (guint i = 0; i < 2; i++) {
    at = find_text (file, "trak", at);
    file->data[at] = 'x';
  }
  outcome = walk_bytes (file, "empty.mp4");
  assert_found (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
}

static void
test_default_size (void)
{
  g_autoptr (GByteArray) file = mp4_new (&(Mp4Options){ .video = "av01" });
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (Outcome) huge = NULL;
  gsize stsz = find_text (file, "stsz", 0);

  set_be32 (file, stsz + 8, MP4_VIDEO_SIZE);
  outcome = walk_bytes (file, "default.mp4");
  assert_silent (outcome);
  g_assert_cmpuint (stream (outcome, 0)->last_ns, ==, 800 * MS);

  set_be32 (file, stsz + 12, G_MAXUINT32);
  huge = walk_bytes (file, "default.mp4");
  assert_found (huge, CVI_RULE_CONTAINER_INDEX, CVI_SEVERITY_ERROR);
}

static void
test_boxes (void)
{
  g_autoptr (GByteArray) inner = mp4_new (&(Mp4Options){ 0 });
  g_autoptr (GByteArray) between = mp4_new (&(Mp4Options){ 0 });
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (Outcome) foreign = NULL;
  gsize at;

  set_be32 (inner, find_text (inner, "minf", 0) - 4, 0x01000000);
  outcome = walk_bytes (inner, "box.mp4");
  assert_found (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);

  at = find_text (between, "ftyp", 0) + 4;
  set_be32 (between, at, 0xff00ff00);
  set_be32 (between, 0, 12);
  foreign = walk_bytes (between, "box.mp4");
  assert_found (foreign, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_cmpuint (foreign->info->streams->len, ==, 2);
}

static void
test_trailing (void)
{
  g_autoptr (GByteArray) zeros = mp4_new (&(Mp4Options){ 0 });
  g_autoptr (GByteArray) noise = mp4_new (&(Mp4Options){ 0 });
  g_autoptr (Outcome) padded = NULL;
  g_autoptr (Outcome) appended = NULL;

  put_zeros (zeros, 5000);
  padded = walk_bytes (zeros, "tail.mp4");
  assert_silent (padded);
  assert_found (padded, CVI_RULE_CONTAINER_TRAILING_DATA, CVI_SEVERITY_INFO);

  put_u8 (noise, 0xff);
  put_noise (noise, 5000, 7);
  appended = walk_bytes (noise, "tail.mp4");
  assert_found (
      appended, CVI_RULE_CONTAINER_TRAILING_DATA, CVI_SEVERITY_WARNING);
}

static void
test_zeroed_head (void)
{
  g_autoptr (GByteArray) file = mp4_new (&(Mp4Options){ 0 });
  g_autoptr (Outcome) named = NULL;
  g_autoptr (Outcome) other = NULL;

  fill (file, 0, find_text (file, "moov", 0) - 4);
  named = walk_bytes (file, "zeroed.mp4");
  assert_found (named, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_cmpuint (named->info->streams->len, ==, 2);
  other = walk_bytes (file, "zeroed.bin");
  g_assert_null (other->info->container);
}

static void
test_nesting (void)
{
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (GByteArray) deep = g_byte_array_new ();

  for (guint i = 0; i < 20000; i++) {
    put_be32 (deep, 8 * (20000 - i));
    put_text (deep, i == 0 ? "moov" : "trak");
  }
  outcome = walk_bytes (deep, "deep.mp4");
  assert_found (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
}

static void
test_mutations (void)
{
  static const Mp4Options variants[] = { { 0 },
    { .moov_last = TRUE, .large_mdat = TRUE } };

  for (gsize i = 0; i < G_N_ELEMENTS (variants); i++) {
    g_autoptr (GByteArray) file = mp4_new (&variants[i]);

    mutate (file, "mutated.mp4");
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/isobmff/plain", test_plain);
  g_test_add_func ("/isobmff/legal", test_legal);
  g_test_add_func ("/isobmff/encrypted", test_encrypted);
  g_test_add_func ("/isobmff/cut", test_cut);
  g_test_add_func ("/isobmff/no-moov", test_no_moov);
  g_test_add_func ("/isobmff/lost-bytes", test_lost_bytes);
  g_test_add_func ("/isobmff/nal-chain", test_nal_chain);
  g_test_add_func ("/isobmff/forbidden-bit", test_forbidden_bit);
  g_test_add_func ("/isobmff/frame-head", test_frame_head);
  g_test_add_func ("/isobmff/zeros", test_zeros);
  g_test_add_func ("/isobmff/tables", test_tables);
  g_test_add_func ("/isobmff/partial-chunk", test_partial_chunk);
  g_test_add_func ("/isobmff/no-tracks", test_no_tracks);
  g_test_add_func ("/isobmff/default-size", test_default_size);
  g_test_add_func ("/isobmff/boxes", test_boxes);
  g_test_add_func ("/isobmff/trailing", test_trailing);
  g_test_add_func ("/isobmff/zeroed-head", test_zeroed_head);
  g_test_add_func ("/isobmff/nesting", test_nesting);
  g_test_add_func ("/isobmff/mutations", test_mutations);
  return g_test_run ();
}
