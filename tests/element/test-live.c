/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* cvicheck in streams without an end, and in pipelines that change. */
#include <gst/check/gsttestclock.h>
#include <malloc.h>
#include "plugin/element/cvi-message.h"
#include "tests/element/helper.h"

#define RAW_25 "video/x-raw,format=I420,width=16,height=16,framerate=25/1"
#define AUDIO                                                                  \
  "audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved"
#define NONE GST_CLOCK_TIME_NONE
#define FRAME (40 * GST_MSECOND)
#define SMALL "video/x-raw,width=16,height=16,framerate=25/1"
/* More than any bookkeeping needs, less than a byte a buffer. */
#define FLAT (128 * 1024)

static GstBus *
bus_of (GstHarness *h)
{
  return GST_ELEMENT_BUS (h->element);
}

/* Counts the messages @name and drops all. */
static guint
drain_bus (GstBus *bus, const char *name)
{
  guint n = 0;
  GstMessage *message;

  while ((message = gst_bus_pop (bus))) {
    n += gst_message_has_name (message, name);
    gst_message_unref (message);
  }
  return n;
}

static void
drop_output (GstHarness *h)
{
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (h)))
    gst_buffer_unref (buffer);
}

/* Nothing but errors, a million of them: no storm of messages, no memory. */
GST_START_TEST (test_million_errors)
{
  GstHarness *h = cvi_test_harness (RAW_25);
  guint n_messages = 0;
  gsize before = 0;

  for (guint64 i = 0; i < 1000000; i++) {
    /* every second one is far away from the one before, too */
    guint64 pts = (i + i % 2 * 100) * FRAME;

    cvi_test_push (h, pts, FRAME, GST_BUFFER_FLAG_CORRUPTED);
    if (i % 1000 == 999) {
      drop_output (h);
      n_messages += drain_bus (bus_of (h), CVI_MESSAGE_FINDING);
    }
    if (i == 10000)
      before = mallinfo2 ().uordblks;
  }
  fail_unless (mallinfo2 ().uordblks < before + FLAT);
  fail_unless (n_messages > 0 && n_messages <= 32, "%u", n_messages);
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "corrupted"), 1000000);
  fail_unless (cvi_test_stat (h->element, "occurrences") >= 1000000);
  cvi_test_harness_free (h);
}
GST_END_TEST

/* Summaries come by the time of the stream, and follow seeks. */
GST_START_TEST (test_summary_interval)
{
  GstHarness *h = cvi_test_harness (RAW_25);
  GstSegment segment;

  g_object_set (h->element, "summary-interval", (guint64)GST_SECOND, NULL);
  cvi_test_push_run (h, 0, FRAME, 101);
  fail_unless_equals_int (drain_bus (bus_of (h), CVI_MESSAGE_SUMMARY), 4);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (FALSE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  cvi_test_push_run (h, 0, FRAME, 25);
  fail_unless_equals_int (drain_bus (bus_of (h), CVI_MESSAGE_SUMMARY), 0);
  cvi_test_push_run (h, 25 * FRAME, FRAME, 1);
  fail_unless_equals_int (drain_bus (bus_of (h), CVI_MESSAGE_SUMMARY), 1);
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_int (drain_bus (bus_of (h), CVI_MESSAGE_SUMMARY), 1);
  cvi_test_harness_free (h);
}
GST_END_TEST

/* A new period does not make a stream better, and what was said in an earlier
 * one is still the reason to fail. */
GST_START_TEST (test_verdict_outlives_periods)
{
  GstHarness *h = cvi_test_harness (RAW_25);

  g_object_set (h->element, "summary-interval", (guint64)GST_SECOND, NULL);
  cvi_test_push (h, 0, FRAME, GST_BUFFER_FLAG_CORRUPTED);
  cvi_test_push_run (h, FRAME, FRAME, 100);
  cvi_test_assert_verdict (h->element, "corrupt");
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "findings"), 1);
  cvi_test_push_run (h, 150 * FRAME, FRAME, 50);
  cvi_test_assert_verdict (h->element, "corrupt");
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "findings"), 2);
  gst_util_set_object_arg (G_OBJECT (h->element), "fail-on", "corrupt");
  fail_unless_equals_int (
      cvi_test_push (h, 200 * FRAME, FRAME, 0), GST_FLOW_ERROR);
  cvi_test_harness_free (h);
}
GST_END_TEST

