/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/bytes.h"

#include <string.h>

#include "tools/structure/cvi-crc.h"

#define MS G_GUINT64_CONSTANT (1000000)
#define PAGES 10 /* of audio, 100 ms each */
#define BODY 1000
#define RATE 48000
#define SERIAL 77

enum { CONTINUED = 1, FIRST = 2, LAST = 4 };

typedef struct {
  gboolean open;     /* no last page */
  gboolean split;    /* a packet over pages 4 and 5 */
  gboolean backward; /* page 6 steps back */
  guint skip;        /* this page is not written, 0 for none */
  guint early;       /* so many pages lie before time 0 */
  guint32 serial;    /* 0 for SERIAL */
} Options;

static void
put_page (GByteArray *out, guint32 serial, guint8 flags, guint64 granule,
    guint32 sequence, const GByteArray *body, gboolean open)
{
  gsize at = out->len;
  guint n = body->len / 255 + (open ? 0 : 1);

  put_text (out, "OggS");
  put_u8 (out, 0);
  put_u8 (out, flags);
  put_le64 (out, granule);
  put_le32 (out, serial);
  put_le32 (out, sequence);
  put_le32 (out, 0);
  put_u8 (out, (guint8)n);
  for (guint i = 0; i < n; i++)
    put_u8 (out, i < body->len / 255 ? 255 : (guint8)(body->len % 255));
  put (out, body->data, body->len);
  set_le32 (out, at + 22, cvi_crc32_be (0, out->data + at, out->len - at));
}

static void
put_vorbis_head (GByteArray *out)
{
  put (out, "\1vorbis\0\0\0\0\2", 12);
  put_le32 (out, RATE);
  put_noise (out, 14, 1);
}

/* Appends a stream of Vorbis. */
static void
put_stream (GByteArray *out, const Options *options)
{
  guint32 serial = options->serial ? options->serial : SERIAL;
  g_autoptr (GByteArray) head = g_byte_array_new ();
  g_autoptr (GByteArray) padding = g_byte_array_new ();

  put_vorbis_head (head);
  put_page (out, serial, FIRST, 0, 0, head, FALSE);
  /* Comments with room for more. */
  put_zeros (padding, 9000);
  put_page (out, serial, 0, 0, 1, padding, FALSE);
  for (guint i = 1; i <= PAGES; i++) {
    g_autoptr (GByteArray) body = g_byte_array_new ();
    guint64 granule = i * RATE / 10;
    guint8 flags = i == PAGES && !options->open ? LAST : 0;
    gboolean open = options->split && i == 4;

    if (i == options->skip)
      continue;
    if (options->split && i == 5)
      flags |= CONTINUED;
    if (options->backward && i == 6)
      granule = RATE / 10;
    granule -= (guint64)options->early * RATE / 10;
    put_noise (body, open ? 1020 : BODY, i);
    put_page (
        out, serial, flags, open ? G_MAXUINT64 : granule, i + 1, body, open);
  }
}

static GByteArray *
ogg_new (const Options *options)
{
  GByteArray *out = g_byte_array_new ();

  put_stream (out, options);
  return out;
}

static gsize
nth_page (const GByteArray *bytes, guint n)
{
  gsize at = find_text (bytes, "OggS", 0);

  while (n-- > 0)
    at = find_text (bytes, "OggS", at + 1);
  return at;
}

static void
test_plain (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = ogg_new (&options);
  g_autoptr (Outcome) outcome = walk_bytes (bytes, "a.ogg");
  const CviStructureStream *audio;

  assert_silent (outcome);
  g_assert_cmpuint (outcome->findings->len, ==, 0);
  g_assert_cmpstr (outcome->info->container, ==, "ogg");
  g_assert_cmpuint (outcome->info->duration_ns, ==, 1000 * MS);
  g_assert_cmpuint (outcome->info->streams->len, ==, 1);
  audio = g_ptr_array_index (outcome->info->streams, 0);
  g_assert_cmpstr (audio->id, ==, "audio/0");
  g_assert_cmpstr (audio->codec, ==, "vorbis");
  g_assert_cmpuint (audio->last_ns, ==, 1000 * MS);
}

static void
test_legal (void)
{
  static const Options legal[] = { { .open = TRUE }, { .split = TRUE } };

  for (guint i = 0; i < G_N_ELEMENTS (legal); i++) {
    g_autoptr (GByteArray) bytes = ogg_new (&legal[i]);
    g_autoptr (Outcome) outcome = walk_bytes (bytes, "a.ogg");

    assert_silent (outcome);
  }
}

