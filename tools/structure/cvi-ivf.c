/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "tools/structure/cvi-containers.h"
#include "tools/structure/cvi-frame-head.h"

#define HEADER 32
#define FRAME_HEADER 12
/* A frame's timestamp may be ahead of its predecessor's by this many units. */
#define MAX_AHEAD 1000000

typedef struct {
  CviWalk *walk;
  guint64 size;
  CviStructureStream *stream;
  CviFrameHead head;
  guint32 rate, scale;
  guint64 last; /* timestamp of the frame before, CVI_NONE at first */
  guint64 n_frames;
} Ivf;

typedef struct {
  guint64 offset;
  guint32 size;
  guint64 time;
} Frame;

static guint
probe (const guint8 *head, gsize len, guint64 file_size)
{
  return len >= HEADER && memcmp (head, "DKIF", 4) == 0 ? 100 : 0;
}

static CviFrameHead
head_of (const char *codec)
{
  if (strcmp (codec, "VP80") == 0)
    return CVI_HEAD_VP8;
  if (strcmp (codec, "VP90") == 0)
    return CVI_HEAD_VP9;
  return strcmp (codec, "AV01") == 0 ? CVI_HEAD_AV1 : CVI_HEAD_NONE;
}

static guint64
time_ns (const Ivf *ivf, guint64 units)
{
  unsigned __int128 ns;

  if (ivf->rate == 0 || units == CVI_NONE)
    return CVI_NONE;
  ns = (unsigned __int128)units * ivf->scale * 1000000000u / ivf->rate;
  return ns >= G_MAXINT64 ? G_MAXINT64 : (guint64)ns;
}

/* Can a frame begin at @pos? Its data may lie behind the end of the file. */
static gboolean
read_frame (Ivf *ivf, guint64 pos, guint64 last, Frame *frame)
{
  const guint8 *p = cvi_walk_peek (ivf->walk, pos, FRAME_HEADER);

  if (!p)
    return FALSE;
  frame->offset = pos;
  frame->size = cvi_le32 (p);
  frame->time = cvi_le64 (p + 4);
  if (last == CVI_NONE)
    return TRUE;
  /* hidden frames and layers may step back a little */
  return frame->time < last + MAX_AHEAD && frame->time + MAX_AHEAD > last;
}

static gboolean
is_frame (Ivf *ivf, guint64 pos, guint64 last, Frame *frame)
{
  const guint8 *p;
  gsize len;

  if (!read_frame (ivf, pos, last, frame) || frame->size == 0 ||
      frame->size > ivf->size - pos - FRAME_HEADER)
    return FALSE;
  len = MIN (frame->size, CVI_FRAME_HEAD_LEN);
  p = cvi_walk_peek (ivf->walk, pos + FRAME_HEADER, len);
  return p && !cvi_frame_head_fault (ivf->head, p, len);
}

/* The format has no marks: a place counts if two frames follow each other
 * there with growing times, or one that ends with the file. */
static guint64
find_frame (Ivf *ivf, guint64 from)
{
  for (guint64 pos = from; pos < ivf->size && ivf->size - pos > FRAME_HEADER;
       pos++) {
    Frame first, second;
    guint64 next;

    if (cvi_walk_failed (ivf->walk))
      break;
    if (!is_frame (ivf, pos, ivf->last, &first) || first.time < ivf->last)
      continue;
    next = pos + FRAME_HEADER + first.size;
    if (next == ivf->size || (is_frame (ivf, next, first.time, &second) &&
                                 second.time >= first.time))
      return pos;
  }
  return ivf->size;
}

static guint64
resume (Ivf *ivf, guint64 pos)
{
  guint64 next = find_frame (ivf, pos + 1);

  if (!cvi_walk_failed (ivf->walk))
    cvi_walk_report (ivf->walk, CVI_RULE_CONTAINER_STRUCTURE, ivf->stream->id,
        time_ns (ivf, ivf->last), pos,
        "%" G_GUINT64_FORMAT " foreign bytes where a frame should begin",
        next - pos);
  return next;
}

