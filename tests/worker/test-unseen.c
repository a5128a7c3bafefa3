/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Where pictures are looked at they are right; where they are not, the work for
 * them is not done. */
#include <string.h>
#include <gst/gst.h>

#include "tools/codec/cvi-h265.h"
#include "tools/worker/cvi-unseen.h"

#define SOURCE                                                                 \
  "videotestsrc num-buffers=30 pattern=ball ! "                                \
  "video/x-raw,format=I420,width=320,height=240"
#define X264 SOURCE " ! x264enc threads=1 speed-preset=superfast "
#define H264 X264 "bitrate=60 ! avdec_h264 max-threads=1"
#define H264_LOSSLESS X264 "pass=quant quantizer=0 ! avdec_h264 max-threads=1"
#define H265                                                                   \
  SOURCE " ! x265enc speed-preset=superfast bitrate=60 "                       \
         "option-string=pools=1:frame-threads=1:log-level=error%s ! "          \
         "video/x-h265,stream-format=byte-stream,alignment=au ! h265parse ! "  \
         "avdec_h265 name=decoder max-threads=1"
#define MPEG2                                                                  \
  SOURCE " ! mpeg2enc format=3 bitrate=300 ! mpegvideoparse ! "                \
         "avdec_mpeg2video max-threads=1"
#define MPEG4                                                                  \
  SOURCE " ! avenc_mpeg4 bitrate=100000 ! mpeg4videoparse ! "                  \
         "avdec_mpeg4 max-threads=1"

#define VP9                                                                    \
  SOURCE " ! vp9enc deadline=1 cpu-used=8 target-bitrate=60000 ! "             \
         "vp9dec threads=1"

#define PATTERN 0x5a

typedef struct {
  gboolean then; /* unseen, from the first picture on */
  GPtrArray *checksums;
  guint n_untouched;
} Pictures;

static gboolean
is_untouched (const guint8 *data, gsize size)
{
  for (gsize i = 0; i < size; i++) {
    if (data[i] != PATTERN)
      return FALSE;
  }
  return TRUE;
}

/* Leaves a pattern in the memory, which comes back with a later picture. */
static void
on_handoff (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  Pictures *pictures = data;
  GstMapInfo map;

  cvi_unseen_set (pictures->then);
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_ptr_array_add (pictures->checksums,
      g_compute_checksum_for_data (G_CHECKSUM_MD5, map.data, map.size));
  pictures->n_untouched += is_untouched (map.data, map.size);
  memset (map.data, PATTERN, map.size);
  gst_buffer_unmap (buffer, &map);
}

typedef struct {
  CviH265Check *check; /* (nullable): until there are packets */
  gboolean ignore;     /* checksums */
  guint n_mismatches;
} Hashes;

/* As the packet check does. */
static GstPadProbeReturn
on_packet (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  Hashes *hashes = data;
  const char *fault;
  GstMapInfo map;

  if (!hashes->check) {
    g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

    hashes->check = cvi_h265_check_new (caps);
  }
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_assert_true (
      cvi_h265_check_packet (hashes->check, map.data, map.size, &fault));
  gst_buffer_unmap (buffer, &map);
  cvi_unseen_next_h265 (
      cvi_h265_check_has_hashes (hashes->check) && !hashes->ignore);
  return GST_PAD_PROBE_OK;
}

static void
add_probe (GstBin *pipeline, Hashes *hashes)
{
  g_autoptr (GstElement) decoder = gst_bin_get_by_name (pipeline, "decoder");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (decoder, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_packet, hashes, NULL);
}

