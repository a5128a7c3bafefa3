/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-asf-private.h"

#include <string.h>

/* A packet that is taken apart (section 5.2): reads past @len set @bad. */
typedef struct {
  const guint8 *data;
  gsize len;
  gsize pos;
  gboolean bad;
} Cursor;

/* Part of a media object in a packet. */
typedef struct {
  guint stream;
  guint32 number;
  guint number_bits;
  guint32 offset;
  gboolean compressed;
  gboolean key;
  gboolean has_size;
  guint32 object_size;
  guint32 time_ms;
  gsize at;
  gsize size;
} Payload;

/* Reads a number of as many bytes as two bits say: 0, 1, 2 or 4. */
static guint32
read_number (Cursor *cursor, guint type)
{
  static const gsize sizes[] = { 0, 1, 2, 4 };
  gsize size = sizes[type & 3];
  const guint8 *p = cursor->data + cursor->pos;

  if (cursor->len - cursor->pos < size) {
    cursor->bad = TRUE;
    return 0;
  }
  cursor->pos += size;
  return size == 0   ? 0
         : size == 1 ? p[0]
         : size == 2 ? cvi_le16 (p)
                     : cvi_le32 (p);
}

void
cvi_asf_forget (CviAsf *self)
{
  for (guint i = 0; i < CVI_ASF_MAX_STREAMS; i++)
    self->streams[i].number = -1;
}

static void
report_incomplete (
    CviAsf *self, const CviAsfStream *stream, guint64 offset, const char *what)
{
  cvi_walk_report (self->walk, CVI_RULE_CONTAINER_CONTINUITY,
      stream->stream ? stream->stream->id : NULL, self->time_ns, offset, "%s",
      what);
}

static void
begin_object (
    CviAsf *self, CviAsfStream *stream, const Payload *part, guint64 offset)
{
  guint32 mask =
      part->number_bits >= 32 ? G_MAXUINT32 : (1u << part->number_bits) - 1;

  if (stream->number >= 0) {
    if (stream->size > 0 && stream->got < stream->size)
      report_incomplete (
          self, stream, offset, "a media object lacks its last parts");
    else if (part->number_bits > 0 &&
             part->number != (((guint32)stream->number + 1) & mask))
      report_incomplete (self, stream, offset, "media objects are missing");
  }
  stream->number = (int)(part->number & G_MAXINT);
  stream->size = part->has_size ? part->object_size : 0;
  stream->got = 0;
  stream->n_objects++;
  if (stream->stream) {
    stream->stream->n_frames = stream->n_objects;
    if (part->key && strcmp (stream->stream->kind, "video") == 0)
      stream->stream->n_sync =
          stream->stream->n_sync == CVI_NONE ? 1 : stream->stream->n_sync + 1;
  }
}

static void
note_time (CviAsf *self, CviAsfStream *stream, const Payload *part)
{
  guint64 ns = (guint64)part->time_ms * 1000000;

  ns -= MIN (ns, self->preroll_ns);
  self->time_ns = ns;
  if (!stream->stream)
    return;
  if (stream->stream->start_ns == CVI_NONE || ns < stream->stream->start_ns)
    stream->stream->start_ns = ns;
  if (stream->stream->last_ns == CVI_NONE || ns > stream->stream->last_ns)
    stream->stream->last_ns = ns;
}

static void
take_part (CviAsf *self, const Payload *part, guint64 packet)
{
  CviAsfStream *stream = &self->streams[part->stream];
  guint64 offset = packet + part->at;
  CviPayload payload;

  if (part->has_size || part->compressed)
    note_time (self, stream, part);
  if (part->compressed) {
    /* Whole objects, which carry no numbers of their own. */
    stream->number = -1;
  } else if (part->offset == 0) {
    begin_object (self, stream, part, offset);
    stream->got = (guint32)part->size;
  } else if (stream->number >= 0) {
    if (part->number != (guint32)stream->number ||
        part->offset != stream->got) {
      report_incomplete (
          self, stream, offset, "parts of a media object are missing");
      stream->number = (int)(part->number & G_MAXINT);
      stream->size = 0;
    }
    stream->got = part->offset + (guint32)part->size;
  }
  payload = (CviPayload){ offset, part->size,
    stream->stream ? stream->stream->id : NULL, self->time_ns,
    stream->zero_run };
  cvi_walk_payload (self->walk, &payload);
}

