/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Quick mode: short files are decoded whole, of long ones the sound is, and a
 * sample of the pictures is checked. */
#include <string.h>
#include <glib/gstdio.h>
#include <gst/gst.h>

#include "plugin/element/gstcvicheck.h"
#include "tools/worker/cvi-check.h"

static const char *media;
static char *folder;

static void
ignore_finding (const CviFinding *finding, gpointer user_data)
{
}

static void
ignore_progress (
    guint64 buffers, guint64 bytes, guint64 position_ns, gpointer user_data)
{
}

/* The names of what was decoded go to @decoders, as often as one was made. */
static void
on_decoder (const char *stream, const char *factory, gboolean others,
    gboolean hardware, gpointer user_data)
{
  g_string_append_printf (user_data, "%s ", factory);
}

static CviResult *
check (const char *path, CviMode mode, GString *decoders)
{
  static const CviCheckCallbacks callbacks = { ignore_finding, ignore_progress,
    on_decoder };
  CviCheckJob job = { .path = path, .mode = mode, .hw = CVI_HW_OFF };

  return cvi_check_file (&job, &callbacks, decoders);
}

static void
run_pipeline (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      (GstMessageType)(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* 16 s of noise in MP4, whose last packet lies right before its last box, or
 * with sound in Matroska. Returns: (transfer full): its bytes */
static char *
make_long (const char *name, const char *end, gsize *size, char **path)
{
  g_autofree char *text = NULL;
  char *data;

  *path = g_build_filename (folder, name, NULL);
  text = g_strdup_printf (
      "videotestsrc num-buffers=400 pattern=snow ! video/x-raw,format=I420,"
      "width=96,height=64,framerate=25/1 ! x264enc speed-preset=veryfast "
      "bframes=0 key-int-max=50 option-string=scenecut=0:threads=1 ! h264parse "
      "! %s ! filesink location=\"%s\"",
      end, *path);
  run_pipeline (text);
  g_assert_true (g_file_get_contents (*path, &data, size, NULL));
  return data;
}

static const CviFinding *
find_error (const CviResult *result, const char *stream)
{
  for (guint i = 0; i < result->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (result->findings, i);

    if (finding->rule == cvi_rule (CVI_RULE_DECODE_ERROR) &&
        g_strcmp0 (finding->stream, stream) == 0)
      return finding;
  }
  return NULL;
}

/* Checks @data in mode quick: found is what a macroblock of the video shows. */
static void
assert_found (const char *path, const char *data, gsize size)
{
  g_autoptr (GString) decoders = g_string_new (NULL);
  g_autoptr (CviResult) result = NULL;
  const CviFinding *finding;

  g_assert_true (g_file_set_contents (path, data, (gssize)size, NULL));
  result = check (path, CVI_MODE_QUICK, decoders);
  g_assert_cmpint (result->verdict, ==, CVI_VERDICT_CORRUPT);
  finding = find_error (result, "video/0");
  g_assert_nonnull (finding);
  g_assert_nonnull (strstr (finding->message, "macroblock"));
  /* Nothing has to be decoded to be sure. */
  g_assert_cmpstr (decoders->str, ==, "");
}

static gsize
find_moov (const char *data, gsize size)
{
  gsize at = size - 4;

  while (memcmp (data + at, "moov", 4) != 0)
    at--;
  return at - 4;
}

static void
test_whole (void)
{
  g_autofree char *path = NULL;
  gsize size;
  g_autofree char *data = make_long ("whole.mp4", "mp4mux", &size, &path);
  g_autoptr (GString) decoders = g_string_new (NULL);
  g_autoptr (CviResult) result = check (path, CVI_MODE_QUICK, decoders);
  const CviStream *stream = g_ptr_array_index (result->streams, 0);

  g_assert_cmpint (result->verdict, ==, CVI_VERDICT_HEALTHY);
  g_assert_cmpuint (stream->frames, >, 0);
  g_assert_cmpuint (stream->frames, <, 20);
  g_assert_cmpstr (decoders->str, ==, "avdec_h264 ");
}

/* Bits all over the middle, where no window is. */
static void
test_sample (void)
{
  g_autofree char *path = NULL;
  gsize size;
  g_autofree char *data = make_long ("sample.mp4", "mp4mux", &size, &path);

  for (gsize at = size / 4; at < size / 4 * 3; at += 2000)
    data[at] ^= 0x10;
  assert_found (path, data, size);
}

/* Where files are cut. */
static void
test_last_packet (void)
{
  g_autofree char *path = NULL;
  gsize size;
  g_autofree char *data = make_long ("last.mp4", "mp4mux", &size, &path);

  data[find_moov (data, size) - 40] ^= 0x10;
  assert_found (path, data, size);
}

/* One packet of sound in the middle. */
static void
test_sound (void)
{
  g_autofree char *path = NULL;
  gsize size, at, first;
  g_autofree char *data = make_long ("sound.mkv",
      "matroskamux name=m audiotestsrc num-buffers=400 samplesperbuffer=1920 "
      "wave=white-noise ! audio/x-raw,rate=48000,channels=2 ! audioconvert ! "
      "avenc_ac3 ! m. m.",
      &size, &path);
  g_autoptr (GString) decoders = g_string_new (NULL);
  g_autoptr (CviResult) result = NULL;

  for (first = 0; memcmp (data + first, "\x0b\x77", 2) != 0;)
    first++;
  /* With sample rate and size of the frame: the two bytes come by chance too.
   */
  for (at = size / 2; memcmp (data + at, "\x0b\x77", 2) != 0 ||
                      data[at + 4] != data[first + 4] ||
                      data[at + 5] != data[first + 5];)
    at++;
  data[at + 100] ^= 0x10;
  g_assert_true (g_file_set_contents (path, data, (gssize)size, NULL));
  result = check (path, CVI_MODE_QUICK, decoders);
  g_assert_cmpint (result->verdict, ==, CVI_VERDICT_CORRUPT);
  g_assert_nonnull (cvi_result_find (result, CVI_RULE_DECODE_CHECKSUM));
  /* The sound's alone. */
  g_assert_cmpstr (decoders->str, !=, "");
  g_assert_null (strstr (decoders->str, "h264"));
}

/* 40 s of @encoder in Matroska. Returns: (transfer full): its path */
static char *
make_windowed (const char *name, const char *encoder)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autofree char *text = g_strdup_printf (
      "videotestsrc num-buffers=1000 pattern=ball ! video/x-raw,format=I420,"
      "width=96,height=64,framerate=25/1 ! %s ! matroskamux ! "
      "filesink location=\"%s\"",
      encoder, path);

  run_pipeline (text);
  return path;
}

/* Decoding that begins at a recovery point is whole only after a whole period
 * of intra refresh, here 4 s. */
static void
test_recovery (void)
{
  g_autofree char *path = make_windowed ("refresh.mkv",
      "x264enc speed-preset=veryfast intra-refresh=true key-int-max=100 ! "
      "h264parse");
  g_autoptr (GString) decoders = g_string_new (NULL);
  g_autoptr (CviResult) result = check (path, CVI_MODE_QUICK, decoders);

  g_assert_cmpint (result->verdict, ==, CVI_VERDICT_HEALTHY);
  g_assert_nonnull (strstr (decoders->str, "h264"));
}

/* What begins right behind a sync point may be for want of what comes before;
 * what goes on is not. */
static void
test_goes_on (void)
{
  g_autofree char *path = NULL;
  g_autofree char *data = NULL;
  g_autoptr (GString) decoders = g_string_new (NULL);
  g_autoptr (CviResult) result = NULL;
  guint picture = 0;
  gsize size;

  path = make_windowed (
      "goes-on.mkv", "mpeg2enc format=3 bitrate=1500 ! mpegvideoparse");
  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  /* from second 30 on, all slices of the third row of macroblocks */
  for (gsize at = 0; at + 20 < size; at++) {
    if (memcmp (data + at, "\0\0\1", 3) != 0)
      continue;
    picture += data[at + 3] == 0;
    if (picture > 750 && data[at + 3] == 3)
      memset (data + at + 5, 0x55, 6);
  }
  g_assert_cmpuint (picture, >=, 1000);
  g_assert_true (g_file_set_contents (path, data, (gssize)size, NULL));
  result = check (path, CVI_MODE_QUICK, decoders);
  g_assert_cmpint (result->verdict, ==, CVI_VERDICT_CORRUPT);
}

/* A second: what deep makes of it, and no more work. */
static void
test_short (void)
{
  static const char *const names[] = { "one-second.mp4", "h264-opus.mkv",
    "h264-aac.ts", "mpeg4-mp3.avi", "vp9-opus.webm", NULL };

  for (guint i = 0; names[i]; i++) {
    g_autofree char *path = g_build_filename (media, names[i], NULL);
    g_autoptr (GString) once = g_string_new (NULL);
    g_autoptr (GString) again = g_string_new (NULL);
    g_autoptr (CviResult) deep = NULL;
    g_autoptr (CviResult) quick = NULL;

    if (!g_file_test (path, G_FILE_TEST_EXISTS))
      continue;
    deep = check (path, CVI_MODE_DEEP, once);
    quick = check (path, CVI_MODE_QUICK, again);
    g_assert_cmpint (quick->mode, ==, CVI_MODE_QUICK);
    g_assert_cmpint (quick->verdict, ==, deep->verdict);
    g_assert_cmpuint (quick->findings->len, ==, deep->findings->len);
    g_assert_cmpuint (quick->streams->len, ==, deep->streams->len);
    for (guint s = 0; s < deep->streams->len; s++) {
      const CviStream *a = g_ptr_array_index (deep->streams, s);
      const CviStream *b = g_ptr_array_index (quick->streams, s);

      g_assert_cmpuint (a->frames, ==, b->frames);
    }
    g_assert_cmpstr (again->str, ==, once->str);
  }
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
  media = g_getenv ("CVI_MEDIA");
  g_assert_nonnull (media);
  folder = g_dir_make_tmp ("cvi-quick-XXXXXX", NULL);

  g_test_add_func ("/quick/whole", test_whole);
  g_test_add_func ("/quick/sample", test_sample);
  g_test_add_func ("/quick/last-packet", test_last_packet);
  g_test_add_func ("/quick/sound", test_sound);
  g_test_add_func ("/quick/recovery", test_recovery);
  g_test_add_func ("/quick/goes-on", test_goes_on);
  g_test_add_func ("/quick/short", test_short);
  rc = g_test_run ();
  remove_folder ();
  g_free (folder);
  return rc;
}
