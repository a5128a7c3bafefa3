/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a worker sends: frames, and what the supervisor does with a finding,
 * hashes and a result that got through: collect, judge, send on, write in each
 * format.
 *
 * Input: first byte: how large the pieces are in which the bytes arrive; if it
 * is odd, the second byte is a type and the rest the body of one frame with a
 * right header, so that most inputs get behind the header.
 */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <string.h>

#include "plugin/core/cvi-collector.h"
#include "plugin/core/cvi-fixity.h"
#include "tools/pool/cvi-jpeg.h"
#include "tools/pool/cvi-wire.h"
#include "tools/report/cvi-report.h"

#define HEADER 12

/* The reports are begun once, as the heads of some take longer than all else
 * here. */
static void
write_reports (const CviResult *result)
{
  static CviReport *reports[32];
  static int fd = -1;

  if (fd < 0)
    fd = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  for (guint i = 0; cvi_report_writers ()[i]; i++) {
    g_assert_cmpuint (i, <, G_N_ELEMENTS (reports));
    if (!reports[i]) {
      reports[i] = cvi_report_new (cvi_report_writers ()[i], fd, NULL);
      cvi_report_set_verbose (reports[i], TRUE);
    }
    g_assert_true (cvi_report_add (reports[i], result, TRUE, NULL));
    g_assert_true (cvi_report_finish (reports[i], 1, FALSE, NULL));
  }
}

static void
take_finding (CviCollector *collector, GVariant *variant)
{
  CviFinding *finding = cvi_finding_from_variant (variant, NULL);

  if (!finding)
    return;
  g_assert_true (g_utf8_validate (finding->message, -1, NULL));
  g_assert_cmpuint (strlen (finding->message), <=, CVI_FINDING_MAX_MESSAGE);
  cvi_collector_add (collector, finding);
}

/* What was accepted once is accepted again. */
static void
take_result (GVariant *variant)
{
  g_autoptr (CviResult) result = cvi_result_from_variant (variant, NULL);
  g_autoptr (GVariant) again = NULL;
  g_autoptr (CviResult) copy = NULL;
  g_autoptr (GError) error = NULL;

  if (!result)
    return;
  cvi_result_judge (result);
  again = g_variant_ref_sink (cvi_result_to_variant (result));
  copy = cvi_result_from_variant (again, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (copy->path, ==, result->path);
  write_reports (result);
}

/* Hashes are held against stored ones block by block. */
static void
take_hashes (GVariant *variant)
{
  g_autoptr (CviFixity) fixity = cvi_fixity_from_variant (variant, NULL);
  g_autoptr (CviFixity) copy = NULL;
  g_autoptr (GArray) ranges = NULL;
  g_autoptr (GVariant) again = NULL;

  if (!fixity)
    return;
  again = g_variant_ref_sink (cvi_fixity_to_variant (fixity));
  copy = cvi_fixity_from_variant (again, NULL);
  g_assert_nonnull (copy);
  g_assert_true (cvi_fixity_equal (fixity, copy));
  ranges = cvi_fixity_compare (
      fixity->size, fixity->block_size, fixity->blocks, copy->blocks);
  g_assert_cmpuint (ranges->len, ==, 0);
}

/* From an allocation of just its size, so that a sanitizer sees reads behind.
 */
static void
take_pictures (GVariant *list)
{
  for (gsize i = 0; i < g_variant_n_children (list); i++) {
    g_autoptr (GVariant) bytes = NULL;
    g_autofree guint8 *copy = NULL;
    gconstpointer data;
    gsize len;

    g_variant_get_child (list, i, "(ubt@ay)", NULL, NULL, NULL, &bytes);
    data = g_variant_get_fixed_array (bytes, &len, 1);
    copy = g_memdup2 (data, len);
    if (cvi_jpeg_is_picture (copy, len, 320))
      g_assert_cmpuint (len, >, 20);
  }
}

/* Returns: FALSE once the decoder is broken */
static gboolean
take_frames (CviWireDecoder *decoder, CviCollector *collector)
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
    if (g_variant_n_children (body) > 1)
      inner = g_variant_get_child_value (body, 1);
    if (type == CVI_WIRE_FINDING)
      take_finding (collector, inner);
    else if (type == CVI_WIRE_RESULT)
      take_result (inner);
    else if (type == CVI_WIRE_HASHES)
      take_hashes (inner);
    else if (type == CVI_WIRE_PICTURES)
      take_pictures (inner);
  }
}

