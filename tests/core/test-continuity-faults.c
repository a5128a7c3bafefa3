/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/core/recorder.h"

/* Faults: each gives exactly one event, with its place and size. */

/* How a stream of @n frames is written. */
typedef struct {
  const char *name;
  guint num;
  guint denom;
  gboolean ms;        /* timestamps rounded to 1 ms */
  gboolean durations; /* of one frame each, as caps say */
  CviOrder order;
} Kind;

static const Kind kinds[] = {
  { "25", 25, 1, FALSE, TRUE, CVI_ORDER_PRESENTATION },
  { "25-no-durations", 25, 1, FALSE, FALSE, CVI_ORDER_PRESENTATION },
  { "29.97-ms", 30000, 1001, TRUE, TRUE, CVI_ORDER_PRESENTATION },
  { "29.97-ms-no-durations", 30000, 1001, TRUE, FALSE, CVI_ORDER_PRESENTATION },
  { "30-decode", 30, 1, TRUE, TRUE, CVI_ORDER_DECODE },
  { "60-ms", 60, 1, TRUE, FALSE, CVI_ORDER_PRESENTATION },
  { "120-ms", 120, 1, TRUE, TRUE, CVI_ORDER_PRESENTATION },
  { "240-ms", 240, 1, TRUE, FALSE, CVI_ORDER_PRESENTATION },
  { "1", 1, 1, FALSE, TRUE, CVI_ORDER_PRESENTATION },
  { "aac-ms", 48000, 1024, TRUE, TRUE, CVI_ORDER_PRESENTATION },
};

static guint64
time_of (const Kind *kind, guint64 n)
{
  guint64 time = FRAME_AT (n, kind->num, kind->denom);

  return kind->ms ? (time + MSECOND / 2) / MSECOND * MSECOND : time;
}

/* Frames @from to (not including) @to, shifted by @shift ns. */
static void
push_frames (
    Recorder *recorder, const Kind *kind, guint from, guint to, gint64 shift)
{
  for (guint i = from; i < to; i++)
    recorder_push (recorder, time_of (kind, i) + (guint64)shift,
        kind->durations ? FRAME_AT (1, kind->num, kind->denom) : CVI_NONE);
}

static Recorder *
start (const Kind *kind)
{
  Recorder *recorder = recorder_new ();

  cvi_continuity_set_order (recorder->continuity, kind->order);
  return recorder;
}

static void
test_missing (const Kind *kind, guint n_missing)
{
  g_autoptr (Recorder) recorder = start (kind);
  const CviContinuityEvent *event;

  push_frames (recorder, kind, 0, 100, 0);
  push_frames (recorder, kind, 100 + n_missing, 300, 0);
  recorder_assert_one (recorder, CVI_CONTINUITY_GAP, time_of (kind, 100),
      time_of (kind, 100 + n_missing), MSECOND, n_missing);
  event = &g_array_index (recorder->events, CviContinuityEvent, 0);
  g_assert_true (event->regular);
  g_assert_cmpuint (
      event->frame_ns + MSECOND, >=, FRAME_AT (1, kind->num, kind->denom));
}

static void
test_missing_one (gconstpointer data)
{
  test_missing (data, 1);
}

static void
test_missing_three (gconstpointer data)
{
  test_missing (data, 3);
}

static void
test_missing_hundred (gconstpointer data)
{
  test_missing (data, 100);
}

/* A splice whose later part is 2 s too late. */
static void
test_splice (gconstpointer data)
{
  const Kind *kind = data;
  guint64 frame = FRAME_AT (1, kind->num, kind->denom);
  g_autoptr (Recorder) recorder = start (kind);

  push_frames (recorder, kind, 0, 150, 0);
  push_frames (recorder, kind, 150, 300, 2 * SECOND);
  recorder_assert_one (recorder, CVI_CONTINUITY_GAP, time_of (kind, 150),
      time_of (kind, 150) + 2 * SECOND, MSECOND,
      (2 * SECOND + frame / 2) / frame);
}

static void
test_backwards (gconstpointer data)
{
  const Kind *kind = data;
  g_autoptr (Recorder) recorder = start (kind);

  push_frames (recorder, kind, 0, 150, 0);
  push_frames (recorder, kind, 100, 250, 0);
  recorder_assert_one (recorder, CVI_CONTINUITY_BACKWARDS, time_of (kind, 100),
      time_of (kind, 149), 0, 49);
}