static void
say_dropped (GstElement *decoder, guint64 time)
{
  gst_element_post_message (decoder,
      gst_message_new_qos (GST_OBJECT (decoder), FALSE, time, time, time, 40));
}

/* A player's decoder leaves out what would come too late, and says so. */
GST_START_TEST (test_late_frames_are_no_gap)
{
  GstElement *pipeline = gst_parse_launch (
      "appsrc name=src format=time caps=" RAW_25 " ! identity name=decoder ! "
      "cvicheck name=check ! fakesink async=false sync=false",
      NULL);
  GstElement *src = gst_bin_get_by_name (GST_BIN (pipeline), "src");
  GstElement *decoder = gst_bin_get_by_name (GST_BIN (pipeline), "decoder");
  GstElement *check = gst_bin_get_by_name (GST_BIN (pipeline), "check");
  GstMessage *message;
  GstFlowReturn flow;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < 40; i++)
    say_dropped (decoder, (100 + i) * FRAME);
  for (guint i = 0; i < 300; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 1, NULL);

    GST_BUFFER_PTS (buffer) = i * FRAME;
    GST_BUFFER_DURATION (buffer) = FRAME;
    /* one hole that was told, one that was not */
    if ((i < 100 || i >= 140) && (i < 200 || i >= 230))
      g_signal_emit_by_name (src, "push-buffer", buffer, &flow);
    gst_buffer_unref (buffer);
  }
  g_signal_emit_by_name (src, "end-of-stream", &flow);
  message = gst_bus_timed_pop_filtered (GST_ELEMENT_BUS (pipeline),
      GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  gst_message_unref (message);
  fail_unless_equals_uint64 (cvi_test_stat (check, "gaps"), 1);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (src);
  gst_object_unref (decoder);
  gst_object_unref (check);
  gst_object_unref (pipeline);
}
GST_END_TEST

static GstElement *
start (const char *description, GstState state)
{
  GstElement *pipeline = gst_parse_launch (description, NULL);

  fail_unless (pipeline != NULL);
  fail_unless (
      gst_element_set_state (pipeline, state) != GST_STATE_CHANGE_FAILURE);
  fail_unless (gst_element_get_state (pipeline, NULL, NULL,
                   GST_CLOCK_TIME_NONE) != GST_STATE_CHANGE_FAILURE);
  return pipeline;
}

/* Waits for EOS. Every cvicheck is healthy and has no finding at all. */
static void
expect_healthy_end (GstElement *pipeline)
{
  GstMessage *message;
  guint n_summaries = 0;
  gboolean ended = FALSE;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!ended) {
    message = gst_bus_timed_pop (GST_ELEMENT_BUS (pipeline), NONE);
    fail_if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR);
    fail_if (gst_message_has_name (message, CVI_MESSAGE_FINDING), "%s",
        gst_message_get_structure (message)
            ? gst_structure_get_string (
                  gst_message_get_structure (message), "message")
            : "");
    n_summaries += gst_message_has_name (message, CVI_MESSAGE_SUMMARY);
    ended = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
    gst_message_unref (message);
  }
  fail_unless (n_summaries > 0);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

/* Recording and watching at once. */
GST_START_TEST (test_tee)
{
  expect_healthy_end (
      start ("videotestsrc num-buffers=200 ! " SMALL " ! cvicheck ! tee name=t "
             "t. ! queue ! cvicheck ! fakesink t. ! queue ! fakesink",
          GST_STATE_PAUSED));
}
GST_END_TEST

