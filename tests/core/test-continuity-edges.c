/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/core/recorder.h"

/* Segments, gap events, flushes, thresholds, extreme values. */

static void
test_segments_edit_list (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  /* Three edits: 10-12 s, 50-52 s, then 0-2 s of the media. */
  cvi_continuity_segment (
      recorder->continuity, 10 * SECOND, 12 * SECOND, 0, TRUE);
  recorder_push_pal (recorder, 10 * SECOND - 80 * MSECOND, 60);
  cvi_continuity_segment (
      recorder->continuity, 50 * SECOND, 52 * SECOND, 2 * SECOND, TRUE);
  recorder_push_pal (recorder, 50 * SECOND - 20 * MSECOND, 60);
  cvi_continuity_segment (
      recorder->continuity, 0, 2 * SECOND, 4 * SECOND, TRUE);
  recorder_push_pal (recorder, 0, 50);
  recorder_assert_silent (recorder);
  g_assert_cmpuint (
      cvi_continuity_get_end (recorder->continuity), ==, 52 * SECOND);
}

static void
test_segments_late_begin (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  cvi_continuity_segment (recorder->continuity, 0, CVI_NONE, 0, TRUE);
  recorder_push_pal (recorder, 3 * SECOND, 100);
  cvi_continuity_segment (
      recorder->continuity, 20 * SECOND, CVI_NONE, 7 * SECOND, TRUE);
  recorder_push_pal (recorder, 25 * SECOND, 100);
  recorder_assert_silent (recorder);
  g_assert_cmpuint (
      cvi_continuity_get_first (recorder->continuity), ==, 3 * SECOND);
}

/* The same mapping again is an update and hides no gap. */
static void
test_segments_update (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  cvi_continuity_segment (recorder->continuity, 0, CVI_NONE, 0, TRUE);
  recorder_push_pal (recorder, 0, 100);
  cvi_continuity_segment (recorder->continuity, 0, 60 * SECOND, 0, TRUE);
  recorder_push_pal (recorder, 6 * SECOND, 100);
  recorder_assert_one (
      recorder, CVI_CONTINUITY_GAP, 4 * SECOND, 6 * SECOND, 0, 50);
}

/* A contiguous segment whose running time steps back. */
static void
test_segments_backwards (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  recorder_push_pal (recorder, 0, 100);
  cvi_continuity_segment (
      recorder->continuity, 50 * SECOND, CVI_NONE, 2 * SECOND, TRUE);
  recorder_push_pal (recorder, 50 * SECOND, 100);
  recorder_assert_one (recorder, CVI_CONTINUITY_BACKWARDS, 50 * SECOND,
      52 * SECOND - 40 * MSECOND, 0, 49);
}

/* Where lists of HLS say that something else begins. */
static void
test_segments_near (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  recorder_push_pal (recorder, 0, 100);
  cvi_continuity_segment (recorder->continuity, 50 * SECOND, CVI_NONE,
      4 * SECOND - 77 * MSECOND, TRUE);
  recorder_push_pal (recorder, 50 * SECOND, 100);
  recorder_assert_silent (recorder);
}

static void
test_segments_seek (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  recorder_push_pal (recorder, 0, 100);
  cvi_continuity_flush (recorder->continuity);
  cvi_continuity_segment (
      recorder->continuity, 90 * SECOND, CVI_NONE, 0, FALSE);
  /* from the key frame before the target */
  recorder_push_pal (recorder, 88 * SECOND, 100);
  cvi_continuity_flush (recorder->continuity);
  cvi_continuity_segment (
      recorder->continuity, 10 * SECOND, CVI_NONE, 0, FALSE);
  recorder_push_pal (recorder, 10 * SECOND, 20);
  /* the cadence outlives the seek */
  recorder_push_pal (recorder, 10 * SECOND + 21 * 40 * MSECOND, 20);
  recorder_assert_one (recorder, CVI_CONTINUITY_GAP,
      10 * SECOND + 20 * 40 * MSECOND, 10 * SECOND + 21 * 40 * MSECOND, 0, 1);
}

