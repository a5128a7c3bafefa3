/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-pool-private.h"

#define MAX_WORKERS 1024
#define TICK_MS 250
/* Files taken in advance where a worker has to be replaced. */
#define LOOK_AHEAD 64
/* Files that may wait for their device. */
#define DEVICE_LOOK_AHEAD 256
/* Files among which the largest is looked for at the end. */
#define ORDER_LOOK_AHEAD 16

G_DEFINE_QUARK (cvi_pool_error_quark, cvi_pool_error)

/* Of the scaled time limit. A share of a slow disk is 1 MB/s, and decoding on
 * one slow CPU takes about as long as the file, in each of two passes. */
#define TIMEOUT_BASE_S 600.
#define TIMEOUT_BYTES_PER_S 1e6
#define TIMEOUT_PER_DURATION 4.
/* A header can claim any duration; less than 16 kbit/s is no video. */
#define MIN_BYTES_PER_S 2000.

double
cvi_pool_scaled_timeout (guint64 size, guint64 duration_ns)
{
  double duration_s = duration_ns == CVI_NONE ? 0. : (double)duration_ns / 1e9;

  duration_s = MIN (duration_s, (double)size / MIN_BYTES_PER_S);
  return TIMEOUT_BASE_S + (double)size / TIMEOUT_BYTES_PER_S +
         TIMEOUT_PER_DURATION * duration_s;
}

static void
hand_out (CviResult *result, gpointer user_data)
{
  CviPool *pool = user_data;

  pool->callbacks.done (result, pool->user_data);
}

void
cvi_pool_deliver (
    CviPool *pool, const CviFile *file, CviResult *result, gboolean died)
{
  GError *error = NULL;

  if (cvi_blame_take (pool->blame, file, result, died, &error))
    return;
  if (pool->failure)
    g_error_free (error);
  else
    pool->failure = error;
}

static gint64
seconds_to_us (double seconds)
{
  /* NAN and what is below zero count as never. */
  if (!(seconds > 0))
    return 0;
  return (gint64)(MIN (seconds, 1e9) * G_TIME_SPAN_SECOND);
}

CviPool *
cvi_pool_new (const CviPoolConfig *config, const CviPoolCallbacks *callbacks,
    gpointer user_data)
{
  CviPool *pool;

  g_return_val_if_fail (config != NULL && config->worker != NULL, NULL);
  g_return_val_if_fail (config->n_workers <= MAX_WORKERS, NULL);
  g_return_val_if_fail (callbacks != NULL, NULL);
  g_return_val_if_fail (callbacks->next != NULL && callbacks->done, NULL);

  pool = g_new0 (CviPool, 1);
  pool->worker = g_strdup (config->worker);
  pool->hw = g_strdup (config->hw ? config->hw : "auto");
  pool->sandbox = g_strdup (config->sandbox ? config->sandbox : "auto");
  pool->hash = g_strdup (config->hash ? config->hash : "none");
  pool->hash_block = config->hash_block ? config->hash_block : CVI_FIXITY_BLOCK;
  pool->ranges = config->ranges;
  pool->mode = config->mode;
  pool->stall_us = seconds_to_us (config->stall_timeout_s);
  pool->deadline_us = seconds_to_us (config->file_timeout_s);
  pool->scaled_deadline = config->file_timeout_s == CVI_POOL_TIMEOUT_SCALED;
  pool->memory_limit = config->memory_limit_bytes;
  pool->callbacks = *callbacks;
  pool->user_data = user_data;
  pool->blame = cvi_blame_new (hand_out, pool);
  pool->devices = cvi_devices_new (config->jobs_per_device, NULL);
  pool->hw_sessions =
      cvi_hw_sessions_new (config->hw_devices, config->hw_sessions);
  pool->registry = cvi_registry_new (config->worker, config->registry);
  pool->roots = cvi_roots_new (config->roots);
  pool->n_slots =
      config->n_workers ? config->n_workers : cvi_pool_default_workers ();
  pool->n_slots = MIN (pool->n_slots, MAX_WORKERS);
  pool->slots = g_new0 (CviSlot, pool->n_slots);
  for (guint i = 0; i < pool->n_slots; i++) {
    pool->slots[i].pool = pool;
    pool->slots[i].index = i;
  }
  g_queue_init (&pool->waiting);
  return pool;
}

void
cvi_pool_free (CviPool *pool)
{
  if (!pool)
    return;
  for (guint i = 0; i < pool->n_slots; i++) {
    cvi_worker_process_free (pool->slots[i].process);
    cvi_job_free (pool->slots[i].job);
    g_clear_pointer (&pool->slots[i].roots, g_hash_table_unref);
  }
  g_free (pool->slots);
  g_queue_clear_full (&pool->waiting, (GDestroyNotify)cvi_job_free);
  cvi_blame_free (pool->blame);
  cvi_devices_free (pool->devices);
  cvi_hw_sessions_free (pool->hw_sessions);
  cvi_registry_free (pool->registry);
  cvi_roots_free (pool->roots);
  g_clear_error (&pool->failure);
  g_free (pool->worker);
  g_free (pool->hw);
  g_free (pool->sandbox);
  g_free (pool->hash);
  g_free (pool);
}

