/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/structure/bytes.h"

#include <string.h>

#define MS G_GUINT64_CONSTANT (1000000)
#define FRAMES 10 /* 100 ms each, each in two packets */
#define PACKET 400
#define PREROLL 3000
#define DATA_HEADER 50

/* GUIDs as they are stored. */
#define GUID_HEADER                                                            \
  "\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"
#define GUID_DATA                                                              \
  "\x36\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"
#define GUID_FILE                                                              \
  "\xa1\xdc\xab\x8c\x47\xa9\xcf\x11\x8e\xe4\x00\xc0\x0c\x20\x53\x65"
#define GUID_STREAM                                                            \
  "\x91\x07\xdc\xb7\xb7\xa9\xcf\x11\x8e\xe6\x00\xc0\x0c\x20\x53\x65"
#define GUID_VIDEO                                                             \
  "\xc0\xef\x19\xbc\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b"
#define GUID_AUDIO                                                             \
  "\x40\x9e\x69\xf8\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b"
#define GUID_ENCRYPTION                                                        \
  "\xfb\xb3\x11\x22\x23\xbd\xd2\x11\xb4\xb7\x00\xa0\xc9\x55\xfc\x6e"
#define GUID_EXTENSION                                                         \
  "\xb5\x03\xbf\x5f\x2e\xa9\xcf\x11\x8e\xe3\x00\xc0\x0c\x20\x53\x65"
#define GUID_EXTENDED                                                          \
  "\xcb\xa5\xe6\x14\x72\xc6\x32\x43\x83\x99\xa9\x69\x52\x06\x5b\x5a"
#define GUID_INDEX                                                             \
  "\x90\x08\x00\x33\xb1\xe5\xcf\x11\x89\xf4\x00\xa0\xc9\x03\x49\xcb"

typedef struct {
  gboolean broadcast; /* no sizes, no counts */
  gboolean encrypted;
  gboolean embedded; /* streams inside Extended Stream Properties */
  gboolean bad_index;
  guint missing; /* packets that the Data Object's count lacks */
} Options;

static gsize
begin (GByteArray *out, const char *guid)
{
  put (out, guid, 16);
  put_le64 (out, 0);
  return out->len - 24;
}

static void
end (GByteArray *out, gsize at)
{
  set_le32 (out, at + 16, (guint32)(out->len - at));
}

static void
put_stream (GByteArray *out, const Options *options, guint8 number)
{
  gsize outer = 0, at;

  if (options->embedded) {
    outer = begin (out, GUID_EXTENDED);
    put_zeros (out, 60);
    put_le16 (out, 1);
    put_le16 (out, 1);
    put (out, "\0\0\4\0n\0a\0", 8);
    put_noise (out, 16, 1);
    put (out, "\2\0\3\0\0\0abc", 9);
  }
  at = begin (out, GUID_STREAM);
  put (out, number == 1 ? GUID_VIDEO : GUID_AUDIO, 16);
  put_zeros (out, 32);
  put_le16 (out, number);
  put_zeros (out, 4);
  if (number == 1) {
    put_zeros (out, 27);
    put_text (out, "WMV2");
    put_zeros (out, 20);
  } else {
    put_le16 (out, 0x161);
    put_zeros (out, 16);
  }
  end (out, at);
  if (options->embedded)
    end (out, outer);
}

static void
put_header (GByteArray *out, const Options *options)
{
  gsize header = begin (out, GUID_HEADER);
  gsize at;

  put_le32 (out, 3);
  put (out, "\1\2", 2);
  at = begin (out, GUID_FILE);
  put_zeros (out, 32);
  put_le64 (out, options->broadcast ? 0 : FRAMES * 2);
  put_le64 (out, (FRAMES * 100 + PREROLL) * 10000);
  put_le64 (out, 0);
  put_le64 (out, PREROLL);
  put_le32 (out, options->broadcast ? 1 : 2);
  put_le32 (out, PACKET);
  put_le32 (out, PACKET);
  put_le32 (out, 0);
  end (out, at);
  if (options->embedded) {
    at = begin (out, GUID_EXTENSION);
    put_zeros (out, 22);
  }
  put_stream (out, options, 1);
  put_stream (out, options, 2);
  if (options->embedded)
    end (out, at);
  if (options->encrypted) {
    at = begin (out, GUID_ENCRYPTION);
    put_noise (out, 20, 1);
    end (out, at);
  }
  end (out, header);
}

