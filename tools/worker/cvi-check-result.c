/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What all phases of a check amount to. */
#include "tools/worker/cvi-check-private.h"

#include <string.h>

#include "plugin/core/cvi-verdict.h"

static gboolean
is_same (const CviFinding *a, const CviFinding *b)
{
  return a->rule == b->rule && a->start_ns == b->start_ns &&
         g_strcmp0 (a->stream, b->stream) == 0 &&
         strcmp (a->message, b->message) == 0;
}

/* Two passes over one file say some things twice. Takes @findings. */
static void
add_new_findings (CviResult *result, GPtrArray *findings)
{
  guint before = result->findings->len;

  for (guint i = 0; i < findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (findings, i);
    gboolean known = FALSE;

    for (guint j = 0; j < before && !known; j++)
      known = is_same (g_ptr_array_index (result->findings, j), finding);
    if (!known)
      cvi_result_add (result, cvi_finding_copy (finding));
  }
  g_ptr_array_unref (findings);
}

/* What was read of a file that changes is no state that it was ever in. */
static void
excuse_changed (CviResult *result)
{
  if (!cvi_result_find (result, CVI_RULE_IO_CHANGED))
    return;
  for (guint i = 0; i < result->findings->len; i++) {
    CviFinding *finding = g_ptr_array_index (result->findings, i);

    if (finding->rule->rule_class == CVI_RULE_MEDIA)
      finding->severity = CVI_SEVERITY_INFO;
  }
}

void
cvi_check_fill_result (CviCheck *self)
{
  CviResult *result = self->result;

  g_ptr_array_set_size (result->findings, 0);
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < CVI_N_PHASES; i++)
    add_new_findings (
        result, cvi_collector_steal_findings (self->collectors[i]));
  g_mutex_unlock (&self->lock);
  if (self->streams) {
    g_ptr_array_set_size (result->streams, 0);
    g_ptr_array_extend_and_steal (
        result->streams, g_steal_pointer (&self->streams));
  }
  g_free (result->container);
  result->container =
      g_strdup (self->info && self->info->container ? self->info->container
                                                    : self->media_type);
  result->duration_ns = cvi_check_get_duration (self);
  excuse_changed (result);
  cvi_result_judge (result);
}
