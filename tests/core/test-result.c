/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-result.h"

#include <math.h>
#include <string.h>

static CviResult *
make_result (void)
{
  /* not UTF-8 */
  CviResult *result = cvi_result_new ("/media/caf\xe9 \n.mkv", CVI_MODE_FULL);
  CviStream *stream = cvi_stream_new ("video/0", "video");

  stream->codec = g_strdup ("H.264");
  stream->decoder = g_strdup ("avdec_h264");
  stream->hardware = TRUE;
  stream->frames = 1234;
  stream->duration_ns = 5678;
  stream->start_ns = 40;
  stream->end_ns = 5718;
  stream->frame_ns = 20;
  stream->checked = TRUE;
  g_ptr_array_add (result->streams, stream);
  stream = cvi_stream_new ("audio/0", "audio");
  stream->reason = g_strdup ("no decoder");
  g_ptr_array_add (result->streams, stream);
  cvi_result_add (
      result, cvi_finding_new (CVI_RULE_TIME_GAP, "video/0", "gap"));
  cvi_result_add (
      result, cvi_finding_new (CVI_RULE_DECODE_ERROR, NULL, "error"));
  result->verdict = CVI_VERDICT_SKIPPED;
  result->previous_verdict = CVI_VERDICT_CORRUPT;
  result->confidence = 0.25;
  result->damage = 1.;
  result->container = g_strdup ("matroska");
  result->size = G_MAXUINT64 - 1;
  result->mtime_ns = -5;
  result->duration_ns = 60000000000;
  result->elapsed_s = 1.5;
  result->cpu_s = 1.25;
  result->peak_rss_bytes = 1 << 20;
  result->rules_version = 77;
  result->scanned_at = 1700000000;
  return result;
}

static void
assert_same_streams (GPtrArray *a, GPtrArray *b)
{
  g_assert_cmpuint (a->len, ==, b->len);
  for (guint i = 0; i < a->len; i++) {
    const CviStream *one = g_ptr_array_index (a, i);
    const CviStream *two = g_ptr_array_index (b, i);

    g_assert_cmpstr (one->id, ==, two->id);
    g_assert_cmpstr (one->kind, ==, two->kind);
    g_assert_cmpstr (one->codec, ==, two->codec);
    g_assert_cmpstr (one->decoder, ==, two->decoder);
    g_assert_cmpint (one->hardware, ==, two->hardware);
    g_assert_cmpuint (one->frames, ==, two->frames);
    g_assert_cmpuint (one->duration_ns, ==, two->duration_ns);
    g_assert_cmpuint (one->start_ns, ==, two->start_ns);
    g_assert_cmpuint (one->end_ns, ==, two->end_ns);
    g_assert_cmpuint (one->frame_ns, ==, two->frame_ns);
    g_assert_cmpint (one->checked, ==, two->checked);
    g_assert_cmpstr (one->reason, ==, two->reason);
  }
}

static void
assert_same (const CviResult *a, const CviResult *b)
{
  g_assert_cmpstr (a->path, ==, b->path);
  g_assert_cmpint (a->verdict, ==, b->verdict);
  g_assert_cmpint (a->previous_verdict, ==, b->previous_verdict);
  g_assert_cmpfloat (a->confidence, ==, b->confidence);
  g_assert_cmpfloat (a->damage, ==, b->damage);
  g_assert_cmpint (a->mode, ==, b->mode);
  g_assert_cmpstr (a->container, ==, b->container);
  g_assert_cmpuint (a->size, ==, b->size);
  g_assert_cmpint (a->mtime_ns, ==, b->mtime_ns);
  g_assert_cmpuint (a->duration_ns, ==, b->duration_ns);
  g_assert_cmpfloat (a->elapsed_s, ==, b->elapsed_s);
  g_assert_cmpfloat (a->cpu_s, ==, b->cpu_s);
  g_assert_cmpuint (a->peak_rss_bytes, ==, b->peak_rss_bytes);
  g_assert_cmpstr (a->tool_version, ==, b->tool_version);
  g_assert_cmpuint (a->rules_version, ==, b->rules_version);
  g_assert_cmpint (a->scanned_at, ==, b->scanned_at);
  assert_same_streams (a->streams, b->streams);
  g_assert_cmpuint (a->findings->len, ==, b->findings->len);
  for (guint i = 0; i < a->findings->len; i++) {
    const CviFinding *one = g_ptr_array_index (a->findings, i);
    const CviFinding *two = g_ptr_array_index (b->findings, i);

    g_assert_true (one->rule == two->rule);
    g_assert_cmpstr (one->message, ==, two->message);
  }
}

static void
test_new (void)
{
  g_autoptr (CviResult) result = cvi_result_new ("/a", CVI_MODE_QUICK);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  g_assert_cmpstr (result->path, ==, "/a");
  g_assert_cmpint (result->mode, ==, CVI_MODE_QUICK);
  g_assert_cmpint (result->verdict, ==, CVI_VERDICT_HEALTHY);
  g_assert_cmpuint (result->duration_ns, ==, CVI_NONE);
  g_assert_cmpuint (result->rules_version, ==, CVI_RULES_VERSION);
  g_assert_cmpstr (result->tool_version, !=, "");
  g_assert_cmpint (result->scanned_at, <=, now);
  g_assert_cmpint (result->scanned_at, >, now - 3600);
}

