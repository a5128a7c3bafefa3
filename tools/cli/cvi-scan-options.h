/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-result.h"
#include "tools/cli/cvi-sources.h"
#include "tools/pool/cvi-fetch.h"
#include "tools/pool/cvi-pool.h"

G_BEGIN_DECLS

/**
 * CviScanOptions: the settings of `scan` in the form that the session works
 * with.
 * @db: (nullable): the store's path, NULL for none
 * @not_before: results made before this Unix time have expired (0: never)
 * @args: canonical text of everything that decides what is scanned and how
 * @roots: for people
 * @pool, @fetch: point into the settings, the sources and into this
 */
typedef struct {
  CviMode mode;
  char *db;
  gboolean rescan;
  gint64 not_before;
  char *args;
  char *roots;
  char *worker;
  char *fetcher;
  CviPoolConfig pool;
  CviFetchConfig fetch;
} CviScanOptions;

/**
 * cvi_scan_options_new:
 * @settings, @sources: must outlive the result
 *
 * Returns: (transfer full) (nullable): NULL with @error for options that
 * exclude each other
 */
CviScanOptions *cvi_scan_options_new (
    CviSettings *settings, const CviSources *sources, GError **error);
/* Sets what the settings say of how each file is checked: mode, decoders,
 * sandbox and limits. @pool points into @settings from then on. */
void cvi_scan_options_limit (
    CviPoolConfig *pool, CviSettings *settings, CviMode mode);
void cvi_scan_options_free (CviScanOptions *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviScanOptions, cvi_scan_options_free)

G_END_DECLS
