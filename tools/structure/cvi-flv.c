/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-flv.h"

#include <string.h>

#include "tools/structure/cvi-containers.h"

#define HEADER 9
#define SECOND G_GUINT64_CONSTANT (1000000000)

static guint
probe (const guint8 *head, gsize len, guint64 file_size)
{
  if (len < HEADER || memcmp (head, "FLV", 3) != 0)
    return 0;
  return head[3] <= 8 && cvi_be32 (head + 5) >= HEADER ? 95 : 0;
}

/* Can a tag begin at @pos? Its data may lie behind the end of the file. */
static gboolean
read_tag (CviFlv *flv, guint64 pos, CviFlvTag *tag)
{
  const guint8 *p = cvi_walk_peek (flv->walk, pos, CVI_FLV_TAG_HEADER);

  if (!p || (p[0] & 0xc0) != 0 || cvi_be24 (p + 8) != 0)
    return FALSE;
  tag->type = p[0] & 0x1f;
  if (tag->type != CVI_FLV_AUDIO && tag->type != CVI_FLV_VIDEO &&
      tag->type != CVI_FLV_SCRIPT)
    return FALSE;
  tag->offset = pos;
  tag->encrypted = (p[0] & 0x20) != 0;
  tag->size = cvi_be24 (p + 1);
  tag->time_ms = cvi_be24 (p + 4) | (guint64)p[7] << 24;
  return TRUE;
}

/* Is there a tag at @pos that its own size, repeated behind it, confirms? */
static gboolean
is_confirmed (CviFlv *flv, guint64 pos, CviFlvTag *tag)
{
  const guint8 *p;

  if (!read_tag (flv, pos, tag))
    return FALSE;
  p = cvi_walk_peek (flv->walk, pos + CVI_FLV_TAG_HEADER + tag->size, 4);
  return p && cvi_be32 (p) == CVI_FLV_TAG_HEADER + tag->size;
}

static guint64
find_tag (CviFlv *flv, guint64 from)
{
  guint64 pos = from;

  while (flv->size - pos >= CVI_FLV_TAG_HEADER) {
    gsize len = (gsize)MIN (flv->size - pos, 4096);
    const guint8 *p = cvi_walk_peek (flv->walk, pos, len);
    CviFlvTag tag;
    gsize i = 0;

    while (p && i + CVI_FLV_TAG_HEADER <= len &&
           ((p[i] & 0xc0) != 0 || cvi_be24 (p + i + 8) != 0))
      i++;
    if (!p)
      return flv->size;
    pos += i;
    if (i + CVI_FLV_TAG_HEADER > len)
      continue;
    if (is_confirmed (flv, pos, &tag))
      return pos;
    pos++;
  }
  return flv->size;
}

static guint64
last_time (const CviFlv *flv)
{
  guint64 ns = 0;

  if (flv->video.stream && flv->video.stream->last_ns != CVI_NONE)
    ns = flv->video.stream->last_ns;
  if (flv->audio.stream && flv->audio.stream->last_ns != CVI_NONE)
    ns = MAX (ns, flv->audio.stream->last_ns);
  return ns;
}

static guint64
declared_end (const CviFlv *flv)
{
  guint64 ns = (guint64)(MIN (flv->duration_s, 1e9) * 1e9);

  return MAX (ns, last_time (flv));
}

static void
report_cut (CviFlv *flv, guint64 offset, const char *what)
{
  CviFinding *finding =
      cvi_finding_new (CVI_RULE_CONTAINER_TRUNCATED, NULL, "%s", what);

  finding->offset = offset;
  finding->start_ns = last_time (flv);
  finding->end_ns = declared_end (flv);
  cvi_walk_report_full (flv->walk, finding);
}

static guint64
resume (CviFlv *flv, guint64 pos)
{
  guint64 next = find_tag (flv, pos + 1);

  if (!cvi_walk_failed (flv->walk))
    cvi_walk_report (flv->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL,
        last_time (flv), pos,
        "%" G_GUINT64_FORMAT " foreign bytes where a tag should begin",
        next - pos);
  return next;
}

