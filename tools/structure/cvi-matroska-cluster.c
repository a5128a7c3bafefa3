/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-matroska-private.h"

static gboolean
is_cluster_child (guint32 id)
{
  switch (id) {
    case CVI_MKV_VOID:
    case CVI_MKV_CRC32:
    case CVI_MKV_TIMESTAMP:
    case CVI_MKV_SIMPLE_BLOCK:
    case CVI_MKV_BLOCK_GROUP:
    case CVI_MKV_POSITION:
    case CVI_MKV_PREV_SIZE:
    case CVI_MKV_SILENT_TRACKS:
    case CVI_MKV_ENCRYPTED_BLOCK:
      return TRUE;
    default:
      return FALSE;
  }
}

/* A single cluster whose time leaves the order of its neighbours has a
 * damaged time; a step that lasts is a joint between recordings. */
static void
check_order (CviMatroska *self, guint64 ticks, guint64 offset)
{
  guint64 last = self->ticks_before[1];
  guint64 scale = self->scale;

  if (self->step_back_offset != CVI_NONE) {
    if (self->n_ticks >= 2 && ticks >= self->ticks_before[0])
      cvi_walk_report (self->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL,
          ticks * scale, self->step_back_offset,
          "a Cluster's time lies before that of its neighbours");
    else
      cvi_walk_report (self->walk, CVI_RULE_TIME_BACKWARDS, NULL, last * scale,
          self->step_back_offset, "a Cluster begins before the one before");
    self->step_back_offset = CVI_NONE;
  } else if (self->n_ticks >= 2 && ticks < last) {
    if (ticks >= self->ticks_before[0])
      cvi_walk_report (self->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL,
          ticks * scale, self->cluster_before,
          "a Cluster's time lies behind that of its neighbours");
    else
      self->step_back_offset = offset;
  }
  self->ticks_before[0] = last;
  self->ticks_before[1] = ticks;
  self->n_ticks++;
}

static void
read_timestamp (CviMatroska *self, const CviEbml *element)
{
  guint64 ticks;

  if (!cvi_ebml_uint (self->walk, element, &ticks))
    return;
  if (ticks > G_MAXINT64 / self->scale / 2) {
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL,
        self->time_ns, element->offset, "a Cluster's time is out of range");
    return;
  }
  check_order (self, ticks, self->cluster_offset);
  self->cluster_ticks = ticks;
  self->time_ns = ticks * self->scale;
}

/* Cut-out files keep positions that are all off by the same amount; where the
 * amount changes, bytes were removed or inserted. */
static void
read_position (CviMatroska *self, const CviEbml *element)
{
  guint64 position;
  gint64 shift;

  if (!cvi_ebml_uint (self->walk, element, &position) || position == 0 ||
      position > G_MAXINT64)
    return;
  shift = (gint64)(self->cluster_offset - self->segment) - (gint64)position;
  if (self->has_shift && shift != self->position_shift)
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL,
        self->time_ns, self->cluster_offset,
        "%" G_GINT64_FORMAT " bytes were %s before this Cluster, which says "
        "that it lies at %" G_GUINT64_FORMAT,
        ABS (shift - self->position_shift),
        shift < self->position_shift ? "removed" : "inserted",
        self->segment + position);
  self->position_shift = shift;
  self->has_shift = TRUE;
}

static void
read_prev_size (CviMatroska *self, const CviEbml *element)
{
  guint64 declared, real;

  if (self->cluster_before == CVI_NONE ||
      self->cluster_before_end != self->cluster_offset ||
      !cvi_ebml_uint (self->walk, element, &declared) || declared == 0)
    return;
  real = self->cluster_offset - self->cluster_before;
  if (declared != real)
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL,
        self->time_ns, self->cluster_offset,
        "the Cluster before is %" G_GUINT64_FORMAT
        " bytes long, PrevSize says %" G_GUINT64_FORMAT,
        real, declared);
}

static void
walk_group (CviMatroska *self, const CviEbml *group)
{
  guint64 end = group->data + group->size;
  guint64 duration = CVI_NONE;
  gboolean sync = TRUE;
  CviEbml block = { 0 };

  for (guint64 pos = group->data; pos < end;) {
    CviEbml element;

    if (!cvi_ebml_read (self->walk, pos, end, &element) ||
        cvi_ebml_end (&element, CVI_NONE) > end) {
      if (!cvi_walk_failed (self->walk))
        cvi_matroska_lost (self, pos, end, "of a BlockGroup");
      break;
    }
    if (element.id == CVI_MKV_BLOCK)
      block = element;
    else if (element.id == CVI_MKV_BLOCK_DURATION &&
             !cvi_ebml_uint (self->walk, &element, &duration))
      duration = CVI_NONE;
    else if (element.id == CVI_MKV_REFERENCE_BLOCK)
      sync = FALSE;
    pos = element.data + element.size;
  }
  if (block.id == CVI_MKV_BLOCK)
    cvi_matroska_check_block (self, &block, duration, sync);
}

