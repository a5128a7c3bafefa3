/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-trace-report.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "plugin/core/cvi-finding.h"

struct _CviTraceReport {
  guint fail_on;

  GMutex lock;
  /* under lock */
  FILE *file;
  gboolean finished;
  guint64 counts[CVI_N_VERDICTS];
  guint64 decoders;
  guint64 findings;
  guint64 occurrences;
};

CviTraceReport *
cvi_trace_report_new (const char *path, guint fail_on)
{
  CviTraceReport *self = g_new0 (CviTraceReport, 1);

  g_mutex_init (&self->lock);
  self->fail_on = fail_on;
  self->file = path ? fopen (path, "ae") : NULL;
  if (path && !self->file)
    g_printerr ("cvi: cannot write %s: %s\n", path, g_strerror (errno));
  if (!self->file)
    self->file = stderr;
  return self;
}

static void
add_string (JsonBuilder *json, const char *name, const char *value)
{
  g_autofree char *text = NULL;

  if (!value)
    return;
  text = cvi_sanitise_text (value, -1, CVI_FINDING_MAX_MESSAGE);
  json_builder_set_member_name (json, name);
  json_builder_add_string_value (json, text);
}

/* JSON's numbers are of 64 bits with a sign here. */
static void
add_uint (JsonBuilder *json, const char *name, guint64 value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_int_value (json, (gint64)MIN (value, G_MAXINT64));
}

static gboolean
add_field (GQuark field, const GValue *value, gpointer user_data)
{
  JsonBuilder *json = user_data;
  g_autofree char *name =
      g_strdelimit (g_strdup (g_quark_to_string (field)), "-", '_');

  if (G_VALUE_HOLDS_STRING (value)) {
    add_string (json, name, g_value_get_string (value));
  } else if (G_VALUE_HOLDS_UINT64 (value)) {
    add_uint (json, name, g_value_get_uint64 (value));
  } else if (G_VALUE_HOLDS_DOUBLE (value)) {
    json_builder_set_member_name (json, name);
    json_builder_add_double_value (json, g_value_get_double (value));
  }
  return TRUE;
}

/* Every line says when and by which process, since several may write to one
 * file. */
static JsonBuilder *
begin_line (const char *type)
{
  JsonBuilder *json = json_builder_new ();
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *time = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S.%fZ");

  json_builder_begin_object (json);
  add_string (json, "type", type);
  add_string (json, "time", time);
  add_uint (json, "pid", (guint64)getpid ());
  return json;
}

/* Called with the lock. Takes over @json. One write a line, so that lines of
 * several processes do not mix. */
static void
end_line (CviTraceReport *self, JsonBuilder *json)
{
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_end_object (json);
  root = json_builder_get_root (json);
  text = json_to_string (root, FALSE);
  fprintf (self->file, "%s\n", text);
  fflush (self->file);
  g_object_unref (json);
}

void
cvi_trace_report_write (CviTraceReport *report, const char *type,
    const char *element, const char *factory, const GstStructure *fields)
{
  JsonBuilder *json = begin_line (type);

  add_string (json, "element", element);
  add_string (json, "factory", factory);
  gst_structure_foreach (fields, add_field, json);
  g_mutex_lock (&report->lock);
  if (report->finished)
    g_object_unref (json);
  else
    end_line (report, json);
  g_mutex_unlock (&report->lock);
}

void
cvi_trace_report_count (CviTraceReport *report, CviVerdict verdict,
    gboolean decoder, guint64 findings, guint64 occurrences)
{
  g_mutex_lock (&report->lock);
  report->counts[verdict]++;
  report->decoders += decoder;
  report->findings += findings;
  report->occurrences += occurrences;
  g_mutex_unlock (&report->lock);
}

/* Called with the lock. */
static CviVerdict
find_worst (CviTraceReport *self)
{
  static const CviVerdict order[] = { CVI_VERDICT_CORRUPT,
    CVI_VERDICT_SUSPICIOUS, CVI_VERDICT_INCOMPLETE, CVI_VERDICT_UNREADABLE,
    CVI_VERDICT_UNSUPPORTED };

  for (guint i = 0; i < G_N_ELEMENTS (order); i++) {
    if (self->counts[order[i]] > 0)
      return order[i];
  }
  return CVI_VERDICT_HEALTHY;
}

void
cvi_trace_report_finish (CviTraceReport *report)
{
  JsonBuilder *json;
  const char *verdict;

  g_mutex_lock (&report->lock);
  if (!report->finished) {
    report->finished = TRUE;
    verdict = cvi_verdict_to_string (find_worst (report));
    json = begin_line ("summary");
    add_string (json, "verdict", verdict);
    add_uint (json, "decoders", report->decoders);
    add_uint (json, "findings", report->findings);
    add_uint (json, "occurrences", report->occurrences);
    end_line (report, json);
    g_printerr ("cvi: %s: %" G_GUINT64_FORMAT " decoded streams, "
                "%" G_GUINT64_FORMAT " findings (%" G_GUINT64_FORMAT
                " occurrences)\n",
        verdict, report->decoders, report->findings, report->occurrences);
  }
  g_mutex_unlock (&report->lock);
}

int
cvi_trace_report_get_exit_code (CviTraceReport *report)
{
  int code;

  g_mutex_lock (&report->lock);
  code = cvi_verdict_exit_code (report->counts, report->fail_on);
  g_mutex_unlock (&report->lock);
  return code;
}
