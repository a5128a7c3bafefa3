/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "tools/report/cvi-display.h"
#include "tools/report/cvi-report-writers.h"
#include "tools/report/cvi-result-summary.h"

#define CRLF "\r\n"

/* One row a file: lists are counted, and of the findings the one that decided
 * most is shown. */
static const char header[] =
    "path,path_bytes,verdict,previous_verdict,confidence,damage,mode,"
    "container,size,mtime_ns,duration_ns,streams,findings,rule,severity,"
    "certainty,stream,start_ns,end_ns,offset,count,message,elapsed_s,cpu_s,"
    "peak_rss_bytes,tool_version,rules_version,scanned_at,counts_as,"
    "mark_reason" CRLF;

static void
csv_begin (GString *out)
{
  g_string_append (out, header);
}

static void
append_separator (GString *out)
{
  if (out->len > 0 && out->str[out->len - 1] != '\n')
    g_string_append_c (out, ',');
}

/* RFC 4180 has no escapes: what a terminal would obey becomes U+FFFD. Tabs and
 * line ends are a cell's own business. Returns: (transfer full) */
static char *
make_safe (const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value ? value : "", -1);
  GString *out = g_string_sized_new (strlen (valid));

  for (const char *p = valid; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);
    gboolean keep = strchr ("\t\r\n", *p) || !cvi_display_is_unsafe (c);

    g_string_append_unichar (out, keep ? c : 0xfffd);
  }
  return g_string_free (out, FALSE);
}

/* A spreadsheet takes a cell that begins with one of these for a formula. */
static gboolean
looks_like_formula (const char *text)
{
  return *text && strchr ("=+-@\t\r", *text) != NULL;
}

static void
add_text (GString *out, const char *value)
{
  g_autofree char *text = make_safe (value);
  const char *quote = strpbrk (text, ",\"\r\n") ? "\"" : "";

  append_separator (out);
  g_string_append (out, quote);
  if (looks_like_formula (text))
    g_string_append_c (out, '\'');
  for (const char *p = text; *p; p++) {
    if (*p == '"')
      g_string_append_c (out, '"');
    g_string_append_c (out, *p);
  }
  g_string_append (out, quote);
}

static void
add_uint (GString *out, guint64 value)
{
  append_separator (out);
  if (value != CVI_NONE)
    g_string_append_printf (out, "%" G_GUINT64_FORMAT, value);
}

static void
add_int (GString *out, gint64 value)
{
  append_separator (out);
  g_string_append_printf (out, "%" G_GINT64_FORMAT, value);
}

static void
add_double (GString *out, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  append_separator (out);
  g_string_append (out, g_ascii_formatd (text, sizeof text, "%.6g", value));
}

static void
add_path (GString *out, const char *path)
{
  g_autofree char *safe = make_safe (path);
  g_autofree char *bytes = NULL;

  if (!g_str_equal (safe, path))
    bytes = g_base64_encode ((const guchar *)path, strlen (path));
  /* Nothing but the line's first field has no separator before it. */
  add_text (out, path);
  add_text (out, bytes);
}

static void
add_finding (GString *out, const CviFinding *finding)
{
  if (!finding) {
    for (guint i = 0; i < 9; i++)
      add_text (out, NULL);
    return;
  }
  add_text (out, finding->rule->id);
  add_text (out, cvi_severity_to_string (finding->severity));
  add_double (out, finding->certainty);
  add_text (out, finding->stream);
  add_uint (out, finding->start_ns);
  add_uint (out, finding->end_ns);
  add_uint (out, finding->offset);
  add_uint (out, finding->count);
  add_text (out, finding->message);
}

static void
csv_record (GString *out, const CviResult *result, guint64 n)
{
  g_autofree char *scanned_at = cvi_display_utc (result->scanned_at);
  gboolean skipped = result->verdict == CVI_VERDICT_SKIPPED;

  add_path (out, result->path);
  add_text (out, cvi_verdict_to_string (result->verdict));
  add_text (
      out, skipped ? cvi_verdict_to_string (result->previous_verdict) : NULL);
  add_double (out, result->confidence);
  add_double (out, result->damage);
  add_text (out, cvi_mode_to_string (result->mode));
  add_text (out, result->container);
  add_uint (out, result->size);
  add_int (out, result->mtime_ns);
  add_uint (out, result->duration_ns);
  add_uint (out, result->streams->len);
  add_uint (out, result->findings->len);
  add_finding (out, cvi_result_main_finding (result));
  add_double (out, result->elapsed_s);
  add_double (out, result->cpu_s);
  add_uint (out, result->peak_rss_bytes);
  add_text (out, result->tool_version);
  add_uint (out, result->rules_version);
  add_text (out, scanned_at);
  add_text (out, cvi_verdict_to_string (cvi_result_counts_as (result)));
  add_text (out, result->mark ? result->mark->reason : NULL);
  g_string_append (out, CRLF);
}

const CviReportWriter cvi_report_csv = {
  .name = "csv",
  .summary = "a table for spreadsheets, one row a file",
  .begin = csv_begin,
  .record = csv_record,
};
