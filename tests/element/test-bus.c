/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* cvicheck hears what upstream elements post, wherever they are, nothing of
 * others, and takes nothing from the application. */
#include "plugin/element/cvi-message.h"
#include "tests/element/helper.h"

/* Posts an ERROR or WARNING as @element would. */
static void
say (GstElement *element, GstMessageType type, GQuark domain, gint code,
    const char *text, const char *debug)
{
  g_autoptr (GError) error = g_error_new_literal (domain, code, text);

  gst_element_post_message (element,
      type == GST_MESSAGE_ERROR
          ? gst_message_new_error (GST_OBJECT (element), error, debug)
          : gst_message_new_warning (GST_OBJECT (element), error, debug));
}

static void
say_decode_error (GstElement *element)
{
  say (element, GST_MESSAGE_ERROR, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
      "broken", NULL);
}

static GstElement *
make_pipeline (const char *description, GstState state)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (description, &error);

  g_assert_no_error (error);
  fail_unless (
      gst_element_set_state (pipeline, state) != GST_STATE_CHANGE_FAILURE);
  return pipeline;
}

static void
free_pipeline (GstElement *pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

/* Borrowed: the pipeline holds it. */
static GstElement *
get (GstElement *pipeline, const char *name)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (pipeline), name);

  fail_unless (element != NULL, "no element %s", name);
  gst_object_unref (element);
  return element;
}

static guint
n_findings (GstElement *pipeline, const char *name)
{
  guint n;

  g_object_get (get (pipeline, name), "findings", &n, NULL);
  return n;
}

GST_START_TEST (test_upstream_error)
{
  GstElement *p = make_pipeline (
      "identity name=up ! identity ! cvicheck name=check ! identity name=down",
      GST_STATE_READY);
  GstBus *bus = GST_ELEMENT_BUS (p);
  g_autoptr (CviFinding) finding = NULL;

  say_decode_error (get (p, "down"));
  fail_unless_equals_int (n_findings (p, "check"), 0);
  say_decode_error (get (p, "up"));
  /* told at once, since no data may follow, and before the error itself */
  finding = cvi_test_expect (bus, "decode::error", CVI_SEVERITY_ERROR);
  fail_unless_equals_string (finding->message, "up: broken");
  cvi_test_assert_verdict (get (p, "check"), "corrupt");
  free_pipeline (p);
}
GST_END_TEST

GST_START_TEST (test_nested_bins)
{
  GstElement *p = make_pipeline (
      "( name=outer ( name=inner identity name=deep ! identity ) ! identity ) "
      "! ( name=own cvicheck name=check ) ! fakesink",
      GST_STATE_READY);

  say_decode_error (get (p, "deep"));
  fail_unless_equals_int (n_findings (p, "check"), 1);
  /* a bin that holds upstream elements speaks for them ... */
  say (get (p, "inner"), GST_MESSAGE_ERROR, GST_STREAM_ERROR,
      GST_STREAM_ERROR_DEMUX, "broken", NULL);
  fail_unless_equals_int (n_findings (p, "check"), 2);
  say (get (p, "outer"), GST_MESSAGE_ERROR, GST_STREAM_ERROR,
      GST_STREAM_ERROR_CODEC_NOT_FOUND, "broken", NULL);
  fail_unless_equals_int (n_findings (p, "check"), 3);
  /* ... but not one that holds cvicheck as well */
  say_decode_error (get (p, "own"));
  say_decode_error (p);
  fail_unless_equals_int (n_findings (p, "check"), 3);
  free_pipeline (p);
}
GST_END_TEST

