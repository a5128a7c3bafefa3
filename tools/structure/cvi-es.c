/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "tools/structure/cvi-containers.h"
#include "tools/structure/cvi-nal.h"

/* Elementary streams of H.264 and H.265 in their byte stream format (annex B):
 * there are no sizes and no times, so only what the syntax forbids shows. */

#define BLOCK (64u * 1024)
#define START_CODE 3

typedef struct {
  CviWalk *walk;
  guint64 size;
  CviNalCodec codec;
  CviStructureStream *stream;
} Es;

/* Returns: index of the next start code (00 00 01) in @p from @from on, or
 * @len */
static gsize
find_start_code (const guint8 *p, gsize len, gsize from)
{
  gsize i = from;

  while (i + START_CODE <= len) {
    if (p[i + 2] > 1)
      i += 3;
    else if (p[i + 2] == 0)
      i++;
    else if (p[i] == 0 && p[i + 1] == 0)
      return i;
    else
      i += 3;
  }
  return len;
}

static guint
unit_type (CviNalCodec codec, guint8 header)
{
  return codec == CVI_NAL_AVC ? header & 31 : header >> 1 & 63;
}

/* Both parameter sets must be in the head, and nothing impossible. */
static gboolean
is_stream (CviNalCodec codec, const guint8 *head, gsize len)
{
  guint sequence = codec == CVI_NAL_AVC ? 7 : 33;
  guint picture = codec == CVI_NAL_AVC ? 8 : 34;
  gboolean has_sequence = FALSE;
  gboolean has_picture = FALSE;
  gsize at = find_start_code (head, len, 0);

  while (at + START_CODE + 2 <= len) {
    const guint8 *header = head + at + START_CODE;
    guint type = unit_type (codec, header[0]);

    if (cvi_nal_header_fault (codec, header, 2))
      break;
    has_sequence |= type == sequence;
    has_picture |= type == picture;
    at = find_start_code (head, len, at + START_CODE);
  }
  return has_sequence && has_picture;
}

/* Bytes before the first start code are a fault to be reported, but a stream
 * that begins with one is the likelier. */
static guint
probe (CviNalCodec codec, const guint8 *head, gsize len)
{
  gsize at = find_start_code (head, len, 0);
  gsize zeros = 0;

  if (at == len || !is_stream (codec, head, len))
    return 0;
  while (zeros < at && head[zeros] == 0)
    zeros++;
  return zeros == at ? 60 : 20;
}

static guint
probe_avc (const guint8 *head, gsize len, guint64 file_size)
{
  return probe (CVI_NAL_AVC, head, len);
}

static guint
probe_hevc (const guint8 *head, gsize len, guint64 file_size)
{
  return probe (CVI_NAL_HEVC, head, len);
}

/* Returns: offset of the next start code from @from on, or the file's size */
static guint64
next_start_code (Es *es, guint64 from)
{
  guint64 pos = from;

  while (pos < es->size && es->size - pos >= START_CODE) {
    gsize len = (gsize)MIN (es->size - pos, BLOCK);
    const guint8 *p = cvi_walk_peek (es->walk, pos, len);
    gsize at = p ? find_start_code (p, len, 0) : len;

    if (!p)
      return es->size;
    if (at < len)
      return pos + at;
    pos += len - (START_CODE - 1);
  }
  return es->size;
}

static gboolean
is_zero (Es *es, guint64 offset)
{
  const guint8 *p = cvi_walk_peek (es->walk, offset, 1);

  return p && *p == 0;
}

/* Zero bytes before a start code are padding of any length. */
static gboolean
walk_unit (Es *es, guint64 from, guint64 to)
{
  CviPayload payload = { from, 0, es->stream->id, CVI_NONE, CVI_NAL_ZERO_RUN };
  gsize len = (gsize)MIN (to - from, 2);
  const guint8 *p = len > 0 ? cvi_walk_peek (es->walk, from, len) : NULL;
  const char *fault =
      p ? cvi_nal_header_fault (es->codec, p, len) : "it is empty";
  gboolean inside = to < es->size;

  if (cvi_walk_failed (es->walk))
    return FALSE;
  if (fault)
    cvi_walk_report (es->walk, CVI_RULE_CONTAINER_STRUCTURE, es->stream->id,
        CVI_NONE, from, "impossible NAL unit: %s", fault);
  while (inside && to > from && is_zero (es, to - 1))
    to--;
  payload.size = to - from;
  return cvi_walk_payload (es->walk, &payload);
}

static void
check_lead (Es *es, guint64 first)
{
  guint64 pos = 0;

  while (pos < first && is_zero (es, pos))
    pos++;
  if (pos < first)
    cvi_walk_report (es->walk, CVI_RULE_CONTAINER_STRUCTURE, es->stream->id,
        CVI_NONE, pos,
        "%" G_GUINT64_FORMAT " bytes before the first start code", first - pos);
}

static void
walk_stream (CviWalk *walk, CviNalCodec codec)
{
  Es es = { .walk = walk, .size = cvi_walk_get_size (walk), .codec = codec };
  guint64 at = next_start_code (&es, 0);

  es.stream = cvi_walk_add_stream (
      walk, "video", codec == CVI_NAL_AVC ? "H.264" : "H.265");
  check_lead (&es, at);
  while (at < es.size && !cvi_walk_failed (walk)) {
    guint64 next = next_start_code (&es, at + START_CODE);

    if (!walk_unit (&es, at + START_CODE, next))
      return;
    at = next;
  }
}

static void
walk_avc (CviWalk *walk)
{
  walk_stream (walk, CVI_NAL_AVC);
}

static void
walk_hevc (CviWalk *walk)
{
  walk_stream (walk, CVI_NAL_HEVC);
}

const CviContainer cvi_container_h264 = { "h264", probe_avc, walk_avc,
  "264 h264 avc jsv jvt 26l" };
const CviContainer cvi_container_h265 = { "h265", probe_hevc, walk_hevc,
  "265 h265 hevc bit" };
