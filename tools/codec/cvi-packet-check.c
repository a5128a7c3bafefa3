/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/codec/cvi-packet-check.h"

#include <string.h>

#include "tools/codec/cvi-packet-checkers.h"

/* How much of each packet is looked at where only a sample is: so that its CPU
 * time stays at a SAMPLE-th of what a whole check with decoding takes. Per byte
 * of H.264 the check takes 58 ns, that and libav's decoder 130 ns; the decoder
 * 240 ns for a macroblock besides (1080p at 1.5 to 25 Mb/s). */
#define SAMPLE 180
/* ... or longer, until so many bytes have been looked at: in a small file what
 * a start costs counts more than they do. */
#define SAMPLE_LEAST (512 << 10)
#define WHOLE_FOR_BYTE(bytes) ((bytes)*9 / 4)
#define WHOLE_FOR_AREA(pixels) ((pixels) / 61)
/* and 10 ns for a macroblock in the check alone */
#define AREA_CHECK 24

struct _CviPacketCheck {
  const CviPacketChecker *kind;
  GstCaps *caps; /* (nullable): until they are known */
  gpointer checker;
  gboolean to_end;
  gboolean incomplete; /* what an earlier checker has read */
  guint64 last_ns;     /* time of the last packet */
  gboolean sample;     /* not all packets */
  gint64 share;        /* the divisor of what may be checked */
  gint64 credit;       /* bytes that may be checked */
  gint64 area_bytes;   /* of it, that each picture brings, whatever its size */
  GstBuffer *last;     /* (nullable): passed by, and nothing has followed yet */
  char *stream;
  CviPacketCheckFunc func;
  gpointer user_data;
};

gboolean
cvi_packet_check_is_complete (const CviPacketCheck *check, const char *stream)
{
  return check->kind->whole && check->caps && !check->sample &&
         !check->incomplete && strcmp (check->stream, stream) == 0 &&
         (!check->kind->is_complete ||
             check->kind->is_complete (check->checker));
}

/* What was learnt of a stream does not outlive a seek or a change of format. */
static void
start_over (CviPacketCheck *self)
{
  if (self->caps) {
    self->incomplete = !cvi_packet_check_is_complete (self, self->stream);
    self->kind->destroy (self->checker);
    self->checker = self->kind->create (self->caps);
  }
}

/* Do @a and @b say the same of how packets are read? Frame rate and the like
 * change without harm; what in-band parameter sets have said must be kept. */
static gboolean
same_format (GstCaps *a, GstCaps *b)
{
  static const char *const fields[] = { "codec_data", "stream-format",
    "alignment", "format", "channels" };
  const GstStructure *sa = gst_caps_get_structure (a, 0);
  const GstStructure *sb = gst_caps_get_structure (b, 0);

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++) {
    const GValue *va = gst_structure_get_value (sa, fields[i]);
    const GValue *vb = gst_structure_get_value (sb, fields[i]);

    if (!va != !vb || (va && gst_value_compare (va, vb) != GST_VALUE_EQUAL))
      return FALSE;
  }
  return TRUE;
}

static gint64
get_area (GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  gint width = 0, height = 0;

  gst_structure_get_int (structure, "width", &width);
  gst_structure_get_int (structure, "height", &height);
  return (gint64)CLAMP (width, 0, G_MAXINT16) * CLAMP (height, 0, G_MAXINT16);
}

void
cvi_packet_check_set_caps (CviPacketCheck *check, GstCaps *caps)
{
  gboolean first = !check->caps;
  gboolean same = !first && same_format (check->caps, caps);

  gst_caps_replace (&check->caps, caps);
  check->area_bytes = WHOLE_FOR_AREA (get_area (caps));
  if (first)
    check->checker = check->kind->create (caps);
  else if (!same)
    start_over (check);
}

static void
deliver (CviPacketCheck *self, CviFinding *finding)
{
  finding->certainty = self->kind->certainty;
  finding->start_ns = finding->end_ns = self->last_ns;
  self->func (finding, self->user_data);
}

/* Where a stream ends inside a picture, whoever wrote it was interrupted. */
static void
finish (CviPacketCheck *self)
{
  const char *fault = NULL;
  gboolean cut = FALSE;
  CviFinding *finding;

  if (!self->to_end || self->sample || !self->checker || !self->kind->finish ||
      self->kind->finish (self->checker, &fault, &cut))
    return;
  if (cut) {
    finding = cvi_finding_new (CVI_RULE_CONTAINER_TRUNCATED, self->stream,
        "the stream ends inside its last picture: %s", fault);
    finding->severity = CVI_SEVERITY_ERROR;
  } else {
    finding = cvi_finding_new (self->kind->rule, self->stream, "%s", fault);
  }
  deliver (self, finding);
}

static void
report (CviPacketCheck *self, GstBuffer *buffer, const char *fault)
{
  deliver (self, cvi_finding_new (self->kind->rule, self->stream, "%s", fault));
}

/* The share that this picture adds to what may be checked goes to the next one
 * that it suffices to begin with, so that the checked ones lie evenly. */
