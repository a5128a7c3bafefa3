/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-check-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/core/cvi-collector.h"
#include "plugin/core/cvi-verdict.h"
#include "tools/codec/cvi-packet-check.h"
#include "tools/structure/cvi-holes.h"
#include "tools/structure/cvi-structure.h"
#include "tools/worker/cvi-memory.h"
#include "tools/worker/cvi-sandbox.h"

/* Hybrid: a quick scan that found damage with this certainty needs no second
 * look. */
#define HYBRID_SURE 0.9

void
cvi_check_collect (CviCheck *self, CviFinding *finding)
{
  const CviFinding *kept;

  if (cvi_check_is_excused (self, finding)) {
    cvi_finding_free (finding);
    return;
  }
  g_mutex_lock (&self->lock);
  if (self->discard) {
    cvi_finding_free (finding);
    g_mutex_unlock (&self->lock);
    return;
  }
  kept = cvi_collector_add (self->collectors[self->phase], finding);
  if (kept && !cvi_check_hw_doubts (self, kept))
    self->callbacks->finding (kept, self->user_data);
  g_mutex_unlock (&self->lock);
}

void
cvi_check_begin_phase (CviCheck *self, CviPhase phase)
{
  g_mutex_lock (&self->lock);
  cvi_collector_clear (self->collectors[phase]);
  self->phase = phase;
  g_mutex_unlock (&self->lock);
}

static void
on_finding (CviFinding *finding, gpointer user_data)
{
  cvi_check_collect (user_data, finding);
}

void
cvi_check_progress (
    guint64 buffers, guint64 bytes, guint64 position_ns, gpointer user_data)
{
  CviCheck *self = user_data;

  self->buffers_now = buffers;
  self->bytes_now = bytes;
  self->seen_ns = MAX (self->seen_ns, position_ns);
  self->callbacks->progress (self->buffers_before + buffers,
      self->bytes_before + bytes, position_ns, self->user_data);
}

static gboolean
on_structure_progress (guint64 bytes, gpointer user_data)
{
  cvi_check_progress (0, bytes, 0, user_data);
  return TRUE;
}

void
cvi_check_end_work (CviCheck *self)
{
  self->buffers_before += self->buffers_now;
  self->bytes_before += self->bytes_now;
  self->buffers_now = self->bytes_now = 0;
}

static gboolean
run_structure (CviCheck *self, int fd)
{
  GPtrArray *findings;
  CviStructureCallbacks callbacks = { on_finding, on_structure_progress };

  cvi_check_begin_hash (self, fd, &callbacks);
  self->info = cvi_structure_check (fd, self->job->path, &callbacks, self);
  cvi_check_end_work (self);
  cvi_check_finish_hash (self, on_finding);
  cvi_check_end_work (self);
  if (self->info->duration_ns != CVI_NONE && self->callbacks->duration)
    self->callbacks->duration (self->info->duration_ns, self->user_data);
  findings = cvi_collector_get_findings (self->collectors[CVI_PHASE_STRUCTURE]);
  for (guint i = 0; i < findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (findings, i);

    if (finding->rule->rule_class == CVI_RULE_UNREADABLE ||
        finding->rule == cvi_rule (CVI_RULE_IO_CHANGED))
      return FALSE;
  }
  return TRUE;
}

guint64
cvi_check_get_duration (CviCheck *self)
{
  if (self->info && self->info->duration_ns != CVI_NONE)
    return self->info->duration_ns;
  return self->seen_ns > self->origin_ns ? self->seen_ns - self->origin_ns
                                         : CVI_NONE;
}

static guint
count_findings (CviCheck *self)
{
  guint n = 0;

  for (guint i = 0; i < CVI_N_PHASES; i++)
    n += cvi_collector_get_n_findings (self->collectors[i]);
  return n;
}

/* Nothing to hold on to: neither a stream nor an error that says why. */
static void
account_container (CviCheck *self)
{
  const char *type = self->media_type;

  if (self->n_chains > 0 && !self->no_demuxer)
    return;
  if (self->no_demuxer && self->info && self->info->container)
    on_finding (cvi_finding_new (CVI_RULE_STREAM_UNSUPPORTED, NULL,
                    "no demuxer for %s (%s)", self->info->container, type),
        self);
  else if (self->no_demuxer)
    on_finding (cvi_finding_new (CVI_RULE_CONTAINER_UNRECOGNISED, NULL,
                    "content is %s, no video container", type),
        self);
  else if (count_findings (self) == 0)
    on_finding (
        cvi_finding_new (CVI_RULE_STREAM_NO_FRAMES, NULL,
            "the container (%s) shows no stream", type ? type : "unknown"),
        self);
}

/* Returns: (transfer full): what would be the result by now. On a copy: the
 * findings go on being collected. */
static CviResult *
preview_result (CviCheck *self)
{
  CviResult *preview = cvi_result_new (self->job->path, CVI_MODE_QUICK);

  g_mutex_lock (&self->lock);
  for (guint p = 0; p < CVI_N_PHASES; p++) {
    GPtrArray *part = cvi_collector_get_findings (self->collectors[p]);

    for (guint i = 0; i < part->len; i++)
      cvi_result_add (preview, cvi_finding_copy (g_ptr_array_index (part, i)));
  }
  g_mutex_unlock (&self->lock);
  cvi_result_judge (preview);
  return preview;
}

/* Is a second look needed after quick's findings? */
static gboolean
needs_deep (CviCheck *self)
{
  g_autoptr (CviResult) preview = preview_result (self);

  if (preview->verdict == CVI_VERDICT_CORRUPT)
    return preview->confidence < HYBRID_SURE;
  return preview->verdict == CVI_VERDICT_SUSPICIOUS ||
         preview->verdict == CVI_VERDICT_INCOMPLETE;
}

