/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-matroska-private.h"

#include <string.h>

#define LACING_MASK 0x06
#define LACING_XIPH 0x02
#define LACING_FIXED 0x04
#define SIMPLE_KEYFRAME 0x80
/* A block's header with its lacing table: far more than any muxer writes. */
#define MAX_HEADER (16u * 1024)
#define MAX_FRAMES 256

/* The frames of one block. */
typedef struct {
  guint n;
  guint64 sizes[MAX_FRAMES];
  guint64 offset;
} Frames;

static gboolean
read_xiph_sizes (
    const guint8 *data, gsize len, gsize *pos, guint64 rest, Frames *frames)
{
  guint64 total = 0;

  for (guint i = 0; i + 1 < frames->n; i++) {
    guint8 byte;

    frames->sizes[i] = 0;
    do {
      if (*pos >= len)
        return FALSE;
      byte = data[(*pos)++];
      frames->sizes[i] += byte;
    } while (byte == 255);
    total += frames->sizes[i];
  }
  if (*pos + total > rest)
    return FALSE;
  frames->sizes[frames->n - 1] = rest - *pos - total;
  return TRUE;
}

static gboolean
read_ebml_sizes (
    const guint8 *data, gsize len, gsize *pos, guint64 rest, Frames *frames)
{
  guint64 total = 0;
  gint64 size = 0;

  for (guint i = 0; i + 1 < frames->n; i++) {
    guint64 value;
    gsize n = cvi_ebml_parse_vint (data + *pos, len - *pos, &value);

    if (n == 0 || value == CVI_EBML_UNKNOWN)
      return FALSE;
    /* After the first, sizes are differences around the middle of what their
     * length can hold. */
    size += (gint64)value;
    if (i > 0)
      size -= (G_GINT64_CONSTANT (1) << (7 * n - 1)) - 1;
    if (size < 0 || (guint64)size > rest)
      return FALSE;
    *pos += n;
    frames->sizes[i] = (guint64)size;
    total += (guint64)size;
  }
  if (*pos + total > rest)
    return FALSE;
  frames->sizes[frames->n - 1] = rest - *pos - total;
  return TRUE;
}

/* @data: what follows the flags, @len of @rest bytes */
static gboolean
read_lacing (guint flags, const guint8 *data, gsize len, guint64 rest,
    gsize *used, Frames *frames)
{
  *used = 0;
  frames->n = 1;
  frames->sizes[0] = rest;
  if ((flags & LACING_MASK) == 0)
    return TRUE;
  if (len < 1)
    return FALSE;
  frames->n = data[0] + 1u;
  *used = 1;
  if ((flags & LACING_MASK) == LACING_XIPH)
    return read_xiph_sizes (data, len, used, rest, frames);
  if ((flags & LACING_MASK) != LACING_FIXED)
    return read_ebml_sizes (data, len, used, rest, frames);

  if ((rest - 1) % frames->n != 0)
    return FALSE;
  for (guint i = 0; i < frames->n; i++)
    frames->sizes[i] = (rest - 1) / frames->n;
  return TRUE;
}

/* Some writers store start codes where the lengths should be. */
static gboolean
is_annexb (CviMatroska *self, guint64 offset, guint64 size)
{
  static const guint8 start_code[] = { 0, 0, 0, 1 };
  const guint8 *data = size >= 4 ? cvi_walk_peek (self->walk, offset, 4) : NULL;

  return data && memcmp (data, start_code, 4) == 0;
}

static void
check_frame (CviMatroska *self, const CviMatroskaTrack *track, guint64 offset,
    guint64 size, guint64 time_ns)
{
  const char *stream = track->stream ? track->stream->id : NULL;
  CviPayload payload = { offset, size, stream, time_ns, track->zero_run };

  /* Brings a whole frame into the buffer, so that nothing is read twice. */
  if (size > 0 && size <= CVI_WALK_MAX_PEEK)
    cvi_walk_peek (self->walk, offset, (gsize)size);
  if (track->nal_codec == CVI_NAL_NONE) {
    cvi_walk_payload (self->walk, &payload);
  } else if (is_annexb (self, offset, size)) {
    payload.zero_run = CVI_ZERO_RUN_DEFAULT;
    cvi_walk_payload (self->walk, &payload);
  } else {
    cvi_nal_check_sample (
        self->walk, track->nal_codec, track->nal_length, &payload);
  }
}

static guint64
get_time (CviMatroska *self, gint16 relative)
{
  gint64 ticks = (gint64)self->cluster_ticks + relative;

  return ticks <= 0 ? 0 : (guint64)ticks * self->scale;
}

static void
count_block (CviMatroska *self, CviMatroskaTrack *track, const Frames *frames,
    guint64 time_ns, guint64 duration_ticks, gboolean sync)
{
  guint64 length = track->frame_ns * frames->n;
  guint64 end;

  if (duration_ticks != CVI_NONE &&
      duration_ticks < G_MAXINT64 / MAX (self->scale, 1))
    length = duration_ticks * self->scale;
  end = time_ns + MIN (length, (guint64)G_MAXINT64 - MIN (time_ns, G_MAXINT64));
  self->time_ns = time_ns;
  if (self->last_ns == CVI_NONE || end > self->last_ns)
    self->last_ns = end;
  if (!track->stream)
    return;
  track->stream->n_frames += frames->n;
  if (sync && track->stream->n_sync != CVI_NONE)
    track->stream->n_sync += frames->n;
  if (track->stream->last_ns == CVI_NONE || end > track->stream->last_ns)
    track->stream->last_ns = end;
  if (track->stream->start_ns == CVI_NONE || time_ns < track->stream->start_ns)
    track->stream->start_ns = time_ns;
}

static void
report_bad (CviMatroska *self, const CviEbml *block, const char *what)
{
  cvi_walk_report (self->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL,
      self->time_ns, block->offset, "%s", what);
}

void
cvi_matroska_check_block (CviMatroska *self, const CviEbml *block,
    guint64 duration_ticks, gboolean sync)
{
  gsize len = (gsize)MIN (block->size, MAX_HEADER);
  const guint8 *data;
  CviMatroskaTrack *track;
  Frames frames;
  guint64 number, rest, offset, time_ns;
  gsize head, used;
  guint flags;

  if (block->data + len > self->size)
    return;
  data = len > 0 ? cvi_walk_peek (self->walk, block->data, len) : NULL;
  head = data ? cvi_ebml_parse_vint (data, len, &number) : 0;
  if (head == 0 || head + 3 > len) {
    if (!cvi_walk_failed (self->walk))
      report_bad (self, block, "a block has no header");
    return;
  }
  flags = data[head + 2];
  time_ns = get_time (self, (gint16)cvi_be16 (data + head));
  head += 3;
  rest = block->size - head;

  if (!read_lacing (flags, data + head, len - head, rest, &used, &frames)) {
    report_bad (self, block, "sizes of laced frames do not fill their block");
    return;
  }
  track = cvi_matroska_get_track (self, number);
  if (!track) {
    if (self->has_tracks)
      report_bad (self, block, "a block belongs to no declared track");
    return;
  }
  if (block->id == CVI_MKV_SIMPLE_BLOCK)
    sync = (flags & SIMPLE_KEYFRAME) != 0;
  count_block (self, track, &frames, time_ns, duration_ticks, sync);

  offset = block->data + head + used;
  for (guint i = 0; i < frames.n && !cvi_walk_failed (self->walk); i++) {
    check_frame (self, track, offset, frames.sizes[i], time_ns);
    offset += frames.sizes[i];
  }
}
