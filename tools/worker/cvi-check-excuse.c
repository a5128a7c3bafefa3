/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What passes find for other reasons than damage. */
#include "tools/worker/cvi-check-private.h"

#include <string.h>

#include "plugin/core/cvi-collector.h"
#include "tools/structure/cvi-structure.h"

/* Does the demuxer, of which the structure walk knows better, explain what a
 * pass found? */
gboolean
cvi_check_is_excused (CviCheck *self, const CviFinding *finding)
{
  return self->phase != CVI_PHASE_STRUCTURE &&
         cvi_structure_excuses (self->info, finding->stream, finding);
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
