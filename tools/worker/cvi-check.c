/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/core/cvi-collector.h"
#include "plugin/core/cvi-verdict.h"
#include "tools/structure/cvi-structure.h"
#include "tools/worker/cvi-account.h"
#include "tools/worker/cvi-pass.h"

/* Quick mode decodes files up to this length whole ... */
#define QUICK_WHOLE_NS (6 * GST_SECOND)
/* ... and of longer ones so many windows of this length, spread from the
 * start to the end. */
#define QUICK_WINDOWS 4
#define QUICK_WINDOW_NS (GST_SECOND / 2)
/* Hybrid: a quick scan that found damage with this certainty needs no second
 * look. */
#define HYBRID_SURE 0.9

typedef struct {
  const CviCheckJob *job;
  const CviCheckCallbacks *callbacks;
  gpointer user_data;

  CviResult *result;
  CviStructureInfo *info;
  GPtrArray *streams;
  char *media_type;
  gboolean no_demuxer;
  CviPassEnd end;
  guint n_chains;
  guint64 seen_ns; /* highest timestamp any pass saw */

  /* work of phases that are over, so that progress only grows */
  guint64 buffers_before;
  guint64 bytes_before;
  guint64 buffers_now;
  guint64 bytes_now;

  GMutex lock;
  CviCollector *structure; /* under lock */
  CviCollector *passes;    /* under lock */
} Check;

static void
collect (Check *self, CviCollector *collector, CviFinding *finding)
{
  const CviFinding *kept;

  g_mutex_lock (&self->lock);
  kept = cvi_collector_add (collector, finding);
  if (kept)
    self->callbacks->finding (kept, self->user_data);
  g_mutex_unlock (&self->lock);
}

static void
on_structure_finding (CviFinding *finding, gpointer user_data)
{
  Check *self = user_data;

  collect (self, self->structure, finding);
}

static void
on_pass_finding (CviFinding *finding, gpointer user_data)
{
  Check *self = user_data;

  collect (self, self->passes, finding);
}

static void
on_pass_progress (
    guint64 buffers, guint64 bytes, guint64 position_ns, gpointer user_data)
{
  Check *self = user_data;

  self->buffers_now = buffers;
  self->bytes_now = bytes;
  self->seen_ns = MAX (self->seen_ns, position_ns);
  self->callbacks->progress (self->buffers_before + buffers,
      self->bytes_before + bytes, position_ns, self->user_data);
}

static gboolean
on_structure_progress (guint64 bytes, gpointer user_data)
{
  on_pass_progress (0, bytes, 0, user_data);
  return TRUE;
}

static void
end_phase (Check *self)
{
  self->buffers_before += self->buffers_now;
  self->bytes_before += self->bytes_now;
  self->buffers_now = self->bytes_now = 0;
}

static gboolean
run_structure (Check *self, int fd)
{
  static const CviStructureCallbacks callbacks = { on_structure_finding,
    on_structure_progress };

  self->info = cvi_structure_check (fd, self->job->path, &callbacks, self);
  end_phase (self);
  for (guint i = 0; i < cvi_collector_get_n_findings (self->structure); i++) {
    const CviFinding *finding =
        g_ptr_array_index (cvi_collector_get_findings (self->structure), i);

    if (finding->rule->rule_class == CVI_RULE_UNREADABLE)
      return FALSE;
  }
  return TRUE;
}

static void
run_pass (Check *self, gboolean decode, GArray *windows, gboolean content)
{
  static const CviPassCallbacks callbacks = { on_pass_finding,
    on_pass_progress };
  CviPassConfig config = {
    .plug = { .path = self->job->path, .decode = decode, .hw = self->job->hw },
    .windows = windows,
    .window_ns = QUICK_WINDOW_NS,
    .content = content,
  };
  g_autoptr (CviPass) pass = cvi_pass_new (&config, &callbacks, self);
  CviAccount account = { .info = self->info,
    .whole = windows == NULL,
    .decoded = decode,
    .finding = on_pass_finding,
    .user_data = self };
  CviPlugger *plugger = cvi_pass_get_plugger (pass);

  self->end = account.end = cvi_pass_run (pass);
  g_clear_pointer (&self->streams, g_ptr_array_unref);
  self->streams = cvi_account_pass (&account, pass);
  self->n_chains = cvi_plugger_get_n_chains (plugger);
  g_free (self->media_type);
  self->media_type = cvi_plugger_get_media_type (plugger);
  self->no_demuxer = cvi_plugger_no_demuxer (plugger);
  end_phase (self);
}

