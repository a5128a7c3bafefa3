/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/pool/cvi-enumerator.h"
#include "tools/pool/cvi-name-filter.h"

G_BEGIN_DECLS

/**
 * CviTree: the walk below one folder, depth first, as a stream. One open
 * descriptor a level, so no more than CVI_ENUMERATOR_MAX_DEPTH. The files of a
 * folder come in order of inode, before its sub-folders; of a large folder this
 * holds for every few hundred names.
 */
typedef struct _CviTree CviTree;

/**
 * cvi_tree_new:
 * @path: of a folder; may be a symbolic link to one
 * @recursive: go into sub-folders
 * @names_only: as in CviEnumeratorOptions
 * @filter: (transfer none): outlives the tree
 * @problem: (out): errno if the folder cannot be opened
 *
 * Returns: (nullable): NULL with @problem
 */
CviTree *cvi_tree_new (const char *path, gboolean recursive,
    gboolean names_only, const CviNameFilter *filter, int *problem);
void cvi_tree_free (CviTree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviTree, cvi_tree_free)

/* Returns: st_dev of the folder that was named */
guint64 cvi_tree_get_device (CviTree *tree);

/* Returns: (transfer full) (nullable): the next file, NULL at the end */
CviFile *cvi_tree_next (CviTree *tree);

G_END_DECLS
