/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-sources.h"

G_BEGIN_DECLS

/**
 * CviFileCounter: counts, on a thread of its own, how many files there are, so
 * that a progress display knows the total before the scan gets there.
 */
typedef struct _CviFileCounter CviFileCounter;

/* Returns: (transfer full): a counter that has begun */
CviFileCounter *cvi_file_counter_new (const CviSources *sources);

/* @finished: (out): whether this is the final number */
guint64 cvi_file_counter_get (CviFileCounter *counter, gboolean *finished);

/* Ends the thread, wherever it is. */
void cvi_file_counter_free (CviFileCounter *counter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviFileCounter, cvi_file_counter_free)

G_END_DECLS
