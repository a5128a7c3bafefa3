/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* The smaller packet checks: what encoders make is whole, damage is told, and
 * nothing makes a check read where it must not. */
#include <string.h>
#include <gst/gst.h>

#include "tests/worker/packets.h"
#include "tools/codec/cvi-ac3.h"
#include "tools/codec/cvi-mpa.h"
#include "tools/codec/cvi-obu.h"
#include "tools/codec/cvi-pcm.h"
#include "tools/codec/cvi-prores.h"

#define PCM_CAPS                                                               \
  "audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved"
#define LAUNCH_PCM                                                             \
  "audiotestsrc num-buffers=40 wave=sine freq=440 volume=0.5 ! " PCM_CAPS
#define LAUNCH_NOISE                                                           \
  "audiotestsrc num-buffers=40 wave=white-noise volume=1 ! " PCM_CAPS
#define LAUNCH_MP2                                                             \
  "audiotestsrc num-buffers=60 wave=pink-noise ! "                             \
  "audio/x-raw,rate=48000,channels=2 ! audioconvert ! avenc_mp2 bitrate=%u"
#define LAUNCH_AC3                                                             \
  "audiotestsrc num-buffers=60 wave=pink-noise ! "                             \
  "audio/x-raw,rate=%u,channels=2 ! audioconvert ! %s"
#define LAUNCH_PRORES                                                          \
  "videotestsrc num-buffers=4 pattern=smpte75 ! "                              \
  "video/x-raw,width=320,height=240 ! videoconvert ! avenc_prores_ks"
#define LAUNCH_AV1                                                             \
  "videotestsrc num-buffers=6 ! video/x-raw,width=160,height=96 ! "            \
  "av1enc cpu-used=8 ! av1parse ! "                                            \
  "video/x-av1,stream-format=obu-stream,alignment=tu"

typedef gboolean (*CheckFunc) (
    gpointer checker, const guint8 *data, gsize size, const char **fault);

static gboolean
check_pcm (gpointer checker, const guint8 *data, gsize size, const char **fault)
{
  return cvi_pcm_check_packet (checker, data, size, fault);
}

static gboolean
check_mpa (gpointer checker, const guint8 *data, gsize size, const char **fault)
{
  return cvi_mpa_check_frame (checker, data, size, fault);
}

static gboolean
check_ac3 (gpointer checker, const guint8 *data, gsize size, const char **fault)
{
  return cvi_ac3_check_packet (checker, data, size, fault);
}

static gboolean
check_prores (
    gpointer checker, const guint8 *data, gsize size, const char **fault)
{
  g_assert_null (checker);
  return cvi_prores_check_frame (data, size, fault);
}

static gboolean
check_obu (gpointer checker, const guint8 *data, gsize size, const char **fault)
{
  g_assert_null (checker);
  return cvi_obu_check_unit (data, size, fault);
}

static guint
count_faults (GPtrArray *packets, CheckFunc check, gpointer checker)
{
  guint n = 0;

  for (guint i = 0; i < packets->len; i++) {
    gsize size;
    const guint8 *data =
        g_bytes_get_data (g_ptr_array_index (packets, i), &size);
    /* A copy of its own, so that a sanitizer sees reads behind its end. */
    g_autofree guint8 *copy = g_memdup2 (data, size);
    const char *fault = NULL;

    if (!check (checker, copy, size, &fault)) {
      g_assert_nonnull (fault);
      n++;
    }
  }
  return n;
}

/* Puts @changed in the place of packet @i. */
static void
replace_packet (GPtrArray *packets, guint i, guint8 *changed, gsize size)
{
  g_bytes_unref (g_ptr_array_index (packets, i));
  g_ptr_array_index (packets, i) = g_bytes_new_take (changed, size);
}

static guint8 *
copy_packet (GPtrArray *packets, guint i, gsize *size)
{
  const guint8 *data = g_bytes_get_data (g_ptr_array_index (packets, i), size);

  return g_memdup2 (data, *size);
}

