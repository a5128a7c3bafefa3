/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-settings.h"

G_BEGIN_DECLS

/**
 * cvi_output_open:
 *
 * Opens --output: stdout for "-", else the file, made empty. Results are
 * written to it directly as they come.
 * Returns: a descriptor to be closed by the caller, -1 with @error
 */
int cvi_output_open (CviSettings *settings, GError **error);

G_END_DECLS
