/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/fixity/cvi-verify-file.h"

G_BEGIN_DECLS

/**
 * CviReaders: threads that look at files, so many for each device. All calls
 * from one thread.
 */
typedef struct _CviReaders CviReaders;

/**
 * cvi_readers_new:
 * @gate: must outlive the readers
 * @jobs: files read at the same time on each device; 0: one for each CPU, at
 *   most four: more do not make a disk faster
 * @per_device: as in CviPoolConfig's jobs_per_device
 */
CviReaders *cvi_readers_new (CviReadGate *gate, guint jobs, guint per_device);
/* Waits for all threads; looks that nobody has taken are freed with
 * @free_look. */
void cvi_readers_free (CviReaders *readers, GDestroyNotify free_look);

/* Should some results be taken before more is pushed? */
gboolean cvi_readers_is_full (CviReaders *readers);
/* Looks that were pushed and not taken yet. */
guint cvi_readers_get_n_pending (CviReaders *readers);
/* @look: (transfer full); @device: st_dev, 0 if unknown */
void cvi_readers_push (CviReaders *readers, CviLook *look, guint64 device);
/* Returns: (transfer full) (nullable): a look that is done; NULL after
 * @timeout_us without one */
CviLook *cvi_readers_take (CviReaders *readers, guint64 timeout_us);

G_END_DECLS
