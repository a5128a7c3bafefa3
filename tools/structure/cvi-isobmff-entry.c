/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-isobmff.h"

/* Fixed fields of a sample description before its child boxes (ISO/IEC
 * 14496-12 12.1.3 and 12.2.3). */
#define VISUAL_FIELDS 78
#define SOUND_FIELDS 28

/* Codecs whose packets are entropy-coded throughout. Others may hold zeros:
 * raw and lossless-by-runs pictures, constant-rate stuffing (MPEG-2, ProRes,
 * DNxHD, DV), text. */
static const struct {
  guint32 format;
  gboolean dense;
  CviFrameHead head;
} codecs[] = {
  { CVI_FOURCC ('a', 'v', '0', '1'), TRUE, CVI_HEAD_AV1 },
  { CVI_FOURCC ('v', 'p', '0', '8'), TRUE, CVI_HEAD_VP8 },
  { CVI_FOURCC ('v', 'p', '0', '9'), TRUE, CVI_HEAD_VP9 },
  { CVI_FOURCC ('m', 'p', '4', 'v'), TRUE, CVI_HEAD_MPEG4 },
  { CVI_FOURCC ('s', '2', '6', '3'), TRUE, CVI_HEAD_H263 },
  { CVI_FOURCC ('m', 'p', '4', 'a'), TRUE, CVI_HEAD_NONE },
  { CVI_FOURCC ('.', 'm', 'p', '3'), TRUE, CVI_HEAD_NONE },
  { CVI_FOURCC ('O', 'p', 'u', 's'), TRUE, CVI_HEAD_NONE },
  { CVI_FOURCC ('a', 'c', '-', '3'), TRUE, CVI_HEAD_AC3 },
  { CVI_FOURCC ('e', 'c', '-', '3'), TRUE, CVI_HEAD_AC3 },
  { CVI_FOURCC ('j', 'p', 'e', 'g'), TRUE, CVI_HEAD_JPEG },
  { CVI_FOURCC ('m', 'j', 'p', 'a'), TRUE, CVI_HEAD_JPEG },
  { CVI_FOURCC ('m', 'j', 'p', 'b'), TRUE, CVI_HEAD_NONE },
  { CVI_FOURCC ('a', 'p', 'c', 'o'), FALSE, CVI_HEAD_PRORES },
  { CVI_FOURCC ('a', 'p', 'c', 's'), FALSE, CVI_HEAD_PRORES },
  { CVI_FOURCC ('a', 'p', 'c', 'n'), FALSE, CVI_HEAD_PRORES },
  { CVI_FOURCC ('a', 'p', 'c', 'h'), FALSE, CVI_HEAD_PRORES },
  { CVI_FOURCC ('a', 'p', '4', 'h'), FALSE, CVI_HEAD_PRORES },
  { CVI_FOURCC ('a', 'p', '4', 'x'), FALSE, CVI_HEAD_PRORES },
};

/* MPEG-4 systems, objectTypeIndication of MPEG-4 visual */
#define OBJECT_MPEG4_VISUAL 0x20

static void
apply_codec (CviIsoEntry *entry)
{
  for (gsize i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (codecs[i].format != entry->format)
      continue;
    entry->zero_run = codecs[i].dense ? CVI_ZERO_RUN_DEFAULT : 0;
    if (!entry->encrypted)
      entry->head = codecs[i].head;
  }
}

static gboolean
is_encrypted (guint32 format)
{
  switch (format) {
    case CVI_FOURCC ('e', 'n', 'c', 'v'):
    case CVI_FOURCC ('e', 'n', 'c', 'a'):
    case CVI_FOURCC ('e', 'n', 'c', 't'):
    case CVI_FOURCC ('e', 'n', 'c', 's'):
    case CVI_FOURCC ('d', 'r', 'm', 's'):
    case CVI_FOURCC ('d', 'r', 'm', 'i'):
      return TRUE;
    default:
      return FALSE;
  }
}

/* The protected codec, from sinf/frma. */
static void
read_sinf (CviIsoEntry *entry, const CviBox *sinf)
{
  CviBoxIter iter;
  CviBox box;

  cvi_box_iter_init (&iter, sinf, 0);
  while (cvi_box_iter_next (&iter, &box)) {
    if (box.type == CVI_FOURCC ('f', 'r', 'm', 'a') && box.len >= 4)
      entry->format = cvi_be32 (box.body);
  }
}

