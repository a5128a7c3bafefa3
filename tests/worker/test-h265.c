/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* H.265 made by an encoder is whole; the same with bits changed, cut or longer
 * is not. */
#include <string.h>
#include <gst/gst.h>
#include "tests/worker/h265-streams.h"
#include "tests/worker/packets.h"
#include "tools/codec/cvi-h265.h"

#define N_FRAMES 8

/* What to encode: the encoder's options and the raw format. */
typedef struct {
  const char *name;
  const char *format;
  guint width, height;
  const char *options;
} Encoding;

static const Encoding plain = { "plain", "I420", 176, 144, "wpp=0" };
static const Encoding slices = { "slices", "I420", 320, 256,
  "slices=3:wpp=1:ctu=32" };

static const Encoding encodings[] = {
  { "wpp", "I420", 320, 240, "wpp=1:ctu=16" },
  { "narrow", "I420", 64, 256, "wpp=1:ctu=64" },
  { "odd-size", "I420", 162, 98, "ctu=64:min-cu-size=8" },
  { "small-units", "I420", 176, 144,
      "ctu=16:max-tu-size=8:tu-intra-depth=3:tu-inter-depth=3" },
  { "large-units", "I420", 256, 256,
      "ctu=64:min-cu-size=32:rect=1:amp=1:bframes=4" },
  { "transform-skip", "I420", 176, 144, "tskip=1:crf=10:sao=0" },
  { "lossless", "I420", 176, 144, "lossless=1" },
  { "bypass", "I420", 176, 144, "cu-lossless=1:crf=5" },
  { "qp-delta", "I420", 176, 144, "aq-mode=3:qg-size=8:signhide=0" },
  { "one-merge", "I420", 176, 144,
      "max-merge=1:constrained-intra=1:ref=4:bframes=3" },
  { "10-bit", "I420_10LE", 176, 144, "crf=18" },
  { "12-bit", "I420_12LE", 176, 144, "crf=12" },
  { "4:2:2", "Y42B", 176, 144, "crf=14:tu-intra-depth=3" },
  { "4:4:4", "Y444", 176, 144, "crf=14:tu-intra-depth=3:tskip=1" },
  { "intra-4:2:2", "I422_10LE", 176, 144, "keyint=1:crf=12" },
};

static GPtrArray *
encode (const Encoding *encoding)
{
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=%d pattern=%s ! video/x-raw,format=%s,"
      "width=%u,height=%u,framerate=25/1 ! x265enc speed-preset=medium "
      "option-string=\"%s:pools=1:frame-threads=1:log-level=none\" ! "
      "video/x-h265,stream-format=byte-stream,alignment=au",
      N_FRAMES, "snow", encoding->format, encoding->width, encoding->height,
      encoding->options);
  GPtrArray *packets = make_packets (launch);

  g_assert_cmpuint (packets->len, ==, N_FRAMES);
  return packets;
}

static CviH265Check *
new_check (void)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (
      "video/x-h265,stream-format=byte-stream,alignment=au");

  return cvi_h265_check_new (caps);
}

/* Number of packets that the check refuses when @damaged (index, or -1) is
 * replaced. */
static guint
count_bad (GPtrArray *packets, gint damaged, const guint8 *data, gsize size)
{
  CviH265Check *check = new_check ();
  guint bad = 0;

  for (guint i = 0; i < packets->len; i++) {
    gsize length;
    const guint8 *bytes =
        g_bytes_get_data (g_ptr_array_index (packets, i), &length);
    const char *fault;

    if ((gint)i == damaged) {
      bytes = data;
      length = size;
    }
    if (!cvi_h265_check_packet (check, bytes, length, &fault)) {
      g_assert_nonnull (fault);
      if (damaged < 0)
        g_test_message ("packet %u: %s", i, fault);
      bad++;
    } else {
      g_assert_null (fault);
    }
  }
  cvi_h265_check_free (check);
  return bad;
}

static guint8 *
copy_packet (GPtrArray *packets, guint i, gsize extra, gsize *size)
{
  const guint8 *data = g_bytes_get_data (g_ptr_array_index (packets, i), size);
  guint8 *copy = g_malloc0 (*size + extra);

  memcpy (copy, data, *size);
  return copy;
}

/* Returns: offset of the start code of NAL unit @n of those of slices */
static gsize
find_slice (const guint8 *data, gsize size, guint n)
{
  for (gsize i = 0; i + 4 < size; i++) {
    if (data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1 &&
        (data[i + 3] >> 1) < 32 && n-- == 0)
      return i;
  }
  return size;
}