/* Priming after a seek, in a cadence that is known already. */
static void
test_segments_seek_priming (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  recorder_push_pal (recorder, 0, 100);
  cvi_continuity_flush (recorder->continuity);
  recorder_push (recorder, 90 * SECOND, 40 * MSECOND);
  recorder_push_pal (recorder, 90 * SECOND, 100);
  recorder_assert_silent (recorder);
}

/* A frame cut by the segment's start is no part of the cadence. */
static void
test_segments_cut (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  cvi_continuity_set_nominal (recorder->continuity, 40 * MSECOND);
  cvi_continuity_segment (
      recorder->continuity, 30 * MSECOND, CVI_NONE, 0, TRUE);
  recorder_push_pal (recorder, 0, 8);
  recorder_push_pal (recorder, 9 * 40 * MSECOND, 8);
  recorder_assert_one (
      recorder, CVI_CONTINUITY_GAP, 8 * 40 * MSECOND, 9 * 40 * MSECOND, 0, 1);
}

/* What waits in the window belongs to the old segment. */
static void
test_segments_window (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  cvi_continuity_set_order (recorder->continuity, CVI_ORDER_DECODE);
  recorder_push_pal (recorder, 0, 50);
  recorder_push_pal (recorder, 51 * 40 * MSECOND, 2);
  g_assert_cmpuint (recorder->events->len, ==, 0);
  cvi_continuity_segment (
      recorder->continuity, 70 * SECOND, CVI_NONE, 3 * SECOND, TRUE);
  g_assert_cmpuint (recorder->events->len, ==, 1);
  recorder_push_pal (recorder, 70 * SECOND, 50);
  recorder_assert_one (
      recorder, CVI_CONTINUITY_GAP, 50 * 40 * MSECOND, 51 * 40 * MSECOND, 0, 1);
}

static void
test_gap_covers (gconstpointer data)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  cvi_continuity_set_order (
      recorder->continuity, (CviOrder)GPOINTER_TO_INT (data));
  cvi_continuity_gap (recorder->continuity, 0, 0, FALSE);
  recorder_push_pal (recorder, 0, 100);
  cvi_continuity_gap (recorder->continuity, 4 * SECOND, SECOND, FALSE);
  cvi_continuity_gap (recorder->continuity, 5 * SECOND, SECOND, FALSE);
  recorder_push_pal (recorder, 6 * SECOND, 100);
  /* over what has data is no harm either */
  cvi_continuity_gap (recorder->continuity, 7 * SECOND, 2 * SECOND, FALSE);
  recorder_push_pal (recorder, 10 * SECOND, 100);
  recorder_assert_silent (recorder);
}

/* A decoder lets the event pass before frames that it still holds. */
static void
test_gap_overtakes (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  recorder_push_pal (recorder, 0, 98);
  cvi_continuity_gap (recorder->continuity, 4 * SECOND, 2 * SECOND, FALSE);
  recorder_push_pal (recorder, 98 * 40 * MSECOND, 2);
  recorder_push_pal (recorder, 6 * SECOND, 100);
  recorder_assert_silent (recorder);
}

/* Gap events that begin after the last buffer ended leave a gap. */
static void
test_gap_too_late (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  recorder_push_pal (recorder, 0, 100);
  cvi_continuity_gap (recorder->continuity, 5 * SECOND, SECOND, FALSE);
  recorder_push_pal (recorder, 6 * SECOND, 100);
  recorder_assert_one (
      recorder, CVI_CONTINUITY_GAP, 4 * SECOND, 6 * SECOND, 0, 50);
}

