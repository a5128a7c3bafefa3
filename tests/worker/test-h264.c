/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* H.264 slices made by an encoder end where they should; the same with bits
 * changed do not. */
#include <string.h>
#include <gst/gst.h>
#include "tests/worker/packets.h"
#include "tools/codec/cvi-h264.h"

#define BYTE_STREAM "video/x-h264,stream-format=byte-stream,alignment=au"
/* Nothing is looked at before the next NAL unit begins. */
#define END_OF_SEQUENCE "\0\0\1\x0a\0\0\1"

/* With more threads what x264enc makes is not the same in every run.
 * @encoder: x264enc and its properties */
static GPtrArray *
make_pictures (const char *source, const char *encoder)
{
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=24 %s ! videoconvert ! x264enc threads=1 %s "
      "! " BYTE_STREAM,
      source, encoder + strlen ("x264enc"));
  GPtrArray *pictures = make_packets (launch);

  g_assert_true (g_str_has_prefix (encoder, "x264enc"));
  g_assert_cmpuint (pictures->len, ==, 24);
  return pictures;
}

static CviH264Check *
new_check (void)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (BYTE_STREAM);

  return cvi_h264_check_new (caps);
}

/* Number of times that something is found in @data, cut into pieces of @step
 * bytes. */
static guint
check_pieces (CviH264Check *check, const guint8 *data, gsize size, gsize step)
{
  guint bad = 0;

  for (gsize at = 0; at < size; at += step) {
    const char *fault = NULL;

    if (cvi_h264_check_packet (
            check, data + at, MIN (step, size - at), &fault)) {
      g_assert_null (fault);
    } else {
      g_assert_nonnull (fault);
      bad++;
    }
  }
  return bad;
}

/* Number of packets that are refused if @damaged (index, or -1) is replaced by
 * @replacement. */
static guint
count_bad (
    GPtrArray *pictures, gint damaged, const guint8 *replacement, gsize size)
{
  CviH264Check *check = new_check ();
  guint bad = 0;

  for (guint i = 0; i < pictures->len; i++) {
    gsize length;
    const guint8 *data =
        g_bytes_get_data (g_ptr_array_index (pictures, i), &length);

    if ((gint)i == damaged) {
      data = replacement;
      length = size;
    }
    bad += check_pieces (check, data, length, MAX (length, 1));
  }
  bad += check_pieces (check, (const guint8 *)END_OF_SEQUENCE,
      sizeof END_OF_SEQUENCE - 1, sizeof END_OF_SEQUENCE - 1);
  if (damaged < 0)
    g_assert_true (cvi_h264_check_is_complete (check));
  cvi_h264_check_free (check);
  return bad;
}

typedef struct {
  const char *name;
  const char *source;
  const char *encoder;
} Kind;

#define SIZE "! video/x-raw,width=178,height=146"
#define INTERLACED                                                             \
  "! "                                                                         \
  "video/x-raw,width=176,height=160,framerate=25/1,interlace-mode=interleaved"
#define SNOW "pattern=snow " SIZE

static const Kind kinds[] = {
  { "cabac", SNOW, "x264enc bframes=3 b-adapt=false ref=4" },
  { "cavlc", SNOW, "x264enc cabac=false bframes=3 b-adapt=false dct8x8=true" },
  { "baseline", SNOW,
      "x264enc ! capsfilter caps=video/x-h264,profile=constrained-baseline" },
  { "moving", "pattern=ball " SIZE,
      "x264enc subme=9 me=umh trellis=true bframes=4 "
      "option-string=partitions=all" },
  { "mbaff", "pattern=snow " INTERLACED,
      "x264enc interlaced=true bframes=2 option-string=direct=temporal" },
  { "mbaff-moving", "pattern=ball " INTERLACED,
      "x264enc interlaced=true bframes=3 ref=4 option-string=partitions=all" },
  { "mbaff-cavlc", "pattern=snow " INTERLACED,
      "x264enc interlaced=true cabac=false bframes=2" },
  { "mbaff-cavlc-moving", "pattern=ball " INTERLACED,
      "x264enc interlaced=true cabac=false bframes=3 ref=4" },
  { "slices", SNOW, "x264enc option-string=slices=4:constrained-intra=1" },
  { "slices-cavlc", SNOW,
      "x264enc cabac=false option-string=slice-max-size=300" },
  { "4:2:2", SNOW ",format=Y42B", "x264enc bframes=2 dct8x8=true" },
  { "4:2:2-cavlc", SNOW ",format=Y42B", "x264enc bframes=2 cabac=false" },
  { "4:4:4", SNOW ",format=Y444", "x264enc bframes=2 dct8x8=true" },
  { "4:4:4-cavlc", SNOW ",format=Y444", "x264enc bframes=2 cabac=false" },
  { "10-bit", SNOW ",format=I420_10LE", "x264enc bframes=2" },
  { "lossless", SNOW, "x264enc pass=quant quantizer=0" },
  { "lossless-cavlc", SNOW, "x264enc pass=quant quantizer=0 cabac=false" },
  { "fine", SNOW, "x264enc pass=quant quantizer=1" },
  { "coarse", SNOW, "x264enc pass=quant quantizer=50" },
};