/* QuickTime's sound description version 1 adds four, version 2 nine words. */
static gsize
fields_of (const CviIsoTrack *track, const CviBox *box)
{
  gsize fields = SOUND_FIELDS;

  if (track->handler != CVI_FOURCC ('s', 'o', 'u', 'n'))
    return VISUAL_FIELDS;
  if (box->len >= 10 && cvi_be16 (box->body + 8) == 1)
    fields += 16;
  else if (box->len >= 10 && cvi_be16 (box->body + 8) == 2)
    fields += 36;
  return fields;
}

/* Skips a descriptor's tag and length (ISO/IEC 14496-1 8.3.3). Returns: the
 * index behind them, or @len */
static gsize
skip_descriptor (const guint8 *p, gsize len, gsize at, guint8 tag)
{
  if (at >= len || p[at] != tag)
    return len;
  for (guint i = 1; i <= 4; i++) {
    if (at + i < len && !(p[at + i] & 0x80))
      return at + i + 1;
  }
  return len;
}

/* The format mp4v stands for several codecs; 0 if it is not told which. */
static guint8
read_object_type (const CviBox *esds)
{
  const guint8 *p = esds->body;
  gsize at = skip_descriptor (p, esds->len, 4, 3);
  guint8 flags;

  if (esds->len - at < 3)
    return 0;
  flags = p[at + 2];
  at += 3;
  if (flags & 0x80)
    at += 2;
  if ((flags & 0x40) && at < esds->len)
    at += 1 + (gsize)p[at];
  if (flags & 0x20)
    at += 2;
  at = skip_descriptor (p, esds->len, at, 4);
  return at < esds->len ? p[at] : 0;
}

static void
read_children (CviIsoTrack *track, CviIsoEntry *entry, const CviBox *parent)
{
  CviBoxIter iter;
  CviBox box;

  cvi_box_iter_init (&iter, parent, fields_of (track, parent));
  while (cvi_box_iter_next (&iter, &box)) {
    if (box.type == CVI_FOURCC ('a', 'v', 'c', 'C') && box.len >= 5) {
      entry->nal = CVI_NAL_AVC;
      entry->nal_length = (box.body[4] & 3) + 1u;
    } else if (box.type == CVI_FOURCC ('h', 'v', 'c', 'C') && box.len >= 22) {
      entry->nal = CVI_NAL_HEVC;
      entry->nal_length = (box.body[21] & 3) + 1u;
    } else if (box.type == CVI_FOURCC ('s', 'i', 'n', 'f')) {
      read_sinf (entry, &box);
    } else if (box.type == CVI_FOURCC ('e', 's', 'd', 's')) {
      entry->object_type = read_object_type (&box);
    }
  }
}

static void
read_entry (CviIsoTrack *track, const CviBox *box)
{
  CviIsoEntry *entry = &track->entries[track->n_entries++];
  gboolean media = track->handler == CVI_FOURCC ('v', 'i', 'd', 'e') ||
                   track->handler == CVI_FOURCC ('s', 'o', 'u', 'n') ||
                   track->handler == CVI_FOURCC ('a', 'u', 'x', 'v');
  char name[5];

  entry->format = box->type;
  entry->encrypted = is_encrypted (box->type);
  if (media)
    read_children (track, entry, box);
  if (media && (entry->format != CVI_FOURCC ('m', 'p', '4', 'v') ||
                   entry->object_type == OBJECT_MPEG4_VISUAL))
    apply_codec (entry);
  if (entry->encrypted)
    entry->nal = CVI_NAL_NONE;
  if (entry->nal != CVI_NAL_NONE)
    entry->zero_run = CVI_NAL_ZERO_RUN;

  if (!track->stream)
    return;
  if (!track->stream->codec)
    track->stream->codec = g_strdup (cvi_iso_type_name (entry->format, name));
  track->stream->encrypted |= entry->encrypted;
}

void
cvi_iso_parse_stsd (CviIso *iso, CviIsoTrack *track, const CviBox *stsd)
{
  CviBoxIter iter;
  CviBox box;

  cvi_box_iter_init (&iter, stsd, 8);
  iter.any_type = TRUE;
  while (
      track->n_entries < CVI_ISO_MAX_ENTRIES && cvi_box_iter_next (&iter, &box))
    read_entry (track, &box);
  if (iter.bad || stsd->len < 8)
    cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_STRUCTURE,
        cvi_iso_stream_id (track), CVI_NONE, iter.offset + iter.pos,
        "broken sample description");
}
