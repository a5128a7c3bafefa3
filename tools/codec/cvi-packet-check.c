/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/codec/cvi-packet-check.h"

#include <string.h>

#include "tools/codec/cvi-ac3.h"
#include "tools/codec/cvi-flac.h"
#include "tools/codec/cvi-h264.h"
#include "tools/codec/cvi-h265.h"
#include "tools/codec/cvi-mpa.h"
#include "tools/codec/cvi-obu.h"
#include "tools/codec/cvi-pcm.h"
#include "tools/codec/cvi-prores.h"
#include "tools/codec/cvi-read-ring.h"
#include "tools/codec/cvi-vorbis.h"
#include "tools/codec/cvi-vp8.h"

/* How much of each packet is looked at where only a sample is: so that its CPU
 * time stays at a SAMPLE-th of what a whole check with decoding takes. Per byte
 * of H.264 the check takes 58 ns, that and libav's decoder 130 ns; the decoder
 * 240 ns for a macroblock besides (1080p at 1.5 to 25 Mb/s). */
#define SAMPLE 180
#define WHOLE_FOR_BYTE(bytes) ((bytes)*9 / 4)
#define WHOLE_FOR_AREA(pixels) ((pixels) / 61)
/* and 10 ns for a macroblock in the check alone */
#define AREA_CHECK 24

/* @rule, @certainty: of a packet that does not pass. VP8's would be wrong only
 * for an encoder that breaks the codec's flushing rule, H.264's and H.265's for
 * one that pads its slices as the standards do not allow.
 * @create: @caps are those of the packets
 * @end: (nullable): the packet was whole
 * @pass_by: (nullable): takes what later packets need of one not to be checked
 * @at_decoder: packets are looked at behind the parser, that cuts them
 * @sampled: costs as much as a decoder: for a sample where time is short
 * @whole: reads all of a packet's syntax, to the last bit; @is_complete:
 *   (nullable): was there nothing that it could not read?
 * @linked: needs every packet and much time: only where all are decoded
 * @has_hashes: (nullable): does the stream carry checksums of pictures?
 * @mpeg_version: the caps' "mpegversion", 0: any
 * @finish: (nullable): looks at what it has kept back for the packets to come;
 *   FALSE with a fault, and whether the stream was cut off there
 * @is_spare: (nullable): was all of the packet read without a fault, and does
 *   no other need it to be decoded? */
typedef struct {
  const char *media_type;
  CviRuleId rule;
  double certainty;
  gpointer (*create) (GstCaps *caps);
  void (*destroy) (gpointer checker);
  gboolean (*check) (
      gpointer checker, const guint8 *data, gsize size, const char **fault);
  gboolean (*end) (gpointer checker, const char **fault);
  void (*pass_by) (gpointer checker, const guint8 *data, gsize size);
  gboolean at_decoder;
  gboolean (*has_hashes) (gconstpointer checker);
  gboolean sampled;
  gboolean whole;
  gboolean (*is_complete) (gconstpointer checker);
  gboolean linked;
  gint mpeg_version;
  gboolean (*finish) (gpointer checker, const char **fault, gboolean *cut);
  gboolean (*is_spare) (gpointer checker, const guint8 *data, gsize size);
} PacketChecker;

/* A codec's functions with the types of the table. */
#define DESTROY_AND_CHECK(codec, what)                                         \
  static void codec##_destroy (gpointer checker)                               \
  {                                                                            \
    cvi_##codec##_check_free (checker);                                        \
  }                                                                            \
  static gboolean codec##_check (                                              \
      gpointer checker, const guint8 *data, gsize size, const char **fault)    \
  {                                                                            \
    return cvi_##codec##_check_##what (checker, data, size, fault);            \
  }
#define CHECKER(codec, what)                                                   \
  static gpointer codec##_create (GstCaps *caps)                               \
  {                                                                            \
    return cvi_##codec##_check_new ();                                         \
  }                                                                            \
  DESTROY_AND_CHECK (codec, what)
#define CHECKER_BY_CAPS(codec, what)                                           \
  static gpointer codec##_create (GstCaps *caps)                               \
  {                                                                            \
    return cvi_##codec##_check_new (caps);                                     \
  }                                                                            \
  DESTROY_AND_CHECK (codec, what)

