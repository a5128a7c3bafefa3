/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* One file checked as the worker does it, on clips made by the generator. */
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <gst/video/gstvideodecoder.h>
#include "config.h"

#include "plugin/element/gstcvicheck.h"
#include "tools/worker/cvi-check.h"
#include "tools/worker/cvi-dav1d.h"

static const char *media;
static char *folder;

static void
ignore_finding (const CviFinding *finding, gpointer user_data)
{
  guint *n = user_data;

  (*n)++;
}

static void
ignore_progress (
    guint64 buffers, guint64 bytes, guint64 position_ns, gpointer user_data)
{
}

static CviResult *
check (const char *path, CviMode mode)
{
  static const CviCheckCallbacks callbacks = { ignore_finding,
    ignore_progress };
  CviCheckJob job = { .path = path, .mode = mode, .hw = CVI_HW_OFF };
  guint n_findings = 0;
  CviResult *result = cvi_check_file (&job, &callbacks, &n_findings);

  g_assert_cmpint (result->mode, ==, mode);
  if (result->findings->len > 0)
    g_assert_cmpuint (n_findings, >, 0);
  return result;
}

static char *
temp_file (const char *name, const void *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, data, (gssize)size, &error));
  g_assert_no_error (error);
  return path;
}

static void
assert_verdict (const CviResult *result, CviVerdict verdict)
{
  if (result->verdict == verdict)
    return;
  g_test_message (
      "%s is %s", result->path, cvi_verdict_to_string (result->verdict));
  for (guint i = 0; i < result->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (result->findings, i);

    g_test_message ("  %s %s %s: %s",
        cvi_severity_to_string (finding->severity), finding->rule->id,
        finding->stream ? finding->stream : "-", finding->message);
  }
  g_test_fail ();
}

static void
test_clips_are_healthy (gconstpointer data)
{
  CviMode mode = GPOINTER_TO_UINT (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (media, 0, &error);
  const char *name;
  guint n = 0;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (media, name, NULL);
    g_autoptr (CviResult) result = check (path, mode);

    assert_verdict (result, CVI_VERDICT_HEALTHY);
    g_assert_cmpuint (result->streams->len, >, 0);
    g_assert_nonnull (result->container);
    for (guint i = 0; i < result->streams->len; i++) {
      const CviStream *stream = g_ptr_array_index (result->streams, i);

      g_assert_true (stream->checked);
      g_assert_cmpuint (stream->frames, >, 0);
      g_assert_nonnull (stream->codec);
    }
    n++;
  }
  g_assert_cmpuint (n, >=, 10);
}

/* Flips a bit of @name 100 bytes behind some @sync: the two bytes come by
 * chance too, now and then. */
static char *
flip_behind (const char *name, const char *sync)
{
  g_autofree char *path = g_build_filename (media, name, NULL);
  g_autofree char *data = NULL;
  g_autofree char *copy = g_strdup_printf ("flip-%s", name);
  guint n = 0;
  gsize size;

  if (!g_file_get_contents (path, &data, &size, NULL))
    return NULL;
  for (gsize at = 0; n < 26 && at + 102 < size; at++) {
    if (memcmp (data + at, sync, 2) == 0 && ++n > 20)
      data[at + 100] ^= 0x10;
  }
  g_assert_cmpuint (n, ==, 26);
  return temp_file (copy, data, size);
}

/* What is looked at behind the parser, where no decoder says a word. */
static void
test_packet_check (gconstpointer name)
{
  g_autofree char *path = flip_behind (name, "\x0b\x77");
  g_autoptr (CviResult) result = NULL;
  const CviFinding *finding;

  if (!path) {
    g_test_skip ("no such clip");
    return;
  }
  result = check (path, CVI_MODE_DEEP);
  assert_verdict (result, CVI_VERDICT_CORRUPT);
  finding = cvi_result_find (result, CVI_RULE_DECODE_CHECKSUM);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->start_ns, >, 0);
  g_remove (path);
}

/* Copies @name without its last @share percent. */
static char *
cut (const char *name, guint share)
{
  g_autofree char *path = g_build_filename (media, name, NULL);
  g_autofree char *data = NULL;
  g_autofree char *copy = g_strdup_printf ("cut-%u-%s", share, name);
  gsize size;

  if (!g_file_get_contents (path, &data, &size, NULL))
    return NULL;
  return temp_file (copy, data, size - size * share / 100);
}