static void
test_whole (gconstpointer data)
{
  const Kind *kind = data;
  g_autoptr (GPtrArray) pictures = make_pictures (kind->source, kind->encoder);

  guint largest = 1;
  gsize size = 0;
  const guint8 *half;

  g_assert_cmpuint (count_bad (pictures, -1, NULL, 0), ==, 0);
  for (guint i = 1; i < pictures->len; i++) {
    gsize length = g_bytes_get_size (g_ptr_array_index (pictures, i));

    if (length > size) {
      largest = i;
      size = length;
    }
  }
  half = g_bytes_get_data (g_ptr_array_index (pictures, largest), NULL);
  g_assert_cmpuint (count_bad (pictures, (gint)largest, half, size / 2), >=, 1);
}

/* What is cut into packets anywhere is read the same. */
static void
test_pieces (void)
{
  g_autoptr (GPtrArray) pictures =
      make_pictures (SNOW, "x264enc option-string=slices=3");
  static const gsize steps[] = { 1, 3, 188, 4096 };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    CviH264Check *check = new_check ();
    g_autoptr (GByteArray) all = g_byte_array_new ();

    for (guint j = 0; j < pictures->len; j++) {
      gsize size;
      const guint8 *data =
          g_bytes_get_data (g_ptr_array_index (pictures, j), &size);

      g_byte_array_append (all, data, (guint)size);
    }
    g_assert_cmpuint (
        check_pieces (check, all->data, all->len, steps[i]), ==, 0);
    /* The last slice but one, with a bit changed; it comes once more. */
    all->data[all->len * 15 / 16] ^= 4;
    g_assert_cmpuint (
        check_pieces (check, all->data, all->len, steps[i]), >=, 1);
    cvi_h264_check_free (check);
  }
}

/* No encoder here makes field pictures. These were put together bit by bit, and
 * libav decodes them: 320x256, an I field of Intra_16x16 without coefficients
 * and a P field of skipped macroblocks. */
static void
test_fields (void)
{
  static const char sets[] = "\0\0\1\x67\x64\x00\x15\xac\xb2\x82\x82\x0b"
                             "\x01\x10\x00\x00\x03\x00\x10\x00\x00\x03"
                             "\x03\x20\xf1\x62\xe5\x80"
                             "\0\0\1\x68\xe9\x20\xf2\xc8\xb0";
  static const char fields[] =
      "\0\0\1\x65\x88\x85\x2b\xfe\xda\xce\x1c\xa8\x81\x18\x3d\xed\x95"
      "\x56\x89\xb3\x32\x06\x7d\x00\x00\x2c\x78\xe4\xfd\x34\x70\x02\x40"
      "\xbf\x80\x04\x7c\xfc\xf9\xc1\x63\x18"
      "\0\0\1\x61\x9a\x1e\x6b\x00\x00\x2d\xa0";
  g_autofree guint8 *copy = g_memdup2 (fields, sizeof fields - 1);
  CviH264Check *check = new_check ();
  guint bad = check_pieces (
      check, (const guint8 *)sets, sizeof sets - 1, sizeof sets - 1);

  for (guint i = 0; i < 10; i++)
    bad += check_pieces (check, (const guint8 *)fields, sizeof fields - 1, 64);
  g_assert_cmpuint (bad, ==, 0);
  copy[20] ^= 1;
  bad = check_pieces (check, copy, sizeof fields - 1, sizeof fields - 1);
  g_assert_cmpuint (bad, ==, 1);
  copy[20] ^= 1;
  copy[sizeof fields - 3] ^= 1;
  check_pieces (check, copy, sizeof fields - 1, sizeof fields - 1);
  bad = check_pieces (check, (const guint8 *)END_OF_SEQUENCE,
      sizeof END_OF_SEQUENCE - 1, sizeof END_OF_SEQUENCE - 1);
  g_assert_cmpuint (bad, ==, 1);
  cvi_h264_check_free (check);
}