/* Gap events that end before the next buffer leave a gap. */
static void
test_gap_too_short (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  recorder_push_pal (recorder, 0, 100);
  cvi_continuity_gap (recorder->continuity, 4 * SECOND, SECOND, FALSE);
  recorder_push_pal (recorder, 6 * SECOND, 100);
  recorder_assert_one (
      recorder, CVI_CONTINUITY_GAP, 5 * SECOND, 6 * SECOND, 0, 25);
}

static void
test_gap_missing_data (gconstpointer data)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  cvi_continuity_set_order (
      recorder->continuity, (CviOrder)GPOINTER_TO_INT (data));
  recorder_push_pal (recorder, 0, 100);
  cvi_continuity_gap (recorder->continuity, 4 * SECOND, SECOND, TRUE);
  recorder_push_pal (recorder, 5 * SECOND, 100);
  recorder_assert_one (
      recorder, CVI_CONTINUITY_GAP, 4 * SECOND, 5 * SECOND, 0, 25);
}

static void
test_thresholds (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  cvi_continuity_set_thresholds (recorder->continuity, SECOND, 500 * MSECOND);
  recorder_push_pal (recorder, 0, 100);
  recorder_push_pal (recorder, 5 * SECOND, 100);
  recorder_push_pal (recorder, 9 * SECOND - 400 * MSECOND, 100);
  /* thresholds outlive a new stream */
  cvi_continuity_reset (recorder->continuity);
  recorder_push_pal (recorder, 0, 100);
  recorder_push_pal (recorder, 5 * SECOND, 100);
  g_assert_cmpuint (recorder->events->len, ==, 0);
  /* without waiting for another buffer, and in an unknown cadence too */
  cvi_continuity_reset (recorder->continuity);
  recorder_push (recorder, 0, 40 * MSECOND);
  recorder_push (recorder, 1041 * MSECOND, 40 * MSECOND);
  g_assert_cmpuint (recorder->events->len, ==, 1);
  recorder_push (recorder, 540 * MSECOND, 40 * MSECOND);
  g_assert_cmpuint (recorder->events->len, ==, 2);
}

static void
test_reset (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  recorder_push_pal (recorder, 60 * SECOND, 100);
  cvi_continuity_reset (recorder->continuity);
  g_assert_cmpuint (
      cvi_continuity_get_first (recorder->continuity), ==, CVI_NONE);
  g_assert_cmpuint (
      cvi_continuity_get_end (recorder->continuity), ==, CVI_NONE);
  g_assert_cmpuint (
      cvi_continuity_get_frame_duration (recorder->continuity), ==, CVI_NONE);
  for (guint i = 0; i < 100; i++)
    recorder_push (recorder, i * SECOND, SECOND);
  recorder_assert_silent (recorder);
}

static void
test_nominal (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  cvi_continuity_set_nominal (recorder->continuity, 33 * MSECOND);
  g_assert_cmpuint (cvi_continuity_get_frame_duration (recorder->continuity),
      ==, 33 * MSECOND);
  recorder_push_pal (recorder, 0, 100);
  g_assert_cmpuint (cvi_continuity_get_frame_duration (recorder->continuity),
      ==, 40 * MSECOND);
}

/* DISCONT: judged, but not learned from. */
static void
test_discont (void)
{
  g_autoptr (Recorder) recorder = recorder_new ();

  recorder_push_pal (recorder, 0, 100);
  cvi_continuity_push (
      recorder->continuity, 6 * SECOND, CVI_NONE, 40 * MSECOND, TRUE);
  recorder_push_pal (recorder, 6 * SECOND + 40 * MSECOND, 100);
  recorder_assert_one (
      recorder, CVI_CONTINUITY_GAP, 4 * SECOND, 6 * SECOND, 0, 50);
}

/* Any bytes of a file may become a timestamp. Only that all stays defined and
 * ordered is asked for; sanitizers see the rest. */
