/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-finding.h"

G_BEGIN_DECLS

/* Most separate time ranges kept for one rule in one stream. */
#define CVI_COLLECTOR_MAX_RANGES 4
/* Occurrences this near (ns) to the end of a range extend that range. */
#define CVI_COLLECTOR_MERGE_NS (2 * G_GUINT64_CONSTANT (1000000000))
/* Most findings kept in full. What comes later and belongs to none of them is
 * only counted, in one more finding for each rule and severity (so that
 * no severity gets lost). Bounds a hostile file's record. */
#define CVI_COLLECTOR_MAX_FINDINGS 128

/**
 * CviCollector: collapses repeats.
 *
 * The first occurrence of a (rule, stream, severity) is kept in full. A repeat
 * within CVI_COLLECTOR_MERGE_NS of a kept range extends it and counts; one
 * farther away opens a new range (with its own message, offset and time) until
 * there are CVI_COLLECTOR_MAX_RANGES, then extends the last one. Occurrences
 * without a time join the newest range; a start without an end is taken as a
 * place. Not thread-safe.
 */
typedef struct _CviCollector CviCollector;

CviCollector *cvi_collector_new (void);
void cvi_collector_free (CviCollector *collector);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviCollector, cvi_collector_free)

/**
 * cvi_collector_add:
 * @finding: (transfer full)
 *
 * Returns: (transfer none) (nullable): the kept finding if @finding opened a
 * new entry (worth telling somebody), NULL if it was collapsed into another.
 * Valid until the next call on the collector.
 */
const CviFinding *cvi_collector_add (
    CviCollector *collector, CviFinding *finding);

/* Number of kept findings, and of all occurrences. */
guint cvi_collector_get_n_findings (CviCollector *collector);
guint64 cvi_collector_get_n_occurrences (CviCollector *collector);

/* Returns: (transfer none) (element-type CviFinding): in order of arrival */
GPtrArray *cvi_collector_get_findings (CviCollector *collector);

/* Returns: (transfer container): the findings, leaving the collector empty;
 * the array frees its elements */
GPtrArray *cvi_collector_steal_findings (CviCollector *collector);

void cvi_collector_clear (CviCollector *collector);

G_END_DECLS
