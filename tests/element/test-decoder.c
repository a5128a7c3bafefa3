/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* watch-log with real decoders: damage that shows in their log alone. */
#include <string.h>
#include "plugin/element/cvi-message.h"
#include "tests/element/helper.h"

#define N_FRAMES 60

static const char *const needed[] = { "videotestsrc", "x264enc", "h264parse",
  "avdec_h264", NULL };

/* Overwrites the last third of some packets: the first part of a first packet
 * is headers. */
static GstPadProbeReturn
damage (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  guint *n = user_data;
  GstBuffer *buffer;
  GstMapInfo map;

  if (++*n < 25 || *n > 28)
    return GST_PAD_PROBE_OK;
  buffer = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  info->data = buffer;
  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READWRITE));
  for (gsize i = map.size * 2 / 3; i < map.size; i++)
    map.data[i] = (guint8)(i * 113 + 7) | 1;
  gst_buffer_unmap (buffer, &map);
  return GST_PAD_PROBE_OK;
}

typedef struct {
  GstElement *pipeline;
  GstElement *check;
  guint n_packets;
} Fixture;

static Fixture *
fixture_new (const char *decoder, gboolean damaged, const char *settings)
{
  Fixture *f = g_new0 (Fixture, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *description = g_strdup_printf (
      "videotestsrc num-buffers=%d pattern=smpte75 horizontal-speed=5 ! "
      "video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! "
      "x264enc name=enc key-int-max=20 bframes=0 tune=zerolatency threads=1 ! "
      "h264parse ! %s name=dec ! cvicheck name=check %s ! "
      "fakesink sync=false",
      N_FRAMES, decoder, settings);
  GstElement *encoder;
  GstPad *pad;

  f->pipeline = gst_parse_launch (description, &error);
  g_assert_no_error (error);
  f->check = gst_bin_get_by_name (GST_BIN (f->pipeline), "check");
  encoder = gst_bin_get_by_name (GST_BIN (f->pipeline), "enc");
  pad = gst_element_get_static_pad (encoder, "src");
  if (damaged)
    gst_pad_add_probe (
        pad, GST_PAD_PROBE_TYPE_BUFFER, damage, &f->n_packets, NULL);
  gst_object_unref (pad);
  gst_object_unref (encoder);
  return f;
}

static void
fixture_free (Fixture *f)
{
  gst_element_set_state (f->pipeline, GST_STATE_NULL);
  gst_object_unref (f->check);
  gst_object_unref (f->pipeline);
  g_free (f);
}

/* Runs to the end. Returns: EOS or ERROR */
static GstMessageType
run (Fixture *f, GPtrArray *findings)
{
  GstBus *bus = GST_ELEMENT_BUS (f->pipeline);
  GstMessageType type = GST_MESSAGE_UNKNOWN;

  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  while (type != GST_MESSAGE_EOS && type != GST_MESSAGE_ERROR) {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT);

    type = GST_MESSAGE_TYPE (message);
    if (gst_message_has_name (message, CVI_MESSAGE_FINDING))
      g_ptr_array_add (findings,
          cvi_finding_from_structure (gst_message_get_structure (message)));
    gst_message_unref (message);
  }
  return type;
}

static GPtrArray *
new_findings (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);
}

/* Decoding in one thread and in the decoder's own ones. */
static const char *const decoders[] = { "avdec_h264 max-threads=1",
  "avdec_h264 max-threads=4" };

GST_START_TEST (test_damage_is_found)
{
  g_autoptr (GPtrArray) findings = new_findings ();
  g_autofree char *stream_id = NULL;
  gboolean found = FALSE;
  Fixture *f;

  if (!cvi_test_have (needed))
    return;
  f = fixture_new (decoders[__i__], TRUE, "watch-log=true");
  fail_unless_equals_int (run (f, findings), GST_MESSAGE_EOS);
  cvi_test_assert_verdict (f->check, "corrupt");
  fail_unless (cvi_test_stat (f->check, "log-lines") > 0);
  fail_unless_equals_uint64 (cvi_test_stat (f->check, "decoder-in"), N_FRAMES);
  fail_unless (cvi_test_stat (f->check, "decoder-in-bytes") > 0);
  g_object_get (f->check, "stream-id", &stream_id, NULL);
  for (guint i = 0; i < findings->len; i++) {
    CviFinding *finding = g_ptr_array_index (findings, i);

    if (!g_str_has_prefix (finding->rule->id, "decode::"))
      continue;
    found = TRUE;
    fail_unless_equals_string (finding->stream, stream_id);
    fail_unless (finding->start_ns != CVI_NONE);
    /* packets 25 to 28 of 25 a second, and what refers to them */
    fail_unless (finding->start_ns >= 900 * GST_MSECOND);
    fail_unless (finding->start_ns <= 2 * GST_SECOND);
  }
  fail_unless (found);
  fixture_free (f);
}
GST_END_TEST

