/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-isobmff.h"

#include <string.h>

#include "tools/structure/cvi-containers.h"

#define FTYP CVI_FOURCC ('f', 't', 'y', 'p')
#define MOOV CVI_FOURCC ('m', 'o', 'o', 'v')
#define MOOF CVI_FOURCC ('m', 'o', 'o', 'f')
#define MDAT CVI_FOURCC ('m', 'd', 'a', 't')
#define SIDX CVI_FOURCC ('s', 'i', 'd', 'x')
#define MFRA CVI_FOURCC ('m', 'f', 'r', 'a')

/* Boxes that a player can do without: a cut inside them loses no media. */
static const guint32 optional_boxes[] = {
  CVI_FOURCC ('f', 'r', 'e', 'e'),
  CVI_FOURCC ('s', 'k', 'i', 'p'),
  CVI_FOURCC ('w', 'i', 'd', 'e'),
  CVI_FOURCC ('u', 'u', 'i', 'd'),
  CVI_FOURCC ('u', 'd', 't', 'a'),
  CVI_FOURCC ('m', 'e', 't', 'a'),
  CVI_FOURCC ('p', 'n', 'o', 't'),
  CVI_FOURCC ('p', 'd', 'i', 'n'),
  CVI_FOURCC ('s', 't', 'y', 'p'),
  CVI_FOURCC ('e', 'm', 's', 'g'),
  CVI_FOURCC ('p', 'r', 'f', 't'),
  CVI_FOURCC ('j', 'u', 'n', 'k'),
  SIDX,
  MFRA,
};

static gboolean
is_optional (guint32 type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (optional_boxes); i++) {
    if (optional_boxes[i] == type)
      return TRUE;
  }
  return FALSE;
}

static guint
probe (const guint8 *head, gsize len, guint64 file_size)
{
  guint32 type;

  if (len < 16)
    return 0;
  type = cvi_be32 (head + 4);
  if (type == FTYP)
    return 100;
  if (type == MOOV || type == MOOF)
    return 90;
  if (type == MDAT || is_optional (type))
    return 80;
  /* An overwritten beginning: only together with the file's name. */
  if (memmem (head, len, "mvhd", 4) || memmem (head, len, "mdat", 4))
    return 10;
  return 0;
}

/* Reads the content of @box into memory. Returns: (transfer full) (nullable) */
static guint8 *
load (CviIso *iso, CviBox *box, guint64 most)
{
  guint64 len = box->size - box->header;
  guint8 *body;

  if (len > most) {
    char name[5];

    cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL, CVI_NONE,
        box->offset, "%s box of %" G_GUINT64_FORMAT " bytes is too big",
        cvi_iso_type_name (box->type, name), len);
    return NULL;
  }
  body = g_malloc (MAX (len, 1));
  if (!cvi_walk_read (iso->walk, box->offset + box->header, (gsize)len, body))
    g_clear_pointer (&body, g_free);
  box->body = body;
  box->len = (gsize)len;
  return body;
}

static void
on_moov (CviIso *iso, CviBox *box)
{
  if (iso->moov) {
    CviFinding *finding = cvi_finding_new (CVI_RULE_CONTAINER_TRAILING_DATA,
        NULL, "a second movie follows the first");

    finding->offset = box->offset;
    cvi_walk_report_full (iso->walk, finding);
    return;
  }
  iso->has_moov = TRUE;
  iso->moov = load (iso, box, CVI_ISO_MAX_MOOV);
  iso->moov_len = box->len;
  iso->moov_offset = box->offset + box->header;
  if (iso->moov)
    cvi_iso_parse_moov (iso);
}

static void
on_mdat (CviIso *iso, const CviBox *box, guint64 end)
{
  CviIsoExtent extent = { box->offset + box->header, end };

  iso->cut = end != CVI_NONE && end > iso->size;
  if (iso->mdats->len < CVI_ISO_MAX_EXTENTS)
    g_array_append_val (iso->mdats, extent);
}

