/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-matroska-private.h"

#include <string.h>

enum {
  TIMESTAMP_SCALE = 0x2AD7B1,
  DURATION = 0x4489,
  TRACK_ENTRY = 0xAE,
  TRACK_NUMBER = 0xD7,
  TRACK_TYPE = 0x83,
  CODEC_ID = 0x86,
  CODEC_PRIVATE = 0x63A2,
  DEFAULT_DURATION = 0x23E383,
  CONTENT_ENCODINGS = 0x6D80,
  CONTENT_ENCODING = 0x6240,
  CONTENT_ENCRYPTION = 0x5035,
};

typedef struct {
  CviMatroska *self;
  double duration;
} Info;

static gboolean
visit_info (const CviEbml *element, guint depth, gpointer user_data)
{
  Info *info = user_data;
  CviMatroska *self = info->self;

  if (element->id == TIMESTAMP_SCALE) {
    guint64 scale;

    if (cvi_ebml_uint (self->walk, element, &scale) && scale > 0 &&
        scale <= G_GUINT64_CONSTANT (1000000000))
      self->scale = scale;
    else
      cvi_walk_report (self->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL, CVI_NONE,
          element->offset, "TimestampScale is out of range");
  } else if (element->id == DURATION) {
    if (!cvi_ebml_float (self->walk, element, &info->duration))
      info->duration = 0;
  }
  return FALSE;
}

guint64
cvi_matroska_read_info (CviMatroska *self, const CviEbml *element)
{
  Info info = { self, 0 };
  guint64 bad = cvi_ebml_visit (self->walk, element, visit_info, &info);
  double ns = info.duration * (double)self->scale;

  /* 0 and less is what unfinished live recordings carry. */
  if (ns >= 1 && ns < (double)G_MAXINT64) {
    self->duration_ns = (guint64)ns;
    cvi_walk_set_duration (self->walk, self->duration_ns);
  }
  return bad;
}

/* CodecPrivate may stand before CodecID, so this waits for the whole entry. */
static void
read_codec_private (CviMatroska *self, CviMatroskaTrack *track)
{
  const guint8 *data;

  if (!track->codec || track->private_data.size < 23)
    return;
  data = cvi_walk_peek (self->walk, track->private_data.data, 23);
  if (!data)
    return;
  if (strcmp (track->codec, "V_MPEG4/ISO/AVC") == 0 && data[0] == 1) {
    track->nal_length = (data[4] & 3u) + 1;
    track->nal_codec = CVI_NAL_AVC;
    track->zero_run = CVI_NAL_ZERO_RUN;
  } else if (strcmp (track->codec, "V_MPEGH/ISO/HEVC") == 0) {
    track->nal_length = (data[21] & 3u) + 1;
    track->nal_codec = CVI_NAL_HEVC;
    track->zero_run = CVI_NAL_ZERO_RUN;
  } else if (strcmp (track->codec, "V_MS/VFW/FOURCC") == 0) {
    static const char *const coded[] = { "XVID", "DIVX", "DX50", "DIV3", "MP42",
      "MP43", "FMP4", "H264", "X264", "AVC1", "WMV3", "WVC1", "MJPG" };

    track->zero_run = 0;
    for (guint i = 0; i < G_N_ELEMENTS (coded); i++) {
      if (g_ascii_strncasecmp ((const char *)data + 16, coded[i], 4) == 0)
        track->zero_run = CVI_ZERO_RUN_DEFAULT;
    }
  }
}

/* Only compressed audio and video never hold long runs of zeros. */
static gboolean
is_compressed (const char *codec)
{
  if (!codec)
    return FALSE;
  if (g_str_has_prefix (codec, "A_"))
    return !g_str_has_prefix (codec, "A_PCM") &&
           !g_str_has_prefix (codec, "A_MS/ACM");
  return g_str_has_prefix (codec, "V_") &&
         strcmp (codec, "V_UNCOMPRESSED") != 0;
}

