/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* VP8 frames made by an encoder are whole; the same with bits changed are not.
 */
#include <string.h>
#include <gst/gst.h>
#include "tests/worker/packets.h"
#include "tools/codec/cvi-vp8.h"

#define N_FRAMES 40

static GPtrArray *frames; /* GBytes */

/* Without cpu-used libvpx takes it from its own speed. */
static void
make_frames (const char *encoder)
{
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=%d pattern=snow ! video/x-raw,width=176,"
      "height=144 ! videoconvert ! %s cpu-used=-4",
      N_FRAMES, encoder);

  frames = make_packets (launch);
  g_assert_cmpuint (frames->len, >=, N_FRAMES / 2);
}

/* Number of frames that the check refuses when @damaged (index, or -1) is
 * replaced by @replacement. */
static guint
count_bad (gint damaged, const guint8 *replacement, gsize size)
{
  CviVp8Check *check = cvi_vp8_check_new ();
  guint bad = 0;

  for (guint i = 0; i < frames->len; i++) {
    gsize length;
    const guint8 *data =
        g_bytes_get_data (g_ptr_array_index (frames, i), &length);
    const char *fault;

    if ((gint)i == damaged) {
      data = replacement;
      length = size;
    }
    if (!cvi_vp8_check_frame (check, data, length, &fault)) {
      g_assert_nonnull (fault);
      bad++;
    } else {
      g_assert_null (fault);
    }
  }
  cvi_vp8_check_free (check);
  return bad;
}

static void
test_whole (gconstpointer data)
{
  make_frames (data);
  g_assert_cmpuint (count_bad (-1, NULL, 0), ==, 0);
  g_ptr_array_unref (frames);
}

static void
test_flips (void)
{
  guint found = 0, tried = 0;
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  make_frames ("vp8enc target-bitrate=400000 deadline=1");
  for (guint i = 2; i < frames->len; i++) {
    gsize size;
    const guint8 *data =
        g_bytes_get_data (g_ptr_array_index (frames, i), &size);
    g_autofree guint8 *copy = NULL;

    if (size < 200)
      continue;
    copy = g_memdup2 (data, size);
    copy[g_rand_int_range (rand, 20, (gint32)(size / 2))] ^= 0x10;
    tried++;
    found += count_bad ((gint)i, copy, size) > 0;
  }
  g_assert_cmpuint (tried, >=, 10);
  /* Measured on test vectors: 95 % of single bits. */
  g_assert_cmpuint (found * 10, >=, tried * 8);
  g_ptr_array_unref (frames);
}

static void
test_cut (void)
{
  gsize size;
  const guint8 *data;

  make_frames ("vp8enc target-bitrate=400000 deadline=1");
  data = g_bytes_get_data (g_ptr_array_index (frames, 5), &size);
  g_assert_cmpuint (count_bad (5, data, size / 2), >=, 1);
  g_assert_cmpuint (count_bad (5, data, 2), >=, 1);
  g_ptr_array_unref (frames);
}

static void
test_hostile (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);
  CviVp8Check *check = cvi_vp8_check_new ();
  guint8 noise[600];

  for (guint round = 0; round < 5000; round++) {
    gsize size = (gsize)g_rand_int_range (rand, 0, sizeof noise);
    const char *fault;

    for (gsize i = 0; i < size; i++)
      noise[i] = (guint8)g_rand_int (rand);
    /* a key frame of small size, so that the whole parser is reached */
    if (size > 10) {
      static const guint8 start[] = { 0x9d, 0x01, 0x2a, 64, 0, 64, 0 };

      noise[0] &= 0xfe;
      memcpy (noise + 3, start, sizeof start);
    }
    cvi_vp8_check_frame (check, noise, size, &fault);
  }
  cvi_vp8_check_free (check);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_data_func ("/vp8/whole/plain", "vp8enc deadline=1", test_whole);
  g_test_add_data_func ("/vp8/whole/partitions",
      "vp8enc deadline=1 token-partitions=3 error-resilient=3", test_whole);
  g_test_add_data_func ("/vp8/whole/altref",
      "vp8enc deadline=1 auto-alt-ref=true lag-in-frames=10", test_whole);
  g_test_add_func ("/vp8/flips", test_flips);
  g_test_add_func ("/vp8/cut", test_cut);
  g_test_add_func ("/vp8/hostile", test_hostile);
  return g_test_run ();
}
