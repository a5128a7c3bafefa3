/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/core/recorder.h"

/* Legal streams: none of them may give an event. */

/* Rounds to the 1 ms of a Matroska TimestampScale. */
static guint64
to_ms (guint64 time)
{
  return (time + MSECOND / 2) / MSECOND * MSECOND;
}

typedef struct {
  const char *name;
  guint num;
  guint denom;
  gboolean rounded;
  gboolean durations;
} ConstantRate;

static const ConstantRate constant_rates[] = {
  { "24-exact", 24, 1, FALSE, TRUE },
  { "25-no-durations", 25, 1, FALSE, FALSE },
  { "30-ms", 30, 1, TRUE, TRUE },
  { "30-ms-no-durations", 30, 1, TRUE, FALSE },
  { "29.97", 30000, 1001, FALSE, TRUE },
  { "29.97-ms", 30000, 1001, TRUE, TRUE },
  { "23.976-ms-no-durations", 24000, 1001, TRUE, FALSE },
  { "59.94-ms", 60000, 1001, TRUE, TRUE },
  { "120-ms-no-durations", 120, 1, TRUE, FALSE },
  { "240-ms", 240, 1, TRUE, TRUE },
  { "1-no-durations", 1, 1, FALSE, FALSE },
  { "aac-48000", 48000, 1024, FALSE, TRUE },
  { "aac-44100-ms", 44100, 1024, TRUE, TRUE },
  { "mp3-ms-no-durations", 44100, 1152, TRUE, FALSE },
};

static void
test_constant_rate (gconstpointer data)
{
  const ConstantRate *rate = data;
  g_autoptr (Recorder) recorder = recorder_new ();

  cvi_continuity_set_nominal (
      recorder->continuity, FRAME_AT (1, rate->num, rate->denom));
  for (guint i = 0; i < 5000; i++) {
    guint64 pts = FRAME_AT (i, rate->num, rate->denom);

    recorder_push (recorder, rate->rounded ? to_ms (pts) : pts,
        rate->durations ? FRAME_AT (1, rate->num, rate->denom) : CVI_NONE);
  }
  recorder_assert_silent (recorder);
  g_assert_cmpuint (
      cvi_continuity_get_frame_duration (recorder->continuity) + MSECOND, >=,
      FRAME_AT (1, rate->num, rate->denom));
}

/* Variable frame rates: the distance to the next frame, from its number and a
 * number at random. */
typedef guint64 (*Distance) (guint n, guint random);

static guint64
jitter (guint n, guint random)
{
  return (25 + random % 17) * MSECOND;
}

/* 60 Hz, frames only when something moves. */
static guint64
screen_recording (guint n, guint random)
{
  return FRAME_AT (1, 60, 1) * (random % 4 ? 1 : 1 + random % 13);
}

static guint64
phone_slows_down (guint n, guint random)
{
  return n % 400 < 200 ? FRAME_AT (1, 30, 1) : FRAME_AT (1, 15, 1);
}

static guint64
phone_fades_to_dark (guint n, guint random)
{
  return FRAME_AT (1, 30, 1) * (100 + n % 200) / 100;
}

static guint64
slow_motion (guint n, guint random)
{
  return n % 600 < 300 ? FRAME_AT (1, 30, 1) : FRAME_AT (1, 240, 1);
}

static guint64
film_and_video (guint n, guint random)
{
  return n / 100 % 2 ? FRAME_AT (1001, 24000, 1) : FRAME_AT (1001, 30000, 1);
}

/* 30/s of which every 4th is left out. */
static guint64
decimated (guint n, guint random)
{
  return FRAME_AT (n % 3 == 2 ? 2 : 1, 30, 1);
}

static guint64
slideshow_after_video (guint n, guint random)
{
  return n < 300 ? FRAME_AT (1, 30, 1) : 3 * SECOND;
}

typedef enum {
  DURATION_NONE,
  DURATION_EXACT,   /* sample tables: always up to the next frame */
  DURATION_NOMINAL, /* 1/30 s, from caps */
} DurationKind;

typedef struct {
  const char *name;
  Distance distance;
  DurationKind durations;
  gboolean rounded;
  guint nominal; /* frames a second, 30 if left out */
} VariableRate;

