/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Where a file's times count from, and holes in the times of its streams. A
 * demuxer bends times behind a hole: tsdemux shows 2 s as 0.46 s, or as a wrap
 * of the clock (measured). */
#include "tools/structure/cvi-mpegts-private.h"

/* So many of each stream's first timestamps are looked at, in so many bytes,
 * for the earliest: pictures may come before those that are shown first. */
#define FIRST_TIMES 16
#define FIRST_STREAMS 32
#define FIRST_BYTES CVI_WALK_MAX_PEEK
/* Farther from the last, a timestamp belongs to another timeline. */
#define JUMP (10 * 90000)
/* An announced new clock reaches a stream within so many PES packets; steps
 * longer than this are its. */
#define EXCUSED 64
#define EXCUSED_STEP (90000 / 4)
/* A hole as short as this may be a stumbling encoder's. */
/* What a cut that copies packets loses before its last frame (reordering). */
#define MOST_AT_END 16
#define LEAST_FRAMES 3
#define LEAST_NS G_GUINT64_CONSTANT (250000000)
/* Keeps times before the file's first one above 0. */
#define OFFSET_NS (3600 * G_GUINT64_CONSTANT (1000000000))
#define SECOND G_GUINT64_CONSTANT (1000000000)

struct _CviTsClock {
  CviTs *ts;
  CviTsPid *pid;
  CviContinuity *continuity;
  CviTsAudio audio;
  gboolean by_frames; /* the audio's frames are counted */
  guint excused;
  gint64 delay; /* of the last PES packet */
};

typedef struct {
  guint pid;
  guint n;
} First;

/* Returns: is there a timestamp in this packet, of sound or pictures or what
 * belongs to them? */
static gboolean
read_first (const guint8 *packet, guint64 *raw)
{
  gsize at = 4;
  const guint8 *pes;

  if ((packet[1] & 0xc0) != 0x40 || (packet[3] & 0xd0) != 0x10)
    return FALSE;
  if (packet[3] & 0x20)
    at += 1u + packet[4];
  if (at + 14 > CVI_TS_PACKET)
    return FALSE;
  pes = packet + at;
  if (cvi_be24 (pes) != 1 || (pes[3] < 0xc0 && pes[3] != 0xbd) ||
      (pes[3] > 0xef && pes[3] != 0xfd) || (pes[6] & 0xc0) != 0x80)
    return FALSE;
  return (pes[7] & 0x80) && pes[8] >= 5 && cvi_pts_read (pes + 9, raw);
}

/* Is this one of the first of its stream? */
static gboolean
is_first (First *firsts, const guint8 *packet)
{
  guint pid = cvi_be16 (packet + 1) & 0x1fffu;

  for (guint i = 0; i < FIRST_STREAMS; i++) {
    if (firsts[i].n > 0 && firsts[i].pid != pid)
      continue;
    firsts[i].pid = pid;
    return firsts[i].n++ < FIRST_TIMES;
  }
  return FALSE;
}

void
cvi_ts_find_base (CviTs *self, guint64 pos)
{
  gsize len = (gsize)MIN (self->size - pos, FIRST_BYTES);
  const guint8 *data = len > 0 ? cvi_walk_peek (self->walk, pos, len) : NULL;
  First firsts[FIRST_STREAMS] = { 0 };

  for (gsize at = self->prefix; data && at + CVI_TS_PACKET <= len;
       at += self->packet) {
    const guint8 *packet = data + at;
    guint64 raw;
    gint64 step;

    if (packet[0] != CVI_TS_SYNC)
      break;
    if (!read_first (packet, &raw) || !is_first (firsts, packet))
      continue;
    step = self->base.seen ? cvi_pts_distance (self->base.raw, raw) : 0;
    if (!self->base.seen || (step < 0 && step > -JUMP))
      self->base.raw = raw;
    self->base.seen = TRUE;
  }
}

static guint64
to_file_time (guint64 ns)
{
  return ns > OFFSET_NS ? ns - OFFSET_NS : 0;
}

