/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-result.h"

/* A path is bytes; anything longer than this comes from no file system. */
#define MAX_PATH_BYTES 65536
#define MAX_TEXT_BYTES 4096
/* End of the year 9999, as far as dates can be printed. */
#define LAST_SECOND G_GINT64_CONSTANT (253402300799)

/* A GVariant string has to be UTF-8, and names of codecs come from files. */
static GVariant *
text_to_variant (const char *text)
{
  return g_variant_new_take_string (
      cvi_sanitise_text (text ? text : "", -1, MAX_TEXT_BYTES));
}

static char *
text_or_null (const char *text)
{
  return *text ? cvi_sanitise_text (text, -1, MAX_TEXT_BYTES) : NULL;
}

static GVariant *
streams_to_variant (GPtrArray *streams)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a" CVI_STREAM_VARIANT));
  for (guint i = 0; i < MIN (streams->len, CVI_RESULT_MAX_STREAMS); i++) {
    const CviStream *stream = g_ptr_array_index (streams, i);

    g_variant_builder_add (&builder, "(@s@s@s@sbttb@sttt)",
        text_to_variant (stream->id), text_to_variant (stream->kind),
        text_to_variant (stream->codec), text_to_variant (stream->decoder),
        stream->hardware, stream->frames, stream->duration_ns, stream->checked,
        text_to_variant (stream->reason), stream->start_ns, stream->end_ns,
        stream->frame_ns);
  }
  return g_variant_builder_end (&builder);
}

static GVariant *
findings_to_variant (GPtrArray *findings)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a" CVI_FINDING_VARIANT));
  for (guint i = 0; i < MIN (findings->len, CVI_RESULT_MAX_FINDINGS); i++)
    g_variant_builder_add_value (
        &builder, cvi_finding_to_variant (g_ptr_array_index (findings, i)));
  return g_variant_builder_end (&builder);
}

GVariant *
cvi_result_to_variant (const CviResult *result)
{
  return g_variant_new ("(@ayyyddy@stxt@a" CVI_STREAM_VARIANT
                        "@a" CVI_FINDING_VARIANT "ddtsux)",
      g_variant_new_bytestring (result->path), (guint8)result->verdict,
      (guint8)result->previous_verdict, result->confidence, result->damage,
      (guint8)result->mode, text_to_variant (result->container), result->size,
      result->mtime_ns, result->duration_ns,
      streams_to_variant (result->streams),
      findings_to_variant (result->findings), result->elapsed_s, result->cpu_s,
      result->peak_rss_bytes, result->tool_version, result->rules_version,
      result->scanned_at);
}

static gboolean
streams_from_variant (CviResult *result, GVariant *list)
{
  GVariantIter iter;
  const char *id, *kind, *codec, *decoder, *reason;
  gboolean hardware, checked;
  guint64 frames, duration, start, end, frame;

  if (g_variant_n_children (list) > CVI_RESULT_MAX_STREAMS)
    return FALSE;
  g_variant_iter_init (&iter, list);
  while (g_variant_iter_next (&iter, "(&s&s&s&sbttb&sttt)", &id, &kind, &codec,
      &decoder, &hardware, &frames, &duration, &checked, &reason, &start, &end,
      &frame)) {
    g_autofree char *safe_id = cvi_sanitise_text (id, -1, MAX_TEXT_BYTES);
    g_autofree char *safe_kind = cvi_sanitise_text (kind, -1, MAX_TEXT_BYTES);
    CviStream *stream = cvi_stream_new (safe_id, safe_kind);

    stream->codec = text_or_null (codec);
    stream->decoder = text_or_null (decoder);
    stream->hardware = hardware;
    stream->frames = frames;
    stream->duration_ns = duration;
    stream->checked = checked;
    stream->reason = text_or_null (reason);
    stream->start_ns = start;
    stream->end_ns = end;
    stream->frame_ns = frame;
    g_ptr_array_add (result->streams, stream);
  }
  return TRUE;
}

static gboolean
findings_from_variant (CviResult *result, GVariant *list, GError **error)
{
  gsize n = g_variant_n_children (list);

  if (n > CVI_RESULT_MAX_FINDINGS) {
    g_set_error (error, CVI_CORE_ERROR, CVI_CORE_ERROR_INVALID,
        "malformed result: %" G_GSIZE_FORMAT " findings", n);
    return FALSE;
  }
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) child = g_variant_get_child_value (list, i);
    CviFinding *finding = cvi_finding_from_variant (child, error);

    if (!finding)
      return FALSE;
    cvi_result_add (result, finding);
  }
  return TRUE;
}

/* All comparisons are written so that NaN fails. */
static const char *
find_fault (const CviResult *result, guint verdict, guint previous, guint mode)
{
  if (verdict >= CVI_N_VERDICTS || previous >= CVI_N_VERDICTS)
    return "unknown verdict";
  if (mode >= CVI_N_MODES)
    return "unknown mode";
  if (!(result->confidence >= 0. && result->confidence <= 1.) ||
      !(result->damage >= 0. && result->damage <= 1.))
    return "confidence or damage out of range";
  if (!(result->elapsed_s >= 0. && result->elapsed_s < 1e12) ||
      !(result->cpu_s >= 0. && result->cpu_s < 1e12))
    return "time out of range";
  if (result->scanned_at < 0 || result->scanned_at > LAST_SECOND)
    return "date out of range";
  return NULL;
}

CviResult *
cvi_result_from_variant (GVariant *variant, GError **error)
{
  g_autoptr (CviResult) result = cvi_result_new ("", CVI_MODE_DEEP);
  g_autoptr (GVariant) path = NULL;
  g_autoptr (GVariant) streams = NULL;
  g_autoptr (GVariant) findings = NULL;
  const char *container, *version, *fault;
  guint8 verdict, previous, mode;

  g_return_val_if_fail (
      g_variant_is_of_type (variant, G_VARIANT_TYPE (CVI_RESULT_VARIANT)),
      NULL);

  g_variant_get (variant,
      "(@ayyyddy&stxt@a" CVI_STREAM_VARIANT "@a" CVI_FINDING_VARIANT "ddt&sux)",
      &path, &verdict, &previous, &result->confidence, &result->damage, &mode,
      &container, &result->size, &result->mtime_ns, &result->duration_ns,
      &streams, &findings, &result->elapsed_s, &result->cpu_s,
      &result->peak_rss_bytes, &version, &result->rules_version,
      &result->scanned_at);
  fault = find_fault (result, verdict, previous, mode);
  if (!fault && g_variant_get_size (path) > MAX_PATH_BYTES)
    fault = "path too long";
  if (!fault && !streams_from_variant (result, streams))
    fault = "too many streams";
  if (fault) {
    g_set_error (error, CVI_CORE_ERROR, CVI_CORE_ERROR_INVALID,
        "malformed result: %s", fault);
    return NULL;
  }
  if (!findings_from_variant (result, findings, error))
    return NULL;
  result->verdict = (CviVerdict)verdict;
  result->previous_verdict = (CviVerdict)previous;
  result->mode = (CviMode)mode;
  g_free (result->path);
  result->path = g_strdup (g_variant_get_bytestring (path));
  result->container = text_or_null (container);
  g_free (result->tool_version);
  result->tool_version = cvi_sanitise_text (version, -1, MAX_TEXT_BYTES);
  return g_steal_pointer (&result);
}
