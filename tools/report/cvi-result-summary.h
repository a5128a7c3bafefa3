/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-result.h"

G_BEGIN_DECLS

/**
 * cvi_result_main_finding:
 *
 * Returns: (transfer none) (nullable): the finding that says most about why
 * the file got its verdict: of the class that decided it, then the most
 * severe, the most certain, the first
 */
const CviFinding *cvi_result_main_finding (const CviResult *result);

G_END_DECLS
