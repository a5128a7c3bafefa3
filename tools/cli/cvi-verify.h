/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-readers.h"
#include "tools/cli/cvi-settings.h"
#include "tools/report/cvi-report.h"
#include "tools/store/cvi-store.h"

G_BEGIN_DECLS

/**
 * CviVerifyCounts: files by what became of them.
 * @hashed: were scanned without a hash, and have one now
 * @gone_before: vanished ones that an earlier run has told of
 */
typedef struct {
  guint64 same;
  guint64 rotten;
  guint64 edited;
  guint64 moved;
  guint64 fresh;
  guint64 hashed;
  guint64 vanished;
  guint64 gone_before;
  guint64 busy;
  guint64 failed;
} CviVerifyCounts;

/**
 * CviVerify: one run of `verify`.
 * @paths: absolute; empty: all files that have hashes
 * @sample: share to verify, 0-1
 * @deadline_us: monotonic, 0: none
 * @rotten: path -> GVariant a(tt)
 * @to_scan: paths of files to be scanned
 * @vanished: of CviStoredFixity, to be told of unless they turn up elsewhere
 * @error: (nullable): the first that ended the run
 */
typedef struct {
  CviSettings *settings;
  CviStore *store;
  CviReport *report;
  char **paths;
  double sample;
  gint64 deadline_us;
  CviReadGate *gate;
  CviReaders *readers;
  CviVerifyCounts counts;
  GHashTable *rotten;
  GPtrArray *to_scan;
  GPtrArray *vanished;
  gboolean ended; /* by the deadline */
  GError *error;
} CviVerify;

/* Opens the store. Returns: (transfer full) (nullable): NULL with @error */
CviVerify *cvi_verify_new (
    CviSettings *settings, CviReport *report, GError **error);
void cvi_verify_free (CviVerify *verify);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviVerify, cvi_verify_free)

/* All of it but the scans. Returns: FALSE with @error */
gboolean cvi_verify_run (CviVerify *verify, GError **error);

/* What the files of cvi-verify*.c share: */

/* Signal, deadline or error: push no more. Closes the gate. */
gboolean cvi_verify_should_stop (CviVerify *verify);
/* Takes results until more may be pushed, or (@all) none is pending. */
void cvi_verify_settle (CviVerify *verify, gboolean all);
/* @device: of the file, 0 if unknown */
void cvi_verify_push (CviVerify *verify, CviLook *look);
/* Ends the run for @error (transfer full). */
void cvi_verify_fail (CviVerify *verify, GError *error);
/* A record for @path with @finding (transfer full). */
void cvi_verify_tell (CviVerify *verify, const char *path, const CviLook *look,
    CviFinding *finding);

/* cvi-verify-new.c */

/* Looks for files without hashes: new ones, and those that have moved. */
void cvi_verify_find_new (CviVerify *verify);
/* @look: of such a file */
void cvi_verify_take_new (CviVerify *verify, CviLook *look);

/* cvi-verify-scan.c */

/**
 * cvi_verify_scan:
 *
 * Scans what is to be scanned: rotten files in mode deep, others as the
 * settings say. Closes the store first. Returns: FALSE with @error
 */
gboolean cvi_verify_scan (CviVerify *verify, GError **error);

G_END_DECLS
