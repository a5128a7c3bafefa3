/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/bytes.h"

#include <string.h>

#define MS G_GUINT64_CONSTANT (1000000)
#define FRAMES 10
#define PICTURE 900
#define SOUND 300
#define LABEL "\x06\x0e\x2b\x34"
#define PARTITION LABEL "\x02\x05\x01\x01\x0d\x01\x02\x01\x01"
#define PICTURE_KEY LABEL "\x01\x02\x01\x01\x0d\x01\x03\x01\x15\x01\x05\x00"
#define SOUND_KEY LABEL "\x01\x02\x01\x01\x0d\x01\x03\x01\x16\x01\x03\x00"
#define FILL_KEY LABEL "\x01\x01\x01\x02\x03\x01\x02\x10\x01\x00\x00\x00"
#define DESCRIPTOR_KEY LABEL "\x02\x53\x01\x01\x0d\x01\x01\x01\x01\x01\x51\x00"
#define INDEX_KEY LABEL "\x02\x53\x01\x01\x0d\x01\x02\x01\x01\x10\x01\x00"

typedef struct {
  gboolean open;      /* never completed: no footer, no random index */
  gboolean run_in;    /* bytes before the header partition */
  gboolean padded;    /* pictures end with zeros */
  gboolean bad_index; /* offsets run backwards */
  guint duration;     /* declared frames, 0 for FRAMES */
} Options;

/* Returns: offset of the key */
static gsize
put_klv (GByteArray *out, const void *key, const GByteArray *value)
{
  gsize at = out->len;

  put (out, key, 16);
  put_u8 (out, 0x83);
  put_be24 (out, value->len);
  put (out, value->data, value->len);
  return at;
}

static gsize
put_partition (GByteArray *out, guint8 kind, guint8 status, guint64 here,
    guint64 previous, guint64 footer)
{
  g_autoptr (GByteArray) value = g_byte_array_new ();
  guint8 key[16];

  memcpy (key, PARTITION, 13);
  key[13] = kind;
  key[14] = status;
  key[15] = 0;
  put_be16 (value, 1);
  put_be16 (value, 2);
  put_be32 (value, 1);
  put_be64 (value, here);
  put_be64 (value, previous);
  put_be64 (value, footer);
  put_zeros (value, 48);
  put_be32 (value, 1);
  put_be32 (value, 16);
  put (value, LABEL "\x04\x01\x01\x0a\x0d\x01\x03\x01\x02\x10\x60\x01", 16);
  return put_klv (out, key, value);
}

static void
put_descriptor (GByteArray *out, guint duration)
{
  g_autoptr (GByteArray) value = g_byte_array_new ();

  put_be16 (value, 0x3001);
  put_be16 (value, 8);
  put_be32 (value, 25);
  put_be32 (value, 1);
  put_be16 (value, 0x3002);
  put_be16 (value, 8);
  put_be64 (value, duration);
  put_klv (out, DESCRIPTOR_KEY, value);
}

static void
put_index (GByteArray *out, gboolean bad)
{
  g_autoptr (GByteArray) value = g_byte_array_new ();

  put_be16 (value, 0x3f0a);
  put_be16 (value, 8 + 3 * 11);
  put_be32 (value, 3);
  put_be32 (value, 11);
  for (guint i = 0; i < 3; i++) {
    put_be24 (value, 0);
    put_be64 (value, bad && i == 2 ? 0 : i * 1000);
  }
  put_klv (out, INDEX_KEY, value);
}

static void
put_frames (GByteArray *out, const Options *options)
{
  for (guint i = 0; i < FRAMES; i++) {
    g_autoptr (GByteArray) picture = g_byte_array_new ();
    g_autoptr (GByteArray) sound = g_byte_array_new ();

    put_noise (picture, PICTURE, i);
    if (options->padded)
      put_zeros (picture, 9000);
    put_klv (out, PICTURE_KEY, picture);
    put_noise (sound, SOUND, i);
    put_klv (out, SOUND_KEY, sound);
  }
}

/* Header partition, body partition with the essence, footer, random index. */
static GByteArray *
mxf_new (const Options *options)
{
  GByteArray *out = g_byte_array_new ();
  g_autoptr (GByteArray) index = g_byte_array_new ();
  g_autoptr (GByteArray) fill = g_byte_array_new ();
  gsize start, body, footer;

  if (options->run_in)
    put_noise (out, 500, 7);
  start = put_partition (out, 2, options->open ? 1 : 4, 0, 0, 0);
  put_descriptor (out, options->duration ? options->duration : FRAMES);
  put_zeros (fill, 100);
  put_klv (out, FILL_KEY, fill);
  body = out->len - start;
  put_partition (out, 3, options->open ? 1 : 4, body, 0, 0);
  put_index (out, options->bad_index);
  put_frames (out, options);
  if (options->open)
    return out;
  footer = out->len - start;
  put_partition (out, 4, 4, footer, body, footer);
  put_be32 (index, 0);
  put_be64 (index, 0);
  put_be32 (index, 1);
  put_be64 (index, body);
  put_be32 (index, 0);
  put_be64 (index, footer);
  put_be32 (index, 3 * 12 + 4 + 20);
  put_klv (out, PARTITION "\x11\x01\x00", index);
  /* FooterPartition of the header. */
  set_be32 (out, start + 20 + 28, (guint32)footer);
  return out;
}