static const VariableRate variable_rates[] = {
  { "jitter", jitter, DURATION_NONE, FALSE },
  { "jitter-nominal", jitter, DURATION_NOMINAL, FALSE },
  { "jitter-exact", jitter, DURATION_EXACT, TRUE },
  { "screen", screen_recording, DURATION_NONE, FALSE },
  { "screen-nominal", screen_recording, DURATION_NOMINAL, TRUE },
  { "screen-exact", screen_recording, DURATION_EXACT, FALSE },
  { "screen-declared-exact", screen_recording, DURATION_EXACT, FALSE, 60 },
  { "phone-slows-down", phone_slows_down, DURATION_NONE, FALSE },
  { "phone-slows-down-exact", phone_slows_down, DURATION_EXACT, FALSE },
  { "phone-slows-down-nominal", phone_slows_down, DURATION_NOMINAL, TRUE },
  { "phone-dark", phone_fades_to_dark, DURATION_NONE, FALSE },
  { "phone-dark-exact", phone_fades_to_dark, DURATION_EXACT, TRUE },
  { "slow-motion-exact", slow_motion, DURATION_EXACT, FALSE },
  { "slow-motion-nominal", slow_motion, DURATION_NOMINAL, FALSE },
  { "film-and-video", film_and_video, DURATION_NONE, TRUE },
  { "film-and-video-nominal", film_and_video, DURATION_NOMINAL, TRUE },
  { "decimated", decimated, DURATION_NOMINAL, TRUE },
  { "decimated-exact", decimated, DURATION_EXACT, FALSE },
  { "slideshow-after-video", slideshow_after_video, DURATION_NONE, FALSE },
  { "slideshow-after-video-exact", slideshow_after_video, DURATION_EXACT,
      FALSE },
};

static void
test_variable_rate (gconstpointer data)
{
  const VariableRate *rate = data;

  for (guint32 seed = 1; seed <= 20; seed++) {
    g_autoptr (Recorder) recorder = recorder_new ();
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    guint64 pts = 0;

    cvi_continuity_set_nominal (recorder->continuity,
        FRAME_AT (1, rate->nominal > 0 ? rate->nominal : 30, 1));
    for (guint i = 0; i < 3000; i++) {
      guint64 distance = rate->distance (i, g_rand_int (rand));
      guint64 duration = CVI_NONE;

      if (rate->durations == DURATION_EXACT)
        duration = distance;
      else if (rate->durations == DURATION_NOMINAL)
        duration = FRAME_AT (1, 30, 1);
      recorder_push (recorder, rate->rounded ? to_ms (pts) : pts, duration);
      pts += distance;
    }
    recorder_assert_silent (recorder);
  }
}

/* Pictures held for a while by their durations, in numbers: a recording of
 * variable rate although it keeps a cadence between. */
static void
test_holds (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();
  guint64 pts = 0;

  cvi_continuity_set_nominal (recorder->continuity, FRAME_AT (1, 60, 1));
  for (guint i = 0; i < 2000; i++) {
    guint64 duration = i % 100 == 99 ? SECOND : FRAME_AT (1, 60, 1);

    recorder_push (recorder, pts, duration);
    pts += duration;
  }
  recorder_assert_silent (recorder);
}

/* Constant for long, but nobody declares that it is: gaps in numbers show that
 * it is not. */
static void
test_seems_constant (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  for (guint i = 0; i < 130; i++) {
    if (i != 100 && i != 106 && i != 107 && i != 113)
      recorder_push (recorder, i * 40 * MSECOND, CVI_NONE);
  }
  recorder_assert_silent (recorder);
  g_assert_cmpuint (cvi_continuity_get_frame_duration (recorder->continuity),
      ==, 40 * MSECOND);
}

/* Frame numbers in decoding order of one group, with the DTS a frame behind. */
static const guint b_frames[] = { 0, 3, 1, 2, 6, 4, 5, 9, 7, 8 };
static const guint pyramid[] = { 0, 8, 4, 2, 1, 3, 6, 5, 7, 16, 12, 10, 9, 11,
  14, 13, 15 };

static const guint late[] = { 0, 2, 3, 4, 5, 6, 7, 1 };

typedef enum { DTS_NONE, DTS_EXACT, DTS_LATE } DtsKind;

typedef struct {
  const char *name;
  const guint *order;
  guint n;
  guint delay; /* frames that the DTS run ahead */
  DtsKind dts;
  gboolean durations;
} Reordered;

