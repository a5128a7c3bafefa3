/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* The worker's own AV1 decoder against GStreamer's: the same pictures, and of
 * damage it tells as often. */
#include <string.h>
#include <gst/check/gstharness.h>
#include <gst/gst.h>
#include <gst/video/video.h>

#include "tests/worker/packets.h"
#include "tools/codec/cvi-obu.h"
#include "tools/worker/cvi-dav1d.h"
#include "tools/worker/cvi-decoders.h"
#include "tools/worker/cvi-tile-ends.h"
#include "tools/worker/cvi-unseen.h"

#define CAPS "video/x-av1,stream-format=obu-stream,alignment=tu"
#define LAUNCH                                                                 \
  "videotestsrc num-buffers=%u pattern=ball ! "                                \
  "video/x-raw,format=%s,width=%u,height=%u ! "                                \
  "av1enc threads=1 cpu-used=8 keyframe-max-dist=100 %s ! av1parse ! " CAPS
#define NOISY "target-bitrate=3000"
#define TILES "target-bitrate=3000 tile-columns=1 tile-rows=1"
#define OWN "cvidav1ddec"
#define LIBAOM "av1dec"

/* Log lines of decoders about damage. */
static guint n_faults;
static char *last_fault;

static void
on_log (GstDebugCategory *category, GstDebugLevel level, const char *file,
    const char *function, gint line, GObject *object, GstDebugMessage *message,
    gpointer data)
{
  const char *text = gst_debug_message_get (message);

  if (strcmp (gst_debug_category_get_name (category), "videodecoder") != 0 ||
      !text || !g_str_has_prefix (text, "error: "))
    return;
  n_faults++;
  g_free (last_fault);
  last_fault = g_strdup (text);
}

static GPtrArray *
encode (
    guint n, const char *format, guint width, guint height, const char *options)
{
  g_autofree char *launch =
      g_strdup_printf (LAUNCH, n, format, width, height, options);

  return make_packets (launch);
}

typedef struct {
  GPtrArray *checksums;
  GPtrArray *caps; /* as text, each one once in a row */
  gboolean own;
  guint n_faults;
  guint n_errors; /* flow */
} Decoded;

static void
clear (Decoded *decoded)
{
  g_ptr_array_unref (decoded->checksums);
  g_ptr_array_unref (decoded->caps);
}

/* Of a picture without colour, whose other planes libaom leaves as they are. */
static gboolean grey;

static void
assert_grey (const GstVideoFrame *frame)
{
  guint depth = GST_VIDEO_FRAME_COMP_DEPTH (frame, 1);

  for (guint i = 1; i < 3; i++) {
    const guint8 *data = GST_VIDEO_FRAME_COMP_DATA (frame, i);
    gint last = GST_VIDEO_FRAME_COMP_WIDTH (frame, i) - 1;

    data += (GST_VIDEO_FRAME_COMP_HEIGHT (frame, i) - 1) *
            GST_VIDEO_FRAME_COMP_STRIDE (frame, i);
    if (depth == 8)
      g_assert_cmpuint (data[last], ==, 128);
    else
      g_assert_cmpuint (GST_READ_UINT16_LE (data + 2 * last), ==, 512);
  }
}

/* Of the samples: what is between rows is undefined. */
static char *
checksum (GstBuffer *buffer, const GstCaps *caps, gboolean own)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_MD5);
  GstVideoInfo info;
  GstVideoFrame frame;

  g_assert_true (gst_video_info_from_caps (&info, caps));
  g_assert_true (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  if (grey && own)
    assert_grey (&frame);
  for (guint i = 0; i < (grey ? 1 : 3); i++) {
    const guint8 *row = GST_VIDEO_FRAME_PLANE_DATA (&frame, i);

    for (gint y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, i); y++) {
      g_checksum_update (sum, row,
          GST_VIDEO_FRAME_COMP_WIDTH (&frame, i) *
              GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, i));
      row += GST_VIDEO_FRAME_PLANE_STRIDE (&frame, i);
    }
  }
  gst_video_frame_unmap (&frame);
  return g_strdup (g_checksum_get_string (sum));
}

