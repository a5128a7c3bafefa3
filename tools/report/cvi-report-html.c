/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "config.h"
#include "cvi-report-resources.h"
#include "tools/report/cvi-display.h"
#include "tools/report/cvi-json.h"
#include "tools/report/cvi-report-writers.h"
#include "tools/report/cvi-result-summary.h"

/* A page that needs nothing else: its style and script are resources, the
 * records JSON inside of script elements of type application/json, which the
 * browser never runs. The script makes all that is shown from them, by
 * textContent. */

/* Returns: (transfer none): a part of the page, NUL-terminated */
static const char *
get_part (const char *name)
{
  g_autofree char *path = g_strconcat ("/cvi/report/html/", name, NULL);
  g_autoptr (GBytes) bytes = g_resource_lookup_data (
      cvi_report_resources_get_resource (), path, 0, NULL);

  /* Resources are in the program, with a NUL behind each. */
  g_assert (bytes);
  return g_bytes_get_data (bytes, NULL);
}

/* Appends @part with "@name@" of @names replaced by @values. */
static void
append_part (GString *out, const char *part, const char *const *names,
    const char *const *values)
{
  const char *rest = get_part (part);

  for (guint i = 0; names[i]; i++) {
    const char *place = strstr (rest, names[i]);

    g_assert (place);
    g_string_append_len (out, rest, place - rest);
    g_string_append (out, values[i]);
    rest = place + strlen (names[i]);
  }
  g_string_append (out, rest);
}

/* A source of a Content-Security-Policy: just the text that is in the page.
 * Returns: (transfer full) */
static char *
make_source (const char *text)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize len = sizeof digest;
  g_autofree char *base64 = NULL;

  g_checksum_update (sum, (const guchar *)text, -1);
  g_checksum_get_digest (sum, digest, &len);
  base64 = g_base64_encode (digest, len);
  return g_strdup_printf ("'sha256-%s'", base64);
}

/* JSON for the inside of a script element: in JSON these characters are in
 * strings only, where they may be escaped. The others that HTML or JavaScript
 * take for more than text cvi_json_append() escapes. */
static void
append_node (GString *out, JsonNode *node)
{
  g_autoptr (GString) json = g_string_new (NULL);

  cvi_json_append (json, node);
  for (const char *p = json->str; *p; p++) {
    if (strchr ("<>&", *p))
      g_string_append_printf (out, "\\u%04x", (guint)*p);
    else
      g_string_append_c (out, *p);
  }
}

static void
append_rules (GString *out)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) node = NULL;

  json_builder_begin_array (json);
  for (guint i = 0; i < CVI_N_RULES; i++) {
    const CviRule *rule = cvi_rule (i);

    json_builder_begin_object (json);
    cvi_json_add_string (json, "id", rule->id);
    cvi_json_add_string (json, "summary", rule->summary);
    cvi_json_add_string (json, "action", rule->action);
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
  node = json_builder_get_root (json);
  append_node (out, node);
}

static void
html_begin (GString *out)
{
  static const char *const names[] = { "@style-source@", "@script-source@",
    "@style@", "@rules@", NULL };
  g_autofree char *style_source = make_source (get_part ("report.css"));
  g_autofree char *script_source = make_source (get_part ("report.js"));
  g_autoptr (GString) rules = g_string_new (NULL);
  const char *values[] = { style_source, script_source, get_part ("report.css"),
    NULL, NULL };

  append_rules (rules);
  values[3] = rules->str;
  append_part (out, "head.html", names, values);
}

static void
add_path (JsonBuilder *json, const char *path)
{
  g_autofree char *shown = cvi_display_name (path);

  cvi_json_add_string (json, "p", shown);
  if (!g_str_equal (shown, path)) {
    g_autofree char *bytes =
        g_base64_encode ((const guchar *)path, strlen (path));

    cvi_json_add_string (json, "b", bytes);
  }
}

static void
add_number (JsonBuilder *json, const char *name, guint64 value)
{
  if (value <= G_MAXINT64)
    cvi_json_add_uint (json, name, value);
}

static void
add_text (JsonBuilder *json, const char *name, const char *value)
{
  if (value)
    cvi_json_add_string (json, name, value);
}

