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
static const guint32 dense_codecs[] = {
  CVI_FOURCC ('a', 'v', '0', '1'),
  CVI_FOURCC ('v', 'p', '0', '8'),
  CVI_FOURCC ('v', 'p', '0', '9'),
  CVI_FOURCC ('m', 'p', '4', 'v'),
  CVI_FOURCC ('s', '2', '6', '3'),
  CVI_FOURCC ('m', 'p', '4', 'a'),
  CVI_FOURCC ('.', 'm', 'p', '3'),
  CVI_FOURCC ('O', 'p', 'u', 's'),
  CVI_FOURCC ('a', 'c', '-', '3'),
  CVI_FOURCC ('e', 'c', '-', '3'),
  CVI_FOURCC ('j', 'p', 'e', 'g'),
  CVI_FOURCC ('m', 'j', 'p', 'a'),
  CVI_FOURCC ('m', 'j', 'p', 'b'),
};

static guint
zero_run_of (guint32 format)
{
  for (gsize i = 0; i < G_N_ELEMENTS (dense_codecs); i++) {
    if (dense_codecs[i] == format)
      return CVI_ZERO_RUN_DEFAULT;
  }
  return 0;
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
  entry->zero_run = media ? zero_run_of (entry->format) : 0;
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
