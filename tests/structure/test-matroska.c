/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/mp4.h"

#include <string.h>

#include "tools/structure/cvi-crc.h"

#define MS G_GUINT64_CONSTANT (1000000)
#define CLUSTERS 5
#define BLOCKS 5 /* of video, in a cluster; 40 ms each */
#define SIZE 400
#define CLUSTER_ID "\x1f\x43\xb6\x75"
#define CUES_ID "\x1c\x53\xbb\x6b"

typedef struct {
  gboolean live;      /* Segment and Clusters of unknown size, no index */
  gboolean crc;       /* in Tracks and Clusters */
  gboolean positions; /* Position and PrevSize */
  gboolean groups;    /* BlockGroup instead of SimpleBlock */
  gboolean no_tracks;
  gboolean encrypted;
  gboolean annexb; /* start codes instead of lengths */
  guint track;     /* number in the blocks, 0 for the right one */
  guint spike;     /* cluster with a wrong time, 0 for none */
  guint clusters;  /* 0 for CLUSTERS */
} Options;

static void
put_id (GByteArray *out, guint32 id)
{
  for (int shift = 24; shift >= 0; shift -= 8) {
    if (id >> shift)
      put_u8 (out, (guint8)(id >> shift));
  }
}

static void
put_element (GByteArray *out, guint32 id, const void *data, gsize len)
{
  put_id (out, id);
  put_be64 (out, G_GUINT64_CONSTANT (1) << 56 | len);
  put (out, data, len);
}

static void
put_number (GByteArray *out, guint32 id, guint64 value)
{
  value = GUINT64_TO_BE (value);
  put_element (out, id, &value, 8);
}

static void
put_string (GByteArray *out, guint32 id, const char *text)
{
  put_element (out, id, text, strlen (text));
}

/* Begins an element with a size of eight bytes. Returns: where the size is */
static gsize
begin (GByteArray *out, guint32 id)
{
  put_id (out, id);
  put_be64 (out, G_MAXUINT64 >> 7);
  return out->len - 8;
}

static void
set_be64 (GByteArray *out, gsize at, guint64 value)
{
  set_be32 (out, at, (guint32)(value >> 32));
  set_be32 (out, at + 4, (guint32)value);
}

static void
end (GByteArray *out, gsize at)
{
  set_be64 (out, at, G_GUINT64_CONSTANT (1) << 56 | (out->len - at - 8));
}

/* Puts a CRC-32 in front of the content that begins at @at + 8. */
static void
end_with_crc (GByteArray *out, gsize at)
{
  gsize len = out->len - at - 8;
  g_autofree guint8 *body = g_memdup2 (out->data + at + 8, len);

  g_byte_array_set_size (out, (guint)at + 8);
  put (out, "\xbf\x84", 2);
  put_le32 (out, cvi_crc32_le (0, body, len));
  put (out, body, len);
  end (out, at);
}

static void
put_head (GByteArray *out)
{
  gsize at = begin (out, 0x1A45DFA3);

  put_string (out, 0x4282, "matroska");
  end (out, at);
}

static void
put_tracks (GByteArray *out, const Options *options)
{
  static const guint8 avcc[24] = { 1, 100, 0, 31, 0xff, 0xe1 };
  gsize tracks = begin (out, 0x1654AE6B);
  gsize entry = begin (out, 0xAE);

  /* CodecPrivate before CodecID: elements have no order. */
  put_element (out, 0x63A2, avcc, sizeof avcc);
  put_number (out, 0xD7, 1);
  put_number (out, 0x83, 1);
  put_string (out, 0x86, "V_MPEG4/ISO/AVC");
  put_number (out, 0x23E383, 40 * MS);
  if (options->encrypted) {
    gsize encodings = begin (out, 0x6D80);
    gsize encoding = begin (out, 0x6240);

    put_number (out, 0x5033, 1);
    put_element (out, 0x5035, "\x47\xe1\x81\x05", 4);
    end (out, encoding);
    end (out, encodings);
  }
  end (out, entry);
  entry = begin (out, 0xAE);
  put_number (out, 0xD7, 2);
  put_number (out, 0x83, 2);
  put_string (out, 0x86, "A_OPUS");
  end (out, entry);
  if (options->crc)
    end_with_crc (out, tracks);
  else
    end (out, tracks);
}

