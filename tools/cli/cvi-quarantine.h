/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-manifest.h"

G_BEGIN_DECLS

/**
 * CviQuarantine: a folder that keeps corrupt files, each under its whole path,
 * with a manifest from which they can be put back.
 */
typedef struct _CviQuarantine CviQuarantine;

/**
 * cvi_quarantine_open:
 * @folder: absolute
 * @dry_run: changes nothing; there need not be a quarantine yet
 *
 * Finishes what an earlier run was in the middle of, or takes it back where
 * the file has not left its place.
 */
CviQuarantine *cvi_quarantine_open (
    const char *folder, gboolean dry_run, GError **error);
void cvi_quarantine_free (CviQuarantine *quarantine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviQuarantine, cvi_quarantine_free)

typedef enum {
  CVI_QUARANTINE_MOVED,
  CVI_QUARANTINE_GONE,    /* the file is not there any more */
  CVI_QUARANTINE_REFUSED, /* with @error: the file is where it was */
  CVI_QUARANTINE_FAILED   /* with @error: nothing more can be done */
} CviQuarantineResult;

/* Returns: (transfer full): where @path is kept */
char *cvi_quarantine_get_place (CviQuarantine *quarantine, const char *path);

/**
 * cvi_quarantine_add:
 * @size, @mtime_ns: what the file must still have
 * @rule: (nullable): what was found in it
 */
CviQuarantineResult cvi_quarantine_add (CviQuarantine *quarantine,
    const char *path, guint64 size, gint64 mtime_ns, const char *rule,
    GError **error);

/* Files that are kept. Returns: (transfer container) (element-type
 * CviManifestEntry): the last moved first */
GPtrArray *cvi_quarantine_list (CviQuarantine *quarantine);

/* Puts a file back where it belongs, with its times and those of its folder if
 * nobody has changed that since. */
CviQuarantineResult cvi_quarantine_undo (
    CviQuarantine *quarantine, CviManifestEntry *entry, GError **error);

G_END_DECLS