static void
on_event (const CviContinuityEvent *event, gpointer user_data)
{
  CviTsClock *clock = user_data;
  guint64 length = event->end_ns - event->start_ns;
  CviFinding *finding;

  if (event->kind != CVI_CONTINUITY_GAP || !event->regular ||
      (event->n_frames < LEAST_FRAMES && length < LEAST_NS) ||
      (event->at_end && event->n_frames <= MOST_AT_END &&
          strcmp (clock->pid->kind, "video") == 0))
    return;
  finding = cvi_finding_new (CVI_RULE_TIME_GAP,
      cvi_ts_stream_id (clock->ts, clock->pid),
      "%" G_GUINT64_FORMAT ".%03u s missing (about %" G_GUINT64_FORMAT
      " frames, PID %u)",
      length / SECOND, (guint)(length % SECOND / 1000000), event->n_frames,
      clock->pid->pid);
  finding->start_ns = to_file_time (event->start_ns);
  finding->end_ns = to_file_time (event->end_ns);
  cvi_walk_report_full (clock->ts->walk, finding);
}

static void
clock_new (CviTs *self, CviTsPid *pid)
{
  CviTsClock *clock = g_new0 (CviTsClock, 1);

  clock->ts = self;
  clock->pid = pid;
  clock->continuity = cvi_continuity_new (on_event, clock);
  if (pid->kind[0] == 'v')
    cvi_continuity_set_order (clock->continuity, CVI_ORDER_DECODE);
  clock->by_frames = cvi_ts_audio_knows (pid->codec);
  cvi_ts_audio_lose (&clock->audio);
  pid->clock = clock;
}

void
cvi_ts_clock_free (CviTsClock *clock)
{
  if (!clock)
    return;
  cvi_continuity_free (clock->continuity);
  g_free (clock);
}

void
cvi_ts_clock_end (CviTsClock *clock)
{
  cvi_continuity_drain (clock->continuity);
}

/* What comes next has nothing to do with what came before. */
static void
start_anew (CviTsClock *clock)
{
  cvi_continuity_drain (clock->continuity);
  cvi_continuity_flush (clock->continuity);
  cvi_ts_audio_lose (&clock->audio);
}

void
cvi_ts_clock_break (CviTsPid *pid)
{
  if (pid->clock)
    start_anew (pid->clock);
}

void
cvi_ts_clock_excuse (CviTs *self)
{
  for (guint i = 0; i < self->es->len; i++) {
    CviTsPid *pid = g_ptr_array_index (self->es, i);

    if (pid->clock)
      pid->clock->excused = EXCUSED;
  }
}

static guint64
to_ns (gint64 ticks)
{
  gint64 ns = (gint64)OFFSET_NS + ticks * 100000 / 9;

  return (guint64)MAX (ns, 0);
}

static gboolean
is_sound_or_picture (const CviTsPid *pid)
{
  return pid->kind && (pid->kind[0] == 'v' || pid->kind[0] == 'a');
}

void
cvi_ts_clock_pes (CviTs *self, CviTsPid *pid, gint64 step, gint64 delay)
{
  gint64 last = pid->pes.pts.last;
  CviTsClock *clock;

  if (!is_sound_or_picture (pid))
    return;
  if (!pid->clock)
    clock_new (self, pid);
  clock = pid->clock;
  /* In the order of decoding, in which they do not step back and forth. */
  step -= delay - clock->delay;
  clock->delay = delay;
  if (ABS (step) > JUMP || (clock->excused > 0 && ABS (step) > EXCUSED_STEP))
    start_anew (clock);
  if (clock->excused > 0)
    clock->excused--;
  if (clock->by_frames)
    cvi_ts_audio_begin (&clock->audio, to_ns (last));
  else
    cvi_continuity_push (
        clock->continuity, to_ns (last), to_ns (last - delay), CVI_NONE, FALSE);
}

void
cvi_ts_clock_pes_without (CviTsPid *pid)
{
  CviTsClock *clock = pid->clock;

  if (!clock)
    return;
  if (clock->by_frames)
    cvi_ts_audio_begin (&clock->audio, CVI_NONE);
  else
    cvi_continuity_push (
        clock->continuity, CVI_NONE, CVI_NONE, CVI_NONE, FALSE);
}

void
cvi_ts_clock_data (CviTsPid *pid, const guint8 *data, gsize len)
{
  CviTsClock *clock = pid->clock;

  if (!clock || !clock->by_frames)
    return;
  if (pid->pes.broken)
    cvi_ts_audio_lose (&clock->audio);
  else
    cvi_ts_audio_feed (&clock->audio, pid->codec, data, len, clock->continuity);
}