CHECKER (vp8, frame)
CHECKER (flac, frame)
CHECKER (mpa, frame)
CHECKER (ac3, packet)
CHECKER_BY_CAPS (pcm, packet)
CHECKER_BY_CAPS (vorbis, packet)
CHECKER_BY_CAPS (h264, packet)
CHECKER_BY_CAPS (h265, packet)

#define IS_COMPLETE(codec)                                                     \
  static gboolean codec##_is_complete (gconstpointer checker)                  \
  {                                                                            \
    return cvi_##codec##_check_is_complete (checker);                          \
  }
IS_COMPLETE (h264)
IS_COMPLETE (h265)

static gboolean
h265_has_hashes (gconstpointer checker)
{
  return cvi_h265_check_has_hashes (checker);
}

/* The check is at the decoder: of this very packet. */
static gboolean
h265_is_spare (gpointer checker, const guint8 *data, gsize size)
{
  return cvi_h265_check_is_spare (checker);
}

static gboolean
h264_finish (gpointer checker, const char **fault, gboolean *cut)
{
  return cvi_h264_check_end (checker, fault, cut);
}

static gboolean
h264_end (gpointer checker, const char **fault)
{
  return cvi_h264_check_whole (checker, fault);
}

static gboolean
h264_is_spare (gpointer checker, const guint8 *data, gsize size)
{
  return cvi_h264_check_is_spare (checker, data, size);
}

static void
h264_pass_by (gpointer checker, const guint8 *data, gsize size)
{
  cvi_h264_check_pass_by (checker, data, size);
}

static void
h265_pass_by (gpointer checker, const guint8 *data, gsize size)
{
  cvi_h265_check_pass_by (checker, data, size);
}

/* What has no state needs no checker, only the knowledge that it applies. */
static gpointer
obu_create (GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  const char *format = gst_structure_get_string (structure, "stream-format");
  gboolean *known = g_new0 (gboolean, 1);

  *known = !format || strcmp (format, "obu-stream") == 0;
  return known;
}

static gboolean
obu_check (gpointer checker, const guint8 *data, gsize size, const char **fault)
{
  gboolean *known = checker;

  return !*known || cvi_obu_check_unit (data, size, fault);
}

/* Each frame stands for itself. Some are decoded all the same, should a decoder
 * find in a stream what the check knows nothing of. */
#define PRORES_DECODED 8

typedef struct {
  CviReadRing read;
  guint n_asked;
} Prores;

static gpointer
prores_create (GstCaps *caps)
{
  return g_new0 (Prores, 1);
}

static gboolean
prores_check (
    gpointer checker, const guint8 *data, gsize size, const char **fault)
{
  Prores *prores = checker;

  if (!cvi_prores_check_frame (data, size, fault))
    return FALSE;
  if (cvi_prores_is_read_whole (data, size))
    cvi_read_ring_add (&prores->read, data, size);
  return TRUE;
}

static gboolean
prores_is_spare (gpointer checker, const guint8 *data, gsize size)
{
  Prores *prores = checker;

  return prores->n_asked++ % PRORES_DECODED != 0 &&
         cvi_read_ring_has (&prores->read, data, size);
}

