/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-containers.h"

#include <string.h>

#include "tools/structure/cvi-realmedia-private.h"

#define DATA_HEADER 18
#define INDEX_HEADER 20
#define INDEX_ENTRY 14
#define ZEROS 4096

static guint
rm_probe (const guint8 *head, gsize len, guint64 file_size)
{
  if (len >= 10 && memcmp (head, ".RMF", 4) == 0)
    return cvi_be32 (head + 4) >= 10 && cvi_be32 (head + 4) < 4096 ? 100 : 60;
  return memmem (head, len, "MDPR\0\0", 6) && memmem (head, len, "PROP\0\0", 6)
             ? 30
             : 0;
}

static void
report (CviRm *self, CviRuleId rule, guint64 offset, const char *text)
{
  cvi_walk_report (self->walk, rule, NULL, self->time_ns, offset, "%s", text);
}

gboolean
cvi_rm_read_chunk (CviRm *self, guint64 pos, CviRmChunk *chunk)
{
  static const char *const names[] = { ".RMF", "PROP", "CONT", "MDPR", "DATA",
    "INDX", "RMMD", "RMJE", "RMJD" };
  const guint8 *data = pos + CVI_RM_CHUNK <= self->size
                           ? cvi_walk_peek (self->walk, pos, CVI_RM_CHUNK)
                           : NULL;

  if (!data)
    return FALSE;
  memcpy (chunk->name, data, 4);
  chunk->name[4] = '\0';
  chunk->offset = pos;
  chunk->size = cvi_be32 (data + 4);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (strcmp (chunk->name, names[i]) == 0)
      return chunk->size >= CVI_RM_CHUNK || strcmp (chunk->name, "DATA") == 0;
  }
  return FALSE;
}

/* Returns: where a chunk is at or behind @pos, or the file's size */
static guint64
find_chunk (CviRm *self, guint64 pos)
{
  while (pos + CVI_RM_CHUNK <= self->size) {
    gsize len = (gsize)MIN (self->size - pos, 64u * 1024);
    const guint8 *data = cvi_walk_peek (self->walk, pos, len);
    CviRmChunk chunk;

    if (!data)
      break;
    for (gsize at = 0; at + 4 <= len; at++) {
      if (memcmp (data + at, "DATA", 4) != 0 &&
          memcmp (data + at, "INDX", 4) != 0 &&
          memcmp (data + at, "MDPR", 4) != 0)
        continue;
      if (cvi_rm_read_chunk (self, pos + at, &chunk) &&
          chunk.size <= self->size - pos - at)
        return pos + at;
      data = cvi_walk_peek (self->walk, pos, len);
      if (!data)
        return self->size;
    }
    pos += len - 3;
  }
  return self->size;
}

static void
walk_data (CviRm *self, const CviRmChunk *chunk)
{
  guint64 end = chunk->size > 0 ? chunk->offset + chunk->size : self->size;
  guint64 pos = chunk->offset + DATA_HEADER;
  const guint8 *data =
      pos <= self->size ? cvi_walk_peek (self->walk, chunk->offset, DATA_HEADER)
                        : NULL;
  guint64 declared, n;
  gboolean damaged = FALSE;

  if (!data) {
    if (!cvi_walk_failed (self->walk))
      report (self, CVI_RULE_CONTAINER_TRUNCATED, self->size,
          "the file ends before its data packets");
    return;
  }
  declared = cvi_be32 (data + 10);
  n = cvi_rm_walk_packets (self, pos, end, &damaged);
  if (cvi_walk_failed (self->walk))
    return;
  /* Some writers count the size from elsewhere. */
  if (end > self->size && end - self->size <= DATA_HEADER && n == declared)
    return;
  if (end > self->size) {
    self->cut = TRUE;
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_TRUNCATED, NULL,
        self->time_ns, self->size,
        "the last %" G_GUINT64_FORMAT " of %u bytes of data packets are not in "
        "the file",
        end - self->size, chunk->size);
  } else if (declared != 0 && n != declared && !damaged && chunk->size > 0) {
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_CONTINUITY, NULL, CVI_NONE,
        chunk->offset,
        "there are %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
        " declared data packets",
        n, declared);
  }
}

static int
compare_offsets (gconstpointer a, gconstpointer b)
{
  guint64 x = *(const guint64 *)a;
  guint64 y = *(const guint64 *)b;

  return x < y ? -1 : x > y;
}

