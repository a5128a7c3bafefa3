/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-check-private.h"

#include <string.h>

/* Files up to this length, or this size where no length is known, are decoded
 * whole and at once ... */
#define WHOLE_NS (6 * GST_SECOND)
#define WHOLE_BYTES (1 << 20)
/* ... of longer ones windows, spread from the start to the end: of video of
 * which a sample of packets is checked, which sees three times as much in the
 * same time, only so many and so long that its decoder is tried; else one to
 * each WINDOW_EVERY_NS. */
#define SAMPLED_WINDOWS 2
#define SAMPLED_WINDOW_NS (GST_SECOND / 20)
#define WINDOW_NS (GST_SECOND / 5)
#define WINDOW_EVERY_NS (12 * GST_SECOND)
#define MIN_WINDOWS 3
#define MAX_WINDOWS 1000
/* Streams of audio that are decoded whole: of 1080p video each takes half a
 * percent of the time that decoding all takes. */
#define WHOLE_SOUNDS 2
/* What a window says is confirmed by decoding the place again from so much
 * earlier: a decoder that starts at a recovery point (open GOP, periodic intra
 * refresh) reports errors for a while that are none. */
#define CONFIRM_BEFORE_NS (4 * GST_SECOND)
#define CONFIRM_LEAD_NS (2 * GST_SECOND)
#define CONFIRM_NS (15 * GST_SECOND)
/* Certainty of a finding of the structure walk that needs no second one. */
#define SURE 0.9

/* Spread evenly; the first at the start, the last over the last seconds. */
static GArray *
make_windows (guint64 origin, guint64 duration, guint n, guint64 window)
{
  GArray *windows = g_array_new (FALSE, FALSE, sizeof (guint64));

  for (guint i = 0; i < n; i++) {
    guint64 start =
        origin + gst_util_uint64_scale (duration - window, i, n - 1);

    g_array_append_val (windows, start);
  }
  return windows;
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  guint64 one = *(const guint64 *)a, two = *(const guint64 *)b;

  return one < two ? -1 : one > two;
}

/* Where to decode again: ahead of each thing a decoder said. */
static GArray *
find_suspects (CviCheck *self)
{
  GArray *starts = g_array_new (FALSE, FALSE, sizeof (guint64));
  GPtrArray *findings =
      cvi_collector_get_findings (self->collectors[CVI_PHASE_DECODE]);

  for (guint i = 0; i < findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (findings, i);
    guint64 start;

    if (!g_str_has_prefix (finding->rule->id, "decode::") ||
        finding->severity == CVI_SEVERITY_INFO || finding->start_ns == CVI_NONE)
      continue;
    start = finding->start_ns > CONFIRM_BEFORE_NS
                ? finding->start_ns - CONFIRM_BEFORE_NS
                : 0;
    g_array_append_val (starts, start);
  }
  g_array_sort (starts, compare_times);
  for (guint i = starts->len; i > 1; i--) {
    if (g_array_index (starts, guint64, i - 1) -
            g_array_index (starts, guint64, i - 2) <
        CONFIRM_BEFORE_NS)
      g_array_remove_index (starts, i - 1);
  }
  return starts;
}

/* Did the windows miss a stream: no seeking, or no sync point in any of them?
 */
static gboolean
has_missed (const CviCheck *self)
{
  if (self->unseekable)
    return TRUE;
  for (guint i = 0; i < self->streams->len; i++) {
    const CviStream *stream = g_ptr_array_index (self->streams, i);

    if (stream->decoder && stream->frames == 0)
      return TRUE;
  }
  return FALSE;
}

static void
run_whole (CviCheck *self)
{
  CviPassConfig config = { .plug = { .decode = TRUE, .n_sounds = G_MAXUINT } };

  cvi_check_begin_phase (self, CVI_PHASE_DECODE);
  cvi_check_run_pass (self, &config);
}

/* @n_sounds: of the streams of audio have been decoded whole */
static void
run_windows (CviCheck *self, guint64 duration, guint n_sounds)
{
  guint64 window = self->sampled ? SAMPLED_WINDOW_NS : WINDOW_NS;
  guint n = self->sampled ? SAMPLED_WINDOWS
                          : (guint)CLAMP (duration / WINDOW_EVERY_NS,
                                MIN_WINDOWS, MAX_WINDOWS);
  g_autoptr (GArray) windows =
      make_windows (self->origin_ns, duration, n, window);
  g_autoptr (GArray) suspects = NULL;
  CviPassConfig config = { .plug = { .decode = TRUE,
                               .n_sounds = G_MAXUINT,
                               .n_sounds_left_out = n_sounds },
    .windows = windows,
    .window_ns = window };

  cvi_check_begin_phase (self, CVI_PHASE_DECODE);
  cvi_check_run_pass (self, &config);
  /* A sample that shows nothing is none. */
  if (has_missed (self)) {
    run_whole (self);
    return;
  }
  suspects = find_suspects (self);
  if (suspects->len == 0)
    return;
  cvi_check_begin_phase (self, CVI_PHASE_DECODE);
  config.windows = suspects;
  config.window_ns = CONFIRM_NS;
  config.lead_ns = CONFIRM_LEAD_NS;
  cvi_check_run_pass (self, &config);
}

static gboolean
has_proof (CviCheck *self, CviPhase phase)
{
  GPtrArray *findings = cvi_collector_get_findings (self->collectors[phase]);

  for (guint i = 0; i < findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (findings, i);

    if (cvi_finding_is_damage (finding) && finding->certainty >= SURE)
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_short (const CviCheck *self)
{
  guint64 duration = self->info ? self->info->duration_ns : CVI_NONE;

  return duration == CVI_NONE ? self->before.size <= WHOLE_BYTES
                              : duration <= WHOLE_NS;
}

static gboolean
declares_video (const CviCheck *self)
{
  for (guint i = 0; self->info && i < self->info->streams->len; i++) {
    const CviStructureStream *stream =
        g_ptr_array_index (self->info->streams, i);

    if (strcmp (stream->kind, "video") == 0)
      return TRUE;
  }
  return FALSE;
}

void
cvi_check_run_quick (CviCheck *self)
{
  /* Sound without video is no small part of the work. */
  guint n_sounds = declares_video (self) ? WHOLE_SOUNDS : 0;
  CviPassConfig parse = { .plug = { .n_sounds = n_sounds }, .sample = TRUE };
  guint64 duration;

  if (is_short (self)) {
    run_whole (self);
    self->decoded = TRUE;
    return;
  }
  cvi_check_begin_phase (self, CVI_PHASE_PARSE);
  cvi_check_run_pass (self, &parse);
  if (self->n_chains == 0)
    return;
  duration = cvi_check_get_duration (self);
  /* A demuxer with nothing linked fails. */
  if (self->n_videos == 0 && self->n_sounds <= n_sounds)
    return;
  if (duration != CVI_NONE && duration > WHOLE_NS) {
    /* Windows would only repeat proven damage. */
    if (!has_proof (self, CVI_PHASE_STRUCTURE) &&
        !has_proof (self, CVI_PHASE_PARSE))
      run_windows (self, duration, n_sounds);
  } else {
    run_whole (self);
  }
}
