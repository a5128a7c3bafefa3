/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What passes find for other reasons than damage. */
#include "tools/worker/cvi-check-private.h"

#include <string.h>

#include "plugin/core/cvi-collector.h"
#include "tools/structure/cvi-structure.h"

#define SECOND G_GUINT64_CONSTANT (1000000000)
#define SETTLE_NS (SECOND / 10)

/* oggdemux's wrong timestamps of a first page that begins before time 0 end
 * with a step back to about where the next page begins: a packet (of a second
 * at most) and rounding. */
static gboolean
is_settling (const CviStructureStream *declared, const CviFinding *finding)
{
  guint64 settled = declared->settled_ns;

  return settled != CVI_NONE && finding->start_ns != CVI_NONE &&
         finding->start_ns <= settled + SETTLE_NS &&
         finding->start_ns + SECOND >= settled && finding->end_ns >= settled;
}

/* Says @finding no more than that nothing was decoded? */
static gboolean
is_of_nothing (const CviFinding *finding)
{
  return finding->rule == cvi_rule (CVI_RULE_STREAM_NO_FRAMES) ||
         (g_str_has_prefix (finding->rule->id, "decode::") &&
             strstr (finding->message, "No valid frames decoded"));
}

/* Does the demuxer, of which the structure walk knows better, explain what a
 * pass found? */
gboolean
cvi_check_is_excused (CviCheck *self, const CviFinding *finding)
{
  guint n = self->phase != CVI_PHASE_STRUCTURE && self->info
                ? self->info->streams->len
                : 0;

  for (guint i = 0; i < n; i++) {
    const CviStructureStream *declared =
        g_ptr_array_index (self->info->streams, i);

    if (finding->stream && strcmp (declared->id, finding->stream) != 0)
      continue;
    if (declared->unshown && is_of_nothing (finding))
      return TRUE;
    if (finding->stream &&
        finding->rule == cvi_rule (CVI_RULE_TIME_BACKWARDS) &&
        is_settling (declared, finding))
      return TRUE;
  }
  return FALSE;
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
excuse_encrypted (CviCheck *self)
{
  GPtrArray *findings;

  if (self->n_chains > 0 || !declares_encryption (self->info))
    return;
  g_mutex_lock (&self->lock);
  findings = cvi_collector_get_findings (self->collectors[self->phase]);
  for (guint i = 0; i < findings->len; i++) {
    CviFinding *finding = g_ptr_array_index (findings, i);

    if (finding->rule == cvi_rule (CVI_RULE_CONTAINER_STRUCTURE))
      finding->severity = CVI_SEVERITY_INFO;
  }
  g_mutex_unlock (&self->lock);
}

/* Streams of which the tables say nothing that a demuxer knows (what ffmpeg
 * makes of codecs that have no place in a transport stream) are no sign of a
 * file that is none. */
static void
excuse_private (CviCheck *self)
{
  GPtrArray *findings;
  gboolean excused = FALSE;

  if (self->n_chains > 0 || !self->info || self->info->streams->len == 0 ||
      g_strcmp0 (self->info->container, "mpeg-ts") != 0)
    return;
  for (guint i = 0; i < self->info->streams->len; i++) {
    const CviStructureStream *stream =
        g_ptr_array_index (self->info->streams, i);

    if (strcmp (stream->kind, "data") != 0)
      return;
  }
  g_mutex_lock (&self->lock);
  findings = cvi_collector_get_findings (self->collectors[self->phase]);
  for (guint i = 0; i < findings->len; i++) {
    CviFinding *finding = g_ptr_array_index (findings, i);

    if (finding->rule != cvi_rule (CVI_RULE_CONTAINER_UNRECOGNISED))
      continue;
    finding->severity = CVI_SEVERITY_INFO;
    excused = TRUE;
  }
  g_mutex_unlock (&self->lock);
  if (excused)
    cvi_check_collect (self, cvi_finding_new (CVI_RULE_STREAM_UNSUPPORTED, NULL,
                                 "streams of private data only"));
}

void
cvi_check_excuse (CviCheck *self)
{
  excuse_encrypted (self);
  excuse_private (self);
}