static void
test_cut (gconstpointer data)
{
  static const char *const names[] = { "h264-aac-faststart.mp4", "h264-aac.mp4",
    "h264-opus.mkv", "mpeg4-mp3.avi", "vp8-vorbis.webm", "theora-vorbis.ogv",
    NULL };
  CviMode mode = GPOINTER_TO_UINT (data);

  for (guint i = 0; names[i]; i++) {
    g_autofree char *path = cut (names[i], 40);
    g_autoptr (CviResult) result = NULL;

    if (!path) {
      g_test_message ("no %s", names[i]);
      continue;
    }
    result = check (path, mode);
    g_test_message ("%s", names[i]);
    assert_verdict (result, CVI_VERDICT_CORRUPT);
    g_assert_cmpfloat (result->confidence, >, 0.5);
  }
}

static void
test_no_media (void)
{
  static const char text[] = "This is no video, whatever its name says.\n"
                             "Line upon line of plain text follows here.\n";
  g_autofree char *text_path = temp_file ("text.mp4", text, sizeof text - 1);
  g_autofree char *empty_path = temp_file ("empty.mkv", "", 0);
  g_autofree char *missing = g_build_filename (folder, "not-there.mp4", NULL);
  g_autoptr (CviResult) wrong = check (text_path, CVI_MODE_HYBRID);
  g_autoptr (CviResult) empty = check (empty_path, CVI_MODE_HYBRID);
  g_autoptr (CviResult) gone = check (missing, CVI_MODE_HYBRID);
  g_autoptr (CviResult) place = check (folder, CVI_MODE_HYBRID);

  assert_verdict (wrong, CVI_VERDICT_CORRUPT);
  g_assert_nonnull (cvi_result_find (wrong, CVI_RULE_CONTAINER_UNRECOGNISED));
  assert_verdict (empty, CVI_VERDICT_CORRUPT);
  g_assert_nonnull (cvi_result_find (empty, CVI_RULE_CONTAINER_TRUNCATED));
  assert_verdict (gone, CVI_VERDICT_UNREADABLE);
  g_assert_nonnull (cvi_result_find (gone, CVI_RULE_IO_VANISHED));
  assert_verdict (place, CVI_VERDICT_UNREADABLE);
}

