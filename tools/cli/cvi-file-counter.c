/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-file-counter.h"

/* @n and @finished are written by the thread and @cancelled by the owner, all
 * atomically; the rest belongs to the thread. */
struct _CviFileCounter {
  CviSources *sources;
  GThread *thread;
  gsize n;
  gint finished;
  gint cancelled;
};

static gpointer
count_files (gpointer user_data)
{
  CviFileCounter *counter = user_data;
  g_autoptr (CviEnumerator) enumerator =
      cvi_sources_enumerate (counter->sources, TRUE);
  CviFile *file;

  while (!g_atomic_int_get (&counter->cancelled) &&
         (file = cvi_enumerator_next (enumerator))) {
    g_atomic_pointer_add (&counter->n, 1);
    cvi_file_free (file);
  }
  if (!g_atomic_int_get (&counter->cancelled))
    g_atomic_int_set (&counter->finished, TRUE);
  return NULL;
}

CviFileCounter *
cvi_file_counter_new (const CviSources *sources)
{
  CviFileCounter *counter;

  g_return_val_if_fail (sources, NULL);

  counter = g_new0 (CviFileCounter, 1);
  if (cvi_sources_can_repeat (sources))
    counter->sources = cvi_sources_copy (sources, NULL);
  /* Without a thread the total just stays unknown. */
  if (counter->sources)
    counter->thread =
        g_thread_try_new ("count-files", count_files, counter, NULL);
  return counter;
}

guint64
cvi_file_counter_get (CviFileCounter *counter, gboolean *finished)
{
  g_return_val_if_fail (counter, 0);
  g_return_val_if_fail (finished, 0);

  *finished = g_atomic_int_get (&counter->finished);
  return (gsize)g_atomic_pointer_get (&counter->n);
}

void
cvi_file_counter_free (CviFileCounter *counter)
{
  if (!counter)
    return;
  g_atomic_int_set (&counter->cancelled, TRUE);
  if (counter->thread)
    g_thread_join (counter->thread);
  cvi_sources_free (counter->sources);
  g_free (counter);
}