/* A live source that is paused goes on where it was. */
GST_START_TEST (test_live_pause)
{
  GstElement *pipeline = start (
      "audiotestsrc is-live=true num-buffers=40 samplesperbuffer=480 ! "
      "audio/x-raw,rate=48000 ! cvicheck name=check ! fakesink name=sink "
      "async=false sync=false",
      GST_STATE_PLAYING);

  for (guint i = 0; i < 3; i++) {
    gst_element_set_state (pipeline, GST_STATE_PAUSED);
    gst_element_get_state (pipeline, NULL, NULL, NONE);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    gst_element_get_state (pipeline, NULL, NULL, NONE);
  }
  expect_healthy_end (pipeline);
}
GST_END_TEST

/* A camera: each frame has the time of the clock when it came. */
static void
push_frames (GstElement *source, GstClock *clock, guint n)
{
  GstFlowReturn flow;

  for (guint i = 0; i < n; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 1, NULL);

    GST_BUFFER_DURATION (buffer) = FRAME;
    g_signal_emit_by_name (source, "push-buffer", buffer, &flow);
    fail_unless_equals_int (flow, GST_FLOW_OK);
    gst_buffer_unref (buffer);
    gst_test_clock_advance_time (GST_TEST_CLOCK (clock), FRAME);
  }
}

/* Ten seconds of the clock during which it is paused are none of the stream. */
GST_START_TEST (test_live_pause_of_a_camera)
{
  GstElement *pipeline = gst_parse_launch (
      "appsrc name=source is-live=true do-timestamp=true format=time "
      "caps=" RAW_25 " ! cvicheck ! fakesink async=false sync=false",
      NULL);
  GstElement *source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  GstClock *clock = gst_test_clock_new ();
  GstFlowReturn flow;

  gst_pipeline_use_clock (GST_PIPELINE (pipeline), clock);
  for (guint i = 0; i < 4; i++) {
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    gst_element_get_state (pipeline, NULL, NULL, NONE);
    push_frames (source, clock, 50);
    gst_element_set_state (pipeline, GST_STATE_PAUSED);
    gst_element_get_state (pipeline, NULL, NULL, NONE);
    gst_test_clock_advance_time (GST_TEST_CLOCK (clock), 10 * GST_SECOND);
  }
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_signal_emit_by_name (source, "end-of-stream", &flow);
  gst_object_unref (source);
  gst_object_unref (clock);
  expect_healthy_end (pipeline);
}
GST_END_TEST

static void
seek (GstElement *pipeline, double rate, GstSeekFlags flags, guint64 start_ns,
    guint64 stop_ns)
{
  fail_unless (gst_element_seek (pipeline, rate, GST_FORMAT_TIME,
      flags | GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, start_ns,
      GST_SEEK_TYPE_SET, stop_ns));
  gst_element_get_state (pipeline, NULL, NULL, NONE);
}

/* To and fro, backwards, fast, key frames only. */
GST_START_TEST (test_seeks)
{
  static const double rates[] = { 1., 2., -1., 0.5, -2., 1. };
  GstElement *pipeline = start (
      "videotestsrc ! " SMALL " ! cvicheck ! fakesink", GST_STATE_PAUSED);

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++) {
    seek (pipeline, rates[i], GST_SEEK_FLAG_ACCURATE, i * GST_SECOND,
        (i + 10) * GST_SECOND);
    seek (pipeline, rates[i],
        GST_SEEK_FLAG_TRICKMODE | GST_SEEK_FLAG_TRICKMODE_KEY_UNITS,
        (10 - i) * GST_SECOND, 20 * GST_SECOND);
  }
  seek (pipeline, 1., 0, 3 * GST_SECOND, 6 * GST_SECOND);
  expect_healthy_end (pipeline);
}
GST_END_TEST

static gint n_exchanged;

/* Another cvicheck in the place of the one before, while data flow. */
static GstPadProbeReturn
exchange (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstElement *pipeline = user_data;
  GstElement *old = gst_bin_get_by_name (GST_BIN (pipeline), "check");
  GstElement *source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstElement *check = gst_element_factory_make ("cvicheck", NULL);

  gst_element_unlink_many (source, old, sink, NULL);
  gst_element_set_state (old, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (pipeline), old);
  gst_object_set_name (GST_OBJECT (check), "check");
  gst_bin_add (GST_BIN (pipeline), check);
  /* Ready for the events that linking brings. */
  fail_unless (gst_element_link (check, sink));
  fail_unless (gst_element_set_state (check, GST_STATE_PLAYING) !=
               GST_STATE_CHANGE_FAILURE);
  fail_unless (gst_element_link (source, check));
  gst_object_unref (old);
  gst_object_unref (source);
  gst_object_unref (sink);
  g_atomic_int_inc (&n_exchanged);
  return GST_PAD_PROBE_REMOVE;
}

