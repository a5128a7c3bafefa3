/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-containers.h"

#include <string.h>

#include "tools/structure/cvi-mpegts-private.h"

#define SYNC CVI_TS_SYNC
/* So many sync bytes in a row make a place one where packets begin. */
#define CONFIRM 5
/* So many make a file one of packets; fewer need the name's word. */
#define CERTAIN 10
/* Behind so many packets, every stream that is there has shown itself. */
#define SETTLE 20000
#define ZEROS 4096
#define SEARCH (64u * 1024)
/* A stream this much of which is scrambled is an encrypted one. */
#define SCRAMBLED_SHARE 10
/* Packets to see before a file without tables is strange. */
#define TABLES_BY 1000

typedef struct {
  guint packet;
  guint prefix;
} Layout;

static const Layout layouts[] = { { 188, 0 }, { 192, 4 }, { 204, 0 } };

/* How many packets follow each other from @pos. */
static guint
count_packets (
    const guint8 *data, gsize len, gsize pos, const Layout *layout, guint most)
{
  guint n = 0;

  for (pos += layout->prefix; n < most && pos < len; pos += layout->packet) {
    if (data[pos] != SYNC)
      break;
    n++;
  }
  return n;
}

/* Returns: how many packets are in a row at the best place of @head, CERTAIN
 * at most */
static guint
detect (const guint8 *head, gsize len, Layout *found, gsize *phase)
{
  guint best = 0;

  for (gsize pos = 0; pos + CVI_TS_PACKET <= len; pos++) {
    for (guint i = 0; i < G_N_ELEMENTS (layouts); i++) {
      guint n;

      if (layouts[i].prefix > len - pos - 1 ||
          head[pos + layouts[i].prefix] != SYNC)
        continue;
      n = count_packets (head, len, pos, &layouts[i], CERTAIN);
      if (n <= best)
        continue;
      best = n;
      *found = layouts[i];
      *phase = pos;
    }
    if (best >= CERTAIN)
      break;
  }
  return best;
}

static guint
ts_probe (const guint8 *head, gsize len, guint64 file_size)
{
  Layout layout;
  gsize phase = 0;
  guint n = detect (head, len, &layout, &phase);

  if (n >= CERTAIN)
    return phase < layout.packet ? 90 : 55;
  if (n >= 2 && (guint64)n * layout.packet + layout.packet > file_size)
    return n >= CONFIRM ? 60 : 30;
  return 0;
}

static gboolean
is_packet (CviTs *self, const guint8 *data, gsize len, gsize pos, gboolean last)
{
  const Layout layout = { self->packet, self->prefix };
  guint n = count_packets (data, len, pos, &layout, CONFIRM);

  if (n == CONFIRM)
    return TRUE;
  /* At the end of the file, all that can follow must. */
  if (!last || n == 0)
    return FALSE;
  return n > 1 ? pos + (gsize)n * self->packet + self->prefix >= len
               : pos + self->packet == len;
}

/* Returns: where packets go on behind @pos, or the file's size */
static guint64
find_sync (CviTs *self, guint64 pos)
{
  gsize ahead = CONFIRM * (gsize)self->packet;

  while (pos < self->size) {
    gsize len = (gsize)MIN (self->size - pos, SEARCH);
    gboolean last = pos + len == self->size;
    const guint8 *data = cvi_walk_peek (self->walk, pos, len);
    gsize stop = last ? len : len - ahead;

    if (!data)
      return self->size;
    for (gsize at = 0; at + self->prefix < stop; at++) {
      const guint8 *hit =
          memchr (data + at + self->prefix, SYNC, stop - at - self->prefix);

      if (!hit)
        break;
      at = (gsize)(hit - data) - self->prefix;
      if (is_packet (self, data, len, at, last))
        return pos + at;
    }
    if (last)
      return self->size;
    pos += stop - self->prefix;
  }
  return self->size;
}

static void
report_lost (CviTs *self, guint64 pos, guint64 next)
{
  gsize len = (gsize)MIN (next - pos, ZEROS);
  const guint8 *data = cvi_walk_peek (self->walk, pos, len);

  if (!data)
    return;
  if (len == ZEROS && data[0] == 0 && memcmp (data, data + 1, len - 1) == 0)
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_ZERO_FILLED, NULL,
        self->time_ns, pos,
        "zeros where packets should be, %" G_GUINT64_FORMAT " bytes lost",
        next - pos);
  else
    cvi_walk_report (self->walk, CVI_RULE_CONTAINER_SYNC_LOST, NULL,
        self->time_ns, pos, "no packets in %" G_GUINT64_FORMAT " bytes",
        next - pos);
}

/* Goes through the packets from @pos. Returns: where there is no packet */
static guint64
walk_packets (CviTs *self, guint64 pos)
{
  gsize tail = self->packet - self->prefix - CVI_TS_PACKET;

  while (pos < self->size) {
    /* The last packet of a 204-byte stream may lack its trailer. */
    gsize n = (gsize)MIN (
        (self->size - pos + tail) / self->packet, SEARCH * 8 / self->packet);
    gsize len = MIN (n * self->packet, (gsize)(self->size - pos));
    const guint8 *data = n > 0 ? cvi_walk_peek (self->walk, pos, len) : NULL;

    if (!data)
      return pos;
    self->chunk = data + self->prefix;
    self->chunk_offset = pos + self->prefix;
    for (gsize i = 0; i < n; i++) {
      const guint8 *packet = data + i * self->packet + self->prefix;

      if (packet[0] != SYNC)
        return pos;
      cvi_ts_packet (self, packet, pos + self->prefix);
      pos += self->packet;
    }
    if (!self->settled && self->packets >= SETTLE)
      cvi_ts_settle (self);
  }
  return pos;
}

