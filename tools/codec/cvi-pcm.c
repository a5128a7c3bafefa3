/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/codec/cvi-pcm.h"

#include <math.h>
#include <string.h>
#include <gst/audio/audio.h>

/* Samples (of all channels) that are judged together. */
#define CHUNK 64
#define LAGS 3
#define MAX_CHANNELS 8
#define HISTORY (LAGS * MAX_CHANNELS)
/* Mean square of the distance between neighbours, in full scales: uniform noise
 * has 0.67, loud music 0.01, a saw tooth 0.02. */
#define NOISY 0.3
#define QUIET 0.03
#define QUIET_CHUNKS 4
#define BURST_LEAST 2
#define BURST_MOST_BYTES 16384

/* A lost block, in bytes. */
#define HOLE_LEAST 512
#define HOLE_MOST 16384
/* A step is foreign to the sound if it is so much longer than any of so many
 * around it, and so high. */
#define STEP_RATIO 4
#define STEP_FRAMES 64
#define STEP_LEAST 0.02f
/* Frames on either side of a hole that may be cut in their middle. */
#define EDGE_FRAMES 2
/* No other hole within a quarter of a second: sound that is switched on and off
 * has many. */
#define ALONE_PER_SECOND 4

typedef struct {
  double square;
  double lag[LAGS];
  guint large;
  guint huge;
} Chunk;

typedef enum { BEFORE, ONSET, BURST, AFTER } BurstPhase;
typedef enum { SOUND, ZEROS, BEHIND, WAIT } HolePhase;

struct _CviPcmCheck {
  GstAudioInfo info;
  gboolean known;
  guint channels;
  guint width;                /* bytes of a sample */
  guint high;                 /* offset of its most significant byte */
  gint step;                  /* to the next lower one */
  float history[2 * HISTORY]; /* the last ones, twice */
  guint newest;
  guint64 n_samples;

  Chunk chunk;
  guint n_in_chunk;
  BurstPhase burst;
  guint n_quiet;
  Chunk sum;
  guint n_noisy;

  HolePhase hole;
  float steps[STEP_FRAMES]; /* the longest step of each of the last frames */
  guint next_step;
  float frame_step;
  float edge;
  guint64 n_zeros;
  guint64 since;
  float after;
  gboolean had_hole;
};

static void
choose_layout (CviPcmCheck *self)
{
  const GstAudioFormatInfo *format = self->info.finfo;
  gboolean little =
      GST_AUDIO_FORMAT_INFO_ENDIANNESS (format) == G_LITTLE_ENDIAN;
  guint used = GST_AUDIO_FORMAT_INFO_DEPTH (format) / 8;

  self->channels = (guint)GST_AUDIO_INFO_CHANNELS (&self->info);
  self->width = GST_AUDIO_FORMAT_INFO_WIDTH (format) / 8;
  self->high = little ? used - 1 : self->width - used;
  self->step = little ? -1 : 1;
  /* Of 8 bits a sample is too little known; unsigned ones are none of any
   * container's. */
  self->known =
      GST_AUDIO_FORMAT_INFO_IS_INTEGER (format) &&
      GST_AUDIO_FORMAT_INFO_IS_SIGNED (format) && used >= 2 &&
      GST_AUDIO_FORMAT_INFO_DEPTH (format) % 8 == 0 && self->channels > 0 &&
      self->channels <= MAX_CHANNELS &&
      GST_AUDIO_INFO_LAYOUT (&self->info) == GST_AUDIO_LAYOUT_INTERLEAVED;
}

CviPcmCheck *
cvi_pcm_check_new (GstCaps *caps)
{
  CviPcmCheck *self = g_new0 (CviPcmCheck, 1);

  if (gst_audio_info_from_caps (&self->info, caps))
    choose_layout (self);
  return self;
}

void
cvi_pcm_check_free (CviPcmCheck *check)
{
  g_free (check);
}

