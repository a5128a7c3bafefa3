/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/mp4.h"

#include <string.h>

#define FRAMES 10
#define SIZE 400
#define MS G_GUINT64_CONSTANT (1000000)

static void
put_tag (
    GByteArray *out, guint8 type, guint32 ms, const guint8 *data, guint32 len)
{
  put_u8 (out, type);
  put_be24 (out, len);
  put_be24 (out, ms);
  put_u8 (out, 0);
  put_be24 (out, 0);
  put (out, data, len);
  put_be32 (out, 11 + len);
}

static void
put_double (GByteArray *out, const char *name, double value)
{
  guint64 bits;

  memcpy (&bits, &value, 8);
  put_be16 (out, (guint16)strlen (name));
  put_text (out, name);
  put_u8 (out, 0);
  put_be64 (out, bits);
}

static void
put_script (GByteArray *out, double duration, double size)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  put (body, "\2\0\12onMetaData\10\0\0\0\2", 18);
  put_double (body, "duration", duration);
  put_double (body, "filesize", size);
  put (body, "\0\0\11", 3);
  put_tag (out, 18, 0, body->data, body->len);
}

static void
put_frame (GByteArray *out, guint i, guint32 ms)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();
  g_autoptr (GByteArray) sound = g_byte_array_new ();

  put (body, i == 0 ? "\27\1\0\0\0" : "\47\1\0\0\0", 5);
  put_avc_sample (body, SIZE, i);
  put_tag (out, 9, ms, body->data, body->len);
  put (sound, "\257\1", 2);
  put_noise (sound, 100, i);
  put_tag (out, 8, ms, sound->data, sound->len);
}

static GByteArray *
flv_new (double duration, double size)
{
  GByteArray *out = g_byte_array_new ();

  put (out, "FLV\1\5\0\0\0\11\0\0\0\0", 13);
  put_script (out, duration, size);
  put_tag (out, 9, 0,
      (const guint8 *)"\27\0\0\0\0\1\144\0\37\377\341\0\0\1\0\0", 16);
  put_tag (out, 8, 0, (const guint8 *)"\257\0\22\20", 4);
  for (guint i = 0; i < FRAMES; i++)
    put_frame (out, i, i * 40);
  return out;
}

static void
test_plain (void)
{
  g_autoptr (GByteArray) file = flv_new (0.4, 0);
  g_autoptr (Outcome) outcome = walk_bytes (file, "plain.flv");
  const CviStructureStream *stream;

  g_assert_cmpuint (outcome->findings->len, ==, 0);
  g_assert_cmpstr (outcome->info->container, ==, "flv");
  g_assert_cmpuint (outcome->info->duration_ns, ==, 400 * MS);
  stream = g_ptr_array_index (outcome->info->streams, 0);
  g_assert_cmpstr (stream->codec, ==, "H.264");
  g_assert_cmpuint (stream->n_frames, ==, FRAMES);
  g_assert_cmpuint (stream->n_sync, ==, 1);
  g_assert_cmpuint (stream->last_ns, ==, 360 * MS);
  stream = g_ptr_array_index (outcome->info->streams, 1);
  g_assert_cmpstr (stream->codec, ==, "AAC");
  g_assert_cmpuint (stream->n_frames, ==, FRAMES);
}

static void
test_legal (void)
{
  g_autoptr (GByteArray) live = flv_new (0, 0);
  g_autoptr (GByteArray) bare = flv_new (0.4, 0);
  g_autoptr (GByteArray) back = flv_new (0.4, 0);
  g_autoptr (Outcome) unknown = walk_bytes (live, "live.flv");
  g_autoptr (Outcome) ends = NULL;
  g_autoptr (Outcome) sizes = NULL;

  assert_silent (unknown);
  g_assert_cmpuint (unknown->info->duration_ns, ==, CVI_NONE);
  /* without the last size; with another meaning of it */
  g_byte_array_set_size (bare, bare->len - 4);
  ends = walk_bytes (bare, "bare.flv");
  assert_silent (ends);
  set_be32 (back, back->len - 4, 102);
  sizes = walk_bytes (back, "back.flv");
  assert_silent (sizes);
  assert_found (sizes, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_INFO);
}