static GByteArray *
new_frame (guint8 type, const guint8 *body, gsize size)
{
  GByteArray *frame = g_byte_array_new ();
  guint8 header[HEADER] = { 'C', 'V', 'I', '1' };
  guint32 length = GUINT32_TO_LE ((guint32)size);

  header[4] = (guint8)(1 + type % (CVI_WIRE_N_TYPES - 1));
  memcpy (header + 8, &length, sizeof length);
  g_byte_array_append (frame, header, HEADER);
  g_byte_array_append (frame, body, (guint)size);
  return frame;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (CviWireDecoder) decoder = cvi_wire_decoder_new ();
  g_autoptr (CviCollector) collector = cvi_collector_new ();
  g_autoptr (GByteArray) frame = NULL;
  gsize piece;

  if (size < 2)
    return 0;
  piece = (gsize)data[0] * data[0] + 1;
  if (data[0] & 1) {
    frame = new_frame (data[1], data + 2, size - 2);
    data = frame->data;
    size = frame->len;
  } else {
    data++;
    size--;
  }
  for (gsize at = 0; at < size; at += piece) {
    cvi_wire_decoder_feed (decoder, data + at, MIN (piece, size - at));
    if (!take_frames (decoder, collector))
      break;
  }
  return 0;
}

static CviResult *
new_result (void)
{
  CviResult *result = cvi_result_new ("/films/a.mkv", CVI_MODE_DEEP);
  CviStream *stream = cvi_stream_new ("video/0", "video");
  CviFinding *finding =
      cvi_finding_new (CVI_RULE_DECODE_ERROR, "video/0", "a bad slice");

  stream->codec = g_strdup ("H.264");
  stream->checked = TRUE;
  finding->start_ns = finding->end_ns = G_GUINT64_CONSTANT (1000000000);
  g_ptr_array_add (result->streams, stream);
  cvi_result_add (result, finding);
  result->duration_ns = G_GUINT64_CONSTANT (10000000000);
  result->scanned_at = 1700000000;
  return result;
}

static void
add_frame (CviWireType type, GVariant *body, FuzzAdd add, gpointer user_data)
{
  g_autoptr (GVariant) sunk = g_variant_ref_sink (body);
  g_autoptr (GVariant) normal = g_variant_get_normal_form (sunk);
  const guint8 *data = g_variant_get_data (normal);
  gsize size = g_variant_get_size (normal);
  guint8 odd[2] = { 255, (guint8)(type - 1) };
  g_autoptr (GByteArray) bare = g_byte_array_new ();
  g_autoptr (GByteArray) whole = new_frame (odd[1], data, size);

  g_byte_array_append (bare, odd, sizeof odd);
  g_byte_array_append (bare, data, (guint)size);
  add (bare->data, bare->len, user_data);
  g_byte_array_prepend (whole, (const guint8 *)"\x10", 1);
  add (whole->data, whole->len, user_data);
}

void
fuzz_target_seeds (FuzzAdd add, gpointer user_data)
{
  g_autoptr (CviResult) result = new_result ();
  g_autoptr (GBytes) blocks =
      g_bytes_new_static ("0123456789abcdef", CVI_FIXITY_DIGEST);
  CviFixity fixity = { .size = 1000,
    .mtime_ns = 5,
    .block_size = CVI_FIXITY_MIN_BLOCK,
    .blocks = blocks };

  add_frame (CVI_WIRE_HELLO,
      g_variant_new ("(uss)", CVI_WIRE_PROTOCOL, "1", ""), add, user_data);
  add_frame (CVI_WIRE_JOB,
      g_variant_new_parsed ("(@t 7, b'/a.mp4', @y 1, {'hw': <'off'>})"), add,
      user_data);
  add_frame (CVI_WIRE_BEGIN, g_variant_new ("(ts)", (guint64)7, "first"), add,
      user_data);
  add_frame (CVI_WIRE_FINDING,
      g_variant_new ("(t@" CVI_FINDING_VARIANT ")", (guint64)7,
          cvi_finding_to_variant (g_ptr_array_index (result->findings, 0))),
      add, user_data);
  add_frame (CVI_WIRE_PROGRESS,
      g_variant_new ("(tttt)", (guint64)7, (guint64)1, (guint64)2, CVI_NONE),
      add, user_data);
  add_frame (CVI_WIRE_DECODER,
      g_variant_new ("(tssbb)", (guint64)7, "video/0", "nvh264dec", TRUE, TRUE),
      add, user_data);
  add_frame (CVI_WIRE_NEEDS_HARDWARE, g_variant_new ("(t)", (guint64)7), add,
      user_data);
  add_frame (CVI_WIRE_PICTURES,
      g_variant_new_parsed (
          "(@t 7, [(@u 0, true, @t 40, [@y 255, 216, 255, 192, 0, 11, 8, 0, "
          "90, 0, 160, 1, 1, 17, 0, 255, 218, 0, 8, 1, 1, 0, 0, 63, 0, 85, "
          "255, 217])])"),
      add, user_data);
  add_frame (CVI_WIRE_HASHES,
      g_variant_new ("(t@" CVI_FIXITY_VARIANT ")", (guint64)7,
          cvi_fixity_to_variant (&fixity)),
      add, user_data);
  add_frame (CVI_WIRE_RESULT,
      g_variant_new ("(t@" CVI_RESULT_VARIANT ")", (guint64)7,
          cvi_result_to_variant (result)),
      add, user_data);
}
