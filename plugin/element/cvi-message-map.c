/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-message-map.h"

#include "plugin/element/cvi-upstream.h"

typedef enum {
  DOMAIN_CORE,
  DOMAIN_LIBRARY,
  DOMAIN_RESOURCE,
  DOMAIN_STREAM,
  N_DOMAINS
} Domain;

typedef enum { ACTION_REPORT, ACTION_CONSEQUENCE, ACTION_IGNORE } Action;

#define ANY -1

/* @code, @source: ANY fits all. @text: glob over the debug text or the message,
 * NULL fits all. */
typedef struct {
  Domain domain;
  gint code;
  gint source;
  const char *text;
  Action action;
  CviRuleId rule;
} Row;

#define CORE(code) DOMAIN_CORE, GST_CORE_ERROR_##code
#define LIBRARY(code) DOMAIN_LIBRARY, GST_LIBRARY_ERROR_##code
#define RESOURCE(code) DOMAIN_RESOURCE, GST_RESOURCE_ERROR_##code
#define STREAM(code) DOMAIN_STREAM, GST_STREAM_ERROR_##code
#define SOURCE CVI_ELEMENT_SOURCE
#define DECODER CVI_ELEMENT_DECODER
#define DEMUXER CVI_ELEMENT_DEMUXER

/* The first row that fits wins; what fits none is ignored. */
/* clang-format off */
static const Row rows[] = {
  { STREAM (DECRYPT), ANY, NULL, ACTION_REPORT, CVI_RULE_STREAM_ENCRYPTED },
  { STREAM (DECRYPT_NOKEY), ANY, NULL, ACTION_REPORT,
    CVI_RULE_STREAM_ENCRYPTED },
  { STREAM (CODEC_NOT_FOUND), ANY, NULL, ACTION_REPORT,
    CVI_RULE_STREAM_UNSUPPORTED },
  { CORE (MISSING_PLUGIN), ANY, NULL, ACTION_REPORT,
    CVI_RULE_STREAM_UNSUPPORTED },
  { STREAM (NOT_IMPLEMENTED), ANY, NULL, ACTION_REPORT,
    CVI_RULE_STREAM_UNSUPPORTED },
  { STREAM (WRONG_TYPE), DECODER, NULL, ACTION_REPORT,
    CVI_RULE_STREAM_UNSUPPORTED },
  /* a parser's word for a stream of which nothing is a frame */
  { STREAM (WRONG_TYPE), ANY, "*No valid frames*", ACTION_REPORT,
    CVI_RULE_STREAM_NO_FRAMES },
  { STREAM (WRONG_TYPE), ANY, NULL, ACTION_REPORT,
    CVI_RULE_CONTAINER_UNRECOGNISED },
  { STREAM (TYPE_NOT_FOUND), ANY, NULL, ACTION_REPORT,
    CVI_RULE_CONTAINER_UNRECOGNISED },

  /* GST_ELEMENT_FLOW_ERROR */
  { STREAM (FAILED), ANY, "*streaming stopped, reason*", ACTION_CONSEQUENCE,
    CVI_RULE_DECODE_STOPPED_EARLY },

  { STREAM (DEMUX), ANY, "*CONTINUITY: Mismatch*", ACTION_REPORT,
    CVI_RULE_CONTAINER_CONTINUITY },
  { STREAM (DECODE), ANY, NULL, ACTION_REPORT, CVI_RULE_DECODE_ERROR },
  { STREAM (ENCODE), ANY, NULL, ACTION_IGNORE, CVI_N_RULES },
  { STREAM (MUX), ANY, NULL, ACTION_IGNORE, CVI_N_RULES },
  { DOMAIN_STREAM, ANY, DECODER, NULL, ACTION_REPORT, CVI_RULE_DECODE_ERROR },
  { DOMAIN_STREAM, ANY, ANY, NULL, ACTION_REPORT,
    CVI_RULE_CONTAINER_STRUCTURE },

  { RESOURCE (NOT_FOUND), SOURCE, NULL, ACTION_REPORT, CVI_RULE_IO_VANISHED },
  { RESOURCE (NOT_AUTHORIZED), SOURCE, NULL, ACTION_REPORT,
    CVI_RULE_IO_PERMISSION },
  { DOMAIN_RESOURCE, ANY, SOURCE, NULL, ACTION_REPORT, CVI_RULE_IO_ERROR },
  /* HLS and DASH: a part that the list names */
  { RESOURCE (NOT_FOUND), DEMUXER, NULL, ACTION_REPORT,
    CVI_RULE_CONTAINER_MISSING_FRAGMENT },
  { RESOURCE (READ), ANY, NULL, ACTION_REPORT, CVI_RULE_IO_ERROR },
  /* a decoder's device or library refuses: the stream is not checked */
  { DOMAIN_RESOURCE, ANY, DECODER, NULL, ACTION_REPORT,
    CVI_RULE_STREAM_UNSUPPORTED },
  /* av1dec's word for a damaged frame */
  { LIBRARY (INIT), DECODER, "*Failed to decode*", ACTION_REPORT,
    CVI_RULE_DECODE_ERROR },
  { LIBRARY (INIT), DECODER, NULL, ACTION_REPORT, CVI_RULE_STREAM_UNSUPPORTED },
  { LIBRARY (SETTINGS), DECODER, NULL, ACTION_REPORT,
    CVI_RULE_STREAM_UNSUPPORTED },
  { DOMAIN_LIBRARY, ANY, DECODER, NULL, ACTION_REPORT, CVI_RULE_DECODE_ERROR },
};
/* clang-format on */

