/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The clips that other tests take for healthy decode to the end.
 */
#include "tests/media/media-clips.h"

#include <gst/gst.h>
#include <string.h>

#define CLIP_TIMEOUT (120 * GST_SECOND)

/* Written in streaming threads, read after the pipeline has stopped. */
typedef struct {
  GstElement *pipeline;
  gint video_frames;
  gint streams;
} Decode;

static GstPadProbeReturn
count_frame (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  g_atomic_int_inc ((gint *)user_data);
  return GST_PAD_PROBE_OK;
}

static void
on_pad_added (GstElement *decoder, GstPad *pad, Decode *decode)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) sink_pad = gst_element_get_static_pad (sink, "sink");
  g_autoptr (GstCaps) caps = gst_pad_query_caps (pad, NULL);
  const char *type = gst_structure_get_name (gst_caps_get_structure (caps, 0));

  g_atomic_int_inc (&decode->streams);
  if (g_str_has_prefix (type, "video/"))
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count_frame,
        &decode->video_frames, NULL);
  gst_bin_add (GST_BIN (decode->pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  g_assert_cmpint (gst_pad_link (pad, sink_pad), ==, GST_PAD_LINK_OK);
}

static void
decode_file (const char *path, Decode *decode)
{
  g_autofree char *uri = gst_filename_to_uri (path, NULL);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  GstElement *decoder = gst_element_factory_make ("uridecodebin", NULL);

  g_assert_nonnull (decoder);
  decode->pipeline = gst_pipeline_new (NULL);
  g_object_set (decoder, "uri", uri, NULL);
  g_signal_connect (decoder, "pad-added", G_CALLBACK (on_pad_added), decode);
  gst_bin_add (GST_BIN (decode->pipeline), decoder);
  bus = gst_element_get_bus (decode->pipeline);
  gst_element_set_state (decode->pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, CLIP_TIMEOUT, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (decode->pipeline, GST_STATE_NULL);
  g_assert_nonnull (message);
  g_assert_cmpstr (GST_MESSAGE_TYPE_NAME (message), ==, "eos");
  gst_clear_object (&decode->pipeline);
}

static int
expected_frames (const MediaClip *clip)
{
  gboolean thinned =
      clip->video && strstr (clip->video, MEDIA_CLIP_THINNED) != NULL;
  int frames = 0;

  for (guint i = 0; i < clip->frames; i++)
    frames += !thinned || media_clip_keeps_frame (i);
  return frames;
}

static void
test_clip (gconstpointer user_data)
{
  const MediaClip *clip = user_data;
  g_autofree char *path =
      g_build_filename (g_getenv ("CVI_MEDIA"), clip->name, NULL);
  Decode decode = { NULL, 0, 0 };

  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
  decode_file (path, &decode);
  g_assert_cmpint (decode.streams, ==,
      (clip->video != NULL) + (clip->audio != NULL) + (clip->audio2 != NULL));
  g_assert_cmpint (decode.video_frames, ==, expected_frames (clip));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_set_nonfatal_assertions ();
  gst_init (&argc, &argv);
  g_assert_nonnull (g_getenv ("CVI_MEDIA"));
  for (const MediaClip *clip = media_clips; clip->name; clip++) {
    g_autofree char *name = g_strdup_printf ("/media/clips/%s", clip->name);

    g_test_add_data_func (name, clip, test_clip);
  }
  return g_test_run ();
}