/* Holes are no damage, but where there is damage they may be why. */
static void
explain_damage (CviCheck *self, int fd)
{
  g_autoptr (CviResult) preview = preview_result (self);
  CviFinding *holes = NULL;

  if (preview->verdict == CVI_VERDICT_CORRUPT ||
      preview->verdict == CVI_VERDICT_SUSPICIOUS)
    holes = cvi_holes_finding (fd, self->result->size);
  if (holes)
    on_finding (holes, self);
}

static void
run_deep (CviCheck *self)
{
  CviPassConfig config = { .plug = { .decode = TRUE, .n_sounds = G_MAXUINT },
    .content = self->job->mode == CVI_MODE_FULL };

  if (self->decoded)
    return;
  /* What quick's passes said is said again, better. */
  cvi_check_begin_phase (self, CVI_PHASE_PARSE);
  cvi_check_begin_phase (self, CVI_PHASE_DECODE);
  cvi_check_run_pass (self, &config);
}

static void
run_mode (CviCheck *self)
{
  CviMode mode = self->job->mode;

  if (mode == CVI_MODE_QUICK || mode == CVI_MODE_HYBRID)
    cvi_check_run_quick (self);
  if (mode == CVI_MODE_DEEP || mode == CVI_MODE_FULL ||
      (mode == CVI_MODE_HYBRID && needs_deep (self)))
    run_deep (self);
  cvi_check_excuse (self);
  account_container (self);
}

/* Has the file stayed what it was? */
static void
compare_snapshots (CviCheck *self)
{
  CviFinding *change = cvi_snapshot_compare (&self->before, self->job->path);

  if (change) {
    on_finding (change, self);
  } else if (self->hasher) {
    self->result->fixity = cvi_hasher_finish (self->hasher);
    self->result->fixity->mtime_ns = self->before.mtime_ns;
  }
}

/* Where the sandbox is the reason, the file's permissions do not show it. */
static CviFinding *
cannot_open (const char *path, int errnum)
{
  g_autofree char *real = NULL;

  if (!cvi_sandbox_hides (path))
    return cvi_finding_from_errno (errnum);
  real = realpath (path, NULL);
  return cvi_finding_new (CVI_RULE_IO_PERMISSION, NULL,
      "%s is outside of what the scan was asked to read", real ? real : path);
}

/* O_NONBLOCK: a FIFO with a media name must not hang the worker. */
static int
open_file (CviCheck *self)
{
  struct stat st;
  int fd = open (self->job->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  int saved = errno;

  if (fd < 0) {
    on_finding (cannot_open (self->job->path, saved), self);
    return -1;
  }
  if (fstat (fd, &st) < 0 || !S_ISREG (st.st_mode)) {
    on_finding (
        cvi_finding_new (CVI_RULE_IO_ERROR, NULL, "not a regular file"), self);
    close (fd);
    return -1;
  }
  cvi_snapshot_init (&self->before, &st);
  self->result->size = self->before.size;
  self->result->mtime_ns = self->before.mtime_ns;
  if (self->job->listed) {
    self->before.size = self->job->size;
    self->before.mtime_ns = self->job->mtime_ns;
  }
  if (st.st_size == 0) {
    on_finding (cvi_finding_new (
                    CVI_RULE_CONTAINER_TRUNCATED, NULL, "the file is empty"),
        self);
    close (fd);
    return -1;
  }
  return fd;
}

/* Anything but what decoding needs makes the check worth nothing: whoever tried
 * it may have changed what was found. */
static void
report_violation (CviCheck *self)
{
  g_autofree char *name = cvi_sandbox_take_violation ();

  if (name)
    on_finding (cvi_finding_new (CVI_RULE_PROCESS_SANDBOX, NULL,
                    "%s() was tried and refused", name),
        self);
}

static double
cpu_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

CviResult *
cvi_check_file (const CviCheckJob *job, const CviCheckCallbacks *callbacks,
    gpointer user_data)
{
  CviCheck self = {
    .job = job, .callbacks = callbacks, .user_data = user_data
  };
  gint64 begin = g_get_monotonic_time ();
  double cpu = cpu_seconds ();
  int fd;

  cvi_memory_reset_peak ();
  g_mutex_init (&self.lock);
  for (guint i = 0; i < CVI_N_PHASES; i++)
    self.collectors[i] = cvi_collector_new ();
  self.result = cvi_result_new (job->path, job->mode);

  fd = open_file (&self);
  if (fd >= 0) {
    if (run_structure (&self, fd)) {
      run_mode (&self);
      explain_damage (&self, fd);
    }
    close (fd);
    compare_snapshots (&self);
  }
  report_violation (&self);
  cvi_check_fill_result (&self);
  self.result->elapsed_s =
      (double)(g_get_monotonic_time () - begin) / G_USEC_PER_SEC;
  self.result->cpu_s = cpu_seconds () - cpu;
  self.result->peak_rss_bytes = cvi_memory_peak ();

  for (guint i = 0; i < CVI_N_PHASES; i++)
    cvi_collector_free (self.collectors[i]);
  cvi_hasher_free (self.hasher);
  cvi_range_map_free (self.map);
  g_clear_pointer (&self.info, cvi_structure_info_free);
  g_clear_pointer (&self.streams, g_ptr_array_unref);
  g_clear_pointer (&self.doubt, cvi_finding_free);
  g_free (self.media_type);
  g_mutex_clear (&self.lock);
  return self.result;
}