GST_START_TEST (test_sibling_branches)
{
  GstElement *p =
      make_pipeline ("identity name=shared ! tee name=t "
                     "t. ! identity name=left ! cvicheck name=a ! fakesink "
                     "t. ! identity name=right ! cvicheck name=b ! fakesink",
          GST_STATE_READY);

  say_decode_error (get (p, "left"));
  fail_unless_equals_int (n_findings (p, "a"), 1);
  fail_unless_equals_int (n_findings (p, "b"), 0);
  say (get (p, "right"), GST_MESSAGE_ERROR, GST_STREAM_ERROR,
      GST_STREAM_ERROR_FORMAT, "other", NULL);
  fail_unless_equals_int (n_findings (p, "a"), 1);
  fail_unless_equals_int (n_findings (p, "b"), 1);
  say (get (p, "shared"), GST_MESSAGE_ERROR, GST_STREAM_ERROR,
      GST_STREAM_ERROR_DECRYPT, "locked", NULL);
  fail_unless_equals_int (n_findings (p, "a"), 2);
  fail_unless_equals_int (n_findings (p, "b"), 2);
  free_pipeline (p);
}
GST_END_TEST

/* Inside multiqueue the streams stay apart. */
GST_START_TEST (test_multiqueue_branches)
{
  GstElement *p = make_pipeline ("multiqueue name=q "
                                 "identity name=left ! q.sink_0 "
                                 "identity name=right ! q.sink_1 "
                                 "q.src_0 ! cvicheck name=a ! fakesink "
                                 "q.src_1 ! cvicheck name=b ! fakesink",
      GST_STATE_READY);

  say_decode_error (get (p, "left"));
  fail_unless_equals_int (n_findings (p, "a"), 1);
  fail_unless_equals_int (n_findings (p, "b"), 0);
  free_pipeline (p);
}
GST_END_TEST

GST_START_TEST (test_error_of_another_cvicheck_is_no_finding)
{
  GstElement *p = make_pipeline (
      "cvicheck name=a ! cvicheck name=b ! fakesink", GST_STATE_READY);

  say_decode_error (get (p, "a"));
  fail_unless_equals_int (n_findings (p, "a"), 0);
  fail_unless_equals_int (n_findings (p, "b"), 0);
  free_pipeline (p);
}
GST_END_TEST

GST_START_TEST (test_watch_messages_off)
{
  GstElement *p = make_pipeline (
      "identity name=up ! cvicheck name=check watch-messages=false ! fakesink",
      GST_STATE_READY);

  say_decode_error (get (p, "up"));
  fail_unless_equals_int (n_findings (p, "check"), 0);
  free_pipeline (p);
}
GST_END_TEST

static gboolean
is_emitting (GstElement *pipeline)
{
  return g_signal_has_handler_pending (GST_ELEMENT_BUS (pipeline),
      g_signal_lookup ("sync-message", GST_TYPE_BUS),
      g_quark_from_static_string ("error"), TRUE);
}

GST_START_TEST (test_attached_only_while_running)
{
  GstElement *p = make_pipeline (
      "identity name=up ! cvicheck name=check ! fakesink", GST_STATE_NULL);

  fail_if (is_emitting (p));
  gst_element_set_state (p, GST_STATE_READY);
  fail_unless (is_emitting (p));
  gst_element_set_state (p, GST_STATE_NULL);
  fail_if (is_emitting (p));
  gst_element_set_state (p, GST_STATE_READY);
  gst_element_set_state (p, GST_STATE_PAUSED);
  gst_element_set_state (p, GST_STATE_READY);
  say_decode_error (get (p, "up"));
  fail_unless_equals_int (n_findings (p, "check"), 1);
  free_pipeline (p);
}
GST_END_TEST

GST_START_TEST (test_added_while_playing)
{
  GstElement *p = make_pipeline ("fakesrc name=up is-live=true ! "
                                 "identity name=mid ! fakesink sync=false",
      GST_STATE_PLAYING);
  GstElement *check = gst_element_factory_make ("cvicheck", "check");
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  GstElement *late = gst_element_factory_make ("identity", "late");

  gst_element_get_state (p, NULL, NULL, GST_CLOCK_TIME_NONE);
  gst_bin_add_many (GST_BIN (p), late, check, sink, NULL);
  fail_unless (gst_element_link_many (late, check, sink, NULL));
  gst_element_sync_state_with_parent (sink);
  gst_element_sync_state_with_parent (check);
  gst_element_sync_state_with_parent (late);
  say_decode_error (late);
  fail_unless_equals_int (n_findings (p, "check"), 1);
  say_decode_error (get (p, "mid"));
  fail_unless_equals_int (n_findings (p, "check"), 1);
  free_pipeline (p);
}
GST_END_TEST