static void
fill_random (GRand *rand, guint8 *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    data[i] = (guint8)g_rand_int (rand);
}

/* Every packet cut at many lengths, and noise behind its first bytes. */
static void
check_hostile (GPtrArray *packets, CheckFunc check, gpointer checker)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);

  for (guint round = 0; round < 3000; round++) {
    guint i = (guint)g_rand_int_range (rand, 0, (gint)packets->len);
    gsize size, keep;
    g_autofree guint8 *data = copy_packet (packets, i, &size);
    g_autofree guint8 *cut = NULL;
    const char *fault;

    keep = (gsize)g_rand_int_range (rand, 0, (gint)MIN (size, 40) + 1);
    fill_random (rand, data + keep, size - keep);
    size = (gsize)g_rand_int_range (rand, 0, (gint)size + 1);
    cut = g_memdup2 (data, size);
    check (checker, cut, size, &fault);
  }
}

static guint
count_pcm (GPtrArray *packets)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (PCM_CAPS);
  CviPcmCheck *check = cvi_pcm_check_new (caps);
  guint n = count_faults (packets, check_pcm, check);

  cvi_pcm_check_free (check);
  return n;
}

static void
test_pcm_whole (void)
{
  g_autoptr (GPtrArray) sine = make_packets (LAUNCH_PCM);
  g_autoptr (GPtrArray) noise = make_packets (LAUNCH_NOISE);

  g_assert_cmpuint (sine->len, >, 20);
  g_assert_cmpuint (count_pcm (sine), ==, 0);
  g_assert_cmpuint (count_pcm (noise), ==, 0);
}

static void
test_pcm_foreign (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);

  for (guint at = 0; at < 64; at++) {
    g_autoptr (GPtrArray) packets = make_packets (LAUNCH_PCM);
    gsize size;
    guint8 *data = copy_packet (packets, 20, &size);

    fill_random (rand, data + 900 + at, 512);
    replace_packet (packets, 20, data, size);
    g_assert_cmpuint (count_pcm (packets), ==, 1);
  }
}

/* Unless the sound was near zero at one of the hole's ends. */
static void
test_pcm_hole (void)
{
  guint told = 0;

  for (guint i = 0; i < 32; i++) {
    g_autoptr (GPtrArray) packets = make_packets (LAUNCH_PCM);
    gsize size;
    guint8 *data = copy_packet (packets, 20, &size);

    memset (data + 1000 + 29 * i, 0, 2048);
    replace_packet (packets, 20, data, size);
    told += count_pcm (packets);
  }
  g_test_message ("%u of 32 holes", told);
  g_assert_cmpuint (told, >=, 16);
}

/* Noise between silences is meant to be, and so is longer noise. */
static void
test_pcm_effect (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (6);
  g_autoptr (GPtrArray) silent = make_packets (LAUNCH_PCM);
  g_autoptr (GPtrArray) noise = make_packets (LAUNCH_PCM);

  for (guint i = 0; i < silent->len; i++) {
    gsize size;
    guint8 *data = copy_packet (silent, i, &size);

    memset (data, 0, size);
    if (i == 20)
      fill_random (rand, data + 400, 2048);
    replace_packet (silent, i, data, size);
  }
  g_assert_cmpuint (count_pcm (silent), ==, 0);
  for (guint i = 20; i < 25; i++) {
    gsize size;
    guint8 *data = copy_packet (noise, i, &size);

    fill_random (rand, data, size);
    replace_packet (noise, i, data, size);
  }
  g_assert_cmpuint (count_pcm (noise), ==, 0);
}

/* Sound that is switched on and off is meant to be. */
static void
test_pcm_switched (void)
{
  g_autoptr (GPtrArray) packets = make_packets (LAUNCH_PCM);

  for (guint i = 2; i < packets->len; i += 3) {
    gsize size;
    guint8 *data = copy_packet (packets, i, &size);

    memset (data + 1000, 0, 2048);
    replace_packet (packets, i, data, size);
  }
  g_assert_cmpuint (count_pcm (packets), ==, 0);
}

