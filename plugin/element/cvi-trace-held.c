/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What is found before a file is walked, of which the walk may know better. */
#include "plugin/element/cvi-trace-file-private.h"

/* Most findings that one file keeps, repeats not counted. */
#define MAX_HELD 64

void
cvi_trace_held_free (gpointer data)
{
  Held *held = data;

  cvi_finding_free (held->finding);
  g_free (held->label);
  g_free (held->element);
  g_free (held->factory);
  g_free (held);
}

void
cvi_trace_file_release_held (CviTraceFile *self)
{
  for (guint i = 0; i < self->held->len; i++) {
    Held *held = g_ptr_array_index (self->held, i);

    if (!cvi_structure_excuses (self->info, held->label, held->finding))
      cvi_trace_file_tell (
          self, g_steal_pointer (&held->finding), held->element, held->factory);
  }
  g_ptr_array_set_size (self->held, 0);
}

/* Would the walk say the same of @finding as of what is held? That time stepped
 * back it may excuse at one place alone. */
static gboolean
is_repeat (const Held *held, const char *label, const CviFinding *finding,
    const char *element)
{
  const CviFinding *before = held->finding;

  return before->rule == finding->rule &&
         before->severity == finding->severity &&
         g_strcmp0 (before->stream, finding->stream) == 0 &&
         g_strcmp0 (held->label, label) == 0 &&
         g_strcmp0 (held->element, element) == 0 &&
         (finding->rule != cvi_rule (CVI_RULE_TIME_BACKWARDS) ||
             before->start_ns == finding->start_ns);
}

/* As the collector does with repeats. */
static void
count_repeat (CviFinding *held, const CviFinding *finding)
{
  held->count += MIN (finding->count, G_MAXUINT64 - held->count);
  held->certainty = MAX (held->certainty, finding->certainty);
  if (held->end_ns != CVI_NONE && finding->end_ns != CVI_NONE)
    held->end_ns = MAX (held->end_ns, finding->end_ns);
}

/* Called with the lock. Returns: FALSE if no more can be held */
static gboolean
hold (CviTraceFile *self, const char *label, CviFinding *finding,
    const char *element, const char *factory)
{
  Held *held;

  for (guint i = 0; i < self->held->len; i++) {
    held = g_ptr_array_index (self->held, i);
    if (is_repeat (held, label, finding, element)) {
      count_repeat (held->finding, finding);
      cvi_finding_free (finding);
      return TRUE;
    }
  }
  if (self->held->len == MAX_HELD)
    return FALSE;
  held = g_new0 (Held, 1);
  held->finding = finding;
  held->label = g_strdup (label);
  held->element = g_strdup (element);
  held->factory = g_strdup (factory);
  g_ptr_array_add (self->held, held);
  return TRUE;
}

CviFinding *
cvi_trace_file_filter (CviTraceFile *self, const char *label,
    CviFinding *finding, const char *element, const char *factory)
{
  gboolean kept;

  if (!cvi_structure_may_excuse (finding))
    return finding;
  g_mutex_lock (&self->lock);
  if (!self->walked) {
    kept = hold (self, label, finding, element, factory);
  } else {
    kept = cvi_structure_excuses (self->info, label, finding);
    if (kept)
      cvi_finding_free (finding);
  }
  g_mutex_unlock (&self->lock);
  return kept ? NULL : finding;
}
