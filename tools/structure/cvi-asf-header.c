/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-asf-private.h"

#include <string.h>

/* The Header Extension Object holds objects of its own, the Extended Stream
 * Properties Object one more. */
#define MAX_DEPTH 3

static const guint8 guid_file[16] = { 0xa1, 0xdc, 0xab, 0x8c, 0x47, 0xa9, 0xcf,
  0x11, 0x8e, 0xe4, 0x00, 0xc0, 0x0c, 0x20, 0x53, 0x65 };
static const guint8 guid_stream[16] = { 0x91, 0x07, 0xdc, 0xb7, 0xb7, 0xa9,
  0xcf, 0x11, 0x8e, 0xe6, 0x00, 0xc0, 0x0c, 0x20, 0x53, 0x65 };
static const guint8 guid_extension[16] = { 0xb5, 0x03, 0xbf, 0x5f, 0x2e, 0xa9,
  0xcf, 0x11, 0x8e, 0xe3, 0x00, 0xc0, 0x0c, 0x20, 0x53, 0x65 };
static const guint8 guid_extended[16] = { 0xcb, 0xa5, 0xe6, 0x14, 0x72, 0xc6,
  0x32, 0x43, 0x83, 0x99, 0xa9, 0x69, 0x52, 0x06, 0x5b, 0x5a };
static const guint8 guid_encryption[][16] = {
  { 0xfb, 0xb3, 0x11, 0x22, 0x23, 0xbd, 0xd2, 0x11, 0xb4, 0xb7, 0x00, 0xa0,
      0xc9, 0x55, 0xfc, 0x6e },
  { 0x14, 0xe6, 0x8a, 0x29, 0x22, 0x26, 0x17, 0x4c, 0xb9, 0x35, 0xda, 0xe0,
      0x7e, 0xe9, 0x28, 0x9c },
  { 0x33, 0x85, 0x05, 0x43, 0x81, 0x69, 0xe6, 0x49, 0x9b, 0x74, 0xad, 0x12,
      0xcb, 0x86, 0xd5, 0x8c },
};
static const guint8 guid_audio[16] = { 0x40, 0x9e, 0x69, 0xf8, 0x4d, 0x5b, 0xcf,
  0x11, 0xa8, 0xfd, 0x00, 0x80, 0x5f, 0x5c, 0x44, 0x2b };
static const guint8 guid_video[16] = { 0xc0, 0xef, 0x19, 0xbc, 0x4d, 0x5b, 0xcf,
  0x11, 0xa8, 0xfd, 0x00, 0x80, 0x5f, 0x5c, 0x44, 0x2b };

static gboolean
is (const CviAsfObject *object, const guint8 *guid)
{
  return memcmp (object->guid, guid, 16) == 0;
}

gboolean
cvi_asf_read_object (
    CviWalk *walk, guint64 pos, guint64 end, CviAsfObject *object)
{
  const guint8 *data;

  if (pos > end || end - pos < CVI_ASF_OBJECT)
    return FALSE;
  data = cvi_walk_peek (walk, pos, CVI_ASF_OBJECT);
  if (!data)
    return FALSE;
  memcpy (object->guid, data, 16);
  object->offset = pos;
  object->size = cvi_le64 (data + 16);
  return object->size >= CVI_ASF_OBJECT && object->size <= G_MAXINT64 - pos;
}

static void
read_file (CviAsf *self, const CviAsfObject *object)
{
  const guint8 *data = object->size >= 104
                           ? cvi_walk_peek (self->walk, object->offset, 104)
                           : NULL;
  guint64 duration, preroll;

  if (!data)
    return;
  self->declared_size = cvi_le64 (data + 40);
  self->n_packets = cvi_le64 (data + 56);
  duration = cvi_le64 (data + 64);
  preroll = cvi_le64 (data + 80);
  self->broadcast = (cvi_le32 (data + 88) & 1) != 0;
  if (cvi_le32 (data + 92) == cvi_le32 (data + 96))
    self->packet_size = cvi_le32 (data + 92);
  if (preroll < 3600 * 1000)
    self->preroll_ns = preroll * 1000000;
  if (!self->broadcast && duration < G_MAXINT64 / 100) {
    duration = duration * 100 - MIN (duration * 100, self->preroll_ns);
    if (duration > 0)
      cvi_walk_set_duration (self->walk, duration);
  }
}

static const char *
audio_codec (guint tag)
{
  switch (tag) {
    case 0x0001:
      return "pcm";
    case 0x0055:
      return "mp3";
    case 0x00ff:
    case 0x1610:
      return "aac";
    case 0x0160:
      return "wmav1";
    case 0x0161:
      return "wmav2";
    case 0x0162:
      return "wmapro";
    case 0x0163:
      return "wmalossless";
    case 0x000a:
      return "wmavoice";
    default:
      return NULL;
  }
}

