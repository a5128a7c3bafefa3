/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/bytes.h"

#include <string.h>

#define MS G_GUINT64_CONSTANT (1000000)
#define FRAMES 20 /* 50 ms each */
#define VIDEO_SIZE 500
#define AUDIO_SIZE 200
#define DATA_HEADER 18

typedef struct {
  gboolean live; /* no sizes, no index */
  gboolean bad_index;
  gboolean off_size; /* the size of DATA is a little too large */
  guint missing;     /* packets that are declared and not there */
} Options;

static gsize
begin (GByteArray *out, const char *name)
{
  put_text (out, name);
  put_be32 (out, 0);
  put_be16 (out, 0);
  return out->len - 10;
}

static void
end (GByteArray *out, gsize at)
{
  set_be32 (out, at + 4, (guint32)(out->len - at));
}

static void
put_stream (GByteArray *out, guint16 number, const char *mime, const void *data,
    guint32 len)
{
  gsize at = begin (out, "MDPR");

  put_be16 (out, number);
  put_zeros (out, 28);
  put_u8 (out, 6);
  put_text (out, "Stream");
  put_u8 (out, (guint8)strlen (mime));
  put_text (out, mime);
  put_be32 (out, len);
  put (out, data, len);
  end (out, at);
}

static void
put_packet (
    GByteArray *out, guint16 stream, guint32 ms, guint16 size, guint32 seed)
{
  put_be16 (out, 0);
  put_be16 (out, size + 12);
  put_be16 (out, stream);
  put_be32 (out, ms);
  put_be16 (out, 2);
  put_noise (out, size, seed);
}

/* Returns: where PROP is */
static gsize
put_head (GByteArray *out)
{
  gsize at = begin (out, ".RMF");
  gsize properties;

  put_be32 (out, 0);
  put_be32 (out, 5);
  end (out, at);
  properties = begin (out, "PROP");
  put_zeros (out, 20);
  put_be32 (out, FRAMES * 50);
  put_zeros (out, 12);
  put_be16 (out, 2);
  put_be16 (out, 3);
  end (out, properties);
  put_stream (
      out, 0, "video/x-pn-realvideo", "\0\0\0\42VIDORV20\1\x60\1\x20", 16);
  put_stream (out, 1, "audio/x-pn-realaudio", ".ra\xfd\0\4cook", 10);
  return properties;
}

static void
put_index (GByteArray *out, const gsize *packets, gboolean bad)
{
  gsize at = begin (out, "INDX");

  put_be32 (out, 2);
  put_be16 (out, 0);
  put_be32 (out, 0);
  for (guint i = 0; i < 2; i++) {
    put_be16 (out, 0);
    put_be32 (out, i * 500);
    put_be32 (out, (guint32)packets[i] + (bad && i == 1 ? 4 : 0));
    put_be32 (out, i * 10);
  }
  end (out, at);
}

static GByteArray *
rm_new (const Options *options)
{
  GByteArray *out = g_byte_array_new ();
  gsize properties = put_head (out);
  gsize packets[2] = { 0 };
  gsize data = begin (out, "DATA");

  put_be32 (out, options->live ? 0 : FRAMES * 2 + options->missing);
  put_be32 (out, 0);
  for (guint i = 0; i < FRAMES; i++) {
    if (i % 10 == 0)
      packets[i / 10] = out->len;
    put_packet (out, 0, i * 50, VIDEO_SIZE, i);
    put_packet (out, 1, i * 50, AUDIO_SIZE, i);
  }
  if (options->live)
    return out;
  end (out, data);
  if (options->off_size) {
    set_be32 (out, data + 4, (guint32)(out->len - data + 11));
    return out;
  }
  set_be32 (out, properties + 38, out->len);
  set_be32 (out, properties + 42, (guint32)data);
  put_index (out, packets, options->bad_index);
  return out;
}

static gsize
nth_packet (const GByteArray *bytes, guint n)
{
  return find_text (bytes, "DATA", 0) + DATA_HEADER + n / 2 * 724 + n % 2 * 512;
}

