/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* The first bits of Vorbis packets: what the encoder makes passes, also where
 * streams were joined; what contradicts its neighbours does not. */
#include <string.h>
#include <gst/gst.h>

#include "tests/worker/packets.h"
#include "tools/codec/cvi-vorbis.h"

/* Ticks in silence take short windows and long ones. */
#define LAUNCH                                                                 \
  "audiotestsrc wave=ticks num-buffers=100 ! audio/x-raw,rate=44100,"          \
  "channels=2 ! audioconvert ! vorbisenc"
#define HEADERS 3

static CviVorbisCheck *
new_check (void)
{
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("audio/x-vorbis");

  return cvi_vorbis_check_new (caps);
}

static gboolean
check_bytes (CviVorbisCheck *check, GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  g_autofree guint8 *copy = g_memdup2 (data, size);
  const char *fault = NULL;
  gboolean good = cvi_vorbis_check_packet (check, copy, size, &fault);

  g_assert_cmpint (good, ==, fault == NULL);
  return good;
}

/* Faults in @packets, with bits of packet @changed turned by @mask, and without
 * the @n packets from @gone on. */
static guint
count_faults (
    GPtrArray *packets, guint changed, guint8 mask, guint gone, guint n)
{
  CviVorbisCheck *check = new_check ();
  guint faults = 0;

  for (guint i = 0; i < packets->len; i++) {
    gsize size;
    const guint8 *data =
        g_bytes_get_data (g_ptr_array_index (packets, i), &size);
    g_autofree guint8 *copy = g_memdup2 (data, size);
    g_autoptr (GBytes) bytes = NULL;

    if (i >= gone && i < gone + n)
      continue;
    if (i == changed && size > 0)
      copy[0] ^= mask;
    bytes = g_bytes_new_take (g_steal_pointer (&copy), size);
    faults += !check_bytes (check, bytes);
  }
  cvi_vorbis_check_free (check);
  return faults;
}

static guint8
first_byte (GPtrArray *packets, guint i)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (g_ptr_array_index (packets, i), &size);

  g_assert_cmpuint (size, >, 0);
  return data[0];
}

static void
test_whole (void)
{
  g_autoptr (GPtrArray) packets = make_packets (LAUNCH);
  guint n_long = 0, n_short = 0;

  g_assert_cmpuint (packets->len, >, 60);
  g_assert_cmpuint (count_faults (packets, G_MAXUINT, 0, 0, 0), ==, 0);
  for (guint i = HEADERS; i < packets->len; i++) {
    if (first_byte (packets, i) & 2)
      n_long++;
    else
      n_short++;
  }
  g_assert_cmpuint (n_long, >, 5);
  g_assert_cmpuint (n_short, >, 5);
}

static void
test_no_sound (void)
{
  g_autoptr (GPtrArray) packets = make_packets (LAUNCH);

  for (guint i = HEADERS; i < packets->len; i++)
    g_assert_cmpuint (count_faults (packets, i, 1, 0, 0), ==, 1);
}

/* Of two modes the other one: told unless a neighbour does not mind. */
static void
test_other_mode (void)
{
  g_autoptr (GPtrArray) packets = make_packets (LAUNCH);
  guint told = 0;

  for (guint i = HEADERS + 1; i + 1 < packets->len; i++) {
    guint faults = count_faults (packets, i, 2, 0, 0);

    g_assert_cmpuint (faults, <=, 2);
    told += faults > 0;
    /* Long, between long ones: both say that it is not short. */
    if ((first_byte (packets, i - 1) & 2) && (first_byte (packets, i) & 2) &&
        (first_byte (packets, i + 1) & 2))
      g_assert_cmpuint (faults, ==, 1);
  }
  g_assert_cmpuint (told, >, packets->len / 4);
}

/* Windows do not fit where packets were left out, and nothing is damaged. */
static void
test_joined (void)
{
  g_autoptr (GPtrArray) packets = make_packets (LAUNCH);

  for (guint i = HEADERS; i < packets->len; i++) {
    for (guint n = 1; n < 6; n++)
      g_assert_cmpuint (count_faults (packets, G_MAXUINT, 0, i, n), ==, 0);
  }
}

/* Without its headers: only that a packet is none of sound. */
static void
test_no_headers (void)
{
  g_autoptr (GPtrArray) packets = make_packets (LAUNCH);

  g_assert_cmpuint (count_faults (packets, 40, 2, 0, HEADERS), ==, 0);
  g_assert_cmpuint (count_faults (packets, 40, 1, 0, HEADERS), ==, 1);
}

static void
test_hostile (void)
{
  g_autoptr (GPtrArray) packets = make_packets (LAUNCH);
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  CviVorbisCheck *check = new_check ();

  for (guint round = 0; round < 5000; round++) {
    guint i = (guint)g_rand_int_range (rand, 0, HEADERS + 4);
    gsize size, keep;
    const guint8 *data =
        g_bytes_get_data (g_ptr_array_index (packets, i), &size);
    g_autofree guint8 *copy = g_memdup2 (data, size);
    g_autoptr (GBytes) bytes = NULL;

    keep = (gsize)g_rand_int_range (rand, 0, (gint)MIN (size, 40) + 1);
    if (round % 2)
      keep = size - keep;
    for (gsize k = keep; k < size; k++)
      copy[k] = (guint8)g_rand_int (rand);
    size = (gsize)g_rand_int_range (rand, 0, (gint)size + 1);
    bytes = g_bytes_new (copy, size);
    check_bytes (check, bytes);
  }
  cvi_vorbis_check_free (check);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/vorbis/whole", test_whole);
  g_test_add_func ("/vorbis/no-sound", test_no_sound);
  g_test_add_func ("/vorbis/other-mode", test_other_mode);
  g_test_add_func ("/vorbis/joined", test_joined);
  g_test_add_func ("/vorbis/no-headers", test_no_headers);
  g_test_add_func ("/vorbis/hostile", test_hostile);
  return g_test_run ();
}