guint
cvi_pool_get_n_started (CviPool *pool)
{
  g_return_val_if_fail (pool != NULL, 0);

  return pool->n_started;
}

void
cvi_pool_stop (CviPool *pool)
{
  g_return_if_fail (pool != NULL);

  pool->stopped = TRUE;
}

static gboolean
on_tick (gpointer user_data)
{
  CviPool *pool = user_data;
  gint64 now = g_get_monotonic_time ();
  gint64 slept_us =
      now - pool->last_tick_us - TICK_MS * G_TIME_SPAN_MILLISECOND;

  pool->last_tick_us = now;
  /* If this process itself stood still (was stopped, waited for a consumer),
   * that is not the workers' time. */
  if (slept_us < G_TIME_SPAN_SECOND)
    slept_us = 0;
  for (guint i = 0; i < pool->n_slots; i++)
    cvi_slot_tick (&pool->slots[i], slept_us);
  return G_SOURCE_CONTINUE;
}

static gboolean
is_idle (CviSlot *slot)
{
  return slot->ready && !slot->leaving && !slot->job &&
         !cvi_worker_process_is_ending (slot->process);
}

/* May the worker of @slot read the file? Without a sandbox it may. */
static gboolean
can_serve (CviSlot *slot, const CviJob *job)
{
  return g_str_equal (slot->pool->sandbox, "off") ||
         cvi_roots_cover (slot->roots, job->file);
}

/* @job: (nullable): that is waiting
 * Returns: (nullable): where a job can go: to an idle worker that may read the
 * file, else to a place without worker, else to where another worker has to be
 * put in the place of an idle one */
static CviSlot *
find_free_slot (CviPool *pool, const CviJob *job)
{
  CviSlot *empty = NULL;
  CviSlot *unfit = NULL;

  for (guint i = 0; i < pool->n_slots; i++) {
    CviSlot *slot = &pool->slots[i];

    if (!slot->process) {
      empty = empty || slot->job ? empty : slot;
    } else if (is_idle (slot)) {
      if (!job || can_serve (slot, job))
        return slot;
      unfit = slot;
    }
  }
  return empty ? empty : unfit;
}

/* Returns: (nullable): a slot whose worker has ended, but not its job */
static CviSlot *
find_deserted_slot (CviPool *pool)
{
  for (guint i = 0; i < pool->n_slots; i++) {
    if (pool->slots[i].job && !pool->slots[i].process)
      return &pool->slots[i];
  }
  return NULL;
}

/* Takes the next file from the supply. Returns whether there was one. */
static gboolean
take_file (CviPool *pool)
{
  g_autoptr (CviFile) file = NULL;

  if (pool->supply_ended)
    return FALSE;
  file = pool->callbacks.next (pool->user_data);
  if (!file) {
    pool->supply_ended =
        !pool->callbacks.pending || !pool->callbacks.pending (pool->user_data);
    return FALSE;
  }
  if (pool->stopped)
    return FALSE;
  if (file->problem)
    cvi_pool_deliver (
        pool, file, cvi_job_unusable_result (file, pool->mode), FALSE);
  else
    g_queue_push_tail (&pool->waiting, cvi_job_new (g_steal_pointer (&file)));
  return TRUE;
}

static guint
count_fetched (CviPool *pool)
{
  guint n = 0;

  for (GList *l = pool->waiting.head; l; l = l->next)
    n += ((CviJob *)l->data)->file->fetched;
  return n;
}

/* May more files be taken than can begin now? One that was fetched takes room
 * until it is checked: not with @most of them already. */
static gboolean
may_take_ahead (CviPool *pool, guint most)
{
  return !pool->supply_ended && count_fetched (pool) < most &&
         pool->callbacks.ready && pool->callbacks.ready (pool->user_data);
}

/* Widens the roots by what @job needs. A list may name another folder in each
 * line: what comes next is admitted too, for one new worker instead of many. */
static void
admit (CviPool *pool, const CviJob *job)
{
  if (cvi_roots_cover (cvi_roots_get (pool->roots), job->file))
    return;
  for (guint i = 0; i < LOOK_AHEAD && may_take_ahead (pool, 1); i++) {
    if (!take_file (pool))
      break;
  }
  for (GList *l = pool->waiting.head; l; l = l->next)
    cvi_roots_admit (pool->roots, ((CviJob *)l->data)->file);
  /* Last, since too many drop earlier ones. */
  cvi_roots_admit (pool->roots, job->file);
}

/* Is another file of the job's device at work that it has to wait for? */
static gboolean
must_wait (CviPool *pool, const CviJob *job)
{
  guint64 device = job->file->device;
  guint left = cvi_devices_get_limit (pool->devices, device);

  if (left == 0)
    return FALSE;
  for (guint i = 0; i < pool->n_slots; i++) {
    const CviJob *other = pool->slots[i].job;

    if (other && other->file->device == device && --left == 0)
      return TRUE;
  }
  return FALSE;
}

