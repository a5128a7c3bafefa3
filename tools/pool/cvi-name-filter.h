/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CviNameFilter: which names met in a folder are wanted. Immutable.
 */
typedef struct _CviNameFilter CviNameFilter;

/**
 * cvi_name_filter_new:
 * @extensions: NULL-terminated, without dot, any case
 * @excludes: (nullable): NULL-terminated globs (GPatternSpec)
 */
CviNameFilter *cvi_name_filter_new (
    const char *const *extensions, const char *const *excludes);
void cvi_name_filter_free (CviNameFilter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviNameFilter, cvi_name_filter_free)

/* Does the base name @name end in one of the extensions? */
gboolean cvi_name_filter_has_extension (
    const CviNameFilter *filter, const char *name);

/* Is there anything that cvi_name_filter_excludes() could match? */
gboolean cvi_name_filter_has_excludes (const CviNameFilter *filter);

/* Does an exclude match the whole @path or its base name @name? */
gboolean cvi_name_filter_excludes (
    const CviNameFilter *filter, const char *path, const char *name);

G_END_DECLS