/* Flips of one bit, somewhere in the slices' data. */
static void
test_flips (GPtrArray *packets)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  guint found = 0, tried = 0;

  for (guint round = 0; round < 40; round++) {
    guint i = 1 + round % (packets->len - 1);
    gsize size;
    g_autofree guint8 *copy = copy_packet (packets, i, 0, &size);

    gsize from = find_slice (copy, size, 0) + 16;

    if (size < from + 40)
      continue;
    copy[g_rand_int_range (rand, (gint32)from, (gint32)size)] ^=
        (guint8)(1u << g_rand_int_range (rand, 0, 8));
    tried++;
    found += count_bad (packets, (gint)i, copy, size) > 0;
  }
  g_assert_cmpuint (tried, >=, 20);
  /* Measured: 97 to 100 %. That so many are found also shows that the slices
   * were read at all. */
  g_assert_cmpuint (found * 10, >=, tried * 9);
}

static void
test_encoding (gconstpointer data)
{
  g_autoptr (GPtrArray) packets = encode (data);

  g_assert_cmpuint (count_bad (packets, -1, NULL, 0), ==, 0);
  test_flips (packets);
}

/* The stream as one packet, since the check asks for whole pictures only. */
static void
test_stream (gconstpointer data)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);
  g_autoptr (GPtrArray) packets =
      g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  guint found = 0;
  gsize size;
  guint8 *bytes = g_base64_decode (data, &size);

  g_ptr_array_add (packets, g_bytes_new_take (bytes, size));
  g_assert_cmpuint (count_bad (packets, -1, NULL, 0), ==, 0);
  for (guint round = 0; round < 200; round++) {
    g_autofree guint8 *copy = copy_packet (packets, 0, 0, &size);

    copy[g_rand_int_range (rand, 200, (gint32)size)] ^=
        (guint8)(1u << g_rand_int_range (rand, 0, 8));
    found += count_bad (packets, 0, copy, size);
  }
  /* PCM samples have no check. */
  g_assert_cmpuint (found, >=, 100);
  /* Noise, also in the parameter sets: nothing but answers. */
  for (guint round = 0; round < 600; round++) {
    g_autofree guint8 *copy = copy_packet (packets, 0, 0, &size);
    gint32 end = round % 3 == 0 ? 100 : (gint32)size;

    for (guint i = 0; i < round % 8; i++)
      copy[g_rand_int_range (rand, 0, end)] =
          (guint8)(round & 1 ? g_rand_int (rand) : 0xff);
    count_bad (packets, 0, copy, size);
  }
}

static void
test_cut (void)
{
  g_autoptr (GPtrArray) packets = encode (&plain);
  gsize size;
  g_autofree guint8 *copy = copy_packet (packets, 2, 0, &size);

  g_assert_cmpuint (count_bad (packets, 2, copy, size / 2), ==, 1);
  g_assert_cmpuint (count_bad (packets, 2, copy, size - 2), ==, 1);
}

/* Zeros behind a slice are allowed, other bytes are not. */
static void
test_longer (void)
{
  static const guint8 zero_words[] = { 0, 0, 3, 0, 0, 3 };
  g_autoptr (GPtrArray) packets = encode (&plain);
  gsize size;
  g_autofree guint8 *copy = copy_packet (packets, 2, 64, &size);

  g_assert_cmpuint (count_bad (packets, 2, copy, size + 64), ==, 0);
  memcpy (copy + size, zero_words, sizeof zero_words);
  g_assert_cmpuint (
      count_bad (packets, 2, copy, size + sizeof zero_words), ==, 0);
  copy[size] = 0x80;
  copy[size + 1] = 0x55;
  g_assert_cmpuint (count_bad (packets, 2, copy, size + 2), ==, 1);
  copy[size - 1] ^= 1;
  g_assert_cmpuint (count_bad (packets, 2, copy, size), ==, 1);
}

static void
test_lost_slice (void)
{
  g_autoptr (GPtrArray) packets = encode (&slices);

  g_assert_cmpuint (count_bad (packets, -1, NULL, 0), ==, 0);
  for (guint lost = 0; lost < 3; lost++) {
    gsize size;
    g_autofree guint8 *copy = copy_packet (packets, 3, 0, &size);
    gsize from = find_slice (copy, size, lost);
    gsize to = find_slice (copy, size, lost + 1);

    g_assert_cmpuint (from, <, to);
    memmove (copy + from, copy + to, size - to);
    g_assert_cmpuint (
        count_bad (packets, 3, copy, size - (to - from)), ==, lost > 0);
  }
}

