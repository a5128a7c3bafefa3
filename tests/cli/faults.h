/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What happens at the step that fails. A step is a call that changes a file or
 * folder, writes it to the disk, or reads. */
typedef enum {
  FAULT_ERROR,  /* the medium fails: EIO */
  FAULT_FULL,   /* no space, from here on */
  FAULT_SHORT,  /* half of it is written, and nothing from here on */
  FAULT_BEFORE, /* the process ends before it, or in the middle of it */
  FAULT_AFTER,  /* the process ends after it */
  FAULT_GARBLE, /* other bytes are written, if it writes a file's content */
  N_FAULTS
} Fault;

/* How file systems rename. */
typedef enum {
  RENAME_PLAIN,
  RENAME_ACROSS,      /* files are on different ones: only copies are renamed */
  RENAME_BY_LINK,     /* none that refuses to replace */
  RENAME_ACROSS_LINK, /* both */
  N_RENAMES
} RenameKind;

/* The process ends like this at FAULT_BEFORE and FAULT_AFTER. */
#define FAULT_EXIT_STATUS 77

/**
 * faults_set:
 * @step: that fails, counted from 1; 0: none
 *
 * The calls of what is linked with --wrap (meson.build) go through here.
 * Nothing is written to the disk for real: no power is cut here.
 */
void faults_set (Fault fault, guint step, RenameKind kind);

/* Calls @func before the @nth thing that is written to the disk (fsync). */
void faults_set_hook (guint nth, void (*func) (gpointer), gpointer user_data);

/* Has the step that fails come? */
gboolean faults_has_failed (void);

G_END_DECLS