/* Is what was gathered white noise whose values are evenly spread? */
static gboolean
is_foreign (const Chunk *sum, double n)
{
  for (guint lag = 0; lag < LAGS; lag++) {
    double ratio = sum->lag[lag] / (2 * sum->square);

    if (ratio < 0.65 || ratio > 1.35)
      return FALSE;
  }
  return sum->square > 0.2 * n && sum->square < 0.47 * n &&
         sum->large > 0.3 * n && sum->large < 0.68 * n &&
         sum->huge > 0.02 * n && sum->huge < 0.25 * n;
}

static void
restart_burst (CviPcmCheck *self, gboolean quiet)
{
  self->burst = BEFORE;
  self->n_quiet = quiet;
}

static void
grow_burst (CviPcmCheck *self)
{
  if (self->burst != BURST) {
    memset (&self->sum, 0, sizeof self->sum);
    self->n_noisy = 0;
    self->burst = BURST;
  }
  self->n_noisy++;
  self->sum.square += self->chunk.square;
  for (guint lag = 0; lag < LAGS; lag++)
    self->sum.lag[lag] += self->chunk.lag[lag];
  self->sum.large += self->chunk.large;
  self->sum.huge += self->chunk.huge;
  if (self->n_noisy * CHUNK * self->width > BURST_MOST_BYTES)
    restart_burst (self, FALSE);
}

/* A chunk is complete. Quiet ones, one that is partly noise, noise, one that is
 * partly noise, and quiet ones again are a burst. Returns: whether one ended */
static gboolean
judge_chunk (CviPcmCheck *self)
{
  gboolean noisy = self->chunk.lag[0] > NOISY * CHUNK;
  /* Noise that comes out of nothing is more likely made so. */
  gboolean quiet = self->chunk.lag[0] < QUIET * CHUNK && self->chunk.square > 0;

  switch (self->burst) {
    case BEFORE:
      if (quiet)
        self->n_quiet++;
      else if (self->n_quiet < QUIET_CHUNKS)
        self->n_quiet = 0;
      else if (noisy)
        grow_burst (self);
      else
        self->burst = ONSET;
      return FALSE;
    case ONSET:
      if (noisy)
        grow_burst (self);
      else
        restart_burst (self, quiet);
      return FALSE;
    case BURST:
      if (noisy) {
        grow_burst (self);
        return FALSE;
      }
      self->burst = AFTER;
      self->n_quiet = quiet;
      return FALSE;
    case AFTER:
    default:
      if (!quiet)
        restart_burst (self, FALSE);
      else if (++self->n_quiet == QUIET_CHUNKS)
        self->burst = BEFORE;
      return self->n_quiet == QUIET_CHUNKS && self->n_noisy >= BURST_LEAST &&
             is_foreign (&self->sum, self->n_noisy * (double)CHUNK);
  }
}

static gboolean
add_to_chunk (CviPcmCheck *self, float x, const float *before)
{
  float height = fabsf (x);
  gboolean found;

  self->chunk.square += x * x;
  self->chunk.large += height > 0.5f;
  self->chunk.huge += height > 0.9f;
  for (guint lag = 0; lag < LAGS; lag++) {
    float distance = x - before[-(gint)((lag + 1) * self->channels)];

    self->chunk.lag[lag] += distance * distance;
  }
  if (++self->n_in_chunk < CHUNK)
    return FALSE;
  found = judge_chunk (self);
  memset (&self->chunk, 0, sizeof self->chunk);
  self->n_in_chunk = 0;
  return found;
}

/* Of the frames before the last @skip ones. */
static float
longest_step (const CviPcmCheck *self, guint skip)
{
  float longest = 0;

  for (guint i = skip; i < STEP_FRAMES; i++)
    longest =
        MAX (longest, self->steps[(self->next_step - 1 - i) % STEP_FRAMES]);
  return longest;
}

