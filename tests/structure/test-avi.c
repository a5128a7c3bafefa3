/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/bytes.h"

#include <string.h>

#define FRAMES 10
#define VIDEO_SIZE 500
#define AUDIO_SIZE 160 /* a quarter of a frame's time at 16 kB/s */
#define MS G_GUINT64_CONSTANT (1000000)

typedef struct {
  gboolean absolute; /* index counts from the file's beginning */
  gboolean unpadded;
  gboolean rec; /* chunks grouped in records */
  gboolean no_index;
  guint32 odd; /* extra bytes of a frame */
} Options;

static gsize
begin (GByteArray *out, const char *id)
{
  gsize at = out->len;

  put_text (out, id);
  put_le32 (out, 0);
  return at;
}

static void
end (GByteArray *out, gsize at)
{
  set_le32 (out, at + 4, (guint32)(out->len - at - 8));
}

static gsize
list_begin (GByteArray *out, const char *list, const char *type)
{
  gsize at = begin (out, list);

  put_text (out, type);
  return at;
}

static void
put_stream (GByteArray *out, gboolean video)
{
  gsize strl = list_begin (out, "LIST", "strl");
  gsize at = begin (out, "strh");

  put_text (out, video ? "vidsXVID" : "auds");
  if (!video)
    put_zeros (out, 4);
  put_zeros (out, 12);
  put_le32 (out, video ? 40 : 1);      /* scale */
  put_le32 (out, video ? 1000 : 4000); /* rate */
  put_le32 (out, 0);
  put_le32 (out, video ? FRAMES : FRAMES * AUDIO_SIZE);
  put_zeros (out, 8);
  put_le32 (out, video ? 0 : 1);
  put_zeros (out, 8);
  end (out, at);
  at = begin (out, "strf");
  if (video) {
    put_zeros (out, 16);
    put_text (out, "XVID");
    put_zeros (out, 20);
  } else {
    put_le16 (out, 0x55);
    put_zeros (out, 16);
  }
  end (out, at);
  end (out, strl);
}

static void
put_chunk (GByteArray *out, GByteArray *index, const Options *options,
    gsize movi, const char *id, gsize size)
{
  gsize at = out->len;

  put_text (out, id);
  put_le32 (out, (guint32)size);
  if (id[2] == 'd')
    put_be24 (out, 1);
  put_noise (out, id[2] == 'd' ? size - 3 : size, (guint32)at);
  if ((size & 1) && !options->unpadded)
    put_u8 (out, 0);
  put_text (index, id);
  put_le32 (index, 0x10);
  put_le32 (index, (guint32)(options->absolute ? at : at - movi));
  put_le32 (index, (guint32)size);
}

static void
put_movi (GByteArray *out, GByteArray *index, const Options *options)
{
  gsize list = list_begin (out, "LIST", "movi");

  for (guint i = 0; i < FRAMES; i++) {
    gsize rec = options->rec ? list_begin (out, "LIST", "rec ") : 0;

    put_chunk (
        out, index, options, list + 8, "00dc", VIDEO_SIZE + options->odd);
    put_chunk (out, index, options, list + 8, "01wb", AUDIO_SIZE);
    if (options->rec)
      end (out, rec);
  }
  end (out, list);
}

static GByteArray *
avi_new (const Options *options)
{
  GByteArray *out = g_byte_array_new ();
  g_autoptr (GByteArray) index = g_byte_array_new ();
  gsize riff = list_begin (out, "RIFF", "AVI ");
  gsize hdrl = list_begin (out, "LIST", "hdrl");
  gsize at = begin (out, "avih");

  put_le32 (out, 40000);
  put_zeros (out, 8);
  put_le32 (out, 0x10);
  put_le32 (out, FRAMES);
  put_zeros (out, 36);
  end (out, at);
  put_stream (out, TRUE);
  put_stream (out, FALSE);
  end (out, hdrl);
  at = begin (out, "JUNK");
  put_zeros (out, 5000);
  end (out, at);
  put_movi (out, index, options);
  if (!options->no_index) {
    at = begin (out, "idx1");
    put (out, index->data, index->len);
    end (out, at);
  }
  end (out, riff);
  return out;
}

static void
test_plain (void)
{
  g_autoptr (GByteArray) file = avi_new (&(Options){ 0 });
  g_autoptr (Outcome) outcome = walk_bytes (file, "plain.avi");
  const CviStructureStream *stream;

  g_assert_cmpuint (outcome->findings->len, ==, 0);
  assert_silent (outcome);
  g_assert_cmpstr (outcome->info->container, ==, "avi");
  g_assert_cmpuint (outcome->info->duration_ns, ==, 400 * MS);
  g_assert_cmpuint (outcome->info->streams->len, ==, 2);
  stream = g_ptr_array_index (outcome->info->streams, 0);
  g_assert_cmpstr (stream->codec, ==, "XVID");
  g_assert_cmpuint (stream->n_frames, ==, FRAMES);
  g_assert_cmpuint (stream->last_ns, ==, 400 * MS);
  stream = g_ptr_array_index (outcome->info->streams, 1);
  g_assert_cmpstr (stream->codec, ==, "MP3");
  g_assert_cmpuint (stream->last_ns, ==, 400 * MS);
}

