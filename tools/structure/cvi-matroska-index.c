/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-matroska-private.h"

#include <string.h>

enum {
  SEEK = 0x4DBB,
  SEEK_ID = 0x53AB,
  SEEK_POSITION = 0x53AC,
  CUE_POINT = 0xBB,
  CUE_TRACK_POSITIONS = 0xB7,
  CUE_CLUSTER_POSITION = 0xF1,
};

/* Absolute offset of a Segment Position, or CVI_NONE if there is no such. */
static guint64
read_position (CviMatroska *self, const CviEbml *element)
{
  guint64 value;

  if (!cvi_ebml_uint (self->walk, element, &value) ||
      value > G_MAXINT64 - self->segment)
    return CVI_NONE;
  return self->segment + value;
}

static gboolean
visit_seek_head (const CviEbml *element, guint depth, gpointer user_data)
{
  CviMatroska *self = user_data;
  CviMatroskaSeek *seek;

  if (element->id == SEEK) {
    CviMatroskaSeek fresh = { 0, CVI_NONE };

    if (self->seeks->len >= CVI_MATROSKA_MAX_SEEKS)
      return FALSE;
    g_array_append_val (self->seeks, fresh);
    return TRUE;
  }
  if (depth == 0 || self->seeks->len == 0)
    return FALSE;
  seek = &g_array_index (self->seeks, CviMatroskaSeek, self->seeks->len - 1);
  if (element->id == SEEK_ID) {
    guint64 id;

    if (cvi_ebml_uint (self->walk, element, &id) && id <= G_MAXUINT32)
      seek->id = (guint32)id;
  } else if (element->id == SEEK_POSITION) {
    seek->offset = read_position (self, element);
  }
  return FALSE;
}

guint64
cvi_matroska_read_seek_head (CviMatroska *self, const CviEbml *head)
{
  return cvi_ebml_visit (self->walk, head, visit_seek_head, self);
}

static gboolean
visit_cues (const CviEbml *element, guint depth, gpointer user_data)
{
  CviMatroska *self = user_data;

  if (element->id == CUE_CLUSTER_POSITION &&
      self->cues->len < CVI_MATROSKA_MAX_PLACES) {
    guint64 offset = read_position (self, element);

    g_array_append_val (self->cues, offset);
  }
  return element->id == CUE_POINT || element->id == CUE_TRACK_POSITIONS;
}

guint64
cvi_matroska_read_cues (CviMatroska *self, const CviEbml *cues)
{
  return cvi_ebml_visit (self->walk, cues, visit_cues, self);
}

static int
compare_offsets (gconstpointer a, gconstpointer b)
{
  guint64 x = *(const guint64 *)a;
  guint64 y = *(const guint64 *)b;

  return x < y ? -1 : x > y;
}

static void
check_seeks (CviMatroska *self)
{
  for (guint i = 0; i < self->seeks->len; i++) {
    const CviMatroskaSeek *seek =
        &g_array_index (self->seeks, CviMatroskaSeek, i);
    gboolean outside = seek->offset >= self->size;
    CviEbml found;

    if (seek->id == 0 || (outside && self->cut))
      continue;
    if (!outside &&
        cvi_ebml_read (self->walk, seek->offset, self->size, &found) &&
        found.id == seek->id)
      continue;
    if (cvi_walk_failed (self->walk))
      return;
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_INDEX, NULL, CVI_NONE,
        seek->offset,
        outside ? "SeekHead points past the end of the file for element 0x%X"
                : "SeekHead points to something that is not element 0x%X",
        seek->id);
  }
}

static void
check_cues (CviMatroska *self)
{
  guint64 first = CVI_NONE;
  guint64 begin = self->size, end = 0;
  guint wrong = 0;

  if (self->clusters->len >= CVI_MATROSKA_MAX_PLACES)
    return;
  if (self->clusters->len > 0) {
    begin = g_array_index (self->clusters, guint64, 0);
    end = g_array_index (self->clusters, guint64, self->clusters->len - 1);
  }
  for (guint i = 0; i < self->cues->len; i++) {
    guint64 offset = g_array_index (self->cues, guint64, i);

    if ((self->cut && offset >= self->size) ||
        g_array_binary_search (self->clusters, &offset, compare_offsets, NULL))
      continue;
    if (first == CVI_NONE)
      first = offset;
    wrong++;
  }
  if (wrong > 0)
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_INDEX, NULL, CVI_NONE,
        first,
        "%u of %u cue points do not point to a Cluster (the %u Clusters lie "
        "between %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT ")",
        wrong, self->cues->len, self->clusters->len, begin, end);
}

void
cvi_matroska_check_index (CviMatroska *self)
{
  check_seeks (self);
  check_cues (self);
}
