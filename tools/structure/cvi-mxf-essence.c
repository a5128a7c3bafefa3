/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-mxf-private.h"

/* A picture element larger than this holds a whole clip. */
#define CLIP (16u * 1024 * 1024)

enum {
  ITEM_CP_PICTURE = 0x05,
  ITEM_CP_SOUND = 0x06,
  ITEM_GC_PICTURE = 0x15,
  ITEM_GC_SOUND = 0x16,
  ITEM_GC_COMPOUND = 0x18,
};

static gboolean
is_picture (guint8 item)
{
  return item == ITEM_CP_PICTURE || item == ITEM_GC_PICTURE ||
         item == ITEM_GC_COMPOUND;
}

static const char *
picture_codec (guint8 container)
{
  switch (container) {
    case 0x01:
    case 0x04:
    case 0x07:
      return "mpeg2video";
    case 0x02:
      return "dv";
    case 0x05:
      return "raw";
    case 0x0c:
      return "jpeg2000";
    case 0x10:
      return "h264";
    case 0x11:
      return "vc3";
    default:
      return NULL;
  }
}

static CviMxfTrack *
get_track (CviMxf *self, const CviMxfElement *element)
{
  guint32 number = cvi_be32 (element->key + 12);
  guint8 item = element->key[12];
  CviMxfTrack *track;

  for (guint i = 0; i < self->n_tracks; i++) {
    if (self->tracks[i].number == number)
      return &self->tracks[i];
  }
  if (self->n_tracks == CVI_MXF_MAX_TRACKS)
    return NULL;
  track = &self->tracks[self->n_tracks++];
  track->number = number;
  track->picture = is_picture (item);
  if (track->picture)
    track->stream = cvi_walk_add_stream (
        self->walk, "video", picture_codec (self->container));
  else if (item == ITEM_CP_SOUND || item == ITEM_GC_SOUND)
    track->stream = cvi_walk_add_stream (self->walk, "audio", "pcm");
  return track;
}

/* Broadcast formats fill each picture up to a constant size with zeros: those
 * at its end say nothing. */
static guint64
trim (CviMxf *self, const CviMxfElement *element)
{
  guint64 size = element->size;

  while (size > 0) {
    gsize len = (gsize)MIN (size, 4096);
    const guint8 *data =
        cvi_walk_peek (self->walk, element->value + size - len, len);
    gsize left = len;

    if (!data)
      return size;
    while (left > 0 && data[left - 1] == 0)
      left--;
    size -= len - left;
    if (left > 0)
      break;
  }
  return size;
}

void
cvi_mxf_walk_essence (CviMxf *self, const CviMxfElement *element)
{
  CviMxfTrack *track = get_track (self, element);
  CviPayload payload;

  if (!track)
    return;
  track->count++;
  if (!track->picture)
    return;
  if (track->count > 1)
    self->time_ns = (track->count - 1) * self->frame_ns;
  else
    self->time_ns = 0;
  if (element->size == 0 || element->size > CLIP || self->container == 0x05)
    return;
  if (element->size <= CVI_WALK_MAX_PEEK)
    cvi_walk_peek (self->walk, element->value, (gsize)element->size);
  payload = (CviPayload){ element->value, trim (self, element),
    track->stream ? track->stream->id : NULL, self->time_ns,
    CVI_ZERO_RUN_DEFAULT };
  cvi_walk_payload (self->walk, &payload);
}

void
cvi_mxf_tell (CviMxf *self)
{
  guint64 frame_ns = self->frame_ns;
  guint64 pictures = 0;

  for (guint i = 0; i < self->n_tracks; i++) {
    CviMxfTrack *track = &self->tracks[i];
    gboolean frames = track->picture && track->count > 1;

    if (!track->stream || !track->picture)
      continue;
    if (frame_ns > 0)
      track->stream->frame_ns = frame_ns;
    track->stream->n_frames = frames ? track->count : self->duration;
    pictures = frames ? track->count : 0;
    if (frames && frame_ns > 0)
      track->stream->last_ns = track->count * frame_ns;
    if (frames && self->duration != CVI_NONE && track->count < self->duration)
      cvi_walk_report (self->walk, CVI_RULE_STREAM_SHORTFALL, track->stream->id,
          track->count * frame_ns, self->size,
          "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " pictures are there",
          track->count, self->duration);
  }
  if (self->duration != CVI_NONE)
    pictures = self->duration;
  if (pictures > 0 && frame_ns > 0)
    cvi_walk_set_duration (self->walk, pictures * frame_ns);
}