static void
test_pcm_hostile (void)
{
  static const char *const layouts[] = { PCM_CAPS,
    "audio/x-raw,format=S24BE,rate=48000,channels=8,layout=interleaved,"
    "channel-mask=(bitmask)0xff",
    "audio/x-raw,format=S24_32LE,rate=8000,channels=1,layout=interleaved",
    "audio/x-raw,format=F32LE,rate=8000,channels=1,layout=interleaved",
    "audio/x-raw" };
  g_autoptr (GPtrArray) packets = make_packets (LAUNCH_PCM);

  for (guint i = 0; i < G_N_ELEMENTS (layouts); i++) {
    g_autoptr (GstCaps) caps = gst_caps_from_string (layouts[i]);
    CviPcmCheck *check = cvi_pcm_check_new (caps);

    check_hostile (packets, check_pcm, check);
    cvi_pcm_check_free (check);
  }
}

static guint
count_mpa (GPtrArray *packets)
{
  CviMpaCheck *check = cvi_mpa_check_new ();
  guint n = count_faults (packets, check_mpa, check);

  cvi_mpa_check_free (check);
  return n;
}

static GPtrArray *
make_mp2 (guint bitrate)
{
  g_autofree char *launch = g_strdup_printf (LAUNCH_MP2, bitrate);

  return make_packets (launch);
}

static void
test_mpa_whole (void)
{
  static const guint bitrates[] = { 64000, 128000, 192000, 384000 };

  for (guint i = 0; i < G_N_ELEMENTS (bitrates); i++) {
    g_autoptr (GPtrArray) packets = make_mp2 (bitrates[i]);

    g_assert_cmpuint (packets->len, >, 30);
    g_assert_cmpuint (count_mpa (packets), ==, 0);
  }
}

static void
test_mpa_damaged (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);
  guint told = 0;

  for (guint round = 0; round < 32; round++) {
    g_autoptr (GPtrArray) packets = make_mp2 (192000);
    gsize size;
    guint8 *data = copy_packet (packets, 20, &size);

    fill_random (rand, data + 64, size - 64);
    replace_packet (packets, 20, data, size);
    told += count_mpa (packets) == 1;
  }
  g_assert_cmpuint (told, ==, 32);
}

/* A changed allocation shifts all that follows. */
static void
test_mpa_allocation (void)
{
  guint told = 0;

  for (guint bit = 32; bit < 64; bit++) {
    g_autoptr (GPtrArray) packets = make_mp2 (192000);
    gsize size;
    guint8 *data = copy_packet (packets, 20, &size);

    data[bit / 8] ^= (guint8)(0x80u >> bit % 8);
    replace_packet (packets, 20, data, size);
    told += count_mpa (packets) > 0;
  }
  g_assert_cmpuint (told, >=, 28);
}

static void
test_mpa_hostile (void)
{
  g_autoptr (GPtrArray) packets = make_mp2 (64000);
  CviMpaCheck *check = cvi_mpa_check_new ();

  check_hostile (packets, check_mpa, check);
  cvi_mpa_check_free (check);
}

static guint
count_ac3 (GPtrArray *packets)
{
  CviAc3Check *check = cvi_ac3_check_new ();
  guint n = count_faults (packets, check_ac3, check);

  cvi_ac3_check_free (check);
  return n;
}

static GPtrArray *
make_ac3 (guint rate, const char *encoder)
{
  g_autofree char *launch = g_strdup_printf (LAUNCH_AC3, rate, encoder);

  return make_packets (launch);
}

static void
test_ac3_whole (void)
{
  static const guint rates[] = { 48000, 44100, 32000 };

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++) {
    g_autoptr (GPtrArray) ac3 = make_ac3 (rates[i], "avenc_ac3");
    g_autoptr (GPtrArray) eac3 = make_ac3 (rates[i], "avenc_eac3");

    g_assert_cmpuint (ac3->len, >, 20);
    g_assert_cmpuint (count_ac3 (ac3), ==, 0);
    g_assert_cmpuint (eac3->len, >, 20);
    g_assert_cmpuint (count_ac3 (eac3), ==, 0);
  }
}