static void
test_legal (void)
{
  static const Options variants[] = { { .absolute = TRUE }, { .odd = 1 },
    { .odd = 1, .unpadded = TRUE }, { .rec = TRUE }, { .no_index = TRUE } };

  for (gsize i = 0; i < G_N_ELEMENTS (variants); i++) {
    g_autoptr (GByteArray) file = avi_new (&variants[i]);
    g_autoptr (Outcome) outcome = walk_bytes (file, "legal.avi");
    const CviStructureStream *video;

    assert_silent (outcome);
    video = g_ptr_array_index (outcome->info->streams, 0);
    g_assert_cmpuint (video->n_frames, ==, FRAMES);
  }
}

static void
test_cut (void)
{
  g_autoptr (GByteArray) file = avi_new (&(Options){ 0 });
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  gsize movi = find_text (file, "movi", 0) + 4;

  /* four frames and a part of the fifth */
  g_byte_array_set_size (
      file, (guint)(movi + 4 * (VIDEO_SIZE + AUDIO_SIZE + 16) + 100));
  outcome = walk_bytes (file, "cut.avi");
  finding = outcome_find (
      outcome, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
  g_assert_nonnull (finding);
  g_assert_cmpstr (finding->stream, ==, "video/0");
  g_assert_cmpuint (finding->start_ns, ==, 160 * MS);
  g_assert_cmpuint (finding->end_ns, ==, 400 * MS);
}

static void
test_unfinished (void)
{
  g_autoptr (GByteArray) file = avi_new (&(Options){ .no_index = TRUE });
  g_autoptr (Outcome) outcome = NULL;

  set_le32 (file, 4, 0);
  outcome = walk_bytes (file, "unfinished.avi");
  assert_found (outcome, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
}

static void
test_foreign_bytes (void)
{
  g_autoptr (GByteArray) file = avi_new (&(Options){ 0 });
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  const CviStructureStream *video;
  gsize third =
      find_text (file, "movi", 0) + 4 + 2 * (VIDEO_SIZE + AUDIO_SIZE + 16);

  memset (file->data + third, 0xee, 8);
  outcome = walk_bytes (file, "foreign.avi");
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, third);
  g_assert_cmpuint (finding->start_ns, ==, 80 * MS);
  /* the chain was found again */
  video = g_ptr_array_index (outcome->info->streams, 0);
  g_assert_cmpuint (video->n_frames, ==, FRAMES - 1);
}

static void
test_index (void)
{
  g_autoptr (GByteArray) file = avi_new (&(Options){ 0 });
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  gsize entry = find_text (file, "idx1", 0) + 8 + 5 * 16;

  set_le32 (file, entry + 8, 77);
  outcome = walk_bytes (file, "index.avi");
  g_assert_cmpuint (outcome->findings->len, ==, 1);
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_INDEX, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, entry);
}

static void
test_lists (void)
{
  g_autoptr (GByteArray) streams = avi_new (&(Options){ 0 });
  g_autoptr (GByteArray) data = avi_new (&(Options){ 0 });
  g_autoptr (Outcome) first = NULL;
  g_autoptr (Outcome) second = NULL;

  streams->data[find_text (streams, "hdrl", 0)] = 'x';
  first = walk_bytes (streams, "lists.avi");
  assert_found (first, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  data->data[find_text (data, "movi", 0)] = 'x';
  second = walk_bytes (data, "lists.avi");
  assert_found (second, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
}

static void
test_counts (void)
{
  g_autoptr (GByteArray) file = avi_new (&(Options){ 0 });
  g_autoptr (Outcome) outcome = NULL;
  gsize strh = find_text (file, "strh", 0) + 8;

  set_le32 (file, strh + 32, 50);
  outcome = walk_bytes (file, "counts.avi");
  assert_silent (outcome);
  assert_found (outcome, CVI_RULE_CONTAINER_INDEX, CVI_SEVERITY_INFO);
}

static void
test_zeros (void)
{
  g_autoptr (GByteArray) file = avi_new (&(Options){ .odd = 7500 });
  g_autoptr (Outcome) outcome = NULL;
  gsize movi = find_text (file, "movi", 0) + 4;

  memset (file->data + movi + 1000, 0, 4096);
  outcome = walk_bytes (file, "zeros.avi");
  assert_found (outcome, CVI_RULE_CONTAINER_ZERO_FILLED, CVI_SEVERITY_ERROR);
}

static void
test_frame_head (void)
{
  g_autoptr (GByteArray) file = avi_new (&(Options){ 0 });
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  gsize third =
      find_text (file, "movi", 0) + 4 + 2 * (VIDEO_SIZE + AUDIO_SIZE + 16);

  file->data[third + 8] = 0x55;
  outcome = walk_bytes (file, "head.avi");
  g_assert_cmpuint (outcome->findings->len, ==, 1);
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpstr (finding->stream, ==, "video/0");
  g_assert_cmpuint (finding->start_ns, ==, 80 * MS);
}

static void
test_mutations (void)
{
  g_autoptr (GByteArray) file = avi_new (&(Options){ .rec = TRUE });

  mutate (file, "mutated.avi");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/avi/plain", test_plain);
  g_test_add_func ("/avi/legal", test_legal);
  g_test_add_func ("/avi/cut", test_cut);
  g_test_add_func ("/avi/unfinished", test_unfinished);
  g_test_add_func ("/avi/foreign-bytes", test_foreign_bytes);
  g_test_add_func ("/avi/index", test_index);
  g_test_add_func ("/avi/lists", test_lists);
  g_test_add_func ("/avi/counts", test_counts);
  g_test_add_func ("/avi/zeros", test_zeros);
  g_test_add_func ("/avi/frame-head", test_frame_head);
  g_test_add_func ("/avi/mutations", test_mutations);
  return g_test_run ();
}
