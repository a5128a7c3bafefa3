/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/fixity/cvi-read-gate.h"

struct _CviReadGate {
  GMutex lock;
  GCond changed;
  guint64 rate;
  gint64 free_us; /* when the rate allows for the next read (monotonic) */
  guint64 bytes;
  gboolean closed;
};

CviReadGate *
cvi_read_gate_new (guint64 bytes_per_s)
{
  CviReadGate *gate = g_new0 (CviReadGate, 1);

  g_mutex_init (&gate->lock);
  g_cond_init (&gate->changed);
  gate->rate = bytes_per_s;
  return gate;
}

void
cvi_read_gate_free (CviReadGate *gate)
{
  if (!gate)
    return;
  g_mutex_clear (&gate->lock);
  g_cond_clear (&gate->changed);
  g_free (gate);
}

void
cvi_read_gate_close (CviReadGate *gate)
{
  g_return_if_fail (gate != NULL);

  g_mutex_lock (&gate->lock);
  gate->closed = TRUE;
  g_cond_broadcast (&gate->changed);
  g_mutex_unlock (&gate->lock);
}

gboolean
cvi_read_gate_pass (CviReadGate *gate, guint64 bytes)
{
  gboolean open;

  g_return_val_if_fail (gate != NULL, FALSE);

  g_mutex_lock (&gate->lock);
  gate->bytes += bytes;
  if (gate->rate > 0) {
    gint64 now = g_get_monotonic_time ();
    gint64 mine = MAX (gate->free_us, now);

    /* Each read takes its time on a line of all of them. */
    gate->free_us =
        mine + (gint64)((double)bytes / (double)gate->rate * G_USEC_PER_SEC);
    while (!gate->closed && g_get_monotonic_time () < mine)
      g_cond_wait_until (&gate->changed, &gate->lock, mine);
  }
  open = !gate->closed;
  g_mutex_unlock (&gate->lock);
  return open;
}

guint64
cvi_read_gate_get_bytes (CviReadGate *gate)
{
  guint64 bytes;

  g_return_val_if_fail (gate != NULL, 0);

  g_mutex_lock (&gate->lock);
  bytes = gate->bytes;
  g_mutex_unlock (&gate->lock);
  return bytes;
}
