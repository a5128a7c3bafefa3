/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-mpegts-private.h"

#include <string.h>

#define PCR_WRAP (300 * (G_GUINT64_CONSTANT (1) << 33))
#define PCR_SECOND 27000000

guint64
cvi_ts_time (CviTs *self, const CviTsPid *pid)
{
  if (!pid->pes.pts.seen)
    return self->time_ns;
  return cvi_pts_to_ns (pid->pes.pts.last);
}

/* Streams whose PES packets have no further header (2.4.3.7). */
static gboolean
is_bare (guint8 id)
{
  return id == 0xbc || id == 0xbe || id == 0xbf || id == 0xf0 || id == 0xf1 ||
         id == 0xf2 || id == 0xf8 || id == 0xff;
}

static void
report (CviTs *self, CviTsPid *pid, guint64 offset, const char *what)
{
  cvi_walk_report (self->walk, CVI_RULE_CONTAINER_STRUCTURE,
      cvi_ts_stream_id (self, pid), cvi_ts_time (self, pid), offset,
      "%s (PID %u)", what, pid->pid);
}

gboolean
cvi_ts_close_pes (CviTs *self, CviTsPid *pid, gboolean at_end)
{
  CviTsPes *pes = &pid->pes;
  gboolean judged = pes->open && !pes->broken && pes->total > 0;
  CviFinding *finding;

  pes->open = FALSE;
  if (!judged || pes->got == pes->total)
    return FALSE;
  if (at_end)
    return pes->got < pes->total;
  finding = cvi_finding_new (CVI_RULE_CONTAINER_STRUCTURE,
      cvi_ts_stream_id (self, pid),
      "a PES packet of %u bytes holds %" G_GUINT64_FORMAT " (PID %u)",
      pes->total, pes->got, pid->pid);
  if (pes->got > pes->total)
    finding->severity = CVI_SEVERITY_WARNING;
  finding->offset = pes->offset;
  finding->start_ns = finding->end_ns = cvi_ts_time (self, pid);
  cvi_walk_report_full (self->walk, finding);
  return TRUE;
}

/* @raw: its PTS */
static void
note_times (
    CviTs *self, CviTsPid *pid, const guint8 *data, gsize len, guint64 raw)
{
  CviPts *pts = &pid->pes.pts;
  gint64 step = pts->seen ? cvi_pts_distance (pts->raw, raw) : 0;
  guint64 dts = raw;

  cvi_pts_note (&self->base, pts, raw);
  self->time_ns = cvi_ts_time (self, pid);
  if (len >= 19 && (data[7] & 0x40) && data[8] >= 10 &&
      !cvi_pts_read (data + 14, &dts))
    dts = raw;
  cvi_ts_clock_pes (self, pid, step, cvi_pts_distance (dts, raw));
}

static void
open_pes (
    CviTs *self, CviTsPid *pid, const guint8 *data, gsize len, guint64 offset)
{
  CviTsPes *pes = &pid->pes;
  guint64 raw;

  pes->open = TRUE;
  pes->broken = FALSE;
  pes->got = 0;
  pes->offset = offset;
  pes->total = 0;
  if (len < 6) {
    pes->broken = TRUE;
    return;
  }
  if (data[0] != 0 || data[1] != 0 || data[2] != 1) {
    pes->broken = TRUE;
    report (self, pid, offset, "a PES packet has no start code");
    return;
  }
  if (cvi_be16 (data + 4) > 0)
    pes->total = 6u + cvi_be16 (data + 4);
  if (is_bare (data[3]) || len < 9)
    return;
  if ((data[6] & 0xc0) != 0x80) {
    report (self, pid, offset, "the header of a PES packet is damaged");
    return;
  }
  if ((data[6] & 0x30) != 0)
    pid->scrambled++;
  if (len >= 14 && (data[7] & 0x80) && data[8] >= 5 &&
      cvi_pts_read (data + 9, &raw))
    note_times (self, pid, data, len, raw);
  else
    cvi_ts_clock_pes_without (pid);
  if (9u + data[8] <= len)
    cvi_ts_clock_data (pid, data + 9 + data[8], len - 9 - data[8]);
  else
    cvi_ts_clock_break (pid);
}

static gboolean
all_zero (const guint8 *data, gsize len)
{
  return data[0] == 0 && memcmp (data, data + 1, len - 1) == 0;
}

/* Zeros that were there before the packets were made: their headers are
 * whole, so that a search of the file's bytes would not see a long run. */
static void
check_zeros (
    CviTs *self, CviTsPid *pid, const guint8 *data, gsize len, guint64 offset)
{
  CviTsPes *pes = &pid->pes;

  if (all_zero (data, len)) {
    if (pes->zeros == 0)
      pes->zeros_offset = offset;
    pes->zeros += len;
    return;
  }
  if (pes->zeros >= CVI_ZERO_RUN_DEFAULT)
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_ZERO_FILLED,
        cvi_ts_stream_id (self, pid), cvi_ts_time (self, pid),
        pes->zeros_offset,
        "%" G_GUINT64_FORMAT " zero bytes inside coded data (PID %u)",
        pes->zeros, pid->pid);
  pes->zeros = 0;
}

void
cvi_ts_feed_pes (CviTs *self, CviTsPid *pid, const guint8 *data, gsize len,
    gboolean start, guint64 offset)
{
  if (start) {
    cvi_ts_close_pes (self, pid, FALSE);
    open_pes (self, pid, data, len, offset);
  } else {
    cvi_ts_clock_data (pid, data, len);
  }
  pid->pes.got += len;
  if (len > 0 && (data[0] == 0 || pid->pes.zeros > 0))
    check_zeros (self, pid, data, len, offset);
}

void
cvi_ts_check_pcr (CviTs *self, CviTsPid *pid, const guint8 *data,
    gboolean announced, guint64 offset)
{
  guint64 base = (guint64)cvi_be32 (data) << 1 | data[4] >> 7;
  guint64 pcr = base * 300 + (cvi_be16 (data + 4) & 0x1ffu);
  guint64 before = pid->pcr;
  guint64 step;
  CviFinding *finding;

  pid->pcr = pcr;
  if (before == CVI_NONE || announced)
    return;
  step = (pcr + PCR_WRAP - before) % PCR_WRAP;
  if (step <= PCR_SECOND)
    return;
  finding = cvi_finding_new (CVI_RULE_CONTAINER_CONTINUITY, NULL,
      "the program clock jumps %s by %.3f s unannounced (PID %u)",
      step < PCR_WRAP / 2 ? "forward" : "back",
      (double)MIN (step, PCR_WRAP - step) / PCR_SECOND, pid->pid);
  finding->severity = CVI_SEVERITY_WARNING;
  finding->offset = offset;
  finding->start_ns = finding->end_ns = self->time_ns;
  cvi_walk_report_full (self->walk, finding);
}