/* A cut that copies packets leaves pages of before. */
static void
test_before_zero (void)
{
  const Options some = { .early = 3 };
  const Options all = { .early = PAGES + 1 };
  const Options back = { .early = 3, .backward = TRUE };
  g_autoptr (GByteArray) bytes = ogg_new (&some);
  g_autoptr (GByteArray) bytes_all = ogg_new (&all);
  g_autoptr (GByteArray) bytes_back = ogg_new (&back);
  g_autoptr (Outcome) outcome = walk_bytes (bytes, "a.ogg");
  g_autoptr (Outcome) outcome_all = walk_bytes (bytes_all, "a.ogg");
  g_autoptr (Outcome) outcome_back = walk_bytes (bytes_back, "a.ogg");
  const CviStructureStream *audio =
      g_ptr_array_index (outcome->info->streams, 0);

  assert_silent (outcome);
  g_assert_cmpuint (audio->last_ns, ==, 700 * MS);
  g_assert_cmpuint (audio->settled_ns, ==, 100 * MS);
  g_assert_null (audio->unshown);

  assert_silent (outcome_all);
  audio = g_ptr_array_index (outcome_all->info->streams, 0);
  g_assert_nonnull (audio->unshown);

  /* Once time 0 is behind, less than that is a step back. */
  assert_found (outcome_back, CVI_RULE_TIME_BACKWARDS, CVI_SEVERITY_WARNING);
}

/* Links follow each other, with serial numbers of their own or not. */
static void
test_chained (void)
{
  const Options options = { 0 };
  const Options other = { .serial = 5 };
  g_autoptr (GByteArray) bytes = ogg_new (&options);
  g_autoptr (Outcome) outcome = NULL;

  put_stream (bytes, &other);
  put_stream (bytes, &options);
  outcome = walk_bytes (bytes, "a.ogg");
  assert_silent (outcome);
  g_assert_cmpuint (outcome->info->duration_ns, ==, 3000 * MS);
  g_assert_cmpuint (outcome->info->streams->len, ==, 1);
}

/* First packets, and the time of a granule position. */
static void
test_codecs (void)
{
  static const struct {
    const char *head;
    gsize len;
    const char *id;
    const char *codec;
    guint64 granule;
    guint64 ns;
  } cases[] = {
    { "OpusHead\1\2\x38\1\x80\xbb\0\0\0\0\0", 19, "audio/0", "opus",
        48000 + 312, 1000 * MS },
    { "\177FLAC\1\0\0\1fLaC\0\0\0\42\0\0\0\0\0\0\0\0\0\0\x0b\xb8\0\0", 31,
        "audio/0", "flac", 48000, 1000 * MS },
    { "\200theora\3\2\1\0\0\0\0\0\0\0\0\0\0\0\0"
      "\0\0\0\31\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\300",
        42, "video/0", "theora", 20 << 6 | 5, 1000 * MS },
    { "OVP80\1\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\31\0\0\0\1", 26, "video/0", "vp8",
        G_GUINT64_CONSTANT (25) << 32, 1000 * MS },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autoptr (GByteArray) head = g_byte_array_new ();
    g_autoptr (GByteArray) body = g_byte_array_new ();
    g_autoptr (Outcome) outcome = NULL;
    const CviStructureStream *stream;

    put (head, cases[i].head, cases[i].len);
    put_noise (body, 100, i);
    put_page (bytes, 1, FIRST, 0, 0, head, FALSE);
    put_page (bytes, 1, LAST, cases[i].granule, 1, body, FALSE);
    outcome = walk_bytes (bytes, "a.ogg");
    assert_silent (outcome);
    stream = g_ptr_array_index (outcome->info->streams, 0);
    g_assert_cmpstr (stream->id, ==, cases[i].id);
    g_assert_cmpstr (stream->codec, ==, cases[i].codec);
    g_assert_cmpuint (stream->last_ns, ==, cases[i].ns);
  }
}

static void
test_checksum (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = ogg_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  gsize at = nth_page (bytes, 5);

  bytes->data[at + 200] ^= 1;
  outcome = walk_bytes (bytes, "a.ogg");
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_CHECKSUM, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, at);
  g_assert_cmpuint (finding->start_ns, ==, 300 * MS);
  g_assert_cmpstr (finding->stream, ==, "audio/0");
  g_assert_cmpuint (outcome->findings->len, ==, 1);
}

