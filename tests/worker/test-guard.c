/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* A stream whose decoder fails goes on, and does not end the others. */
#include <gst/gst.h>

#include "plugin/core/cvi-finding.h"
#include "tools/worker/cvi-guard.h"

/* Runs "@source ! guard ! @rest" to its end. Returns: (transfer full): the
 * guard */
static GstElement *
run (const char *source, const char *rest, CviGuardStats *stats)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_pipeline_new (NULL));
  GstElement *head = gst_parse_bin_from_description (source, TRUE, &error);
  GstElement *tail = gst_parse_bin_from_description (rest, TRUE, &error);
  GstElement *guard = cvi_guard_new ();
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) end = NULL;

  g_assert_no_error (error);
  gst_bin_add_many (GST_BIN (pipeline), head, guard, tail, NULL);
  g_assert_true (gst_element_link_many (head, guard, tail, NULL));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  /* what downstream says of its failure is not the end */
  end = gst_bus_timed_pop_filtered (bus, 300 * GST_SECOND, GST_MESSAGE_EOS);
  g_assert_nonnull (end);
  cvi_guard_get_stats (CVI_GUARD (guard), stats);
  gst_object_ref (guard);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return guard;
}

static void
test_whole (void)
{
  CviGuardStats stats;
  guint64 before = cvi_guard_total_buffers ();
  g_autoptr (GstElement) guard =
      run ("videotestsrc num-buffers=20 ! capsfilter "
           "caps=video/x-raw,framerate=25/1",
          "fakesink sync=false async=false", &stats);

  g_assert_cmpuint (stats.buffers, ==, 20);
  g_assert_cmpuint (cvi_guard_total_buffers () - before, ==, 20);
  g_assert_cmpuint (stats.errors, ==, 0);
  g_assert_true (stats.eos);
  g_assert_false (stats.given_up);
  g_assert_cmpuint (stats.first_ns, ==, 0);
  g_assert_cmpuint (stats.last_ns, ==, 800 * GST_MSECOND);
  g_assert_cmpuint (stats.first_error_ns, ==, CVI_NONE);
}

/* 20 frames of 40 ms; the segment begins and ends inside one of them. */
static void
test_outside (void)
{
  g_autoptr (GstElement) guard = gst_object_ref_sink (cvi_guard_new ());
  g_autoptr (GstPad) sink = gst_element_get_static_pad (guard, "sink");
  CviGuardStats stats;
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = 100 * GST_MSECOND;
  segment.stop = 700 * GST_MSECOND;
  gst_element_set_state (guard, GST_STATE_PLAYING);
  gst_pad_send_event (sink, gst_event_new_stream_start ("a"));
  gst_pad_send_event (sink, gst_event_new_segment (&segment));
  for (guint i = 0; i < 20; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 10, NULL);

    GST_BUFFER_PTS (buffer) = i * 40 * GST_MSECOND;
    GST_BUFFER_DURATION (buffer) = 40 * GST_MSECOND;
    gst_pad_chain (sink, buffer);
  }
  cvi_guard_get_stats (CVI_GUARD (guard), &stats);
  g_assert_cmpuint (stats.buffers, ==, 20);
  g_assert_cmpuint (stats.outside, ==, 3 + 3);
  g_assert_cmpuint (stats.outside_bytes, ==, 60);
  gst_element_set_state (guard, GST_STATE_NULL);
}

static void
test_failing (void)
{
  CviGuardStats stats;
  g_autoptr (GstElement) guard =
      run ("videotestsrc num-buffers=20 ! capsfilter "
           "caps=video/x-raw,framerate=25/1",
          "identity error-after=5 ! fakesink sync=false async=false", &stats);

  g_assert_cmpuint (stats.buffers, ==, 20);
  g_assert_cmpuint (stats.errors, >, 0);
  g_assert_cmpuint (stats.first_error_ns, <=, 240 * GST_MSECOND);
  g_assert_true (stats.eos);
  g_assert_false (stats.not_negotiated);
}

static GstPadProbeReturn
fail (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  GST_PAD_PROBE_INFO_DATA (info) = NULL;
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GPOINTER_TO_INT (user_data);
  return GST_PAD_PROBE_HANDLED;
}

/* Every packet comes back with the flow @data: an error is borne for as long as
 * the guard has patience, a refusal of the stream's caps not at all. */
static void
test_hopeless (gconstpointer data)
{
  gboolean refused = GPOINTER_TO_INT (data) == GST_FLOW_NOT_NEGOTIATED;
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_pipeline_new (NULL));
  GstElement *source = gst_element_factory_make ("fakesrc", NULL);
  GstElement *guard = cvi_guard_new ();
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) end = NULL;
  CviGuardStats stats;

  g_object_set (source, "num-buffers", CVI_GUARD_MAX_ERRORS + 50, NULL);
  g_object_set (sink, "async", FALSE, NULL);
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER, fail, (gpointer)data, NULL);
  gst_bin_add_many (GST_BIN (pipeline), source, guard, sink, NULL);
  g_assert_true (gst_element_link_many (source, guard, sink, NULL));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  end = gst_bus_timed_pop_filtered (bus, 300 * GST_SECOND, GST_MESSAGE_EOS);
  g_assert_nonnull (end);
  cvi_guard_get_stats (CVI_GUARD (guard), &stats);
  g_assert_cmpuint (stats.buffers, ==, CVI_GUARD_MAX_ERRORS + 50);
  g_assert_cmpuint (stats.errors, ==, refused ? 1 : CVI_GUARD_MAX_ERRORS);
  g_assert_true (stats.given_up);
  g_assert_true (stats.not_negotiated == refused);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/guard/whole", test_whole);
  g_test_add_func ("/guard/outside", test_outside);
  g_test_add_func ("/guard/failing", test_failing);
  g_test_add_data_func (
      "/guard/hopeless", GINT_TO_POINTER (GST_FLOW_ERROR), test_hopeless);
  g_test_add_data_func ("/guard/refused",
      GINT_TO_POINTER (GST_FLOW_NOT_NEGOTIATED), test_hopeless);
  return g_test_run ();
}