static void
walk_child (CviMatroska *self, const CviEbml *child)
{
  switch (child->id) {
    case CVI_MKV_TIMESTAMP:
      read_timestamp (self, child);
      break;
    case CVI_MKV_POSITION:
      read_position (self, child);
      break;
    case CVI_MKV_PREV_SIZE:
      read_prev_size (self, child);
      break;
    case CVI_MKV_SIMPLE_BLOCK:
      cvi_matroska_check_block (self, child, CVI_NONE, FALSE);
      break;
    case CVI_MKV_BLOCK_GROUP:
      walk_group (self, child);
      break;
    default:
      break;
  }
}

/* May @pos follow a child of a cluster that ends at @end? */
static gboolean
is_next (CviMatroska *self, guint64 pos, guint64 end)
{
  CviEbml next;

  if (!cvi_matroska_may_look (self))
    return FALSE;
  return pos == end ||
         (cvi_ebml_read (self->walk, pos, end, &next) &&
             (is_cluster_child (next.id) || cvi_matroska_is_level1 (next.id)));
}

/* Where to go on after damage at @pos in a cluster that says it ends at
 * @cluster_end, or CVI_NONE. */
static guint64
resume (CviMatroska *self, guint64 pos, guint64 cluster_end, guint64 end)
{
  CviEbml next;

  if (cluster_end > pos && cluster_end <= self->size &&
      cvi_matroska_may_look (self) &&
      (cluster_end == end ||
          (cvi_ebml_read (self->walk, cluster_end, end, &next) &&
              cvi_matroska_is_level1 (next.id))))
    return cluster_end;
  return cvi_matroska_find_level1 (self, pos, end);
}

/* Walks the children from @pos. Returns: where the walk goes on */
static guint64
walk_children (CviMatroska *self, guint64 pos, guint64 cluster_end,
    gboolean unknown, guint64 end)
{
  guint64 limit = MIN (cluster_end, self->size);

  while (pos < limit && !cvi_walk_failed (self->walk)) {
    const char *why = NULL;
    guint64 next;
    CviEbml child;

    if (!cvi_ebml_read (self->walk, pos, limit, &child)) {
      why = "where a child of a Cluster should be";
    } else if (cvi_matroska_is_level1 (child.id)) {
      if (unknown)
        return pos;
      why = "because a Cluster is shorter than it says";
      cvi_matroska_lost (self, pos, pos, why);
      return pos;
    } else if (child.size == CVI_EBML_UNKNOWN ||
               (!is_cluster_child (child.id) &&
                   !is_next (self, child.data + child.size, limit))) {
      why = "where a child of a Cluster should be";
    } else if (child.data + child.size > limit) {
      why = "because an element does not fit its Cluster";
      if (cluster_end >= self->size && is_cluster_child (child.id)) {
        self->cut = TRUE;
        return self->size;
      }
    }
    if (cvi_walk_failed (self->walk))
      break;
    if (why) {
      next = resume (self, pos + 1, unknown ? CVI_NONE : cluster_end, end);
      cvi_matroska_lost (self, pos, next, why);
      return next;
    }
    walk_child (self, &child);
    pos = child.data + child.size;
  }
  return pos;
}

guint64
cvi_matroska_walk_cluster (
    CviMatroska *self, const CviEbml *cluster, guint64 end)
{
  guint64 cluster_end = cvi_ebml_end (cluster, end);
  gboolean unknown = cluster->size == CVI_EBML_UNKNOWN;
  guint64 next;

  if (self->clusters->len < CVI_MATROSKA_MAX_PLACES)
    g_array_append_val (self->clusters, cluster->offset);
  self->cluster_offset = cluster->offset;
  if (!unknown)
    cvi_matroska_check_crc (self, cluster);

  next = walk_children (self, cluster->data, cluster_end, unknown, end);
  self->cluster_before = cluster->offset;
  self->cluster_before_end = next;
  return next;
}