static const Reordered reordered[] = {
  { "b-frames-dts", b_frames, 10, 2, DTS_EXACT, TRUE },
  { "b-frames-dts-no-durations", b_frames, 10, 2, DTS_EXACT, FALSE },
  { "b-frames-no-dts", b_frames, 10, 2, DTS_NONE, TRUE },
  { "b-frames-negative-offsets", b_frames, 10, 0, DTS_LATE, TRUE },
  { "pyramid-dts", pyramid, 17, 4, DTS_EXACT, FALSE },
  { "pyramid-no-dts", pyramid, 17, 4, DTS_NONE, FALSE },
  { "late-negative-offsets", late, 8, 0, DTS_LATE, TRUE },
  { "pyramid-negative-offsets", pyramid, 17, 0, DTS_LATE, TRUE },
};

static void
test_reordered (gconstpointer data)
{
  const Reordered *stream = data;
  g_autoptr (Recorder) recorder = recorder_new ();
  guint n = 0;

  cvi_continuity_set_order (recorder->continuity, CVI_ORDER_DECODE);
  for (guint group = 0; group < 100; group++) {
    for (guint i = 0; i < stream->n; i++) {
      guint number = group * stream->n + stream->order[i];
      guint64 dts = CVI_NONE;

      if (stream->dts != DTS_NONE)
        dts = to_ms (FRAME_AT (n + (stream->dts == DTS_LATE ? 8 : 0), 30, 1));
      cvi_continuity_push (recorder->continuity,
          to_ms (FRAME_AT (number + stream->delay, 30, 1)), dts,
          stream->durations ? FRAME_AT (1, 30, 1) : CVI_NONE, FALSE);
      n++;
    }
  }
  recorder_assert_silent (recorder);
  g_assert_cmpuint (cvi_continuity_get_first (recorder->continuity), ==,
      to_ms (FRAME_AT (stream->delay, 30, 1)));
}

/* Short and long blocks, each with its duration or none. */
static void
test_vorbis (gconstpointer data)
{
  gboolean durations = GPOINTER_TO_INT (data);
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  g_autoptr (Recorder) recorder = recorder_new ();
  guint64 samples = 0;

  for (guint i = 0; i < 5000; i++) {
    guint size = g_rand_int (rand) % 3 ? 1024 : 128;

    recorder_push (recorder, to_ms (FRAME_AT (samples, 44100, 1)),
        durations ? FRAME_AT (size, 44100, 1) : CVI_NONE);
    samples += size;
  }
  recorder_assert_silent (recorder);
}

/* The decoder drops 312 samples of pre-skip; the last packet is cut. */
static void
test_opus_pre_skip (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();
  guint64 pts = 0;

  for (guint i = 0; i < 1000; i++) {
    guint64 duration = 20 * MSECOND;

    if (i == 0)
      duration = FRAME_AT (960 - 312, 48000, 1);
    else if (i == 999)
      duration = 3 * MSECOND;
    recorder_push (recorder, pts, duration);
    pts += duration;
  }
  recorder_assert_silent (recorder);
}

/* Priming that would begin before zero is cut to zero, where the second packet
 * begins too. */
static void
test_aac_priming (gconstpointer data)
{
  gboolean nominal = GPOINTER_TO_INT (data);
  g_autoptr (Recorder) recorder = recorder_new ();

  if (nominal)
    cvi_continuity_set_nominal (
        recorder->continuity, FRAME_AT (1024, 48000, 1));
  recorder_push (recorder, 0, FRAME_AT (1024, 48000, 1));
  for (guint i = 0; i < 1000; i++)
    recorder_push (
        recorder, FRAME_AT (i * 1024, 48000, 1), FRAME_AT (1024, 48000, 1));
  recorder_assert_silent (recorder);
}

/* PCM in chunks, one of them twice as long: samples are what they are. */
static void
test_pcm_chunks (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();
  guint64 pts = 0;

  for (guint i = 0; i < 500; i++) {
    guint64 duration = (i == 250 ? 200 : 100) * MSECOND;

    recorder_push (recorder, pts, duration);
    pts += duration;
  }
  recorder_assert_silent (recorder);
}

