/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What cvicheck finds in the data that passes it. */
#include "plugin/element/cvi-message.h"
#include "tests/element/helper.h"

#define RAW_25 "video/x-raw,format=I420,width=16,height=16,framerate=25/1"
#define RAW_VARIABLE "video/x-raw,format=I420,width=16,height=16,framerate=0/1"
#define AUDIO                                                                  \
  "audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved"
#define FRAME (40 * GST_MSECOND)
#define NONE GST_CLOCK_TIME_NONE

static GstBus *
bus_of (GstHarness *h)
{
  return GST_ELEMENT_BUS (h->element);
}

static void
finish (GstHarness *h)
{
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
}

static void
push_segment (GstHarness *h, guint64 start, guint64 base, double rate)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = start;
  segment.base = base;
  segment.rate = rate;
  if (rate < 0)
    segment.stop = 3600 * GST_SECOND;
  fail_unless (gst_harness_push_event (h, gst_event_new_segment (&segment)));
}

static void
flush (GstHarness *h)
{
  fail_unless (gst_harness_push_event (h, gst_event_new_flush_start ()));
  fail_unless (gst_harness_push_event (h, gst_event_new_flush_stop (TRUE)));
}

GST_START_TEST (test_regular_stream_is_healthy)
{
  GstHarness *h = cvi_test_harness (RAW_25);

  cvi_test_push_run (h, 0, FRAME, 100);
  finish (h);
  cvi_test_expect_none (bus_of (h));
  cvi_test_assert_verdict (h->element, "healthy");
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "buffers"), 100);
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "bytes"), 100);
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "first-pts"), 0);
  fail_unless_equals_uint64 (
      cvi_test_stat (h->element, "last-end"), 100 * FRAME);
  fail_unless_equals_uint64 (
      cvi_test_stat (h->element, "frame-duration"), FRAME);
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_corrupted_flag)
{
  GstHarness *h = cvi_test_harness (RAW_25);
  g_autoptr (CviFinding) finding = NULL;

  cvi_test_push_run (h, 0, FRAME, 10);
  cvi_test_push (h, 10 * FRAME, FRAME, GST_BUFFER_FLAG_CORRUPTED);
  finding =
      cvi_test_expect (bus_of (h), "decode::corrupt-frame", CVI_SEVERITY_ERROR);
  fail_unless_equals_uint64 (finding->start_ns, 10 * FRAME);
  fail_unless_equals_uint64 (finding->end_ns, 11 * FRAME);
  fail_unless (finding->stream != NULL);
  cvi_test_assert_verdict (h->element, "corrupt");

  /* A repeat near by is counted, not told again. */
  cvi_test_push (h, 11 * FRAME, FRAME, GST_BUFFER_FLAG_CORRUPTED);
  cvi_test_expect_none (bus_of (h));
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "corrupted"), 2);
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "findings"), 1);
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "occurrences"), 2);
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_gap)
{
  GstHarness *h = cvi_test_harness (RAW_25);
  g_autoptr (CviFinding) finding = NULL;

  cvi_test_push_run (h, 0, FRAME, 50);
  cvi_test_push_run (h, 100 * FRAME, FRAME, 50);
  finish (h);
  finding = cvi_test_expect (bus_of (h), "time::gap", CVI_SEVERITY_WARNING);
  fail_unless_equals_uint64 (finding->start_ns, 50 * FRAME);
  fail_unless_equals_uint64 (finding->end_ns, 100 * FRAME);
  cvi_test_expect_none (bus_of (h));
  cvi_test_assert_verdict (h->element, "suspicious");
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "gaps"), 1);
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_short_gap_is_info)
{
  GstHarness *h = cvi_test_harness (RAW_25);
  g_autoptr (CviFinding) finding = NULL;

  cvi_test_push_run (h, 0, FRAME, 50);
  cvi_test_push_run (h, 51 * FRAME, FRAME, 50);
  finish (h);
  finding = cvi_test_expect (bus_of (h), "time::gap", CVI_SEVERITY_INFO);
  cvi_test_assert_verdict (h->element, "healthy");
  cvi_test_harness_free (h);
}
GST_END_TEST