/* The later part begins 3/4 of a frame too early. */
static void
test_overlap (gconstpointer data)
{
  const Kind *kind = data;
  guint64 early = FRAME_AT (1, kind->num, kind->denom) * 3 / 4;
  g_autoptr (Recorder) recorder = start (kind);

  push_frames (recorder, kind, 0, 150, 0);
  push_frames (recorder, kind, 150, 300, -(gint64)early);
  recorder_assert_one (recorder, CVI_CONTINUITY_OVERLAP,
      time_of (kind, 150) - early, time_of (kind, 150), 2 * MSECOND, 1);
}

static void
test_doubled (gconstpointer data)
{
  const Kind *kind = data;
  g_autoptr (Recorder) recorder = start (kind);

  push_frames (recorder, kind, 0, 150, 0);
  push_frames (recorder, kind, 149, 300, 0);
  recorder_assert_one (recorder, CVI_CONTINUITY_OVERLAP, time_of (kind, 149),
      time_of (kind, 150), MSECOND, 1);
}

/* A frame three times: two overlaps, and no new cadence of zero. */
static void
test_tripled (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  recorder_push_pal (recorder, 0, 100);
  for (guint i = 0; i < 2; i++)
    recorder_push (recorder, 99 * 40 * MSECOND, 40 * MSECOND);
  recorder_push_pal (recorder, 4 * SECOND, 4);
  cvi_continuity_drain (recorder->continuity);
  g_assert_cmpuint (recorder->events->len, ==, 2);
  for (guint i = 0; i < 2; i++)
    g_assert_cmpint (
        g_array_index (recorder->events, CviContinuityEvent, i).kind, ==,
        CVI_CONTINUITY_OVERLAP);
  g_assert_cmpuint (cvi_continuity_get_frame_duration (recorder->continuity),
      ==, 40 * MSECOND);
}

/* Overlaps do not wait for the end, which may never come, however many. */
static void
test_overlaps_at_once (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  for (guint i = 0; i < 10; i++) {
    recorder_push_pal (recorder, i * 4 * SECOND, 99);
    recorder_push (recorder, (i * 100 + 99) * 40 * MSECOND, SECOND);
    recorder_push_pal (recorder, (i + 1) * 4 * SECOND, 2);
    g_assert_cmpuint (recorder->events->len, ==, i + 1);
    cvi_continuity_flush (recorder->continuity);
  }
}

/* The muxer stretched the last frame over the hole. */
static void
test_stretched (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  cvi_continuity_set_nominal (recorder->continuity, 40 * MSECOND);
  recorder_push_pal (recorder, 0, 99);
  recorder_push (recorder, 99 * 40 * MSECOND, 2 * SECOND + 40 * MSECOND);
  recorder_push_pal (recorder, 6 * SECOND, 100);
  recorder_assert_one (
      recorder, CVI_CONTINUITY_GAP, 4 * SECOND, 6 * SECOND, 0, 50);
}

/* Packets of varying size, but each begins where the one before ends. */
static void
test_vorbis (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  g_autoptr (Recorder) recorder = recorder_new ();
  guint64 samples = 0;

  for (guint i = 0; i < 500; i++) {
    guint size = i == 250 || g_rand_int (rand) % 3 ? 1024 : 128;

    if (i != 250)
      recorder_push (
          recorder, FRAME_AT (samples, 44100, 1), FRAME_AT (size, 44100, 1));
    samples += size;
  }
  recorder_assert_one (recorder, CVI_CONTINUITY_GAP,
      g_array_index (recorder->events, CviContinuityEvent, 0).start_ns,
      g_array_index (recorder->events, CviContinuityEvent, 0).start_ns +
          FRAME_AT (1024, 44100, 1),
      2, 1);
}

/* B-frames with DTS; a group of pictures is missing, then the stream begins
 * again. */
