/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench/accuracy/media-damage.h"
#include "tests/media/cvi-damage.h"

#include <glib/gstdio.h>
#include <string.h>

#define TS_PACKETS 400

typedef gboolean (*Damage) (
    GByteArray *data, GRand *random, GArray *spots, GError **error);

static GArray *
new_spots (void)
{
  return g_array_new (FALSE, FALSE, sizeof (CviDamageSpot));
}

static void
append_bytes (GByteArray *data, guint count, guint8 value)
{
  guint at = data->len;

  g_byte_array_set_size (data, at + count);
  memset (data->data + at, value, count);
}

/* Packets of @size bytes with the sync byte at @first; each holds its number.
 */
static GByteArray *
make_ts (guint size, guint first)
{
  GByteArray *data = g_byte_array_new ();

  for (guint i = 0; i < TS_PACKETS; i++) {
    const guint8 head[] = { 0x47, 0x01, 0x00, 0x10, (guint8)(i >> 8),
      (guint8)i };

    append_bytes (data, first, 0);
    g_byte_array_append (data, head, sizeof head);
    append_bytes (data, size - first - (guint)sizeof head, 0xff);
  }
  return data;
}

static void
check_refused (Damage damage, GByteArray *data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autoptr (GArray) spots = new_spots ();
  g_autoptr (GError) error = NULL;
  guint len = data->len;

  g_assert_false (damage (data, random, spots, &error));
  g_assert_error (error, MEDIA_DAMAGE_ERROR, MEDIA_DAMAGE_ERROR_NOT_APPLICABLE);
  g_assert_cmpuint (data->len, ==, len);
  g_assert_cmpuint (spots->len, ==, 0);
}

/* What is left is the original without the reported places. */
static void
check_taken_out (
    const GByteArray *before, const GByteArray *after, const GArray *spots)
{
  g_autoptr (GByteArray) left = g_byte_array_new ();
  guint64 at = 0;

  for (guint i = 0; i < spots->len; i++) {
    const CviDamageSpot *spot = &g_array_index (spots, CviDamageSpot, i);

    g_assert_cmpuint (spot->offset, >=, at);
    g_byte_array_append (left, before->data + at, (guint)(spot->offset - at));
    at = spot->offset + spot->length;
  }
  g_byte_array_append (left, before->data + at, (guint)(before->len - at));
  g_assert_cmpmem (left->data, left->len, after->data, after->len);
}

