/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-crc.h"
#include "tools/structure/cvi-matroska-private.h"

#define BLOCK (512u * 1024)
/* Most of them that are reported. */
#define MAX_BAD_CLUSTERS 1024

/* Damaged chapters and tags harm no picture and no sound. */
static gboolean
is_about (guint32 id)
{
  return id == CVI_MKV_CHAPTERS || id == CVI_MKV_TAGS ||
         id == CVI_MKV_ATTACHMENTS;
}

static void
report (CviMatroska *self, const CviEbml *element, guint32 crc, guint32 stored)
{
  CviFinding *finding = cvi_finding_new (CVI_RULE_CONTAINER_CHECKSUM, NULL,
      "CRC-32 of element 0x%X (%" G_GUINT64_FORMAT " bytes) is %08x, not %08x",
      element->id, element->size, crc, stored);

  finding->offset = element->offset;
  finding->start_ns = finding->end_ns = self->time_ns;
  self->damaged = TRUE;
  if (element->id == CVI_MKV_CLUSTER) {
    if (self->bad_clusters->len < MAX_BAD_CLUSTERS)
      g_ptr_array_add (self->bad_clusters, finding);
    else
      cvi_finding_free (finding);
    return;
  }
  /* Editors of tags and chapters are known to leave the old CRC. */
  if (is_about (element->id))
    finding->severity = CVI_SEVERITY_INFO;
  cvi_walk_report_full (self->walk, finding);
}

/* A short file whose only Cluster does not have the CRC that it names may have
 * been edited by something that does not know of CRCs (measured on a healthy
 * file): that alone tells nothing. Of several, damage hits some. */
void
cvi_matroska_report_clusters (CviMatroska *self)
{
  gboolean only = self->n_crc_clusters == 1;

  for (guint i = 0; i < self->bad_clusters->len; i++) {
    CviFinding *finding =
        cvi_finding_copy (g_ptr_array_index (self->bad_clusters, i));

    if (only)
      finding->severity = CVI_SEVERITY_INFO;
    cvi_walk_report_full (self->walk, finding);
  }
}

void
cvi_matroska_check_crc (CviMatroska *self, const CviEbml *element)
{
  guint64 end = cvi_ebml_end (element, CVI_NONE);
  CviEbml first;
  const guint8 *data;
  guint32 stored, crc = 0;

  if (element->offset < self->crc_end || end > self->size ||
      !cvi_ebml_read (self->walk, element->data, end, &first) ||
      first.id != CVI_MKV_CRC32 || first.size != 4 || first.data + 4 > end)
    return;
  data = cvi_walk_peek (self->walk, first.data, 4);
  if (!data)
    return;
  stored = cvi_le32 (data);

  self->crc_end = end;
  for (guint64 pos = first.data + 4; pos < end;) {
    gsize len = (gsize)MIN (end - pos, BLOCK);

    data = cvi_walk_peek (self->walk, pos, len);
    if (!data)
      return;
    crc = cvi_crc32_le (crc, data, len);
    pos += len;
  }
  self->n_crc_clusters += element->id == CVI_MKV_CLUSTER;
  if (crc != stored)
    report (self, element, crc, stored);
}
