/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/report/cvi-record-json.h"

#include <string.h>

#include "plugin/core/cvi-mark.h"
#include "tools/report/cvi-display.h"
#include "tools/report/cvi-json.h"

static void
add_path (JsonBuilder *json, const char *path)
{
  cvi_json_add_string (json, "path", path);
  if (!g_utf8_validate (path, -1, NULL)) {
    g_autofree char *bytes =
        g_base64_encode ((const guchar *)path, strlen (path));

    cvi_json_add_string (json, "path_bytes", bytes);
  }
}

static void
add_stream (JsonBuilder *json, const CviStream *stream)
{
  json_builder_begin_object (json);
  cvi_json_add_string (json, "id", stream->id);
  cvi_json_add_string (json, "kind", stream->kind);
  cvi_json_add_string (json, "codec", stream->codec);
  cvi_json_add_string (json, "decoder", stream->decoder);
  cvi_json_add_bool (json, "hardware", stream->hardware);
  cvi_json_add_uint (json, "frames", stream->frames);
  cvi_json_add_uint (json, "duration_ns", stream->duration_ns);
  cvi_json_add_bool (json, "checked", stream->checked);
  cvi_json_add_string (json, "reason", stream->reason);
  json_builder_end_object (json);
}

static void
add_finding (JsonBuilder *json, const CviFinding *finding)
{
  json_builder_begin_object (json);
  cvi_json_add_string (json, "rule", finding->rule->id);
  cvi_json_add_string (
      json, "severity", cvi_severity_to_string (finding->severity));
  cvi_json_add_double (json, "certainty", finding->certainty);
  cvi_json_add_string (json, "stream", finding->stream);
  cvi_json_add_uint (json, "start_ns", finding->start_ns);
  cvi_json_add_uint (json, "end_ns", finding->end_ns);
  cvi_json_add_uint (json, "offset", finding->offset);
  cvi_json_add_uint (json, "count", finding->count);
  cvi_json_add_string (json, "message", finding->message);
  json_builder_end_object (json);
}

static void
add_streams (JsonBuilder *json, GPtrArray *streams)
{
  json_builder_set_member_name (json, "streams");
  json_builder_begin_array (json);
  for (guint i = 0; i < streams->len; i++)
    add_stream (json, g_ptr_array_index (streams, i));
  json_builder_end_array (json);
}

static void
add_findings (JsonBuilder *json, GPtrArray *findings)
{
  json_builder_set_member_name (json, "findings");
  json_builder_begin_array (json);
  for (guint i = 0; i < findings->len; i++)
    add_finding (json, g_ptr_array_index (findings, i));
  json_builder_end_array (json);
}

static void
add_mark (JsonBuilder *json, const CviMark *mark)
{
  g_autofree char *marked_at = cvi_display_utc (mark->marked_at);

  cvi_json_add_string (
      json, "counts_as", cvi_verdict_to_string (mark->counts_as));
  json_builder_set_member_name (json, "mark");
  json_builder_begin_object (json);
  cvi_json_add_string (json, "as", cvi_mark_kind_to_string (mark->kind));
  cvi_json_add_string (json, "rule", mark->rule);
  cvi_json_add_string (json, "reason", mark->reason);
  cvi_json_add_string (json, "marked_at", marked_at);
  json_builder_end_object (json);
}

JsonNode *
cvi_record_to_json (const CviResult *result)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autofree char *scanned_at = NULL;

  g_return_val_if_fail (result, NULL);

  scanned_at = cvi_display_utc (result->scanned_at);
  json_builder_begin_object (json);
  add_path (json, result->path);
  cvi_json_add_string (
      json, "verdict", cvi_verdict_to_string (result->verdict));
  if (result->verdict == CVI_VERDICT_SKIPPED)
    cvi_json_add_string (json, "previous_verdict",
        cvi_verdict_to_string (result->previous_verdict));
  if (result->mark)
    add_mark (json, result->mark);
  cvi_json_add_double (json, "confidence", result->confidence);
  cvi_json_add_double (json, "damage", result->damage);
  cvi_json_add_string (json, "mode", cvi_mode_to_string (result->mode));
  cvi_json_add_string (json, "container", result->container);
  cvi_json_add_uint (json, "size", result->size);
  cvi_json_add_int (json, "mtime_ns", result->mtime_ns);
  cvi_json_add_uint (json, "duration_ns", result->duration_ns);
  add_streams (json, result->streams);
  add_findings (json, result->findings);
  cvi_json_add_double (json, "elapsed_s", result->elapsed_s);
  cvi_json_add_double (json, "cpu_s", result->cpu_s);
  cvi_json_add_uint (json, "peak_rss_bytes", result->peak_rss_bytes);
  cvi_json_add_string (json, "tool_version", result->tool_version);
  cvi_json_add_uint (json, "rules_version", result->rules_version);
  cvi_json_add_string (json, "scanned_at", scanned_at);
  json_builder_end_object (json);
  return json_builder_get_root (json);
}

void
cvi_record_append_json (GString *out, const CviResult *result)
{
  g_autoptr (JsonNode) node = NULL;

  g_return_if_fail (out);
  g_return_if_fail (result);

  node = cvi_record_to_json (result);
  cvi_json_append (out, node);
}