static void
run_pipeline (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) end = NULL;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  end = gst_bus_timed_pop_filtered (
      bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (end);
  g_assert_cmpint (GST_MESSAGE_TYPE (end), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
make_clip (const char *path, const char *video, const char *audio)
{
  g_autofree char *text = g_strdup_printf (
      "matroskamux name=mux ! filesink location=\"%s\" "
      "videotestsrc num-buffers=100 pattern=%s ! video/x-raw,width=160,"
      "height=120,framerate=25/1 ! vp8enc deadline=1 ! mux. "
      "audiotestsrc num-buffers=200 wave=%s ! audio/x-raw,rate=48000 ! "
      "flacenc ! mux.",
      path, video, audio);

  run_pipeline (text);
}

static void
test_content (void)
{
  g_autofree char *dark = g_build_filename (folder, "dark.mkv", NULL);
  g_autofree char *lively = g_build_filename (folder, "lively.mkv", NULL);
  g_autoptr (CviResult) full = NULL;
  g_autoptr (CviResult) deep = NULL;
  g_autoptr (CviResult) other = NULL;

  make_clip (dark, "black", "silence");
  make_clip (lively, "snow", "pink-noise");
  full = check (dark, CVI_MODE_FULL);
  g_assert_nonnull (cvi_result_find (full, CVI_RULE_CONTENT_BLACK));
  g_assert_nonnull (cvi_result_find (full, CVI_RULE_CONTENT_FROZEN));
  g_assert_nonnull (cvi_result_find (full, CVI_RULE_CONTENT_SILENT));
  assert_verdict (full, CVI_VERDICT_HEALTHY);
  /* only mode full looks at the content */
  deep = check (dark, CVI_MODE_DEEP);
  g_assert_null (cvi_result_find (deep, CVI_RULE_CONTENT_BLACK));
  other = check (lively, CVI_MODE_FULL);
  g_assert_null (cvi_result_find (other, CVI_RULE_CONTENT_BLACK));
  g_assert_null (cvi_result_find (other, CVI_RULE_CONTENT_FROZEN));
  g_assert_null (cvi_result_find (other, CVI_RULE_CONTENT_SILENT));
}

/* A track of a codec that nobody has: the rest is checked, and the file is
 * neither healthy nor corrupt. */
static void
test_unsupported (void)
{
  g_autofree char *path =
      g_build_filename (media, "h264-aac-faststart.mp4", NULL);
  g_autofree char *data = NULL;
  g_autofree char *copy = NULL;
  g_autoptr (CviResult) result = NULL;
  gsize size;
  gboolean done = FALSE;

  if (!g_file_get_contents (path, &data, &size, NULL)) {
    g_test_skip ("no H.264 encoder");
    return;
  }
  for (gsize i = 0; i + 4 < size && !done; i++) {
    if (memcmp (data + i, "mp4a", 4) == 0) {
      memcpy (data + i, "xq7z", 4);
      done = TRUE;
    }
  }
  g_assert_true (done);
  copy = temp_file ("unknown-codec.mp4", data, size);
  result = check (copy, CVI_MODE_DEEP);
  assert_verdict (result, CVI_VERDICT_UNSUPPORTED);
  g_assert_nonnull (cvi_result_find (result, CVI_RULE_STREAM_UNSUPPORTED));
}

/* An IVF file has no index and here but one key frame: the windows of quick
 * mode find nothing to begin with, so all of it is decoded. */
static void
test_no_windows (void)
{
  g_autofree char *path = g_build_filename (folder, "one-key.ivf", NULL);
  g_autofree char *text = g_strdup_printf (
      "videotestsrc num-buffers=250 pattern=ball ! video/x-raw,width=96,"
      "height=64,framerate=25/1 ! vp8enc deadline=1 keyframe-max-dist=9999 ! "
      "avmux_ivf ! filesink location=\"%s\"",
      path);
  g_autoptr (CviResult) result = NULL;
  const CviStream *stream;

  run_pipeline (text);
  result = check (path, CVI_MODE_QUICK);
  assert_verdict (result, CVI_VERDICT_HEALTHY);
  g_assert_cmpuint (result->streams->len, ==, 1);
  stream = g_ptr_array_index (result->streams, 0);
  g_assert_cmpstr (stream->decoder, ==, "vp8dec");
  g_assert_cmpuint (stream->frames, ==, 250);
}

/* A seek into a transport stream lands anywhere in a GOP. Quick mode's windows
 * begin at the next sync point even so: what a decoder would say of a picture
 * without its references would have long stretches decoded again. */
static void
test_windows_of_ts (void)
{
  g_autofree char *path = g_build_filename (folder, "windows.ts", NULL);
  g_autofree char *text = g_strdup_printf (
      "videotestsrc num-buffers=400 pattern=smpte ! "
      "video/x-raw,format=I420,width=96,height=64,framerate=25/1 ! "
      "x264enc speed-preset=veryfast bframes=3 b-adapt=false key-int-max=75 "
      "option-string=scenecut=0 ! h264parse ! mpegtsmux ! "
      "filesink location=\"%s\"",
      path);
  g_autoptr (CviResult) result = NULL;
  const CviStream *stream;

  run_pipeline (text);
  result = check (path, CVI_MODE_QUICK);
  assert_verdict (result, CVI_VERDICT_HEALTHY);
  stream = g_ptr_array_index (result->streams, 0);
  g_assert_cmpuint (stream->frames, >, 1);
  g_assert_cmpuint (stream->frames, <, 20);
}

/* A bit of H.265 residual: the decoder takes it without a word, in a container
 * with lengths before the slices and in a bare stream with start codes. */
static void
test_h265_bit (gconstpointer data)
{
  const char *end = data;
  g_autofree char *path = g_build_filename (folder, "h265-video", NULL);
  g_autofree char *text = g_strdup_printf (
      "videotestsrc num-buffers=20 pattern=snow ! video/x-raw,format=I420,"
      "width=192,height=128,framerate=25/1 ! x265enc bitrate=800 "
      "option-string=\"pools=1:frame-threads=1:log-level=none\" ! "
      "h265parse ! %s ! filesink location=\"%s\"",
      end, path);
  g_autoptr (CviResult) whole = NULL;
  g_autoptr (CviResult) result = NULL;
  g_autofree char *bytes = NULL;
  const CviFinding *finding;
  gsize size;

  run_pipeline (text);
  whole = check (path, CVI_MODE_DEEP);
  assert_verdict (whole, CVI_VERDICT_HEALTHY);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  bytes[size / 2] ^= 4;
  g_assert_true (g_file_set_contents (path, bytes, (gssize)size, NULL));
  result = check (path, CVI_MODE_DEEP);
  assert_verdict (result, CVI_VERDICT_CORRUPT);
  finding = cvi_result_find (result, CVI_RULE_DECODE_ERROR);
  g_assert_nonnull (finding);
  g_assert_nonnull (strstr (finding->message, "coding tree block"));
  g_assert_cmpuint (finding->start_ns, !=, CVI_NONE);
}

/* A recording that begins between sync points: what decoders say of the time
 * before the first one is no damage. */
static void
test_mid_gop (void)
{
  g_autofree char *path = g_build_filename (media, "h264-aac.ts", NULL);
  g_autofree char *data = NULL;
  g_autofree char *copy = NULL;
  g_autoptr (CviResult) result = NULL;
  gsize size, start;

  if (!g_file_get_contents (path, &data, &size, NULL)) {
    g_test_skip ("no H.264 encoder");
    return;
  }
  start = size / 188 * 35 / 100 * 188;
  copy = temp_file ("mid-gop.ts", data + start, size - start);
  result = check (copy, CVI_MODE_DEEP);
  assert_verdict (result, CVI_VERDICT_HEALTHY);
  g_assert_nonnull (cvi_result_find (result, CVI_RULE_DECODE_STARTS_MID_GOP));
}

/* The streams of a file that no demuxer takes are named, and not called
 * checked.
 */
static void
test_refused (gconstpointer mode)
{
  static const char bad[] = "\0\0\0\3free";
  g_autofree char *path = g_build_filename (media, "h264-aac.mp4", NULL);
  g_autofree char *data = NULL;
  g_autofree char *copy = NULL;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (CviResult) result = NULL;
  gsize size;

  if (!g_file_get_contents (path, &data, &size, NULL)) {
    g_test_skip ("no H.264 encoder");
    return;
  }
  /* behind ftyp */
  g_byte_array_append (bytes, (const guint8 *)data, 32);
  g_byte_array_append (bytes, (const guint8 *)bad, sizeof bad - 1);
  g_byte_array_append (bytes, (const guint8 *)data + 32, (guint)size - 32);
  copy = temp_file ("refused.mp4", bytes->data, bytes->len);
  result = check (copy, (CviMode)GPOINTER_TO_UINT (mode));
  assert_verdict (result, CVI_VERDICT_CORRUPT);
  g_assert_null (cvi_result_find (result, CVI_RULE_STREAM_UNSUPPORTED));
  g_assert_cmpuint (result->streams->len, ==, 2);
  for (guint i = 0; i < 2; i++) {
    const CviStream *stream = g_ptr_array_index (result->streams, i);

    g_assert_nonnull (stream->codec);
    g_assert_false (stream->checked);
    g_assert_cmpstr (stream->reason, ==, "could not be demuxed");
  }
}

/* Damages slices of 320x240 in MPEG-2, of pictures from @from up to @to. */
static void
damage_slices (char *data, gsize size, guint from, guint to)
{
  guint picture = 0;

  for (gsize at = 0; at + 20 < size; at++) {
    if (memcmp (data + at, "\0\0\1", 3) != 0)
      continue;
    picture += data[at + 3] == 0;
    if (data[at + 3] == 7 && picture > from && picture <= to)
      memset (data + at + 6, 0x55, 12);
  }
}

/* What a decoder says again and again is one finding, with how often, and until
 * when. */
static void
test_repeats (void)
{
  g_autofree char *path = g_build_filename (media, "mpeg2-flac.mkv", NULL);
  g_autofree char *data = NULL;
  g_autofree char *copy = NULL;
  g_autoptr (CviResult) result = NULL;
  const CviFinding *finding;
  gsize size;

  if (!g_file_get_contents (path, &data, &size, NULL)) {
    g_test_skip ("no MPEG-2 encoder");
    return;
  }
  damage_slices (data, size, 25, 75);
  copy = temp_file ("repeats.mkv", data, size);
  result = check (copy, CVI_MODE_DEEP);
  assert_verdict (result, CVI_VERDICT_CORRUPT);
  finding = cvi_result_find (result, CVI_RULE_DECODE_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->count, >=, 25);
  g_assert_cmpuint (finding->start_ns, >=, 900 * GST_MSECOND);
  g_assert_cmpuint (finding->start_ns, <=, 1100 * GST_MSECOND);
  g_assert_cmpuint (finding->end_ns, >=, 2800 * GST_MSECOND);
  g_assert_cmpuint (finding->end_ns, <=, 3200 * GST_MSECOND);
  g_assert_cmpfloat (result->damage, >, 0.4);
  g_assert_cmpfloat (result->damage, <, 0.7);
}

/* A second of a constant-rate stream is not there, all else is whole. */
static void
test_gap (void)
{
  g_autofree char *path = g_build_filename (folder, "gap.mkv", NULL);
  g_autofree char *text = g_strdup_printf (
      "videotestsrc num-buffers=50 ! video/x-raw,width=160,height=120,"
      "framerate=25/1 ! vp8enc deadline=1 keyframe-max-dist=25 ! c.sink_0 "
      "videotestsrc num-buffers=50 timestamp-offset=4000000000 ! "
      "video/x-raw,width=160,height=120,framerate=25/1 ! vp8enc deadline=1 ! "
      "c.sink_1 concat name=c adjust-base=false ! matroskamux ! "
      "filesink location=\"%s\"",
      path);
  g_autoptr (CviResult) result = NULL;
  const CviFinding *gap;

  run_pipeline (text);

  result = check (path, CVI_MODE_DEEP);
  assert_verdict (result, CVI_VERDICT_SUSPICIOUS);
  gap = cvi_result_find (result, CVI_RULE_TIME_GAP);
  g_assert_nonnull (gap);
  g_assert_cmpuint (gap->start_ns, >=, 1960 * GST_MSECOND);
  g_assert_cmpuint (gap->start_ns, <=, 2040 * GST_MSECOND);
  g_assert_cmpuint (gap->end_ns, >=, 3960 * GST_MSECOND);
  g_assert_cmpuint (gap->end_ns, <=, 4040 * GST_MSECOND);
}

/* The same in a transport stream: tsdemux counts from the first clock and
 * makes the hole another; told are the times that a player shows, and once. */
static void
test_gap_of_ts (gconstpointer data)
{
  g_autofree char *path = g_build_filename (folder, "gap.ts", NULL);
  g_autofree char *text = g_strdup_printf (
      "videotestsrc num-buffers=50 ! video/x-raw,format=I420,width=96,"
      "height=64,framerate=25/1 ! concat name=c adjust-base=false ! "
      "x264enc speed-preset=veryfast key-int-max=25 ! h264parse ! "
      "mpegtsmux ! filesink location=\"%s\" "
      "videotestsrc num-buffers=50 timestamp-offset=4000000000 ! "
      "video/x-raw,format=I420,width=96,height=64,framerate=25/1 ! c.",
      path);
  g_autoptr (CviResult) result = NULL;
  guint n = 0;

  run_pipeline (text);
  result = check (path, (CviMode)GPOINTER_TO_UINT (data));
  assert_verdict (result, CVI_VERDICT_SUSPICIOUS);
  for (guint i = 0; i < result->findings->len; i++) {
    const CviFinding *gap = g_ptr_array_index (result->findings, i);

    if (gap->rule != cvi_rule (CVI_RULE_TIME_GAP))
      continue;
    n++;
    g_assert_cmpuint (gap->start_ns, >=, 1980 * GST_MSECOND);
    g_assert_cmpuint (gap->start_ns, <=, 2020 * GST_MSECOND);
    g_assert_cmpuint (gap->end_ns, >=, 3980 * GST_MSECOND);
    g_assert_cmpuint (gap->end_ns, <=, 4020 * GST_MSECOND);
  }
  g_assert_cmpuint (n, ==, 1);
}

typedef GstVideoDecoder RefusingDec;
typedef GstVideoDecoderClass RefusingDecClass;
GType refusing_dec_get_type (void);
G_DEFINE_TYPE (RefusingDec, refusing_dec, GST_TYPE_VIDEO_DECODER)

static guint n_refused;

static gboolean
refuse (GstVideoDecoder *decoder)
{
  n_refused++;
  return FALSE;
}

static void
refusing_dec_class_init (RefusingDecClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  g_autoptr (GstCaps) sink = gst_caps_from_string ("video/x-vp8");
  g_autoptr (GstCaps) src = gst_caps_from_string ("video/x-raw");

  gst_element_class_set_static_metadata (element_class, "Refusing decoder",
      "Codec/Decoder/Video", "Cannot be opened", "cvi");
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, sink));
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, src));
  klass->open = refuse;
}

