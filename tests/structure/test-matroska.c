/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/mkv.h"

#include <string.h>

#define MS G_GUINT64_CONSTANT (1000000)
#define CLUSTER_ID "\x1f\x43\xb6\x75"
#define CUES_ID "\x1c\x53\xbb\x6b"

static gsize
nth_cluster (const GByteArray *bytes, guint n)
{
  gsize at = find_text (bytes, CLUSTER_ID, 0);

  while (n-- > 0)
    at = find_text (bytes, CLUSTER_ID, at + 1);
  return at;
}

static void
remove_bytes (GByteArray *bytes, gsize at, gsize len)
{
  g_byte_array_remove_range (bytes, (guint)at, (guint)len);
}

static void
insert_bytes (GByteArray *bytes, gsize at, gsize len)
{
  g_autoptr (GByteArray) tail = g_byte_array_new ();

  put (tail, bytes->data + at, bytes->len - at);
  g_byte_array_set_size (bytes, (guint)at);
  put_noise (bytes, len, 99);
  put (bytes, tail->data, tail->len);
}

static void
test_plain (void)
{
  const MkvOptions options = { .positions = TRUE, .crc = TRUE };
  g_autoptr (GByteArray) bytes = mkv_new (&options);
  g_autoptr (Outcome) outcome = walk_bytes (bytes, "a.mkv");
  const CviStructureStream *video, *audio;

  assert_silent (outcome);
  g_assert_cmpstr (outcome->info->container, ==, "matroska");
  g_assert_cmpuint (outcome->info->duration_ns, ==, 1000 * MS);
  g_assert_cmpuint (outcome->info->streams->len, ==, 2);
  video = g_ptr_array_index (outcome->info->streams, 0);
  audio = g_ptr_array_index (outcome->info->streams, 1);
  g_assert_cmpstr (video->id, ==, "video/0");
  g_assert_cmpstr (video->codec, ==, "V_MPEG4/ISO/AVC");
  g_assert_cmpuint (video->n_frames, ==, MKV_CLUSTERS * MKV_BLOCKS);
  g_assert_cmpuint (video->n_sync, ==, MKV_CLUSTERS);
  g_assert_cmpuint (video->frame_ns, ==, 40 * MS);
  g_assert_cmpuint (video->last_ns, ==, 1000 * MS);
  g_assert_cmpstr (audio->id, ==, "audio/0");
  g_assert_cmpuint (audio->n_frames, ==, MKV_CLUSTERS * MKV_BLOCKS);
}