static void
put_payload (GByteArray *out, guint8 stream, guint8 number, guint32 offset,
    guint32 total, guint32 ms, guint16 len)
{
  put_u8 (out, stream);
  put_u8 (out, number);
  put_le32 (out, offset);
  put_u8 (out, 8);
  put_le32 (out, total);
  put_le32 (out, ms);
  put_le16 (out, len);
  put_noise (out, len, offset + ms);
}

/* Half of a video frame and a whole one of audio. */
static void
put_packet (GByteArray *out, guint i)
{
  gsize at = out->len;
  guint32 ms = PREROLL + i / 2 * 100;

  put (out, "\x82\0\0\x09\x5d", 5);
  put_u8 (out, 0);
  put_le32 (out, ms);
  put_le16 (out, 50);
  put_u8 (out, 0x82);
  put_payload (out, (guint8)(i % 4 == 0 ? 0x81 : 1), (guint8)(i / 2),
      i % 2 * 250, 500, ms, 250);
  put_payload (out, 0x82, (guint8)i, 0, 60, ms + i % 2 * 50, 60);
  out->data[at + 5] = (guint8)(PACKET - (out->len - at));
  put_zeros (out, PACKET - (out->len - at));
}

static GByteArray *
asf_new (const Options *options)
{
  GByteArray *out = g_byte_array_new ();
  gsize data, index;

  put_header (out, options);
  data = begin (out, GUID_DATA);
  put_zeros (out, 16);
  put_le64 (out, options->broadcast ? 0 : FRAMES * 2 + options->missing);
  put_le16 (out, 0x101);
  for (guint i = 0; i < FRAMES * 2; i++)
    put_packet (out, i);
  if (options->broadcast)
    return out;
  end (out, data);
  index = begin (out, GUID_INDEX);
  put_zeros (out, 28);
  put_le32 (out, 2);
  put_le32 (out, 0);
  put_le16 (out, 1);
  put_le32 (out, options->bad_index ? 1000 : 4);
  put_le16 (out, 1);
  end (out, index);
  return out;
}

static gsize
nth_packet (const GByteArray *bytes, guint n)
{
  gsize at = 0;

  while (memcmp (bytes->data + at, GUID_DATA, 16) != 0)
    at++;
  return at + DATA_HEADER + n * PACKET;
}

static void
test_plain (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = asf_new (&options);
  g_autoptr (Outcome) outcome = walk_bytes (bytes, "a.wmv");
  const CviStructureStream *video, *audio;

  assert_silent (outcome);
  g_assert_cmpuint (outcome->findings->len, ==, 0);
  g_assert_cmpstr (outcome->info->container, ==, "asf");
  g_assert_cmpuint (outcome->info->duration_ns, ==, FRAMES * 100 * MS);
  g_assert_cmpuint (outcome->info->streams->len, ==, 2);
  video = g_ptr_array_index (outcome->info->streams, 0);
  audio = g_ptr_array_index (outcome->info->streams, 1);
  g_assert_cmpstr (video->codec, ==, "WMV2");
  g_assert_cmpuint (video->n_frames, ==, FRAMES);
  g_assert_cmpuint (video->n_sync, ==, FRAMES / 2);
  g_assert_cmpuint (video->last_ns, ==, 900 * MS);
  g_assert_cmpstr (audio->codec, ==, "wmav2");
  g_assert_cmpuint (audio->n_frames, ==, FRAMES * 2);
}

static void
test_legal (void)
{
  static const Options legal[] = { { .broadcast = TRUE },
    { .embedded = TRUE } };

  for (guint i = 0; i < G_N_ELEMENTS (legal); i++) {
    g_autoptr (GByteArray) bytes = asf_new (&legal[i]);
    g_autoptr (Outcome) outcome = walk_bytes (bytes, "a.wmv");

    assert_silent (outcome);
    g_assert_cmpuint (outcome->info->streams->len, ==, 2);
  }
}

static void
test_options (void)
{
  static const struct {
    Options options;
    CviRuleId rule;
    CviSeverity severity;
    guint n;
  } cases[] = {
    { { .encrypted = TRUE }, CVI_RULE_STREAM_ENCRYPTED, CVI_SEVERITY_WARNING,
        2 },
    { { .bad_index = TRUE }, CVI_RULE_CONTAINER_INDEX, CVI_SEVERITY_ERROR, 1 },
    { { .missing = 3 }, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) bytes = asf_new (&cases[i].options);
    g_autoptr (Outcome) outcome = walk_bytes (bytes, "a.wmv");

    assert_found (outcome, cases[i].rule, cases[i].severity);
    g_assert_cmpuint (outcome->findings->len, ==, cases[i].n);
  }
}

