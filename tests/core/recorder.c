/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/core/recorder.h"

static void
on_event (const CviContinuityEvent *event, gpointer user_data)
{
  Recorder *recorder = user_data;

  g_array_append_vals (recorder->events, event, 1);
}

Recorder *
recorder_new (void)
{
  Recorder *recorder = g_new0 (Recorder, 1);

  recorder->continuity = cvi_continuity_new (on_event, recorder);
  recorder->events = g_array_new (FALSE, FALSE, sizeof (CviContinuityEvent));
  return recorder;
}

void
recorder_free (Recorder *recorder)
{
  cvi_continuity_free (recorder->continuity);
  g_array_unref (recorder->events);
  g_free (recorder);
}

void
recorder_push (Recorder *recorder, guint64 pts, guint64 duration)
{
  cvi_continuity_push (recorder->continuity, pts, CVI_NONE, duration, FALSE);
}

void
recorder_push_pal (Recorder *recorder, guint64 start, guint n)
{
  for (guint i = 0; i < n; i++)
    recorder_push (recorder, start + i * 40 * MSECOND, 40 * MSECOND);
}

static void
print_events (Recorder *recorder)
{
  for (guint i = 0; i < recorder->events->len; i++) {
    const CviContinuityEvent *event =
        &g_array_index (recorder->events, CviContinuityEvent, i);

    g_test_message ("event kind %d, %.6f to %.6f s, %" G_GUINT64_FORMAT
                    " frames",
        event->kind, (double)event->start_ns / SECOND,
        (double)event->end_ns / SECOND, event->n_frames);
  }
}

void
recorder_assert_silent (Recorder *recorder)
{
  cvi_continuity_drain (recorder->continuity);
  print_events (recorder);
  g_assert_cmpuint (recorder->events->len, ==, 0);
}

static void
assert_near (guint64 value, guint64 wanted, guint64 slack)
{
  g_assert_cmpuint (value + slack, >=, wanted);
  g_assert_cmpuint (value, <=, wanted + slack);
}

void
recorder_assert_one (Recorder *recorder, CviContinuityKind kind, guint64 start,
    guint64 end, guint64 slack, guint64 n_frames)
{
  const CviContinuityEvent *event;

  cvi_continuity_drain (recorder->continuity);
  print_events (recorder);
  g_assert_cmpuint (recorder->events->len, ==, 1);
  event = &g_array_index (recorder->events, CviContinuityEvent, 0);
  g_assert_cmpint (event->kind, ==, kind);
  assert_near (event->start_ns, start, slack);
  assert_near (event->end_ns, end, slack);
  assert_near (event->n_frames, n_frames, n_frames < 25 ? 0 : n_frames / 25);
}
