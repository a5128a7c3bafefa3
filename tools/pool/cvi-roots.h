/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/pool/cvi-enumerator.h"

G_BEGIN_DECLS

/**
 * CviRoots: the files and folders that workers may read. A worker's sandbox
 * cannot be widened, so a worker has the roots that were known when it was
 * started; where a file is outside of them (a list may name files anywhere),
 * the pool puts another worker in its place.
 *
 * Kept as canonical paths. What is given at the start stays; of what comes
 * later only so much, that lists of any length are no burden.
 */
typedef struct _CviRoots CviRoots;

/* @paths: (nullable): of the command line, NULL-terminated */
CviRoots *cvi_roots_new (const char *const *paths);
void cvi_roots_free (CviRoots *roots);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviRoots, cvi_roots_free)

/**
 * cvi_roots_admit:
 *
 * Makes sure that the roots cover what @file belongs to: the named folder in
 * which it was met, or itself if it was named. For a named file that is its
 * folder, so that a list of a folder's files needs one worker, not one a file.
 */
void cvi_roots_admit (CviRoots *roots, const CviFile *file);

/**
 * cvi_roots_get:
 *
 * Returns: (transfer none): the present set, of char *; never changed, so that
 * a reference to it tells what a worker has
 */
GHashTable *cvi_roots_get (CviRoots *roots);

/* Does @set cover what @file belongs to? */
gboolean cvi_roots_cover (GHashTable *set, const CviFile *file);

G_END_DECLS