/* Share of pictures, in percent, in which a changed bit is found. */
static guint
percent_found (const char *encoder)
{
  g_autoptr (GPtrArray) pictures = make_pictures (SNOW, encoder);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  guint found = 0, tried = 0;

  for (guint i = 1; i < pictures->len; i++) {
    gsize size;
    const guint8 *data =
        g_bytes_get_data (g_ptr_array_index (pictures, i), &size);

    for (guint j = 0; j < 4 && size > 200; j++) {
      g_autofree guint8 *copy = g_memdup2 (data, size);

      copy[g_rand_int_range (rand, 60, (gint32)size - 4)] ^=
          (guint8)(1u << g_rand_int_range (rand, 0, 8));
      tried++;
      found += count_bad (pictures, (gint)i, copy, size) > 0;
    }
  }
  g_assert_cmpuint (tried, >=, 60);
  return found * 100 / tried;
}

/* Measured on clips of many kinds: all of 360 bits with CABAC, 237 of 360 with
 * CAVLC, whose codes mostly fall in step again. */
static void
test_flips (void)
{
  g_assert_cmpuint (percent_found ("x264enc bframes=2"), >=, 97);
  g_assert_cmpuint (percent_found ("x264enc bframes=2 cabac=false"), >=, 40);
}

/* Changes the end of a picture's last slice. */
static void
test_ends (gconstpointer encoder)
{
  g_autoptr (GPtrArray) pictures = make_pictures (SNOW, encoder);
  gsize size;
  const guint8 *data =
      g_bytes_get_data (g_ptr_array_index (pictures, 12), &size);
  g_autofree guint8 *copy = g_malloc0 (size + 8);

  memcpy (copy, data, size);
  g_assert_cmpuint (count_bad (pictures, 12, copy, size / 2), >=, 1);
  g_assert_cmpuint (count_bad (pictures, 12, copy, size - 2), >=, 1);
  /* Zeros may follow, but nothing else. */
  g_assert_cmpuint (count_bad (pictures, 12, copy, size + 8), ==, 0);
  memset (copy + size, 0x55, 8);
  g_assert_cmpuint (count_bad (pictures, 12, copy, size + 8), ==, 1);
}

static void
test_lost_slice (void)
{
  g_autoptr (GPtrArray) pictures =
      make_pictures (SNOW, "x264enc option-string=slices=4");
  gsize size;
  const guint8 *data =
      g_bytes_get_data (g_ptr_array_index (pictures, 12), &size);
  g_autoptr (GByteArray) copy = g_byte_array_new ();
  gsize last = 0, before = 0;

  for (gsize i = 0; i + 3 < size; i++) {
    if (memcmp (data + i, "\0\0\1", 3) == 0) {
      before = last;
      last = i;
    }
  }
  g_byte_array_append (copy, data, (guint)last);
  g_assert_cmpuint (count_bad (pictures, 12, copy->data, copy->len), ==, 1);
  g_byte_array_set_size (copy, (guint)before);
  g_byte_array_append (copy, data + last, (guint)(size - last));
  g_assert_cmpuint (count_bad (pictures, 12, copy->data, copy->len), ==, 1);
}

/* Length-prefixed packets with their parameter sets in the caps. */
static void
test_avc (void)
{
  g_autoptr (GPtrArray) pictures = make_packets (
      "videotestsrc num-buffers=8 " SNOW " ! videoconvert ! x264enc "
      "bframes=0 ! video/x-h264,stream-format=byte-stream ! "
      "h264parse config-interval=-1 ! "
      "video/x-h264,stream-format=avc,alignment=au");
  g_autoptr (GstCaps) bare = gst_caps_from_string (
      "video/x-h264,stream-format=avc,codec_data=(buffer)0142c01effe000");
  CviH264Check *check = cvi_h264_check_new (bare);
  guint bad = 0;

  /* The first packet has the parameter sets as well. */
  for (guint i = 0; i < pictures->len; i++) {
    gsize size;
    const guint8 *data =
        g_bytes_get_data (g_ptr_array_index (pictures, i), &size);
    g_autofree guint8 *copy = g_memdup2 (data, size);

    if (i == 5)
      copy[size / 2] ^= 1;
    bad += check_pieces (check, copy, size, size);
    g_assert_cmpuint (bad, ==, i >= 5);
  }
  cvi_h264_check_free (check);
}