static void
test_hostile (gconstpointer data)
{
  static const guint64 edges[] = { 0, 1, CVI_NONE, CVI_NONE - 1,
    (guint64)G_MAXINT64, (guint64)G_MAXINT64 + 1, SECOND, 40 * MSECOND };
  g_autoptr (GRand) rand = g_rand_new_with_seed (11);
  g_autoptr (Recorder) recorder = recorder_new ();

  cvi_continuity_set_nominal (recorder->continuity, CVI_NONE);
  for (guint i = 0; i < 200000; i++) {
    guint64 v[4];

    for (guint k = 0; k < G_N_ELEMENTS (v); k++)
      v[k] = g_rand_boolean (rand)
                 ? edges[g_rand_int (rand) % G_N_ELEMENTS (edges)]
                 : (guint64)g_rand_int (rand) << g_rand_int (rand) % 33;
    if (i % 100 == 0)
      cvi_continuity_set_order (
          recorder->continuity, (CviOrder)GPOINTER_TO_INT (data));
    if (i % 61 == 0)
      cvi_continuity_segment (recorder->continuity, v[0], v[1], v[2], i % 2);
    else if (i % 7 == 0)
      cvi_continuity_gap (recorder->continuity, v[0], v[1], i % 2);
    else if (i % 1009 == 0)
      cvi_continuity_reset (recorder->continuity);
    else
      cvi_continuity_push (recorder->continuity, v[0], v[1], v[2], i % 3 == 0);
  }
  cvi_continuity_drain (recorder->continuity);
  for (guint i = 0; i < recorder->events->len; i++) {
    CviContinuityEvent event =
        g_array_index (recorder->events, CviContinuityEvent, i);

    g_assert_cmpuint (event.end_ns, >=, event.start_ns);
    if (event.kind != CVI_CONTINUITY_NO_TIMESTAMPS)
      g_assert_cmpuint (event.end_ns, !=, CVI_NONE);
  }
  g_assert_cmpuint (recorder->events->len, >, 0);
}

int
main (int argc, char **argv)
{
  gconstpointer presentation = GINT_TO_POINTER (CVI_ORDER_PRESENTATION);
  gconstpointer decode = GINT_TO_POINTER (CVI_ORDER_DECODE);

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/edges/segments/edit-list", test_segments_edit_list);
  g_test_add_func ("/edges/segments/late-begin", test_segments_late_begin);
  g_test_add_func ("/edges/segments/update", test_segments_update);
  g_test_add_func ("/edges/segments/backwards", test_segments_backwards);
  g_test_add_func ("/edges/segments/near", test_segments_near);
  g_test_add_func ("/edges/segments/seek", test_segments_seek);
  g_test_add_func ("/edges/segments/seek-priming", test_segments_seek_priming);
  g_test_add_func ("/edges/segments/cut", test_segments_cut);
  g_test_add_func ("/edges/segments/window", test_segments_window);
  g_test_add_data_func ("/edges/gap/covers", presentation, test_gap_covers);
  g_test_add_data_func ("/edges/gap/covers-decode", decode, test_gap_covers);
  g_test_add_func ("/edges/gap/overtakes", test_gap_overtakes);
  g_test_add_func ("/edges/gap/too-late", test_gap_too_late);
  g_test_add_func ("/edges/gap/too-short", test_gap_too_short);
  g_test_add_data_func (
      "/edges/gap/missing-data", presentation, test_gap_missing_data);
  g_test_add_data_func (
      "/edges/gap/missing-data-decode", decode, test_gap_missing_data);
  g_test_add_func ("/edges/thresholds", test_thresholds);
  g_test_add_func ("/edges/reset", test_reset);
  g_test_add_func ("/edges/nominal", test_nominal);
  g_test_add_func ("/edges/discont", test_discont);
  g_test_add_data_func ("/edges/hostile", presentation, test_hostile);
  g_test_add_data_func ("/edges/hostile-decode", decode, test_hostile);
  return g_test_run ();
}