static void
add_streams (JsonBuilder *json, GPtrArray *streams)
{
  json_builder_set_member_name (json, "t");
  json_builder_begin_array (json);
  for (guint i = 0; i < streams->len; i++) {
    const CviStream *stream = g_ptr_array_index (streams, i);

    json_builder_begin_object (json);
    cvi_json_add_string (json, "i", stream->id);
    add_text (json, "c", stream->codec);
    add_text (json, "d", stream->decoder);
    add_number (json, "n", stream->frames);
    add_number (json, "l", stream->duration_ns);
    if (!stream->checked)
      cvi_json_add_string (json, "u", stream->reason ? stream->reason : "");
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
}

static void
add_finding (
    JsonBuilder *json, const CviFinding *finding, const CviFinding *main)
{
  json_builder_begin_object (json);
  cvi_json_add_int (json, "r", finding->rule - cvi_rule (0));
  cvi_json_add_int (json, "v", finding->severity);
  cvi_json_add_double (json, "c", finding->certainty);
  add_text (json, "i", finding->stream);
  add_number (json, "s", finding->start_ns);
  add_number (json, "e", finding->end_ns);
  add_number (json, "o", finding->offset);
  if (finding->count > 1)
    add_number (json, "n", finding->count);
  cvi_json_add_string (json, "m", finding->message);
  if (finding == main)
    cvi_json_add_bool (json, "k", TRUE);
  json_builder_end_object (json);
}

static void
add_findings (JsonBuilder *json, const CviResult *result)
{
  const CviFinding *main = cvi_result_main_finding (result);

  if (result->findings->len == 0)
    return;
  json_builder_set_member_name (json, "f");
  json_builder_begin_array (json);
  for (guint i = 0; i < result->findings->len; i++)
    add_finding (json, g_ptr_array_index (result->findings, i), main);
  json_builder_end_array (json);
}

/* Names are short since there are many of them: report.js tells them. */
static void
html_record (GString *out, const CviResult *result, guint64 n)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) node = NULL;

  json_builder_begin_object (json);
  add_path (json, result->path);
  cvi_json_add_int (json, "v", result->verdict);
  if (result->verdict == CVI_VERDICT_SKIPPED)
    cvi_json_add_int (json, "w", result->previous_verdict);
  if (result->confidence > 0)
    cvi_json_add_double (json, "q", result->confidence);
  if (result->damage > 0)
    cvi_json_add_double (json, "d", result->damage);
  cvi_json_add_string (json, "m", cvi_mode_to_string (result->mode));
  add_text (json, "c", result->container);
  add_number (json, "s", result->size);
  add_number (json, "l", result->duration_ns);
  cvi_json_add_double (json, "e", result->elapsed_s);
  cvi_json_add_int (json, "a", result->scanned_at);
  add_streams (json, result->streams);
  add_findings (json, result);
  json_builder_end_object (json);
  node = json_builder_get_root (json);
  g_string_append (out, n > 0 ? ",\n" : "\n");
  append_node (out, node);
}

static void
html_end (GString *out, const CviReportSummary *summary, guint64 n)
{
  static const char *const names[] = { "@summary@", "@script@", NULL };
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GString) totals = g_string_new (NULL);
  const char *values[] = { NULL, get_part ("report.js"), NULL };

  json_builder_begin_object (json);
  cvi_json_add_string (json, "version", PACKAGE_VERSION);
  cvi_json_add_uint (json, "checked", summary->n_checked);
  cvi_json_add_uint (json, "bytes", summary->bytes);
  cvi_json_add_double (json, "elapsed", summary->elapsed_s);
  cvi_json_add_bool (json, "interrupted", summary->interrupted);
  cvi_json_add_int (json, "oldest", summary->oldest_at);
  cvi_json_add_int (json, "newest", summary->newest_at);
  json_builder_end_object (json);
  node = json_builder_get_root (json);
  append_node (totals, node);
  values[0] = totals->str;
  append_part (out, "foot.html", names, values);
}

const CviReportWriter cvi_report_html = {
  .name = "html",
  .summary = "one page to look at in a browser, complete in itself",
  .whole = TRUE,
  .begin = html_begin,
  .record = html_record,
  .end = html_end,
};