static guint64
get_duration (Check *self)
{
  if (self->info && self->info->duration_ns != CVI_NONE)
    return self->info->duration_ns;
  return self->seen_ns > 0 ? self->seen_ns : CVI_NONE;
}

/* Spread evenly; the first at the start, the last over the last seconds. */
static GArray *
make_windows (guint64 duration)
{
  GArray *windows = g_array_new (FALSE, FALSE, sizeof (guint64));

  for (guint i = 0; i < QUICK_WINDOWS; i++) {
    guint64 start = gst_util_uint64_scale (
        duration - QUICK_WINDOW_NS, i, QUICK_WINDOWS - 1);

    g_array_append_val (windows, start);
  }
  return windows;
}

static void
run_quick (Check *self)
{
  guint64 duration;

  run_pass (self, FALSE, NULL, FALSE);
  if (self->n_chains == 0)
    return;
  duration = get_duration (self);
  if (duration != CVI_NONE && duration > QUICK_WHOLE_NS) {
    g_autoptr (GArray) windows = make_windows (duration);

    run_pass (self, TRUE, windows, FALSE);
  } else {
    run_pass (self, TRUE, NULL, FALSE);
  }
}

static gboolean
declares_encryption (const CviStructureInfo *info)
{
  for (guint i = 0; info && i < info->streams->len; i++) {
    const CviStructureStream *stream = g_ptr_array_index (info->streams, i);

    if (stream->encrypted)
      return TRUE;
  }
  return FALSE;
}

/* A demuxer without a decryptor calls the file broken: it is not. */
static void
excuse_encrypted (Check *self)
{
  GPtrArray *findings;

  if (self->n_chains > 0 || !declares_encryption (self->info))
    return;
  g_mutex_lock (&self->lock);
  findings = cvi_collector_get_findings (self->passes);
  for (guint i = 0; i < findings->len; i++) {
    CviFinding *finding = g_ptr_array_index (findings, i);

    if (finding->rule == cvi_rule (CVI_RULE_CONTAINER_STRUCTURE))
      finding->severity = CVI_SEVERITY_INFO;
  }
  g_mutex_unlock (&self->lock);
}

/* Nothing to hold on to: neither a stream nor an error that says why. */
static void
account_container (Check *self)
{
  const char *type = self->media_type;

  if (self->n_chains > 0 && !self->no_demuxer)
    return;
  if (self->no_demuxer && self->info && self->info->container)
    on_pass_finding (cvi_finding_new (CVI_RULE_STREAM_UNSUPPORTED, NULL,
                         "no demuxer for %s (%s)", self->info->container, type),
        self);
  else if (self->no_demuxer)
    on_pass_finding (cvi_finding_new (CVI_RULE_CONTAINER_UNRECOGNISED, NULL,
                         "content is %s, no video container", type),
        self);
  else if (cvi_collector_get_n_findings (self->passes) == 0 &&
           cvi_collector_get_n_findings (self->structure) == 0)
    on_pass_finding (
        cvi_finding_new (CVI_RULE_STREAM_NO_FRAMES, NULL,
            "the container (%s) shows no stream", type ? type : "unknown"),
        self);
}

static void
fill_result (Check *self)
{
  CviResult *result = self->result;
  g_autoptr (GPtrArray) structure = NULL;
  g_autoptr (GPtrArray) passes = NULL;

  g_mutex_lock (&self->lock);
  structure = cvi_collector_steal_findings (self->structure);
  passes = cvi_collector_steal_findings (self->passes);
  g_mutex_unlock (&self->lock);

  g_ptr_array_set_size (result->findings, 0);
  g_ptr_array_extend_and_steal (result->findings, g_steal_pointer (&structure));
  g_ptr_array_extend_and_steal (result->findings, g_steal_pointer (&passes));
  if (self->streams) {
    g_ptr_array_set_size (result->streams, 0);
    g_ptr_array_extend_and_steal (
        result->streams, g_steal_pointer (&self->streams));
  }
  g_free (result->container);
  result->container =
      g_strdup (self->info && self->info->container ? self->info->container
                                                    : self->media_type);
  result->duration_ns = get_duration (self);
  cvi_result_judge (result);
}

/* Is a second look needed after quick's findings? Judged on a copy: the
 * findings go on being collected. */