static void
pull (GstHarness *harness, Decoded *decoded)
{
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (harness))) {
    g_autoptr (GstCaps) caps = gst_pad_get_current_caps (harness->sinkpad);
    char *text = gst_caps_to_string (caps);
    guint n = decoded->caps->len;

    if (n > 0 && strcmp (decoded->caps->pdata[n - 1], text) == 0)
      g_free (text);
    else
      g_ptr_array_add (decoded->caps, text);
    g_ptr_array_add (decoded->checksums, checksum (buffer, caps, decoded->own));
    /* Comes back with a later picture. */
    gst_buffer_memset (buffer, 0, 0x5a, gst_buffer_get_size (buffer));
    gst_buffer_unref (buffer);
  }
}

static GstHarness *
begin (const char *decoder, Decoded *decoded)
{
  GstHarness *harness = gst_harness_new (decoder);

  gst_harness_set_src_caps_str (harness, CAPS);
  decoded->checksums = g_ptr_array_new_with_free_func (g_free);
  decoded->caps = g_ptr_array_new_with_free_func (g_free);
  decoded->own = strcmp (decoder, OWN) == 0;
  decoded->n_errors = n_faults = 0;
  return harness;
}

static void
push (GstHarness *harness, GPtrArray *packets, Decoded *decoded)
{
  for (guint i = 0; i < packets->len; i++) {
    GstBuffer *buffer =
        gst_buffer_new_wrapped_bytes (g_ptr_array_index (packets, i));

    GST_BUFFER_PTS (buffer) = i * GST_SECOND / 25;
    if (gst_harness_push (harness, buffer) != GST_FLOW_OK)
      decoded->n_errors++;
    pull (harness, decoded);
  }
  decoded->n_faults = n_faults;
}

static void
decode (const char *decoder, GPtrArray *packets, Decoded *decoded)
{
  GstHarness *harness = begin (decoder, decoded);

  push (harness, packets, decoded);
  gst_harness_teardown (harness);
}

static void
assert_same (GPtrArray *a, GPtrArray *b)
{
  g_assert_cmpuint (a->len, ==, b->len);
  for (guint i = 0; i < a->len; i++)
    g_assert_cmpstr (a->pdata[i], ==, b->pdata[i]);
}

static void
test_taken_first (void)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);
  const CviHwPolicy software = { .hw = CVI_HW_OFF };
  GList *found = cvi_find_decoders (caps, &software, NULL);

  g_assert_nonnull (found);
  g_assert_cmpstr (GST_OBJECT_NAME (found->data), ==, OWN);
  gst_plugin_feature_list_free (found);
}

/* Where this fails, AV1 is decoded by libaom, at twice the cost. */
static void
test_ends_work (void)
{
  g_assert_true (cvi_tile_ends_work ());
}

static void
test_pictures (gconstpointer format)
{
  g_autoptr (GPtrArray) packets = encode (8, format, 162, 94, "");
  Decoded own, libaom;

  decode (OWN, packets, &own);
  decode (LIBAOM, packets, &libaom);
  g_assert_cmpuint (own.n_faults + own.n_errors, ==, 0);
  g_assert_cmpuint (own.checksums->len, ==, 8);
  g_assert_cmpuint (own.caps->len, ==, 1);
  assert_same (own.checksums, libaom.checksums);
  g_assert_nonnull (strstr (own.caps->pdata[0], format));
  clear (&own);
  clear (&libaom);
}

/* Pictures of 18x18 pixels in formats that av1enc does not write: by libaom's
 * encoder, in hexadecimal. */
static const struct {
  const char *name;
  const char *format;
  const char *data;
} stills[] = {
  { "gray", "I420",
      "12000a0518112316d532141ff00c0166c4f6f5b4691324670943bffa7e75b0" },
  { "gray10le", "I420_10LE", "12000a0518112316f5320c1ff000016684124c68c4dca0" },
  { "yuv420p10le", "I420_10LE",
      "12000a0618112316e020320f1ff00004000581000470408c9066a2" },
  { "yuv422p10le", "I422_10LE",
      "12000a0658112316e04032161ff000040005816e046945fbb8c3463d07ebe0fad894" },
  { "yuv444p12le", "Y444_12LE",
      "12000a0658112316f02032121ff00c000005800004f68662270b74bde540" },
  { "gbrp", "GBR",
      "12000a0838112316d010d002323c1ff0000840058bec04c58cce49d12ed73311d84c5693"
      "df0d3b945b24b403cc7fd4b16629da5647b77fefe67bbf3b7fd023fa30f799c2ac3ab308"
      "a3ce" },
};

