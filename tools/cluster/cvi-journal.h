/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cluster/cvi-plan.h"

G_BEGIN_DECLS

/**
 * A journal is what one attempt at a shard has to say, in JSON lines; nobody
 * else writes to it, and it only grows:
 *
 *   {"attempt":"...","plan":"...","shard":3,"tool":"0.1.0","rules":2}  first
 *   {"begin":17}                        file 17 of the shard is looked at
 *   {"result":17,"verdict":"corrupt","sum":"...","data":"..."}
 *   {"failed":17,"reason":"..."}        the storage failed: no result
 *   {"released":17}                     given up in good order
 *   {"end":"finished"}                  or "stopped"
 *
 * "data" is the CviResult as GVariant (CVI_RESULT_VARIANT, little endian) in
 * base64, "sum" the beginning of its MD5. Every row is one write() and is on
 * the disk before the next file begins. A last line without an end was torn by
 * a crash and counts as not written.
 */
typedef struct _CviJournal CviJournal;

/**
 * cvi_journal_new:
 * @index: of the shard
 *
 * Makes the journal of a new attempt in the run's folder.
 * Returns: (transfer full): NULL with @error
 */
CviJournal *cvi_journal_new (const CviPlan *plan, guint index, GError **error);
/* Rows; @file counts from 0 in the shard. FALSE with @error: the storage of
 * the run has failed, and nothing more can be done. */
gboolean cvi_journal_begin (CviJournal *journal, guint file, GError **error);
gboolean cvi_journal_result (
    CviJournal *journal, guint file, const CviResult *result, GError **error);
gboolean cvi_journal_failed (
    CviJournal *journal, guint file, const char *reason, GError **error);
gboolean cvi_journal_released (CviJournal *journal, guint file, GError **error);
gboolean cvi_journal_end (CviJournal *journal, const char *how, GError **error);
void cvi_journal_free (CviJournal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviJournal, cvi_journal_free)

/* Returns: (transfer full): the result of a row's @data (base64), NULL with
 * @error where it is damaged */
CviResult *cvi_journal_decode (const char *data, GError **error);

G_END_DECLS