/* The same with lengths in place of start codes, and an hvcC box. */
static GByteArray *
prefix_nals (GBytes *packet, gboolean parameters, guint length_size)
{
  GByteArray *out = g_byte_array_new ();
  gsize size, start = 0;
  const guint8 *data = g_bytes_get_data (packet, &size);

  for (gsize i = 0; i <= size; i++) {
    gsize length = i - start, end = i;
    gboolean is_start =
        i + 3 <= size && data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1;

    if (!is_start && i < size)
      continue;
    while (length > 0 && data[end - 1] == 0) {
      end--;
      length--;
    }
    if (start > 0 && length > 0) {
      guint type = data[start] >> 1 & 0x3f;
      guint8 prefix[4] = { 0, 0, (guint8)(length >> 8), (guint8)length };

      g_assert_cmpuint (length, <, 65536);
      if ((type >= 32 && type <= 34) == parameters) {
        if (parameters) {
          guint8 head[3] = { (guint8)type, 0, 1 };

          g_byte_array_append (out, head, sizeof head);
        }
        g_byte_array_append (out, prefix + 4 - length_size, length_size);
        g_byte_array_append (out, data + start, (guint)length);
      }
    }
    start = i + 3;
  }
  return out;
}

static void
test_prefixed (void)
{
  g_autoptr (GPtrArray) packets = encode (&plain);
  g_autoptr (GByteArray) sets =
      prefix_nals (g_ptr_array_index (packets, 0), TRUE, 2);
  g_autoptr (GByteArray) box = g_byte_array_new ();
  g_autoptr (GstBuffer) codec_data = NULL;
  g_autoptr (GstCaps) caps = NULL;
  guint8 head[23] = { 1 };
  CviH265Check *check;
  const char *fault;

  head[21] = 3;
  head[22] = 3;
  g_byte_array_append (box, head, sizeof head);
  g_byte_array_append (box, sets->data, sets->len);
  codec_data = gst_buffer_new_memdup (box->data, box->len);
  caps = gst_caps_new_simple ("video/x-h265", "stream-format", G_TYPE_STRING,
      "hvc1", "alignment", G_TYPE_STRING, "au", "codec_data", GST_TYPE_BUFFER,
      codec_data, NULL);
  check = cvi_h265_check_new (caps);
  for (guint i = 0; i < packets->len; i++) {
    g_autoptr (GByteArray) packet =
        prefix_nals (g_ptr_array_index (packets, i), FALSE, 4);

    g_assert_true (
        cvi_h265_check_packet (check, packet->data, packet->len, &fault));
    packet->data[packet->len - 20] ^= 4;
    g_assert_false (
        cvi_h265_check_packet (check, packet->data, packet->len, &fault));
  }
  cvi_h265_check_free (check);
}

/* Only some packets are read, of the others the parameter sets. */
static void
test_sample (void)
{
  g_autoptr (GPtrArray) packets = encode (&plain);
  CviH265Check *check = new_check ();
  const char *fault;

  for (guint i = 0; i < packets->len; i++) {
    gsize size;
    const guint8 *data =
        g_bytes_get_data (g_ptr_array_index (packets, i), &size);
    g_autofree guint8 *copy = g_memdup2 (data, size);

    if (i % 3 != 1) {
      copy[size - 20] ^= 4;
      cvi_h265_check_pass_by (check, copy, size);
      continue;
    }
    g_assert_true (cvi_h265_check_packet (check, copy, size, &fault));
    copy[size - 20] ^= 4;
    g_assert_false (cvi_h265_check_packet (check, copy, size, &fault));
  }
  cvi_h265_check_free (check);
}

/* Random slices behind good parameter sets, parameter sets with bits changed,
 * random boxes: nothing but answers. */
