/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* FLAC frames made by an encoder are whole; any changed bit is found. */
#include <gst/gst.h>

#include "tests/worker/packets.h"
#include "tools/codec/cvi-flac.h"

#define LAUNCH                                                                 \
  "audiotestsrc num-buffers=40 wave=pink-noise ! audio/x-raw,rate=48000 ! "    \
  "flacenc"

/* Number of packets that the check refuses when bit @bit of packet @damaged
 * (-1: of none) is changed. */
static guint
count_bad (GPtrArray *packets, gint damaged, gsize bit)
{
  CviFlacCheck *check = cvi_flac_check_new ();
  guint bad = 0;

  for (guint i = 0; i < packets->len; i++) {
    gsize size;
    const guint8 *data =
        g_bytes_get_data (g_ptr_array_index (packets, i), &size);
    g_autofree guint8 *copy = g_memdup2 (data, size);
    const char *fault;

    if ((gint)i == damaged)
      copy[bit / 8 % size] ^= (guint8)(1u << bit % 8);
    if (!cvi_flac_check_frame (check, copy, size, &fault)) {
      g_assert_nonnull (fault);
      bad++;
    }
  }
  cvi_flac_check_free (check);
  return bad;
}

static void
test_whole (void)
{
  g_autoptr (GPtrArray) packets = make_packets (LAUNCH);

  g_assert_cmpuint (packets->len, >, 8);
  g_assert_cmpuint (count_bad (packets, -1, 0), ==, 0);
}

static void
test_every_flip (void)
{
  g_autoptr (GPtrArray) packets = make_packets (LAUNCH);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  gint last = (gint)packets->len - 2;

  for (guint i = 0; i < 500; i++)
    g_assert_cmpuint (
        count_bad (packets, last, g_rand_int_range (rand, 0, 1 << 20)), ==, 1);
}

static void
test_hostile (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);
  CviFlacCheck *check = cvi_flac_check_new ();
  guint8 noise[64] = { 0xff, 0xf8 };
  const char *fault;

  g_assert_true (cvi_flac_check_frame (check, NULL, 0, &fault));
  for (guint round = 0; round < 10000; round++) {
    gsize size = (gsize)g_rand_int_range (rand, 0, sizeof noise);

    for (gsize i = 2; i < size; i++)
      noise[i] = (guint8)g_rand_int (rand);
    cvi_flac_check_frame (check, noise, size, &fault);
  }
  cvi_flac_check_free (check);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/flac/whole", test_whole);
  g_test_add_func ("/flac/every-flip", test_every_flip);
  g_test_add_func ("/flac/hostile", test_hostile);
  return g_test_run ();
}