static void
test_legal (void)
{
  static const MkvOptions legal[] = {
    { .groups = TRUE },
    { .live = TRUE },
    { .live = TRUE, .groups = TRUE, .positions = TRUE },
    { .annexb = TRUE },
    { .crc = TRUE, .groups = TRUE },
    { .clusters = 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (legal); i++) {
    g_autoptr (GByteArray) bytes = mkv_new (&legal[i]);
    g_autoptr (Outcome) outcome = walk_bytes (bytes, "a.mkv");
    const CviStructureStream *video;

    assert_silent (outcome);
    video = g_ptr_array_index (outcome->info->streams, 0);
    g_assert_cmpuint (video->n_frames, ==,
        (legal[i].clusters ? legal[i].clusters : MKV_CLUSTERS) * MKV_BLOCKS);
    g_assert_cmpuint (video->n_sync * MKV_BLOCKS, ==, video->n_frames);
  }
}

/* An element that is not known to the walk, and a second Segment behind a
 * second EBML header. */
static void
test_unknown_element (void)
{
  const MkvOptions options = { .live = TRUE };
  g_autoptr (GByteArray) bytes = mkv_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (GByteArray) second = mkv_new (&options);

  mkv_put_element (bytes, 0x4FFE, "new", 3);
  put (bytes, second->data, second->len);
  outcome = walk_bytes (bytes, "a.mkv");
  assert_silent (outcome);
}

static void
test_cut (void)
{
  const MkvOptions whole = { 0 };
  const MkvOptions live = { .live = TRUE };
  g_autoptr (GByteArray) bytes = mkv_new (&whole);
  g_autoptr (GByteArray) stream = mkv_new (&live);
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (Outcome) outcome_live = NULL;
  const CviFinding *finding;
  guint size = (guint)nth_cluster (bytes, 3) + 700;

  g_byte_array_set_size (bytes, size);
  outcome = walk_bytes (bytes, "a.mkv");
  finding = outcome_find (
      outcome, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, size);
  g_assert_cmpuint (finding->start_ns, ==, 640 * MS - 40 * MS);
  /* What else is missing is a consequence. */
  g_assert_cmpuint (outcome->findings->len, ==, 1);

  g_byte_array_set_size (stream, stream->len - 20);
  outcome_live = walk_bytes (stream, "a.mkv");
  assert_found (
      outcome_live, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
}

static void
test_lost_cluster (void)
{
  const MkvOptions options = { .positions = TRUE };
  g_autoptr (GByteArray) bytes = mkv_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  gsize second = nth_cluster (bytes, 2);
  gsize third = nth_cluster (bytes, 3);

  remove_bytes (bytes, second, third - second);
  outcome = walk_bytes (bytes, "a.mkv");
  assert_found (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  assert_found (outcome, CVI_RULE_CONTAINER_INDEX, CVI_SEVERITY_ERROR);
  assert_found (outcome, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
}

static void
test_garbage_between (void)
{
  const MkvOptions options = { .live = TRUE };
  g_autoptr (GByteArray) bytes = mkv_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  const CviStructureStream *video;
  gsize at = nth_cluster (bytes, 2);

  insert_bytes (bytes, at, 1000);
  outcome = walk_bytes (bytes, "a.mkv");
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, at);
  g_assert_cmpuint (finding->start_ns, ==, 360 * MS);
  g_assert_nonnull (strstr (finding->message, "1000 bytes"));
  video = g_ptr_array_index (outcome->info->streams, 0);
  g_assert_cmpuint (video->n_frames, ==, MKV_CLUSTERS * MKV_BLOCKS);
}

static void
test_zeros (void)
{
  const MkvOptions options = { .clusters = 20 };
  g_autoptr (GByteArray) bytes = mkv_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (Outcome) inside = NULL;
  gsize at = nth_cluster (bytes, 2);

  memset (bytes->data + at, 0, 5000);
  outcome = walk_bytes (bytes, "a.mkv");
  assert_found (outcome, CVI_RULE_CONTAINER_ZERO_FILLED, CVI_SEVERITY_ERROR);

  g_byte_array_unref (bytes);
  bytes = mkv_new (&options);
  /* In the middle of one H.264 unit. */
  memset (bytes->data + nth_cluster (bytes, 2) + 200, 0, 100);
  inside = walk_bytes (bytes, "a.mkv");
  assert_found (inside, CVI_RULE_CONTAINER_ZERO_FILLED, CVI_SEVERITY_ERROR);
}

static void
test_checksum (void)
{
  const MkvOptions options = { .crc = TRUE };
  g_autoptr (GByteArray) bytes = mkv_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  gsize at = nth_cluster (bytes, 1);

  bytes->data[at + 300] ^= 0x10;
  outcome = walk_bytes (bytes, "a.mkv");
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_CHECKSUM, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, at);
}

/* An editor that knows nothing of CRCs leaves the only one wrong. */
static void
test_checksums_left_behind (void)
{
  for (guint clusters = 1; clusters <= 2; clusters++) {
    const MkvOptions options = { .crc = TRUE, .clusters = clusters };
    g_autoptr (GByteArray) bytes = mkv_new (&options);
    g_autoptr (Outcome) outcome = NULL;
    gboolean only = clusters == 1;

    for (guint i = 0; i < clusters; i++)
      bytes->data[nth_cluster (bytes, i) + 300] ^= 0x10;
    outcome = walk_bytes (bytes, "a.mkv");
    g_assert_nonnull (outcome_find (outcome, CVI_RULE_CONTAINER_CHECKSUM,
        only ? CVI_SEVERITY_INFO : CVI_SEVERITY_ERROR));
    g_assert_null (outcome_find (outcome, CVI_RULE_CONTAINER_CHECKSUM,
        only ? CVI_SEVERITY_ERROR : CVI_SEVERITY_INFO));
  }
}

static void
test_options (void)
{
  static const struct {
    MkvOptions options;
    CviRuleId rule;
    CviSeverity severity;
  } cases[] = {
    { { .track = 7 }, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR },
    { { .no_tracks = TRUE }, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR },
    { { .spike = 2 }, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR },
    { { .encrypted = TRUE }, CVI_RULE_STREAM_ENCRYPTED, CVI_SEVERITY_WARNING },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) bytes = mkv_new (&cases[i].options);
    g_autoptr (Outcome) outcome = walk_bytes (bytes, "a.mkv");

    assert_found (outcome, cases[i].rule, cases[i].severity);
  }
}

static void
test_nal_chain (void)
{
  const MkvOptions options = { 0 };
  g_autoptr (GByteArray) bytes = mkv_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  gsize block = find_text (bytes, "\xa3\x01", nth_cluster (bytes, 1));

  set_be32 (bytes, block + 9 + 4, 5000);
  outcome = walk_bytes (bytes, "a.mkv");
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, block + 13);
  g_assert_cmpuint (finding->start_ns, ==, 200 * MS);
  g_assert_cmpstr (finding->stream, ==, "video/0");
}

