/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Properties, states, summary, signal and fail-on. */
#include "plugin/element/cvi-message.h"
#include "tests/element/helper.h"

#define RAW "video/x-raw,format=I420,width=16,height=16,framerate=25/1"
#define FRAME (40 * GST_MSECOND)

GST_START_TEST (test_defaults)
{
  GstElement *check = gst_element_factory_make ("cvicheck", NULL);
  guint64 gap, overlap;
  gboolean messages, log;
  gint fail_on;
  guint findings;
  g_autofree char *stream_id = NULL;

  g_object_get (check, "gap-threshold", &gap, "overlap-threshold", &overlap,
      "watch-messages", &messages, "watch-log", &log, "fail-on", &fail_on,
      "stream-id", &stream_id, "findings", &findings, NULL);
  fail_unless_equals_uint64 (gap, 0);
  fail_unless_equals_uint64 (overlap, 0);
  fail_unless (messages);
  fail_if (log);
  fail_unless_equals_int (fail_on, 0);
  fail_unless (stream_id == NULL);
  fail_unless_equals_int (findings, 0);
  cvi_test_assert_verdict (check, "healthy");
  fail_unless_equals_uint64 (cvi_test_stat (check, "buffers"), 0);
  gst_object_unref (check);
}
GST_END_TEST

GST_START_TEST (test_properties_keep_what_is_set)
{
  GstElement *check = gst_element_factory_make ("cvicheck", NULL);
  guint64 gap, overlap;
  gboolean messages, log;
  gint fail_on;

  gst_util_set_object_arg (G_OBJECT (check), "fail-on", "corrupt");
  g_object_set (check, "gap-threshold", G_GUINT64_CONSTANT (11),
      "overlap-threshold", G_GUINT64_CONSTANT (12), "watch-messages", FALSE,
      "watch-log", TRUE, NULL);
  g_object_get (check, "gap-threshold", &gap, "overlap-threshold", &overlap,
      "watch-messages", &messages, "watch-log", &log, "fail-on", &fail_on,
      NULL);
  fail_unless_equals_uint64 (gap, 11);
  fail_unless_equals_uint64 (overlap, 12);
  fail_if (messages);
  fail_unless (log);
  fail_unless_equals_int (fail_on, 2);
  gst_object_unref (check);
}
GST_END_TEST

/* Without a parent and without a bus. */
GST_START_TEST (test_states)
{
  GstElement *check = gst_element_factory_make ("cvicheck", NULL);
  static const GstState states[] = { GST_STATE_READY, GST_STATE_PAUSED,
    GST_STATE_PLAYING, GST_STATE_PAUSED, GST_STATE_READY, GST_STATE_PAUSED,
    GST_STATE_NULL, GST_STATE_PLAYING, GST_STATE_NULL };

  for (guint log = 0; log < 2; log++) {
    g_object_set (check, "watch-log", log, NULL);
    for (guint i = 0; i < G_N_ELEMENTS (states); i++)
      fail_unless_equals_int (
          gst_element_set_state (check, states[i]), GST_STATE_CHANGE_SUCCESS);
  }
  gst_object_unref (check);
}
GST_END_TEST

/* Results can be read after the end, and go away with the next start. */
GST_START_TEST (test_restart)
{
  GstHarness *h = cvi_test_harness (RAW);

  cvi_test_push (h, 0, FRAME, GST_BUFFER_FLAG_CORRUPTED);
  gst_element_set_state (h->element, GST_STATE_READY);
  cvi_test_assert_verdict (h->element, "corrupt");
  gst_element_set_state (h->element, GST_STATE_PAUSED);
  cvi_test_assert_verdict (h->element, "healthy");
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "buffers"), 0);
  fail_unless_equals_uint64 (cvi_test_stat (h->element, "findings"), 0);
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_summary)
{
  GstHarness *h = cvi_test_harness (RAW);
  GstBus *bus = GST_ELEMENT_BUS (h->element);
  const GstStructure *summary;
  GstMessage *message;
  guint64 n_buffers, begin, end;
  g_autofree char *stream_id = NULL;

  cvi_test_push_run (h, FRAME, FRAME, 10);
  message = cvi_test_pop_named (bus, CVI_MESSAGE_SUMMARY);
  fail_unless (message == NULL);
  gst_harness_push_event (h, gst_event_new_eos ());
  message = cvi_test_pop_named (bus, CVI_MESSAGE_SUMMARY);
  fail_unless (message != NULL);
  fail_unless (GST_MESSAGE_SRC (message) == GST_OBJECT (h->element));
  summary = gst_message_get_structure (message);
  g_object_get (h->element, "stream-id", &stream_id, NULL);
  fail_unless_equals_string (
      gst_structure_get_string (summary, "verdict"), "healthy");
  fail_unless_equals_string (
      gst_structure_get_string (summary, "stream"), stream_id);
  fail_unless (gst_structure_get_uint64 (summary, "buffers", &n_buffers));
  fail_unless (gst_structure_get_uint64 (summary, "first-pts", &begin));
  fail_unless (gst_structure_get_uint64 (summary, "last-end", &end));
  fail_unless_equals_uint64 (n_buffers, 10);
  fail_unless_equals_uint64 (begin, FRAME);
  fail_unless_equals_uint64 (end, 11 * FRAME);
  gst_message_unref (message);
  cvi_test_harness_free (h);
}
GST_END_TEST

