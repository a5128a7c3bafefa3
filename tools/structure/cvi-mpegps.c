/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-containers.h"

#include <string.h>

#include "tools/structure/cvi-mpegps-private.h"

#define ZEROS 4096
/* How much is searched at once, and the longest unit with what must follow
 * it: candidates are judged by what is in memory, because reading ahead for
 * each of them would let a hostile file cost its size many times over. */
#define SEARCH (256u * 1024)
#define MAX_UNIT (6 + 65535 + 4)
/* Packs this near to each other say more than the name does. */
#define CERTAIN_PACKS 3
/* Clocks of neighbouring packs are 0.7 s apart at most (2.7.1). */
#define SCR_STEP (2 * 90000)

enum {
  CODE_END = 0xb9,
  CODE_PACK = 0xba,
  CODE_SYSTEM = 0xbb,
  CODE_MAP = 0xbc,
  CODE_PADDING = 0xbe,
  CODE_PRIVATE_2 = 0xbf,
};

static gboolean
is_start (const guint8 *data)
{
  return data[0] == 0 && data[1] == 0 && data[2] == 1 && data[3] >= CODE_END;
}

/* Returns: the version of MPEG whose pack header this is, 0 if it is none */
static guint
pack_version (const guint8 *data, gsize len)
{
  if (len >= 14 && (data[4] & 0xc4) == 0x44 && (data[6] & 4) && (data[8] & 4) &&
      (data[9] & 1) && (data[12] & 3) == 3)
    return 2;
  if (len >= 12 && (data[4] & 0xf1) == 0x21 && (data[6] & 1) && (data[8] & 1) &&
      (data[9] & 0x80) && (data[11] & 1))
    return 1;
  return 0;
}

static guint
ps_probe (const guint8 *head, gsize len, guint64 file_size)
{
  guint packs = 0;

  if (len >= 4 && is_start (head) && head[3] == CODE_PACK &&
      pack_version (head, len) > 0)
    return 90;
  for (gsize pos = 0; pos + 14 <= len && packs < CERTAIN_PACKS; pos++) {
    if (head[pos + 3] == CODE_PACK && is_start (head + pos) &&
        pack_version (head + pos, len - pos) > 0)
      packs++;
  }
  return packs >= CERTAIN_PACKS ? 55 : packs > 0 ? 30 : 0;
}

/* Is a unit at @data, by more than its start code? @whole: @len is all there
 * is; else it holds the unit and the start code behind. */
static gboolean
is_unit (const guint8 *data, gsize len, gboolean whole)
{
  gsize next;

  if (len < 6 || !is_start (data))
    return FALSE;
  if (data[3] == CODE_PACK)
    return pack_version (data, len) > 0;
  next = 6u + cvi_be16 (data + 4);
  if (whole && next == len)
    return TRUE;
  return next > 6 && next + 4 <= len && is_start (data + next);
}

/* Returns: where the next unit is at or behind @pos, or the file's size */
static guint64
find_unit (CviPs *self, guint64 pos)
{
  while (pos + 4 <= self->size) {
    gsize len = (gsize)MIN (self->size - pos, SEARCH);
    gboolean whole = len == self->size - pos;
    gsize stop = whole ? len - 3 : len - MAX_UNIT;
    const guint8 *data = cvi_walk_peek (self->walk, pos, len);
    gsize at = 0;

    if (!data)
      return self->size;
    while (at < stop && !is_unit (data + at, len - at, whole))
      at += data[at + 2] > 1 ? 3 : 1;
    pos += MIN (at, stop);
    if (at < stop)
      return pos;
  }
  return self->size;
}

static gboolean
all_zero (CviPs *self, guint64 pos, gsize len)
{
  const guint8 *data = cvi_walk_peek (self->walk, pos, len);

  return data && data[0] == 0 && memcmp (data, data + 1, len - 1) == 0;
}

static void
report_lost (CviPs *self, guint64 pos, guint64 next)
{
  guint64 len = next - pos;

  if (len == 0 || cvi_walk_failed (self->walk))
    return;
  if (all_zero (self, pos, (gsize)MIN (len, ZEROS))) {
    /* Multiplexers for discs fill sectors up with zeros. */
    if (len >= ZEROS)
      cvi_walk_report (self->walk, CVI_RULE_CONTAINER_ZERO_FILLED, NULL,
          self->time_ns, pos,
          "zeros where a start code should be, %" G_GUINT64_FORMAT
          " bytes lost",
          len);
  } else if (self->ended && next >= self->size) {
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_TRAILING_DATA, NULL,
        CVI_NONE, pos, "%" G_GUINT64_FORMAT " bytes behind the end code", len);
  } else {
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_SYNC_LOST, NULL,
        self->time_ns, pos,
        "no start code where one should be, %" G_GUINT64_FORMAT " bytes lost",
        len);
  }
  self->has_scr = FALSE;
}

