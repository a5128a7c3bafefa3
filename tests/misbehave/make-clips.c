/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* make-clips FOLDER MARK...: for each mark ("a:segv") a short Motion JPEG clip
 * a-segv.avi whose pictures carry it in a comment; sound JPEG whatever decodes
 * it. The mark "" makes none.avi, without. */
#include <stdlib.h>
#include <string.h>
#include <gst/gst.h>

#include "tests/misbehave/cvi-misbehave.h"

/* Puts a COM segment (ITU-T T.81, B.2.4.5) behind SOI. */
static GstPadProbeReturn
add_comment (GstPad *pad, GstPadProbeInfo *info, gpointer mark)
{
  GstBuffer *picture = GST_PAD_PROBE_INFO_BUFFER (info);
  g_autofree char *text = g_strconcat (MISBEHAVE_MARK, mark, NULL);
  gsize len = strlen (text) + 1;
  guint8 head[4] = { 0xff, 0xfe, 0, (guint8)(len + 2) };
  GstBuffer *whole =
      gst_buffer_copy_region (picture, GST_BUFFER_COPY_ALL, 0, 2);

  gst_buffer_append (whole, gst_buffer_new_memdup (head, sizeof head));
  gst_buffer_append (whole, gst_buffer_new_memdup (text, len));
  gst_buffer_append (whole,
      gst_buffer_copy_region (picture, GST_BUFFER_COPY_MEMORY, 2, (gsize)-1));
  gst_buffer_unref (picture);
  GST_PAD_PROBE_INFO_DATA (info) = whole;
  return GST_PAD_PROBE_OK;
}

static gboolean
make_clip (const char *folder, const char *mark)
{
  g_autofree char *name = g_strdelimit (
      g_strconcat (*mark ? mark : "none", ".avi", NULL), ":", '-');
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "videotestsrc num-buffers=20 ! "
      "video/x-raw,format=I420,width=64,height=48,framerate=20/1 ! "
      "jpegenc name=encoder ! avimux ! filesink name=sink",
      &error);
  g_autoptr (GstElement) encoder = NULL;
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) end = NULL;

  if (!pipeline) {
    g_printerr ("%s\n", error->message);
    return FALSE;
  }
  encoder = gst_bin_get_by_name (GST_BIN (pipeline), "encoder");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_object_set (sink, "location", path, NULL);
  pad = gst_element_get_static_pad (encoder, "src");
  if (*mark)
    gst_pad_add_probe (
        pad, GST_PAD_PROBE_TYPE_BUFFER, add_comment, (gpointer)mark, NULL);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  end = gst_bus_timed_pop_filtered (
      bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return GST_MESSAGE_TYPE (end) == GST_MESSAGE_EOS;
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  if (argc < 3) {
    g_printerr ("usage: make-clips FOLDER MARK...\n");
    return 2;
  }
  for (int i = 2; i < argc; i++) {
    if (strlen (argv[i]) >= MISBEHAVE_MAX || !make_clip (argv[1], argv[i])) {
      g_printerr ("make-clips: cannot make %s\n", argv[i]);
      return EXIT_FAILURE;
    }
  }
  return EXIT_SUCCESS;
}