static void
test_round_trip (void)
{
  g_autoptr (CviResult) result = make_result ();
  g_autoptr (CviResult) copy = cvi_result_copy (result);
  g_autoptr (GVariant) variant =
      g_variant_ref_sink (cvi_result_to_variant (result));
  g_autoptr (GError) error = NULL;
  g_autoptr (CviResult) back = NULL;

  assert_same (copy, result);
  g_assert_true (
      g_variant_is_of_type (variant, G_VARIANT_TYPE (CVI_RESULT_VARIANT)));
  back = cvi_result_from_variant (variant, &error);
  g_assert_no_error (error);
  assert_same (back, result);
}

static void
test_empty_round_trip (void)
{
  g_autoptr (CviResult) result = cvi_result_new ("", CVI_MODE_HYBRID);
  g_autoptr (GVariant) variant =
      g_variant_ref_sink (cvi_result_to_variant (result));
  g_autoptr (GError) error = NULL;
  g_autoptr (CviResult) back = cvi_result_from_variant (variant, &error);

  g_assert_no_error (error);
  assert_same (back, result);
}

/* Names of codecs may come from the file. */
static void
test_hostile_text (void)
{
  g_autoptr (CviResult) result = cvi_result_new ("/a", CVI_MODE_DEEP);
  CviStream *stream = cvi_stream_new ("video/0", "video");
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (CviResult) back = NULL;

  stream->codec = g_strdup ("\xff\033[2J");
  stream->reason = g_strnfill (100000, 'x');
  g_ptr_array_add (result->streams, stream);
  variant = g_variant_ref_sink (cvi_result_to_variant (result));
  back = cvi_result_from_variant (variant, NULL);
  stream = g_ptr_array_index (back->streams, 0);
  g_assert_cmpstr (stream->codec, ==, "\xef\xbf\xbd [2J");
  g_assert_cmpuint (strlen (stream->reason), <, 10000);
}

/* More than from_variant takes is not sent either. */
static void
test_too_many (void)
{
  g_autoptr (CviResult) result = cvi_result_new ("/a", CVI_MODE_DEEP);
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (CviResult) back = NULL;

  for (guint i = 0; i < 2 * CVI_RESULT_MAX_FINDINGS; i++) {
    cvi_result_add (result, cvi_finding_new (CVI_RULE_TIME_GAP, NULL, "%u", i));
    g_ptr_array_add (result->streams, cvi_stream_new ("video/0", "video"));
  }
  variant = g_variant_ref_sink (cvi_result_to_variant (result));
  back = cvi_result_from_variant (variant, NULL);
  g_assert_nonnull (back);
  g_assert_cmpuint (back->findings->len, ==, CVI_RESULT_MAX_FINDINGS);
  g_assert_cmpuint (back->streams->len, ==, CVI_RESULT_MAX_STREAMS);
}

typedef enum {
  FIELD_VERDICT = 1,
  FIELD_PREVIOUS = 2,
  FIELD_CONFIDENCE = 3,
  FIELD_DAMAGE = 4,
  FIELD_MODE = 5,
  FIELD_STREAMS = 10,
  FIELD_FINDINGS = 11,
  FIELD_ELAPSED = 12,
  FIELD_CPU = 13,
  FIELD_SCANNED_AT = 17
} Field;

/* A valid result with one field replaced. */
static CviResult *
parse_with (Field field, GVariant *value, GError **error)
{
  g_autoptr (CviResult) result = make_result ();
  g_autoptr (GVariant) valid =
      g_variant_ref_sink (cvi_result_to_variant (result));
  g_autoptr (GVariant) variant = NULL;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (CVI_RESULT_VARIANT));
  for (gsize i = 0; i < g_variant_n_children (valid); i++) {
    g_autoptr (GVariant) child = g_variant_get_child_value (valid, i);

    g_variant_builder_add_value (&builder, i == (gsize)field ? value : child);
  }
  variant = g_variant_ref_sink (g_variant_builder_end (&builder));
  return cvi_result_from_variant (variant, error);
}

static void
assert_refused (Field field, GVariant *value)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviResult) result = parse_with (field, value, &error);

  g_test_message ("field %d", field);
  g_assert_null (result);
  g_assert_error (error, CVI_CORE_ERROR, CVI_CORE_ERROR_INVALID);
}