static void
test_reordered (void)
{
  static const guint order[] = { 0, 3, 1, 2 };
  g_autoptr (Recorder) recorder = recorder_new ();
  CviContinuityEvent event;

  cvi_continuity_set_order (recorder->continuity, CVI_ORDER_DECODE);
  for (guint i = 0; i < 400; i++) {
    guint number = i % 200 / 4 * 4 + order[i % 4];
    guint jump = i % 200 >= 100 ? 25 : 0;

    cvi_continuity_push (recorder->continuity,
        (number + 2 + jump) * 40 * MSECOND, (i % 200 + jump) * 40 * MSECOND,
        40 * MSECOND, FALSE);
  }
  cvi_continuity_drain (recorder->continuity);
  g_assert_cmpuint (recorder->events->len, ==, 3);
  event = g_array_index (recorder->events, CviContinuityEvent, 0);
  g_assert_cmpint (event.kind, ==, CVI_CONTINUITY_GAP);
  g_assert_cmpuint (event.start_ns, ==, 102 * 40 * MSECOND);
  g_assert_cmpuint (event.end_ns, ==, 127 * 40 * MSECOND);
  g_assert_cmpuint (event.n_frames, ==, 25);
  event = g_array_index (recorder->events, CviContinuityEvent, 1);
  g_assert_cmpint (event.kind, ==, CVI_CONTINUITY_BACKWARDS);
  g_assert_cmpuint (event.start_ns, ==, 2 * 40 * MSECOND);
  g_assert_cmpuint (event.end_ns, ==, 226 * 40 * MSECOND);
  event = g_array_index (recorder->events, CviContinuityEvent, 2);
  g_assert_cmpint (event.kind, ==, CVI_CONTINUITY_GAP);
}

/* Variable rate: only what its own past does not explain. */
static void
test_variable (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  g_autoptr (Recorder) recorder = recorder_new ();
  guint64 pts = 0;

  for (guint i = 0; i < 300; i++) {
    recorder_push (recorder, pts, CVI_NONE);
    pts += (20 + g_rand_int (rand) % 31) * MSECOND;
    if (i == 200)
      pts += 6 * SECOND;
  }
  cvi_continuity_drain (recorder->continuity);
  g_assert_cmpuint (recorder->events->len, ==, 1);
  g_assert_cmpint (g_array_index (recorder->events, CviContinuityEvent, 0).kind,
      ==, CVI_CONTINUITY_GAP);
  g_assert_false (
      g_array_index (recorder->events, CviContinuityEvent, 0).regular);
}

/* Frame by frame, far apart: every single loss is told, not only the first. */
static void
test_many (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  for (guint i = 0; i < 1000; i++) {
    if (i % 50 != 49)
      recorder_push (recorder, i * 40 * MSECOND, 40 * MSECOND);
  }
  cvi_continuity_drain (recorder->continuity);
  /* the very last frame missing is no gap */
  g_assert_cmpuint (recorder->events->len, ==, 19);
}

static void
test_no_timestamps (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  for (guint i = 0; i < 9; i++)
    recorder_push (recorder, CVI_NONE, CVI_NONE);
  g_assert_cmpuint (recorder->events->len, ==, 0);
  /* nine in a row, twice, are not ten */
  recorder_push (recorder, 0, 40 * MSECOND);
  for (guint i = 0; i < 9; i++)
    recorder_push (recorder, CVI_NONE, 40 * MSECOND);
  g_assert_cmpuint (recorder->events->len, ==, 0);
  for (guint i = 0; i < 100; i++)
    recorder_push (recorder, CVI_NONE, 40 * MSECOND);
  recorder_assert_one (
      recorder, CVI_CONTINUITY_NO_TIMESTAMPS, CVI_NONE, CVI_NONE, 0, 0);
}

static void
test_sparse_backwards (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  cvi_continuity_set_sparse (recorder->continuity, TRUE);
  recorder_push (recorder, 10 * SECOND, SECOND);
  recorder_push (recorder, 90 * SECOND, SECOND);
  recorder_push (recorder, 50 * SECOND, SECOND);
  recorder_assert_one (
      recorder, CVI_CONTINUITY_BACKWARDS, 50 * SECOND, 90 * SECOND, 0, 1);
}

static const struct {
  const char *name;
  GTestDataFunc func;
  gboolean needs_durations;
} faults[] = {
  { "missing-one", test_missing_one, FALSE },
  { "missing-three", test_missing_three, FALSE },
  { "missing-hundred", test_missing_hundred, FALSE },
  { "splice", test_splice, FALSE },
  { "backwards", test_backwards, FALSE },
  { "overlap", test_overlap, TRUE },
  { "doubled", test_doubled, TRUE },
};

/* Few frames before a gap do not show a cadence, but those behind it do. */
static void
test_early (void)
{
  for (guint n = 6; n < 14; n++) {
    g_autoptr (Recorder) recorder = recorder_new ();

    recorder_push_pal (recorder, 0, n);
    recorder_push_pal (recorder, (n + 9) * 40 * MSECOND, 20);
    recorder_assert_one (recorder, CVI_CONTINUITY_GAP, n * 40 * MSECOND,
        (n + 9) * 40 * MSECOND, MSECOND, 9);
  }
}

