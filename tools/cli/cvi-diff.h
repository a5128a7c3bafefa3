/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-settings.h"
#include "tools/store/cvi-store.h"

G_BEGIN_DECLS

/**
 * cvi_diff_report:
 *
 * `report --diff`: writes to --output which files are new, fixed, changed and
 * vanished between the two scans that --diff (or --scan and the one before it)
 * names, in text, jsonl, json or csv.
 */
gboolean cvi_diff_report (
    CviSettings *settings, CviStore *store, GError **error);

G_END_DECLS