/* Of every third picture the bits are read, of the others the parameter sets.
 * @hit: the picture with a wrong bit. Returns: the one that is told of, or 0 */
static guint
check_sample (GstCaps *caps, GPtrArray *pictures, guint hit)
{
  CviH264Check *check = cvi_h264_check_new (caps);
  const char *fault;
  guint told = 0;

  for (guint i = 0; i < pictures->len; i++) {
    gsize size;
    const guint8 *data =
        g_bytes_get_data (g_ptr_array_index (pictures, i), &size);
    g_autofree guint8 *copy = g_memdup2 (data, size);

    if (i == hit)
      copy[size / 2] ^= 1;
    if (i % 3 != 1)
      cvi_h264_check_pass_by (check, copy, size);
    else if (!cvi_h264_check_packet (check, copy, size, &fault) ||
             !cvi_h264_check_whole (check, &fault))
      told = i;
  }
  cvi_h264_check_free (check);
  return told;
}

/* The first picture, with the parameter sets, is one that is passed by. */
static void
test_sample (gconstpointer format)
{
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=12 " SNOW " ! videoconvert ! x264enc "
      "bframes=2 ! video/x-h264,stream-format=byte-stream ! "
      "h264parse config-interval=-1 ! "
      "video/x-h264,stream-format=%s,alignment=au",
      (const char *)format);
  g_autoptr (GPtrArray) pictures = make_packets (launch);
  g_autoptr (GstCaps) caps =
      gst_caps_new_simple ("video/x-h264", "stream-format", G_TYPE_STRING,
          format, "alignment", G_TYPE_STRING, "au", NULL);

  if (strcmp (format, "avc") == 0) {
    gst_caps_unref (g_steal_pointer (&caps));
    caps = gst_caps_from_string (
        "video/x-h264,stream-format=avc,codec_data=(buffer)0142c01effe000");
  }
  g_assert_cmpuint (pictures->len, ==, 12);
  g_assert_cmpuint (check_sample (caps, pictures, G_MAXUINT), ==, 0);
  g_assert_cmpuint (check_sample (caps, pictures, 7), ==, 7);
  g_assert_cmpuint (check_sample (caps, pictures, 10), ==, 10);
  g_assert_cmpuint (check_sample (caps, pictures, 6), ==, 0);
}

/* Every bit pattern is read without harm. */
static void
test_hostile (gconstpointer encoder)
{
  g_autoptr (GPtrArray) pictures = make_pictures (SNOW, encoder);
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);
  CviH264Check *check = new_check ();

  for (guint round = 0; round < 400; round++) {
    gsize size;
    const guint8 *data = g_bytes_get_data (
        g_ptr_array_index (pictures, round % pictures->len), &size);
    g_autofree guint8 *copy = g_memdup2 (data, size);
    gint32 first = round % 3 ? 40 : 0;

    for (guint i = 0; i < 1 + round % 50 && size > 60; i++)
      copy[g_rand_int_range (rand, first, (gint32)size)] =
          (guint8)g_rand_int (rand);
    if (round % 5 == 0)
      cvi_h264_check_pass_by (check, copy, size);
    check_pieces (check, copy, size, size);
  }
  cvi_h264_check_free (check);
}

static void
test_noise (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  CviH264Check *check = new_check ();
  guint8 noise[700];

  for (guint round = 0; round < 4000; round++) {
    gsize size = (gsize)g_rand_int_range (rand, 0, sizeof noise);

    for (gsize i = 0; i < size; i++)
      noise[i] = (guint8)(g_rand_int (rand) & (round & 1 ? 0xff : 0x83));
    if (size > 8) {
      memcpy (noise, "\0\0\1", 3);
      noise[3] = (guint8)(0x60 | (1 + round % 8));
    }
    check_pieces (check, noise, size, MAX (size, 1));
  }
  cvi_h264_check_free (check);
}

/* The last NAL unit, of which nothing tells the end: whole, cut off anywhere in
 * its second half, with whole ones only. */
