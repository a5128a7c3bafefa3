/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-verdict.h"

/* A finding with a time but no length stands for about one frame. */
#define POINT_NS (40 * G_GUINT64_CONSTANT (1000000))

CviVerdict
cvi_verdict_judge (GPtrArray *findings)
{
  gboolean seen[CVI_N_VERDICTS] = { FALSE };

  for (guint i = 0; i < findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (findings, i);

    if (finding->severity == CVI_SEVERITY_INFO)
      continue;
    switch (finding->rule->rule_class) {
      case CVI_RULE_UNREADABLE:
        seen[CVI_VERDICT_UNREADABLE] = TRUE;
        break;
      case CVI_RULE_INCOMPLETE:
        seen[CVI_VERDICT_INCOMPLETE] = TRUE;
        break;
      case CVI_RULE_UNSUPPORTED:
        seen[CVI_VERDICT_UNSUPPORTED] = TRUE;
        break;
      case CVI_RULE_MEDIA:
        seen[cvi_finding_is_damage (finding) ? CVI_VERDICT_CORRUPT
                                             : CVI_VERDICT_SUSPICIOUS] = TRUE;
        break;
    }
  }
  if (seen[CVI_VERDICT_UNREADABLE])
    return CVI_VERDICT_UNREADABLE;
  if (seen[CVI_VERDICT_CORRUPT])
    return CVI_VERDICT_CORRUPT;
  if (seen[CVI_VERDICT_INCOMPLETE])
    return CVI_VERDICT_INCOMPLETE;
  if (seen[CVI_VERDICT_SUSPICIOUS])
    return CVI_VERDICT_SUSPICIOUS;
  if (seen[CVI_VERDICT_UNSUPPORTED])
    return CVI_VERDICT_UNSUPPORTED;
  return CVI_VERDICT_HEALTHY;
}

/* Does the finding stand behind @verdict? */
static gboolean
counts_for (const CviFinding *finding, CviVerdict verdict)
{
  if (verdict == CVI_VERDICT_CORRUPT)
    return cvi_finding_is_damage (finding);
  return verdict == CVI_VERDICT_SUSPICIOUS &&
         finding->rule->rule_class == CVI_RULE_MEDIA &&
         finding->severity == CVI_SEVERITY_WARNING;
}

typedef struct {
  guint64 start;
  guint64 end;
} Span;

static int
compare_spans (gconstpointer a, gconstpointer b)
{
  const Span *one = a, *two = b;

  return one->start < two->start ? -1 : one->start > two->start;
}

/* Length of the union of @spans. */
static guint64
union_length (GArray *spans)
{
  guint64 length = 0, covered = 0;

  g_array_sort (spans, compare_spans);
  for (guint i = 0; i < spans->len; i++) {
    Span span = g_array_index (spans, Span, i);

    span.start = MAX (span.start, covered);
    if (span.end > span.start) {
      length += span.end - span.start;
      covered = span.end;
    }
  }
  return length;
}

static double
damage_share (const CviResult *result)
{
  g_autoptr (GArray) spans = g_array_new (FALSE, FALSE, sizeof (Span));

  for (guint i = 0; i < result->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (result->findings, i);
    Span span = { finding->start_ns, finding->end_ns };

    if (finding->rule->rule_class != CVI_RULE_MEDIA ||
        finding->severity < CVI_SEVERITY_WARNING)
      continue;
    if (finding->start_ns == CVI_NONE) {
      if (finding->severity == CVI_SEVERITY_CRITICAL && !finding->stream)
        return 1.;
      continue;
    }
    if (span.end == CVI_NONE || span.end == span.start)
      span.end = span.start + MIN (POINT_NS, CVI_NONE - span.start);
    span.end = MIN (span.end, result->duration_ns);
    g_array_append_val (spans, span);
  }
  if (result->duration_ns == CVI_NONE || result->duration_ns == 0)
    return 0.;
  return (double)union_length (spans) / (double)result->duration_ns;
}

void
cvi_result_judge (CviResult *result)
{
  result->verdict = cvi_verdict_judge (result->findings);
  result->previous_verdict = result->verdict;
  result->confidence = 0.;
  for (guint i = 0; i < result->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (result->findings, i);

    if (counts_for (finding, result->verdict))
      result->confidence = MAX (result->confidence, finding->certainty);
  }
  result->damage = MIN (damage_share (result), 1.);
}

int
cvi_verdict_exit_code (const guint64 *counts, guint fail_on)
{
  static const struct {
    CviVerdict verdict;
    int code;
  } order[] = { { CVI_VERDICT_CORRUPT, 1 }, { CVI_VERDICT_SUSPICIOUS, 3 },
    { CVI_VERDICT_INCOMPLETE, 4 }, { CVI_VERDICT_UNREADABLE, 4 },
    { CVI_VERDICT_UNSUPPORTED, 4 } };

  for (guint i = 0; i < G_N_ELEMENTS (order); i++) {
    if (counts[order[i].verdict] > 0 && (fail_on & 1u << order[i].verdict))
      return order[i].code;
  }
  return 0;
}
