/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Pictures of places of clips, whole and damaged. */
#include "tools/worker/cvi-pictures.h"

#include <glib/gstdio.h>
#include <gst/gst.h>

#include "plugin/element/gstcvicheck.h"
#include "tests/media/cvi-damage.h"
#include "tools/pool/cvi-jpeg.h"

#define MAX_BYTES (12 * 1024)
/* Two frames of the clips' slowest. */
#define NEAR_NS (250 * GST_MSECOND)

static const char *media;
static char *folder;

static void
ignore_progress (
    guint64 buffers, guint64 bytes, guint64 position_ns, gpointer user_data)
{
}

/* @places: in GVariant text format */
static GVariant *
take (const char *path, const char *places)
{
  g_autoptr (GVariant) parsed =
      g_variant_ref_sink (g_variant_new_parsed (places));

  return g_variant_ref_sink (
      cvi_pictures_take (path, parsed, ignore_progress, NULL));
}

/* Is picture @i at most so large (pixels)? */
static gboolean
is_within (GVariant *pictures, guint i, guint side)
{
  g_autoptr (GVariant) picture = g_variant_get_child_value (pictures, i);
  g_autoptr (GVariant) bytes = g_variant_get_child_value (picture, 3);
  gconstpointer data;
  gsize len;

  data = g_variant_get_fixed_array (bytes, &len, 1);
  return cvi_jpeg_is_picture (data, len, side);
}

/* Returns: the time of picture @i, after having looked at the rest */
static guint64
look_at (GVariant *pictures, guint i, guint place, gboolean before)
{
  g_autoptr (GVariant) picture = g_variant_get_child_value (pictures, i);
  g_autoptr (GVariant) bytes = g_variant_get_child_value (picture, 3);
  gconstpointer data;
  gboolean is_before;
  guint64 time_ns;
  guint32 number;
  gsize len;

  g_variant_get (picture, "(ubt@ay)", &number, &is_before, &time_ns, NULL);
  g_assert_cmpuint (number, ==, place);
  g_assert_cmpint (is_before, ==, before);
  data = g_variant_get_fixed_array (bytes, &len, 1);
  g_assert_cmpuint (len, <=, MAX_BYTES);
  g_assert_true (cvi_jpeg_is_picture (data, len, 320));
  return time_ns;
}

/* In containers and codecs of all kinds, and where no seek leads to. */
static void
test_clips (void)
{
  static const char *const names[] = { "h264-opus.mkv", "h264-aac.mp4",
    "h264-aac.ts", "h265-aac.mp4", "vp8-vorbis.webm", "vp9-opus.webm",
    "mpeg4-mp3.avi", "mpeg2-mp2.mpg", "theora-vorbis.ogv", "h264-aac.flv",
    "b-frames.mp4" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (media, names[i], NULL);
    g_autoptr (GVariant) pictures =
        take (path, "[('video/0', @t 2010000000), ('video/0', 1010000000)]");

    g_test_message ("%s", names[i]);
    g_assert_cmpuint (g_variant_n_children (pictures), ==, 4);
    for (guint place = 0; place < 2; place++) {
      guint64 at_ns = (place == 0 ? 2010 : 1010) * GST_MSECOND;
      guint64 before_ns = look_at (pictures, 2 * place, place, TRUE);
      guint64 after_ns = look_at (pictures, 2 * place + 1, place, FALSE);

      g_assert_cmpuint (before_ns, <, at_ns);
      g_assert_cmpuint (before_ns, >=, at_ns - NEAR_NS);
      g_assert_cmpuint (after_ns, >=, at_ns);
      g_assert_cmpuint (after_ns, <=, at_ns + NEAR_NS);
    }
  }
}

/* What is shown of the damaged file at @place_ns against the whole one: of a
 * good picture of the same time the same bytes. Returns: whether what comes at
 * the place differs */
static gboolean
differs_at (const char *good, const char *bad, guint64 place_ns)
{
  g_autofree char *place =
      g_strdup_printf ("[('video/0', @t %" G_GUINT64_FORMAT ")]", place_ns);
  g_autoptr (GVariant) whole = take (good, place);
  g_autoptr (GVariant) damaged = take (bad, place);
  gboolean same[2] = { TRUE, TRUE };

  g_assert_cmpuint (g_variant_n_children (whole), ==, 2);
  if (g_variant_n_children (damaged) != 2)
    return TRUE;
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GVariant) a = g_variant_get_child_value (whole, i);
    g_autoptr (GVariant) b = g_variant_get_child_value (damaged, i);

    if (look_at (whole, i, 0, i == 0) == look_at (damaged, i, 0, i == 0))
      same[i] = g_variant_equal (a, b);
    else
      same[1] = FALSE;
  }
  return !same[0] || !same[1];
}