static void
test_options (void)
{
  static const struct {
    Options options;
    CviRuleId rule;
    CviSeverity severity;
  } cases[] = {
    { { .skip = 3 }, CVI_RULE_CONTAINER_CONTINUITY, CVI_SEVERITY_ERROR },
    { { .backward = TRUE }, CVI_RULE_TIME_BACKWARDS, CVI_SEVERITY_WARNING },
    { { .split = TRUE, .skip = 5 }, CVI_RULE_CONTAINER_CONTINUITY,
        CVI_SEVERITY_ERROR },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) bytes = ogg_new (&cases[i].options);
    g_autoptr (Outcome) outcome = walk_bytes (bytes, "a.ogg");

    assert_found (outcome, cases[i].rule, cases[i].severity);
    g_assert_cmpuint (outcome->findings->len, ==, 1);
  }
}

static void
test_lost (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = ogg_new (&options);
  g_autoptr (GByteArray) zeros = ogg_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (Outcome) outcome_zeros = NULL;
  const CviFinding *finding;
  gsize at = nth_page (bytes, 5);

  memset (bytes->data + at, 0xaa, 100);
  outcome = walk_bytes (bytes, "a.ogg");
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_SYNC_LOST, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, at);

  memset (zeros->data + at, 0, 5000);
  outcome_zeros = walk_bytes (zeros, "a.ogg");
  assert_found (
      outcome_zeros, CVI_RULE_CONTAINER_ZERO_FILLED, CVI_SEVERITY_ERROR);
}

static void
test_cut (void)
{
  const Options whole = { 0 };
  const Options split = { .split = TRUE };
  g_autoptr (GByteArray) bytes = ogg_new (&whole);
  g_autoptr (GByteArray) packet = ogg_new (&split);
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (Outcome) outcome_packet = NULL;
  const CviFinding *finding;
  guint size = (guint)nth_page (bytes, 6) + 500;

  g_byte_array_set_size (bytes, size);
  outcome = walk_bytes (bytes, "a.ogg");
  finding = outcome_find (
      outcome, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, size);
  g_assert_cmpuint (finding->start_ns, ==, 400 * MS);

  /* Between two pages of one packet. */
  g_byte_array_set_size (packet, (guint)nth_page (packet, 6));
  outcome_packet = walk_bytes (packet, "a.ogg");
  assert_found (
      outcome_packet, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_ERROR);
}

static void
test_trailing (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = ogg_new (&options);
  g_autoptr (Outcome) outcome = NULL;

  put_noise (bytes, 128, 1);
  outcome = walk_bytes (bytes, "a.ogg");
  g_assert_cmpuint (outcome->findings->len, ==, 1);
  assert_found (
      outcome, CVI_RULE_CONTAINER_TRAILING_DATA, CVI_SEVERITY_WARNING);
}

static void
test_many_streams (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = ogg_new (&options);
  g_autoptr (GByteArray) head = g_byte_array_new ();
  g_autoptr (Outcome) outcome = NULL;

  put_vorbis_head (head);
  for (guint32 i = 0; i < 5000; i++)
    put_page (bytes, 1000 + i, FIRST | LAST, 0, 0, head, FALSE);
  outcome = walk_bytes (bytes, "a.ogg");
  g_assert_true (outcome->info->complete);
  g_assert_cmpuint (outcome->info->streams->len, <=, 256);
}

static void
test_mutations (void)
{
  const Options options = { .split = TRUE };
  g_autoptr (GByteArray) bytes = ogg_new (&options);

  mutate (bytes, "a.ogg");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ogg/plain", test_plain);
  g_test_add_func ("/ogg/legal", test_legal);
  g_test_add_func ("/ogg/before-zero", test_before_zero);
  g_test_add_func ("/ogg/chained", test_chained);
  g_test_add_func ("/ogg/codecs", test_codecs);
  g_test_add_func ("/ogg/checksum", test_checksum);
  g_test_add_func ("/ogg/options", test_options);
  g_test_add_func ("/ogg/lost", test_lost);
  g_test_add_func ("/ogg/cut", test_cut);
  g_test_add_func ("/ogg/trailing", test_trailing);
  g_test_add_func ("/ogg/many-streams", test_many_streams);
  g_test_add_func ("/ogg/mutations", test_mutations);
  return g_test_run ();
}
