/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* cvicheck changes nothing: each buffer, list, event and query is passed on as
 * it is, in push and in pull mode. */
#include <glib/gstdio.h>
#include <string.h>
#include <gst/gstprotection.h>
#include "tests/element/helper.h"

#define RAW "video/x-raw,format=I420,width=16,height=16,framerate=25/1"

GST_START_TEST (test_buffer_is_the_same)
{
  GstHarness *h = cvi_test_harness (RAW);
  GstBuffer *in = gst_buffer_new_allocate (NULL, 1, NULL);
  GstBuffer *out;

  /* A second reference: whoever made it writable would copy it. */
  gst_buffer_ref (in);
  GST_BUFFER_FLAG_SET (in, GST_BUFFER_FLAG_CORRUPTED);
  fail_unless_equals_int (gst_harness_push (h, in), GST_FLOW_OK);
  out = gst_harness_pull (h);
  fail_unless (out == in);
  fail_unless (GST_BUFFER_FLAG_IS_SET (out, GST_BUFFER_FLAG_CORRUPTED));
  gst_buffer_unref (out);
  ASSERT_MINI_OBJECT_REFCOUNT (in, "buffer", 1);
  gst_buffer_unref (in);
  cvi_test_harness_free (h);
}
GST_END_TEST

static GstBufferList *got_list;

static GstFlowReturn
keep_list (GstPad *pad, GstObject *parent, GstBufferList *list)
{
  got_list = list;
  return GST_FLOW_OK;
}

GST_START_TEST (test_list_is_the_same)
{
  GstElement *check = gst_element_factory_make ("cvicheck", NULL);
  GstPad *src = gst_pad_new ("src", GST_PAD_SRC);
  GstPad *sink = gst_pad_new ("sink", GST_PAD_SINK);
  GstPad *check_sink = gst_element_get_static_pad (check, "sink");
  GstPad *check_src = gst_element_get_static_pad (check, "src");
  GstBufferList *list = gst_buffer_list_new ();
  GstSegment segment;

  gst_pad_set_chain_list_function (sink, keep_list);
  gst_pad_set_active (src, TRUE);
  gst_pad_set_active (sink, TRUE);
  fail_unless_equals_int (gst_pad_link (src, check_sink), GST_PAD_LINK_OK);
  fail_unless_equals_int (gst_pad_link (check_src, sink), GST_PAD_LINK_OK);
  gst_element_set_state (check, GST_STATE_PLAYING);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (src, gst_event_new_stream_start ("list"));
  gst_pad_push_event (src, gst_event_new_segment (&segment));
  for (guint i = 0; i < 3; i++)
    gst_buffer_list_add (list, gst_buffer_new_allocate (NULL, 10, NULL));

  fail_unless_equals_int (gst_pad_push_list (src, list), GST_FLOW_OK);
  fail_unless (got_list == list);
  fail_unless_equals_int (gst_buffer_list_length (got_list), 3);
  fail_unless_equals_uint64 (cvi_test_stat (check, "buffers"), 3);
  fail_unless_equals_uint64 (cvi_test_stat (check, "bytes"), 30);

  gst_buffer_list_unref (got_list);
  gst_element_set_state (check, GST_STATE_NULL);
  gst_object_unref (check_sink);
  gst_object_unref (check_src);
  gst_object_unref (src);
  gst_object_unref (sink);
  gst_object_unref (check);
}
GST_END_TEST

/* Every downstream event that comes out, by type and identity. */
GST_START_TEST (test_events_are_the_same)
{
  GstHarness *h = cvi_test_harness (RAW);
  GstEvent *sent[] = {
    gst_event_new_tag (gst_tag_list_new_empty ()),
    gst_event_new_custom (
        GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty ("custom")),
    gst_event_new_custom (
        GST_EVENT_CUSTOM_DOWNSTREAM_OOB, gst_structure_new_empty ("oob")),
    gst_event_new_gap (0, GST_SECOND),
    gst_event_new_segment_done (GST_FORMAT_TIME, 0),
    gst_event_new_eos (),
  };
  GstEvent *got, *up;

  while ((got = gst_harness_try_pull_event (h)))
    gst_event_unref (got);
  for (guint i = 0; i < G_N_ELEMENTS (sent); i++) {
    fail_unless (gst_harness_push_event (h, gst_event_ref (sent[i])));
    got = gst_harness_pull_event (h);
    fail_unless (
        got == sent[i], "%s was replaced", GST_EVENT_TYPE_NAME (sent[i]));
    gst_event_unref (got);
    gst_event_unref (sent[i]);
  }

  while ((up = gst_harness_try_pull_upstream_event (h)))
    gst_event_unref (up);
  up = gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1., 0, 0);
  gst_harness_push_upstream_event (h, gst_event_ref (up));
  got = gst_harness_pull_upstream_event (h);
  fail_unless (got == up);
  gst_event_unref (got);
  gst_event_unref (up);
  cvi_test_harness_free (h);
}
GST_END_TEST