/* Is byte for byte the same made of the damaged file before the damage, and
 * something else where it is? */
static void
test_damaged (void)
{
  static const char places[] = "[('video/0', @t 2000000000)]";
  g_autofree char *good = g_build_filename (media, "h264-opus.mkv", NULL);
  g_autofree char *bad = g_build_filename (folder, "bad.mkv", NULL);
  g_autoptr (GArray) spots = g_array_new (FALSE, FALSE, sizeof (CviDamageSpot));
  g_autoptr (GVariant) damaged = NULL;
  g_autoptr (GError) error = NULL;
  guint n_different = 0;

  g_assert_true (cvi_damage_file ("zero-32k", 1, good, bad, spots, &error));
  g_assert_no_error (error);
  for (guint64 place = 400; place < 3400; place += 200)
    n_different += differs_at (good, bad, place * GST_MSECOND);
  g_assert_cmpuint (n_different, >, 0);
  g_assert_cmpuint (n_different, <, 15);
  g_unlink (bad);

  /* Of a file that was cut there is nothing behind. */
  g_assert_true (cvi_damage_file ("cut-30", 1, good, bad, spots, &error));
  g_assert_no_error (error);
  damaged = take (bad, places);
  g_assert_cmpuint (g_variant_n_children (damaged), ==, 1);
  g_assert_cmpuint (look_at (damaged, 0, 0, TRUE), <, 2 * GST_SECOND);
  g_unlink (bad);
}

static void
test_nothing (void)
{
  g_autofree char *clip = g_build_filename (media, "h264-aac.mp4", NULL);
  g_autofree char *sound = g_build_filename (media, "audio-only.mp4", NULL);
  g_autofree char *text = g_build_filename (folder, "text.mp4", NULL);
  const struct {
    const char *path;
    const char *places;
  } rows[] = {
    { clip, "@a(st) []" },
    { clip, "[('video/7', @t 1000000000)]" },
    { clip, "[('audio/0', @t 1000000000)]" },
    { sound, "[('video/0', @t 1000000000)]" },
    { text, "[('video/0', @t 1000000000)]" },
    { folder, "[('video/0', @t 1000000000)]" },
    { "/no/such/file.mp4", "[('video/0', @t 1000000000)]" },
  };

  g_assert_true (g_file_set_contents (text, "This is a text.", -1, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GVariant) pictures = take (rows[i].path, rows[i].places);

    g_test_message ("%s %s", rows[i].path, rows[i].places);
    g_assert_cmpuint (g_variant_n_children (pictures), ==, 0);
  }
  g_unlink (text);
}

/* A time that no file has. */
static void
test_beyond (void)
{
  g_autofree char *clip = g_build_filename (media, "h264-aac.mp4", NULL);
  g_autoptr (GVariant) pictures =
      take (clip, "[('video/0', @t 18446744073709551615), ('video/0', 0)]");
  guint n = (guint)g_variant_n_children (pictures);

  /* Of the end at most the last one before, of the start the first. */
  g_assert_cmpuint (n, >=, 1);
  g_assert_cmpuint (look_at (pictures, n - 1, 1, FALSE), <, NEAR_NS);
  if (n > 1)
    look_at (pictures, 0, 0, TRUE);
  g_assert_cmpuint (n, <=, 2);
}

/* Noise, high and narrow: too many bytes at the usual width. */
static void
test_noise (void)
{
  g_autofree char *path = g_build_filename (folder, "noise.avi", NULL);
  g_autofree char *text = g_strdup_printf (
      "videotestsrc num-buffers=25 pattern=snow ! "
      "video/x-raw,width=240,height=480,framerate=25/1 ! jpegenc ! avimux ! "
      "filesink location=%s",
      path);
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GVariant) pictures = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  pictures = take (path, "[('video/0', @t 500000000)]");
  g_assert_cmpuint (g_variant_n_children (pictures), ==, 2);
  look_at (pictures, 0, 0, TRUE);
  look_at (pictures, 1, 0, FALSE);
  /* 96 by 192 */
  g_assert_true (is_within (pictures, 0, 192));
  g_assert_false (is_within (pictures, 0, 191));
  g_unlink (path);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  media = g_getenv ("CVI_MEDIA");
  g_assert_nonnull (media);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_init (NULL, NULL);
  GST_ELEMENT_REGISTER (cvicheck, NULL);
  folder = g_dir_make_tmp ("cvi-pictures-XXXXXX", NULL);
  g_test_add_func ("/pictures/clips", test_clips);
  g_test_add_func ("/pictures/damaged", test_damaged);
  g_test_add_func ("/pictures/nothing", test_nothing);
  g_test_add_func ("/pictures/beyond", test_beyond);
  g_test_add_func ("/pictures/noise", test_noise);
  status = g_test_run ();
  g_rmdir (folder);
  g_free (folder);
  return status;
}
