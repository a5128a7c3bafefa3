/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-result.h"

G_BEGIN_DECLS

/* What a difference means. */
typedef enum {
  CVI_DIFFERENCE_LOST,      /* B has lost it, or is damaged */
  CVI_DIFFERENCE_UNCHECKED, /* nobody knows */
  CVI_DIFFERENCE_NOTE,      /* good to know */
  CVI_N_DIFFERENCES
} CviDifferenceKind;

/* "lost", "unchecked", "note" */
const char *cvi_difference_kind_to_string (CviDifferenceKind kind);

/**
 * CviDifference:
 * @what: static: "streams", "duration", "frames", "sync", "damage" or "check"
 * @stream: (nullable): ID, the same in both files
 * @message: one printable line
 */
typedef struct {
  CviDifferenceKind kind;
  const char *what;
  char *stream;
  char *message;
} CviDifference;

void cvi_difference_free (CviDifference *difference);

/**
 * CviCompareLimits:
 * @length_ns: how much shorter a stream may be, and how far the ends of two
 *   streams may have moved against each other
 * @sync_ns: how far their starts may
 */
typedef struct {
  guint64 length_ns;
  guint64 sync_ns;
} CviCompareLimits;

/**
 * cvi_compare:
 * @a, @b: judged results of one mode, made by this process's pool (stored ones
 *   lack the times)
 *
 * Says what @b has lost against @a. Streams are matched by their IDs: kind and
 * number among their kind.
 * Returns: (transfer full) (element-type CviDifference)
 */
GPtrArray *cvi_compare (
    const CviResult *a, const CviResult *b, const CviCompareLimits *limits);

/* Returns: the differences of @kind */
guint cvi_compare_count (GPtrArray *differences, CviDifferenceKind kind);

/**
 * CviComparison: all there is to print.
 * @differences: (element-type CviDifference)
 */
typedef struct {
  const CviResult *a;
  const CviResult *b;
  CviCompareLimits limits;
  GPtrArray *differences;
} CviComparison;

/* Returns: (transfer full): for people; for programs (docs/cli.md) */
char *cvi_comparison_to_text (const CviComparison *comparison);
char *cvi_comparison_to_json (const CviComparison *comparison);

G_END_DECLS
