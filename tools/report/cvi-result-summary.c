/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/report/cvi-result-summary.h"

/* The class of rule that leads to a verdict. */
static CviRuleClass
deciding_class (CviVerdict verdict)
{
  switch (verdict) {
    case CVI_VERDICT_INCOMPLETE:
      return CVI_RULE_INCOMPLETE;
    case CVI_VERDICT_UNREADABLE:
      return CVI_RULE_UNREADABLE;
    case CVI_VERDICT_UNSUPPORTED:
      return CVI_RULE_UNSUPPORTED;
    default:
      return CVI_RULE_MEDIA;
  }
}

static gboolean
outranks (const CviFinding *a, const CviFinding *b, CviRuleClass deciding)
{
  gboolean a_decides = a->rule->rule_class == deciding;
  gboolean b_decides = b->rule->rule_class == deciding;

  if (a_decides != b_decides)
    return a_decides;
  if (a->severity != b->severity)
    return a->severity > b->severity;
  return a->certainty > b->certainty;
}

const CviFinding *
cvi_result_main_finding (const CviResult *result)
{
  const CviFinding *best = NULL;
  CviVerdict verdict;

  g_return_val_if_fail (result, NULL);

  verdict = result->verdict == CVI_VERDICT_SKIPPED ? result->previous_verdict
                                                   : result->verdict;
  for (guint i = 0; i < result->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (result->findings, i);

    if (!best || outranks (finding, best, deciding_class (verdict)))
      best = finding;
  }
  return best;
}