static void
put_block (GByteArray *out, const Options *options, guint track, gint16 time,
    guint8 flags, const GByteArray *body)
{
  g_autoptr (GByteArray) block = g_byte_array_new ();
  gsize group;

  put_u8 (block, (guint8)(0x80 | track));
  put_be16 (block, (guint16)time);
  put_u8 (block, flags);
  put (block, body->data, body->len);
  if (!options->groups) {
    put_element (out, 0xA3, block->data, block->len);
    return;
  }
  group = begin (out, 0xA0);
  put_element (out, 0xA1, block->data, block->len);
  put_number (out, 0x9B, 40);
  if (!(flags & 0x80))
    put_number (out, 0xFB, 40);
  end (out, group);
}

static void
put_cluster (GByteArray *out, const Options *options, guint i, gsize segment,
    gsize *before)
{
  gsize offset = out->len;
  gsize at = begin (out, 0x1F43B675);

  put_number (
      out, 0xE7, options->spike == i && i > 0 ? 3600 * 1000 : i * BLOCKS * 40);
  if (options->positions) {
    put_number (out, 0xA7, offset - segment);
    if (*before > 0)
      put_number (out, 0xAB, offset - *before);
  }
  *before = offset;
  for (guint k = 0; k < BLOCKS; k++) {
    g_autoptr (GByteArray) body = g_byte_array_new ();
    g_autoptr (GByteArray) sound = g_byte_array_new ();

    if (options->annexb) {
      put_be32 (body, 1);
      put_noise (body, SIZE, i * BLOCKS + k);
    } else {
      put_avc_sample (body, SIZE, i * BLOCKS + k);
    }
    put_block (out, options, options->track ? options->track : 1,
        (gint16)(k * 40), k == 0 ? 0x80 : 0, body);
    put_noise (sound, 60, i * BLOCKS + k);
    put_block (out, options, 2, (gint16)(k * 40), 0x80, sound);
  }
  if (options->live)
    return;
  if (options->crc)
    end_with_crc (out, at);
  else
    end (out, at);
}

static void
put_cues (GByteArray *out, gsize segment, const GArray *clusters)
{
  gsize cues = begin (out, 0x1C53BB6B);

  for (guint i = 0; i < clusters->len; i++) {
    gsize point = begin (out, 0xBB);
    gsize positions;

    put_number (out, 0xB3, i * BLOCKS * 40);
    positions = begin (out, 0xB7);
    put_number (out, 0xF7, 1);
    put_number (out, 0xF1, g_array_index (clusters, gsize, i) - segment);
    end (out, positions);
    end (out, point);
  }
  end (out, cues);
}

static void
put_info (GByteArray *out, guint clusters)
{
  double duration = clusters * BLOCKS * 40;
  guint64 bits;
  gsize info = begin (out, 0x1549A966);

  memcpy (&bits, &duration, 8);
  put_number (out, 0x2AD7B1, MS);
  put_number (out, 0x4489, bits);
  end (out, info);
}

/* SeekHead, Info, Tracks, Void, Clusters, Cues. */
static GByteArray *
mkv_new (const Options *options)
{
  GByteArray *out = g_byte_array_new ();
  g_autoptr (GArray) clusters = g_array_new (FALSE, FALSE, sizeof (gsize));
  guint n = options->clusters ? options->clusters : CLUSTERS;
  gsize segment, at, seek = 0, before = 0;

  put_head (out);
  at = begin (out, 0x18538067);
  segment = out->len;
  if (!options->live) {
    gsize head = begin (out, 0x114D9B74);
    gsize entry = begin (out, 0x4DBB);

    put_element (out, 0x53AB, CUES_ID, 4);
    put_number (out, 0x53AC, 0);
    seek = out->len - 8;
    end (out, entry);
    end (out, head);
    put_info (out, n);
  }
  if (!options->no_tracks)
    put_tracks (out, options);
  put_element (out, 0xEC, "\0\0\0\0\0\0\0\0", 8);
  for (guint i = 0; i < n; i++) {
    gsize offset = out->len;

    g_array_append_val (clusters, offset);
    put_cluster (out, options, i, segment, &before);
  }
  if (!options->live) {
    set_be64 (out, seek, out->len - segment);
    put_cues (out, segment, clusters);
    end (out, at);
  }
  return out;
}

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
  const Options options = { .positions = TRUE, .crc = TRUE };
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
  g_assert_cmpuint (video->n_frames, ==, CLUSTERS * BLOCKS);
  g_assert_cmpuint (video->n_sync, ==, CLUSTERS);
  g_assert_cmpuint (video->frame_ns, ==, 40 * MS);
  g_assert_cmpuint (video->last_ns, ==, 1000 * MS);
  g_assert_cmpstr (audio->id, ==, "audio/0");
  g_assert_cmpuint (audio->n_frames, ==, CLUSTERS * BLOCKS);
}

