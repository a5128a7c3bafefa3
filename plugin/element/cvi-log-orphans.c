/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-log-orphans.h"

#include <stdatomic.h>

static GQueue orphans = G_QUEUE_INIT;
static atomic_uint n_orphans;

static void
orphan_free (gpointer data)
{
  CviLogOrphan *orphan = data;

  g_free (orphan->text);
  g_free (orphan);
}

void
cvi_log_orphans_add (const CviLogOrphan *orphan)
{
  CviLogOrphan *last = g_queue_peek_tail (&orphans);
  CviLogOrphan *copy;

  if (last && last->row == orphan->row && last->object == orphan->object &&
      last->thread == orphan->thread) {
    last->count++;
    return;
  }
  if (orphans.length == CVI_LOG_MAX_ORPHANS)
    orphan_free (g_queue_pop_head (&orphans));
  copy = g_memdup2 (orphan, sizeof *orphan);
  copy->text = cvi_sanitise_text (orphan->text, -1, CVI_FINDING_MAX_MESSAGE);
  copy->count = 1;
  g_queue_push_tail (&orphans, copy);
  atomic_store (&n_orphans, orphans.length);
}

/* Lines about @object, or without an object and from @thread. */
static gboolean
fits (const CviLogOrphan *orphan, gconstpointer object, gconstpointer thread)
{
  if (object)
    return orphan->object == object || orphan->parent == object;
  return !orphan->object && (!thread || orphan->thread == thread);
}

static void
take (gconstpointer object, gconstpointer thread, CviLogOrphanFunc func,
    gpointer user_data)
{
  GList *next;

  for (GList *l = orphans.head; l; l = next) {
    CviLogOrphan *orphan = l->data;

    next = l->next;
    if (!fits (orphan, object, thread))
      continue;
    func (orphan, user_data);
    orphan_free (orphan);
    g_queue_delete_link (&orphans, l);
  }
  atomic_store (&n_orphans, orphans.length);
}

void
cvi_log_orphans_take_object (
    gconstpointer object, CviLogOrphanFunc func, gpointer user_data)
{
  take (object, NULL, func, user_data);
}

void
cvi_log_orphans_take_thread (
    gconstpointer thread, CviLogOrphanFunc func, gpointer user_data)
{
  take (NULL, thread, func, user_data);
}

void
cvi_log_orphans_clear (void)
{
  g_queue_clear_full (&orphans, orphan_free);
  atomic_store (&n_orphans, 0);
}

gboolean
cvi_log_orphans_waiting (void)
{
  return atomic_load_explicit (&n_orphans, memory_order_relaxed) > 0;
}