static void
test_last_short (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  recorder_push_pal (recorder, 0, 100);
  recorder_push (recorder, 4 * SECOND, 5 * MSECOND);
  recorder_assert_silent (recorder);
  g_assert_cmpuint (cvi_continuity_get_end (recorder->continuity), ==,
      4 * SECOND + 5 * MSECOND);
}

static void
test_sparse (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  cvi_continuity_set_sparse (recorder->continuity, TRUE);
  for (guint i = 0; i < 200; i++)
    recorder_push (recorder, (i + i / 7 * 60) * SECOND, 3 * SECOND);
  recorder_assert_silent (recorder);
}

/* Some buffers carry no timestamp: as from PES packets of several frames. */
static void
test_some_without_pts (gconstpointer data)
{
  CviOrder order = (CviOrder)GPOINTER_TO_INT (data);
  g_autoptr (Recorder) recorder = recorder_new ();

  cvi_continuity_set_order (recorder->continuity, order);
  for (guint i = 0; i < 2000; i++)
    recorder_push (recorder, i > 50 && i % 9 < 4 ? CVI_NONE : i * 24 * MSECOND,
        i % 2 ? 24 * MSECOND : CVI_NONE);
  recorder_assert_silent (recorder);
}

/* One timestamp is missing in a stream that is constant beyond doubt. */
static void
test_one_without_pts (gconstpointer data)
{
  CviOrder order = (CviOrder)GPOINTER_TO_INT (data);
  g_autoptr (Recorder) recorder = recorder_new ();

  cvi_continuity_set_order (recorder->continuity, order);
  cvi_continuity_set_nominal (recorder->continuity, 40 * MSECOND);
  for (guint i = 0; i < 300; i++)
    recorder_push (
        recorder, i == 150 ? CVI_NONE : i * 40 * MSECOND, 40 * MSECOND);
  recorder_assert_silent (recorder);
}

static void
add_tables (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (constant_rates); i++) {
    g_autofree char *path =
        g_strconcat ("/continuity/constant/", constant_rates[i].name, NULL);

    g_test_add_data_func (path, &constant_rates[i], test_constant_rate);
  }
  for (guint i = 0; i < G_N_ELEMENTS (variable_rates); i++) {
    g_autofree char *path =
        g_strconcat ("/continuity/variable/", variable_rates[i].name, NULL);

    g_test_add_data_func (path, &variable_rates[i], test_variable_rate);
  }
  for (guint i = 0; i < G_N_ELEMENTS (reordered); i++) {
    g_autofree char *path =
        g_strconcat ("/continuity/reordered/", reordered[i].name, NULL);

    g_test_add_data_func (path, &reordered[i], test_reordered);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_tables ();
  g_test_add_func ("/continuity/holds", test_holds);
  g_test_add_data_func (
      "/continuity/vorbis", GINT_TO_POINTER (TRUE), test_vorbis);
  g_test_add_data_func (
      "/continuity/vorbis-no-durations", GINT_TO_POINTER (FALSE), test_vorbis);
  g_test_add_func ("/continuity/opus-pre-skip", test_opus_pre_skip);
  g_test_add_data_func (
      "/continuity/aac-priming", GINT_TO_POINTER (FALSE), test_aac_priming);
  g_test_add_data_func ("/continuity/aac-priming-nominal",
      GINT_TO_POINTER (TRUE), test_aac_priming);
  g_test_add_func ("/continuity/pcm-chunks", test_pcm_chunks);
  g_test_add_func ("/continuity/last-short", test_last_short);
  g_test_add_func ("/continuity/sparse", test_sparse);
  g_test_add_data_func ("/continuity/some-without-pts",
      GINT_TO_POINTER (CVI_ORDER_PRESENTATION), test_some_without_pts);
  g_test_add_data_func ("/continuity/some-without-pts-decode",
      GINT_TO_POINTER (CVI_ORDER_DECODE), test_some_without_pts);
  g_test_add_data_func ("/continuity/one-without-pts",
      GINT_TO_POINTER (CVI_ORDER_PRESENTATION), test_one_without_pts);
  g_test_add_data_func ("/continuity/one-without-pts-decode",
      GINT_TO_POINTER (CVI_ORDER_DECODE), test_one_without_pts);
  g_test_add_func ("/continuity/seems-constant", test_seems_constant);
  return g_test_run ();
}
