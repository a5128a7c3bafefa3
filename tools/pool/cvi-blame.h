/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-result.h"
#include "tools/pool/cvi-enumerator.h"

G_BEGIN_DECLS

/* So many files in a row whose workers died, with none in between that was
 * checked to its end, are the machine's fault. Of real damaged files fewer than
 * one in a hundred ends a worker. */
#define CVI_BLAME_MAX_DEATHS 8
/* So many files in a row that storage which could be read failed to deliver. */
#define CVI_BLAME_MAX_FAILURES 8

/**
 * CviBlame: decides whether files are to blame for what became of them, or the
 * machine or the storage they are on. Results that do not speak for themselves
 * are held back until that is known. Not thread-safe.
 */
typedef struct _CviBlame CviBlame;

/* @result: (transfer full) */
typedef void (*CviBlameDeliver) (CviResult *result, gpointer user_data);

CviBlame *cvi_blame_new (CviBlameDeliver deliver, gpointer user_data);
void cvi_blame_free (CviBlame *blame);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviBlame, cvi_blame_free)

/**
 * cvi_blame_take:
 * @file: what @result is about
 * @result: (transfer full): judged; delivered now, later or, if it is not the
 *   file's fault, never
 * @died: no worker has come to the end of the file
 *
 * Returns: FALSE with @error (CVI_POOL_ERROR_MACHINE, _STORAGE) if there is no
 * use in going on
 */
gboolean cvi_blame_take (CviBlame *blame, const CviFile *file,
    CviResult *result, gboolean died, GError **error);

/* Delivers what is held back. */
void cvi_blame_settle (CviBlame *blame);

G_END_DECLS