static void
on_finding (GstElement *check, const GstStructure *finding, guint *n)
{
  fail_unless (gst_structure_has_name (finding, CVI_MESSAGE_FINDING));
  fail_unless_equals_string (
      gst_structure_get_string (finding, "rule"), "decode::corrupt-frame");
  (*n)++;
}

GST_START_TEST (test_signal)
{
  GstHarness *h = cvi_test_harness (RAW);
  guint n = 0;

  g_signal_connect (h->element, "finding", G_CALLBACK (on_finding), &n);
  cvi_test_push (h, 0, FRAME, GST_BUFFER_FLAG_CORRUPTED);
  cvi_test_push (h, FRAME, FRAME, GST_BUFFER_FLAG_CORRUPTED);
  fail_unless_equals_int (n, 1);
  cvi_test_harness_free (h);
}
GST_END_TEST

static guint
count_errors (GstBus *bus)
{
  GstMessage *message;
  guint n = 0;

  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR))) {
    g_autoptr (GError) error = NULL;

    gst_message_parse_error (message, &error, NULL);
    fail_unless (
        g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE));
    gst_message_unref (message);
    n++;
  }
  return n;
}

GST_START_TEST (test_fail_on_corrupt)
{
  GstHarness *h = cvi_test_harness (RAW);

  gst_util_set_object_arg (G_OBJECT (h->element), "fail-on", "corrupt");
  cvi_test_push_run (h, 0, FRAME, 10);
  /* a gap is not enough */
  cvi_test_push_run (h, 50 * FRAME, FRAME, 10);
  cvi_test_assert_verdict (h->element, "suspicious");
  fail_unless_equals_int (gst_harness_buffers_received (h), 20);
  fail_unless_equals_int (
      cvi_test_push (h, 60 * FRAME, FRAME, GST_BUFFER_FLAG_CORRUPTED),
      GST_FLOW_ERROR);
  fail_unless_equals_int (
      cvi_test_push (h, 61 * FRAME, FRAME, 0), GST_FLOW_ERROR);
  fail_unless_equals_int (gst_harness_buffers_received (h), 20);
  fail_unless_equals_int (count_errors (GST_ELEMENT_BUS (h->element)), 1);
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_fail_on_suspicious)
{
  GstHarness *h = cvi_test_harness (RAW);

  gst_util_set_object_arg (G_OBJECT (h->element), "fail-on", "suspicious");
  cvi_test_push_run (h, 0, FRAME, 10);
  cvi_test_push (h, 50 * FRAME, FRAME, 0);
  fail_unless_equals_int (
      cvi_test_push (h, 51 * FRAME, FRAME, 0), GST_FLOW_ERROR);
  fail_unless_equals_int (count_errors (GST_ELEMENT_BUS (h->element)), 1);
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_fail_on_none)
{
  GstHarness *h = cvi_test_harness (RAW);

  fail_unless_equals_int (
      cvi_test_push (h, 0, FRAME, GST_BUFFER_FLAG_CORRUPTED), GST_FLOW_OK);
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_int (count_errors (GST_ELEMENT_BUS (h->element)), 0);
  cvi_test_assert_verdict (h->element, "corrupt");
  cvi_test_harness_free (h);
}
GST_END_TEST

