/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-mpegts-private.h"

#include <string.h>

/* Tables with checksums on fixed PIDs: PAT, CAT, NIT, SDT and BAT, EIT. */
static gboolean
has_tables (guint pid)
{
  return pid <= 1 || (pid >= 0x10 && pid <= 0x12);
}

CviTsPid *
cvi_ts_get_pid (CviTs *self, guint number)
{
  CviTsPid *pid = self->pids[number];

  if (G_LIKELY (pid != NULL))
    return pid;
  pid = g_new0 (CviTsPid, 1);
  pid->pid = number;
  pid->cc = -1;
  pid->pcr = CVI_NONE;
  if (has_tables (number))
    pid->section = g_new0 (CviTsSection, 1);
  self->pids[number] = pid;
  return pid;
}

void
cvi_ts_forget (CviTs *self)
{
  for (guint i = 0; i < CVI_TS_N_PIDS; i++) {
    CviTsPid *pid = self->pids[i];

    if (!pid)
      continue;
    pid->cc = -1;
    pid->pcr = CVI_NONE;
    pid->pes.broken = TRUE;
    pid->pes.zeros = 0;
    if (pid->section)
      pid->section->len = 0;
  }
}

/* Streams are numbered when all are known: until then a PID is a name. */
static void
tell_payload (CviTs *self, CviTsPid *pid, guint64 offset)
{
  char label[16];

  g_snprintf (label, sizeof label, "pid/%u", pid->pid);
  cvi_walk_tell_payload (
      self->walk, offset, CVI_TS_PACKET, label, cvi_ts_time (self, pid));
}

void
cvi_ts_name_payload (CviTs *self)
{
  for (guint i = 0; i < self->es->len; i++) {
    const CviTsPid *pid = g_ptr_array_index (self->es, i);
    char label[16];

    g_snprintf (label, sizeof label, "pid/%u", pid->pid);
    if (pid->stream)
      cvi_walk_name_payload (self->walk, label, pid->stream->id);
  }
}

static void
tell (CviTs *self, CviTsPid *pid)
{
  if (pid->stream || !pid->kind || pid->packets == 0)
    return;
  pid->stream = cvi_walk_add_stream (self->walk, pid->kind, pid->codec);
}

void
cvi_ts_settle (CviTs *self)
{
  self->settled = TRUE;
  for (guint i = 0; i < self->es->len; i++)
    tell (self, g_ptr_array_index (self->es, i));
}

const char *
cvi_ts_stream_id (CviTs *self, CviTsPid *pid)
{
  if (!pid->stream && pid->kind)
    cvi_ts_settle (self);
  return pid->stream ? pid->stream->id : NULL;
}

static void
report_continuity (CviTs *self, CviTsPid *pid, guint64 offset, int cc)
{
  cvi_walk_report (self->walk, CVI_RULE_CONTAINER_CONTINUITY,
      cvi_ts_stream_id (self, pid), cvi_ts_time (self, pid), offset,
      "continuity_counter of PID %u goes from %d to %d", pid->pid, pid->cc, cc);
  pid->pes.broken = TRUE;
  if (pid->section)
    pid->section->len = 0;
}

/* A duplicate repeats every byte but the PCR, and may come once. What is no
 * longer in memory is believed. */
static gboolean
is_duplicate (
    CviTs *self, const CviTsPid *pid, const guint8 *data, gsize payload)
{
  const guint8 *before;

  if (pid->duplicate)
    return FALSE;
  if (pid->last_offset < self->chunk_offset)
    return TRUE;
  before = self->chunk + (pid->last_offset - self->chunk_offset);
  return memcmp (data + payload, before + payload, CVI_TS_PACKET - payload) ==
         0;
}

/* 2.4.3.3. Returns: FALSE for a packet to pass over */
static gboolean
check_continuity (CviTs *self, CviTsPid *pid, const guint8 *data, gsize payload,
    gboolean announced, guint64 offset)
{
  int cc = data[3] & 0x0f;
  gboolean has_payload = (data[3] & 0x10) != 0;
  int expected = has_payload ? (pid->cc + 1) & 0x0f : pid->cc;
  gboolean known = pid->cc >= 0 && !announced;

  if (known && has_payload && cc == pid->cc &&
      is_duplicate (self, pid, data, payload)) {
    pid->duplicate = TRUE;
    return FALSE;
  }
  if (known && cc != expected)
    report_continuity (self, pid, offset, cc);
  pid->cc = cc;
  if (has_payload) {
    pid->duplicate = FALSE;
    pid->last_offset = offset;
  }
  return has_payload;
}

static void
report_header (CviTs *self, guint64 offset, const char *what)
{
  cvi_walk_report (self->walk, CVI_RULE_CONTAINER_STRUCTURE, NULL,
      self->time_ns, offset, "%s", what);
}

/* Returns: offset of the payload in the packet, 0 if the packet is no good */
static gsize
read_adaptation (CviTs *self, CviTsPid *pid, const guint8 *data, guint64 offset,
    gboolean *announced)
{
  gsize len = data[4];
  gsize most = (data[3] & 0x10) ? 182 : 183;

  if (len > most) {
    report_header (self, offset, "an adaptation field is too long");
    return 0;
  }
  if (len > 0) {
    *announced = (data[5] & 0x80) != 0;
    if (*announced && pid->pcr != CVI_NONE)
      cvi_ts_clock_excuse (self);
    else if (*announced)
      cvi_ts_clock_break (pid);
    if ((data[5] & 0x10) && len >= 7)
      cvi_ts_check_pcr (self, pid, data + 6, *announced, offset);
  }
  return 5 + len;
}

void
cvi_ts_packet (CviTs *self, const guint8 *data, guint64 offset)
{
  guint number = cvi_be16 (data + 1) & 0x1fffu;
  guint control = data[3] >> 4 & 3;
  gboolean start = (data[1] & 0x40) != 0;
  gboolean announced = FALSE;
  gsize payload = 4;
  CviTsPid *pid;

  self->packets++;
  if (data[1] & 0x80) {
    report_header (self, offset,
        "the receiver marked a packet as damaged (transport_error_indicator)");
    return;
  }
  if (number == CVI_TS_NULL_PID)
    return;
  if (control == 0) {
    report_header (self, offset, "a packet has neither payload nor header");
    return;
  }
  pid = cvi_ts_get_pid (self, number);
  if (control & 2)
    payload = read_adaptation (self, pid, data, offset, &announced);
  if (payload == 0)
    return;
  if (!check_continuity (self, pid, data, payload, announced, offset))
    return;

  pid->packets++;
  if (self->settled && !pid->stream)
    tell (self, pid);
  if (data[3] & 0xc0) {
    pid->scrambled++;
    pid->pes.broken = TRUE;
    cvi_ts_clock_break (pid);
    return;
  }
  data += payload;
  if (pid->section)
    cvi_ts_feed_section (
        self, pid, data, CVI_TS_PACKET - payload, start, offset);
  else if (pid->kind && pid->kind[0] != 'd')
    cvi_ts_feed_pes (self, pid, data, CVI_TS_PACKET - payload, start, offset);
  if (cvi_walk_wants_payload (self->walk) && pid->kind)
    tell_payload (self, pid, offset);
}