/* Three packets of sound, but 9 ms. */
GST_START_TEST (test_gap_of_small_packets_is_info)
{
  GstHarness *h = cvi_test_harness (AUDIO);
  g_autoptr (CviFinding) finding = NULL;

  cvi_test_push_run (h, 0, 3 * GST_MSECOND, 100);
  cvi_test_push_run (h, 309 * GST_MSECOND, 3 * GST_MSECOND, 100);
  finish (h);
  finding = cvi_test_expect (bus_of (h), "time::gap", CVI_SEVERITY_INFO);
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_gap_threshold)
{
  GstHarness *h = cvi_test_harness (RAW_25);
  g_autoptr (CviFinding) finding = NULL;

  g_object_set (h->element, "gap-threshold", (guint64)(30 * GST_MSECOND), NULL);
  cvi_test_push_run (h, 0, FRAME, 50);
  cvi_test_push_run (h, 51 * FRAME, FRAME, 50);
  finish (h);
  finding = cvi_test_expect (bus_of (h), "time::gap", CVI_SEVERITY_WARNING);
  cvi_test_harness_free (h);

  h = cvi_test_harness (RAW_25);
  g_object_set (h->element, "gap-threshold", (guint64)(3 * GST_SECOND), NULL);
  cvi_test_push_run (h, 0, FRAME, 50);
  cvi_test_push_run (h, 100 * FRAME, FRAME, 50);
  finish (h);
  cvi_test_expect_none (bus_of (h));
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_overlap)
{
  GstHarness *h = cvi_test_harness (AUDIO);
  g_autoptr (CviFinding) finding = NULL;

  cvi_test_push_run (h, 0, GST_SECOND, 20);
  cvi_test_push (h, 20 * GST_SECOND, 5 * GST_SECOND, 0);
  cvi_test_push_run (h, 21 * GST_SECOND, GST_SECOND, 20);
  finish (h);
  finding = cvi_test_expect (bus_of (h), "time::overlap", CVI_SEVERITY_WARNING);
  fail_unless_equals_uint64 (finding->start_ns, 21 * GST_SECOND);
  fail_unless_equals_uint64 (finding->end_ns, 25 * GST_SECOND);
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "overlaps"), 1);
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_backwards)
{
  GstHarness *h = cvi_test_harness (RAW_25);
  g_autoptr (CviFinding) finding = NULL;

  cvi_test_push_run (h, 0, FRAME, 100);
  cvi_test_push_run (h, 20 * FRAME, FRAME, 50);
  finish (h);
  finding =
      cvi_test_expect (bus_of (h), "time::backwards", CVI_SEVERITY_WARNING);
  fail_unless (finding->end_ns > finding->start_ns);
  cvi_test_assert_verdict (h->element, "suspicious");
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "backwards"), 1);
  cvi_test_harness_free (h);
}
GST_END_TEST

/* Millisecond timestamps, as Matroska keeps them. */
GST_START_TEST (test_rounded_timestamps_are_legal)
{
  GstHarness *h = cvi_test_harness (
      "video/x-raw,format=I420,width=16,height=16,framerate=60/1");

  for (guint i = 0; i < 300; i++) {
    guint64 pts = i * GST_SECOND / 60 / GST_MSECOND * GST_MSECOND;

    cvi_test_push (h, pts, 16 * GST_MSECOND, 0);
  }
  finish (h);
  cvi_test_expect_none (bus_of (h));
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_variable_rate_is_legal)
{
  static const guint durations[] = { 40, 80, 40, 200, 40, 120, 400, 40 };
  GstHarness *h = cvi_test_harness (RAW_VARIABLE);
  guint64 pts = 0;
  CviFinding *finding;

  for (guint i = 0; i < 200; i++) {
    cvi_test_push (h, pts, NONE, 0);
    pts += durations[i % G_N_ELEMENTS (durations)] * GST_MSECOND;
  }
  finish (h);
  while ((finding = cvi_test_pop_finding (bus_of (h)))) {
    fail_unless_equals_int (finding->severity, CVI_SEVERITY_INFO);
    cvi_finding_free (finding);
  }
  cvi_test_assert_verdict (h->element, "healthy");
  cvi_test_harness_free (h);
}
GST_END_TEST

