/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/ts.h"

#include <string.h>

#define MS G_GUINT64_CONSTANT (1000000)
#define NULL_PID 0x1fff

static gsize
nth_packet (guint n)
{
  return (gsize)n * TS_PACKET;
}

static Outcome *
walk (const TsMaker *maker)
{
  return walk_bytes (maker->out, "a.ts");
}

static void
test_plain (void)
{
  static const guint layouts[][2] = { { 0, 0 }, { 4, 0 }, { 0, 16 } };

  for (guint i = 0; i < G_N_ELEMENTS (layouts); i++) {
    g_autoptr (TsMaker) maker = ts_new (layouts[i][0], layouts[i][1], 90000);
    g_autoptr (Outcome) outcome = walk (maker);
    const CviStructureStream *video, *audio;

    assert_silent (outcome);
    g_assert_cmpuint (outcome->findings->len, ==, 0);
    g_assert_cmpstr (outcome->info->container, ==, "mpeg-ts");
    g_assert_cmpuint (outcome->info->duration_ns, ==, 960 * MS);
    g_assert_cmpuint (outcome->info->streams->len, ==, 2);
    video = g_ptr_array_index (outcome->info->streams, 0);
    audio = g_ptr_array_index (outcome->info->streams, 1);
    g_assert_cmpstr (video->id, ==, "video/0");
    g_assert_cmpstr (video->codec, ==, "h264");
    g_assert_cmpuint (video->last_ns, ==, 960 * MS);
    g_assert_cmpstr (audio->codec, ==, "ac3");
    g_assert_false (audio->encrypted);
  }
}

/* The 33 bits of the timestamps overflow on the way. */
static void
test_wrap (void)
{
  g_autoptr (TsMaker) maker =
      ts_new (0, 0, (G_GUINT64_CONSTANT (1) << 33) - 10 * 3600);
  g_autoptr (Outcome) outcome = walk (maker);

  assert_silent (outcome);
  g_assert_cmpuint (outcome->info->duration_ns, ==, 960 * MS);
}

/* What 2.4.3.3 allows: a duplicate, packets without payload, null packets of
 * any counter, an announced discontinuity. */
static void
test_legal (void)
{
  g_autoptr (TsMaker) maker = ts_new (0, 0, 0);
  g_autoptr (Outcome) outcome = NULL;
  guint8 data[184];

  memset (data, 0x55, sizeof data);
  ts_put_pes (maker, TS_VIDEO, 0xe0, TS_FRAMES * 3600, 184, FALSE);
  g_byte_array_append (
      maker->out, maker->out->data + maker->out->len - TS_PACKET, TS_PACKET);
  maker->cc[TS_VIDEO]--;
  ts_put_packet (maker, TS_VIDEO, FALSE, 0, data, 0);
  maker->cc[TS_VIDEO]++;
  ts_put_packet (maker, NULL_PID, FALSE, 0, data, 184);
  maker->cc[NULL_PID] = 9;
  ts_put_packet (maker, NULL_PID, FALSE, 0, data, 184);
  maker->cc[TS_VIDEO] += 5;
  ts_put_packet (maker, TS_VIDEO, FALSE, 0x80, data, 100);
  maker->cc[TS_VIDEO]++;
  ts_put_pes (maker, TS_VIDEO, 0xe0, TS_FRAMES * 3600 + 3600, 184, FALSE);
  outcome = walk (maker);
  assert_silent (outcome);
}

/* A capture begins and ends anywhere between packets. */
static void
test_capture (void)
{
  g_autoptr (TsMaker) maker = ts_new (0, 0, 0);
  g_autoptr (Outcome) outcome = NULL;

  g_byte_array_remove_range (maker->out, 0, 100);
  g_byte_array_set_size (
      maker->out, (guint)nth_packet (2 + TS_FRAME_PACKETS * 20 + 7) - 100);
  outcome = walk (maker);
  assert_silent (outcome);
}

static void
test_lost_packet (void)
{
  g_autoptr (TsMaker) maker = ts_new (0, 0, 0);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  gsize at = nth_packet (2 + TS_FRAME_PACKETS * 10 + 3);

  g_byte_array_remove_range (maker->out, (guint)at, TS_PACKET);
  outcome = walk (maker);
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_CONTINUITY, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, at);
  g_assert_cmpuint (finding->start_ns, ==, 400 * MS);
  g_assert_cmpstr (finding->stream, ==, "video/0");
  g_assert_cmpuint (outcome->findings->len, ==, 1);
}

