/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-fetches.h"
#include "tools/cli/cvi-scan-session.h"
#include "tools/store/cvi-store.h"

G_BEGIN_DECLS

struct _CviScanSession {
  const CviScanOptions *options;
  const CviSources *sources;
  CviReport *report;
  CviProgress *progress;
  CviScanStats *stats;
  CviExec *exec;
  CviEnumerator *enumerator;
  CviFetches *fetches;
  CviFile *held;   /* (nullable): taken from the sources, not handed out yet */
  CviStore *store; /* NULL with --no-db */
  gint64 scan;
  gboolean resumed;
  CviPool *pool;
  guint n_passed;
  gint64 flushed_us;
  GError *error; /* the first that ended the scan */
};

/* Ends the scan for @error (transfer full). */
void cvi_scan_session_fail (CviScanSession *session, GError *error);
gboolean cvi_scan_session_should_stop (CviScanSession *session);

/* What has to be done from time to time, whatever else goes on. */
void cvi_scan_session_tick (CviScanSession *session);

/* Hands a result to the report. */
void cvi_scan_session_report (
    CviScanSession *session, const CviResult *result, gboolean checked_now);

/* Hands a new result (transfer full), under its final name, to all that takes
 * results. */
void cvi_scan_session_take (CviScanSession *session, CviResult *result);

/* cvi-scan-supply.c: callbacks of the pool */
CviFile *cvi_scan_supply_next (gpointer user_data);
gboolean cvi_scan_supply_ready (gpointer user_data);
gboolean cvi_scan_supply_pending (gpointer user_data);

/* Returns: (transfer full): what fetches URIs for the session */
CviFetches *cvi_scan_supply_new_fetches (CviScanSession *session);

G_END_DECLS