static void
check_scr (CviPs *self, guint64 scr, guint64 offset)
{
  gint64 step = self->has_scr ? cvi_pts_distance (self->scr, scr) : 0;
  CviFinding *finding;

  self->scr = scr;
  self->has_scr = TRUE;
  if (step >= 0 && step <= SCR_STEP)
    return;
  finding = cvi_finding_new (CVI_RULE_CONTAINER_CONTINUITY, NULL,
      "the system clock jumps by %.3f s", (double)step / 90000);
  /* A DVD's titles are joined from parts with clocks of their own. */
  finding->severity = self->is_dvd ? CVI_SEVERITY_INFO : CVI_SEVERITY_WARNING;
  finding->offset = offset;
  finding->start_ns = finding->end_ns = self->time_ns;
  cvi_walk_report_full (self->walk, finding);
}

/* Returns: length of the pack header at @pos, 0 if it is none */
static gsize
walk_pack (CviPs *self, guint64 pos)
{
  gsize len = (gsize)MIN (self->size - pos, 14);
  const guint8 *data = cvi_walk_peek (self->walk, pos, len);
  guint version = data ? pack_version (data, len) : 0;
  guint64 scr;

  if (version == 0)
    return 0;
  self->version = version;
  if (version == 1) {
    if (cvi_pts_read (data + 4, &scr))
      check_scr (self, scr, pos);
    return 12;
  }
  scr = (guint64)(data[4] & 0x38) << 27 | (guint64)(data[4] & 3) << 28 |
        (guint64)data[5] << 20 | (guint64)(data[6] & 0xf8) << 12 |
        (guint64)(data[6] & 3) << 13 | (guint64)data[7] << 5 |
        (guint64)data[8] >> 3;
  check_scr (self, scr, pos);
  return 14u + (data[13] & 7u);
}

static void
report_cut (CviPs *self, guint64 pos)
{
  CviFinding *finding = cvi_finding_new (CVI_RULE_CONTAINER_TRUNCATED, NULL,
      "the file ends inside the packet that begins at %" G_GUINT64_FORMAT, pos);

  finding->severity = CVI_SEVERITY_ERROR;
  finding->offset = self->size;
  finding->start_ns = finding->end_ns = self->time_ns;
  cvi_walk_report_full (self->walk, finding);
}

/* Returns: where the unit at @pos, which has a start code, ends; @pos if it is
 * no good */
static guint64
walk_unit (CviPs *self, guint64 pos, guint8 code)
{
  const guint8 *data;
  guint64 end;

  if (code == CODE_END) {
    self->ended = TRUE;
    return pos + 4;
  }
  self->ended = FALSE;
  if (code == CODE_PACK && pos + 12 <= self->size)
    return pos + walk_pack (self, pos);
  data = pos + 6 <= self->size ? cvi_walk_peek (self->walk, pos, 6) : NULL;
  if (!data) {
    if (!cvi_walk_failed (self->walk))
      report_cut (self, pos);
    return self->size;
  }
  end = pos + 6 + cvi_be16 (data + 4);
  /* A length of zero is for transport streams, but is written here too. */
  if (end == pos + 6 && code >= 0xe0 && code <= 0xef)
    end = find_unit (self, pos + 6);
  if (end > self->size) {
    report_cut (self, pos);
    return self->size;
  }
  if (code == CODE_MAP)
    cvi_ps_read_map (self, pos, end);
  else if (code == CODE_PRIVATE_2)
    self->is_dvd = TRUE;
  else if (code != CODE_SYSTEM && code != CODE_PADDING)
    cvi_ps_walk_pes (self, pos, end, code);
  return end;
}

static void
walk_file (CviPs *self, guint64 pos)
{
  while (pos < self->size && !cvi_walk_failed (self->walk)) {
    const guint8 *data =
        pos + 4 <= self->size ? cvi_walk_peek (self->walk, pos, 4) : NULL;
    guint64 next = pos;

    if (data && is_start (data))
      next = walk_unit (self, pos, data[3]);
    if (next == pos && !cvi_walk_failed (self->walk)) {
      next = find_unit (self, pos + 1);
      report_lost (self, pos, next);
    }
    pos = next;
  }
}

static void
ps_walk (CviWalk *walk)
{
  CviPs *self = g_new0 (CviPs, 1);

  self->walk = walk;
  self->size = cvi_walk_get_size (walk);
  self->time_ns = CVI_NONE;
  walk_file (self, 0);
  cvi_ps_tell (self);
  g_free (self);
}

const CviContainer cvi_container_mpegps = {
  "mpeg-ps",
  ps_probe,
  ps_walk,
  "mpg mpeg vob m2p ps evo dat mod",
};
