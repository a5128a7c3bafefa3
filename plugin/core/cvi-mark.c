/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-mark.h"

#include "plugin/core/cvi-verdict.h"

static const char *const kind_names[] = {
  [CVI_MARK_HEALTHY] = "healthy",
  [CVI_MARK_IGNORE] = "ignore",
};

CviMark *
cvi_mark_new (
    CviMarkKind kind, const char *rule, const char *reason, gint64 marked_at)
{
  CviMark *mark = g_new0 (CviMark, 1);

  mark->kind = kind;
  mark->rule = g_strdup (rule);
  mark->reason = g_strdup (reason);
  mark->marked_at = marked_at;
  mark->counts_as =
      kind == CVI_MARK_HEALTHY ? CVI_VERDICT_HEALTHY : CVI_VERDICT_SKIPPED;
  return mark;
}

CviMark *
cvi_mark_copy (const CviMark *mark)
{
  CviMark *copy;

  if (!mark)
    return NULL;
  copy = cvi_mark_new (mark->kind, mark->rule, mark->reason, mark->marked_at);
  copy->counts_as = mark->counts_as;
  return copy;
}

void
cvi_mark_free (CviMark *mark)
{
  if (!mark)
    return;
  g_free (mark->rule);
  g_free (mark->reason);
  g_free (mark);
}

const char *
cvi_mark_kind_to_string (CviMarkKind kind)
{
  g_return_val_if_fail (kind < G_N_ELEMENTS (kind_names), "");

  return kind_names[kind];
}

gboolean
cvi_mark_kind_from_string (const char *name, CviMarkKind *kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (kind_names); i++) {
    if (g_strcmp0 (name, kind_names[i]) == 0) {
      *kind = i;
      return TRUE;
    }
  }
  return FALSE;
}

gboolean
cvi_mark_may_name_rule (const CviRule *rule)
{
  return rule->rule_class == CVI_RULE_MEDIA ||
         rule->rule_class == CVI_RULE_UNSUPPORTED;
}

static const CviMark *
find_rule_mark (GPtrArray *rules, const CviRule *rule)
{
  for (guint i = 0; rules && i < rules->len; i++) {
    const CviMark *mark = g_ptr_array_index (rules, i);

    if (g_strcmp0 (mark->rule, rule->id) == 0 && cvi_mark_may_name_rule (rule))
      return mark;
  }
  return NULL;
}

/* Was it said of what the file was before it rotted? Marks hold by size and
 * time, which rot leaves as they were. */
static gboolean
is_outdated (const CviMark *mark, const CviResult *result)
{
  if (mark->marked_at >= result->scanned_at)
    return FALSE;
  for (guint i = 0; i < result->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (result->findings, i);

    if (finding->rule == cvi_rule (CVI_RULE_FIXITY_CHANGED))
      return TRUE;
  }
  return FALSE;
}

void
cvi_result_apply_marks (
    CviResult *result, const CviMark *file, GPtrArray *rules)
{
  g_autoptr (GPtrArray) counting = g_ptr_array_new ();
  const CviMark *first = NULL;
  CviVerdict verdict = result->verdict == CVI_VERDICT_SKIPPED
                           ? result->previous_verdict
                           : result->verdict;

  g_clear_pointer (&result->mark, cvi_mark_free);
  if (file && !is_outdated (file, result)) {
    result->mark = cvi_mark_copy (file);
    return;
  }
  for (guint i = 0; i < result->findings->len; i++) {
    CviFinding *finding = g_ptr_array_index (result->findings, i);
    const CviMark *mark = find_rule_mark (rules, finding->rule);

    if (!mark)
      g_ptr_array_add (counting, finding);
    else if (!first)
      first = mark;
  }
  if (!first || cvi_verdict_judge (counting) == verdict)
    return;
  result->mark = cvi_mark_copy (first);
  result->mark->counts_as = cvi_verdict_judge (counting);
}

CviVerdict
cvi_result_counts_as (const CviResult *result)
{
  g_return_val_if_fail (result, CVI_VERDICT_SKIPPED);

  if (result->mark)
    return result->mark->counts_as;
  return result->verdict == CVI_VERDICT_SKIPPED ? result->previous_verdict
                                                : result->verdict;
}
