/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>
#include <string.h>

#include "config.h"
#include "tools/report/cvi-json.h"
#include "tools/report/cvi-report-writers.h"

/* SARIF 2.1.0 (OASIS standard, 27 March 2020): one run, a result for each
 * finding. The rules come first, what is known last at the end, and each file's
 * results as they come. */

static const char *
level_of (CviSeverity severity)
{
  switch (severity) {
    case CVI_SEVERITY_INFO:
      return "note";
    case CVI_SEVERITY_WARNING:
      return "warning";
    default:
      return "error";
  }
}

static void
add_text (JsonBuilder *json, const char *name, const char *text)
{
  json_builder_set_member_name (json, name);
  json_builder_begin_object (json);
  cvi_json_add_string (json, "text", text);
  json_builder_end_object (json);
}

static void
append_rule (GString *out, const CviRule *rule)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) node = NULL;

  json_builder_begin_object (json);
  cvi_json_add_string (json, "id", rule->id);
  add_text (json, "shortDescription", rule->summary);
  add_text (json, "fullDescription", rule->description);
  add_text (json, "help", rule->action);
  json_builder_set_member_name (json, "defaultConfiguration");
  json_builder_begin_object (json);
  cvi_json_add_string (json, "level", level_of (rule->severity));
  cvi_json_add_double (json, "rank", 100 * rule->certainty);
  json_builder_end_object (json);
  json_builder_end_object (json);
  node = json_builder_get_root (json);
  cvi_json_append (out, node);
}

static void
sarif_begin (GString *out)
{
  g_string_append (out,
      "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\n"
      "\"version\":\"2.1.0\",\n\"runs\":[{\n"
      "\"tool\":{\"driver\":{\"name\":\"cvi-gst\",\"version\":"
      "\"" PACKAGE_VERSION "\",\"rules\":[");
  for (guint i = 0; i < CVI_N_RULES; i++) {
    g_string_append (out, i > 0 ? ",\n" : "\n");
    append_rule (out, cvi_rule (i));
  }
  g_string_append (out, "]}},\n\"results\":[");
}

/* Returns: (transfer full): file URI of @path's bytes (RFC 8089) */
static char *
make_uri (const char *path)
{
  g_autofree char *escaped =
      g_uri_escape_bytes ((const guint8 *)path, strlen (path), "/");

  return g_strconcat (*path == '/' ? "file://" : "", escaped, NULL);
}

static void
add_location (
    JsonBuilder *json, const CviResult *result, const CviFinding *finding)
{
  g_autofree char *uri = make_uri (result->path);

  json_builder_set_member_name (json, "locations");
  json_builder_begin_array (json);
  json_builder_begin_object (json);
  json_builder_set_member_name (json, "physicalLocation");
  json_builder_begin_object (json);
  json_builder_set_member_name (json, "artifactLocation");
  json_builder_begin_object (json);
  cvi_json_add_string (json, "uri", uri);
  json_builder_end_object (json);
  if (finding && finding->offset <= G_MAXINT64) {
    json_builder_set_member_name (json, "region");
    json_builder_begin_object (json);
    cvi_json_add_uint (json, "byteOffset", finding->offset);
    json_builder_end_object (json);
  }
  json_builder_end_object (json);
  if (finding && finding->stream) {
    json_builder_set_member_name (json, "logicalLocations");
    json_builder_begin_array (json);
    json_builder_begin_object (json);
    cvi_json_add_string (json, "name", finding->stream);
    json_builder_end_object (json);
    json_builder_end_array (json);
  }
  json_builder_end_object (json);
  json_builder_end_array (json);
}

static void
add_properties (
    JsonBuilder *json, const CviResult *result, const CviFinding *finding)
{
  json_builder_set_member_name (json, "properties");
  json_builder_begin_object (json);
  cvi_json_add_string (
      json, "verdict", cvi_verdict_to_string (result->verdict));
  if (result->verdict == CVI_VERDICT_SKIPPED)
    cvi_json_add_string (json, "previous_verdict",
        cvi_verdict_to_string (result->previous_verdict));
  if (finding) {
    cvi_json_add_string (
        json, "severity", cvi_severity_to_string (finding->severity));
    cvi_json_add_double (json, "certainty", finding->certainty);
  }
  if (finding && finding->start_ns != CVI_NONE)
    cvi_json_add_uint (json, "start_ns", finding->start_ns);
  if (finding && finding->end_ns != CVI_NONE)
    cvi_json_add_uint (json, "end_ns", finding->end_ns);
  json_builder_end_object (json);
}

/* @finding: (nullable): none: the file passed, or nothing was said of why not.
 * Such a result is no alert (section 3.27.9: level "none" with any kind but
 * "fail"). */
static void
append_result (GString *out, const CviResult *result, const CviFinding *finding)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) node = NULL;

  json_builder_begin_object (json);
  if (finding) {
    cvi_json_add_string (json, "ruleId", finding->rule->id);
    cvi_json_add_int (json, "ruleIndex", finding->rule - cvi_rule (0));
    cvi_json_add_string (json, "level", level_of (finding->severity));
    cvi_json_add_double (json, "rank", 100 * finding->certainty);
    if (finding->count <= G_MAXINT64)
      cvi_json_add_uint (json, "occurrenceCount", finding->count);
  } else {
    gboolean passed = result->verdict == CVI_VERDICT_HEALTHY;

    cvi_json_add_string (json, "kind", passed ? "pass" : "open");
    cvi_json_add_string (json, "level", "none");
  }
  add_text (json, "message",
      finding && *finding->message ? finding->message
      : finding                    ? finding->rule->summary
                                   : cvi_verdict_to_string (result->verdict));
  add_location (json, result, finding);
  add_properties (json, result, finding);
  json_builder_end_object (json);
  node = json_builder_get_root (json);
  cvi_json_append (out, node);
}

/* Every record has a result at least, so that the number of records tells
 * whether a comma is due. */
static void
sarif_record (GString *out, const CviResult *result, guint64 n)
{
  for (guint i = 0; i < MAX (result->findings->len, 1); i++) {
    g_string_append (out, n > 0 || i > 0 ? ",\n" : "\n");
    append_result (out, result,
        result->findings->len > 0 ? g_ptr_array_index (result->findings, i)
                                  : NULL);
  }
}

static void
sarif_end (GString *out, const CviReportSummary *summary, guint64 n)
{
  gboolean failed = summary->interrupted || summary->exit_status == 2;

  g_string_append_printf (out,
      "],\n\"invocations\":[{\"executionSuccessful\":%s",
      failed ? "false" : "true");
  if (summary->exit_status >= 0)
    g_string_append_printf (out, ",\"exitCode\":%d", summary->exit_status);
  g_string_append (out, "}],\n\"properties\":{");
  for (guint i = 0; i < CVI_N_VERDICTS; i++)
    g_string_append_printf (out, "%s\"%s\":%" G_GUINT64_FORMAT,
        i > 0 ? "," : "", cvi_verdict_to_string (i), summary->counts[i]);
  g_string_append (out, "}}]}\n");
}

const CviReportWriter cvi_report_sarif = {
  .name = "sarif",
  .summary = "SARIF 2.1.0, a result for each finding of files not healthy",
  .brief = TRUE,
  .whole = TRUE,
  .begin = sarif_begin,
  .record = sarif_record,
  .end = sarif_end,
};