static void
test_end (gconstpointer encoder)
{
  g_autoptr (GPtrArray) pictures = make_pictures (SNOW, encoder);
  guint n_cut = 0;

  for (guint share = 10; share >= 5; share--) {
    CviH264Check *check = new_check ();
    const char *fault = NULL;
    gboolean cut = FALSE;

    for (guint i = 0; i < pictures->len; i++) {
      gsize size;
      const guint8 *data =
          g_bytes_get_data (g_ptr_array_index (pictures, i), &size);

      if (i + 1 == pictures->len)
        size = size * share / 10;
      g_assert_cmpuint (check_pieces (check, data, size, size), ==, 0);
    }
    if (share == 10) {
      g_assert_true (cvi_h264_check_end (check, &fault, &cut));
      g_assert_null (fault);
      g_assert_false (cut);
    } else {
      g_assert_false (cvi_h264_check_end (check, &fault, &cut));
      g_assert_nonnull (fault);
      g_test_message ("%u: %s", share, fault);
      n_cut += cut;
    }
    cvi_h264_check_free (check);
  }
  /* What is impossible may come earlier than the end in CAVLC. */
  if (!strstr (encoder, "cabac=false"))
    g_assert_cmpuint (n_cut, >=, 3);
}

/* Whether a unit among good ones leaves something to a decoder. */
static void
test_complete (void)
{
#define UNIT(text, complete)                                                   \
  {                                                                            \
    text, sizeof text - 1, complete                                            \
  }
  static const struct {
    const char *data;
    gsize size;
    gboolean complete;
  } units[] = {
    UNIT ("\0\0\1\x06\x05\x01\xaa\x80", TRUE),          /* SEI */
    UNIT ("\0\0\1\x09\xf0", TRUE),                      /* delimiter */
    UNIT ("\0\0\1\x62\x11\x22\x33\x44", FALSE),         /* partition A */
    UNIT ("\0\0\1\x13\x11\x22\x33\x44", FALSE),         /* auxiliary */
    UNIT ("\0\0\1\x74\x40\x80\x3f\x11\x22", FALSE),     /* a layer */
    UNIT ("\0\0\1\x68\xff", FALSE),                     /* PPS */
    UNIT ("\0\0\1\x67\x64", FALSE),                     /* SPS */
    UNIT ("\0\0\1\x41\0\0\x0e\x11\x22\x33\x44", FALSE), /* slice */
  };
#undef UNIT
  /* Snow goes on from test to test. */
  g_autoptr (GPtrArray) pictures =
      make_pictures ("pattern=ball " SIZE, "x264enc");

  for (guint i = 0; i < G_N_ELEMENTS (units); i++) {
    CviH264Check *check = new_check ();

    g_test_message ("unit %u", i);
    g_assert_false (cvi_h264_check_is_complete (check));
    for (guint k = 0; k < pictures->len; k++) {
      gsize size;
      const guint8 *data =
          g_bytes_get_data (g_ptr_array_index (pictures, k), &size);

      if (k == 12)
        check_pieces (check, (const guint8 *)units[i].data, units[i].size, 64);
      check_pieces (check, data, size, MAX (size, 1));
    }
    g_assert_cmpint (cvi_h264_check_is_complete (check), ==, units[i].complete);
    cvi_h264_check_free (check);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autofree char *path = g_strdup_printf ("/h264/whole/%s", kinds[i].name);

    g_test_add_data_func (path, &kinds[i], test_whole);
  }
  g_test_add_func ("/h264/pieces", test_pieces);
  g_test_add_func ("/h264/complete", test_complete);
  g_test_add_func ("/h264/fields", test_fields);
  g_test_add_func ("/h264/flips", test_flips);
  g_test_add_data_func ("/h264/ends/cabac", "x264enc", test_ends);
  g_test_add_data_func ("/h264/ends/cavlc", "x264enc cabac=false", test_ends);
  g_test_add_func ("/h264/lost-slice", test_lost_slice);
  g_test_add_func ("/h264/avc", test_avc);
  g_test_add_data_func ("/h264/sample/avc", "avc", test_sample);
  g_test_add_data_func ("/h264/sample/byte-stream", "byte-stream", test_sample);
  g_test_add_data_func (
      "/h264/hostile/cabac", "x264enc bframes=2 interlaced=true", test_hostile);
  g_test_add_data_func ("/h264/hostile/cavlc",
      "x264enc bframes=2 cabac=false option-string=slices=3", test_hostile);
  g_test_add_func ("/h264/noise", test_noise);
  g_test_add_data_func ("/h264/end/cabac", "x264enc bframes=0", test_end);
  g_test_add_data_func (
      "/h264/end/slices", "x264enc option-string=slices=4", test_end);
  return g_test_run ();
}
