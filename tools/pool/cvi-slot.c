/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-pool-private.h"

#include <signal.h>

#include "tools/pool/cvi-proc.h"

#define HELLO_TIMEOUT_US (30 * G_TIME_SPAN_SECOND)
/* What an idle worker may take to exit when asked. */
#define QUIT_TIMEOUT_US (2 * G_TIME_SPAN_SECOND)
/* A worker that says nothing is still at work if it reads: a slow disk. Less
 * than this is what threads that wake each other up read. */
#define MIN_READ_BYTES 4096
/* After so many in a row that die before HELLO the pool gives up. */
#define MAX_FAILED_STARTS 3

/* One start that came to nothing. @message: why */
static void
count_failed_start (CviPool *pool, const char *message)
{
  pool->failed_starts++;
  if (pool->failed_starts >= MAX_FAILED_STARTS && !pool->failure)
    g_set_error (&pool->failure, CVI_POOL_ERROR, CVI_POOL_ERROR_WORKER,
        "%s cannot be started: %s", pool->worker, message);
}

void
cvi_slot_send_job (CviSlot *slot)
{
  CviPool *pool = slot->pool;

  cvi_pool_take_session (pool, slot->job);
  cvi_worker_process_send (slot->process, CVI_WIRE_JOB,
      cvi_job_begin_attempt (slot->job,
          &(CviJobAttempt){ .id = ++pool->last_id,
              .mode = pool->mode,
              .hw = pool->hw,
              .hw_device = cvi_hw_sessions_get_device (
                  pool->hw_sessions, slot->job->session),
              .hash = pool->hash,
              .hash_block = pool->hash_block,
              .ranges = pool->ranges ? g_hash_table_lookup (
                                           pool->ranges, slot->job->file->path)
                                     : NULL }));
  slot->alive_us = g_get_monotonic_time ();
}

void
cvi_slot_quit (CviSlot *slot)
{
  slot->leaving = TRUE;
  slot->alive_us = g_get_monotonic_time ();
  cvi_worker_process_quit (slot->process);
}

/* A worker that has kept most of its limit after a file would have the next
 * one blamed for it. */
static void
slot_check_leftover_memory (CviSlot *slot)
{
  guint64 limit = slot->pool->memory_limit;

  if (limit > 0 &&
      cvi_proc_rss (cvi_worker_process_get_pid (slot->process)) > limit / 4 * 3)
    cvi_slot_quit (slot);
}

static gboolean
set_violation (GError **error, const char *what)
{
  g_set_error_literal (error, CVI_WIRE_ERROR, CVI_WIRE_ERROR_MALFORMED, what);
  return FALSE;
}

static gboolean
take_hello (CviSlot *slot, GVariant *body, GError **error)
{
  CviPool *pool = slot->pool;
  const char *missing;
  guint32 protocol;

  if (slot->ready)
    return set_violation (error, "a second HELLO");
  g_variant_get_child (body, 0, "u", &protocol);
  if (protocol != CVI_WIRE_PROTOCOL) {
    if (!pool->failure)
      g_set_error (&pool->failure, CVI_POOL_ERROR, CVI_POOL_ERROR_WORKER,
          "%s is of another version: it speaks protocol %u instead of %u",
          pool->worker, protocol, CVI_WIRE_PROTOCOL);
    return set_violation (error, "HELLO with another protocol");
  }
  g_variant_get_child (body, 3, "&s", &missing);
  if (*missing && g_str_equal (pool->sandbox, "require")) {
    if (!pool->failure)
      g_set_error (&pool->failure, CVI_POOL_ERROR, CVI_POOL_ERROR_SANDBOX,
          "the sandbox is required, and this system does not provide: %s",
          missing);
    return set_violation (error, "HELLO without the sandbox");
  }
  slot->ready = TRUE;
  pool->failed_starts = 0;
  if (slot->job)
    cvi_slot_send_job (slot);
  return TRUE;
}

static gboolean
take_finding (CviSlot *slot, GVariant *body, GError **error)
{
  CviPool *pool = slot->pool;
  g_autoptr (GVariant) variant = g_variant_get_child_value (body, 1);
  CviFinding *finding = cvi_finding_from_variant (variant, error);
  const CviFinding *kept;

  if (!finding)
    return FALSE;
  kept = cvi_collector_add (slot->job->findings, finding);
  if (kept)
    slot->alive_us = g_get_monotonic_time ();
  if (kept && pool->callbacks.finding)
    pool->callbacks.finding (slot->job->file->path, kept, pool->user_data);
  return TRUE;
}