/* Of the last files the largest goes first: a worker that begins with one when
 * the others have nothing left is what a scan then waits for.
 * Returns: (nullable): the first waiting job that may begin */
static CviJob *
find_job (CviPool *pool)
{
  CviJob *best = NULL;

  for (GList *l = pool->waiting.head; l; l = l->next) {
    CviJob *job = l->data;

    if (must_wait (pool, job) || cvi_pool_lacks_session (pool, job))
      continue;
    if (!pool->supply_ended || pool->n_slots == 1)
      return job;
    if (!best || job->file->size > best->file->size)
      best = job;
  }
  return best;
}

/* While all workers are busy a few files are taken ahead, so that it is known
 * which are the last. */
static gboolean
take_for_order (CviPool *pool)
{
  return pool->n_slots > 1 && pool->waiting.length < ORDER_LOOK_AHEAD &&
         may_take_ahead (pool, 1) && take_file (pool);
}

/* Takes another file where none of those that wait may begin: the next may be
 * on another device, also than the one that fetched files are on. */
static gboolean
take_ahead (CviPool *pool)
{
  if (!find_free_slot (pool, NULL))
    return FALSE;
  if (g_queue_is_empty (&pool->waiting))
    return take_file (pool);
  return pool->waiting.length < DEVICE_LOOK_AHEAD && may_take_ahead (pool, 2) &&
         take_file (pool);
}

/* Does one thing that can be done at once. Returns FALSE if there is none. */
static gboolean
schedule (CviPool *pool)
{
  CviSlot *slot = find_deserted_slot (pool);
  CviJob *job;

  if (slot) {
    cvi_roots_admit (pool->roots, slot->job->file);
    cvi_slot_start (slot);
    return TRUE;
  }
  if (!find_free_slot (pool, NULL))
    return take_for_order (pool);
  job = find_job (pool);
  if (!job)
    return take_ahead (pool);
  if (!g_str_equal (pool->sandbox, "off"))
    admit (pool, job);
  slot = find_free_slot (pool, job);
  if (!slot)
    return FALSE;
  if (!slot->process) {
    if (!cvi_registry_warm (pool->registry))
      return FALSE;
    cvi_slot_start (slot);
    if (!slot->process)
      return TRUE;
  }
  g_queue_remove (&pool->waiting, job);
  slot->job = job;
  cvi_pool_take_session (pool, job);
  if (slot->ready && can_serve (slot, job))
    cvi_slot_send_job (slot);
  else if (slot->ready)
    cvi_slot_quit (slot);
  return TRUE;
}

static gboolean
is_finished (CviPool *pool)
{
  if (!pool->supply_ended || !g_queue_is_empty (&pool->waiting))
    return FALSE;
  for (guint i = 0; i < pool->n_slots; i++) {
    if (pool->slots[i].job)
      return FALSE;
  }
  return TRUE;
}

static gboolean
has_workers (CviPool *pool)
{
  for (guint i = 0; i < pool->n_slots; i++) {
    if (pool->slots[i].process)
      return TRUE;
  }
  return FALSE;
}

/* Lets workers go: politely at the end, at once when stopped. */
static void
dismiss_workers (CviPool *pool, GMainContext *context)
{
  gboolean at_once = pool->stopped || pool->failure;

  for (guint i = 0; i < pool->n_slots; i++) {
    CviSlot *slot = &pool->slots[i];

    if (!slot->process)
      continue;
    if (at_once) {
      cvi_worker_process_kill (slot->process, CVI_END_DISMISSED);
    } else if (!slot->leaving) {
      cvi_slot_quit (slot);
    }
  }
  /* Ends, since the ticks kill whoever stays and then forget it. */
  while (has_workers (pool))
    g_main_context_iteration (context, TRUE);
}

gboolean
cvi_pool_run (CviPool *pool, GError **error)
{
  g_autoptr (GMainContext) context = NULL;
  g_autoptr (GSource) ticks = NULL;

  g_return_val_if_fail (pool != NULL && !pool->has_run, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  pool->has_run = TRUE;
  context = g_main_context_ref_thread_default ();
  ticks = g_timeout_source_new (TICK_MS);
  g_source_set_callback (ticks, on_tick, pool, NULL);
  g_source_attach (ticks, context);
  pool->last_tick_us = g_get_monotonic_time ();

  while (!pool->stopped && !pool->failure) {
    gboolean more = schedule (pool);

    if (!more && is_finished (pool))
      break;
    g_main_context_iteration (context, !more && !pool->stopped);
  }
  /* Too few to blame anything else. */
  cvi_blame_settle (pool->blame);
  dismiss_workers (pool, context);
  g_source_destroy (ticks);
  if (pool->failure) {
    g_propagate_error (error, g_steal_pointer (&pool->failure));
    return FALSE;
  }
  return TRUE;
}