/* Payload parsing information and one payload (5.2.3). */
static const char *
read_part (Cursor *cursor, guint properties, gboolean multiple,
    guint length_type, Payload *part)
{
  static const guint bits[] = { 0, 8, 16, 32 };
  guint32 replicated, stream;

  memset (part, 0, sizeof *part);
  stream = read_number (cursor, 1);
  part->stream = stream & 0x7f;
  part->key = (stream & 0x80) != 0;
  part->number = read_number (cursor, properties >> 4);
  part->number_bits = bits[properties >> 4 & 3];
  part->offset = read_number (cursor, properties >> 2);
  replicated = read_number (cursor, properties);
  if (cursor->bad || replicated > cursor->len - cursor->pos)
    return "a payload's header does not fit its packet";
  if (replicated == 1) {
    part->compressed = TRUE;
    part->time_ms = part->offset;
  } else if (replicated >= 8) {
    part->has_size = TRUE;
    part->object_size = cvi_le32 (cursor->data + cursor->pos);
    part->time_ms = cvi_le32 (cursor->data + cursor->pos + 4);
  }
  cursor->pos += replicated;
  part->size =
      multiple ? read_number (cursor, length_type) : cursor->len - cursor->pos;
  part->at = cursor->pos;
  if (cursor->bad || part->size > cursor->len - cursor->pos)
    return "a payload does not fit its packet";
  if (part->has_size && part->offset + (guint64)part->size > part->object_size)
    return "a payload reaches past its media object";
  cursor->pos += part->size;
  return NULL;
}

const char *
cvi_asf_check_packet (CviAsf *self, const guint8 *packet, guint64 offset)
{
  Cursor cursor = { packet, self->packet_size, 0, FALSE };
  Payload parts[64];
  guint flags, properties, n = 1, length_type = 0;
  guint32 length, padding;

  if (packet[0] & 0x80) {
    if ((packet[0] & 0x60) != 0)
      return "error correction data has an unknown form";
    cursor.pos = 1 + (packet[0] & 0x0fu);
  }
  flags = read_number (&cursor, 1);
  properties = read_number (&cursor, 1);
  length = read_number (&cursor, flags >> 5);
  read_number (&cursor, flags >> 1);
  padding = read_number (&cursor, flags >> 3);
  if (cursor.bad || cursor.len - cursor.pos < 7)
    return "its header does not fit";
  cursor.pos += 6;
  /* Some writers do not count the padding into the length. */
  if ((flags >> 5 & 3) == 0 || length + (guint64)padding == self->packet_size)
    length = self->packet_size;
  if (length > self->packet_size || padding > length ||
      length - padding < cursor.pos)
    return "its length or its padding is impossible";
  if ((properties & 0xc0) != 0x40)
    return "its property flags are impossible";
  cursor.len = length - padding;

  if (flags & 1) {
    guint32 payloads = read_number (&cursor, 1);

    n = payloads & 0x3f;
    length_type = payloads >> 6;
  }
  for (guint i = 0; i < n; i++) {
    const char *fault = read_part (
        &cursor, properties, (flags & 1) != 0, length_type, &parts[i]);

    if (fault)
      return fault;
    if (!self->streams[parts[i].stream].known)
      return "a payload belongs to no declared stream";
  }
  for (guint i = 0; i < n; i++)
    take_part (self, &parts[i], offset);
  return NULL;
}