/* A third copy, and a second one with other content, are no duplicates. */
static void
test_bad_duplicate (void)
{
  for (guint i = 0; i < 2; i++) {
    g_autoptr (TsMaker) maker = ts_new (0, 0, 0);
    g_autoptr (Outcome) outcome = NULL;
    guint8 copy[TS_PACKET];

    ts_put_pes (maker, TS_VIDEO, 0xe0, TS_FRAMES * 3600, 184, FALSE);
    memcpy (copy, maker->out->data + maker->out->len - TS_PACKET, TS_PACKET);
    put (maker->out, copy, TS_PACKET);
    if (i == 0)
      put (maker->out, copy, TS_PACKET);
    else
      maker->out->data[maker->out->len - 5] ^= 1;
    outcome = walk (maker);
    assert_found (outcome, CVI_RULE_CONTAINER_CONTINUITY, CVI_SEVERITY_ERROR);
  }
}

/* Sixteen packets of one PID: the counter does not tell, the length does. */
static void
test_short_pes (void)
{
  g_autoptr (TsMaker) maker = ts_new (0, 0, 0);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  gsize at = maker->out->len;

  ts_put_pes (maker, TS_AUDIO, 0xbd, TS_FRAMES * 3600, 40 * 184, TRUE);
  g_byte_array_remove_range (
      maker->out, (guint)(at + 5 * TS_PACKET), 16 * TS_PACKET);
  ts_put_pes (maker, TS_AUDIO, 0xbd, TS_FRAMES * 3600 + 3600, 184, TRUE);
  outcome = walk (maker);
  g_assert_cmpuint (outcome->findings->len, ==, 1);
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, at);
  g_assert_cmpstr (finding->stream, ==, "audio/0");
}

static void
test_sync_lost (void)
{
  g_autoptr (TsMaker) maker = ts_new (0, 0, 0);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  gsize at = nth_packet (50);

  memset (maker->out->data + at, 0xaa, 1000);
  outcome = walk (maker);
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_SYNC_LOST, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, at);
  g_assert_cmpuint (outcome->findings->len, ==, 1);
}

static void
test_dropped_bytes (void)
{
  g_autoptr (TsMaker) maker = ts_new (0, 0, 0);
  g_autoptr (Outcome) outcome = NULL;

  g_byte_array_remove_range (maker->out, (guint)nth_packet (50) + 20, 1000);
  outcome = walk (maker);
  assert_found (outcome, CVI_RULE_CONTAINER_SYNC_LOST, CVI_SEVERITY_ERROR);
}

static void
test_zeros (void)
{
  g_autoptr (TsMaker) maker = ts_new (0, 0, 0);
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (Outcome) inside = NULL;
  guint8 zeros[184] = { 0 };

  memset (maker->out->data + nth_packet (50), 0, 5000);
  outcome = walk (maker);
  assert_found (outcome, CVI_RULE_CONTAINER_ZERO_FILLED, CVI_SEVERITY_ERROR);

  g_clear_pointer (&maker, ts_maker_free);
  maker = ts_new (0, 0, 0);
  ts_put_pes (maker, TS_VIDEO, 0xe0, TS_FRAMES * 3600, 184, FALSE);
  for (guint i = 0; i < 30; i++) {
    ts_put_packet (maker, TS_VIDEO, FALSE, 0, zeros, sizeof zeros);
    maker->cc[TS_VIDEO]++;
  }
  ts_put_pes (maker, TS_VIDEO, 0xe0, TS_FRAMES * 3600 + 3600, 184, FALSE);
  inside = walk (maker);
  assert_found (inside, CVI_RULE_CONTAINER_ZERO_FILLED, CVI_SEVERITY_ERROR);
}

static void
test_checksum (void)
{
  g_autoptr (TsMaker) maker = ts_new (0, 0, 0);
  g_autoptr (Outcome) outcome = NULL;
  gsize at = maker->out->len;

  ts_put_tables (maker);
  maker->out->data[at + 2 * TS_PACKET - 20] ^= 4;
  outcome = walk (maker);
  assert_found (outcome, CVI_RULE_CONTAINER_CHECKSUM, CVI_SEVERITY_ERROR);
}

