/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-result.h"

G_BEGIN_DECLS

/**
 * cvi_colour_verdict:
 * @begin: where in @line the verdict's name begins; without it nothing is done
 *
 * Puts the escape sequences of the verdict's colour around its name. Only the
 * eight colours that each terminal has and the user's palette decides, so that
 * they can be read on light and dark.
 */
void cvi_colour_verdict (GString *line, gsize begin, CviVerdict verdict);

G_END_DECLS
