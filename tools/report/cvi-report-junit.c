/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "tools/report/cvi-display.h"
#include "tools/report/cvi-report-writers.h"
#include "tools/report/cvi-result-summary.h"

/* JUnit XML as CI servers read it: one test suite, a test case a file. The
 * counts that some put into the suite's attributes are not known before its
 * end, and readers count for themselves; the totals are its system-out. */

/* The characters that XML 1.0 allows (section 2.2), of those that GLib does. */
static gboolean
is_xml_char (gunichar c)
{
  return (c >= 0x20 && c != 0xfffe && c != 0xffff &&
             (c < 0xd800 || c > 0xdfff)) ||
         c == '\t' || c == '\n' || c == '\r';
}

/* Appends text for an element or an attribute: what XML cannot hold is U+FFFD,
 * what a terminal would obey, or a reader would make a space, a reference. */
static void
append_text (GString *out, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  for (const char *p = valid; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (!is_xml_char (c))
      g_string_append_unichar (out, 0xfffd);
    else if (strchr ("&<>\"'", *p) || cvi_display_is_unsafe (c))
      g_string_append_printf (out, "&#x%x;", (guint)c);
    else
      g_string_append_unichar (out, c);
  }
}

static void
append_attribute (GString *out, const char *name, const char *value)
{
  g_string_append_printf (out, " %s=\"", name);
  append_text (out, value);
  g_string_append_c (out, '"');
}

static void
append_property (GString *out, const char *name, const char *value)
{
  g_string_append (out, "<property");
  append_attribute (out, "name", name);
  append_attribute (out, "value", value);
  g_string_append (out, "/>");
}

/* Does @path come out as it is? */
static gboolean
is_exact (const char *path)
{
  if (!g_utf8_validate (path, -1, NULL))
    return FALSE;
  for (const char *p = path; *p; p = g_utf8_next_char (p)) {
    if (!is_xml_char (g_utf8_get_char (p)))
      return FALSE;
  }
  return TRUE;
}

static void
junit_begin (GString *out)
{
  g_string_append (out,
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"cvi-gst\">\n<testsuite name=\"cvi-gst\">\n");
}

static void
append_finding_line (GString *out, const CviFinding *finding)
{
  g_autoptr (GString) line = g_string_new (NULL);

  g_string_append_printf (line, "%s %s",
      cvi_severity_to_string (finding->severity), finding->rule->id);
  if (finding->start_ns != CVI_NONE) {
    g_string_append (line, " at ");
    cvi_display_append_time (line, finding->start_ns);
  }
  if (finding->offset != CVI_NONE)
    g_string_append_printf (
        line, " at byte %" G_GUINT64_FORMAT, finding->offset);
  if (finding->stream)
    g_string_append_printf (line, " (%s)", finding->stream);
  g_string_append_printf (line, ": %s", finding->message);
  if (finding->count > 1)
    g_string_append_printf (
        line, " (%" G_GUINT64_FORMAT " times)", finding->count);
  append_text (out, line->str);
  g_string_append_c (out, '\n');
}

static void
append_findings (GString *out, const CviResult *result)
{
  for (guint i = 0; i < result->findings->len; i++)
    append_finding_line (out, g_ptr_array_index (result->findings, i));
}

/* The element that a file which did not pass gets, and its findings. */
static void
append_problem (GString *out, const char *element, const CviResult *result)
{
  const CviFinding *finding = cvi_result_main_finding (result);

  g_string_append_printf (out, "<%s", element);
  append_attribute (out, "message",
      finding ? finding->message : cvi_verdict_to_string (result->verdict));
  append_attribute (out, "type",
      finding ? finding->rule->id : cvi_verdict_to_string (result->verdict));
  g_string_append_c (out, '>');
  append_findings (out, result);
  g_string_append_printf (out, "</%s>\n", element);
}

static void
append_skipped (GString *out, const CviResult *result)
{
  const CviFinding *finding = cvi_result_main_finding (result);
  g_autofree char *message = NULL;

  if (result->verdict == CVI_VERDICT_SKIPPED)
    message = g_strdup_printf ("unchanged since it was found %s",
        cvi_verdict_to_string (result->previous_verdict));
  else
    message = g_strdup (finding ? finding->message : "unsupported");
  g_string_append (out, "<skipped");
  append_attribute (out, "message", message);
  g_string_append (out, "/>\n");
}

static void
append_outcome (GString *out, const CviResult *result)
{
  switch (result->verdict) {
    case CVI_VERDICT_CORRUPT:
      append_problem (out, "failure", result);
      return;
    case CVI_VERDICT_INCOMPLETE:
    case CVI_VERDICT_UNREADABLE:
      append_problem (out, "error", result);
      return;
    case CVI_VERDICT_UNSUPPORTED:
    case CVI_VERDICT_SKIPPED:
      append_skipped (out, result);
      break;
    default:
      break;
  }
  if (result->findings->len == 0)
    return;
  g_string_append (out, "<system-out>");
  append_findings (out, result);
  g_string_append (out, "</system-out>\n");
}

static void
junit_record (GString *out, const CviResult *result, guint64 n)
{
  g_autofree char *folder = g_path_get_dirname (result->path);
  char time[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (out, "<testcase");
  append_attribute (out, "classname", folder);
  append_attribute (out, "name", result->path);
  append_attribute (out, "time",
      g_ascii_formatd (time, sizeof time, "%.3f", result->elapsed_s));
  g_string_append (out, ">\n<properties>");
  append_property (out, "verdict", cvi_verdict_to_string (result->verdict));
  if (!is_exact (result->path)) {
    g_autofree char *bytes =
        g_base64_encode ((const guchar *)result->path, strlen (result->path));

    append_property (out, "path_bytes", bytes);
  }
  g_string_append (out, "</properties>\n");
  append_outcome (out, result);
  g_string_append (out, "</testcase>\n");
}

static void
junit_end (GString *out, const CviReportSummary *summary, guint64 n)
{
  g_string_append (out, "<system-out>");
  if (summary->interrupted)
    g_string_append (out, "interrupted before the end\n");
  for (guint i = 0; i < CVI_N_VERDICTS; i++)
    g_string_append_printf (out, "%s: %" G_GUINT64_FORMAT "\n",
        cvi_verdict_to_string (i), summary->counts[i]);
  g_string_append (out, "</system-out>\n</testsuite>\n</testsuites>\n");
}

const CviReportWriter cvi_report_junit = {
  .name = "junit",
  .summary = "JUnit XML for CI servers, a test case a file",
  .whole = TRUE,
  .begin = junit_begin,
  .record = junit_record,
  .end = junit_end,
};