/* A worker that only says again what it has said does not get on. */
static void
take_progress (CviSlot *slot, GVariant *body)
{
  CviPool *pool = slot->pool;
  CviJob *job = slot->job;
  guint64 buffers, bytes, position_ns;
  CviPoolProgress progress = {
    .worker = slot->index, .path = job->file->path, .size = job->file->size
  };

  g_variant_get (body, "(tttt)", NULL, &buffers, &bytes, &position_ns);
  if (buffers > job->buffers || bytes > job->bytes ||
      job->position_ns == CVI_NONE || position_ns > job->position_ns)
    slot->alive_us = g_get_monotonic_time ();
  job->buffers = MAX (job->buffers, buffers);
  job->bytes = MAX (job->bytes, bytes);
  if (job->position_ns == CVI_NONE || position_ns > job->position_ns)
    job->position_ns = position_ns;
  progress.bytes = bytes;
  progress.position_ns = position_ns;
  if (pool->callbacks.progress)
    pool->callbacks.progress (&progress, pool->user_data);
}

static gboolean
take_result (CviSlot *slot, GVariant *body, GError **error)
{
  g_autoptr (GVariant) variant = g_variant_get_child_value (body, 1);
  g_autoptr (CviJob) job = NULL;
  CviResult *result = cvi_result_from_variant (variant, error);
  gboolean accepted;

  if (!result)
    return FALSE;
  if (cvi_result_find (result, CVI_RULE_IO_CHANGED) &&
      cvi_job_look_again (slot->job)) {
    cvi_result_free (result);
    cvi_slot_send_job (slot);
    return TRUE;
  }
  job = g_steal_pointer (&slot->job);
  slot_check_leftover_memory (slot);
  if (cvi_pool_put_back (slot->pool, job)) {
    cvi_result_free (result);
    g_steal_pointer (&job);
    return TRUE;
  }
  cvi_pool_release_session (slot->pool, job, TRUE);
  accepted = cvi_attempts_accept (job->attempts, result);
  if (accepted) {
    result->fixity = g_steal_pointer (&job->fixity);
    result = cvi_job_result (job, result);
  } else {
    cvi_result_free (result);
    result = cvi_job_failed_result (job, slot->pool->mode);
  }
  cvi_pool_deliver (slot->pool, job->file, result, !accepted);
  return TRUE;
}

static gboolean
take_hashes (CviSlot *slot, GVariant *body, GError **error)
{
  g_autoptr (GVariant) variant = g_variant_get_child_value (body, 1);
  CviFixity *fixity;

  if (slot->job->fixity)
    return set_violation (error, "hashes of a file twice");
  fixity = cvi_fixity_from_variant (variant, error);
  if (!fixity)
    return FALSE;
  /* Of another state of the file than the one that was listed. */
  if (fixity->size != slot->job->file->size ||
      fixity->mtime_ns != slot->job->file->mtime_ns)
    cvi_fixity_free (fixity);
  else
    slot->job->fixity = fixity;
  return TRUE;
}

static void
take_decoder (CviSlot *slot, GVariant *body)
{
  const char *stream, *factory;
  gboolean others, hardware;

  g_variant_get (
      body, "(t&s&sbb)", NULL, &stream, &factory, &others, &hardware);
  cvi_attempts_add_decoder (
      slot->job->attempts, stream, factory, others, hardware);
}

/* A message about the file that the worker has begun with. */
static gboolean
take_news (CviSlot *slot, CviWireType type, GVariant *body, GError **error)
{
  switch (type) {
    case CVI_WIRE_FINDING:
      return take_finding (slot, body, error);
    case CVI_WIRE_HASHES:
      return take_hashes (slot, body, error);
    case CVI_WIRE_RESULT:
      return take_result (slot, body, error);
    case CVI_WIRE_DECODER:
      take_decoder (slot, body);
      return TRUE;
    case CVI_WIRE_NEEDS_HARDWARE:
      slot->job->asked = TRUE;
      return TRUE;
    case CVI_WIRE_DURATION:
      g_variant_get_child (body, 1, "t", &slot->job->duration_ns);
      return TRUE;
    default:
      take_progress (slot, body);
      return TRUE;
  }
}

