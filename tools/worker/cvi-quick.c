/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-check-private.h"

#include <string.h>

/* Files up to this length are decoded whole ... */
#define WHOLE_NS (6 * GST_SECOND)
/* ... of longer ones so many windows of this length, spread from the start to
 * the end. */
#define WINDOWS 3
#define WINDOW_NS (GST_SECOND / 5)
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
make_windows (guint64 origin, guint64 duration)
{
  GArray *windows = g_array_new (FALSE, FALSE, sizeof (guint64));

  for (guint i = 0; i < WINDOWS; i++) {
    guint64 start =
        origin + gst_util_uint64_scale (duration - WINDOW_NS, i, WINDOWS - 1);

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
  CviPassConfig config = { .plug = { .decode = TRUE } };

  cvi_check_begin_phase (self, CVI_PHASE_DECODE);
  cvi_check_run_pass (self, &config);
}

static void
run_windows (CviCheck *self, guint64 duration)
{
  g_autoptr (GArray) windows = make_windows (self->origin_ns, duration);
  g_autoptr (GArray) suspects = NULL;
  CviPassConfig config = {
    .plug = { .decode = TRUE }, .windows = windows, .window_ns = WINDOW_NS
  };

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

/* Has the structure walk proven damage? Then windows would only repeat it. */
static gboolean
is_proven (CviCheck *self)
{
  GPtrArray *findings =
      cvi_collector_get_findings (self->collectors[CVI_PHASE_STRUCTURE]);

  for (guint i = 0; i < findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (findings, i);

    if (cvi_finding_is_damage (finding) && finding->certainty >= SURE)
      return TRUE;
  }
  return FALSE;
}

void
cvi_check_run_quick (CviCheck *self)
{
  CviPassConfig parse = { .plug = { .decode = FALSE } };
  guint64 duration;

  cvi_check_begin_phase (self, CVI_PHASE_PARSE);
  cvi_check_run_pass (self, &parse);
  if (self->n_chains == 0)
    return;
  duration = cvi_check_get_duration (self);
  if (duration != CVI_NONE && duration > WHOLE_NS) {
    if (!is_proven (self))
      run_windows (self, duration);
  } else {
    run_whole (self);
  }
}
