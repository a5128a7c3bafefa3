/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/bytes.h"

#include <string.h>

#define MS G_GUINT64_CONSTANT (1000000)
#define FRAMES 25 /* 40 ms each */
#define VIDEO_SIZE 900
#define AUDIO_SIZE 300

typedef struct {
  gboolean mpeg1;
  gboolean ended;     /* program_end_code */
  gboolean unbounded; /* PES_packet_length 0 in video */
  gboolean filled;    /* zeros up to full sectors */
  guint jump;         /* frame whose clock jumps, 0 for none */
} Options;

static void
put_pack (GByteArray *out, gboolean mpeg1, guint64 scr)
{
  put_be32 (out, 0x1ba);
  if (mpeg1) {
    put_u8 (out, (guint8)(0x21 | (scr >> 29 & 0x0e)));
    put_be16 (out, (guint16)((scr >> 14 & 0xfffe) | 1));
    put_be16 (out, (guint16)((scr << 1 & 0xfffe) | 1));
    put_be24 (out, 0x800001 | 5000 << 1);
    return;
  }
  put_u8 (out, (guint8)(0x44 | (scr >> 27 & 0x38) | (scr >> 28 & 3)));
  put_u8 (out, (guint8)(scr >> 20));
  put_u8 (out, (guint8)((scr >> 12 & 0xf8) | 4 | (scr >> 13 & 3)));
  put_u8 (out, (guint8)(scr >> 5));
  put_u8 (out, (guint8)((scr << 3 & 0xf8) | 4));
  put_u8 (out, 1);
  put_be24 (out, 5000 << 2 | 3);
  put_u8 (out, 0xf8);
}

static void
put_pts (GByteArray *out, guint64 pts)
{
  put_u8 (out, (guint8)(0x21 | (pts >> 29 & 0x0e)));
  put_be16 (out, (guint16)((pts >> 14 & 0xfffe) | 1));
  put_be16 (out, (guint16)((pts << 1 & 0xfffe) | 1));
}

/* @sub: of private stream 1, 0 for none */
static void
put_pes (GByteArray *out, const Options *options, guint8 id, guint8 sub,
    guint64 pts, gsize payload)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  if (options->mpeg1) {
    put_u8 (body, 0xff);
    put_be16 (body, 0x6001);
  } else {
    put (body, "\x80\x80\x05", 3);
  }
  put_pts (body, pts);
  if (sub)
    put_u8 (body, sub);
  put_noise (body, payload, (guint32)pts + id);
  put_be24 (out, 1);
  put_u8 (out, id);
  put_be16 (out, options->unbounded && id == 0xe0 ? 0 : (guint16)body->len);
  put (out, body->data, body->len);
}

static GByteArray *
ps_new (const Options *options)
{
  GByteArray *out = g_byte_array_new ();

  for (guint i = 0; i < FRAMES; i++) {
    guint64 time = 90000 + i * 3600;

    put_pack (out, options->mpeg1,
        options->jump > 0 && i >= options->jump ? time + 900000 : time);
    if (i == 0) {
      put_be32 (out, 0x1bb);
      put_be16 (out, 9);
      put_noise (out, 9, 1);
    }
    put_pes (out, options, 0xe0, 0, time, VIDEO_SIZE);
    put_pes (out, options, 0xc0, 0, time, AUDIO_SIZE);
    if (!options->mpeg1)
      put_pes (out, options, 0xbd, 0x80, time, AUDIO_SIZE);
    if (options->filled)
      put_zeros (out, 2048 - out->len % 2048);
  }
  if (options->ended)
    put_be32 (out, 0x1b9);
  return out;
}

static gsize
nth_pack (const GByteArray *bytes, guint n)
{
  gsize at = 0;

  for (guint i = 0; i < bytes->len - 4; i++) {
    if (memcmp (bytes->data + i, "\0\0\1\xba", 4) == 0 && n-- == 0)
      at = i;
  }
  g_assert_cmpuint (at, >, 0);
  return at;
}

static void
test_plain (void)
{
  const Options options = { .ended = TRUE };
  g_autoptr (GByteArray) bytes = ps_new (&options);
  g_autoptr (Outcome) outcome = walk_bytes (bytes, "a.mpg");
  static const char *const codecs[] = { "mpeg2video", "mp2", "ac3" };

  assert_silent (outcome);
  g_assert_cmpstr (outcome->info->container, ==, "mpeg-ps");
  g_assert_cmpuint (outcome->info->duration_ns, ==, 960 * MS);
  g_assert_cmpuint (outcome->info->streams->len, ==, 3);
  for (guint i = 0; i < 3; i++) {
    const CviStructureStream *stream =
        g_ptr_array_index (outcome->info->streams, i);

    g_assert_cmpstr (stream->codec, ==, codecs[i]);
    g_assert_cmpuint (stream->last_ns, ==, 960 * MS);
  }
}