static GBytes *
from_hex (const char *text)
{
  gsize size = strlen (text) / 2;
  guint8 *data = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8)(g_ascii_xdigit_value (text[2 * i]) * 16 +
                       g_ascii_xdigit_value (text[2 * i + 1]));
  return g_bytes_new_take (data, size);
}

static void
test_stills (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (stills); i++) {
    g_autoptr (GPtrArray) packets =
        g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
    g_autofree char *format = g_strdup_printf ("%s,", stills[i].format);
    Decoded own, libaom;

    g_test_message ("%s", stills[i].name);
    grey = g_str_has_prefix (stills[i].name, "gray");
    g_ptr_array_add (packets, from_hex (stills[i].data));
    decode (OWN, packets, &own);
    decode (LIBAOM, packets, &libaom);
    g_assert_cmpuint (own.n_faults + own.n_errors, ==, 0);
    g_assert_cmpuint (own.checksums->len, ==, 1);
    assert_same (own.checksums, libaom.checksums);
    g_assert_nonnull (strstr (own.caps->pdata[0], format));
    clear (&own);
    clear (&libaom);
  }
  grey = FALSE;
}

static void
append (GPtrArray *packets, GPtrArray *more)
{
  for (guint i = 0; i < more->len; i++)
    g_ptr_array_add (packets, g_bytes_ref (more->pdata[i]));
}

static void
test_change_of_format (void)
{
  g_autoptr (GPtrArray) packets = encode (3, "I420", 160, 96, "");
  g_autoptr (GPtrArray) larger = encode (3, "I420", 320, 240, "");
  g_autoptr (GPtrArray) other = encode (3, "Y444", 320, 240, "");
  Decoded decoded;

  append (packets, larger);
  append (packets, other);
  decode (OWN, packets, &decoded);
  g_assert_cmpuint (decoded.n_faults + decoded.n_errors, ==, 0);
  g_assert_cmpuint (decoded.checksums->len, ==, 9);
  g_assert_cmpuint (decoded.caps->len, ==, 3);
  g_assert_nonnull (strstr (decoded.caps->pdata[1], "320"));
  g_assert_nonnull (strstr (decoded.caps->pdata[2], "Y444"));
  clear (&decoded);
}

static void
test_unseen (void)
{
  g_autoptr (GPtrArray) packets = encode (10, "I420", 320, 240, "");
  Decoded seen, unseen;

  decode (OWN, packets, &seen);
  cvi_unseen_set (TRUE);
  decode (OWN, packets, &unseen);
  cvi_unseen_set (FALSE);
  g_assert_cmpuint (unseen.n_faults + unseen.n_errors, ==, 0);
  g_assert_cmpuint (unseen.checksums->len, ==, 10);
  assert_same (unseen.caps, seen.caps);
  /* No picture was copied. */
  g_assert_cmpstr (unseen.checksums->pdata[9], ==, unseen.checksums->pdata[8]);
  g_assert_cmpstr (seen.checksums->pdata[9], !=, seen.checksums->pdata[8]);
  clear (&seen);
  clear (&unseen);
}

/* What comes before is of no meaning behind a seek. */
static void
test_flush (void)
{
  g_autoptr (GPtrArray) packets = encode (4, "I420", 160, 96, "");
  Decoded decoded;
  GstHarness *harness = begin (OWN, &decoded);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  push (harness, packets, &decoded);
  gst_harness_push_event (harness, gst_event_new_flush_start ());
  gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
  push (harness, packets, &decoded);
  g_assert_cmpuint (decoded.n_faults + decoded.n_errors, ==, 0);
  g_assert_cmpuint (decoded.checksums->len, ==, 8);
  gst_harness_teardown (harness);
  clear (&decoded);
}

/* A delta frame without what it refers to. */
static void
test_no_key_frame (void)
{
  g_autoptr (GPtrArray) packets = encode (4, "I420", 160, 96, "");
  Decoded decoded;

  g_ptr_array_remove_index (packets, 0);
  decode (OWN, packets, &decoded);
  g_assert_cmpuint (decoded.n_faults, ==, 3);
  g_assert_cmpuint (decoded.checksums->len, ==, 0);
  clear (&decoded);
}