static guint
count_flipped_ac3 (const char *encoder, guint rate, guint at, gsize bit)
{
  g_autoptr (GPtrArray) packets = make_ac3 (rate, encoder);
  gsize size;
  guint8 *data = copy_packet (packets, at, &size);

  /* Not in what tells the size. */
  data[6 + bit / 8 % (size - 6)] ^= (guint8)(1u << bit % 8);
  replace_packet (packets, at, data, size);
  return count_ac3 (packets);
}

/* An early frame is told of when later ones have shown what is right. */
static void
test_ac3_every_flip (void)
{
  for (gsize bit = 0; bit < 8000; bit += 531) {
    g_assert_cmpuint (count_flipped_ac3 ("avenc_ac3", 48000, 15, bit), ==, 1);
    g_assert_cmpuint (count_flipped_ac3 ("avenc_ac3", 44100, 1, bit), ==, 1);
    g_assert_cmpuint (count_flipped_ac3 ("avenc_eac3", 48000, 15, bit), ==, 1);
  }
}

/* An encoder that writes no CRCs is no damage. */
static void
test_ac3_none (void)
{
  g_autoptr (GPtrArray) packets = make_ac3 (48000, "avenc_ac3");

  for (guint i = 0; i < packets->len; i++) {
    gsize size;
    guint8 *data = copy_packet (packets, i, &size);

    data[size - 1] ^= 0x55;
    replace_packet (packets, i, data, size);
  }
  g_assert_cmpuint (count_ac3 (packets), ==, 0);
}

static void
test_ac3_hostile (void)
{
  g_autoptr (GPtrArray) packets = make_ac3 (44100, "avenc_ac3");
  CviAc3Check *check = cvi_ac3_check_new ();

  check_hostile (packets, check_ac3, check);
  cvi_ac3_check_free (check);
}

static void
test_prores_whole (void)
{
  g_autoptr (GPtrArray) packets = make_packets (LAUNCH_PRORES);

  g_assert_cmpuint (packets->len, ==, 4);
  g_assert_cmpuint (count_faults (packets, check_prores, NULL), ==, 0);
}

/* Most single bits leave the codes in step. */
static void
test_prores_damaged (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  guint flips = 0;

  for (guint round = 0; round < 100; round++) {
    g_autoptr (GPtrArray) packets = make_packets (LAUNCH_PRORES);
    gsize size;
    guint8 *data = copy_packet (packets, 2, &size);
    gsize at = (gsize)g_rand_int_range (rand, 400, (gint)size - 600);

    if (round % 2 == 0) {
      data[at] ^= (guint8)(1u << round % 8);
      replace_packet (packets, 2, data, size);
      flips += count_faults (packets, check_prores, NULL);
      continue;
    }
    if (round % 4 == 1)
      memset (data + at, 0, 512);
    else
      fill_random (rand, data + at, 512);
    replace_packet (packets, 2, data, size);
    g_assert_cmpuint (count_faults (packets, check_prores, NULL), ==, 1);
  }
  g_test_message ("%u of 50 single bits", flips);
  g_assert_cmpuint (flips, >=, 12);
}

/* matroskademux puts a size in front that leaves out its own eight bytes. */
static void
test_prores_size (void)
{
  g_autoptr (GPtrArray) packets = make_packets (LAUNCH_PRORES);
  gsize size;
  g_autofree guint8 *data = copy_packet (packets, 0, &size);
  const char *fault;

  data[2] = (guint8)((size - 8) >> 8);
  data[3] = (guint8)(size - 8);
  g_assert_true (cvi_prores_check_frame (data, size, &fault));
  data[3]++;
  g_assert_false (cvi_prores_check_frame (data, size, &fault));
}