static Domain
find_domain (GQuark quark)
{
  const GQuark quarks[N_DOMAINS] = { GST_CORE_ERROR, GST_LIBRARY_ERROR,
    GST_RESOURCE_ERROR, GST_STREAM_ERROR };
  Domain domain = DOMAIN_CORE;

  while (domain < N_DOMAINS && quarks[domain] != quark)
    domain++;
  return domain;
}

static gboolean
text_fits (const Row *row, const GError *error, const char *debug)
{
  return !row->text || g_pattern_match_simple (row->text, error->message) ||
         (debug && g_pattern_match_simple (row->text, debug));
}

static const Row *
find_row (const GError *error, const char *debug, gint source)
{
  Domain domain = find_domain (error->domain);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    const Row *row = &rows[i];

    if (row->domain == domain &&
        (row->code == ANY || row->code == error->code) &&
        (row->source == ANY || row->source == source) &&
        text_fits (row, error, debug))
      return row;
  }
  return NULL;
}

/* What an element says of itself: a pad speaks for its element. */
static gint
classify_source (GstObject *source)
{
  g_autoptr (GstElement) owner = NULL;

  if (GST_IS_PAD (source))
    owner = gst_pad_get_parent_element (GST_PAD (source));
  else if (GST_IS_ELEMENT (source))
    owner = gst_object_ref (GST_ELEMENT (source));
  return owner ? cvi_element_classify (owner) : CVI_ELEMENT_OTHER;
}

CviFinding *
cvi_finding_from_message (GstMessage *message, gboolean *consequence)
{
  GstObject *source = GST_MESSAGE_SRC (message);
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;
  g_autofree char *name = NULL;
  CviFinding *finding;
  const Row *row;
  gboolean warning = GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING;

  *consequence = FALSE;
  if (!source)
    return NULL;
  if (warning)
    gst_message_parse_warning (message, &error, &debug);
  else
    gst_message_parse_error (message, &error, &debug);
  row = error ? find_row (error, debug, classify_source (source)) : NULL;
  if (!row || row->action == ACTION_IGNORE)
    return NULL;

  name = gst_object_get_name (source);
  finding = cvi_finding_new (row->rule, NULL, "%s: %s", name, error->message);
  *consequence = row->action == ACTION_CONSEQUENCE;
  if (*consequence) {
    finding->severity = CVI_SEVERITY_INFO;
  } else if (warning && row->rule != CVI_RULE_CONTAINER_CONTINUITY) {
    finding->severity = MIN (finding->severity, CVI_SEVERITY_WARNING);
    finding->certainty *= 0.7;
  }
  return finding;
}
