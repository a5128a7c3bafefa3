/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/store/cvi-store.h"

G_BEGIN_DECLS

/**
 * CviMissing: tells files that were removed from files that cannot be seen
 * because their disk is not there. A file counts as removed only if the root
 * that it was scanned under is there, and the nearest folder above it that is
 * there has something in it: the folder of a disk that is not mounted is empty.
 */
typedef struct _CviMissing CviMissing;

typedef enum {
  CVI_MISSING_THERE,
  CVI_MISSING_REMOVED,
  CVI_MISSING_AWAY, /* cannot tell */
} CviMissingState;

/* @scans: (element-type CviScanInfo): whose roots count */
CviMissing *cvi_missing_new (GPtrArray *scans);
void cvi_missing_free (CviMissing *missing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviMissing, cvi_missing_free)

/* @root: (out) (optional) (transfer none): the longest root that holds @path;
 * its folder where none does */
CviMissingState cvi_missing_look (
    CviMissing *missing, const char *path, const char **root);

G_END_DECLS