static void
walk_index (CviRm *self, const CviRmChunk *chunk)
{
  guint64 pos = chunk->offset + INDEX_HEADER;
  const guint8 *data =
      chunk->size >= INDEX_HEADER
          ? cvi_walk_peek (self->walk, chunk->offset, INDEX_HEADER)
          : NULL;
  guint32 n, wrong = 0;

  if (!data)
    return;
  n = cvi_be32 (data + 10);
  if (n > (chunk->size - INDEX_HEADER) / INDEX_ENTRY) {
    report (self, CVI_RULE_CONTAINER_INDEX, chunk->offset,
        "the index has more entries than room");
    return;
  }
  for (guint32 i = 0; i < n; i++, pos += INDEX_ENTRY) {
    guint64 offset;

    data = cvi_walk_peek (self->walk, pos, INDEX_ENTRY);
    if (!data)
      return;
    offset = cvi_be32 (data + 6);
    if (!g_array_binary_search (self->packets, &offset, compare_offsets, NULL))
      wrong++;
  }
  if (wrong > 0 && self->packets->len < CVI_RM_MAX_PACKETS)
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_INDEX, NULL, CVI_NONE,
        chunk->offset, "%u of %u index entries do not point to a packet", wrong,
        n);
}

/* Returns: where the next chunk should be */
static guint64
walk_chunk (CviRm *self, const CviRmChunk *chunk)
{
  guint64 end = chunk->offset + chunk->size;

  if (strcmp (chunk->name, "DATA") == 0) {
    walk_data (self, chunk);
    return chunk->size > 0 ? MIN (end, self->size) : self->size;
  }
  if (end > self->size) {
    self->cut = TRUE;
    report (self, CVI_RULE_CONTAINER_TRUNCATED, self->size,
        "the file ends inside a chunk");
    return self->size;
  }
  if (strcmp (chunk->name, "PROP") == 0)
    cvi_rm_read_properties (self, chunk);
  else if (strcmp (chunk->name, "MDPR") == 0)
    cvi_rm_read_stream (self, chunk);
  else if (strcmp (chunk->name, "INDX") == 0)
    walk_index (self, chunk);
  return end;
}

static void
report_lost (CviRm *self, guint64 pos, guint64 next)
{
  gsize len = (gsize)MIN (next - pos, ZEROS);
  const guint8 *data = cvi_walk_peek (self->walk, pos, len);
  CviRuleId rule = CVI_RULE_CONTAINER_STRUCTURE;

  if (!data)
    return;
  if (len == ZEROS && data[0] == 0 && memcmp (data, data + 1, len - 1) == 0)
    rule = CVI_RULE_CONTAINER_ZERO_FILLED;
  else if (next == self->size && self->packets->len > 0)
    rule = CVI_RULE_CONTAINER_TRAILING_DATA;
  cvi_walk_report (self->walk, rule, NULL, self->time_ns, pos,
      "no chunk where one should be, %" G_GUINT64_FORMAT " bytes lost",
      next - pos);
}

static void
walk_file (CviRm *self)
{
  guint64 pos = 0;

  while (pos < self->size && !cvi_walk_failed (self->walk)) {
    CviRmChunk chunk;

    if (cvi_rm_read_chunk (self, pos, &chunk)) {
      pos = walk_chunk (self, &chunk);
    } else if (!cvi_walk_failed (self->walk)) {
      guint64 next = find_chunk (self, pos + 1);

      report_lost (self, pos, next);
      pos = next;
    }
  }
}

/* The header says where data and index are. */
static void
check_places (CviRm *self)
{
  static const char *const names[] = { "DATA", "INDX" };
  const guint64 places[] = { self->data_offset, self->index_offset };

  for (guint i = 0; i < G_N_ELEMENTS (places) && !self->cut; i++) {
    CviRmChunk chunk;

    if (places[i] == 0)
      continue;
    if (cvi_rm_read_chunk (self, places[i], &chunk) &&
        strcmp (chunk.name, names[i]) == 0)
      continue;
    if (cvi_walk_failed (self->walk))
      return;
    cvi_walk_report (self->walk,
        places[i] >= self->size ? CVI_RULE_CONTAINER_TRUNCATED
                                : CVI_RULE_CONTAINER_INDEX,
        NULL, self->time_ns, places[i],
        "the header says that a chunk %s is here, where none is", names[i]);
  }
}

static void
rm_walk (CviWalk *walk)
{
  CviRm *self = g_new0 (CviRm, 1);

  self->walk = walk;
  self->size = cvi_walk_get_size (walk);
  self->time_ns = CVI_NONE;
  self->packets = g_array_new (FALSE, FALSE, sizeof (guint64));
  walk_file (self);
  if (!cvi_walk_failed (walk))
    check_places (self);
  g_array_unref (self->packets);
  g_free (self);
}

const CviContainer cvi_container_realmedia = {
  "realmedia",
  rm_probe,
  rm_walk,
  "rm rmvb rmj ra",
};