static void
test_legal (void)
{
  static const Options legal[] = {
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
        (legal[i].clusters ? legal[i].clusters : CLUSTERS) * BLOCKS);
    g_assert_cmpuint (video->n_sync * BLOCKS, ==, video->n_frames);
  }
}

/* An element that is not known to the walk, and a second Segment behind a
 * second EBML header. */
static void
test_unknown_element (void)
{
  const Options options = { .live = TRUE };
  g_autoptr (GByteArray) bytes = mkv_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (GByteArray) second = mkv_new (&options);

  put_element (bytes, 0x4FFE, "new", 3);
  put (bytes, second->data, second->len);
  outcome = walk_bytes (bytes, "a.mkv");
  assert_silent (outcome);
}

static void
test_cut (void)
{
  const Options whole = { 0 };
  const Options live = { .live = TRUE };
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
  const Options options = { .positions = TRUE };
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
  const Options options = { .live = TRUE };
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
  g_assert_cmpuint (video->n_frames, ==, CLUSTERS * BLOCKS);
}

static void
test_zeros (void)
{
  const Options options = { .clusters = 20 };
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
  const Options options = { .crc = TRUE };
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

/* An editor that knows nothing of CRCs leaves all of them wrong. */
static void
test_checksums_left_behind (void)
{
  const Options options = { .crc = TRUE, .clusters = 2 };
  g_autoptr (GByteArray) bytes = mkv_new (&options);
  g_autoptr (Outcome) outcome = NULL;

  bytes->data[nth_cluster (bytes, 0) + 300] ^= 0x10;
  bytes->data[nth_cluster (bytes, 1) + 300] ^= 0x10;
  outcome = walk_bytes (bytes, "a.mkv");
  g_assert_nonnull (
      outcome_find (outcome, CVI_RULE_CONTAINER_CHECKSUM, CVI_SEVERITY_INFO));
  g_assert_null (
      outcome_find (outcome, CVI_RULE_CONTAINER_CHECKSUM, CVI_SEVERITY_ERROR));
}

static void
test_options (void)
{
  static const struct {
    Options options;
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
  const Options options = { 0 };
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
  const Options options = { .live = TRUE, .clusters = 1 };
  g_autoptr (GByteArray) bytes = mkv_new (&options);
  g_autoptr (GByteArray) laced = g_byte_array_new ();

  put (laced, body, len);
  put_block (bytes, &options, 2, 200, flags, laced);
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
      g_assert_cmpuint (audio->n_frames, ==, BLOCKS + 3);
    } else {
      assert_found (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
    }
  }
}

static void
test_index (void)
{
  const Options options = { 0 };
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
  const Options options = { 0 };
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
  const Options options = { .clusters = 20 };
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
  const Options options = { .live = TRUE };

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++) {
    g_autoptr (GByteArray) bytes = mkv_new (&options);
    g_autoptr (Outcome) outcome = NULL;

    put_id (bytes, ids[i]);
    put_be64 (bytes, (G_GUINT64_CONSTANT (1) << 57) - 2);
    put_noise (bytes, 100, i);
    outcome = walk_bytes (bytes, "a.mkv");
    g_assert_true (outcome->info->complete);
    g_assert_cmpuint (outcome->findings->len, >, 0);
  }
}

static void
test_mutations (void)
{
  const Options options = { .positions = TRUE, .groups = TRUE, .clusters = 3 };
  const Options checked = { .crc = TRUE, .live = FALSE, .clusters = 2 };
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
  g_test_add_func ("/matroska/checksums-left-behind",
      test_checksums_left_behind);
  g_test_add_func ("/matroska/options", test_options);
  g_test_add_func ("/matroska/nal-chain", test_nal_chain);
  g_test_add_func ("/matroska/lacing", test_lacing);
  g_test_add_func ("/matroska/index", test_index);
  g_test_add_func ("/matroska/trailing", test_trailing);
  g_test_add_func ("/matroska/overwritten-head", test_overwritten_head);
  g_test_add_func ("/matroska/hostile-sizes", test_hostile_sizes);
  g_test_add_func ("/matroska/mutations", test_mutations);
  return g_test_run ();
}