static void
test_plain (void)
{
  static const Options legal[] = { { 0 }, { .live = TRUE },
    { .off_size = TRUE } };

  for (guint i = 0; i < G_N_ELEMENTS (legal); i++) {
    g_autoptr (GByteArray) bytes = rm_new (&legal[i]);
    g_autoptr (Outcome) outcome = walk_bytes (bytes, "a.rm");
    const CviStructureStream *video, *audio;

    assert_silent (outcome);
    g_assert_cmpuint (outcome->findings->len, ==, 0);
    g_assert_cmpstr (outcome->info->container, ==, "realmedia");
    g_assert_cmpuint (outcome->info->duration_ns, ==, 1000 * MS);
    g_assert_cmpuint (outcome->info->streams->len, ==, 2);
    video = g_ptr_array_index (outcome->info->streams, 0);
    audio = g_ptr_array_index (outcome->info->streams, 1);
    g_assert_cmpstr (video->codec, ==, "RV20");
    g_assert_cmpuint (video->last_ns, ==, 950 * MS);
    g_assert_cmpstr (audio->codec, ==, "cook");
  }
}

static void
test_options (void)
{
  static const struct {
    Options options;
    CviRuleId rule;
  } cases[] = {
    { { .bad_index = TRUE }, CVI_RULE_CONTAINER_INDEX },
    { { .missing = 3 }, CVI_RULE_CONTAINER_CONTINUITY },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) bytes = rm_new (&cases[i].options);
    g_autoptr (Outcome) outcome = walk_bytes (bytes, "a.rm");

    assert_found (outcome, cases[i].rule, CVI_SEVERITY_ERROR);
    g_assert_cmpuint (outcome->findings->len, ==, 1);
  }
}

static void
test_cut (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = rm_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (Outcome) index = NULL;
  const CviFinding *finding;
  guint size = (guint)nth_packet (bytes, 20) + 100;

  g_byte_array_set_size (bytes, bytes->len - 5);
  index = walk_bytes (bytes, "a.rm");
  assert_found (index, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);

  g_byte_array_set_size (bytes, size);
  outcome = walk_bytes (bytes, "a.rm");
  finding = outcome_find (
      outcome, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, size);
  g_assert_cmpuint (finding->start_ns, ==, 450 * MS);
  g_assert_cmpuint (outcome->findings->len, ==, 1);
}

static void
test_lost (void)
{
  const Options options = { .live = TRUE };
  g_autoptr (GByteArray) bytes = rm_new (&options);
  g_autoptr (GByteArray) shorter = rm_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (Outcome) outcome_shorter = NULL;
  const CviFinding *finding;
  gsize at = nth_packet (bytes, 10);

  memset (bytes->data + at, 0xaa, 100);
  outcome = walk_bytes (bytes, "a.rm");
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_SYNC_LOST, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, at);
  g_assert_cmpuint (finding->start_ns, ==, 200 * MS);

  g_byte_array_remove_range (shorter, (guint)at + 100, 300);
  outcome_shorter = walk_bytes (shorter, "a.rm");
  assert_found (
      outcome_shorter, CVI_RULE_CONTAINER_SYNC_LOST, CVI_SEVERITY_ERROR);
}

static void
test_zeros (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = rm_new (&options);
  g_autoptr (Outcome) outcome = NULL;

  memset (bytes->data + nth_packet (bytes, 10), 0, 5000);
  outcome = walk_bytes (bytes, "a.rm");
  assert_found (outcome, CVI_RULE_CONTAINER_ZERO_FILLED, CVI_SEVERITY_ERROR);
}

static void
test_damaged_chunk (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = rm_new (&options);
  g_autoptr (Outcome) outcome = NULL;

  bytes->data[find_text (bytes, "PROP", 0)] = 'Q';
  outcome = walk_bytes (bytes, "a.rm");
  assert_found (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
}

static void
test_mutations (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = rm_new (&options);

  mutate (bytes, "a.rm");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/realmedia/plain", test_plain);
  g_test_add_func ("/realmedia/options", test_options);
  g_test_add_func ("/realmedia/cut", test_cut);
  g_test_add_func ("/realmedia/lost", test_lost);
  g_test_add_func ("/realmedia/zeros", test_zeros);
  g_test_add_func ("/realmedia/damaged-chunk", test_damaged_chunk);
  g_test_add_func ("/realmedia/mutations", test_mutations);
  return g_test_run ();
}