static gboolean
is_passed_by (CviPacketCheck *self, gsize size)
{
  if (!self->sample)
    return FALSE;
  if (self->credit < 0)
    self->credit +=
        (WHOLE_FOR_BYTE ((gint64)size) + self->area_bytes) / self->share;
  if (self->credit < 0)
    return TRUE;
  self->credit -= (gint64)size + self->area_bytes / AREA_CHECK;
  return FALSE;
}

static void
check_packet (CviPacketCheck *self, GstBuffer *buffer)
{
  const char *fault = NULL;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  if (!self->kind->check (self->checker, map.data, map.size, &fault))
    report (self, buffer, fault);
  if (self->sample && self->kind->end &&
      !self->kind->end (self->checker, &fault))
    report (self, buffer, fault);
  gst_buffer_unmap (buffer, &map);
}

static void
pass_by (CviPacketCheck *self, GstBuffer *buffer)
{
  GstMapInfo map;

  gst_buffer_replace (&self->last, buffer);
  if (!self->kind->pass_by || !gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  self->kind->pass_by (self->checker, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
}

gboolean
cvi_packet_check_buffer (CviPacketCheck *check, GstBuffer *buffer)
{
  check->last_ns = GST_BUFFER_PTS_IS_VALID (buffer) ? GST_BUFFER_PTS (buffer)
                                                    : GST_BUFFER_DTS (buffer);
  if (!check->caps)
    return FALSE;
  if (is_passed_by (check, gst_buffer_get_size (buffer))) {
    pass_by (check, buffer);
    return FALSE;
  }
  gst_clear_buffer (&check->last);
  check_packet (check, buffer);
  return TRUE;
}

void
cvi_packet_check_restart (CviPacketCheck *check)
{
  gst_clear_buffer (&check->last);
  start_over (check);
}

void
cvi_packet_check_end (CviPacketCheck *check)
{
  /* Where files are cut. */
  if (check->last)
    check_packet (check, check->last);
  gst_clear_buffer (&check->last);
  finish (check);
}

void
cvi_packet_check_event (CviPacketCheck *check, GstEvent *event)
{
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_STOP:
      cvi_packet_check_restart (check);
      break;
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      cvi_packet_check_set_caps (check, caps);
      break;
    case GST_EVENT_EOS:
      cvi_packet_check_end (check);
      break;
    default:
      break;
  }
}

gboolean
cvi_packet_check_has_hashes (const CviPacketCheck *check, gboolean *exact)
{
  if (!check->kind->has_hashes || !check->checker)
    return FALSE;
  *exact = check->kind->has_hashes (check->checker);
  return TRUE;
}

gboolean
cvi_packet_check_is_for (const CviPacketCheck *check, const GstCaps *caps)
{
  return cvi_packet_checker_find (caps) == check->kind;
}

gboolean
cvi_packet_check_samples (const GstCaps *caps)
{
  const CviPacketChecker *kind = cvi_packet_checker_find (caps);

  return kind && kind->sampled;
}

gboolean
cvi_packet_check_is_whole (const GstCaps *caps)
{
  const CviPacketChecker *kind = cvi_packet_checker_find (caps);

  return kind && kind->whole;
}

void
cvi_packet_check_set_total (CviPacketCheck *check, guint64 bytes)
{
  guint64 most = SAMPLE_LEAST * (guint64)SAMPLE;

  check->share = CLAMP (
      WHOLE_FOR_BYTE ((gint64)MIN (bytes, most)) / SAMPLE_LEAST, 1, SAMPLE);
}

gboolean
cvi_packet_check_is_spare (CviPacketCheck *check, GstBuffer *buffer)
{
  gboolean spare;
  GstMapInfo map;

  if (!check->kind->is_spare || !check->caps || check->sample ||
      !gst_buffer_map (buffer, &map, GST_MAP_READ))
    return FALSE;
  spare = check->kind->is_spare (check->checker, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return spare;
}

CviPacketPlace
cvi_packet_check_place (const GstCaps *caps, gboolean sample)
{
  const CviPacketChecker *kind = cvi_packet_checker_find (caps);

  if (!kind || (sample && kind->linked))
    return CVI_PACKETS_NONE;
  return kind->at_decoder || (sample && kind->sampled) ? CVI_PACKETS_PARSED
                                                       : CVI_PACKETS_DEMUXED;
}

CviPacketCheck *
cvi_packet_check_new (const GstCaps *caps, gboolean sample, const char *stream,
    CviPacketCheckFunc func, gpointer user_data)
{
  const CviPacketChecker *kind = cvi_packet_checker_find (caps);
  CviPacketCheck *self;

  if (!kind || (sample && kind->linked))
    return NULL;
  self = g_new0 (CviPacketCheck, 1);
  self->kind = kind;
  self->sample = sample && kind->sampled;
  self->share = SAMPLE;
  self->last_ns = CVI_NONE;
  self->stream = g_strdup (stream);
  self->func = func;
  self->user_data = user_data;
  return self;
}

void
cvi_packet_check_set_to_end (CviPacketCheck *check, gboolean to_end)
{
  check->to_end = to_end;
}

void
cvi_packet_check_free (CviPacketCheck *check)
{
  if (!check)
    return;
  gst_clear_buffer (&check->last);
  if (check->caps)
    check->kind->destroy (check->checker);
  gst_clear_caps (&check->caps);
  g_free (check->stream);
  g_free (check);
}
