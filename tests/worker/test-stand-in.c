/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What is behind the decoder sees the same frames, whether pictures that no
 * other needs were decoded or not. */
#include <string.h>
#include <gst/gst.h>

#include "tools/worker/cvi-packet-probe.h"
#include "tools/worker/cvi-stand-in.h"

#define N_FRAMES 90
#define SOURCE                                                                 \
  "videotestsrc num-buffers=90 pattern=ball ! "                                \
  "video/x-raw,format=I420,width=160,height=120,framerate=30/1"
#define X264 "x264enc threads=1 speed-preset=veryfast key-int-max=30 "
#define AVC "video/x-h264,stream-format=avc,alignment=au"
#define BYTES "video/x-h264,stream-format=byte-stream,alignment=au"
#define H264                                                                   \
  " ! identity name=head ! h264parse ! avdec_h264 name=decoder max-threads=1"
#define X265(options)                                                          \
  "x265enc speed-preset=superfast "                                            \
  "option-string=pools=1:frame-threads=1:log-level=error" options              \
  " ! identity name=head ! h265parse ! avdec_h265 name=decoder max-threads=1"
#define PRORES                                                                 \
  SOURCE " ! videoconvert ! avenc_prores_ks ! identity name=head ! "           \
         "avdec_prores name=decoder max-threads=1"

typedef struct {
  const char *launch;
  guint harm; /* this packet, 0: none */
  gboolean spare;
  CviPacketProbe *probe;
  CviStandIn *stand_in;
  guint n_packets;
  guint64 n_spared;
  guint n_empty;
  guint n_findings;
  GArray *times; /* guint64: PTS and duration of each frame */
} Run;

static void
on_finding (CviFinding *finding, gpointer user_data)
{
  Run *run = user_data;

  run->n_findings++;
  cvi_finding_free (finding);
}

/* Flips bits in the middle of a packet, in front of all that looks at it. */
static GstPadProbeReturn
on_head (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Run *run = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstMapInfo map;

  if (++run->n_packets != run->harm)
    return GST_PAD_PROBE_OK;
  buffer = gst_buffer_make_writable (buffer);
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READWRITE));
  for (gsize i = map.size / 2; i < map.size; i++)
    map.data[i] ^= 0x55;
  gst_buffer_unmap (buffer, &map);
  return GST_PAD_PROBE_OK;
}

/* On the stream's first caps, as the worker does once a chain is plugged. */
static GstPadProbeReturn
on_caps (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Run *run = user_data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  g_autoptr (GstElement) head = gst_pad_get_parent_element (pad);
  g_autoptr (GstObject) pipeline = gst_object_get_parent (GST_OBJECT (head));
  g_autoptr (GstElement) decoder =
      gst_bin_get_by_name (GST_BIN (pipeline), "decoder");
  g_autoptr (GstPad) parsed = gst_element_get_static_pad (decoder, "sink");
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS || run->probe)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  run->probe = cvi_packet_probe_new (
      caps, pad, parsed, FALSE, FALSE, "video/0", on_finding, run);
  g_assert_nonnull (run->probe);
  if (run->spare)
    run->stand_in =
        cvi_stand_in_new (cvi_packet_probe_get_check (run->probe), decoder);
  return GST_PAD_PROBE_OK;
}

static void
on_frame (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer user_data)
{
  Run *run = user_data;

  g_array_append_val (run->times, GST_BUFFER_PTS (buffer));
  g_array_append_val (run->times, GST_BUFFER_DURATION (buffer));
  run->n_empty += gst_buffer_get_size (buffer) == 0;
}

static void
watch (Run *run, GstBin *pipeline)
{
  g_autoptr (GstElement) head = gst_bin_get_by_name (pipeline, "head");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (pipeline, "sink");
  g_autoptr (GstPad) into = gst_element_get_static_pad (head, "sink");
  g_autoptr (GstPad) out = gst_element_get_static_pad (head, "src");

  gst_pad_add_probe (into, GST_PAD_PROBE_TYPE_BUFFER, on_head, run, NULL);
  gst_pad_add_probe (
      out, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_caps, run, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (on_frame), run);
}

