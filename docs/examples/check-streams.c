/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* check-streams FILE: decodes a file, prints what a cvicheck behind each
 * decoder finds, and exits 1 if a stream is corrupt.
 *
 * cc check-streams.c -o check-streams \
 *   $(pkg-config --cflags --libs gstreamer-1.0)
 */
#include <gst/gst.h>

static void
on_pad_added (GstElement *decodebin, GstPad *pad, gpointer user_data)
{
  GstBin *pipeline = user_data;
  GstElement *queue = gst_element_factory_make ("queue", NULL);
  GstElement *check = gst_element_factory_make ("cvicheck", NULL);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  GstPad *sinkpad = gst_element_get_static_pad (queue, "sink");

  /* Damaged video seldom makes a decoder post a message: its log tells. */
  g_object_set (check, "watch-log", TRUE, NULL);
  gst_bin_add_many (pipeline, queue, check, sink, NULL);
  gst_element_link_many (queue, check, sink, NULL);
  gst_element_sync_state_with_parent (sink);
  gst_element_sync_state_with_parent (check);
  gst_element_sync_state_with_parent (queue);
  gst_pad_link (pad, sinkpad);
  gst_object_unref (sinkpad);
}

static void
print_finding (const GstStructure *finding)
{
  guint64 start = GST_CLOCK_TIME_NONE;

  gst_structure_get_uint64 (finding, "start-ns", &start);
  g_print ("%" GST_TIME_FORMAT " %s: %s\n", GST_TIME_ARGS (start),
      gst_structure_get_string (finding, "rule"),
      gst_structure_get_string (finding, "message"));
}

/* Returns: whether the pipeline has ended */
static gboolean
handle_message (GstMessage *message, gboolean *corrupt)
{
  const GstStructure *structure = gst_message_get_structure (message);

  if (gst_message_has_name (message, "cvicheck-finding"))
    print_finding (structure);
  else if (gst_message_has_name (message, "cvicheck-summary") &&
           g_strcmp0 (
               gst_structure_get_string (structure, "verdict"), "corrupt") == 0)
    *corrupt = TRUE;
  /* A file that cannot be read to its end is no healthy one. */
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    *corrupt = TRUE;
  return GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR ||
         GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
}

int
main (int argc, char **argv)
{
  GstElement *pipeline, *source, *decodebin;
  gboolean corrupt = FALSE, ended = FALSE;
  GstMessage *message;

  gst_init (&argc, &argv);
  if (argc != 2) {
    g_printerr ("usage: check-streams FILE\n");
    return 2;
  }
  pipeline = gst_pipeline_new (NULL);
  source = gst_element_factory_make ("filesrc", NULL);
  decodebin = gst_element_factory_make ("decodebin", NULL);
  g_object_set (source, "location", argv[1], NULL);
  gst_bin_add_many (GST_BIN (pipeline), source, decodebin, NULL);
  gst_element_link (source, decodebin);
  g_signal_connect (
      decodebin, "pad-added", G_CALLBACK (on_pad_added), pipeline);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!ended) {
    message =
        gst_bus_timed_pop (GST_ELEMENT_BUS (pipeline), GST_CLOCK_TIME_NONE);
    ended = handle_message (message, &corrupt);
    gst_message_unref (message);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return corrupt ? 1 : 0;
}