static void
test_hostile_fields (void)
{
  static const Field shares[] = { FIELD_CONFIDENCE, FIELD_DAMAGE, FIELD_ELAPSED,
    FIELD_CPU };
  static const double bad[] = { (double)NAN, (double)INFINITY, -1., 1e300 };

  assert_refused (FIELD_VERDICT, g_variant_new_byte (CVI_N_VERDICTS));
  assert_refused (FIELD_VERDICT, g_variant_new_byte (255));
  assert_refused (FIELD_PREVIOUS, g_variant_new_byte (CVI_N_VERDICTS));
  assert_refused (FIELD_MODE, g_variant_new_byte (CVI_N_MODES));
  for (guint i = 0; i < G_N_ELEMENTS (shares); i++) {
    for (guint k = 0; k < G_N_ELEMENTS (bad); k++)
      assert_refused (shares[i], g_variant_new_double (bad[k]));
  }
  assert_refused (FIELD_CONFIDENCE, g_variant_new_double (1.1));
  assert_refused (FIELD_SCANNED_AT, g_variant_new_int64 (-1));
  assert_refused (FIELD_SCANNED_AT, g_variant_new_int64 (G_MAXINT64));
}

static GVariant *
repeat (GVariant *child, guint n)
{
  GVariantBuilder builder;

  g_variant_ref_sink (child);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_ARRAY);
  for (guint i = 0; i < n; i++)
    g_variant_builder_add_value (&builder, child);
  g_variant_unref (child);
  return g_variant_builder_end (&builder);
}

static GVariant *
make_finding (const char *id, guint64 count)
{
  return g_variant_new (CVI_FINDING_VARIANT, id, 1, 0.5, "",
      G_GUINT64_CONSTANT (1), G_GUINT64_CONSTANT (2), CVI_NONE, count, "");
}

static void
test_hostile_lists (void)
{
  GVariant *stream = g_variant_new (CVI_STREAM_VARIANT, "", "", "", "", FALSE,
      G_GUINT64_CONSTANT (0), G_GUINT64_CONSTANT (0), FALSE, "", CVI_NONE,
      CVI_NONE, CVI_NONE);
  g_autoptr (CviResult) result = parse_with (FIELD_FINDINGS,
      repeat (make_finding ("time::gap", 1), CVI_RESULT_MAX_FINDINGS), NULL);

  g_assert_nonnull (result);
  assert_refused (FIELD_FINDINGS,
      repeat (make_finding ("time::gap", 1), CVI_RESULT_MAX_FINDINGS + 1));
  assert_refused (FIELD_FINDINGS, repeat (make_finding ("time::x", 1), 1));
  assert_refused (FIELD_FINDINGS, repeat (make_finding ("time::gap", 0), 1));
  assert_refused (FIELD_STREAMS, repeat (stream, CVI_RESULT_MAX_STREAMS + 1));
}

static void
test_long_path (void)
{
  g_autofree char *path = g_strnfill (1 << 20, 'a');
  g_autoptr (CviResult) result = cvi_result_new (path, CVI_MODE_DEEP);
  g_autoptr (GVariant) variant =
      g_variant_ref_sink (cvi_result_to_variant (result));
  g_autoptr (GError) error = NULL;

  g_assert_null (cvi_result_from_variant (variant, &error));
  g_assert_error (error, CVI_CORE_ERROR, CVI_CORE_ERROR_INVALID);
}

static void
test_find (void)
{
  g_autoptr (CviResult) result = make_result ();

  g_assert_cmpstr (
      cvi_result_find (result, CVI_RULE_DECODE_ERROR)->message, ==, "error");
  g_assert_null (cvi_result_find (result, CVI_RULE_IO_ERROR));
}

static void
test_names (void)
{
  CviVerdict verdict = CVI_VERDICT_CORRUPT;
  CviMode mode = CVI_MODE_FULL;

  for (guint i = 0; i < CVI_N_VERDICTS; i++) {
    g_assert_true (cvi_verdict_from_string (
        cvi_verdict_to_string ((CviVerdict)i), &verdict));
    g_assert_cmpuint (verdict, ==, i);
  }
  for (guint i = 0; i < CVI_N_MODES; i++) {
    g_assert_true (
        cvi_mode_from_string (cvi_mode_to_string ((CviMode)i), &mode));
    g_assert_cmpuint (mode, ==, i);
  }
  g_assert_cmpstr (
      cvi_verdict_to_string (CVI_VERDICT_UNREADABLE), ==, "unreadable");
  g_assert_cmpstr (cvi_mode_to_string (CVI_MODE_HYBRID), ==, "hybrid");
  g_assert_false (cvi_verdict_from_string ("Healthy", &verdict));
  g_assert_false (cvi_verdict_from_string (NULL, &verdict));
  g_assert_false (cvi_mode_from_string ("", &mode));
  g_assert_cmpint (verdict, ==, CVI_VERDICT_SKIPPED);
  g_assert_cmpint (mode, ==, CVI_MODE_FULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/result/new", test_new);
  g_test_add_func ("/result/round-trip", test_round_trip);
  g_test_add_func ("/result/empty-round-trip", test_empty_round_trip);
  g_test_add_func ("/result/hostile-text", test_hostile_text);
  g_test_add_func ("/result/too-many", test_too_many);
  g_test_add_func ("/result/hostile-fields", test_hostile_fields);
  g_test_add_func ("/result/hostile-lists", test_hostile_lists);
  g_test_add_func ("/result/long-path", test_long_path);
  g_test_add_func ("/result/find", test_find);
  g_test_add_func ("/result/names", test_names);
  return g_test_run ();
}