static void
check_loss (Damage damage, const GByteArray *original, guint64 seed,
    guint places, GArray *spots)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32)seed);
  g_autoptr (GByteArray) data = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  g_byte_array_append (data, original->data, original->len);
  g_assert_true (damage (data, random, spots, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (spots->len, ==, places);
  check_taken_out (original, data, spots);
}

static void
test_ts_loss (void)
{
  static const guint layouts[][2] = { { 188, 0 }, { 192, 4 }, { 204, 0 } };

  for (gsize i = 0; i < G_N_ELEMENTS (layouts); i++) {
    g_autoptr (GByteArray) data = make_ts (layouts[i][0], layouts[i][1]);
    g_autoptr (GArray) spots = new_spots ();

    check_loss (media_ts_lose_packets, data, i, TS_PACKETS / 200, spots);
    for (guint spot = 0; spot < spots->len; spot++) {
      const CviDamageSpot *lost = &g_array_index (spots, CviDamageSpot, spot);

      g_assert_cmpuint (lost->length, ==, layouts[i][0]);
      g_assert_cmpuint (lost->offset % layouts[i][0], ==, 0);
    }
  }
}

static void
test_ts_refused (void)
{
  g_autoptr (GByteArray) data = make_ts (188, 0);

  data->data[188] = 0;
  check_refused (media_ts_lose_packets, data);
  g_byte_array_set_size (data, 0);
  check_refused (media_ts_lose_packets, data);
}

static void
test_ts_payload (void)
{
  guint8 packet[188] = { 0x47, 0x1f, 0xfe, 0x10 };
  gsize at = 0;

  g_assert_cmpuint (media_ts_pid (packet), ==, 0x1ffe);
  g_assert_cmpuint (media_ts_payload (packet, &at), ==, 184);
  g_assert_cmpuint (at, ==, 4);
  packet[3] = 0x30;
  packet[4] = 10;
  g_assert_cmpuint (media_ts_payload (packet, &at), ==, 173);
  g_assert_cmpuint (at, ==, 15);
  packet[4] = 255;
  g_assert_cmpuint (media_ts_payload (packet, &at), ==, 0);
  packet[3] = 0x20;
  g_assert_cmpuint (media_ts_payload (packet, &at), ==, 0);
}

static void
append_box (GByteArray *data, const char *name, guint payload)
{
  const guint8 size[] = { 0, 0, (guint8)((payload + 8) >> 8),
    (guint8)(payload + 8) };

  g_byte_array_append (data, size, sizeof size);
  g_byte_array_append (data, (const guint8 *)name, 4);
  append_bytes (data, payload, (guint8)payload);
}

static GByteArray *
make_fragments (guint count)
{
  GByteArray *data = g_byte_array_new ();

  append_box (data, "ftyp", 16);
  append_box (data, "moov", 100);
  for (guint i = 0; i < count; i++) {
    append_box (data, "moof", 40);
    append_box (data, "mdat", 200 + i);
  }
  append_box (data, "mfra", 30);
  return data;
}

static void
test_fragment (void)
{
  g_autoptr (GByteArray) two = make_fragments (2);
  g_autoptr (GByteArray) three = make_fragments (3);
  g_autoptr (GArray) spots = new_spots ();
  const CviDamageSpot *lost;

  check_refused (media_drop_fragment, two);
  check_loss (media_drop_fragment, three, 1, 1, spots);
  lost = &g_array_index (spots, CviDamageSpot, 0);
  g_assert_cmpuint (lost->offset, ==, 24 + 108 + 48 + 208);
  g_assert_cmpuint (lost->length, ==, 48 + 209);
}

/* Sizes that point past the end end the walk. */
static void
test_fragment_hostile (void)
{
  g_autoptr (GByteArray) data = make_fragments (3);

  data->data[0] = 0xff;
  check_refused (media_drop_fragment, data);
  data->data[0] = 0;
  data->data[3] = 1;
  check_refused (media_drop_fragment, data);
}

static void
append_cluster (GByteArray *data, gboolean sized, guint payload)
{
  const guint8 id[] = { 0x1f, 0x43, 0xb6, 0x75 };
  const guint8 block[] = { 0xa3, 0x40, (guint8)(payload - 3) };
  const guint8 size[] = { 0x40, (guint8)payload };
  const guint8 unknown[] = { 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

  g_byte_array_append (data, id, sizeof id);
  if (sized)
    g_byte_array_append (data, size, sizeof size);
  else
    g_byte_array_append (data, unknown, sizeof unknown);
  g_byte_array_append (data, block, sizeof block);
  append_bytes (data, payload - 3, 0x55);
}

static GByteArray *
make_clusters (guint count, gboolean sized)
{
  GByteArray *data = g_byte_array_new ();
  const guint8 head[] = { 0x1a, 0x45, 0xdf, 0xa3, 0x84, 1, 2, 3, 4, 0x18, 0x53,
    0x80, 0x67, 0xff };

  g_byte_array_append (data, head, sizeof head);
  for (guint i = 0; i < count; i++)
    append_cluster (data, sized, 100);
  return data;
}

static void
test_cluster (void)
{
  for (int sized = 0; sized < 2; sized++) {
    g_autoptr (GByteArray) two = make_clusters (2, sized);
    g_autoptr (GByteArray) three = make_clusters (3, sized);
    g_autoptr (GArray) spots = new_spots ();
    guint len = (three->len - 14) / 3;

    check_refused (media_drop_cluster, two);
    check_loss (media_drop_cluster, three, 1, 1, spots);
    g_assert_cmpuint (
        g_array_index (spots, CviDamageSpot, 0).offset, ==, 14 + len);
    g_assert_cmpuint (g_array_index (spots, CviDamageSpot, 0).length, ==, len);
  }
}

static void
test_cluster_hostile (void)
{
  g_autoptr (GByteArray) data = make_clusters (3, FALSE);

  for (guint len = data->len; len > 0; len--) {
    g_autoptr (GRand) random = g_rand_new_with_seed (len);
    g_autoptr (GByteArray) cut = g_byte_array_new ();
    g_autoptr (GArray) spots = new_spots ();

    g_byte_array_append (cut, data->data, len);
    if (media_drop_cluster (cut, random, spots, NULL)) {
      const CviDamageSpot *lost = &g_array_index (spots, CviDamageSpot, 0);

      g_assert_cmpuint (lost->offset + lost->length, <=, len);
    }
  }
}

/* A clip the tests made; NULL, with the test skipped, without ffmpeg. */
static char *
clip_path (const char *name)
{
  g_autofree char *ffmpeg = g_find_program_in_path ("ffmpeg");
  g_autofree char *ffprobe = g_find_program_in_path ("ffprobe");

  if (!ffmpeg || !ffprobe) {
    g_test_skip ("ffmpeg is not installed");
    return NULL;
  }
  return g_build_filename (g_getenv ("CVI_MEDIA"), name, NULL);
}

static gboolean
inside_packet (const MediaStream *stream, const CviDamageSpot *spot)
{
  for (guint i = 0; i < stream->packets->len; i++) {
    const MediaPacket *packet =
        &g_array_index (stream->packets, MediaPacket, i);

    if (spot->offset >= packet->offset &&
        spot->offset + spot->length <= packet->offset + packet->size)
      return TRUE;
  }
  return FALSE;
}

static void
test_stream_hit (void)
{
  g_autofree char *path = clip_path ("h264-aac.mp4");
  g_autoptr (MediaTable) table = NULL;
  g_autofree char *text = NULL;
  gsize len;

  if (!path)
    return;
  table = media_table_read (path, NULL);
  g_assert_nonnull (table);
  g_assert_true (g_file_get_contents (path, &text, &len, NULL));
  for (guint i = 0; i < table->streams->len; i++) {
    const MediaStream *stream = g_ptr_array_index (table->streams, i);
    g_autoptr (GByteArray) data = g_byte_array_new ();
    g_autoptr (GRand) random = g_rand_new_with_seed (i);
    g_autoptr (GArray) spots = new_spots ();

    g_byte_array_append (data, (guint8 *)text, (guint)len);
    g_assert_true (
        media_hit_stream (data, table, stream->type, random, spots, NULL));
    g_assert_cmpuint (spots->len, >, 0);
    g_assert_cmpint (memcmp (data->data, text, len), !=, 0);
    for (guint spot = 0; spot < spots->len; spot++)
      g_assert_true (
          inside_packet (stream, &g_array_index (spots, CviDamageSpot, spot)));
  }
}

static gint64
longest_step (const MediaStream *stream)
{
  gint64 longest = 0;

  for (guint i = 1; i < stream->packets->len; i++) {
    const MediaPacket *one =
        &g_array_index (stream->packets, MediaPacket, i - 1);
    const MediaPacket *two = &g_array_index (stream->packets, MediaPacket, i);

    longest = MAX (longest, two->pts_ns - one->pts_ns);
  }
  return longest;
}

static void
test_splice (void)
{
  g_autofree char *path = clip_path ("video-only.mkv");
  g_autofree char *out = NULL;
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autoptr (MediaTable) before = NULL;
  g_autoptr (MediaTable) after = NULL;
  g_autoptr (GError) error = NULL;
  MediaGap gap = { 0 };
  gint64 step;
  int file;

  if (!path)
    return;
  file = g_file_open_tmp ("cvi-splice-XXXXXX.mkv", &out, NULL);
  g_assert_cmpint (file, >=, 0);
  g_close (file, NULL);
  g_assert_true (media_splice (path, out, random, &gap, &error));
  g_assert_no_error (error);
  before = media_table_read (path, NULL);
  after = media_table_read (out, NULL);
  g_assert_nonnull (after);
  step = longest_step (g_ptr_array_index (after->streams, 0));
  /* A frame more where frames are stored in another order than shown. */
  g_assert_cmpint (ABS (step - gap.frame_ns - (gap.end_ns - gap.start_ns)), <=,
      gap.frame_ns + 2 * 1000 * 1000);
  g_assert_cmpint (
      step, >, 4 * longest_step (g_ptr_array_index (before->streams, 0)));
  g_remove (out);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/media-damage/ts/loss", test_ts_loss);
  g_test_add_func ("/media-damage/ts/refused", test_ts_refused);
  g_test_add_func ("/media-damage/ts/payload", test_ts_payload);
  g_test_add_func ("/media-damage/fragment/one", test_fragment);
  g_test_add_func ("/media-damage/fragment/hostile", test_fragment_hostile);
  g_test_add_func ("/media-damage/cluster/one", test_cluster);
  g_test_add_func ("/media-damage/cluster/hostile", test_cluster_hostile);
  g_test_add_func ("/media-damage/stream", test_stream_hit);
  g_test_add_func ("/media-damage/splice", test_splice);
  return g_test_run ();
}