/* @first: unseen, when the decoder is opened; @hashes: (nullable): of H.265 */
static void
decode (const char *launch, gboolean first, Pictures *pictures, Hashes *hashes)
{
  g_autofree char *text = g_strdup_printf (
      "%s ! fakesink name=sink signal-handoffs=true sync=false", launch);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) end = NULL;

  g_assert_no_error (error);
  pictures->checksums = g_ptr_array_new_with_free_func (g_free);
  pictures->n_untouched = 0;
  cvi_unseen_set (first);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_signal_connect (sink, "handoff", G_CALLBACK (on_handoff), pictures);
  if (hashes)
    add_probe (GST_BIN (pipeline), hashes);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  end = gst_bus_timed_pop_filtered (
      bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (end);
  g_assert_cmpint (GST_MESSAGE_TYPE (end), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  cvi_unseen_set (FALSE);
  g_assert_cmpuint (pictures->checksums->len, ==, 30);
}

/* Returns: how many pictures differ from those of a decoder that was opened to
 * be looked at */
static guint
count_changed (const char *launch)
{
  Pictures seen = { .then = FALSE }, spared = { .then = FALSE };
  guint n = 0;

  decode (launch, FALSE, &seen, NULL);
  decode (launch, TRUE, &spared, NULL);
  /* The first one was decoded unseen. */
  for (guint i = 1; i < seen.checksums->len; i++)
    n += strcmp (seen.checksums->pdata[i], spared.checksums->pdata[i]) != 0;
  g_ptr_array_unref (seen.checksums);
  g_ptr_array_unref (spared.checksums);
  return n;
}

static void
test_seen (void)
{
  Pictures source = { .then = FALSE }, decoded = { .then = FALSE };

  decode (SOURCE, FALSE, &source, NULL);
  decode (H264_LOSSLESS, FALSE, &decoded, NULL);
  for (guint i = 0; i < source.checksums->len; i++)
    g_assert_cmpstr (
        source.checksums->pdata[i], ==, decoded.checksums->pdata[i]);
  g_assert_cmpuint (decoded.n_untouched, ==, 0);
  g_ptr_array_unref (source.checksums);
  g_ptr_array_unref (decoded.checksums);
}

/* Buffers are used again after a few pictures. */
static void
test_not_copied (void)
{
  Pictures pictures = { .then = TRUE };

  decode (H264, TRUE, &pictures, NULL);
  g_assert_cmpuint (pictures.n_untouched, >=, 15);
  g_ptr_array_unref (pictures.checksums);
}

static void
test_spared (void)
{
  g_assert_cmpuint (count_changed (H264), >, 15);
  g_assert_cmpuint (count_changed (MPEG2), >, 15);
  g_assert_cmpuint (count_changed (MPEG4), >, 15);
  g_assert_cmpuint (count_changed (VP9), >, 15);
}

static void
on_log (GstDebugCategory *category, GstDebugLevel level, const char *file,
    const char *function, gint line, GObject *object, GstDebugMessage *message,
    gpointer data)
{
  Hashes *hashes = data;
  const char *text = gst_debug_message_get (message);

  if (strcmp (gst_debug_category_get_name (category), "libav") == 0 && text)
    hashes->n_mismatches += strstr (text, "mismatching checksum") != NULL;
}

/* @options: of the encoder */
static void
decode_h265 (
    const char *options, gboolean first, Pictures *pictures, Hashes *hashes)
{
  g_autofree char *launch = g_strdup_printf (H265, options);

  hashes->check = NULL;
  hashes->n_mismatches = 0;
  gst_debug_add_log_function (on_log, hashes, NULL);
  decode (launch, first, pictures, hashes);
  gst_debug_remove_log_function_by_data (hashes);
  cvi_h265_check_free (hashes->check);
}

static void
test_h265 (void)
{
  Pictures seen = { .then = FALSE }, spared = { .then = TRUE };
  Hashes hashes = { .ignore = FALSE };

  decode_h265 ("", FALSE, &seen, &hashes);
  decode_h265 ("", TRUE, &spared, &hashes);
  g_assert_cmpuint (hashes.n_mismatches, ==, 0);
  g_assert_cmpuint (spared.n_untouched, >=, 15);
  g_ptr_array_unref (seen.checksums);
  g_ptr_array_unref (spared.checksums);
}

/* libav compares pictures with their checksums, so that they must be right. */
static void
test_h265_hashes (void)
{
  Pictures pictures = { .then = TRUE };
  Hashes hashes = { .ignore = FALSE };

  gst_debug_set_threshold_for_name ("libav", GST_LEVEL_ERROR);
  gst_debug_remove_log_function (gst_debug_log_default);
  decode_h265 (":hash=1", TRUE, &pictures, &hashes);
  g_assert_cmpuint (hashes.n_mismatches, ==, 0);
  g_ptr_array_unref (pictures.checksums);

  hashes.ignore = TRUE;
  decode_h265 (":hash=1", TRUE, &pictures, &hashes);
  g_assert_cmpuint (hashes.n_mismatches, >, 0);
  g_ptr_array_unref (pictures.checksums);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/unseen/seen", test_seen);
  g_test_add_func ("/unseen/not-copied", test_not_copied);
  g_test_add_func ("/unseen/spared", test_spared);
  g_test_add_func ("/unseen/h265", test_h265);
  g_test_add_func ("/unseen/h265-hashes", test_h265_hashes);
  return g_test_run ();
}