/* Packet @n with one bit of it the other way round, in place of it. */
static void
flip (GPtrArray *packets, guint n, gsize bit)
{
  gsize size;
  guint8 *data = g_bytes_unref_to_data (packets->pdata[n], &size);

  data[bit / 8] ^= 0x80 >> bit % 8;
  packets->pdata[n] = g_bytes_new_take (data, size);
}

/* Makes the packet's last OBU, of a size of two bytes, one byte longer. */
static void
lengthen (GPtrArray *packets, guint n)
{
  gsize size, at = 0, next;
  guint8 *data = g_bytes_unref_to_data (packets->pdata[n], &size);

  while ((next = cvi_obu_get_length (data + at, size - at)) < size - at)
    at += next;
  g_assert_cmpuint (data[at + 1] & 0x80, ==, 0x80);
  g_assert_cmpuint (data[at + 1] & 0x7f, <, 0x7f);
  data[at + 1]++;
  data = g_realloc (data, size + 1);
  data[size] = 0x01;
  packets->pdata[n] = g_bytes_new_take (data, size + 1);
}

static GPtrArray *
copy (GPtrArray *packets)
{
  GPtrArray *copied =
      g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);

  for (guint i = 0; i < packets->len; i++) {
    gsize size;
    gconstpointer data = g_bytes_get_data (packets->pdata[i], &size);

    g_ptr_array_add (copied, g_bytes_new (data, size));
  }
  return copied;
}

/* What is longer than its symbols is told of, each time, and for nothing else:
 * libdav1d itself decodes it without a word. */
static void
test_tile_goes_on (void)
{
  g_autoptr (GPtrArray) packets = encode (6, "I420", 320, 240, NOISY);
  Decoded decoded;

  lengthen (packets, 2);
  lengthen (packets, 4);
  decode (OWN, packets, &decoded);
  g_assert_cmpuint (decoded.n_faults, ==, 2);
  g_assert_cmpuint (decoded.checksums->len, ==, 6);
  g_assert_nonnull (strstr (last_fault, "AV1"));
  clear (&decoded);
}

/* Bits of whatever tile: told as often as by libaom. */
static void
test_flips (gconstpointer options)
{
  g_autoptr (GPtrArray) sound = encode (4, "I420", 320, 240, options);
  guint n_own = 0, n_libaom = 0;

  for (guint i = 0; i < 80; i++) {
    g_autoptr (GPtrArray) packets = copy (sound);
    guint n = i % packets->len;
    gsize bits = 8 * g_bytes_get_size (packets->pdata[n]);
    Decoded own, libaom;

    flip (packets, n, bits / 4 + i * (bits / 2) / 80);
    decode (OWN, packets, &own);
    decode (LIBAOM, packets, &libaom);
    n_own += own.n_faults > 0;
    /* It leaves out what is damaged. */
    n_libaom += libaom.checksums->len < packets->len;
    clear (&own);
    clear (&libaom);
  }
  g_test_message ("%u and %u", n_own, n_libaom);
  g_assert_cmpuint (n_libaom, >=, 70);
  g_assert_cmpuint (n_own, >=, n_libaom);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_assert_true (cvi_dav1d_register ());
  if (g_getenv ("GST_DEBUG") == NULL)
    gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_set_threshold_for_name ("videodecoder", GST_LEVEL_WARNING);
  gst_debug_add_log_function (on_log, NULL, NULL);
  g_test_add_func ("/dav1d/taken-first", test_taken_first);
  g_test_add_func ("/dav1d/ends-work", test_ends_work);
  g_test_add_data_func ("/dav1d/pictures/i420", "I420", test_pictures);
  g_test_add_data_func ("/dav1d/pictures/i422", "Y42B", test_pictures);
  g_test_add_data_func ("/dav1d/pictures/i444", "Y444", test_pictures);
  g_test_add_func ("/dav1d/stills", test_stills);
  g_test_add_func ("/dav1d/change-of-format", test_change_of_format);
  g_test_add_func ("/dav1d/unseen", test_unseen);
  g_test_add_func ("/dav1d/flush", test_flush);
  g_test_add_func ("/dav1d/no-key-frame", test_no_key_frame);
  g_test_add_func ("/dav1d/tile-goes-on", test_tile_goes_on);
  g_test_add_data_func ("/dav1d/flips/one-tile", NOISY, test_flips);
  g_test_add_data_func ("/dav1d/flips/tiles", TILES, test_flips);
  return g_test_run ();
}
