/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define HEADER_SIZE 12
#define MAX_FRAME (HEADER_SIZE + (gsize)CVI_WIRE_MAX_BODY)

static const char magic[4] = { 'C', 'V', 'I', '1' };

G_DEFINE_QUARK (cvi_wire_error_quark, cvi_wire_error)

const GVariantType *
cvi_wire_body_type (CviWireType type)
{
  /* One string of two macros' is meant.
   * NOLINTBEGIN(bugprone-suspicious-missing-comma) */
  static const char *const types[CVI_WIRE_N_TYPES] = {
    [CVI_WIRE_HELLO] = "(usss)",
    [CVI_WIRE_JOB] = "(tayya{sv})",
    [CVI_WIRE_BEGIN] = "(ts)",
    [CVI_WIRE_FINDING] = "(t" CVI_FINDING_VARIANT ")",
    [CVI_WIRE_PROGRESS] = "(tttt)",
    [CVI_WIRE_RESULT] = "(t" CVI_RESULT_VARIANT ")",
    [CVI_WIRE_QUIT] = "()",
    [CVI_WIRE_DECODER] = "(tssbb)",
    [CVI_WIRE_DURATION] = "(tt)",
    [CVI_WIRE_SETUP] = "(saaya{sv})",
    [CVI_WIRE_PICTURES] = "(ta(ubtay))",
    [CVI_WIRE_HASHES] = "(t" CVI_FIXITY_VARIANT ")",
    [CVI_WIRE_FETCH] = "(saysa{sv})",
    [CVI_WIRE_REMOTE] = "(txs)",
    [CVI_WIRE_FETCHED] = "(ba" CVI_FINDING_VARIANT ")",
    [CVI_WIRE_NEEDS_HARDWARE] = "(t)",
  };
  /* NOLINTEND(bugprone-suspicious-missing-comma) */

  if ((guint)type >= CVI_WIRE_N_TYPES || !types[type])
    return NULL;
  return G_VARIANT_TYPE (types[type]);
}

static gboolean
set_malformed (GError **error, const char *what)
{
  g_set_error_literal (error, CVI_WIRE_ERROR, CVI_WIRE_ERROR_MALFORMED, what);
  return FALSE;
}

/* The wire is little endian whatever the machine. */
static GVariant *
swap_if_big_endian (GVariant *variant)
{
#if G_BYTE_ORDER == G_BIG_ENDIAN
  GVariant *swapped = g_variant_byteswap (variant);

  g_variant_unref (variant);
  return swapped;
#else
  return variant;
#endif
}

static void
write_header (guint8 *header, CviWireType type, gsize body_size)
{
  guint32 length = GUINT32_TO_LE ((guint32)body_size);

  memset (header, 0, HEADER_SIZE);
  memcpy (header, magic, sizeof magic);
  header[4] = (guint8)type;
  memcpy (header + 8, &length, sizeof length);
}

static gboolean
parse_header (
    const guint8 *header, CviWireType *type, gsize *body_size, GError **error)
{
  guint32 length;

  if (memcmp (header, magic, sizeof magic) != 0)
    return set_malformed (error, "wrong magic in a frame");
  if (!cvi_wire_body_type ((CviWireType)header[4]))
    return set_malformed (error, "frame of an unknown type");
  if (header[5] || header[6] || header[7])
    return set_malformed (error, "reserved bytes of a frame are not zero");
  memcpy (&length, header + 8, sizeof length);
  length = GUINT32_FROM_LE (length);
  if (length > CVI_WIRE_MAX_BODY)
    return set_malformed (error, "frame is too large");

  *type = (CviWireType)header[4];
  *body_size = length;
  return TRUE;
}

/* Takes @bytes. */
static GVariant *
parse_body (CviWireType type, GBytes *bytes, GError **error)
{
  g_autoptr (GVariant) variant = g_variant_ref_sink (
      g_variant_new_from_bytes (cvi_wire_body_type (type), bytes, FALSE));

  g_bytes_unref (bytes);
  if (!g_variant_is_normal_form (variant)) {
    set_malformed (error, "frame's body is not in normal form");
    return NULL;
  }
  return swap_if_big_endian (g_steal_pointer (&variant));
}

static gboolean
set_io_error (GError **error, const char *what, int errnum)
{
  CviWireError code = errnum == EPIPE || errnum == ECONNRESET
                          ? CVI_WIRE_ERROR_CLOSED
                          : CVI_WIRE_ERROR_IO;

  g_set_error (
      error, CVI_WIRE_ERROR, code, "%s: %s", what, g_strerror (errnum));
  return FALSE;
}

