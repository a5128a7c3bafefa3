/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Runs the pipeline description @launch, whose end is an encoder. Returns:
 * (transfer full) (element-type GBytes): what came out of it */
GPtrArray *make_packets (const char *launch);
