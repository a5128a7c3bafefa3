/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-wire.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/pool/cvi-proc.h"

#define HEADER_SIZE 12

typedef struct {
  const char *what;
  const char *frame;
  gsize size;
} BadFrame;

static GVariant *
new_body (CviWireType type)
{
  g_autoptr (CviFinding) finding =
      cvi_finding_new (CVI_RULE_TIME_GAP, "video/0", "a gap");
  g_autoptr (CviResult) result = cvi_result_new ("/a/b.mp4", CVI_MODE_DEEP);

  switch (type) {
    case CVI_WIRE_HELLO:
      return g_variant_new ("(usss)", CVI_WIRE_PROTOCOL, "1", "2", "");
    case CVI_WIRE_JOB:
      return g_variant_new_parsed (
          "(@t 7, b'/a/\\xff.mp4', @y 1, {'hw': <'off'>})");
    case CVI_WIRE_BEGIN:
      return g_variant_new ("(ts)", (guint64)7, "first");
    case CVI_WIRE_FINDING:
      return g_variant_new ("(t@" CVI_FINDING_VARIANT ")", (guint64)7,
          cvi_finding_to_variant (finding));
    case CVI_WIRE_PROGRESS:
      return g_variant_new (
          "(tttt)", (guint64)7, (guint64)1, (guint64)2, CVI_NONE);
    case CVI_WIRE_RESULT:
      cvi_result_add (result, g_steal_pointer (&finding));
      return g_variant_new ("(t@" CVI_RESULT_VARIANT ")", (guint64)7,
          cvi_result_to_variant (result));
    case CVI_WIRE_DECODER:
      return g_variant_new (
          "(tssbb)", (guint64)7, "video/0", "avdec_h264", TRUE, FALSE);
    case CVI_WIRE_DURATION:
      return g_variant_new ("(tt)", (guint64)7, (guint64)60000000000);
    case CVI_WIRE_NEEDS_HARDWARE:
      return g_variant_new ("(t)", (guint64)7);
    case CVI_WIRE_HASHES:
      return g_variant_new ("(t@" CVI_FIXITY_VARIANT ")", (guint64)7,
          g_variant_new_parsed (
              "(uint64 0, int64 1, uint64 65536, @ay [], @ay [], @ay [])"));
    case CVI_WIRE_SETUP:
      return g_variant_new_parsed (
          "('auto', [b'/a', b'/\\xff'], {'hw': <'off'>})");
    case CVI_WIRE_PICTURES:
      return g_variant_new_parsed ("(@t 7, [(@u 0, true, @t 40, b'\\xff')])");
    case CVI_WIRE_FETCH:
      return g_variant_new_parsed (
          "('http://a/b', b'/c', 'auto', {'limit': <@t 9>})");
    case CVI_WIRE_REMOTE:
      return g_variant_new_parsed ("(@t 7, @x 1, 'etag')");
    case CVI_WIRE_FETCHED:
      return g_variant_new_parsed ("(true, @a" CVI_FINDING_VARIANT " [])");
    default:
      return g_variant_new ("()");
  }
}

/* The bytes of one frame, as they go over the wire. */
static GBytes *
new_frame (CviWireType type)
{
  guint8 buffer[4096];
  int fds[2];
  ssize_t n;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  g_assert_true (cvi_wire_send (fds[0], type, new_body (type), NULL));
  close (fds[0]);
  n = recv (fds[1], buffer, sizeof buffer, MSG_WAITALL);
  g_assert_cmpint (n, >, HEADER_SIZE);
  g_assert_cmpint (n, <, sizeof buffer);
  close (fds[1]);
  return g_bytes_new (buffer, (gsize)n);
}

static void
test_types (void)
{
  g_assert_null (cvi_wire_body_type (0));
  g_assert_null (cvi_wire_body_type (CVI_WIRE_N_TYPES));
  g_assert_null (cvi_wire_body_type (255));
  for (CviWireType type = CVI_WIRE_HELLO; type < CVI_WIRE_N_TYPES; type++)
    g_assert_nonnull (cvi_wire_body_type (type));
}

