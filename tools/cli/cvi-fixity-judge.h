/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/store/cvi-store.h"

G_BEGIN_DECLS

/* Does a fixity::changed of @result tell of this range? */
gboolean cvi_fixity_is_told (
    const CviResult *result, const CviByteRange *range);

/* Adds fixity::changed for each of @ranges (element-type CviByteRange) that no
 * finding of @result tells of yet, and judges it anew. */
void cvi_fixity_add_findings (CviResult *result, const GArray *ranges);

/**
 * cvi_fixity_judge:
 * @rotten: (nullable): files that are known to be rotten: path -> a(tt), the
 *   ranges that differ
 *
 * Holds the hashes of a file that was just checked against those that the
 * store has. Where only the content differs, not size and time, the file is
 * rotten: that is a finding, and the stored hashes stay, those of the rotten
 * content are dropped from @result. Returns: FALSE with @error
 */
gboolean cvi_fixity_judge (
    CviStore *store, GHashTable *rotten, CviResult *result, GError **error);

G_END_DECLS
