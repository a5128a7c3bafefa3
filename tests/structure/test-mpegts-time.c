/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Holes in the times of transport streams, and what looks like one. */
#include "tests/structure/ts.h"

#include <string.h>

#include "tools/structure/cvi-mpegts-private.h"

#define MS G_GUINT64_CONSTANT (1000000)
#define FRAME 3600 /* 1/90000 s */
#define AC3_FRAME 2880
#define AC3_BYTES 768
#define SECOND_TICKS 90000
#define LONG_AGO ((G_GUINT64_CONSTANT (1) << 33) - 3 * FRAME)

static Outcome *
walk (const TsMaker *maker)
{
  return walk_bytes (maker->out, "a.ts");
}

static guint
count_gaps (const Outcome *outcome)
{
  guint n = 0;

  for (guint i = 0; i < outcome->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (outcome->findings, i);

    n += finding->rule == cvi_rule (CVI_RULE_TIME_GAP);
  }
  return n;
}

static void
assert_gap (const Outcome *outcome, const char *stream, guint64 start_ms,
    guint64 end_ms)
{
  const CviFinding *finding =
      outcome_find (outcome, CVI_RULE_TIME_GAP, CVI_SEVERITY_WARNING);

  g_assert_cmpuint (count_gaps (outcome), ==, 1);
  g_assert_nonnull (finding);
  g_assert_cmpstr (finding->stream, ==, stream);
  g_assert_cmpuint (finding->start_ns, ==, start_ms * MS);
  g_assert_cmpuint (finding->end_ns, ==, end_ms * MS);
}

/* @n pictures of a closed group of I, P, B, B from place @i on, in the order of
 * their decoding: shown are I, B, B, P. */
static void
put_groups (TsMaker *maker, guint64 base, guint i, guint n)
{
  static const guint places[] = { 0, 3, 1, 2 };

  for (guint k = 0; k < n; k++) {
    guint place = (i + k) / 4 * 4 + places[(i + k) % 4];

    ts_put_picture (maker, base + (place + 2u) * FRAME, base + (i + k) * FRAME);
  }
}

static TsMaker *
new_maker (void)
{
  TsMaker *maker = ts_maker_new (0, 0);

  ts_put_tables (maker);
  return maker;
}

/* In the stream's own first moments and behind them, and where the 33 bits
 * overflow; B-frames make no holes. */
static void
test_hole (void)
{
  static const guint before[] = { 8, 40 };
  static const guint64 bases[] = { SECOND_TICKS, LONG_AGO };

  for (guint i = 0; i < 4; i++) {
    g_autoptr (TsMaker) maker = new_maker ();
    g_autoptr (Outcome) whole = NULL;
    g_autoptr (Outcome) outcome = NULL;
    guint n = before[i % 2];

    put_groups (maker, bases[i / 2], 0, n);
    whole = walk (maker);
    assert_silent (whole);
    put_groups (maker, bases[i / 2], n + 40, 40);
    outcome = walk (maker);
    assert_gap (outcome, "video/0", n * 40, (n + 40) * 40);
  }
}

/* Each picture comes on time, but for what an announced new clock or one of
 * another day explains. */
static void
test_other_clock (void)
{
  static const guint64 steps[] = { 2 * SECOND_TICKS, 60 * SECOND_TICKS };

  for (guint i = 0; i < 3; i++) {
    g_autoptr (TsMaker) maker = new_maker ();
    g_autoptr (Outcome) outcome = NULL;
    gboolean announced = i == 0;

    ts_put_clock (maker, 0, FALSE);
    put_groups (maker, 0, 0, 40);
    if (announced)
      ts_put_clock (maker, steps[0], TRUE);
    /* What is late of the old clock. */
    put_groups (maker, 0, 40, 4);
    put_groups (maker, steps[i == 2], 44, 40);
    outcome = walk (maker);
    g_assert_cmpuint (count_gaps (outcome), ==, i == 1);
  }
}

/* Pictures at any distance, and seldom ones. */
static void
test_variable (void)
{
  for (guint seldom = 0; seldom < 2; seldom++) {
    g_autoptr (TsMaker) maker = new_maker ();
    g_autoptr (Outcome) outcome = NULL;
    guint64 pts = 0;
    guint32 noise = 1;

    for (guint i = 0; i < 200; i++) {
      noise = noise * 1103515245 + 12345;
      pts += (seldom ? SECOND_TICKS : FRAME) * (1 + noise / 65536 % 4);
      ts_put_picture (maker, pts, pts);
    }
    outcome = walk (maker);
    assert_silent (outcome);
  }
}

/* A PES packet need not have a time; its picture is there. */
static void
test_untimed (void)
{
  g_autoptr (TsMaker) maker = new_maker ();
  g_autoptr (Outcome) outcome = NULL;

  for (guint i = 0; i < 100; i++) {
    gsize at = maker->out->len;

    ts_put_picture (maker, i * FRAME, i * FRAME);
    if (i >= 50 && i % 12 != 0) {
      gsize header = at + TS_PACKET - 184;

      /* The first packet of a picture is full. */
      g_assert_cmpuint (maker->out->data[header + 3], ==, 0xe0);
      maker->out->data[header + 7] = 0;
    }
  }
  outcome = walk (maker);
  assert_silent (outcome);
}

static void
fill_ac3 (guint8 *frame)
{
  memset (frame, 0x55, AC3_BYTES);
  memcpy (frame, "\x0b\x77\0\0\x14\x40", 6);
}