static void
test_cut (void)
{
  g_autoptr (GByteArray) file = flv_new (0.4, 0);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;

  g_byte_array_set_size (file, file->len - 200);
  outcome = walk_bytes (file, "cut.flv");
  finding = outcome_find (
      outcome, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->start_ns, ==, 320 * MS);
  g_assert_cmpuint (finding->end_ns, ==, 400 * MS);
}

static void
test_header (void)
{
  g_autoptr (GByteArray) file = flv_new (0.4, 0);
  g_autoptr (Outcome) outcome = NULL;

  set_be32 (file, 5, G_MAXUINT32);
  outcome = walk_bytes (file, "header.flv");
  assert_found (outcome, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
}

static void
test_declared (void)
{
  g_autoptr (GByteArray) longer = flv_new (60, 1e6);
  g_autoptr (GByteArray) later = flv_new (60, 0);
  g_autoptr (Outcome) cut = walk_bytes (longer, "cut.flv");
  g_autoptr (Outcome) shortfall = walk_bytes (later, "short.flv");

  assert_found (cut, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
  assert_found (shortfall, CVI_RULE_STREAM_SHORTFALL, CVI_SEVERITY_WARNING);
}

static void
test_foreign_bytes (void)
{
  g_autoptr (GByteArray) file = flv_new (0.4, 0);
  g_autoptr (Outcome) outcome = NULL;
  const CviStructureStream *video;
  guint frame = 11 + 5 + SIZE + 4 + 11 + 102 + 4;

  g_byte_array_remove_range (file, file->len - 3 * frame + 50, 20);
  outcome = walk_bytes (file, "dropped.flv");
  assert_found (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_null (outcome_find (
      outcome, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL));
  video = g_ptr_array_index (outcome->info->streams, 0);
  g_assert_cmpuint (video->last_ns, ==, 360 * MS);
}

static void
test_times (void)
{
  g_autoptr (GByteArray) back = flv_new (0, 0);
  g_autoptr (GByteArray) ahead = flv_new (0, 0);
  g_autoptr (Outcome) earlier = NULL;
  g_autoptr (Outcome) later = NULL;

  put_frame (back, 1, 5000);
  put_frame (back, 2, 1000);
  earlier = walk_bytes (back, "back.flv");
  assert_found (earlier, CVI_RULE_TIME_BACKWARDS, CVI_SEVERITY_WARNING);
  g_assert_null (
      outcome_find (earlier, CVI_RULE_TIME_GAP, CVI_SEVERITY_WARNING));
  put_frame (ahead, 1, 20000);
  later = walk_bytes (ahead, "ahead.flv");
  assert_found (later, CVI_RULE_TIME_GAP, CVI_SEVERITY_WARNING);
}

static void
test_nal_chain (void)
{
  g_autoptr (GByteArray) file = flv_new (0.4, 0);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  guint frame = 11 + 5 + SIZE + 4 + 11 + 102 + 4;

  set_be32 (file, file->len - frame + 16, 300000);
  outcome = walk_bytes (file, "nal.flv");
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpstr (finding->stream, ==, "video/0");
  g_assert_cmpuint (finding->start_ns, ==, 360 * MS);
}

static void
test_mutations (void)
{
  g_autoptr (GByteArray) file = flv_new (0.4, 6000);

  mutate (file, "mutated.flv");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/flv/plain", test_plain);
  g_test_add_func ("/flv/legal", test_legal);
  g_test_add_func ("/flv/cut", test_cut);
  g_test_add_func ("/flv/header", test_header);
  g_test_add_func ("/flv/declared", test_declared);
  g_test_add_func ("/flv/foreign-bytes", test_foreign_bytes);
  g_test_add_func ("/flv/times", test_times);
  g_test_add_func ("/flv/nal-chain", test_nal_chain);
  g_test_add_func ("/flv/mutations", test_mutations);
  return g_test_run ();
}