/* What only the end tells: finding, summary and error all come before EOS. */
GST_START_TEST (test_fail_at_eos)
{
  GstHarness *h = cvi_test_harness (RAW);
  GstBus *bus = GST_ELEMENT_BUS (h->element);
  GstMessage *message;
  g_autoptr (CviFinding) finding = NULL;

  gst_util_set_object_arg (G_OBJECT (h->element), "fail-on", "corrupt");
  gst_harness_push_event (h, gst_event_new_eos ());
  finding = cvi_test_expect (bus, "stream::no-frames", CVI_SEVERITY_ERROR);
  message = cvi_test_pop_named (bus, CVI_MESSAGE_SUMMARY);
  fail_unless_equals_string (
      gst_structure_get_string (gst_message_get_structure (message), "verdict"),
      "corrupt");
  gst_message_unref (message);
  fail_unless_equals_int (count_errors (bus), 1);
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_message_round_trip)
{
  g_autoptr (CviFinding) finding =
      cvi_finding_new (CVI_RULE_TIME_GAP, "video/0", "text with \\ and \"");
  g_autoptr (CviFinding) back = NULL;
  g_autoptr (CviFinding) whole = NULL;
  GstStructure *structure;

  finding->severity = CVI_SEVERITY_INFO;
  finding->certainty = 0.25;
  finding->start_ns = 5;
  finding->end_ns = G_MAXUINT64 - 1;
  finding->offset = 0;
  finding->count = 7;
  structure = cvi_finding_to_structure (finding);
  back = cvi_finding_from_structure (structure);
  gst_structure_free (structure);
  fail_unless (back->rule == finding->rule);
  fail_unless_equals_int (back->severity, finding->severity);
  fail_unless (back->certainty == finding->certainty);
  fail_unless_equals_string (back->stream, "video/0");
  fail_unless_equals_uint64 (back->start_ns, 5);
  fail_unless_equals_uint64 (back->end_ns, G_MAXUINT64 - 1);
  fail_unless_equals_uint64 (back->offset, 0);
  fail_unless_equals_uint64 (back->count, 7);
  fail_unless_equals_string (back->message, finding->message);

  g_clear_pointer (&finding->stream, g_free);
  finding->start_ns = finding->end_ns = finding->offset = CVI_NONE;
  structure = cvi_finding_to_structure (finding);
  fail_if (gst_structure_has_field (structure, "stream"));
  fail_if (gst_structure_has_field (structure, "start-ns"));
  whole = cvi_finding_from_structure (structure);
  gst_structure_free (structure);
  fail_unless (whole->stream == NULL);
  fail_unless_equals_uint64 (whole->start_ns, CVI_NONE);
  fail_unless_equals_uint64 (whole->offset, CVI_NONE);
}
GST_END_TEST

GST_START_TEST (test_bad_messages_are_refused)
{
  static const char *const bad[] = {
    "other, rule=time::gap, severity=info, certainty=0.5, "
    "count=(guint64)1, message=x",
    "cvicheck-finding",
    "cvicheck-finding, rule=no::such, severity=info, certainty=0.5, "
    "count=(guint64)1, message=x",
    "cvicheck-finding, rule=time::gap, severity=awful, certainty=0.5, "
    "count=(guint64)1, message=x",
    "cvicheck-finding, rule=time::gap, severity=info, certainty=1.5, "
    "count=(guint64)1, message=x",
    "cvicheck-finding, rule=time::gap, severity=info, certainty=0.5, "
    "count=(guint64)0, message=x",
    "cvicheck-finding, rule=time::gap, severity=info, certainty=0.5, "
    "count=(guint64)1, message=x, start-ns=(guint64)5, end-ns=(guint64)4",
    "cvicheck-finding, rule=time::gap, severity=info, certainty=0.5, "
    "count=(guint64)1, message=x, start-ns=(guint64)5",
    "cvicheck-finding, rule=time::gap, severity=info, certainty=0.5, "
    "count=(guint64)1",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    GstStructure *structure = gst_structure_from_string (bad[i], NULL);

    fail_unless (structure != NULL);
    fail_unless (cvi_finding_from_structure (structure) == NULL, "%s", bad[i]);
    gst_structure_free (structure);
  }
}
GST_END_TEST

static Suite *
results_suite (void)
{
  Suite *suite = suite_create ("results");
  TCase *tcase = tcase_create ("general");

  cvi_test_register ();
  tcase_add_test (tcase, test_defaults);
  tcase_add_test (tcase, test_properties_keep_what_is_set);
  tcase_add_test (tcase, test_states);
  tcase_add_test (tcase, test_restart);
  tcase_add_test (tcase, test_summary);
  tcase_add_test (tcase, test_signal);
  tcase_add_test (tcase, test_fail_on_corrupt);
  tcase_add_test (tcase, test_fail_on_suspicious);
  tcase_add_test (tcase, test_fail_on_none);
  tcase_add_test (tcase, test_fail_at_eos);
  tcase_add_test (tcase, test_message_round_trip);
  tcase_add_test (tcase, test_bad_messages_are_refused);
  suite_add_tcase (suite, tcase);
  return suite;
}

GST_CHECK_MAIN (results)