/* It starts in a bin without a bus that joins the pipeline only later. */
GST_START_TEST (test_bin_added_later)
{
  GstElement *p = gst_pipeline_new (NULL);
  g_autoptr (GError) error = NULL;
  GstElement *bin = gst_parse_bin_from_description (
      "identity name=up ! cvicheck name=check ! fakesink async=false", FALSE,
      &error);

  g_assert_no_error (error);
  gst_element_set_state (bin, GST_STATE_READY);
  gst_element_set_state (p, GST_STATE_PAUSED);
  gst_bin_add (GST_BIN (p), bin);
  fail_if (is_emitting (p));
  gst_element_sync_state_with_parent (bin);
  fail_unless (is_emitting (p));
  say_decode_error (get (p, "up"));
  fail_unless_equals_int (n_findings (p, "check"), 1);
  free_pipeline (p);
}
GST_END_TEST

/* A warning waits for the streaming thread, or for the end. */
GST_START_TEST (test_warnings_wait)
{
  GstElement *p = make_pipeline (
      "identity name=up ! cvicheck name=check ! fakesink async=false",
      GST_STATE_PLAYING);
  GstBus *bus = GST_ELEMENT_BUS (p);
  GstPad *pad = gst_element_get_static_pad (get (p, "up"), "sink");
  g_autoptr (CviFinding) one = NULL;
  g_autoptr (CviFinding) two = NULL;
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_send_event (pad, gst_event_new_stream_start ("stream"));
  gst_pad_send_event (pad, gst_event_new_segment (&segment));
  say (get (p, "up"), GST_MESSAGE_WARNING, GST_STREAM_ERROR,
      GST_STREAM_ERROR_DEMUX, "odd", NULL);
  fail_unless_equals_int (n_findings (p, "check"), 0);
  gst_pad_chain (pad, gst_buffer_new ());
  one = cvi_test_expect (bus, "container::structure", CVI_SEVERITY_WARNING);
  cvi_test_assert_verdict (get (p, "check"), "suspicious");

  say (get (p, "up"), GST_MESSAGE_WARNING, GST_STREAM_ERROR,
      GST_STREAM_ERROR_DECODE, "odd", NULL);
  gst_element_set_state (p, GST_STATE_READY);
  two = cvi_test_expect (bus, "decode::error", CVI_SEVERITY_WARNING);
  fail_unless_equals_string (two->stream, "stream");
  gst_object_unref (pad);
  free_pipeline (p);
}
GST_END_TEST

GST_START_TEST (test_consequences)
{
  GstElement *p = make_pipeline (
      "identity name=a ! identity name=b ! cvicheck name=check ! fakesink",
      GST_STATE_READY);
  const char *debug =
      "x.c(1): f (): /a:b\nstreaming stopped, reason error (-5)";
  g_autoptr (CviFinding) finding = NULL;

  say (get (p, "a"), GST_MESSAGE_ERROR, GST_STREAM_ERROR,
      GST_STREAM_ERROR_FAILED, "Internal data stream error.", debug);
  finding = cvi_test_expect (
      GST_ELEMENT_BUS (p), "decode::stopped-early", CVI_SEVERITY_INFO);
  say (get (p, "b"), GST_MESSAGE_ERROR, GST_STREAM_ERROR,
      GST_STREAM_ERROR_FAILED, "Internal data stream error.", debug);
  cvi_test_expect_none (GST_ELEMENT_BUS (p));
  cvi_test_assert_verdict (get (p, "check"), "healthy");
  free_pipeline (p);
}
GST_END_TEST