static void
on_ftyp (CviIso *iso, const CviBox *box)
{
  gsize len = (gsize)MIN (box->size, 1024);
  const guint8 *p = cvi_walk_peek (iso->walk, box->offset, len);

  for (gsize i = box->header; p && i + 4 <= len; i += 4) {
    guint32 brand = cvi_be32 (p + i);

    if (brand == CVI_FOURCC ('m', 'i', 'f', '1') ||
        brand == CVI_FOURCC ('h', 'e', 'i', 'c') ||
        brand == CVI_FOURCC ('a', 'v', 'i', 'f'))
      iso->image = TRUE;
  }
}

static gboolean
on_fragment (CviIso *iso, CviBox *box)
{
  g_autofree guint8 *body = load (iso, box, CVI_ISO_MAX_MOOF);

  return body ? cvi_iso_walk_fragment (iso, box) : !cvi_walk_failed (iso->walk);
}

static void
on_index (CviIso *iso, CviBox *box)
{
  g_autofree guint8 *body = load (iso, box, CVI_ISO_MAX_MOOF);

  if (!body)
    return;
  if (box->type == SIDX)
    cvi_iso_check_sidx (iso, box);
  else
    cvi_iso_check_mfra (iso, box);
}

/* A box other than mdat goes on behind the end of the file. */
static void
report_cut (CviIso *iso, const CviBox *box)
{
  CviFinding *finding;
  guint64 time_ns = CVI_NONE;
  char name[5];

  finding = cvi_finding_new (CVI_RULE_CONTAINER_TRUNCATED, NULL,
      "%s box of %" G_GUINT64_FORMAT " bytes begins %" G_GUINT64_FORMAT
      " bytes before the end of the file",
      cvi_iso_type_name (box->type, name), box->size, iso->size - box->offset);
  if (box->type == MOOF) {
    for (guint i = 0; i < iso->tracks->len; i++) {
      const CviIsoTrack *track = g_ptr_array_index (iso->tracks, i);

      if (track->n_fragment_samples > 0)
        time_ns = MIN (time_ns, track->end_ns);
    }
  }
  if (is_optional (box->type))
    finding->severity = CVI_SEVERITY_WARNING;
  finding->start_ns = finding->end_ns = time_ns;
  finding->offset = box->offset;
  cvi_walk_report_full (iso->walk, finding);
}

/* Reads the header at @box->offset. FALSE if none can be there. */
static gboolean
read_header (CviIso *iso, CviBox *box)
{
  guint64 left = iso->size - box->offset;
  const guint8 *p =
      cvi_walk_peek (iso->walk, box->offset, (gsize)MIN (left, 16));

  if (!p || left < 8)
    return FALSE;
  box->type = cvi_be32 (p + 4);
  box->size = cvi_be32 (p);
  box->header = 8;
  if (box->size == 1) {
    if (left < 16)
      return FALSE;
    box->size = cvi_be64 (p + 8);
    box->header = 16;
  }
  if (!cvi_iso_is_type (box->type))
    return FALSE;
  return box->size == 0 || box->size >= box->header;
}

/* Returns: FALSE if the box cannot be one: it is of no known type and its size
 * leads out of the file */
static gboolean
walk_box (CviIso *iso, CviBox *box)
{
  guint64 left = iso->size - box->offset;
  gboolean open = box->size == 0;

  if (open)
    box->size = left;
  if (box->type == MDAT) {
    on_mdat (iso, box,
        open || box->size > CVI_NONE - box->offset ? CVI_NONE
                                                   : box->offset + box->size);
    return TRUE;
  }
  if (box->size > left) {
    if (!is_optional (box->type) && box->type != MOOV && box->type != MOOF &&
        box->type != FTYP)
      return FALSE;
    if (box->type == MOOV)
      iso->has_moov = TRUE;
    report_cut (iso, box);
    return TRUE;
  }
  if (box->type == MOOV)
    on_moov (iso, box);
  else if (box->type == MOOF)
    on_fragment (iso, box);
  else if (box->type == SIDX || box->type == MFRA)
    on_index (iso, box);
  else if (box->type == FTYP)
    on_ftyp (iso, box);
  return TRUE;
}