static void
test_round_trip (void)
{
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  for (CviWireType type = CVI_WIRE_HELLO; type < CVI_WIRE_N_TYPES; type++) {
    g_autoptr (GVariant) sent = g_variant_ref_sink (new_body (type));
    g_autoptr (GVariant) received = NULL;
    g_autoptr (GError) error = NULL;
    CviWireType received_type;

    g_assert_true (cvi_wire_send (fds[0], type, sent, &error));
    received = cvi_wire_receive (fds[1], &received_type, &error);
    g_assert_no_error (error);
    g_assert_cmpint (received_type, ==, type);
    g_assert_cmpvariant (received, sent);
  }
  close (fds[0]);
  close (fds[1]);
}

/* The layout that the header documents, byte for byte. */
static void
test_layout (void)
{
  static const guint8 begin[] = { 'C', 'V', 'I', '1', 3, 0, 0, 0, 14, 0, 0, 0,
    7, 0, 0, 0, 0, 0, 0, 0, 'f', 'i', 'r', 's', 't', 0 };
  g_autoptr (GBytes) frame = new_frame (CVI_WIRE_BEGIN);
  gsize size;
  const guint8 *data = g_bytes_get_data (frame, &size);

  g_assert_cmpmem (data, size, begin, sizeof begin);
}

static void
test_peer_gone (void)
{
  g_autoptr (GError) error = NULL;
  CviWireType type;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  /* In the middle of a header. */
  g_assert_cmpint (send (fds[0], "CVI1", 4, 0), ==, 4);
  close (fds[0]);
  g_assert_null (cvi_wire_receive (fds[1], &type, &error));
  g_assert_error (error, CVI_WIRE_ERROR, CVI_WIRE_ERROR_CLOSED);
  g_clear_error (&error);
  /* And no SIGPIPE. */
  g_assert_false (
      cvi_wire_send (fds[1], CVI_WIRE_QUIT, g_variant_new ("()"), &error));
  g_assert_error (error, CVI_WIRE_ERROR, CVI_WIRE_ERROR_CLOSED);
  g_clear_error (&error);
  close (fds[1]);
  g_assert_null (cvi_wire_receive (fds[1], &type, &error));
  g_assert_error (error, CVI_WIRE_ERROR, CVI_WIRE_ERROR_IO);
}

static GVariant *
new_large_body (gsize text_size)
{
  g_autofree char *text = g_strnfill (text_size, 'x');

  return g_variant_new ("(ts)", (guint64)1, text);
}

static gpointer
send_large (gpointer data)
{
  int fd = GPOINTER_TO_INT (data);

  return GINT_TO_POINTER (cvi_wire_send (
      fd, CVI_WIRE_BEGIN, new_large_body (CVI_WIRE_MAX_BODY - 9), NULL));
}

static void
test_largest (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) body = NULL;
  CviWireType type;
  GThread *thread;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  thread = g_thread_new ("sender", send_large, GINT_TO_POINTER (fds[0]));
  body = cvi_wire_receive (fds[1], &type, &error);
  g_assert_true (GPOINTER_TO_INT (g_thread_join (thread)));
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_get_size (body), ==, CVI_WIRE_MAX_BODY);

  g_assert_false (cvi_wire_send (
      fds[0], CVI_WIRE_BEGIN, new_large_body (CVI_WIRE_MAX_BODY - 8), &error));
  g_assert_error (error, CVI_WIRE_ERROR, CVI_WIRE_ERROR_MALFORMED);
  close (fds[0]);
  close (fds[1]);
}