static void
refusing_dec_init (RefusingDec *self)
{
}

/* Its library is missing or not as expected: that is no damage. */
static void
test_decoder_refuses (void)
{
  g_autofree char *path = g_build_filename (media, "vp8-vorbis.webm", NULL);
  g_autoptr (GstElementFactory) factory = NULL;
  g_autoptr (CviResult) result = NULL;

  g_assert_true (gst_element_register (
      NULL, "refusingdec", GST_RANK_PRIMARY + 100, refusing_dec_get_type ()));
  result = check (path, CVI_MODE_DEEP);
  g_assert_cmpuint (n_refused, >, 0);
  assert_verdict (result, CVI_VERDICT_HEALTHY);
  g_assert_cmpuint (result->findings->len, ==, 0);
  factory = gst_element_factory_find ("refusingdec");
  gst_registry_remove_feature (
      gst_registry_get (), GST_PLUGIN_FEATURE (factory));
}

static void
remove_folder (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    g_unlink (path);
  }
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  int rc;

  g_test_init (&argc, &argv, NULL);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_init (&argc, &argv);
  GST_ELEMENT_REGISTER (cvicheck, NULL);
#ifdef HAVE_DAV1D
  cvi_dav1d_register ();
#endif
  media = g_getenv ("CVI_MEDIA");
  g_assert_nonnull (media);
  folder = g_dir_make_tmp ("cvi-check-XXXXXX", NULL);

  g_test_add_data_func (
      "/check/packet-check/matroska", "h265-ac3.mkv", test_packet_check);
  g_test_add_data_func (
      "/check/packet-check/program-stream", "mpeg2-ac3.vob", test_packet_check);
  g_test_add_data_func ("/check/healthy/deep", GUINT_TO_POINTER (CVI_MODE_DEEP),
      test_clips_are_healthy);
  g_test_add_data_func ("/check/healthy/hybrid",
      GUINT_TO_POINTER (CVI_MODE_HYBRID), test_clips_are_healthy);
  g_test_add_data_func (
      "/check/cut/deep", GUINT_TO_POINTER (CVI_MODE_DEEP), test_cut);
  g_test_add_data_func (
      "/check/cut/quick", GUINT_TO_POINTER (CVI_MODE_QUICK), test_cut);
  g_test_add_func ("/check/no-media", test_no_media);
  g_test_add_func ("/check/content", test_content);
  g_test_add_func ("/check/unsupported", test_unsupported);
  g_test_add_func ("/check/decoder-refuses", test_decoder_refuses);
  g_test_add_func ("/check/gap", test_gap);
  g_test_add_data_func (
      "/check/refused/deep", GUINT_TO_POINTER (CVI_MODE_DEEP), test_refused);
  g_test_add_data_func ("/check/refused/hybrid",
      GUINT_TO_POINTER (CVI_MODE_HYBRID), test_refused);
  g_test_add_func ("/check/repeats", test_repeats);
  g_test_add_data_func ("/check/gap-of-ts/deep",
      GUINT_TO_POINTER (CVI_MODE_DEEP), test_gap_of_ts);
  g_test_add_data_func ("/check/gap-of-ts/hybrid",
      GUINT_TO_POINTER (CVI_MODE_HYBRID), test_gap_of_ts);
  g_test_add_data_func ("/check/h265-bit/mp4", "mp4mux", test_h265_bit);
  g_test_add_data_func ("/check/h265-bit/bare",
      "video/x-h265,stream-format=byte-stream", test_h265_bit);
  g_test_add_func ("/check/mid-gop", test_mid_gop);
  g_test_add_func ("/check/no-windows", test_no_windows);
  g_test_add_func ("/check/windows-of-ts", test_windows_of_ts);
  rc = g_test_run ();
  remove_folder ();
  g_free (folder);
  return rc;
}
