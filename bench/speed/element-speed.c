/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * element-speed PLUGIN BUFFERS ROUNDS: the time that elements take for a
 * buffer. Pushes buffers from a pad of its own through an element to fakesink,
 * and prints a line of JSON for each kind of buffers, element and round:
 * nanoseconds of this thread's CPU time for a buffer. That is what can be
 * measured on a machine that does other things as well.
 */
#include <gst/gst.h>
#include <time.h>

typedef struct {
  const char *name;
  const char *caps;
  gsize size;
  GstClockTime duration;
  guint key_every; /* buffers from one that is no delta unit to the next */
} Kind;

static const Kind kinds[] = {
  { "raw video",
      "video/x-raw, format=I420, width=320, height=180, framerate=25/1, "
      "interlace-mode=progressive, pixel-aspect-ratio=1/1",
      320 * 180 * 3 / 2, 40 * GST_MSECOND, 1 },
  { "raw audio",
      "audio/x-raw, format=S16LE, layout=interleaved, rate=48000, channels=2",
      960 * 4, 20 * GST_MSECOND, 1 },
  { "encoded video",
      "video/x-h264, stream-format=byte-stream, alignment=au, width=320, "
      "height=180, framerate=25/1",
      4000, 40 * GST_MSECOND, 50 },
  { "encoded audio",
      "audio/mpeg, mpegversion=4, stream-format=raw, framed=true, rate=48000, "
      "channels=2, codec_data=1190",
      400, GST_SECOND / 50, 1 },
};

/* NULL: the pad leads into fakesink itself. */
static const char *const elements[] = { NULL, "identity", "cvicheck" };

static gint64
thread_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

static GstElement *
make (const char *factory)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  if (!element)
    g_error ("no element %s", factory);
  return element;
}

/* Adds the element and fakesink to @bin. Returns: (transfer full): where to
 * push into */
static GstPad *
fill (GstBin *bin, const char *name)
{
  GstElement *sink = make ("fakesink");
  GstElement *element = sink;

  g_object_set (
      sink, "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, NULL);
  gst_bin_add (bin, sink);
  if (name) {
    element = make (name);
    if (g_str_equal (name, "identity"))
      g_object_set (element, "silent", TRUE, NULL);
    gst_bin_add (bin, element);
    if (!gst_element_link (element, sink))
      g_error ("cannot link %s", name);
  }
  return gst_element_get_static_pad (element, "sink");
}

static void
push_head (GstPad *pad, const Kind *kind)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (kind->caps);
  GstSegment segment;

  g_assert_nonnull (caps);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (pad, gst_event_new_stream_start ("stream"));
  if (!gst_pad_push_event (pad, gst_event_new_caps (caps)))
    g_error ("caps refused: %s", kind->caps);
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
}

/* Returns: nanoseconds a buffer, with making it */
static double
push_buffers (GstPad *pad, const Kind *kind, guint n)
{
  GstMemory *memory = gst_allocator_alloc (NULL, kind->size, NULL);
  gint64 began = thread_time ();
  double taken;

  for (guint i = 0; i < n; i++) {
    GstBuffer *buffer = gst_buffer_new ();

    gst_buffer_append_memory (buffer, gst_memory_ref (memory));
    GST_BUFFER_PTS (buffer) = i * kind->duration;
    GST_BUFFER_DTS (buffer) = GST_BUFFER_PTS (buffer);
    GST_BUFFER_DURATION (buffer) = kind->duration;
    if (i % kind->key_every)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    if (gst_pad_push (pad, buffer) != GST_FLOW_OK)
      g_error ("buffer %u of %s refused", i, kind->name);
  }
  taken = (double)(thread_time () - began) / n;
  gst_memory_unref (memory);
  return taken;
}

static double
measure (const Kind *kind, const char *name, guint n)
{
  g_autoptr (GstElement) pipeline = gst_pipeline_new (NULL);
  g_autoptr (GstPad) into = fill (GST_BIN (pipeline), name);
  g_autoptr (GstPad) pad = gst_pad_new ("src", GST_PAD_SRC);
  double taken;

  gst_object_ref_sink (pad);
  gst_pad_set_active (pad, TRUE);
  /* The pad has no parent to share with the element. */
  if (gst_pad_link_full (pad, into, GST_PAD_LINK_CHECK_NOTHING) !=
      GST_PAD_LINK_OK)
    g_error ("cannot link into %s", name ? name : "fakesink");
  if (gst_element_set_state (pipeline, GST_STATE_PLAYING) !=
      GST_STATE_CHANGE_SUCCESS)
    g_error ("cannot start %s", name ? name : "fakesink");
  push_head (pad, kind);
  taken = push_buffers (pad, kind, n);
  gst_pad_push_event (pad, gst_event_new_eos ());
  gst_pad_set_active (pad, FALSE);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return taken;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstPlugin) plugin = NULL;
  guint64 n, rounds;

  gst_init (&argc, &argv);
  if (argc != 4 ||
      !g_ascii_string_to_unsigned (argv[2], 10, 1, G_MAXINT, &n, NULL) ||
      !g_ascii_string_to_unsigned (argv[3], 10, 1, G_MAXINT, &rounds, NULL)) {
    g_printerr ("usage: element-speed PLUGIN BUFFERS ROUNDS\n");
    return 2;
  }
  plugin = gst_plugin_load_file (argv[1], &error);
  if (!plugin)
    g_error ("%s", error->message);
  for (guint64 round = 0; round < rounds; round++) {
    for (guint k = 0; k < G_N_ELEMENTS (kinds); k++) {
      for (guint e = 0; e < G_N_ELEMENTS (elements); e++) {
        /* Each round begins with another one. */
        guint at = (guint)((e + round) % G_N_ELEMENTS (elements));
        const char *name = elements[at];

        g_print ("{\"kind\": \"%s\", \"element\": \"%s\", \"ns\": %.2f}\n",
            kinds[k].name, name ? name : "nothing",
            measure (&kinds[k], name, (guint)n));
      }
    }
  }
  return 0;
}