/* Frames in PES packets of any size, that begin anywhere in a frame. */
static void
put_sound (TsMaker *maker, guint64 base, guint n)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gsize at = 0;

  for (guint i = 0; i < n; i++) {
    guint8 frame[AC3_BYTES];

    fill_ac3 (frame);
    put (bytes, frame, sizeof frame);
  }
  for (guint i = 0; at < bytes->len; i++) {
    gsize len = MIN (bytes->len - at, 1000 + i * 1237 % 4000);

    /* Of the first frame that begins in it. */
    ts_put_sound (maker,
        base + (at + AC3_BYTES - 1) / AC3_BYTES * (guint64)AC3_FRAME,
        bytes->data + at, len);
    at += len;
  }
}

static void
test_sound (void)
{
  static const guint before[] = { 8, 60 };

  for (guint i = 0; i < G_N_ELEMENTS (before); i++) {
    g_autoptr (TsMaker) maker = new_maker ();
    g_autoptr (Outcome) whole = NULL;
    g_autoptr (Outcome) outcome = NULL;
    guint n = before[i];

    put_sound (maker, SECOND_TICKS, n);
    whole = walk (maker);
    assert_silent (whole);
    put_sound (maker, SECOND_TICKS + (n + 20u) * AC3_FRAME, 60);
    outcome = walk (maker);
    assert_gap (outcome, "audio/0", n * 32, (n + 20) * 32);
  }
}

static void
on_event (const CviContinuityEvent *event, gpointer user_data)
{
  g_array_append_vals (user_data, event, 1);
}

/* Sizes and durations of the frames of each codec: with wrong ones the third
 * frame would not be found, or not where it is. */
static void
test_frames (void)
{
  static const struct {
    const char *codec;
    const char *head;
    gsize size;
    guint64 duration;
  } cases[] = {
    { "mp2", "\xff\xfd\xa4\0\0\0", 576, 24 * MS },        /* II, 192, 48 kHz */
    { "mp2", "\xff\xfb\x90\0\0\0", 417, 26122448 },       /* III, 128, 44.1 */
    { "mp2", "\xff\xf3\x84\0\0\0", 192, 24 * MS },        /* III, 64, 24 kHz */
    { "mp2", "\xff\xff\xc4\0\0\0", 384, 8 * MS },         /* I, 384, 48 kHz */
    { "aac", "\xff\xf1\x4c\x80\x20\x1f", 256, 21333333 }, /* 48 kHz */
    { "ac3", "\x0b\x77\0\0\x14\x40", 768, 32 * MS },
    { "ac3", "\x0b\x77\0\0\x55\x40", 836, 34829931 }, /* 44.1 kHz, odd */
    { "eac3", "\x0b\x77\1\x7f\x30\x80", 768, 32 * MS },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GArray) events =
        g_array_new (FALSE, FALSE, sizeof (CviContinuityEvent));
    g_autoptr (CviContinuity) continuity =
        cvi_continuity_new (on_event, events);
    g_autofree guint8 *frame = g_malloc0 (cases[i].size);
    CviTsAudio audio = { 0 };

    g_test_message ("case %u", i);
    g_assert_true (cvi_ts_audio_knows (cases[i].codec));
    memcpy (frame, cases[i].head, 6);
    cvi_ts_audio_lose (&audio);
    cvi_ts_audio_begin (&audio, 0);
    for (guint n = 0; n < 3; n++)
      cvi_ts_audio_feed (
          &audio, cases[i].codec, frame, cases[i].size, continuity);
    g_assert_true (audio.synced);
    g_assert_cmpuint (audio.skip, ==, 0);
    g_assert_cmpuint (
        cvi_continuity_get_end (continuity), ==, 3 * cases[i].duration);
    /* Anything else is no frame. */
    frame[0] = 0x12;
    cvi_ts_audio_feed (
        &audio, cases[i].codec, frame, cases[i].size, continuity);
    g_assert_false (audio.synced);
    g_assert_cmpuint (events->len, ==, 0);
  }
}

/* Times count from the earliest first one, wherever it is in the file. */
static void
test_begin (void)
{
  g_autoptr (TsMaker) maker = new_maker ();
  g_autoptr (Outcome) outcome = NULL;
  const CviStructureStream *stream;

  put_groups (maker, SECOND_TICKS + 10 * FRAME, 0, 40);
  put_sound (maker, SECOND_TICKS, 60);
  put_groups (maker, SECOND_TICKS + 20 * FRAME, 40, 40);
  outcome = walk (maker);
  assert_gap (outcome, "video/0", 52 * 40, 62 * 40);
  stream = g_ptr_array_index (outcome->info->streams, 0);
  g_assert_cmpuint (stream->start_ns, ==, 12 * 40 * MS);
  stream = g_ptr_array_index (outcome->info->streams, 1);
  g_assert_cmpuint (stream->start_ns, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mpegts-time/hole", test_hole);
  g_test_add_func ("/mpegts-time/other-clock", test_other_clock);
  g_test_add_func ("/mpegts-time/variable", test_variable);
  g_test_add_func ("/mpegts-time/untimed", test_untimed);
  g_test_add_func ("/mpegts-time/sound", test_sound);
  g_test_add_func ("/mpegts-time/frames", test_frames);
  g_test_add_func ("/mpegts-time/begin", test_begin);
  return g_test_run ();
}