/* A long one is told in any case; what follows says whether the stream was a
 * steady one. */
static void
test_early_long (void)
{
  static const struct {
    guint before, after;
    gboolean regular;
  } cases[] = { { 6, 3, FALSE }, { 6, 30, TRUE }, { 12, 30, TRUE } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Recorder) recorder = recorder_new ();
    guint64 start = cases[i].before * 40 * MSECOND;

    for (guint n = 0; n < cases[i].before; n++)
      recorder_push (recorder, n * 40 * MSECOND, CVI_NONE);
    for (guint n = 0; n < cases[i].after; n++)
      recorder_push (recorder, start + 2 * SECOND + n * 40 * MSECOND, CVI_NONE);
    recorder_assert_one (
        recorder, CVI_CONTINUITY_GAP, start, start + 2 * SECOND, MSECOND, 50);
    g_assert_cmpint (
        g_array_index (recorder->events, CviContinuityEvent, 0).regular, ==,
        cases[i].regular);
  }
}

/* Stills after a lively first moment: a variable rate. */
static void
test_early_slow (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  for (guint n = 0; n < 8; n++)
    recorder_push (recorder, n * 40 * MSECOND, CVI_NONE);
  for (guint n = 1; n < 30; n++)
    recorder_push (recorder, n * SECOND, CVI_NONE);
  recorder_assert_silent (recorder);
}

/* Nothing tells whether a stream that ends soon behind it would go on so, and
 * one that has other gaps is of a variable rate. */
static void
test_early_unproven (void)
{
  static const guint after[] = { 1, 3, 5 };

  for (guint i = 0; i < G_N_ELEMENTS (after); i++) {
    g_autoptr (Recorder) recorder = recorder_new ();

    recorder_push_pal (recorder, 0, 6);
    recorder_push_pal (recorder, 15 * 40 * MSECOND, after[i]);
    recorder_assert_silent (recorder);
  }
  for (guint each = 6; each < 12; each++) {
    for (guint durations = 0; durations < 2; durations++) {
      g_autoptr (Recorder) recorder = recorder_new ();

      for (guint i = 0; i < 6 * each; i++)
        recorder_push (recorder, (i + i / each * 6) * 40 * MSECOND,
            durations ? 40 * MSECOND : CVI_NONE);
      recorder_assert_silent (recorder);
    }
  }
}

/* What lies behind a gap tells the end of a cut from a hole. */
static void
test_at_end (void)
{
  static const gboolean at_end[] = { TRUE, FALSE };

  for (guint i = 0; i < G_N_ELEMENTS (at_end); i++) {
    g_autoptr (Recorder) recorder = recorder_new ();
    guint64 start = 4 * SECOND + 120 * MSECOND;

    cvi_continuity_set_nominal (recorder->continuity, FRAME_AT (1, 25, 1));
    recorder_push_pal (recorder, 0, 100);
    recorder_push_pal (recorder, start, i + 1);
    recorder_assert_one (recorder, CVI_CONTINUITY_GAP, 4 * SECOND, start, 0, 3);
    g_assert_cmpint (
        g_array_index (recorder->events, CviContinuityEvent, 0).at_end, ==,
        at_end[i]);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++) {
    for (guint k = 0; k < G_N_ELEMENTS (kinds); k++) {
      g_autofree char *path =
          g_strdup_printf ("/faults/%s/%s", faults[i].name, kinds[k].name);

      if (kinds[k].durations || !faults[i].needs_durations)
        g_test_add_data_func (path, &kinds[k], faults[i].func);
    }
  }
  g_test_add_func ("/faults/early", test_early);
  g_test_add_func ("/faults/early-long", test_early_long);
  g_test_add_func ("/faults/early-slow", test_early_slow);
  g_test_add_func ("/faults/early-unproven", test_early_unproven);
  g_test_add_func ("/faults/tripled", test_tripled);
  g_test_add_func ("/faults/overlaps-at-once", test_overlaps_at_once);
  g_test_add_func ("/faults/stretched", test_stretched);
  g_test_add_func ("/faults/vorbis", test_vorbis);
  g_test_add_func ("/faults/reordered", test_reordered);
  g_test_add_func ("/faults/variable", test_variable);
  g_test_add_func ("/faults/many", test_many);
  g_test_add_func ("/faults/no-timestamps", test_no_timestamps);
  g_test_add_func ("/faults/sparse-backwards", test_sparse_backwards);
  g_test_add_func ("/continuity/at-end", test_at_end);
  return g_test_run ();
}