/* 0, which no number here may be, where the element is not one. */
static guint64
read_uint (CviMatroska *self, const CviEbml *element)
{
  guint64 value;

  return cvi_ebml_uint (self->walk, element, &value) ? value : 0;
}

static gboolean
visit_tracks (const CviEbml *element, guint depth, gpointer user_data)
{
  CviMatroska *self = user_data;
  CviMatroskaTrack *track = self->last_track;

  if (element->id == TRACK_ENTRY && depth == 0) {
    CviMatroskaTrack fresh = { 0 };

    if (self->tracks->len >= CVI_MATROSKA_MAX_TRACKS)
      return FALSE;
    g_array_append_val (self->tracks, fresh);
    self->last_track =
        &g_array_index (self->tracks, CviMatroskaTrack, self->tracks->len - 1);
    return TRUE;
  }
  if (!track)
    return FALSE;

  switch (element->id) {
    case TRACK_NUMBER:
      track->number = read_uint (self, element);
      return FALSE;
    case TRACK_TYPE:
      track->type = read_uint (self, element);
      return FALSE;
    case DEFAULT_DURATION:
      track->frame_ns = read_uint (self, element);
      return FALSE;
    case CODEC_ID:
      g_free (track->codec);
      track->codec = cvi_ebml_string (self->walk, element);
      return FALSE;
    case CODEC_PRIVATE:
      track->private_data = *element;
      return FALSE;
    case CONTENT_ENCODINGS:
      track->encoded = TRUE;
      return TRUE;
    case CONTENT_ENCODING:
      return TRUE;
    case CONTENT_ENCRYPTION:
      track->encrypted = TRUE;
      return FALSE;
    default:
      return FALSE;
  }
}

static void
add_stream (CviMatroska *self, CviMatroskaTrack *track)
{
  const char *kind = track->type == 1      ? "video"
                     : track->type == 2    ? "audio"
                     : track->type == 0x11 ? "subtitle"
                                           : "data";

  track->zero_run = is_compressed (track->codec) ? CVI_ZERO_RUN_DEFAULT : 0;
  if (!track->encoded)
    read_codec_private (self, track);
  track->stream = cvi_walk_add_stream (self->walk, kind, track->codec);
  if (!track->stream)
    return;
  track->stream->n_frames = 0;
  if (track->type == 1)
    track->stream->n_sync = 0;
  if (track->frame_ns > 0 && track->frame_ns < G_MAXINT64)
    track->stream->frame_ns = track->frame_ns;
  else
    track->frame_ns = 0;
  track->stream->encrypted = track->encrypted;
  if (track->encrypted)
    cvi_walk_report (self->walk, CVI_RULE_STREAM_ENCRYPTED, track->stream->id,
        CVI_NONE, CVI_NONE, "its ContentEncodings say that it is encrypted");
}

guint64
cvi_matroska_read_tracks (CviMatroska *self, const CviEbml *element)
{
  guint64 bad;

  /* Live streams repeat the element; the first one counts. */
  if (self->has_tracks)
    return CVI_NONE;
  self->has_tracks = TRUE;
  self->last_track = NULL;
  bad = cvi_ebml_visit (self->walk, element, visit_tracks, self);
  self->last_track = NULL;
  for (guint i = 0; i < self->tracks->len; i++)
    add_stream (self, &g_array_index (self->tracks, CviMatroskaTrack, i));
  return bad;
}

void
cvi_matroska_track_clear (CviMatroskaTrack *track)
{
  g_free (track->codec);
}

CviMatroskaTrack *
cvi_matroska_get_track (CviMatroska *self, guint64 number)
{
  if (self->last_track && self->last_track->number == number)
    return self->last_track;
  for (guint i = 0; i < self->tracks->len; i++) {
    CviMatroskaTrack *track =
        &g_array_index (self->tracks, CviMatroskaTrack, i);

    if (track->number == number)
      return self->last_track = track;
  }
  return NULL;
}
