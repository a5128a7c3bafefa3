/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-fixity.h"

G_BEGIN_DECLS

/**
 * CviRangeMap: which streams, and which of their times, lie in ranges of a
 * file's bytes: collected from what the structure walk says lies where. What
 * the walk does not place stays without a time; none is made up.
 */
typedef struct _CviRangeMap CviRangeMap;

/* @ranges: copied; in order, not overlapping */
CviRangeMap *cvi_range_map_new (const CviByteRange *ranges, guint n_ranges);
void cvi_range_map_free (CviRangeMap *map);

/* @size bytes at @offset belong to @stream (nullable) and begin at @time_ns or
 * CVI_NONE. */
void cvi_range_map_add (CviRangeMap *map, guint64 offset, guint64 size,
    const char *stream, guint64 time_ns);

/* What was added as @label is @stream. */
void cvi_range_map_rename (
    CviRangeMap *map, const char *label, const char *stream);

/* Gives @finding (transfer full) a fixity::changed for each range and each
 * stream in it: from its first time there to its last. */
void cvi_range_map_tell (CviRangeMap *map,
    void (*finding) (CviFinding *finding, gpointer user_data),
    gpointer user_data);

G_END_DECLS