GST_START_TEST (test_exchanged_while_playing)
{
  GstElement *pipeline =
      start ("videotestsrc ! " SMALL " ! identity name=source ! "
             "cvicheck name=check ! fakesink name=sink",
          GST_STATE_PLAYING);
  GstElement *source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  GstPad *pad = gst_element_get_static_pad (source, "src");

  gst_element_get_state (pipeline, NULL, NULL, NONE);
  for (guint i = 0; i < 3; i++) {
    /* Not IDLE, on this thread: a push that has looked for the sticky events of
     * the old peer may then go to the new one (GStreamer 1.22). */
    gst_pad_add_probe (pad,
        GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, exchange,
        pipeline, NULL);
    while (g_atomic_int_get (&n_exchanged) <= (gint)i)
      g_thread_yield ();
  }
  gst_element_send_event (pipeline, gst_event_new_eos ());
  gst_object_unref (pad);
  gst_object_unref (source);
  expect_healthy_end (pipeline);
}
GST_END_TEST

/* Put into a pipeline that plays, right before the end: that no frame comes any
 * more is no fault. */
GST_START_TEST (test_joined_at_the_end)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *check = gst_element_factory_make ("cvicheck", NULL);
  GstPad *pad = gst_element_get_static_pad (check, "sink");
  GstCaps *caps = gst_caps_from_string (RAW_25);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_bin_add (GST_BIN (pipeline), check);
  fail_unless (gst_element_sync_state_with_parent (check));
  gst_pad_send_event (pad, gst_event_new_stream_start ("late"));
  gst_pad_send_event (pad, gst_event_new_caps (caps));
  gst_pad_send_event (pad, gst_event_new_eos ());
  cvi_test_expect_none (GST_ELEMENT_BUS (pipeline));
  cvi_test_assert_verdict (check, "healthy");
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_caps_unref (caps);
  gst_object_unref (pad);
  gst_object_unref (pipeline);
}
GST_END_TEST

static void
push_missing (GstHarness *h, guint64 start, guint64 duration)
{
  GstEvent *event = gst_event_new_gap (start, duration);

  gst_event_set_gap_flags (event, GST_GAP_FLAG_MISSING_DATA);
  fail_unless (gst_harness_push_event (h, event));
}

/* A jitter buffer tells of each lost packet: 60 of 10 ms are 600 ms. */
GST_START_TEST (test_lost_packets_in_a_row)
{
  const guint64 packet = 10 * GST_MSECOND;
  GstHarness *h = cvi_test_harness (AUDIO);
  g_autoptr (CviFinding) finding = NULL;

  cvi_test_push_run (h, 0, packet, 100);
  for (guint i = 100; i < 160; i++)
    push_missing (h, i * packet, packet);
  cvi_test_expect_none (bus_of (h));
  cvi_test_push_run (h, 160 * packet, packet, 100);
  finding = cvi_test_expect (bus_of (h), "time::gap", CVI_SEVERITY_WARNING);
  fail_unless_equals_uint64 (finding->start_ns, 100 * packet);
  fail_unless_equals_uint64 (finding->end_ns, 160 * packet);
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "gaps"), 1);
  /* one that ends with the stream */
  push_missing (h, 260 * packet, packet);
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "gaps"), 2);
  cvi_test_harness_free (h);
}
GST_END_TEST

/* So the first packets of a receiver look whose clock is not settled. */
GST_START_TEST (test_unsettled_clock)
{
  const guint64 packet = 20 * GST_MSECOND;
  const guint64 late = 109 * GST_MSECOND;
  GstHarness *h = cvi_test_harness (AUDIO);

  for (guint i = 0; i < 60; i++)
    cvi_test_push (h, i * packet + (i < 8 ? late : 0), packet, 0);
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "backwards"), 1);
  cvi_test_assert_verdict (h->element, "healthy");
  cvi_test_harness_free (h);
}
GST_END_TEST

