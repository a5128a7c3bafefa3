/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/report/cvi-report.h"

G_BEGIN_DECLS

/* A result whose fields are the same in every run. */
CviResult *fixture_result (const char *path);
/* One with two streams and findings, corrupt. */
CviResult *fixture_corrupt (const char *path);
/* The same, skipped. */
CviResult *fixture_skipped (const char *path);
/* One that could not be read. */
CviResult *fixture_unreadable (const char *path);

/* All that @writer makes of @results (element-type CviResult). */
char *fixture_write (const char *writer, GPtrArray *results, double elapsed_s);
/* The same for one result, freed. */
char *fixture_write_one (const char *writer, CviResult *result);

G_END_DECLS