/* Coded video comes in decoding order. */
GST_START_TEST (test_reordered_video_is_legal)
{
  /* shown third, first, second */
  static const guint order[] = { 2, 0, 1 };
  GstHarness *h = cvi_test_harness ("video/x-h264,stream-format=byte-stream,"
                                    "alignment=au,framerate=25/1");

  for (guint i = 0; i < 99; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 1, NULL);
    guint shown = i / 3 * 3 + order[i % 3];

    GST_BUFFER_DTS (buffer) = i * FRAME;
    GST_BUFFER_PTS (buffer) = (shown + 2) * FRAME;
    GST_BUFFER_DURATION (buffer) = FRAME;
    gst_harness_push (h, buffer);
  }
  finish (h);
  cvi_test_expect_none (bus_of (h));
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_no_timestamps)
{
  GstHarness *h = cvi_test_harness (RAW_25);
  g_autoptr (CviFinding) finding = NULL;

  for (guint i = 0; i < 30; i++)
    cvi_test_push (h, NONE, NONE, 0);
  finding =
      cvi_test_expect (bus_of (h), "time::no-timestamps", CVI_SEVERITY_INFO);
  fail_unless_equals_uint64 (finding->start_ns, CVI_NONE);
  cvi_test_expect_none (bus_of (h));
  cvi_test_harness_free (h);
}
GST_END_TEST

/* Buffers counted in bytes have no time to judge. */
GST_START_TEST (test_byte_stream_is_not_judged)
{
  GstHarness *h = gst_harness_new ("cvicheck");
  GstBus *bus = gst_bus_new ();
  GstSegment segment;

  gst_element_set_bus (h->element, bus);
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_harness_push_event (h, gst_event_new_stream_start ("bytes"));
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  for (guint i = 0; i < 30; i++)
    cvi_test_push (h, NONE, NONE, 0);
  finish (h);
  cvi_test_expect_none (bus);
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "buffers"), 30);
  gst_object_unref (bus);
  cvi_test_harness_free (h);
}
GST_END_TEST

/* An edit list jumps in the media, not in time. */
GST_START_TEST (test_contiguous_segments)
{
  GstHarness *h = cvi_test_harness (RAW_25);

  cvi_test_push_run (h, 0, FRAME, 50);
  push_segment (h, 500 * FRAME, 50 * FRAME, 1.);
  cvi_test_push_run (h, 500 * FRAME, FRAME, 50);
  push_segment (h, 100 * FRAME, 100 * FRAME, 1.);
  cvi_test_push_run (h, 100 * FRAME, FRAME, 50);
  finish (h);
  cvi_test_expect_none (bus_of (h));
  cvi_test_harness_free (h);
}
GST_END_TEST