/* A file with one cluster of one block on the audio track. */
static Outcome *
walk_laced (guint8 flags, const guint8 *body, gsize len)
{
  const MkvOptions options = { .live = TRUE, .clusters = 1 };
  g_autoptr (GByteArray) bytes = mkv_new (&options);
  g_autoptr (GByteArray) laced = g_byte_array_new ();

  put (laced, body, len);
  mkv_put_block (bytes, &options, 2, 200, flags, laced);
  return walk_bytes (bytes, "a.mkv");
}

static void
test_lacing (void)
{
  static const guint8 xiph[] = { 2, 3, 4, 'a', 'a', 'a', 'b', 'b', 'b', 'b',
    'c' };
  static const guint8 ebml[] = { 2, 0x83, 0xc0, 'a', 'a', 'a', 'b', 'b', 'b',
    'b', 'c' };
  static const guint8 fixed[] = { 2, 'a', 'a', 'b', 'b', 'c', 'c' };
  static const guint8 xiph_long[] = { 2, 255, 255, 255, 4, 'a', 'a' };
  static const guint8 ebml_long[] = { 2, 0x83, 0xff, 'a', 'a' };
  static const guint8 fixed_odd[] = { 2, 'a', 'a', 'b', 'b', 'c' };
  static const struct {
    guint8 flags;
    const guint8 *body;
    gsize len;
    gboolean good;
  } cases[] = {
    { 0x82, xiph, sizeof xiph, TRUE },
    { 0x86, ebml, sizeof ebml, TRUE },
    { 0x84, fixed, sizeof fixed, TRUE },
    { 0x82, xiph_long, sizeof xiph_long, FALSE },
    { 0x86, ebml_long, sizeof ebml_long, FALSE },
    { 0x84, fixed_odd, sizeof fixed_odd, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Outcome) outcome =
        walk_laced (cases[i].flags, cases[i].body, cases[i].len);
    const CviStructureStream *audio =
        g_ptr_array_index (outcome->info->streams, 1);

    if (cases[i].good) {
      assert_silent (outcome);
      g_assert_cmpuint (audio->n_frames, ==, MKV_BLOCKS + 3);
    } else {
      assert_found (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
    }
  }
}

static void
test_index (void)
{
  const MkvOptions options = { 0 };
  g_autoptr (GByteArray) bytes = mkv_new (&options);
  g_autoptr (GByteArray) seek = mkv_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (Outcome) outcome_seek = NULL;
  gsize cues = find_text (bytes, CUES_ID, nth_cluster (bytes, 4));
  gsize at = find_text (bytes, "\xf1\x01", cues);

  bytes->data[at + 16] ^= 1;
  outcome = walk_bytes (bytes, "a.mkv");
  assert_found (outcome, CVI_RULE_CONTAINER_INDEX, CVI_SEVERITY_ERROR);

  at = find_text (seek, "\x53\xac\x01", 0);
  seek->data[at + 17] ^= 1;
  outcome_seek = walk_bytes (seek, "a.mkv");
  assert_found (outcome_seek, CVI_RULE_CONTAINER_INDEX, CVI_SEVERITY_ERROR);
}

static void
test_trailing (void)
{
  const MkvOptions options = { 0 };
  g_autoptr (GByteArray) bytes = mkv_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  gsize size = bytes->len;

  put_noise (bytes, 500, 5);
  outcome = walk_bytes (bytes, "a.mkv");
  g_assert_cmpuint (outcome->findings->len, ==, 1);
  g_assert_cmpuint (outcome_find (outcome, CVI_RULE_CONTAINER_TRAILING_DATA,
                        CVI_SEVERITY_WARNING)
                        ->offset,
      ==, size);
}

static void
test_overwritten_head (void)
{
  const MkvOptions options = { .clusters = 20 };
  g_autoptr (GByteArray) bytes = mkv_new (&options);
  g_autoptr (Outcome) outcome = NULL;

  memset (bytes->data, 0, 1000);
  outcome = walk_bytes (bytes, "a.mkv");
  g_assert_cmpstr (outcome->info->container, ==, "matroska");
  assert_found (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
}

/* Each of these IDs with the largest size there is, where a live file ends. */
static void
test_hostile_sizes (void)
{
  static const guint32 ids[] = { 0xA3, 0xA0, 0xE7, 0xEC, 0xBF, 0xAB, 0x1F43B675,
    0x1654AE6B, 0x1549A966, 0x1C53BB6B, 0x114D9B74, 0x18538067, 0x1A45DFA3 };
  const MkvOptions options = { .live = TRUE };

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++) {
    g_autoptr (GByteArray) bytes = mkv_new (&options);
    g_autoptr (Outcome) outcome = NULL;

    mkv_put_id (bytes, ids[i]);
    put_be64 (bytes, (G_GUINT64_CONSTANT (1) << 57) - 2);
    put_noise (bytes, 100, i);
    outcome = walk_bytes (bytes, "a.mkv");
    g_assert_true (outcome->info->complete);
    g_assert_cmpuint (outcome->findings->len, >, 0);
  }
}

/* An EBML header that says no size, at the start and behind a live file: it
 * cannot be passed by, and was walked for ever. */
static void
test_endless_header (void)
{
  static const guint8 header[] = { 0x1A, 0x45, 0xDF, 0xA3, 0xFF };
  const MkvOptions options = { .live = TRUE };
  g_autoptr (GByteArray) bytes = mkv_new (&options);
  g_autoptr (GByteArray) both = g_byte_array_new ();
  g_autoptr (Outcome) outcome = NULL;

  put (bytes, header, sizeof header);
  put (both, header, sizeof header);
  put (both, bytes->data, bytes->len);
  outcome = walk_bytes (both, "a.mkv");
  g_assert_true (outcome->info->complete);
  assert_found (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
}

static void
test_mutations (void)
{
  const MkvOptions options = {
    .positions = TRUE, .groups = TRUE, .clusters = 3
  };
  const MkvOptions checked = { .crc = TRUE, .live = FALSE, .clusters = 2 };
  g_autoptr (GByteArray) bytes = mkv_new (&options);
  g_autoptr (GByteArray) crc = mkv_new (&checked);

  mutate (bytes, "a.mkv");
  mutate (crc, "a.mkv");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/matroska/plain", test_plain);
  g_test_add_func ("/matroska/legal", test_legal);
  g_test_add_func ("/matroska/unknown-element", test_unknown_element);
  g_test_add_func ("/matroska/cut", test_cut);
  g_test_add_func ("/matroska/lost-cluster", test_lost_cluster);
  g_test_add_func ("/matroska/garbage-between", test_garbage_between);
  g_test_add_func ("/matroska/zeros", test_zeros);
  g_test_add_func ("/matroska/checksum", test_checksum);
  g_test_add_func (
      "/matroska/checksums-left-behind", test_checksums_left_behind);
  g_test_add_func ("/matroska/options", test_options);
  g_test_add_func ("/matroska/nal-chain", test_nal_chain);
  g_test_add_func ("/matroska/lacing", test_lacing);
  g_test_add_func ("/matroska/index", test_index);
  g_test_add_func ("/matroska/trailing", test_trailing);
  g_test_add_func ("/matroska/overwritten-head", test_overwritten_head);
  g_test_add_func ("/matroska/hostile-sizes", test_hostile_sizes);
  g_test_add_func ("/matroska/endless-header", test_endless_header);
  g_test_add_func ("/matroska/mutations", test_mutations);
  return g_test_run ();
}