static void
read_stream (CviAsf *self, const CviAsfObject *object)
{
  gsize len = (gsize)MIN (object->size, 78 + 64);
  const guint8 *data =
      len >= 78 ? cvi_walk_peek (self->walk, object->offset, len) : NULL;
  const char *kind = "data";
  char codec[16] = "";
  CviAsfStream *stream;
  guint flags;

  if (!data)
    return;
  flags = cvi_le16 (data + 72);
  stream = &self->streams[flags & 0x7f];
  if (stream->known || (flags & 0x7f) == 0)
    return;
  if (memcmp (data + 24, guid_audio, 16) == 0) {
    guint tag = len >= 80 ? cvi_le16 (data + 78) : 0;

    kind = "audio";
    if (audio_codec (tag))
      g_strlcpy (codec, audio_codec (tag), sizeof codec);
    else
      g_snprintf (codec, sizeof codec, "0x%04x", tag);
    stream->zero_run = tag == 1 ? 0 : CVI_ZERO_RUN_DEFAULT;
  } else if (memcmp (data + 24, guid_video, 16) == 0) {
    kind = "video";
    if (len >= 78 + 31)
      memcpy (codec, data + 78 + 27, 4);
    stream->zero_run = len >= 78 + 31 && cvi_le32 (data + 78 + 27) == 0
                           ? 0
                           : CVI_ZERO_RUN_DEFAULT;
  }
  stream->known = TRUE;
  stream->stream =
      cvi_walk_add_stream (self->walk, kind, codec[0] ? codec : NULL);
  if (stream->stream)
    stream->stream->encrypted = (flags & 0x8000) != 0;
}

/* Returns: where the Stream Properties Object inside an Extended Stream
 * Properties Object is; the object's end if there is none */
static guint64
find_embedded (CviAsf *self, const CviAsfObject *object)
{
  guint64 end = object->offset + object->size;
  guint64 pos = object->offset + 88;
  const guint8 *data = object->size >= 88
                           ? cvi_walk_peek (self->walk, object->offset, 88)
                           : NULL;
  guint names, systems;

  if (!data)
    return end;
  names = cvi_le16 (data + 84);
  systems = cvi_le16 (data + 86);
  for (guint i = 0; i < names && pos + 4 <= end; i++) {
    data = cvi_walk_peek (self->walk, pos, 4);
    if (!data)
      return end;
    pos += 4 + (guint64)cvi_le16 (data + 2);
  }
  for (guint i = 0; i < systems && pos + 22 <= end; i++) {
    data = cvi_walk_peek (self->walk, pos, 22);
    if (!data)
      return end;
    pos += 22 + (guint64)cvi_le32 (data + 18);
  }
  return MIN (pos, end);
}

static void
tell_encrypted (CviAsf *self)
{
  for (guint i = 0; i < CVI_ASF_MAX_STREAMS; i++) {
    CviStructureStream *stream = self->streams[i].stream;

    if (!stream || (!self->encrypted && !stream->encrypted))
      continue;
    stream->encrypted = TRUE;
    cvi_walk_report (self->walk, CVI_RULE_STREAM_ENCRYPTED, stream->id,
        CVI_NONE, CVI_NONE, "the header says that its content is encrypted");
  }
}

/* Returns: offset of the objects inside @object, its end if there are none */
static guint64
read_object (CviAsf *self, const CviAsfObject *object)
{
  guint64 end = object->offset + object->size;

  if (is (object, guid_file))
    read_file (self, object);
  else if (is (object, guid_stream))
    read_stream (self, object);
  else if (is (object, guid_extension))
    return MIN (object->offset + 46, end);
  else if (is (object, guid_extended))
    return find_embedded (self, object);
  for (guint i = 0; i < G_N_ELEMENTS (guid_encryption); i++) {
    if (is (object, guid_encryption[i]))
      self->encrypted = TRUE;
  }
  return end;
}

void
cvi_asf_read_header (CviAsf *self, guint64 pos, guint64 end)
{
  guint64 ends[MAX_DEPTH] = { end };
  guint depth = 0;

  while (!cvi_walk_failed (self->walk)) {
    CviAsfObject object;
    guint64 inside;

    while (depth > 0 && pos >= ends[depth])
      depth--;
    if (pos >= end)
      break;
    if (!cvi_asf_read_object (self->walk, pos, ends[depth], &object) ||
        object.size > ends[depth] - pos) {
      if (!cvi_walk_failed (self->walk))
        cvi_walk_report (self->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL,
            CVI_NONE, pos, "an object of the header has an impossible size");
      break;
    }
    inside = read_object (self, &object);
    pos += object.size;
    if (inside < pos && depth + 1 < MAX_DEPTH) {
      ends[++depth] = pos;
      pos = inside;
    }
  }
  tell_encrypted (self);
}