static const struct {
  const char *factory;
  GstMessageType type;
  const char *domain;
  gint code;
  const char *text;
  const char *rule; /* NULL: not about the media */
  CviSeverity severity;
} mappings[] = {
#define E GST_MESSAGE_ERROR
#define W GST_MESSAGE_WARNING
  { "identity", E, "stream", GST_STREAM_ERROR_DECRYPT, "x", "stream::encrypted",
      CVI_SEVERITY_WARNING },
  { "identity", E, "stream", GST_STREAM_ERROR_DECRYPT_NOKEY, "x",
      "stream::encrypted", CVI_SEVERITY_WARNING },
  { "identity", W, "core", GST_CORE_ERROR_MISSING_PLUGIN, "x",
      "stream::unsupported", CVI_SEVERITY_WARNING },
  { "identity", E, "stream", GST_STREAM_ERROR_CODEC_NOT_FOUND, "x",
      "stream::unsupported", CVI_SEVERITY_WARNING },
  { "identity", E, "stream", GST_STREAM_ERROR_TYPE_NOT_FOUND, "x",
      "container::unrecognised", CVI_SEVERITY_CRITICAL },
  { "identity", E, "stream", GST_STREAM_ERROR_DEMUX, "x",
      "container::structure", CVI_SEVERITY_ERROR },
  { "identity", W, "stream", GST_STREAM_ERROR_DEMUX,
      "CONTINUITY: Mismatch packet 1, stream 2", "container::continuity",
      CVI_SEVERITY_ERROR },
  { "filesrc", E, "resource", GST_RESOURCE_ERROR_READ, "x", "io::error",
      CVI_SEVERITY_CRITICAL },
  { "filesrc", E, "resource", GST_RESOURCE_ERROR_NOT_FOUND, "x", "io::vanished",
      CVI_SEVERITY_CRITICAL },
  { "filesrc", E, "resource", GST_RESOURCE_ERROR_NOT_AUTHORIZED, "x",
      "io::permission", CVI_SEVERITY_CRITICAL },
  { "identity", E, "resource", GST_RESOURCE_ERROR_NO_SPACE_LEFT, "x", NULL },
  { "identity", E, "core", GST_CORE_ERROR_NEGOTIATION, "x", NULL },
  { "identity", E, "stream", GST_STREAM_ERROR_ENCODE, "x", NULL },
  { "vorbisdec", E, "library", GST_LIBRARY_ERROR_FAILED, "x", "decode::error",
      CVI_SEVERITY_ERROR },
  { "vorbisdec", E, "library", GST_LIBRARY_ERROR_INIT, "x",
      "stream::unsupported", CVI_SEVERITY_WARNING },
  { "identity", W, "library", GST_LIBRARY_ERROR_FAILED, "x", NULL },
#undef E
#undef W
};

GST_START_TEST (test_mapping)
{
  const char *domain = mappings[__i__].domain;
  g_autofree char *description = g_strdup_printf (
      "%s name=up ! cvicheck name=check ! fakesink async=false",
      mappings[__i__].factory);
  g_autofree char *quark = g_strdup_printf ("gst-%s-error-quark", domain);
  GstElement *p = make_pipeline (description, GST_STATE_READY);

  /* so that the quarks exist */
  fail_unless (GST_STREAM_ERROR && GST_CORE_ERROR && GST_RESOURCE_ERROR &&
               GST_LIBRARY_ERROR);
  fail_unless (g_quark_try_string (quark) != 0);
  gst_element_set_state (get (p, "check"), GST_STATE_PAUSED);
  say (get (p, "up"), mappings[__i__].type, g_quark_try_string (quark),
      mappings[__i__].code, mappings[__i__].text, NULL);
  gst_element_set_state (get (p, "check"), GST_STATE_READY);
  if (mappings[__i__].rule)
    cvi_finding_free (cvi_test_expect (
        GST_ELEMENT_BUS (p), mappings[__i__].rule, mappings[__i__].severity));
  cvi_test_expect_none (GST_ELEMENT_BUS (p));
  free_pipeline (p);
}
GST_END_TEST