/* Bytes one by one, and all frames at once. */
static void
test_decoder (void)
{
  g_autoptr (CviWireDecoder) slow = cvi_wire_decoder_new ();
  g_autoptr (CviWireDecoder) fast = cvi_wire_decoder_new ();
  CviWireType type;

  for (CviWireType sent = CVI_WIRE_HELLO; sent < CVI_WIRE_N_TYPES; sent++) {
    g_autoptr (GBytes) frame = new_frame (sent);
    g_autoptr (GVariant) expected = g_variant_ref_sink (new_body (sent));
    g_autoptr (GVariant) body = NULL;
    gsize size;
    const guint8 *data = g_bytes_get_data (frame, &size);

    for (gsize i = 0; i < size; i++) {
      g_assert_null (cvi_wire_decoder_next (slow, &type, NULL));
      cvi_wire_decoder_feed (slow, data + i, 1);
    }
    body = cvi_wire_decoder_next (slow, &type, NULL);
    g_assert_cmpint (type, ==, sent);
    if (sent != CVI_WIRE_RESULT) /* has the time in it */
      g_assert_cmpvariant (body, expected);
    cvi_wire_decoder_feed (fast, data, size);
  }
  for (CviWireType sent = CVI_WIRE_HELLO; sent < CVI_WIRE_N_TYPES; sent++) {
    g_autoptr (GVariant) body = cvi_wire_decoder_next (fast, &type, NULL);

    g_assert_nonnull (body);
    g_assert_cmpint (type, ==, sent);
  }
  g_assert_null (cvi_wire_decoder_next (fast, &type, NULL));
}

static void
test_bad_frames (void)
{
  static const BadFrame frames[] = {
    { "magic", "CVI2\x07\0\0\0\x01\0\0\0\0", 13 },
    { "type 0", "CVI1\x00\0\0\0\x01\0\0\0\0", 13 },
    { "type 8", "CVI1\x08\0\0\0\x01\0\0\0\0", 13 },
    { "type 255", "CVI1\xff\0\0\0\x01\0\0\0\0", 13 },
    { "reserved", "CVI1\x07\0\0\x01\x01\0\0\0\0", 13 },
    { "over the limit", "CVI1\x04\0\0\0\x01\0\x40\0", 12 },
    { "largest length", "CVI1\x04\0\0\0\xff\xff\xff\xff", 12 },
    { "no body", "CVI1\x07\0\0\0\0\0\0\0", 12 },
    { "not normal", "CVI1\x03\0\0\0\x02\0\0\0ab", 14 },
    { "not UTF-8", "CVI1\x03\0\0\0\x0a\0\0\0\0\0\0\0\0\0\0\0\xff\0", 22 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (frames); i++) {
    g_autoptr (CviWireDecoder) decoder = cvi_wire_decoder_new ();
    g_autoptr (GBytes) good = new_frame (CVI_WIRE_BEGIN);
    g_autoptr (GError) error = NULL;
    CviWireType type;
    int fds[2];

    g_test_message ("%s", frames[i].what);
    cvi_wire_decoder_feed (
        decoder, (const guint8 *)frames[i].frame, frames[i].size);
    g_assert_null (cvi_wire_decoder_next (decoder, &type, &error));
    g_assert_error (error, CVI_WIRE_ERROR, CVI_WIRE_ERROR_MALFORMED);
    g_clear_error (&error);
    /* For good. */
    cvi_wire_decoder_feed (
        decoder, g_bytes_get_data (good, NULL), g_bytes_get_size (good));
    g_assert_null (cvi_wire_decoder_next (decoder, &type, &error));
    g_assert_error (error, CVI_WIRE_ERROR, CVI_WIRE_ERROR_MALFORMED);
    g_clear_error (&error);

    g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    g_assert_cmpint (
        send (fds[0], frames[i].frame, frames[i].size, 0), ==, frames[i].size);
    g_assert_null (cvi_wire_receive (fds[1], &type, &error));
    g_assert_error (error, CVI_WIRE_ERROR, CVI_WIRE_ERROR_MALFORMED);
    close (fds[0]);
    close (fds[1]);
  }
}

/* Reads every frame out of @decoder as its users would: what comes through is
 * of its type and in normal form, or the decoder is broken. */
static gboolean
take_all (CviWireDecoder *decoder)
{
  while (TRUE) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) body = NULL;
    g_autoptr (GVariant) inner = NULL;
    CviWireType type;

    body = cvi_wire_decoder_next (decoder, &type, &error);
    if (!body)
      return error == NULL;
    g_assert_true (g_variant_is_of_type (body, cvi_wire_body_type (type)));
    g_assert_true (g_variant_is_normal_form (body));
    if (type == CVI_WIRE_FINDING) {
      g_autoptr (CviFinding) finding = NULL;

      inner = g_variant_get_child_value (body, 1);
      finding = cvi_finding_from_variant (inner, NULL);
    } else if (type == CVI_WIRE_RESULT) {
      g_autoptr (CviResult) result = NULL;

      inner = g_variant_get_child_value (body, 1);
      result = cvi_result_from_variant (inner, NULL);
    }
  }
}

