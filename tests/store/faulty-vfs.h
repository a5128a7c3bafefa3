/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What happens at the step that fails. A step is whatever changes a file: a
 * write, a truncation, a sync, a deletion, the making of a file or of its
 * shared memory. */
typedef enum {
  FAULT_FULL,  /* no space: nothing is written */
  FAULT_ERROR, /* the medium fails */
  FAULT_SHORT, /* half of it is written, then the medium fails */
  FAULT_KILL,  /* the process is killed in the middle of it */
  N_FAULTS
} Fault;

/**
 * faulty_vfs_install:
 * @step: that fails, counted from 1; 0: none
 * @lasting: all later ones fail as well
 *
 * Puts itself before SQLite's default VFS, for every database that is opened
 * later in this process; a second call changes what fails. Nothing is synced
 * for real: no power is cut here.
 */
void faulty_vfs_install (Fault fault, guint step, gboolean lasting);

/* Did the step that fails come? */
gboolean faulty_vfs_has_failed (void);

G_END_DECLS
