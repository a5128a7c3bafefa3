/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* A row for each codec whose packets are checked. */
#include "tools/codec/cvi-packet-checkers.h"

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

static const CviPacketChecker checkers[] = {
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

/* Are buffers of these caps whole packets? A file that is one elementary stream
 * comes in blocks of bytes: its caps, from typefinding, name nothing more. */
static gboolean
is_for (const CviPacketChecker *kind, const GstStructure *structure)
{
  gint version = 0;

  gst_structure_get_int (structure, "mpegversion", &version);
  return gst_structure_has_name (structure, kind->media_type) &&
         (kind->at_decoder || gst_structure_n_fields (structure) > 0) &&
         (kind->mpeg_version == 0 || kind->mpeg_version == version);
}

const CviPacketChecker *
cvi_packet_checker_find (const GstCaps *caps)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);

  for (guint i = 0; i < G_N_ELEMENTS (checkers); i++) {
    if (is_for (&checkers[i], structure))
      return &checkers[i];
  }
  return NULL;
}