static void
begin_hole (CviPcmCheck *self, const float *before)
{
  self->edge = 0;
  for (guint c = 1; c <= EDGE_FRAMES * self->channels; c++)
    self->edge = MAX (self->edge, fabsf (before[-(gint)c]));
  self->n_zeros = 1;
  self->hole = ZEROS;
  /* The sound came down to zero by itself. */
  if (self->edge < STEP_LEAST ||
      self->edge < STEP_RATIO * longest_step (self, EDGE_FRAMES))
    self->edge = 0;
}

/* The first sample behind a run of zeros; a short run is part of the sound. */
static void
end_hole (CviPcmCheck *self)
{
  guint64 bytes = self->n_zeros * self->width;

  self->hole = SOUND;
  if (bytes < HOLE_LEAST)
    return;
  if (self->edge > 0 && bytes <= HOLE_MOST && !self->had_hole)
    self->hole = BEHIND;
  self->had_hole = TRUE;
  self->since = 0;
  self->after = 0;
  self->n_zeros = 0;
}

/* Behind the hole the steps of a few frames tell whether the sound came up by
 * itself; the wait tells whether it is switched on and off. */
static gboolean
follow_hole (CviPcmCheck *self, float x)
{
  guint64 frame = self->since++ / self->channels;

  self->n_zeros = x == 0 ? self->n_zeros + 1 : 0;
  if (self->n_zeros * self->width >= HOLE_LEAST) {
    self->hole = ZEROS;
    self->edge = 0;
    return FALSE;
  }
  if (self->hole == BEHIND && frame < EDGE_FRAMES) {
    self->after = MAX (self->after, fabsf (x));
  } else if (self->hole == BEHIND && frame >= EDGE_FRAMES + STEP_FRAMES) {
    self->hole = self->after >= STEP_LEAST &&
                         self->after >= STEP_RATIO * longest_step (self, 0)
                     ? WAIT
                     : SOUND;
  }
  if (self->hole != WAIT ||
      frame * ALONE_PER_SECOND < (guint64)GST_AUDIO_INFO_RATE (&self->info))
    return FALSE;
  self->hole = SOUND;
  return TRUE;
}

static void
add_step (CviPcmCheck *self, float distance)
{
  self->frame_step = MAX (self->frame_step, distance);
  if (self->n_samples % self->channels != 0)
    return;
  self->steps[self->next_step++ % STEP_FRAMES] = self->frame_step;
  self->frame_step = 0;
}

static gboolean
add_to_hole (CviPcmCheck *self, float x, const float *before)
{
  gboolean found = FALSE;

  if (self->hole == ZEROS && x == 0) {
    self->n_zeros++;
    return FALSE;
  }
  if (self->hole == ZEROS)
    end_hole (self);
  if (self->hole == BEHIND || self->hole == WAIT) {
    found = follow_hole (self, x);
  } else if (x == 0) {
    begin_hole (self, before);
    return FALSE;
  }
  add_step (self, fabsf (x - before[-(gint)self->channels]));
  return found;
}

static float
load_sample (const CviPcmCheck *self, const guint8 *data)
{
  const guint8 *high = data + self->high;

  return (float)(gint16)(high[0] << 8 | high[self->step]) / 32768.f;
}

gboolean
cvi_pcm_check_packet (
    CviPcmCheck *check, const guint8 *data, gsize size, const char **fault)
{
  gsize n = check->known ? size / check->width : 0;

  *fault = NULL;
  for (gsize i = 0; i < n; i++) {
    float x = load_sample (check, data + i * check->width);
    const float *before = check->history + HISTORY + check->newest;

    check->n_samples++;
    if (add_to_chunk (check, x, before))
      *fault = "foreign bytes in the sound: a burst of noise";
    if (add_to_hole (check, x, before))
      *fault = "a hole in the sound, filled with zeros";
    check->history[check->newest] = check->history[check->newest + HISTORY] = x;
    check->newest = (check->newest + 1) % HISTORY;
  }
  return *fault == NULL;
}