static void
play (Run *run)
{
  g_autofree char *text = g_strdup_printf (
      "%s ! fakesink name=sink signal-handoffs=true sync=false", run->launch);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) end = NULL;

  g_assert_no_error (error);
  run->times = g_array_new (FALSE, FALSE, sizeof (guint64));
  watch (run, GST_BIN (pipeline));
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  end = gst_bus_timed_pop_filtered (
      bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (end);
  g_assert_cmpint (GST_MESSAGE_TYPE (end), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (run->stand_in) {
    run->n_spared = cvi_stand_in_get_n_spared (run->stand_in);
    cvi_stand_in_free (run->stand_in);
  }
  cvi_packet_probe_free (run->probe);
}

static void
run_clear (Run *run)
{
  g_array_unref (run->times);
}

/* Returns: how many packets of @launch's were spared */
static guint64
compare (const char *launch)
{
  Run all = { .launch = launch };
  Run some = { .launch = launch, .spare = TRUE };

  play (&all);
  play (&some);
  g_assert_cmpuint (all.times->len, ==, 2 * N_FRAMES);
  g_assert_cmpuint (some.times->len, ==, 2 * N_FRAMES);
  g_assert_cmpmem (all.times->data, all.times->len * sizeof (guint64),
      some.times->data, some.times->len * sizeof (guint64));
  g_assert_cmpuint (all.n_empty, ==, 0);
  g_assert_cmpuint (some.n_empty, ==, some.n_spared);
  g_assert_cmpuint (all.n_findings + some.n_findings, ==, 0);
  run_clear (&all);
  run_clear (&some);
  return some.n_spared;
}

/* A third of the pictures of a pyramid of three, and half of B pictures that
 * stand alone between P pictures, are those to which nothing refers. */
static void
test_h264 (void)
{
  g_assert_cmpuint (compare (SOURCE " ! " X264 "bframes=3 b-adapt=false "
                                    "b-pyramid=true ! " AVC H264),
      >, N_FRAMES / 4);
  g_assert_cmpuint (
      compare (SOURCE " ! " X264 "bframes=1 b-adapt=false ! " AVC H264), >,
      N_FRAMES / 4);
  g_assert_cmpuint (
      compare (SOURCE " ! " X264 "bframes=2 b-adapt=false ! " BYTES H264), >,
      N_FRAMES / 4);
}

static void
test_h264_all_needed (void)
{
  g_assert_cmpuint (compare (SOURCE " ! " X264 "bframes=0 ! " AVC H264), ==, 0);
  /* Fields may differ in whether they are needed. */
  g_assert_cmpuint (
      compare (SOURCE " ! capssetter caps=video/x-raw,"
                      "interlace-mode=interleaved ! " X264
                      "interlaced=true bframes=3 b-adapt=false ! " AVC H264),
      ==, 0);
}

static void
test_h265 (void)
{
  g_assert_cmpuint (
      compare (SOURCE " ! " X265 (":bframes=3:b-adapt=0:keyint=30")), >, 8);
  g_assert_cmpuint (compare (SOURCE " ! " X265 (":bframes=0")), ==, 0);
  /* A decoder compares each picture with its checksum. */
  g_assert_cmpuint (
      compare (SOURCE " ! " X265 (":bframes=3:b-adapt=0:hash=1")), ==, 0);
}

/* One in eight is decoded, and the first. */
static void
test_prores (void)
{
  guint64 n = compare (PRORES);

  g_assert_cmpuint (n, >, N_FRAMES / 2);
  g_assert_cmpuint (n, <=, N_FRAMES - N_FRAMES / 8);
}

/* What has not passed is decoded. */
static void
test_harmed (const char *launch, guint from)
{
  for (guint i = from; i < from + 4; i++) {
    Run whole = { .launch = launch, .spare = TRUE };
    Run harmed = { .launch = launch, .spare = TRUE, .harm = i };

    play (&whole);
    play (&harmed);
    g_assert_cmpuint (whole.n_findings, ==, 0);
    g_assert_cmpuint (harmed.n_findings, >=, 1);
    g_assert_cmpuint (harmed.n_spared, <=, whole.n_spared);
    run_clear (&whole);
    run_clear (&harmed);
  }
}

static void
test_h264_harmed (void)
{
  test_harmed (SOURCE " ! " X264
                      "bframes=3 b-adapt=false b-pyramid=true ! " AVC H264,
      60);
}

static void
test_prores_harmed (void)
{
  test_harmed (PRORES, 60);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stand-in/h264", test_h264);
  g_test_add_func ("/stand-in/h264/all-needed", test_h264_all_needed);
  g_test_add_func ("/stand-in/h264/harmed", test_h264_harmed);
  g_test_add_func ("/stand-in/h265", test_h265);
  g_test_add_func ("/stand-in/prores", test_prores);
  g_test_add_func ("/stand-in/prores/harmed", test_prores_harmed);
  return g_test_run ();
}