static void
test_prores_hostile (void)
{
  g_autoptr (GPtrArray) packets = make_packets (LAUNCH_PRORES);

  check_hostile (packets, check_prores, NULL);
}

static void
test_obu_whole (void)
{
  g_autoptr (GPtrArray) packets = make_packets (LAUNCH_AV1);

  g_assert_cmpuint (packets->len, >=, 4);
  g_assert_cmpuint (count_faults (packets, check_obu, NULL), ==, 0);
}

static void
test_obu_broken (void)
{
  static const guint8 delimiter[] = { 0x12, 0x00, 0x0a, 0x02, 1, 2 };
  const char *fault;

  for (guint i = 0; i <= 4; i++) {
    g_autofree guint8 *data = g_memdup2 (delimiter, sizeof delimiter);

    if (i < 4)
      data[i] ^= 0x80;
    g_assert_cmpint (
        cvi_obu_check_unit (data, sizeof delimiter, &fault), ==, i == 4);
    g_assert_cmpint (fault == NULL, ==, i == 4);
  }
  g_assert_false (cvi_obu_check_unit (delimiter, 5, &fault));
  g_assert_true (cvi_obu_check_unit (delimiter, 2, &fault));
}

/* A length never goes beyond what is there. */
static void
test_obu_length (void)
{
  const guint8 data[] = { 0x12, 0x00, 0x32, 0x02, 0xaa, 0xbb, 0x12 };
  const guint8 endless[] = { 0x32, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0x01 };

  g_assert_cmpuint (cvi_obu_get_length (data, sizeof data), ==, 2);
  g_assert_cmpuint (cvi_obu_get_length (data + 2, 5), ==, 4);
  g_assert_cmpuint (cvi_obu_get_length (data + 2, 3), ==, 3);
  g_assert_cmpuint (cvi_obu_get_length (data + 6, 1), ==, 1);
  g_assert_cmpuint (cvi_obu_get_length (endless, sizeof endless), ==, 11);
  g_assert_true (cvi_obu_begins_frame (0x32));
  g_assert_true (cvi_obu_begins_frame (0x1a));
  g_assert_false (cvi_obu_begins_frame (0x22));
}

static void
test_obu_hostile (void)
{
  g_autoptr (GPtrArray) packets = make_packets (LAUNCH_AV1);

  check_hostile (packets, check_obu, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/pcm/whole", test_pcm_whole);
  g_test_add_func ("/pcm/foreign", test_pcm_foreign);
  g_test_add_func ("/pcm/hole", test_pcm_hole);
  g_test_add_func ("/pcm/effect", test_pcm_effect);
  g_test_add_func ("/pcm/switched", test_pcm_switched);
  g_test_add_func ("/pcm/hostile", test_pcm_hostile);
  g_test_add_func ("/mpa/whole", test_mpa_whole);
  g_test_add_func ("/mpa/damaged", test_mpa_damaged);
  g_test_add_func ("/mpa/allocation", test_mpa_allocation);
  g_test_add_func ("/mpa/hostile", test_mpa_hostile);
  g_test_add_func ("/ac3/whole", test_ac3_whole);
  g_test_add_func ("/ac3/every-flip", test_ac3_every_flip);
  g_test_add_func ("/ac3/none", test_ac3_none);
  g_test_add_func ("/ac3/hostile", test_ac3_hostile);
  g_test_add_func ("/prores/whole", test_prores_whole);
  g_test_add_func ("/prores/damaged", test_prores_damaged);
  g_test_add_func ("/prores/size", test_prores_size);
  g_test_add_func ("/prores/hostile", test_prores_hostile);
  g_test_add_func ("/obu/whole", test_obu_whole);
  g_test_add_func ("/obu/broken", test_obu_broken);
  g_test_add_func ("/obu/length", test_obu_length);
  g_test_add_func ("/obu/hostile", test_obu_hostile);
  return g_test_run ();
}