/* Writes @msg as a whole; its vectors are used up. */
static gboolean
send_all (int fd, struct msghdr *msg, GError **error)
{
  while (msg->msg_iovlen > 0) {
    ssize_t n = sendmsg (fd, msg, MSG_NOSIGNAL);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return set_io_error (error, "cannot send", errno);
    while (msg->msg_iovlen > 0 && (gsize)n >= msg->msg_iov->iov_len) {
      n -= (ssize_t)msg->msg_iov->iov_len;
      msg->msg_iov++;
      msg->msg_iovlen--;
    }
    if (msg->msg_iovlen > 0) {
      msg->msg_iov->iov_base = (guint8 *)msg->msg_iov->iov_base + n;
      msg->msg_iov->iov_len -= (gsize)n;
    }
  }
  return TRUE;
}

gboolean
cvi_wire_send (int fd, CviWireType type, GVariant *body, GError **error)
{
  g_autoptr (GVariant) sunk = g_variant_ref_sink (body);
  g_autoptr (GVariant) normal = NULL;
  guint8 header[HEADER_SIZE];
  struct iovec vectors[2];
  struct msghdr msg = { .msg_iov = vectors, .msg_iovlen = 2 };
  const GVariantType *body_type = cvi_wire_body_type (type);

  g_return_val_if_fail (fd >= 0, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  g_return_val_if_fail (
      body_type && g_variant_is_of_type (sunk, body_type), FALSE);

  normal = swap_if_big_endian (g_variant_get_normal_form (sunk));
  if (g_variant_get_size (normal) > CVI_WIRE_MAX_BODY)
    return set_malformed (error, "message is too large to be sent");

  write_header (header, type, g_variant_get_size (normal));
  vectors[0].iov_base = header;
  vectors[0].iov_len = sizeof header;
  vectors[1].iov_base = (gpointer)g_variant_get_data (normal);
  vectors[1].iov_len = g_variant_get_size (normal);
  return send_all (fd, &msg, error);
}

static gboolean
receive_all (int fd, guint8 *data, gsize size, GError **error)
{
  gsize done = 0;

  while (done < size) {
    ssize_t n = recv (fd, data + done, size - done, 0);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return set_io_error (error, "cannot receive", errno);
    if (n == 0) {
      g_set_error_literal (error, CVI_WIRE_ERROR, CVI_WIRE_ERROR_CLOSED,
          "the other side has closed the connection");
      return FALSE;
    }
    done += (gsize)n;
  }
  return TRUE;
}

GVariant *
cvi_wire_receive (int fd, CviWireType *type, GError **error)
{
  guint8 header[HEADER_SIZE];
  g_autofree guint8 *body = NULL;
  gsize size;

  g_return_val_if_fail (fd >= 0 && type != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!receive_all (fd, header, sizeof header, error) ||
      !parse_header (header, type, &size, error))
    return NULL;
  body = g_malloc (size);
  if (!receive_all (fd, body, size, error))
    return NULL;
  return parse_body (
      *type, g_bytes_new_take (g_steal_pointer (&body), size), error);
}

struct _CviWireDecoder {
  GByteArray *held;
  guint taken; /* bytes at the start of @held that are frames already given */
  gboolean broken;
};

CviWireDecoder *
cvi_wire_decoder_new (void)
{
  CviWireDecoder *decoder = g_new0 (CviWireDecoder, 1);

  decoder->held = g_byte_array_new ();
  return decoder;
}

void
cvi_wire_decoder_free (CviWireDecoder *decoder)
{
  if (!decoder)
    return;
  g_byte_array_unref (decoder->held);
  g_free (decoder);
}

static void
decoder_break (CviWireDecoder *decoder)
{
  decoder->broken = TRUE;
  decoder->taken = 0;
  g_byte_array_set_size (decoder->held, 0);
}

void
cvi_wire_decoder_feed (CviWireDecoder *decoder, const guint8 *data, gsize len)
{
  g_return_if_fail (decoder != NULL);
  g_return_if_fail (data != NULL || len == 0);

  if (decoder->broken || len == 0)
    return;
  if (decoder->taken > 0) {
    g_byte_array_remove_range (decoder->held, 0, decoder->taken);
    decoder->taken = 0;
  }
  if (len > 2 * MAX_FRAME - decoder->held->len) {
    decoder_break (decoder);
    return;
  }
  g_byte_array_append (decoder->held, data, (guint)len);
}

GVariant *
cvi_wire_decoder_next (
    CviWireDecoder *decoder, CviWireType *type, GError **error)
{
  const guint8 *frame;
  GVariant *body;
  gsize size, left;

  g_return_val_if_fail (decoder != NULL && type != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (decoder->broken) {
    set_malformed (error, "the connection is broken");
    return NULL;
  }
  left = decoder->held->len - decoder->taken;
  if (left < HEADER_SIZE)
    return NULL;
  frame = decoder->held->data + decoder->taken;
  if (!parse_header (frame, type, &size, error)) {
    decoder_break (decoder);
    return NULL;
  }
  if (left - HEADER_SIZE < size)
    return NULL;

  body = parse_body (*type, g_bytes_new (frame + HEADER_SIZE, size), error);
  if (body)
    decoder->taken += (guint)(HEADER_SIZE + size);
  else
    decoder_break (decoder);
  return body;
}