static void
test_cut (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = asf_new (&options);
  g_autoptr (Outcome) index = NULL;
  g_autoptr (Outcome) data = NULL;
  const CviFinding *finding;
  guint size;

  g_byte_array_set_size (bytes, bytes->len - 3);
  index = walk_bytes (bytes, "a.wmv");
  assert_found (index, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);

  size = (guint)nth_packet (bytes, 11) + 30;
  g_byte_array_set_size (bytes, size);
  data = walk_bytes (bytes, "a.wmv");
  finding =
      outcome_find (data, CVI_RULE_CONTAINER_TRUNCATED, CVI_SEVERITY_CRITICAL);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, size);
  g_assert_cmpuint (finding->start_ns, ==, 500 * MS);
}

static void
test_lost_packet (void)
{
  const Options options = { .broadcast = TRUE };
  g_autoptr (GByteArray) bytes = asf_new (&options);
  g_autoptr (Outcome) outcome = NULL;

  g_byte_array_remove_range (bytes, (guint)nth_packet (bytes, 5), PACKET);
  outcome = walk_bytes (bytes, "a.wmv");
  /* The second half of a frame of video, and one of audio. */
  g_assert_cmpuint (outcome->findings->len, ==, 2);
  assert_found (outcome, CVI_RULE_CONTAINER_CONTINUITY, CVI_SEVERITY_ERROR);
}

static void
test_damaged_packet (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = asf_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  const CviFinding *finding;
  gsize at = nth_packet (bytes, 6);

  bytes->data[at + 13 + 15] = 0xff;
  bytes->data[at + 13 + 16] = 0xff;
  outcome = walk_bytes (bytes, "a.wmv");
  finding =
      outcome_find (outcome, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
  g_assert_nonnull (finding);
  g_assert_cmpuint (finding->offset, ==, at);
  g_assert_cmpuint (outcome->findings->len, ==, 1);
}

/* The packets behind the place are found again. */
static void
test_dropped_bytes (void)
{
  const Options options = { .broadcast = TRUE };
  g_autoptr (GByteArray) bytes = asf_new (&options);
  g_autoptr (Outcome) outcome = NULL;
  const CviStructureStream *video;

  g_byte_array_remove_range (bytes, (guint)nth_packet (bytes, 5) + 100, 130);
  outcome = walk_bytes (bytes, "a.wmv");
  assert_found (outcome, CVI_RULE_CONTAINER_SYNC_LOST, CVI_SEVERITY_ERROR);
  video = g_ptr_array_index (outcome->info->streams, 0);
  g_assert_cmpuint (video->last_ns, ==, 900 * MS);
}

static void
test_zeros (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = asf_new (&options);
  g_autoptr (Outcome) outcome = NULL;

  memset (bytes->data + nth_packet (bytes, 5), 0, 5 * PACKET);
  outcome = walk_bytes (bytes, "a.wmv");
  assert_found (outcome, CVI_RULE_CONTAINER_ZERO_FILLED, CVI_SEVERITY_ERROR);
}

static void
test_header (void)
{
  const Options options = { 0 };
  g_autoptr (GByteArray) bytes = asf_new (&options);
  g_autoptr (Outcome) size = NULL;
  g_autoptr (Outcome) packet = NULL;

  /* Size of the first object inside the header. */
  set_le32 (bytes, 30 + 16, 0x7fffffff);
  size = walk_bytes (bytes, "a.wmv");
  assert_found (size, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);

  set_le32 (bytes, 30 + 16, 104);
  set_le32 (bytes, 30 + 92, 0xffffffff);
  set_le32 (bytes, 30 + 96, 0xffffffff);
  packet = walk_bytes (bytes, "a.wmv");
  assert_found (packet, CVI_RULE_CONTAINER_STRUCTURE, CVI_SEVERITY_ERROR);
}

static void
test_mutations (void)
{
  const Options options = { .embedded = TRUE };
  g_autoptr (GByteArray) bytes = asf_new (&options);

  mutate (bytes, "a.wmv");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/asf/plain", test_plain);
  g_test_add_func ("/asf/legal", test_legal);
  g_test_add_func ("/asf/options", test_options);
  g_test_add_func ("/asf/cut", test_cut);
  g_test_add_func ("/asf/lost-packet", test_lost_packet);
  g_test_add_func ("/asf/damaged-packet", test_damaged_packet);
  g_test_add_func ("/asf/dropped-bytes", test_dropped_bytes);
  g_test_add_func ("/asf/zeros", test_zeros);
  g_test_add_func ("/asf/header", test_header);
  g_test_add_func ("/asf/mutations", test_mutations);
  return g_test_run ();
}