static void
test_legal (void)
{
  static const Options legal[] = {
    { .mpeg1 = TRUE },
    { .mpeg1 = TRUE, .ended = TRUE },
    { .ended = FALSE },
    { .unbounded = TRUE },
    { .filled = TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (legal); i++) {
    g_autoptr (GByteArray) bytes = ps_new (&legal[i]);
    g_autoptr (Outcome) outcome = walk_bytes (bytes, "a.mpg");

    assert_silent (outcome);
    g_assert_cmpuint (outcome->info->duration_ns, ==, 960 * MS);
  }
}

static void
test_cut (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = ps_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  guint size = (guint)nth_pack (bytes, 10) + 400;

  g_byte_array_set_size (bytes, size);
  outcome = walk_bytes (bytes, "a.mpg");
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, size);
  g_assert_cmpuint (finding->start_ns, ==, 360 * MS);
}

static void
test_lost (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = ps_new (&options);
  g_autoptr (GByteArray) shorter = ps_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (Outcome) outcome_shorter = NULL;
  const CviFinding *finding;
  gsize at = nth_pack (bytes, 10);

  memset (bytes->data + at, 0xaa, 300);
  outcome = walk_bytes (bytes, "a.mpg");
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_SYNC_LOST, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, at);
  g_assert_cmpuint (finding->start_ns, ==, 360 * MS);

  g_byte_array_remove_range (shorter, (guint)at + 300, 700);
  outcome_shorter = walk_bytes (shorter, "a.mpg");
  assert_found (
      outcome_shorter, CVI_RULE_CONTAINER_SYNC_LOST, CVI_SEVERITY_ERROR);
}

static void
test_zeros (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = ps_new (&options);
  g_autoptr (Outcome) outcome = NULL;

  memset (bytes->data + nth_pack (bytes, 10), 0, 5000);
  outcome = walk_bytes (bytes, "a.mpg");
  assert_found (outcome, CVI_RULE_CONTAINER_ZERO_FILLED, CVI_SEVERITY_ERROR);
}

static void
test_clock (void)
{
  const Options options = { .jump = 12 };
  const Options old = { .jump = 12, .mpeg1 = TRUE };
  g_autoptr (GByteArray) bytes = ps_new (&options);
  g_autoptr (GByteArray) bytes_old = ps_new (&old);
  g_autoptr (Outcome) outcome = walk_bytes (bytes, "a.mpg");
  g_autoptr (Outcome) outcome_old = walk_bytes (bytes_old, "a.mpg");

  assert_found (outcome, CVI_RULE_CONTAINER_CONTINUITY, CVI_SEVERITY_WARNING);
  assert_found (
      outcome_old, CVI_RULE_CONTAINER_CONTINUITY, CVI_SEVERITY_WARNING);
  g_assert_cmpuint (outcome->findings->len, ==, 1);
}

static void
test_bad_header (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = ps_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  gsize at = nth_pack (bytes, 10) + 14;

  bytes->data[at + 6] = 0;
  outcome = walk_bytes (bytes, "a.mpg");
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, at);
}

static void
test_trailing (void)
{
  const Options options = { .ended = TRUE };
  g_autoptr (GByteArray) bytes = ps_new (&options);
  g_autoptr (Outcome) outcome = NULL;

  put_noise (bytes, 300, 1);
  outcome = walk_bytes (bytes, "a.mpg");
  g_assert_cmpuint (outcome->findings->len, ==, 1);
  assert_found (
      outcome, CVI_RULE_CONTAINER_TRAILING_DATA, CVI_SEVERITY_WARNING);
}

static void
test_overwritten_head (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = ps_new (&options);
  g_autoptr (Outcome) outcome = NULL;

  memset (bytes->data, 0xaa, 1000);
  outcome = walk_bytes (bytes, "a.mpg");
  g_assert_cmpstr (outcome->info->container, ==, "mpeg-ps");
  assert_found (outcome, CVI_RULE_CONTAINER_SYNC_LOST, CVI_SEVERITY_ERROR);
}

static void
test_mutations (void)
{
  const Options options = { .ended = TRUE };
  const Options old = { .mpeg1 = TRUE, .unbounded = TRUE };
  g_autoptr (GByteArray) bytes = ps_new (&options);
  g_autoptr (GByteArray) bytes_old = ps_new (&old);

  mutate (bytes, "a.mpg");
  mutate (bytes_old, "a.mpg");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mpegps/plain", test_plain);
  g_test_add_func ("/mpegps/legal", test_legal);
  g_test_add_func ("/mpegps/cut", test_cut);
  g_test_add_func ("/mpegps/lost", test_lost);
  g_test_add_func ("/mpegps/zeros", test_zeros);
  g_test_add_func ("/mpegps/clock", test_clock);
  g_test_add_func ("/mpegps/bad-header", test_bad_header);
  g_test_add_func ("/mpegps/trailing", test_trailing);
  g_test_add_func ("/mpegps/overwritten-head", test_overwritten_head);
  g_test_add_func ("/mpegps/mutations", test_mutations);
  return g_test_run ();
}