static gboolean
needs_deep (Check *self)
{
  g_autoptr (CviResult) preview =
      cvi_result_new (self->job->path, CVI_MODE_QUICK);
  GPtrArray *parts[2];

  g_mutex_lock (&self->lock);
  parts[0] = cvi_collector_get_findings (self->structure);
  parts[1] = cvi_collector_get_findings (self->passes);
  for (guint p = 0; p < 2; p++) {
    for (guint i = 0; i < parts[p]->len; i++)
      cvi_result_add (
          preview, cvi_finding_copy (g_ptr_array_index (parts[p], i)));
  }
  g_mutex_unlock (&self->lock);
  cvi_result_judge (preview);
  if (preview->verdict == CVI_VERDICT_CORRUPT)
    return preview->confidence < HYBRID_SURE;
  return preview->verdict == CVI_VERDICT_SUSPICIOUS ||
         preview->verdict == CVI_VERDICT_INCOMPLETE;
}

static void
run_deep (Check *self)
{
  /* What quick's passes said is said again, better. */
  g_mutex_lock (&self->lock);
  cvi_collector_clear (self->passes);
  g_mutex_unlock (&self->lock);
  run_pass (self, TRUE, NULL, self->job->mode == CVI_MODE_FULL);
}

static void
run_mode (Check *self)
{
  CviMode mode = self->job->mode;

  if (mode == CVI_MODE_QUICK || mode == CVI_MODE_HYBRID)
    run_quick (self);
  if (mode == CVI_MODE_DEEP || mode == CVI_MODE_FULL ||
      (mode == CVI_MODE_HYBRID && needs_deep (self)))
    run_deep (self);
  excuse_encrypted (self);
  account_container (self);
}

/* O_NONBLOCK: a FIFO with a media name must not hang the worker. */
static int
open_file (Check *self)
{
  struct stat st;
  int fd = open (self->job->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  int saved = errno;

  if (fd < 0) {
    on_structure_finding (cvi_finding_from_errno (saved), self);
    return -1;
  }
  if (fstat (fd, &st) < 0 || !S_ISREG (st.st_mode)) {
    on_structure_finding (
        cvi_finding_new (CVI_RULE_IO_ERROR, NULL, "not a regular file"), self);
    close (fd);
    return -1;
  }
  self->result->size = (guint64)st.st_size;
  self->result->mtime_ns =
      st.st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + st.st_mtim.tv_nsec;
  if (st.st_size == 0) {
    on_structure_finding (cvi_finding_new (CVI_RULE_CONTAINER_TRUNCATED, NULL,
                              "the file is empty"),
        self);
    close (fd);
    return -1;
  }
  return fd;
}

static double
cpu_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static guint64
peak_rss (void)
{
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    return 0;
  line = strstr (status, "VmHWM:");
  return line ? g_ascii_strtoull (line + 6, NULL, 10) * 1024 : 0;
}

/* Starts the peak memory count anew (proc(5), clear_refs 5). */
static void
reset_peak_rss (void)
{
  int fd = open ("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

  if (fd < 0)
    return;
  if (write (fd, "5", 1) != 1)
    g_debug ("clear_refs: %s", g_strerror (errno));
  close (fd);
}

CviResult *
cvi_check_file (const CviCheckJob *job, const CviCheckCallbacks *callbacks,
    gpointer user_data)
{
  Check self = { .job = job, .callbacks = callbacks, .user_data = user_data };
  gint64 begin = g_get_monotonic_time ();
  double cpu = cpu_seconds ();
  int fd;

  reset_peak_rss ();
  g_mutex_init (&self.lock);
  self.structure = cvi_collector_new ();
  self.passes = cvi_collector_new ();
  self.result = cvi_result_new (job->path, job->mode);

  fd = open_file (&self);
  if (fd >= 0) {
    if (run_structure (&self, fd))
      run_mode (&self);
    close (fd);
  }
  fill_result (&self);
  self.result->elapsed_s =
      (double)(g_get_monotonic_time () - begin) / G_USEC_PER_SEC;
  self.result->cpu_s = cpu_seconds () - cpu;
  self.result->peak_rss_bytes = peak_rss ();

  cvi_collector_free (self.structure);
  cvi_collector_free (self.passes);
  g_clear_pointer (&self.info, cvi_structure_info_free);
  g_clear_pointer (&self.streams, g_ptr_array_unref);
  g_free (self.media_type);
  g_mutex_clear (&self.lock);
  return self.result;
}
