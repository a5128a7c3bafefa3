/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Nothing is left behind. The leaks tracer watches the types that
 * tests/element/meson.build names: what GStreamer keeps for good (factories,
 * the registry) is none of them. */
#include "plugin/element/cvi-message.h"
#include "tests/element/helper.h"

#define RAW "video/x-raw,format=I420,width=16,height=16,framerate=25/1"
#define FRAME (40 * GST_MSECOND)

static GstTracer *
find_leaks_tracer (void)
{
  GList *tracers = gst_tracing_get_active_tracers ();
  GstTracer *found = NULL;

  for (GList *l = tracers; l && !found; l = l->next) {
    if (g_strcmp0 (G_OBJECT_TYPE_NAME (l->data), "GstLeaksTracer") == 0)
      found = gst_object_ref (l->data);
  }
  g_list_free_full (tracers, gst_object_unref);
  return found;
}

/* How many objects the tracer knows to be alive. */
static guint
count_live (void)
{
  GstTracer *tracer = find_leaks_tracer ();
  GstStructure *live = NULL;
  const GValue *list;
  guint n;

  fail_unless (tracer != NULL, "the leaks tracer is not there");
  g_signal_emit_by_name (tracer, "get-live-objects", &live);
  list = gst_structure_get_value (live, "live-objects-list");
  n = gst_value_list_get_size (list);
  for (guint i = 0; i < n; i++) {
    g_autofree char *text =
        g_strdup_value_contents (gst_value_list_get_value (list, i));

    g_printerr ("alive: %s\n", text);
  }
  /* GStreamer 1.22 lists objects without taking references and drops one
   * each when the list is freed. */
  if (n == 0)
    gst_structure_free (live);
  gst_object_unref (tracer);
  return n;
}

static void
use_data (void)
{
  GstHarness *h = cvi_test_harness (RAW);

  cvi_test_push_run (h, 0, FRAME, 20);
  cvi_test_push_run (h, 50 * FRAME, FRAME, 20);
  cvi_test_push (h, 70 * FRAME, FRAME, GST_BUFFER_FLAG_CORRUPTED);
  gst_util_set_object_arg (G_OBJECT (h->element), "fail-on", "corrupt");
  cvi_test_push (h, 71 * FRAME, FRAME, 0);
  cvi_test_push (h, 72 * FRAME, FRAME, 0);
  gst_harness_push_event (h, gst_event_new_eos ());
  gst_bus_set_flushing (GST_ELEMENT_BUS (h->element), TRUE);
  cvi_test_harness_free (h);
}

static void
use_pipeline (void)
{
  GstElement *p =
      gst_parse_launch ("( identity name=up ) ! cvicheck name=check "
                        "watch-log=true ! fakesink async=false",
          NULL);
  GstElement *up = gst_bin_get_by_name (GST_BIN (p), "up");
  GstElement *check = gst_bin_get_by_name (GST_BIN (p), "check");
  GstPad *pad = gst_element_get_static_pad (up, "sink");

  gst_element_set_state (p, GST_STATE_PLAYING);
  gst_pad_send_event (pad, gst_event_new_stream_start ("x"));
  GST_ELEMENT_WARNING (up, STREAM, DEMUX, (NULL), ("odd"));
  GST_ELEMENT_ERROR (up, STREAM, DECODE, (NULL), ("broken"));
  fail_unless (cvi_test_stat (check, "findings") >= 1);
  gst_element_set_state (p, GST_STATE_NULL);
  gst_object_unref (pad);
  gst_object_unref (up);
  gst_object_unref (check);
  gst_object_unref (p);
}

/* The tracer does its work: it sees the element and its pads. */
GST_START_TEST (test_tracer_watches)
{
  GstElement *alive = gst_element_factory_make ("cvicheck", NULL);

  fail_unless_equals_int (count_live (), 3);
  gst_object_unref (alive);
}
GST_END_TEST

GST_START_TEST (test_nothing_leaks)
{
  for (guint i = 0; i < 5; i++) {
    use_data ();
    use_pipeline ();
  }
  fail_unless_equals_int (count_live (), 0);
}
GST_END_TEST

static Suite *
leaks_suite (void)
{
  Suite *suite = suite_create ("leaks");
  TCase *tcase = tcase_create ("general");

  cvi_test_register ();
  tcase_add_test (tcase, test_tracer_watches);
  tcase_add_test (tcase, test_nothing_leaks);
  suite_add_tcase (suite, tcase);
  return suite;
}

GST_CHECK_MAIN (leaks)