GST_START_TEST (test_queries_pass)
{
  GstHarness *h = cvi_test_harness (RAW);
  GstQuery *query;
  GstCaps *caps = gst_caps_from_string (RAW);
  GstCaps *sink_caps = gst_caps_from_string ("video/x-raw,width=16");
  GstCaps *got;

  gst_harness_set_upstream_latency (h, 123 * GST_MSECOND);
  fail_unless_equals_uint64 (gst_harness_query_latency (h), 123 * GST_MSECOND);

  gst_harness_add_propose_allocation_meta (
      h, GST_PROTECTION_META_API_TYPE, NULL);
  query = gst_query_new_allocation (caps, FALSE);
  fail_unless (gst_pad_peer_query (h->srcpad, query));
  fail_unless (gst_query_find_allocation_meta (
      query, GST_PROTECTION_META_API_TYPE, NULL));
  gst_query_unref (query);

  gst_harness_set_sink_caps (h, gst_caps_ref (sink_caps));
  got = gst_pad_peer_query_caps (h->srcpad, NULL);
  fail_unless (gst_caps_is_equal (got, sink_caps));
  gst_caps_unref (got);

  gst_caps_unref (caps);
  gst_caps_unref (sink_caps);
  cvi_test_harness_free (h);
}
GST_END_TEST

/* Downstream's refusal gets back to upstream. */
GST_START_TEST (test_flow_returns_pass)
{
  GstHarness *h = cvi_test_harness (RAW);

  gst_pad_set_active (h->sinkpad, FALSE);
  fail_unless_equals_int (cvi_test_push (h, 0, 1, 0), GST_FLOW_FLUSHING);
  cvi_test_harness_free (h);
}
GST_END_TEST

/* Fails unless the bytes at @offset come out as they are in @data. */
static void
pull_and_compare (GstPad *sink, const guint8 *data, guint64 offset, guint size,
    GstBuffer *given)
{
  GstBuffer *buffer = given;
  GstMapInfo map;

  fail_unless_equals_int (
      gst_pad_pull_range (sink, offset, size, &buffer), GST_FLOW_OK);
  fail_unless (!given || buffer == given);
  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  fail_unless_equals_int (map.size, size);
  fail_unless (memcmp (map.data, data + offset, size) == 0);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
}

GST_START_TEST (test_pull_mode)
{
  g_autofree char *path = NULL;
  g_autofree guint8 *data = g_malloc (50000);
  g_autoptr (GError) error = NULL;
  GstElement *source = gst_element_factory_make ("filesrc", NULL);
  GstElement *check = gst_element_factory_make ("cvicheck", NULL);
  GstPad *sink = gst_pad_new ("sink", GST_PAD_SINK);
  GstPad *check_src = gst_element_get_static_pad (check, "src");
  GstBuffer *buffer = NULL;
  int fd;

  for (guint i = 0; i < 50000; i++)
    data[i] = i * 7 % 251;
  fd = g_file_open_tmp ("cvi-pull-XXXXXX", &path, &error);
  g_assert_no_error (error);
  fail_unless (g_file_set_contents (path, (char *)data, 50000, &error));
  g_object_set (source, "location", path, NULL);
  fail_unless (gst_element_link (source, check));
  fail_unless_equals_int (gst_pad_link (check_src, sink), GST_PAD_LINK_OK);
  gst_element_set_state (source, GST_STATE_READY);
  gst_element_set_state (check, GST_STATE_READY);

  fail_unless (gst_pad_activate_mode (sink, GST_PAD_MODE_PULL, TRUE));
  fail_unless_equals_int (GST_PAD_MODE (check_src), GST_PAD_MODE_PULL);
  pull_and_compare (sink, data, 40000, 1000, NULL);
  pull_and_compare (sink, data, 10, 4096, NULL);
  pull_and_compare (
      sink, data, 333, 50, gst_buffer_new_allocate (NULL, 50, NULL));
  fail_unless_equals_int (
      gst_pad_pull_range (sink, 60000, 10, &buffer), GST_FLOW_EOS);
  fail_unless_equals_uint64 (cvi_test_stat (check, "bytes"), 5146);
  fail_unless (gst_pad_activate_mode (sink, GST_PAD_MODE_PULL, FALSE));

  gst_element_set_state (source, GST_STATE_NULL);
  gst_element_set_state (check, GST_STATE_NULL);
  gst_object_unref (check_src);
  gst_object_unref (sink);
  gst_object_unref (check);
  gst_object_unref (source);
  g_unlink (path);
  g_close (fd, NULL);
}
GST_END_TEST

static Suite *
passthrough_suite (void)
{
  Suite *suite = suite_create ("passthrough");
  TCase *tcase = tcase_create ("general");

  cvi_test_register ();
  tcase_add_test (tcase, test_buffer_is_the_same);
  tcase_add_test (tcase, test_list_is_the_same);
  tcase_add_test (tcase, test_events_are_the_same);
  tcase_add_test (tcase, test_queries_pass);
  tcase_add_test (tcase, test_flow_returns_pass);
  tcase_add_test (tcase, test_pull_mode);
  suite_add_tcase (suite, tcase);
  return suite;
}

GST_CHECK_MAIN (passthrough)
