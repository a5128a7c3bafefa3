/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-result.h"

G_BEGIN_DECLS

typedef enum { CVI_MARK_HEALTHY, CVI_MARK_IGNORE } CviMarkKind;

/**
 * CviMark: what a user has said of a file, or of all that a rule finds.
 * @kind: of a file: it counts as healthy, or not at all; of a rule both mean
 *   that its findings do not count
 * @rule: (nullable): id of the rule; NULL: of the file
 * @reason: the user's words
 * @marked_at: Unix time in seconds
 * @counts_as: for a result: what its verdict counts as, the stored verdict
 *   being left as it is
 */
struct _CviMark {
  CviMarkKind kind;
  char *rule;
  char *reason;
  gint64 marked_at;
  CviVerdict counts_as;
};

/* @rule: (nullable): copied, as is @reason. Returns: (transfer full) */
CviMark *cvi_mark_new (
    CviMarkKind kind, const char *rule, const char *reason, gint64 marked_at);
CviMark *cvi_mark_copy (const CviMark *mark);
void cvi_mark_free (CviMark *mark);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviMark, cvi_mark_free)

/* "healthy" or "ignore" */
const char *cvi_mark_kind_to_string (CviMarkKind kind);
/* Returns: FALSE for an unknown name */
gboolean cvi_mark_kind_from_string (const char *name, CviMarkKind *kind);

/* Can a mark on @rule make its findings not count? Not where the rule says that
 * a file was not checked: that would make it pass for one that was. */
gboolean cvi_mark_may_name_rule (const CviRule *rule);

/**
 * cvi_result_apply_marks:
 * @file: (nullable) (transfer none): the mark of this very file
 * @rules: (nullable) (element-type CviMark): marks of rules
 *
 * Sets the result's mark, and what it counts as, where a mark changes that. A
 * file's own mark goes before those of rules (one that is older than a result
 * that tells of rot no longer holds), which have the verdict judged
 * without the findings of those rules, as if they were info.
 */
void cvi_result_apply_marks (
    CviResult *result, const CviMark *file, GPtrArray *rules);

/* Returns: what the result counts as: what its mark says, else its verdict (of
 * a skipped file: the stored one) */
CviVerdict cvi_result_counts_as (const CviResult *result);

G_END_DECLS