/* --- the application's side --- */

typedef struct {
  guint sync_errors;
  guint watch_errors;
  guint findings;
  GMainLoop *loop;
} Seen;

static GstBusSyncReply
app_sync_handler (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Seen *seen = user_data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    seen->sync_errors++;
  return GST_BUS_PASS;
}

static gboolean
app_watch (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Seen *seen = user_data;

  if (gst_message_has_name (message, CVI_MESSAGE_FINDING))
    seen->findings++;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    seen->watch_errors++;
    g_main_loop_quit (seen->loop);
  }
  return G_SOURCE_CONTINUE;
}

GST_START_TEST (test_application_keeps_its_bus)
{
  GstElement *p = make_pipeline (
      "identity name=up ! cvicheck name=check ! fakesink", GST_STATE_NULL);
  GstBus *bus = GST_ELEMENT_BUS (p);
  Seen seen = { 0 };

  seen.loop = g_main_loop_new (NULL, FALSE);
  gst_bus_set_sync_handler (bus, app_sync_handler, &seen, NULL);
  fail_unless (gst_bus_add_watch (bus, app_watch, &seen) > 0);
  gst_element_set_state (p, GST_STATE_READY);
  say_decode_error (get (p, "up"));
  g_main_loop_run (seen.loop);
  fail_unless_equals_int (seen.sync_errors, 1);
  fail_unless_equals_int (seen.watch_errors, 1);
  fail_unless_equals_int (seen.findings, 1);
  gst_bus_remove_watch (bus);
  g_main_loop_unref (seen.loop);
  free_pipeline (p);
}
GST_END_TEST

/* An application that emits sync-message itself: each message is heard twice,
 * and counted once. */
GST_START_TEST (test_double_emission)
{
  GstElement *p = make_pipeline (
      "identity name=up ! cvicheck name=check ! fakesink", GST_STATE_NULL);
  GstBus *bus = GST_ELEMENT_BUS (p);

  gst_bus_set_sync_handler (
      bus, (GstBusSyncHandler)gst_bus_sync_signal_handler, NULL, NULL);
  gst_bus_enable_sync_message_emission (bus);
  gst_element_set_state (p, GST_STATE_READY);
  say_decode_error (get (p, "up"));
  fail_unless_equals_uint64 (
      cvi_test_stat (get (p, "check"), "occurrences"), 1);
  gst_bus_disable_sync_message_emission (bus);
  free_pipeline (p);
}
GST_END_TEST

static Suite *
bus_suite (void)
{
  Suite *suite = suite_create ("bus");
  TCase *tcase = tcase_create ("general");

  cvi_test_register ();
  tcase_add_test (tcase, test_upstream_error);
  tcase_add_test (tcase, test_nested_bins);
  tcase_add_test (tcase, test_sibling_branches);
  tcase_add_test (tcase, test_multiqueue_branches);
  tcase_add_test (tcase, test_error_of_another_cvicheck_is_no_finding);
  tcase_add_test (tcase, test_watch_messages_off);
  tcase_add_test (tcase, test_attached_only_while_running);
  tcase_add_test (tcase, test_added_while_playing);
  tcase_add_test (tcase, test_bin_added_later);
  tcase_add_test (tcase, test_warnings_wait);
  tcase_add_test (tcase, test_consequences);
  tcase_add_loop_test (tcase, test_mapping, 0, G_N_ELEMENTS (mappings));
  tcase_add_test (tcase, test_application_keeps_its_bus);
  tcase_add_test (tcase, test_double_emission);
  suite_add_tcase (suite, tcase);
  return suite;
}

GST_CHECK_MAIN (bus)