/* A frame of which a packet is lost has no time that is missing, or one that is
 * told of by the timestamps, too. */
GST_START_TEST (test_lost_packet_of_a_frame)
{
  GstHarness *h = cvi_test_harness (RAW_25);
  g_autoptr (CviFinding) packet = NULL;
  g_autoptr (CviFinding) frame = NULL;

  cvi_test_push_run (h, 0, FRAME, 50);
  push_missing (h, 50 * FRAME, 0);
  cvi_test_push_run (h, 50 * FRAME, FRAME, 100);
  packet = cvi_test_expect (bus_of (h), "time::gap", CVI_SEVERITY_WARNING);
  fail_unless_equals_uint64 (packet->start_ns, 50 * FRAME);
  fail_unless_equals_uint64 (packet->end_ns, 50 * FRAME);
  push_missing (h, 151 * FRAME, NONE);
  cvi_test_push_run (h, 151 * FRAME, FRAME, 50);
  frame = cvi_test_expect (bus_of (h), "time::gap", CVI_SEVERITY_WARNING);
  fail_unless_equals_uint64 (frame->start_ns, 151 * FRAME);
  cvi_test_expect_none (bus_of (h));
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "gaps"), 2);
  cvi_test_harness_free (h);
}
GST_END_TEST

static void
push_lost_packet (GstHarness *h, guint64 time, gboolean redundant)
{
  GstStructure *structure =
      gst_structure_new ("GstRTPPacketLost", "seqnum", G_TYPE_UINT, 1,
          "timestamp", G_TYPE_UINT64, time, "duration", G_TYPE_UINT64, FRAME,
          "might-have-been-fec", G_TYPE_BOOLEAN, redundant, NULL);

  fail_unless (gst_harness_push_event (
      h, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM, structure)));
}

/* Behind the jitter buffer itself; its event tells of running time. */
GST_START_TEST (test_lost_packet_event)
{
  GstHarness *h = cvi_test_harness ("application/x-rtp,media=video");
  g_autoptr (CviFinding) finding = NULL;
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = 100 * GST_SECOND;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  cvi_test_push (h, 100 * GST_SECOND, NONE, 0);
  push_lost_packet (h, FRAME, TRUE);
  push_lost_packet (h, 2 * FRAME, FALSE);
  push_lost_packet (h, 3 * FRAME, FALSE);
  cvi_test_push (h, 100 * GST_SECOND + 4 * FRAME, NONE, 0);
  finding = cvi_test_expect (bus_of (h), "time::gap", CVI_SEVERITY_WARNING);
  fail_unless_equals_uint64 (finding->start_ns, 2 * FRAME);
  fail_unless_equals_uint64 (finding->end_ns, 4 * FRAME);
  cvi_test_expect_none (bus_of (h));
  cvi_test_harness_free (h);
}
GST_END_TEST

static Suite *
live_suite (void)
{
  Suite *suite = suite_create ("live");
  TCase *tcase = tcase_create ("general");

  cvi_test_register ();
  tcase_add_test (tcase, test_million_errors);
  tcase_add_test (tcase, test_summary_interval);
  tcase_add_test (tcase, test_verdict_outlives_periods);
  tcase_add_test (tcase, test_late_frames_are_no_gap);
  tcase_add_test (tcase, test_tee);
  tcase_add_test (tcase, test_live_pause);
  tcase_add_test (tcase, test_live_pause_of_a_camera);
  tcase_add_test (tcase, test_seeks);
  tcase_add_test (tcase, test_exchanged_while_playing);
  tcase_add_test (tcase, test_joined_at_the_end);
  tcase_add_test (tcase, test_lost_packets_in_a_row);
  tcase_add_test (tcase, test_unsettled_clock);
  tcase_add_test (tcase, test_lost_packet_of_a_frame);
  tcase_add_test (tcase, test_lost_packet_event);
  suite_add_tcase (suite, tcase);
  return suite;
}

GST_CHECK_MAIN (live)