/* Returns: where boxes go on after something at @pos that is none */
static guint64
resume (CviIso *iso, guint64 pos)
{
  guint64 next = cvi_iso_find_anchor (iso, pos, FALSE);

  if (next != CVI_NONE)
    cvi_iso_report_garbage (iso, pos, next);
  else if (iso->has_moov)
    cvi_iso_report_tail (iso, pos);
  else
    cvi_iso_report_garbage (iso, pos, iso->size);
  return MIN (next, iso->size);
}

static void
walk_boxes (CviIso *iso)
{
  CviBox box = { 0 };

  while (box.offset < iso->size && !cvi_walk_failed (iso->walk)) {
    if (!read_header (iso, &box) || !walk_box (iso, &box)) {
      if (cvi_walk_failed (iso->walk))
        return;
      box.offset = resume (iso, box.offset);
      continue;
    }
    if (box.size > iso->size - box.offset)
      return;
    box.offset += box.size;
  }
}

/* No moov where the boxes led: bytes that are missing or too many inside an
 * earlier box move it away. */
static void
search_moov (CviIso *iso)
{
  guint64 from = iso->mdats->len > 0
                     ? g_array_index (iso->mdats, CviIsoExtent, 0).offset
                     : 0;
  CviBox box = { 0 };

  box.offset = cvi_iso_find_anchor (iso, from, TRUE);
  if (box.offset != CVI_NONE && read_header (iso, &box) &&
      box.size <= iso->size - box.offset && box.size > 0) {
    cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL, CVI_NONE,
        box.offset, "the moov box is not where the box before it ends");
    on_moov (iso, &box);
    return;
  }
  if (cvi_walk_failed (iso->walk))
    return;
  if (iso->moofs->len > 0)
    cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL, CVI_NONE, 0,
        "movie fragments without a moov box cannot be played");
  else
    cvi_walk_report (iso->walk, CVI_RULE_CONTAINER_TRUNCATED, NULL, CVI_NONE,
        iso->size,
        "no moov box: the tables without which nothing can be "
        "played are lost or were never written");
}

static void
finish (CviIso *iso)
{
  for (guint i = 0; i < iso->tracks->len; i++) {
    CviIsoTrack *track = g_ptr_array_index (iso->tracks, i);

    if (!track->external)
      cvi_iso_check_tables (iso, track);
  }
  cvi_iso_walk_samples (iso);
  if (cvi_walk_failed (iso->walk))
    return;
  cvi_iso_finish_fragments (iso);
  if (!cvi_iso_report_lost (iso) && iso->cut && iso->moov) {
    CviFinding *finding = cvi_finding_new (CVI_RULE_CONTAINER_TRUNCATED, NULL,
        "the media data ends behind the end of the file, but no sample does");

    finding->severity = CVI_SEVERITY_WARNING;
    finding->offset = iso->size;
    cvi_walk_report_full (iso->walk, finding);
  }
}

static void
walk (CviWalk *reader)
{
  CviIso iso = { .walk = reader };

  iso.size = cvi_walk_get_size (reader);
  iso.budget = 4 * MIN (iso.size, G_MAXINT64 / 4) + 16 * 1024 * 1024;
  iso.tracks = g_ptr_array_new_with_free_func (g_free);
  iso.mdats = g_array_new (FALSE, FALSE, sizeof (CviIsoExtent));
  iso.moofs = g_array_new (FALSE, FALSE, sizeof (guint64));

  walk_boxes (&iso);
  if (!iso.has_moov && !iso.image && !cvi_walk_failed (reader))
    search_moov (&iso);
  if (!cvi_walk_failed (reader))
    finish (&iso);

  g_free (iso.moov);
  g_ptr_array_unref (iso.tracks);
  g_array_unref (iso.mdats);
  g_array_unref (iso.moofs);
}

const CviContainer cvi_container_isobmff = {
  "iso-bmff",
  probe,
  walk,
  "mp4 m4v m4a mov qt 3gp 3g2 f4v mj2",
};
