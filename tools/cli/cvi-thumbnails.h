/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-settings.h"
#include "tools/pool/cvi-pool.h"
#include "tools/report/cvi-report.h"

G_BEGIN_DECLS

/* Asks for the pictures that --thumbnails says, where --format has any.
 * @if_auto: places of a file where the option leaves it open */
void cvi_thumbnails_ask (
    CviReport *report, CviSettings *settings, guint if_auto);

/**
 * cvi_thumbnails_take:
 * @config: of the workers
 *
 * Makes the pictures that were asked for, of files that are still as their
 * records say. Blocks; ends early, without those that are missing, when the
 * program is to stop. What goes wrong is told in the report, for each file.
 */
void cvi_thumbnails_take (CviReport *report, const CviPoolConfig *config);

/* The same with workers by the settings of a report. */
void cvi_thumbnails_take_for (CviReport *report, CviSettings *settings);

G_END_DECLS