static void
test_fuzz_random (void)
{
  for (guint round = 0; round < 20000; round++) {
    g_autoptr (CviWireDecoder) decoder = cvi_wire_decoder_new ();
    guint8 data[256];
    gsize size = (gsize)g_test_rand_int_range (1, sizeof data);

    for (gsize i = 0; i < size; i++)
      data[i] = (guint8)g_test_rand_int ();
    /* Half of them get past the header. */
    if (round % 2 && size > HEADER_SIZE) {
      memcpy (data, "CVI1", 4);
      data[4] = (guint8)g_test_rand_int_range (1, CVI_WIRE_N_TYPES);
      memset (data + 5, 0, 7);
      data[8] = (guint8)(size - HEADER_SIZE);
    }
    cvi_wire_decoder_feed (decoder, data, size);
    take_all (decoder);
  }
}

static void
test_fuzz_flips (void)
{
  guint n_broken = 0;

  for (CviWireType type = CVI_WIRE_HELLO; type < CVI_WIRE_N_TYPES; type++) {
    g_autoptr (GBytes) frame = new_frame (type);
    gsize size;
    const guint8 *data = g_bytes_get_data (frame, &size);

    for (gsize bit = 0; bit < size * 8; bit++) {
      g_autoptr (CviWireDecoder) decoder = cvi_wire_decoder_new ();
      g_autofree guint8 *copy = g_memdup2 (data, size);

      copy[bit / 8] ^= (guint8)(1u << (bit % 8));
      cvi_wire_decoder_feed (decoder, copy, size);
      n_broken += !take_all (decoder);
    }
  }
  g_assert_cmpuint (n_broken, >, 0);
}

/* A peer that never completes a frame, and a caller that never takes one. */
static void
test_bounded (void)
{
  static guint8 block[1024 * 1024];
  g_autoptr (CviWireDecoder) decoder = cvi_wire_decoder_new ();
  g_autoptr (GBytes) frame = new_frame (CVI_WIRE_QUIT);
  g_autoptr (GError) error = NULL;
  guint64 before = cvi_proc_rss (getpid ());
  CviWireType type;

  g_assert_cmpuint (before, >, 0);
  cvi_wire_decoder_feed (
      decoder, g_bytes_get_data (frame, NULL), g_bytes_get_size (frame));
  for (guint i = 0; i < 512; i++)
    cvi_wire_decoder_feed (decoder, block, sizeof block);
  g_assert_cmpuint (
      cvi_proc_rss (getpid ()), <, before + G_GUINT64_CONSTANT (67108864));
  g_assert_null (cvi_wire_decoder_next (decoder, &type, &error));
  g_assert_error (error, CVI_WIRE_ERROR, CVI_WIRE_ERROR_MALFORMED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/types", test_types);
  g_test_add_func ("/wire/round-trip", test_round_trip);
  g_test_add_func ("/wire/layout", test_layout);
  g_test_add_func ("/wire/peer-gone", test_peer_gone);
  g_test_add_func ("/wire/largest", test_largest);
  g_test_add_func ("/wire/decoder", test_decoder);
  g_test_add_func ("/wire/bad-frames", test_bad_frames);
  g_test_add_func ("/wire/fuzz/random", test_fuzz_random);
  g_test_add_func ("/wire/fuzz/flips", test_fuzz_flips);
  g_test_add_func ("/wire/bounded", test_bounded);
  return g_test_run ();
}