/* Findings are given in stream time. */
GST_START_TEST (test_stream_time)
{
  GstHarness *h = cvi_test_harness (RAW_25);
  GstSegment segment;
  g_autoptr (CviFinding) finding = NULL;

  flush (h);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = 1000 * GST_SECOND;
  segment.time = 0;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  cvi_test_push (h, 1002 * GST_SECOND, FRAME, GST_BUFFER_FLAG_CORRUPTED);
  finding =
      cvi_test_expect (bus_of (h), "decode::corrupt-frame", CVI_SEVERITY_ERROR);
  fail_unless_equals_uint64 (finding->start_ns, 2 * GST_SECOND);
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_flushing_seek)
{
  GstHarness *h = cvi_test_harness (RAW_25);

  cvi_test_push_run (h, 0, FRAME, 50);
  flush (h);
  push_segment (h, 500 * FRAME, 0, 1.);
  cvi_test_push_run (h, 510 * FRAME, FRAME, 50);
  flush (h);
  push_segment (h, 10 * FRAME, 0, 1.);
  cvi_test_push_run (h, 10 * FRAME, FRAME, 50);
  finish (h);
  cvi_test_expect_none (bus_of (h));
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_reverse_playback_is_not_judged)
{
  GstHarness *h = cvi_test_harness (RAW_25);

  flush (h);
  push_segment (h, 0, 0, -1.);
  for (guint i = 100; i > 0; i--)
    cvi_test_push (h, i * FRAME, FRAME, 0);
  finish (h);
  cvi_test_expect_none (bus_of (h));
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_renegotiation)
{
  GstHarness *h = cvi_test_harness (RAW_25);
  CviFinding *finding;

  cvi_test_push_run (h, 0, FRAME, 50);
  gst_harness_set_src_caps_str (
      h, "video/x-raw,format=I420,width=32,height=32,framerate=50/1");
  cvi_test_push_run (h, 50 * FRAME, FRAME / 2, 100);
  finish (h);
  while ((finding = cvi_test_pop_finding (bus_of (h)))) {
    fail_unless_equals_int (finding->severity, CVI_SEVERITY_INFO);
    cvi_finding_free (finding);
  }
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_gap_event_covers_time)
{
  GstHarness *h = cvi_test_harness (RAW_25);

  cvi_test_push_run (h, 0, FRAME, 50);
  gst_harness_push_event (h, gst_event_new_gap (50 * FRAME, 50 * FRAME));
  cvi_test_push_run (h, 100 * FRAME, FRAME, 50);
  finish (h);
  cvi_test_expect_none (bus_of (h));
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_gap_event_of_missing_data)
{
  GstHarness *h = cvi_test_harness (RAW_25);
  GstEvent *gap = gst_event_new_gap (50 * FRAME, 50 * FRAME);
  g_autoptr (CviFinding) finding = NULL;

  gst_event_set_gap_flags (gap, GST_GAP_FLAG_MISSING_DATA);
  cvi_test_push_run (h, 0, FRAME, 50);
  gst_harness_push_event (h, gap);
  cvi_test_push_run (h, 100 * FRAME, FRAME, 50);
  finish (h);
  finding = cvi_test_expect (bus_of (h), "time::gap", CVI_SEVERITY_WARNING);
  fail_unless_equals_uint64 (finding->start_ns, 50 * FRAME);
  fail_unless_equals_uint64 (finding->end_ns, 100 * FRAME);
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_no_frames)
{
  GstHarness *h = cvi_test_harness (RAW_25);
  g_autoptr (CviFinding) finding = NULL;

  finish (h);
  finding =
      cvi_test_expect (bus_of (h), "stream::no-frames", CVI_SEVERITY_ERROR);
  cvi_test_assert_verdict (h->element, "corrupt");
  cvi_test_harness_free (h);

  /* legal: nothing known, only a GAP, nothing left after a seek */
  h = gst_harness_new ("cvicheck");
  gst_harness_push_event (h, gst_event_new_stream_start ("empty"));
  finish (h);
  cvi_test_assert_verdict (h->element, "healthy");
  gst_harness_teardown (h);

  h = cvi_test_harness (RAW_25);
  gst_harness_push_event (h, gst_event_new_gap (0, GST_SECOND));
  finish (h);
  cvi_test_expect_none (bus_of (h));
  cvi_test_harness_free (h);

  h = cvi_test_harness (RAW_25);
  flush (h);
  push_segment (h, 500 * FRAME, 0, 1.);
  finish (h);
  cvi_test_expect_none (bus_of (h));
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_sparse_stream)
{
  GstHarness *h = gst_harness_new ("cvicheck");
  GstBus *bus = gst_bus_new ();
  GstEvent *start = gst_event_new_stream_start ("subtitles");

  gst_element_set_bus (h->element, bus);
  gst_event_set_stream_flags (start, GST_STREAM_FLAG_SPARSE);
  gst_harness_push_event (h, start);
  gst_harness_push_event (
      h, gst_event_new_caps (gst_caps_new_empty_simple ("text/x-raw")));
  push_segment (h, 0, 0, 1.);
  for (guint i = 0; i < 20; i++)
    cvi_test_push (h, i * i * GST_SECOND, GST_SECOND, 0);
  finish (h);
  cvi_test_expect_none (bus);
  gst_object_unref (bus);
  cvi_test_harness_free (h);
}
GST_END_TEST