/* Returns: how many bytes are left over at the end, less than a packet */
static guint64
walk_file (CviTs *self, guint64 pos)
{
  while (pos < self->size && !cvi_walk_failed (self->walk)) {
    guint64 next;

    pos = walk_packets (self, pos);
    if (cvi_walk_failed (self->walk) || pos + CVI_TS_PACKET > self->size)
      break;
    next = find_sync (self, pos + 1);
    if (cvi_walk_failed (self->walk))
      break;
    report_lost (self, pos, next);
    cvi_ts_forget (self);
    pos = next;
  }
  return self->size - MIN (pos, self->size);
}

/* A recording stops anywhere, but writes whole packets. */
static void
check_end (CviTs *self, guint64 left)
{
  guint open = 0;
  CviFinding *finding;

  for (guint i = 0; i < self->es->len; i++) {
    if (cvi_ts_close_pes (self, g_ptr_array_index (self->es, i), TRUE))
      open++;
  }
  if (left == 0 && open == 0)
    return;
  finding = cvi_finding_new (CVI_RULE_CONTAINER_TRUNCATED, NULL,
      "the file ends with %u of a packet's %u bytes; %u PES packets are not "
      "whole",
      (guint)left, self->packet, open);
  if (left == 0)
    finding->severity = CVI_SEVERITY_INFO;
  else
    finding->severity = open > 0 ? CVI_SEVERITY_ERROR : CVI_SEVERITY_WARNING;
  finding->certainty = left == 0 ? 0.3 : open > 0 ? 0.9 : 0.6;
  finding->offset = self->size - left;
  finding->start_ns = finding->end_ns = self->time_ns;
  cvi_walk_report_full (self->walk, finding);
}

static void
check_scrambling (CviTs *self, CviTsPid *pid)
{
  CviFinding *finding;

  if (pid->encrypted || pid->scrambled > pid->packets / SCRAMBLED_SHARE) {
    pid->stream->encrypted = TRUE;
    cvi_walk_report (self->walk, CVI_RULE_STREAM_ENCRYPTED, pid->stream->id,
        CVI_NONE, CVI_NONE,
        "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
        " packets are scrambled (PID %u)",
        pid->scrambled, pid->packets, pid->pid);
    return;
  }
  if (pid->scrambled == 0)
    return;
  finding = cvi_finding_new (CVI_RULE_CONTAINER_STRUCTURE, pid->stream->id,
      "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
      " packets are marked as scrambled (PID %u)",
      pid->scrambled, pid->packets, pid->pid);
  if (pid->conditional)
    finding->severity = CVI_SEVERITY_WARNING;
  cvi_walk_report_full (self->walk, finding);
}

static void
tell_streams (CviTs *self)
{
  gint64 first = G_MAXINT64, last = 0;

  cvi_ts_settle (self);
  cvi_ts_name_payload (self);
  for (guint i = 0; i < self->es->len; i++) {
    CviTsPid *pid = g_ptr_array_index (self->es, i);

    if (!pid->stream)
      continue;
    check_scrambling (self, pid);
    if (pid->clock)
      cvi_ts_clock_end (pid->clock);
    if (!pid->pes.pts.seen)
      continue;
    pid->stream->start_ns = cvi_pts_to_ns (pid->pes.pts.first);
    pid->stream->last_ns = cvi_pts_to_ns (pid->pes.pts.highest);
    first = MIN (first, pid->pes.pts.first);
    last = MAX (last, pid->pes.pts.highest);
  }
  if (last > first)
    cvi_walk_set_duration (self->walk, cvi_pts_to_ns (last - first));
  if (!self->has_pat && self->packets >= TABLES_BY) {
    CviFinding *finding = cvi_finding_new (CVI_RULE_CONTAINER_STRUCTURE, NULL,
        "no PAT in %" G_GUINT64_FORMAT " packets", self->packets);

    finding->severity = CVI_SEVERITY_WARNING;
    cvi_walk_report_full (self->walk, finding);
  }
}

static void
ts_free (CviTs *self)
{
  for (guint i = 0; i < CVI_TS_N_PIDS; i++) {
    if (!self->pids[i])
      continue;
    cvi_ts_clock_free (self->pids[i]->clock);
    g_free (self->pids[i]->section);
    g_free (self->pids[i]);
  }
  g_ptr_array_unref (self->es);
  g_free (self);
}

static void
ts_walk (CviWalk *walk)
{
  guint64 size = cvi_walk_get_size (walk);
  gsize len = (gsize)MIN (size, CVI_PROBE_HEAD);
  const guint8 *head = len > 0 ? cvi_walk_peek (walk, 0, len) : NULL;
  Layout layout;
  gsize phase = 0;
  guint64 left;
  CviTs *self;

  if (!head || detect (head, len, &layout, &phase) == 0)
    return;
  self = g_new0 (CviTs, 1);
  self->walk = walk;
  self->size = size;
  self->packet = layout.packet;
  self->prefix = layout.prefix;
  self->time_ns = CVI_NONE;
  self->es = g_ptr_array_new ();

  /* Less than a packet is how a recording cut out of a stream begins. */
  if (phase >= layout.packet)
    report_lost (self, 0, phase);
  cvi_ts_find_base (self, phase);
  left = walk_file (self, phase);
  if (!cvi_walk_failed (walk)) {
    check_end (self, left);
    tell_streams (self);
  }
  ts_free (self);
}

const CviContainer cvi_container_mpegts = {
  "mpeg-ts",
  ts_probe,
  ts_walk,
  "ts m2ts mts m2t tsv trp",
};