static gboolean
slot_frame (
    CviWireType type, GVariant *body, gpointer user_data, GError **error)
{
  CviSlot *slot = user_data;
  guint64 id;

  /* Also where a callback has stopped the pool between two frames. */
  if (slot->pool->stopped || slot->pool->failure)
    return TRUE;
  if (type == CVI_WIRE_HELLO)
    return take_hello (slot, body, error);
  if (type == CVI_WIRE_JOB || type == CVI_WIRE_QUIT || type == CVI_WIRE_SETUP)
    return set_violation (error, "a message that only a supervisor sends");
  if (type == CVI_WIRE_PICTURES)
    return set_violation (error, "pictures that nobody asked for");
  if (type == CVI_WIRE_FETCH || type == CVI_WIRE_REMOTE ||
      type == CVI_WIRE_FETCHED)
    return set_violation (error, "a message of a fetcher");
  g_variant_get_child (body, 0, "t", &id);
  if (!slot->ready || !slot->job || slot->job->id != id)
    return set_violation (error, "a message about a file it does not have");
  if (type == CVI_WIRE_BEGIN) {
    slot->job->began = TRUE;
    return TRUE;
  }
  if (!slot->job->began)
    return set_violation (error, "a message about a file it has not begun");
  return take_news (slot, type, body, error);
}

/* Has the worker said itself why it will end? */
static gboolean
has_told (CviSlot *slot, CviRuleId id)
{
  GPtrArray *findings = cvi_collector_get_findings (slot->job->findings);

  for (guint i = 0; i < findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (findings, i);

    if (finding->rule == cvi_rule (id))
      return TRUE;
  }
  return FALSE;
}

/* The rule that a worker's end comes under. */
static CviRuleId
rule_of_end (CviSlot *slot)
{
  switch (cvi_worker_process_get_cause (slot->process)) {
    case CVI_END_STALLED:
      return CVI_RULE_PROCESS_STALLED;
    case CVI_END_DEADLINE:
      return CVI_RULE_PROCESS_DEADLINE;
    case CVI_END_MEMORY:
      return CVI_RULE_PROCESS_OUT_OF_MEMORY;
    default:
      break;
  }
  if (has_told (slot, CVI_RULE_PROCESS_OUT_OF_MEMORY))
    return CVI_RULE_PROCESS_OUT_OF_MEMORY;
  /* The kernel's own doing, if it counts one kill more than before. */
  if (cvi_worker_process_get_signal (slot->process) == SIGKILL &&
      cvi_proc_oom_kills () > slot->job->oom_kills)
    return CVI_RULE_PROCESS_OUT_OF_MEMORY;
  /* A system call that the worker's sandbox tells of, from a thread that could
   * not be told. */
  if (cvi_worker_process_get_signal (slot->process) == SIGSYS)
    return CVI_RULE_PROCESS_SANDBOX;
  return CVI_RULE_PROCESS_CRASHED;
}

/* The worker of @slot has ended on its job. The job stays, for the next worker
 * in this slot, unless there is no use in that. */
static void
fail_job (CviSlot *slot)
{
  CviPool *pool = slot->pool;
  CviJob *job = slot->job;
  g_autofree char *end = NULL;
  gboolean again;

  /* It had to make room for one that may read the file. */
  if (slot->leaving)
    return;
  /* Not the fault of a file that the worker has not even begun. */
  if (!slot->ready || (!job->began && !job->spared)) {
    job->spared = job->spared || slot->ready;
    return;
  }
  end = cvi_worker_process_describe_end (slot->process);
  again =
      cvi_attempts_fail (job->attempts, rule_of_end (slot), end, job->findings);
  /* What is dispatched again keeps its session, as one that waits may be
   * quicker; not where hardware is to blame. */
  if (!again || cvi_attempts_in_software (job->attempts))
    cvi_pool_release_session (pool, job, FALSE);
  if (again)
    return;
  slot->job = NULL;
  cvi_pool_deliver (
      pool, job->file, cvi_job_failed_result (job, pool->mode), TRUE);
  cvi_job_free (job);
}

static void
slot_ended (gpointer user_data)
{
  CviSlot *slot = user_data;
  CviPool *pool = slot->pool;

  if (pool->stopped || pool->failure) {
    g_clear_pointer (&slot->job, cvi_job_free);
  } else {
    if (!slot->ready) {
      g_autofree char *end = cvi_worker_process_describe_end (slot->process);

      count_failed_start (pool, end);
    }
    if (slot->job)
      fail_job (slot);
  }
  g_clear_pointer (&slot->process, cvi_worker_process_free);
  g_clear_pointer (&slot->roots, g_hash_table_unref);
  slot->ready = slot->leaving = FALSE;
}

static const CviWorkerProcessCallbacks slot_callbacks = { slot_frame,
  slot_ended };