/* The size of the tag, repeated behind it. Some writers get it wrong: it is
 * damage only if the chain breaks there too. */
static void
check_back_size (CviFlv *flv, const CviFlvTag *tag)
{
  guint64 pos = tag->offset + CVI_FLV_TAG_HEADER + tag->size;
  const guint8 *p = cvi_walk_peek (flv->walk, pos, 4);
  CviFlvTag next;

  if (!p || cvi_be32 (p) == CVI_FLV_TAG_HEADER + tag->size)
    return;
  if (flv->wrong_sizes++ == 0 &&
      (pos + 4 == flv->size || read_tag (flv, pos + 4, &next))) {
    CviFinding *finding = cvi_finding_new (CVI_RULE_CONTAINER_STRUCTURE, NULL,
        "the size repeated behind a tag is not its size");

    finding->severity = CVI_SEVERITY_INFO;
    finding->offset = pos;
    cvi_walk_report_full (flv->walk, finding);
  }
}

/* Returns: whether the file ends inside a tag */
static gboolean
walk_tags (CviFlv *flv, guint64 from)
{
  guint64 pos = from;

  while (pos < flv->size && !cvi_walk_failed (flv->walk)) {
    CviFlvTag tag;

    if (flv->size - pos < CVI_FLV_TAG_HEADER) {
      report_cut (flv, pos, "the file ends inside the header of a tag");
      return TRUE;
    }
    if (!read_tag (flv, pos, &tag)) {
      if (!cvi_walk_failed (flv->walk))
        pos = resume (flv, pos);
      continue;
    }
    if (tag.size > flv->size - pos - CVI_FLV_TAG_HEADER) {
      guint64 next = find_tag (flv, pos + 1);

      if (cvi_walk_failed (flv->walk))
        return FALSE;
      if (next == flv->size) {
        report_cut (flv, pos, "the file ends inside a tag");
        return TRUE;
      }
      pos = resume (flv, pos);
      continue;
    }
    if (!cvi_flv_walk_tag (flv, &tag))
      return FALSE;
    check_back_size (flv, &tag);
    pos += CVI_FLV_TAG_HEADER + (guint64)tag.size + 4;
  }
  return FALSE;
}

/* A file that ends between two tags tells only by its metadata. */
static void
check_declared (CviFlv *flv)
{
  guint64 last = last_time (flv);
  guint64 end = declared_end (flv);
  CviFinding *finding;

  if (flv->file_size > (double)flv->size && end > last + SECOND) {
    report_cut (flv, flv->size, "metadata declare a longer file");
  } else if (end > last + MAX (2 * SECOND, end / 20)) {
    finding = cvi_finding_new (CVI_RULE_STREAM_SHORTFALL, NULL,
        "metadata declare %.1f s, the last tag is at %.1f s", flv->duration_s,
        (double)last / 1e9);
    finding->start_ns = last;
    finding->end_ns = end;
    cvi_walk_report_full (flv->walk, finding);
  }
}

static void
walk (CviWalk *reader)
{
  CviFlv flv = { .walk = reader, .size = cvi_walk_get_size (reader) };
  const guint8 *p = cvi_walk_peek (reader, 0, HEADER);
  guint64 first;
  gboolean cut;

  if (!p)
    return;
  first = (guint64)cvi_be32 (p + 5) + 4;
  if (first > flv.size)
    report_cut (&flv, flv.size, "the first tag is behind the end of the file");
  cut = walk_tags (&flv, first) || first > flv.size;
  if (cvi_walk_failed (reader))
    return;
  if (flv.duration_s > 0)
    cvi_walk_set_duration (reader, (guint64)(MIN (flv.duration_s, 1e9) * 1e9));
  if (!cut)
    check_declared (&flv);
}

const CviContainer cvi_container_flv = { "flv", probe, walk, "flv" };
