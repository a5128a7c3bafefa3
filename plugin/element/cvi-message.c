/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-message.h"

static void
set_time (GstStructure *structure, const char *field, guint64 value)
{
  if (value != CVI_NONE)
    gst_structure_set (structure, field, G_TYPE_UINT64, value, NULL);
}

static guint64
get_time (const GstStructure *structure, const char *field)
{
  guint64 value;

  return gst_structure_get_uint64 (structure, field, &value) ? value : CVI_NONE;
}

GstStructure *
cvi_finding_to_structure (const CviFinding *finding)
{
  GstStructure *structure;

  g_return_val_if_fail (finding != NULL, NULL);

  structure = gst_structure_new (CVI_MESSAGE_FINDING, "rule", G_TYPE_STRING,
      finding->rule->id, "severity", G_TYPE_STRING,
      cvi_severity_to_string (finding->severity), "certainty", G_TYPE_DOUBLE,
      finding->certainty, "count", G_TYPE_UINT64, finding->count, "message",
      G_TYPE_STRING, finding->message, NULL);
  if (finding->stream)
    gst_structure_set (
        structure, "stream", G_TYPE_STRING, finding->stream, NULL);
  set_time (structure, "start-ns", finding->start_ns);
  set_time (structure, "end-ns", finding->end_ns);
  set_time (structure, "offset", finding->offset);
  return structure;
}

/* The fields that make no sense together or on their own. */
static gboolean
is_well_formed (const CviFinding *finding)
{
  return finding->certainty >= 0. && finding->certainty <= 1. &&
         finding->count > 0 && finding->end_ns >= finding->start_ns &&
         (finding->start_ns == CVI_NONE) == (finding->end_ns == CVI_NONE);
}

CviFinding *
cvi_finding_from_structure (const GstStructure *structure)
{
  g_autoptr (CviFinding) finding = NULL;
  const CviRule *rule;
  const char *message;

  if (!structure || !gst_structure_has_name (structure, CVI_MESSAGE_FINDING))
    return NULL;
  rule = cvi_rule_lookup (gst_structure_get_string (structure, "rule"));
  message = gst_structure_get_string (structure, "message");
  if (!rule || !message)
    return NULL;
  finding = cvi_finding_new (CVI_RULE_DECODE_ERROR,
      gst_structure_get_string (structure, "stream"), "%s", message);
  finding->rule = rule;
  if (!cvi_severity_from_string (
          gst_structure_get_string (structure, "severity"),
          &finding->severity) ||
      !gst_structure_get_double (structure, "certainty", &finding->certainty) ||
      !gst_structure_get_uint64 (structure, "count", &finding->count))
    return NULL;
  finding->start_ns = get_time (structure, "start-ns");
  finding->end_ns = get_time (structure, "end-ns");
  finding->offset = get_time (structure, "offset");
  return is_well_formed (finding) ? g_steal_pointer (&finding) : NULL;
}
