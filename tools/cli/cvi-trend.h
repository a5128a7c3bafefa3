/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/store/cvi-store.h"

G_BEGIN_DECLS

/**
 * CviTrendPoint: the library after one scan.
 * @info: (transfer none): the scan; its counts are what it checked itself
 * @library: files by their newest verdict up to this scan
 * @became_corrupt: files that had a result and another verdict before
 */
typedef struct {
  const CviScanInfo *info;
  guint64 library[CVI_N_VERDICTS];
  guint64 became_corrupt;
} CviTrendPoint;

/* Appends a chart of @points (element-type CviTrendPoint), oldest first: a bar
 * for each, self-contained. */
void cvi_trend_append_svg (GString *out, const GArray *points);

G_END_DECLS