static void
test_header_bits (void)
{
  static const struct {
    gsize byte;
    guint8 set;
  } cases[] = { { 1, 0x80 }, { 3, 0x80 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (TsMaker) maker = ts_new (0, 0, 0);
    g_autoptr (Outcome) outcome = NULL;

    maker->out->data[nth_packet (60) + cases[i].byte] |= cases[i].set;
    outcome = walk (maker);
    assert_found (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  }
}

static void
test_bad_pes (void)
{
  g_autoptr (TsMaker) maker = ts_new (0, 0, 0);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  gsize at = nth_packet (2 + TS_FRAME_PACKETS * 5);

  maker->out->data[at + 6] = 7;
  outcome = walk (maker);
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, at);
}

static void
test_scrambled (void)
{
  g_autoptr (TsMaker) maker = ts_new (0, 0, 0);
  g_autoptr (Outcome) outcome = NULL;

  for (gsize at = nth_packet (2); at < maker->out->len; at += TS_PACKET)
    maker->out->data[at + 3] |= 0x80;
  outcome = walk (maker);
  g_assert_cmpuint (outcome->findings->len, ==, 2);
  assert_found (outcome, CVI_RULE_STREAM_ENCRYPTED, CVI_SEVERITY_WARNING);
  for (guint i = 0; i < 2; i++) {
    const CviStructureStream *stream =
        g_ptr_array_index (outcome->info->streams, i);

    g_assert_true (stream->encrypted);
  }
}

/* A CA descriptor alone does not mean that anything is scrambled. */
static void
test_descrambled (void)
{
  g_autoptr (TsMaker) maker = ts_maker_new (0, 0);
  g_autoptr (Outcome) outcome = NULL;

  maker->ca = 6;
  ts_put_tables (maker);
  for (guint i = 0; i < TS_FRAMES; i++)
    ts_put_frame (maker, i, 0);
  outcome = walk (maker);
  assert_silent (outcome);
  g_assert_cmpuint (outcome->info->streams->len, ==, 2);
}

static void
test_clock (void)
{
  for (guint announced = 0; announced < 2; announced++) {
    g_autoptr (TsMaker) maker = ts_new (0, 0, 0);
    g_autoptr (Outcome) outcome = NULL;

    ts_put_clock (maker, 90000, FALSE);
    ts_put_clock (maker, 93600, FALSE);
    ts_put_clock (maker, 900000, announced);
    outcome = walk (maker);
    if (announced)
      assert_silent (outcome);
    else
      assert_found (
          outcome, CVI_RULE_CONTAINER_CONTINUITY, CVI_SEVERITY_WARNING);
  }
}

static void
test_cut (void)
{
  g_autoptr (TsMaker) maker = ts_new (0, 0, 0);
  g_autoptr (Outcome) video = NULL;
  g_autoptr (Outcome) audio = NULL;
  const CviFinding *finding;

  /* In the last audio packet. */
  g_byte_array_set_size (maker->out, maker->out->len - 50);
  audio = walk (maker);
  finding =
      outcome_find (audio, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->start_ns, ==, 960 * MS);

  /* In the unbounded video packet. */
  g_byte_array_set_size (maker->out, maker->out->len - 2 * TS_PACKET);
  video = walk (maker);
  assert_found (video, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_WARNING);
  g_assert_null (
      outcome_find (video, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_ERROR));
}

static void
test_mutations (void)
{
  g_autoptr (TsMaker) maker = ts_new (0, 0, 0);
  g_autoptr (TsMaker) m2ts = ts_new (4, 0, 0);

  mutate (maker->out, "a.ts");
  mutate (m2ts->out, "a.m2ts");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mpegts/plain", test_plain);
  g_test_add_func ("/mpegts/wrap", test_wrap);
  g_test_add_func ("/mpegts/legal", test_legal);
  g_test_add_func ("/mpegts/capture", test_capture);
  g_test_add_func ("/mpegts/lost-packet", test_lost_packet);
  g_test_add_func ("/mpegts/bad-duplicate", test_bad_duplicate);
  g_test_add_func ("/mpegts/short-pes", test_short_pes);
  g_test_add_func ("/mpegts/sync-lost", test_sync_lost);
  g_test_add_func ("/mpegts/dropped-bytes", test_dropped_bytes);
  g_test_add_func ("/mpegts/zeros", test_zeros);
  g_test_add_func ("/mpegts/checksum", test_checksum);
  g_test_add_func ("/mpegts/header-bits", test_header_bits);
  g_test_add_func ("/mpegts/bad-pes", test_bad_pes);
  g_test_add_func ("/mpegts/scrambled", test_scrambled);
  g_test_add_func ("/mpegts/descrambled", test_descrambled);
  g_test_add_func ("/mpegts/clock", test_clock);
  g_test_add_func ("/mpegts/cut", test_cut);
  g_test_add_func ("/mpegts/mutations", test_mutations);
  return g_test_run ();
}