static const PacketChecker checkers[] = {
  { "video/x-vp8", CVI_RULE_DECODE_ERROR, 0.9, vp8_create, vp8_destroy,
      vp8_check, .whole = TRUE, .linked = TRUE },
  { "video/x-h264", CVI_RULE_DECODE_ERROR, 0.95, h264_create, h264_destroy,
      h264_check, .end = h264_end, .pass_by = h264_pass_by, .sampled = TRUE,
      .whole = TRUE, .is_complete = h264_is_complete, .finish = h264_finish,
      .is_spare = h264_is_spare },
  { "video/x-h265", CVI_RULE_DECODE_ERROR, 0.95, h265_create, h265_destroy,
      h265_check, .pass_by = h265_pass_by, .at_decoder = TRUE,
      .has_hashes = h265_has_hashes, .sampled = TRUE, .whole = TRUE,
      .is_complete = h265_is_complete, .is_spare = h265_is_spare },
  { "video/x-av1", CVI_RULE_DECODE_ERROR, 0.95, obu_create, g_free, obu_check },
  { "video/x-prores", CVI_RULE_DECODE_ERROR, 0.9, prores_create, g_free,
      prores_check, .sampled = TRUE, .is_spare = prores_is_spare },
  { "audio/x-flac", CVI_RULE_DECODE_CHECKSUM, 0.99, flac_create, flac_destroy,
      flac_check },
  { "audio/x-vorbis", CVI_RULE_DECODE_ERROR, 0.9, vorbis_create, vorbis_destroy,
      vorbis_check },
  { "audio/x-raw", CVI_RULE_CONTENT_NOISE, 0.7, pcm_create, pcm_destroy,
      pcm_check },
  { "audio/mpeg", CVI_RULE_DECODE_ERROR, 0.9, mpa_create, mpa_destroy,
      mpa_check, .at_decoder = TRUE, .mpeg_version = 1 },
  { "audio/x-ac3", CVI_RULE_DECODE_CHECKSUM, 0.95, ac3_create, ac3_destroy,
      ac3_check, .at_decoder = TRUE },
  /* as program streams have it, until it is parsed */
  { "audio/x-private1-ac3", CVI_RULE_DECODE_CHECKSUM, 0.95, ac3_create,
      ac3_destroy, ac3_check, .at_decoder = TRUE },
  { "audio/x-eac3", CVI_RULE_DECODE_CHECKSUM, 0.95, ac3_create, ac3_destroy,
      ac3_check, .at_decoder = TRUE },
};

struct _CviPacketCheck {
  const PacketChecker *kind;
  GstCaps *caps; /* (nullable): until they are known */
  gpointer checker;
  gboolean to_end;
  gboolean incomplete; /* what an earlier checker has read */
  guint64 last_ns;     /* time of the last packet */
  gboolean sample;     /* not all packets */
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
    self->credit += (WHOLE_FOR_BYTE ((gint64)size) + self->area_bytes) / SAMPLE;
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

/* Are buffers of these caps whole packets? A file that is one elementary stream
 * comes in blocks of bytes: its caps, from typefinding, name nothing more. */
static gboolean
is_for (const PacketChecker *kind, const GstStructure *structure)
{
  gint version = 0;

  gst_structure_get_int (structure, "mpegversion", &version);
  return gst_structure_has_name (structure, kind->media_type) &&
         (kind->at_decoder || gst_structure_n_fields (structure) > 0) &&
         (kind->mpeg_version == 0 || kind->mpeg_version == version);
}

static const PacketChecker *
find_checker (const GstCaps *caps)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);

  for (guint i = 0; i < G_N_ELEMENTS (checkers); i++) {
    if (is_for (&checkers[i], structure))
      return &checkers[i];
  }
  return NULL;
}

gboolean
cvi_packet_check_is_for (const CviPacketCheck *check, const GstCaps *caps)
{
  return find_checker (caps) == check->kind;
}

gboolean
cvi_packet_check_samples (const GstCaps *caps)
{
  const PacketChecker *kind = find_checker (caps);

  return kind && kind->sampled;
}

gboolean
cvi_packet_check_is_whole (const GstCaps *caps)
{
  const PacketChecker *kind = find_checker (caps);

  return kind && kind->whole;
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
  const PacketChecker *kind = find_checker (caps);

  if (!kind || (sample && kind->linked))
    return CVI_PACKETS_NONE;
  return kind->at_decoder || (sample && kind->sampled) ? CVI_PACKETS_PARSED
                                                       : CVI_PACKETS_DEMUXED;
}

CviPacketCheck *
cvi_packet_check_new (const GstCaps *caps, gboolean sample, const char *stream,
    CviPacketCheckFunc func, gpointer user_data)
{
  const PacketChecker *kind = find_checker (caps);
  CviPacketCheck *self;

  if (!kind || (sample && kind->linked))
    return NULL;
  self = g_new0 (CviPacketCheck, 1);
  self->kind = kind;
  self->sample = sample && kind->sampled;
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
