/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-walk.h"

G_BEGIN_DECLS

/* What cvi-structure.c needs of a walk and walkers do not. */

CviWalk *cvi_walk_new (int fd, guint64 size,
    const CviStructureCallbacks *callbacks, gpointer user_data);
void cvi_walk_free (CviWalk *walk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviWalk, cvi_walk_free)

/**
 * cvi_walk_finish:
 *
 * Reports a zero run that reached to the end. Returns: (transfer full): what
 * the walk gathered
 */
CviStructureInfo *cvi_walk_finish (CviWalk *walk);

/* Reports a failed read (@errnum 0: the file shrank) and ends the walk. */
void cvi_walk_fail (CviWalk *walk, int errnum, guint64 offset);

G_END_DECLS
