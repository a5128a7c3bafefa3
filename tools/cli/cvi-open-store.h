/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-settings.h"
#include "tools/store/cvi-store.h"

G_BEGIN_DECLS

/**
 * cvi_choose_store:
 *
 * Returns: (transfer full): the path of the store that --db names, else of the
 *   default one
 */
char *cvi_choose_store (CviSettings *settings);

/**
 * cvi_open_store:
 *
 * Opens the store that --db names, to be read. One that an older version has
 * written is brought up to date first.
 * Returns: (transfer full): NULL with @error, also where there is none
 */
CviStore *cvi_open_store (CviSettings *settings, GError **error);

/* The same to be written, but never makes a new one. */
CviStore *cvi_open_store_to_change (CviSettings *settings, GError **error);

/**
 * cvi_choose_scan:
 * @scan: (out): id of the scan that --scan names, 0 if it is not given
 */
gboolean cvi_choose_scan (
    CviSettings *settings, CviStore *store, gint64 *scan, GError **error);

G_END_DECLS