/* Chained files: the second stream has a time of its own. */
GST_START_TEST (test_new_stream)
{
  GstHarness *h = cvi_test_harness (RAW_25);
  g_autofree char *id = NULL;

  cvi_test_push_run (h, 100 * FRAME, FRAME, 50);
  gst_harness_push_event (h, gst_event_new_stream_start ("second"));
  push_segment (h, 0, 50 * FRAME, 1.);
  cvi_test_push_run (h, 0, FRAME, 50);
  finish (h);
  cvi_test_expect_none (bus_of (h));
  g_object_get (h->element, "stream-id", &id, NULL);
  fail_unless_equals_string (id, "second");
  cvi_test_harness_free (h);
}
GST_END_TEST

/* A decoder sends its caps once for all streams that are like each other. */
GST_START_TEST (test_new_stream_of_the_same_caps)
{
  static const char *const ids[] = { "second", "second", "third" };
  GstHarness *h = cvi_test_harness ("text/x-raw");

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++) {
    gst_harness_push_event (h, gst_event_new_stream_start (ids[i]));
    push_segment (h, 0, 0, 1.);
    cvi_test_push_run (h, i * 100 * GST_SECOND, GST_SECOND, 30);
    cvi_test_push (h, (i * 100 + 90) * GST_SECOND, GST_SECOND, 0);
  }
  finish (h);
  cvi_test_expect_none (bus_of (h));
  cvi_test_harness_free (h);
}
GST_END_TEST

/* That the caps are still there says nothing of a stream that has not come. */
GST_START_TEST (test_new_stream_without_caps)
{
  GstHarness *h = cvi_test_harness (RAW_25);

  cvi_test_push_run (h, 0, FRAME, 50);
  gst_harness_push_event (h, gst_event_new_stream_start ("second"));
  push_segment (h, 0, 0, 1.);
  finish (h);
  cvi_test_expect_none (bus_of (h));
  cvi_test_harness_free (h);
}
GST_END_TEST

static Suite *
stream_suite (void)
{
  Suite *suite = suite_create ("stream");
  TCase *found = tcase_create ("found");
  TCase *legal = tcase_create ("legal");

  cvi_test_register ();
  tcase_add_test (found, test_corrupted_flag);
  tcase_add_test (found, test_gap);
  tcase_add_test (found, test_short_gap_is_info);
  tcase_add_test (found, test_gap_of_small_packets_is_info);
  tcase_add_test (found, test_gap_threshold);
  tcase_add_test (found, test_overlap);
  tcase_add_test (found, test_backwards);
  tcase_add_test (found, test_no_timestamps);
  tcase_add_test (found, test_stream_time);
  tcase_add_test (found, test_gap_event_of_missing_data);
  tcase_add_test (found, test_no_frames);
  suite_add_tcase (suite, found);

  tcase_add_test (legal, test_regular_stream_is_healthy);
  tcase_add_test (legal, test_rounded_timestamps_are_legal);
  tcase_add_test (legal, test_variable_rate_is_legal);
  tcase_add_test (legal, test_reordered_video_is_legal);
  tcase_add_test (legal, test_byte_stream_is_not_judged);
  tcase_add_test (legal, test_contiguous_segments);
  tcase_add_test (legal, test_flushing_seek);
  tcase_add_test (legal, test_reverse_playback_is_not_judged);
  tcase_add_test (legal, test_renegotiation);
  tcase_add_test (legal, test_gap_event_covers_time);
  tcase_add_test (legal, test_sparse_stream);
  tcase_add_test (legal, test_new_stream);
  tcase_add_test (legal, test_new_stream_of_the_same_caps);
  tcase_add_test (legal, test_new_stream_without_caps);
  suite_add_tcase (suite, legal);
  return suite;
}

GST_CHECK_MAIN (stream)