static gboolean
walk_frame (Ivf *ivf, const Frame *frame)
{
  CviPayload payload = { frame->offset + FRAME_HEADER, frame->size,
    ivf->stream->id, time_ns (ivf, frame->time), CVI_ZERO_RUN_DEFAULT };
  gsize len = MIN (frame->size, CVI_FRAME_HEAD_LEN);
  const guint8 *p =
      len > 0 ? cvi_walk_peek (ivf->walk, payload.offset, len) : NULL;
  const char *fault = p ? cvi_frame_head_fault (ivf->head, p, len) : NULL;

  if (fault)
    cvi_walk_report (ivf->walk, CVI_RULE_CONTAINER_STRUCTURE, ivf->stream->id,
        payload.time_ns, payload.offset, "frame without its beginning: %s",
        fault);
  ivf->last = frame->time;
  ivf->n_frames++;
  ivf->stream->last_ns = time_ns (ivf, frame->time + 1);
  return cvi_walk_payload (ivf->walk, &payload);
}

static void
report_cut (Ivf *ivf, guint64 pos)
{
  cvi_walk_report (ivf->walk, CVI_RULE_CONTAINER_TRUNCATED, ivf->stream->id,
      ivf->stream->last_ns, pos, "the file ends inside a frame");
}

static void
walk_frames (Ivf *ivf, guint64 from)
{
  guint64 pos = from;

  while (pos < ivf->size && !cvi_walk_failed (ivf->walk)) {
    Frame frame;

    if (ivf->size - pos < FRAME_HEADER) {
      report_cut (ivf, pos);
      return;
    }
    if (!read_frame (ivf, pos, ivf->last, &frame)) {
      if (!cvi_walk_failed (ivf->walk))
        pos = resume (ivf, pos);
      continue;
    }
    if (frame.size > ivf->size - pos - FRAME_HEADER) {
      guint64 next = find_frame (ivf, pos + 1);

      if (next == ivf->size) {
        report_cut (ivf, pos);
        return;
      }
      pos = resume (ivf, pos);
      continue;
    }
    if (!walk_frame (ivf, &frame))
      return;
    pos += FRAME_HEADER + (guint64)frame.size;
  }
}

/* Streaming writers leave the count at zero or guess it. */
static void
check_count (Ivf *ivf, guint32 declared)
{
  CviFinding *finding;

  if (declared == 0 || declared == ivf->n_frames)
    return;
  finding = cvi_finding_new (CVI_RULE_CONTAINER_INDEX, ivf->stream->id,
      "the header declares %u frames, %" G_GUINT64_FORMAT " are there",
      declared, ivf->n_frames);
  finding->severity = CVI_SEVERITY_INFO;
  cvi_walk_report_full (ivf->walk, finding);
}

static void
walk (CviWalk *reader)
{
  Ivf ivf = { .walk = reader, .size = cvi_walk_get_size (reader) };
  const guint8 *p = cvi_walk_peek (reader, 0, HEADER);
  char codec[5] = "";
  guint32 declared;
  guint header;

  if (!p)
    return;
  header = cvi_le16 (p + 6);
  memcpy (codec, p + 8, 4);
  ivf.head = head_of (codec);
  ivf.rate = cvi_le32 (p + 16);
  ivf.scale = cvi_le32 (p + 20);
  declared = cvi_le32 (p + 24);
  ivf.last = CVI_NONE;
  ivf.stream = cvi_walk_add_stream (reader, "video", codec);
  ivf.stream->frame_ns = time_ns (&ivf, 1);
  if (header < HEADER)
    cvi_walk_report (reader, CVI_RULE_CONTAINER_STRUCTURE, NULL, CVI_NONE, 6,
        "header length %u is less than %u", header, HEADER);

  walk_frames (&ivf, MAX (header, HEADER));
  if (cvi_walk_failed (reader))
    return;
  ivf.stream->n_frames = ivf.n_frames;
  check_count (&ivf, declared);
}

const CviContainer cvi_container_ivf = { "ivf", probe, walk, "ivf" };
