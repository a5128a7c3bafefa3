/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What is said of a file when it has been walked and read. */
#include <string.h>

#include "plugin/core/cvi-verdict.h"
#include "plugin/element/cvi-message.h"
#include "plugin/element/cvi-trace-file-private.h"

const char *const cvi_trace_kinds[CVI_TRACE_N_KINDS] = { "video", "audio",
  "subtitle", "data" };

void
cvi_trace_file_tell (CviTraceFile *self, CviFinding *finding,
    const char *element, const char *factory)
{
  const CviFinding *kept = cvi_collector_add (self->collector, finding);
  GstStructure *fields;

  if (!kept)
    return;
  fields = cvi_finding_to_structure (kept);
  cvi_trace_report_write (self->report, "finding", element, factory, fields);
  gst_structure_free (fields);
}

/* What is told of a stream that has ended. */
typedef struct {
  CviTraceFile *file;
  const CviTraceCount *count;
  gboolean ended; /* all streams have */
  gboolean any;   /* one stream has */
} Telling;

static void
tell_of (CviFinding *finding, gpointer user_data)
{
  Telling *telling = user_data;

  cvi_trace_file_tell (
      telling->file, finding, telling->count->element, telling->count->factory);
}

static void
look_for_end (const CviTraceCount *count, gpointer user_data)
{
  Telling *telling = user_data;

  telling->any |= count->whole;
  /* What nobody decodes has no end that matters. */
  if (count->tally.decoded && !count->whole)
    telling->ended = FALSE;
}

static gboolean
is_media (const char *kind)
{
  return strcmp (kind, "video") == 0 || strcmp (kind, "audio") == 0;
}

static void
judge_stream (const CviTraceCount *count, gpointer user_data)
{
  Telling *telling = user_data;
  const CviStructureInfo *info = telling->file->info;
  CviTally tally = count->tally;

  telling->count = count;
  tally.declared = cvi_structure_find_stream (info, tally.label);
  tally.container = info ? info->container : NULL;
  tally.ended = telling->ended;
  if (!is_media (cvi_caps_kind (tally.caps)))
    return;
  if (cvi_caps_are_encrypted (tally.caps) ||
      (tally.declared && tally.declared->encrypted)) {
    tell_of (cvi_finding_new (CVI_RULE_STREAM_ENCRYPTED, tally.label,
                 "the stream is encrypted"),
        telling);
    return;
  }
  if (!count->whole)
    return;
  if (tally.frames == 0 && tally.declared && tally.declared->unshown) {
    tell_of (cvi_finding_new (CVI_RULE_STREAM_UNSUPPORTED, tally.label, "%s",
                 tally.declared->unshown),
        telling);
    return;
  }
  /* A decoder that gave nothing has said so. */
  if (tally.in == 0 || count->stuck)
    cvi_tally_frames (&tally, tell_of, telling);
  if (!tally.decoded)
    return;
  cvi_tally_length (&tally, tell_of, telling);
  cvi_tally_losses (&tally, tell_of, telling);
}

static void
each_stream (CviTraceFile *self, void (*func) (const CviTraceCount *, gpointer),
    Telling *telling)
{
  for (guint i = 0; i < self->members->len; i++) {
    const Member *member = &g_array_index (self->members, Member, i);

    member->klass->count (member->stream, func, telling);
  }
}

/* Called with the lock. Was a stream of this name shown? */
static gboolean
is_shown (CviTraceFile *self, const CviStructureStream *declared)
{
  guint n = 0;
  const char *number = strchr (declared->id, '/');

  for (guint k = 0; k < CVI_TRACE_N_KINDS; k++) {
    if (strcmp (cvi_trace_kinds[k], declared->kind) == 0)
      n = self->n_streams[k];
  }
  return number && g_ascii_strtoull (number + 1, NULL, 10) < n;
}

static void
judge_hidden (CviTraceFile *self)
{
  /* What makes the demuxer leave streams out is legal. */
  if (!self->info || !self->info->complete || self->info->mask_size > 0)
    return;
  for (guint i = 0; i < self->info->streams->len; i++) {
    const CviStructureStream *declared =
        g_ptr_array_index (self->info->streams, i);

    if (is_media (declared->kind) && !is_shown (self, declared))
      cvi_trace_file_tell (self, cvi_tally_hidden (self->info, declared),
          self->element, self->factory);
  }
}

static gboolean
has_damage (CviTraceFile *self)
{
  GPtrArray *findings = cvi_collector_get_findings (self->collector);

  for (guint i = 0; i < findings->len; i++) {
    if (cvi_finding_is_damage (g_ptr_array_index (findings, i)))
      return TRUE;
  }
  return FALSE;
}

/* Called with the lock. */
static void
judge_reads (CviTraceFile *self)
{
  CviFinding *finding = cvi_past_end_judge (
      &self->past, self->info ? self->info->container : NULL);

  if (finding && !has_damage (self))
    cvi_trace_file_tell (
        self, g_steal_pointer (&finding), self->element, self->factory);
  g_clear_pointer (&finding, cvi_finding_free);
}

/* Called with the lock. */
static void
write_line (CviTraceFile *self)
{
  CviVerdict verdict =
      cvi_verdict_judge (cvi_collector_get_findings (self->collector));
  guint64 findings = cvi_collector_get_n_findings (self->collector);
  guint64 occurrences = cvi_collector_get_n_occurrences (self->collector);
  GstStructure *fields = gst_structure_new ("file", "verdict", G_TYPE_STRING,
      cvi_verdict_to_string (verdict), "uri", G_TYPE_STRING, self->uri,
      "walked", G_TYPE_UINT64, cvi_trace_file_get_walked (self), "size",
      G_TYPE_UINT64, (guint64)self->before.st_size, "findings", G_TYPE_UINT64,
      findings, "occurrences", G_TYPE_UINT64, occurrences, NULL);

  if (self->info && self->info->container)
    gst_structure_set (
        fields, "container", G_TYPE_STRING, self->info->container, NULL);
  cvi_trace_report_write (
      self->report, "file", self->element, self->factory, fields);
  cvi_trace_report_count (self->report, verdict, FALSE, findings, occurrences);
  gst_structure_free (fields);
}

void
cvi_trace_file_judge (CviTraceFile *self)
{
  Telling telling = { .file = self, .ended = TRUE };

  judge_reads (self);
  each_stream (self, look_for_end, &telling);
  each_stream (self, judge_stream, &telling);
  if (telling.any)
    judge_hidden (self);
  write_line (self);
}

guint64
cvi_trace_file_get_walked (CviTraceFile *self)
{
  return __atomic_load_n (&self->bytes, __ATOMIC_RELAXED);
}