/* Tells a new worker what it may do. */
static void
send_setup (CviSlot *slot)
{
  CviPool *pool = slot->pool;
  GVariantBuilder roots, options;
  GHashTableIter iter;
  gpointer path;

  g_variant_builder_init (&roots, G_VARIANT_TYPE ("aay"));
  g_hash_table_iter_init (&iter, slot->roots);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    g_variant_builder_add (&roots, "^ay", path);
  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (
      &options, "{sv}", "hw", g_variant_new_string (pool->hw));
  g_variant_builder_add (&options, "{sv}", "memory-limit",
      g_variant_new_uint64 (pool->memory_limit));
  cvi_worker_process_send (slot->process, CVI_WIRE_SETUP,
      g_variant_new ("(saaya{sv})", pool->sandbox, &roots, &options));
}

void
cvi_slot_start (CviSlot *slot)
{
  CviPool *pool = slot->pool;
  g_autoptr (GError) error = NULL;

  slot->process = cvi_worker_process_start (pool->worker,
      cvi_registry_get_path (pool->registry), &slot_callbacks, slot, &error);
  if (!slot->process) {
    count_failed_start (pool, error->message);
    return;
  }
  slot->roots = g_hash_table_ref (cvi_roots_get (pool->roots));
  send_setup (slot);
  pool->n_started++;
  slot->alive_us = g_get_monotonic_time ();
}

/* Has a worker that was silent for long read since it was last heard of? */
static gboolean
slot_reads (CviSlot *slot)
{
  guint64 bytes =
      cvi_proc_read_bytes (cvi_worker_process_get_pid (slot->process));

  if (bytes < slot->read_bytes + MIN_READ_BYTES)
    return FALSE;
  slot->alive_us = g_get_monotonic_time ();
  slot->read_bytes = bytes;
  return TRUE;
}

/* Returns: the time (µs) that the slot's job may take, 0 for any */
static gint64
slot_deadline_us (CviSlot *slot)
{
  const CviJob *job = slot->job;

  if (!slot->pool->scaled_deadline)
    return slot->pool->deadline_us;
  return (
      gint64)(MIN (cvi_pool_scaled_timeout (job->file->size, job->duration_ns),
                  1e9) *
              G_TIME_SPAN_SECOND);
}

/* What a running worker is to be killed for; CVI_END_EXITED for nothing. */
static CviEndCause
slot_judge (CviSlot *slot, gint64 now)
{
  CviPool *pool = slot->pool;
  CviJob *job = slot->job;
  gint64 silent_us = now - slot->alive_us;
  gint64 deadline_us, stall_us;

  if (!slot->ready)
    return silent_us > HELLO_TIMEOUT_US ? CVI_END_SILENT : CVI_END_EXITED;
  if (slot->leaving)
    return silent_us > QUIT_TIMEOUT_US ? CVI_END_DISMISSED : CVI_END_EXITED;
  if (!job)
    return CVI_END_EXITED;

  job->peak_rss = MAX (
      job->peak_rss, cvi_proc_rss (cvi_worker_process_get_pid (slot->process)));
  if (pool->memory_limit > 0 && job->peak_rss > pool->memory_limit)
    return CVI_END_MEMORY;
  if (silent_us < G_TIME_SPAN_SECOND)
    slot->read_bytes =
        cvi_proc_read_bytes (cvi_worker_process_get_pid (slot->process));
  deadline_us = slot_deadline_us (slot);
  if (deadline_us > 0 && now - job->sent_us > deadline_us)
    return CVI_END_DEADLINE;
  stall_us = cvi_attempts_uses_hardware (job->attempts)
                 ? cvi_hw_stall_us (pool->stall_us)
                 : pool->stall_us;
  if (stall_us > 0 && silent_us > stall_us && !slot_reads (slot))
    return CVI_END_STALLED;
  return CVI_END_EXITED;
}

void
cvi_slot_tick (CviSlot *slot, gint64 slept_us)
{
  gint64 now = g_get_monotonic_time ();
  CviEndCause cause;

  if (!slot->process)
    return;
  slot->alive_us = MIN (slot->alive_us + slept_us, now);
  if (slot->job)
    slot->job->sent_us = MIN (slot->job->sent_us + slept_us, now);
  cvi_worker_process_poll (slot->process);
  if (!slot->process || cvi_worker_process_is_ending (slot->process))
    return;
  cause = slot_judge (slot, g_get_monotonic_time ());
  if (cause != CVI_END_EXITED)
    cvi_worker_process_kill (slot->process, cause);
}