GST_START_TEST (test_clean_stream_is_healthy)
{
  g_autoptr (GPtrArray) findings = new_findings ();
  Fixture *f;

  if (!cvi_test_have (needed))
    return;
  f = fixture_new (decoders[__i__], FALSE, "watch-log=true");
  fail_unless_equals_int (run (f, findings), GST_MESSAGE_EOS);
  fail_unless_equals_int (findings->len, 0);
  fail_unless_equals_uint64 (cvi_test_stat (f->check, "buffers"), N_FRAMES);
  cvi_test_assert_verdict (f->check, "healthy");
  fixture_free (f);
}
GST_END_TEST

GST_START_TEST (test_fail_on_stops)
{
  g_autoptr (GPtrArray) findings = new_findings ();
  Fixture *f;

  if (!cvi_test_have (needed))
    return;
  f = fixture_new (decoders[0], TRUE, "watch-log=true fail-on=corrupt");
  fail_unless_equals_int (run (f, findings), GST_MESSAGE_ERROR);
  fail_unless (findings->len > 0);
  fail_unless (cvi_test_stat (f->check, "buffers") < N_FRAMES);
  fixture_free (f);
}
GST_END_TEST

static guint
n_probes (GstElement *pipeline)
{
  GstElement *decoder = gst_bin_get_by_name (GST_BIN (pipeline), "dec");
  GstPad *pad = gst_element_get_static_pad (decoder, "sink");
  guint n = pad->num_probes;

  gst_object_unref (pad);
  gst_object_unref (decoder);
  return n;
}

/* The decoder is left as it was found. */
GST_START_TEST (test_probes_are_taken_off)
{
  g_autoptr (GPtrArray) findings = new_findings ();
  GstElement *decoder;
  Fixture *f;

  if (!cvi_test_have (needed))
    return;
  f = fixture_new (decoders[0], FALSE, "watch-log=true");
  run (f, findings);
  fail_unless_equals_int (n_probes (f->pipeline), 1);
  gst_element_set_state (f->pipeline, GST_STATE_NULL);
  fail_unless_equals_int (n_probes (f->pipeline), 0);

  run (f, findings);
  fail_unless_equals_int (n_probes (f->pipeline), 1);
  decoder = gst_bin_get_by_name (GST_BIN (f->pipeline), "dec");
  gst_element_unlink (decoder, f->check);
  fail_unless_equals_int (n_probes (f->pipeline), 0);
  gst_object_unref (decoder);
  fixture_free (f);

  f = fixture_new (decoders[0], FALSE, "watch-log=false");
  run (f, findings);
  fail_unless_equals_int (n_probes (f->pipeline), 0);
  fixture_free (f);
}
GST_END_TEST

/* Damage in the first packet: decodebin's decoder meets it before cvicheck is
 * linked. */
GST_START_TEST (test_before_the_link)
{
  static const char *const more[] = { "decodebin", NULL };
  g_autoptr (GPtrArray) findings = new_findings ();
  g_autoptr (GError) error = NULL;
  Fixture f = { NULL };
  GstElement *encoder;
  GstPad *pad;

  if (!cvi_test_have (needed) || !cvi_test_have (more))
    return;
  f.n_packets = 27; /* damage() takes the 28th alone */
  f.pipeline = gst_parse_launch (
      "videotestsrc num-buffers=20 pattern=smpte75 horizontal-speed=5 ! "
      "video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! "
      "x264enc name=enc key-int-max=20 bframes=0 tune=zerolatency threads=1 ! "
      "video/x-h264,stream-format=byte-stream ! decodebin "
      "force-sw-decoders=true ! cvicheck name=check watch-log=true ! "
      "fakesink sync=false",
      &error);
  g_assert_no_error (error);
  f.check = gst_bin_get_by_name (GST_BIN (f.pipeline), "check");
  encoder = gst_bin_get_by_name (GST_BIN (f.pipeline), "enc");
  pad = gst_element_get_static_pad (encoder, "src");
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER, damage, &f.n_packets, NULL);
  fail_unless_equals_int (run (&f, findings), GST_MESSAGE_EOS);
  cvi_test_assert_verdict (f.check, "corrupt");
  gst_element_set_state (f.pipeline, GST_STATE_NULL);
  gst_object_unref (pad);
  gst_object_unref (encoder);
  gst_object_unref (f.check);
  gst_object_unref (f.pipeline);
}
GST_END_TEST

static Suite *
decoder_suite (void)
{
  Suite *suite = suite_create ("decoder");
  TCase *tcase = tcase_create ("general");

  cvi_test_register ();
  tcase_set_timeout (tcase, 60);
  tcase_add_loop_test (tcase, test_damage_is_found, 0, G_N_ELEMENTS (decoders));
  tcase_add_loop_test (
      tcase, test_clean_stream_is_healthy, 0, G_N_ELEMENTS (decoders));
  tcase_add_test (tcase, test_fail_on_stops);
  tcase_add_test (tcase, test_probes_are_taken_off);
  tcase_add_test (tcase, test_before_the_link);
  suite_add_tcase (suite, tcase);
  return suite;
}

GST_CHECK_MAIN (decoder)