static void
test_hostile (gconstpointer data)
{
  g_autoptr (GPtrArray) packets = encode (data);
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);
  gsize size, head;
  g_autofree guint8 *copy = copy_packet (packets, 0, 1000, &size);
  g_autofree guint8 *good = g_memdup2 (copy, size + 1000);

  head = find_slice (copy, size, 0);
  for (guint round = 0; round < 120; round++) {
    gsize length = head + (gsize)g_rand_int_range (rand, 0, 1000);

    memcpy (copy, good, size);
    for (gsize i = head + 9; i < length; i++)
      copy[i] = (guint8)g_rand_int (rand);
    for (guint i = 0; i < round % 8; i++)
      copy[g_rand_int_range (rand, 4, (gint32)head)] ^=
          (guint8)(1u << g_rand_int_range (rand, 0, 8));
    count_bad (packets, 0, copy, MIN (length, size));
  }
}

static void
test_hostile_box (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);

  for (guint round = 0; round < 2000; round++) {
    guint8 box[200], packet[60];
    gsize size = (gsize)g_rand_int_range (rand, 1, sizeof box);
    g_autoptr (GstBuffer) codec_data = NULL;
    g_autoptr (GstCaps) caps = NULL;
    const char *fault;
    CviH265Check *check;

    for (gsize i = 0; i < sizeof box; i++)
      box[i] = (guint8)g_rand_int (rand);
    memcpy (packet, box + 100, sizeof packet);
    codec_data = gst_buffer_new_memdup (box, size);
    caps = gst_caps_new_simple (
        "video/x-h265", "codec_data", GST_TYPE_BUFFER, codec_data, NULL);
    check = cvi_h265_check_new (caps);
    g_assert_true (
        cvi_h265_check_packet (check, packet, sizeof packet, &fault));
    cvi_h265_check_free (check);
  }
}

/* A unit of another layer is for a decoder to judge, and so is a slice header
 * that makes no sense. */
static void
test_complete (void)
{
  static const guint8 sei[] = { 0, 0, 1, 0x4e, 1, 5, 1, 0xaa, 0x80 };
  static const guint8 layer[] = { 0, 0, 1, 2, 9, 0x11, 0x22, 0x33, 0x44 };
  static const guint8 slice[] = { 0, 0, 1, 2, 1, 0, 0, 3, 0, 0x80 };
  static const struct {
    const guint8 *data;
    gsize size;
    gboolean complete;
  } units[] = { { sei, sizeof sei, TRUE }, { layer, sizeof layer, FALSE },
    { slice, sizeof slice, FALSE } };
  g_autoptr (GPtrArray) packets = encode (&plain);

  for (guint i = 0; i < G_N_ELEMENTS (units); i++) {
    CviH265Check *check = new_check ();
    const char *fault;

    g_test_message ("unit %u", i);
    g_assert_false (cvi_h265_check_is_complete (check));
    for (guint k = 0; k < packets->len; k++) {
      gsize size;
      const guint8 *data =
          g_bytes_get_data (g_ptr_array_index (packets, k), &size);

      cvi_h265_check_packet (check, data, size, &fault);
    }
    g_assert_true (cvi_h265_check_is_complete (check));
    cvi_h265_check_packet (check, units[i].data, units[i].size, &fault);
    g_assert_cmpint (cvi_h265_check_is_complete (check), ==, units[i].complete);
    cvi_h265_check_free (check);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (encodings); i++) {
    g_autofree char *path =
        g_strdup_printf ("/h265/whole/%s", encodings[i].name);

    g_test_add_data_func (path, &encodings[i], test_encoding);
  }
  g_test_add_data_func ("/h265/whole/plain", &plain, test_encoding);
  g_test_add_data_func ("/h265/whole/slices", &slices, test_encoding);
  g_test_add_data_func ("/h265/stream/tiles", stream_tiles, test_stream);
  g_test_add_data_func (
      "/h265/stream/wavefront", stream_wavefront, test_stream);
  g_test_add_data_func ("/h265/stream/range", stream_range, test_stream);
  g_test_add_func ("/h265/complete", test_complete);
  g_test_add_func ("/h265/cut", test_cut);
  g_test_add_func ("/h265/longer", test_longer);
  g_test_add_func ("/h265/lost-slice", test_lost_slice);
  g_test_add_func ("/h265/prefixed", test_prefixed);
  g_test_add_func ("/h265/sample", test_sample);
  g_test_add_data_func ("/h265/hostile/plain", &plain, test_hostile);
  g_test_add_data_func ("/h265/hostile/slices", &slices, test_hostile);
  g_test_add_data_func ("/h265/hostile/4:4:4", &encodings[13], test_hostile);
  g_test_add_func ("/h265/hostile/box", test_hostile_box);
  return g_test_run ();
}