static gsize
nth_picture (const GByteArray *bytes, guint n)
{
  gsize at = 0;

  for (;; at++) {
    g_assert_cmpuint (at + 16, <, bytes->len);
    if (memcmp (bytes->data + at, PICTURE_KEY, 16) == 0 && n-- == 0)
      return at;
  }
}

static void
test_plain (void)
{
  static const Options legal[] = { { 0 }, { .run_in = TRUE },
    { .padded = TRUE } };

  for (guint i = 0; i < G_N_ELEMENTS (legal); i++) {
    g_autoptr (GByteArray) bytes = mxf_new (&legal[i]);
    g_autoptr (Outcome) outcome = walk_bytes (bytes, "a.mxf");
    const CviStructureStream *video;

    assert_silent (outcome);
    g_assert_cmpuint (outcome->findings->len, ==, 0);
    g_assert_cmpstr (outcome->info->container, ==, "mxf");
    g_assert_cmpuint (outcome->info->duration_ns, ==, FRAMES * 40 * MS);
    g_assert_cmpuint (outcome->info->streams->len, ==, 2);
    video = g_ptr_array_index (outcome->info->streams, 0);
    g_assert_cmpstr (video->id, ==, "video/0");
    g_assert_cmpstr (video->codec, ==, "h264");
    g_assert_cmpuint (video->frame_ns, ==, 40 * MS);
    g_assert_cmpuint (video->n_frames, ==, FRAMES);
  }
}

static void
test_options (void)
{
  static const struct {
    Options options;
    CviRuleId rule;
    CviSeverity severity;
  } cases[] = {
    { { .open = TRUE }, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_WARNING },
    { { .bad_index = TRUE }, CVI_RULE_CONTAINER_INDEX, CVI_SEVERITY_ERROR },
    { { .duration = 12 }, CVI_RULE_STREAM_SHORTFALL, CVI_SEVERITY_WARNING },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) bytes = mxf_new (&cases[i].options);
    g_autoptr (Outcome) outcome = walk_bytes (bytes, "a.mxf");

    assert_found (outcome, cases[i].rule, cases[i].severity);
    g_assert_cmpuint (outcome->findings->len, ==, 1);
  }
}

static void
test_cut (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = mxf_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (Outcome) between = NULL;
  const CviFinding *finding;
  guint size = (guint)nth_picture (bytes, 5) + 400;

  g_byte_array_set_size (bytes, size);
  outcome = walk_bytes (bytes, "a.mxf");
  finding = outcome_find (
      outcome, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, size);
  g_assert_cmpuint (finding->start_ns, ==, 160 * MS);

  /* Between two elements: the header knows where the footer should be. */
  g_byte_array_set_size (bytes, size - 400);
  between = walk_bytes (bytes, "a.mxf");
  assert_found (between, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
}

static void
test_dropped_bytes (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = mxf_new (&options);
  g_autoptr (Outcome) outcome = NULL;

  g_byte_array_remove_range (bytes, (guint)nth_picture (bytes, 5) + 100, 1000);
  outcome = walk_bytes (bytes, "a.mxf");
  assert_found (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
}

/* A whole element is gone: the partition behind it lies elsewhere. */
static void
test_dropped_element (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = mxf_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  gsize at = nth_picture (bytes, 5);

  g_byte_array_remove_range (bytes, (guint)at, 20 + PICTURE);
  outcome = walk_bytes (bytes, "a.mxf");
  assert_found (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  assert_found (outcome, CVI_RULE_CONTAINER_INDEX, CVI_SEVERITY_ERROR);
}

static void
test_overwritten_key (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = mxf_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  gsize at = nth_picture (bytes, 5);

  memset (bytes->data + at, 0xaa, 30);
  outcome = walk_bytes (bytes, "a.mxf");
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, at);
  g_assert_cmpuint (finding->start_ns, ==, 160 * MS);
}

static void
test_zeros (void)
{
  const Options options = { .padded = TRUE };
  g_autoptr (GByteArray) bytes = mxf_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  gsize at = nth_picture (bytes, 5);

  /* What zeros end in is no padding. */
  bytes->data[at + 20 + PICTURE + 8999] = 1;
  outcome = walk_bytes (bytes, "a.mxf");
  g_assert_cmpuint (outcome->findings->len, ==, 1);
  assert_found (outcome, CVI_RULE_CONTAINER_ZERO_FILLED, CVI_SEVERITY_ERROR);
}

static void
test_trailing (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = mxf_new (&options);
  g_autoptr (Outcome) outcome = NULL;

  put_noise (bytes, 300, 1);
  outcome = walk_bytes (bytes, "a.mxf");
  g_assert_cmpuint (outcome->findings->len, ==, 1);
  assert_found (
      outcome, CVI_RULE_CONTAINER_TRAILING_DATA, CVI_SEVERITY_WARNING);
}

static void
test_mutations (void)
{
  const Options options = { .run_in = TRUE };
  g_autoptr (GByteArray) bytes = mxf_new (&options);

  mutate (bytes, "a.mxf");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mxf/plain", test_plain);
  g_test_add_func ("/mxf/options", test_options);
  g_test_add_func ("/mxf/cut", test_cut);
  g_test_add_func ("/mxf/dropped-bytes", test_dropped_bytes);
  g_test_add_func ("/mxf/dropped-element", test_dropped_element);
  g_test_add_func ("/mxf/overwritten-key", test_overwritten_key);
  g_test_add_func ("/mxf/zeros", test_zeros);
  g_test_add_func ("/mxf/trailing", test_trailing);
  g_test_add_func ("/mxf/mutations", test_mutations);
  return g_test_run ();
}
