/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-readers.h"

#include "tools/pool/cvi-devices.h"
#include "tools/pool/cvi-pool.h"

#define MAX_JOBS 4
/* Looks in advance for each thread: a device must not wait for the store. */
#define AHEAD 32
/* A tree with a device each is possible; the rest shares one pool. */
#define MAX_DEVICES 64

struct _CviReaders {
  CviReadGate *gate;
  guint jobs;
  CviDevices *devices;
  GHashTable *pools; /* guint64 * -> GThreadPool */
  GAsyncQueue *done;
  guint n_pending;
};

static void
look (gpointer data, gpointer user_data)
{
  CviReaders *readers = user_data;

  cvi_look_run (data, readers->gate);
  g_async_queue_push (readers->done, data);
}

static void
free_pool (gpointer pool)
{
  g_thread_pool_free (pool, FALSE, TRUE);
}

CviReaders *
cvi_readers_new (CviReadGate *gate, guint jobs, guint per_device)
{
  CviReaders *readers = g_new0 (CviReaders, 1);

  readers->gate = gate;
  readers->jobs = jobs ? jobs : MIN (cvi_pool_default_workers (), MAX_JOBS);
  readers->devices = cvi_devices_new (per_device, NULL);
  readers->pools =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, free_pool);
  readers->done = g_async_queue_new ();
  return readers;
}

void
cvi_readers_free (CviReaders *readers, GDestroyNotify free_look)
{
  gpointer left;

  if (!readers)
    return;
  g_hash_table_unref (readers->pools);
  while ((left = g_async_queue_try_pop (readers->done)))
    free_look (left);
  g_async_queue_unref (readers->done);
  cvi_devices_free (readers->devices);
  g_free (readers);
}

gboolean
cvi_readers_is_full (CviReaders *readers)
{
  return readers->n_pending >=
         AHEAD * readers->jobs * MAX (1, g_hash_table_size (readers->pools));
}

guint
cvi_readers_get_n_pending (CviReaders *readers)
{
  return readers->n_pending;
}

static GThreadPool *
get_pool (CviReaders *readers, guint64 device)
{
  GThreadPool *pool;
  guint limit;

  if (g_hash_table_size (readers->pools) >= MAX_DEVICES &&
      !g_hash_table_contains (readers->pools, &device))
    device = 0;
  pool = g_hash_table_lookup (readers->pools, &device);
  if (pool)
    return pool;
  limit = cvi_devices_get_limit (readers->devices, device);
  limit = limit ? MIN (limit, readers->jobs) : readers->jobs;
  pool = g_thread_pool_new (look, readers, (gint)limit, FALSE, NULL);
  g_hash_table_insert (
      readers->pools, g_memdup2 (&device, sizeof device), pool);
  return pool;
}

void
cvi_readers_push (CviReaders *readers, CviLook *one, guint64 device)
{
  g_return_if_fail (readers != NULL && one != NULL);

  readers->n_pending++;
  g_thread_pool_push (get_pool (readers, device), one, NULL);
}

CviLook *
cvi_readers_take (CviReaders *readers, guint64 timeout_us)
{
  CviLook *one;

  g_return_val_if_fail (readers != NULL, NULL);

  one = g_async_queue_timeout_pop (readers->done, timeout_us);
  if (one)
    readers->n_pending--;
  return one;
}
