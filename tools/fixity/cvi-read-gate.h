/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CviReadGate: what all that read must pass: it can be closed, and lets only so
 * many bytes a second through. Any thread.
 */
typedef struct _CviReadGate CviReadGate;

/* @bytes_per_s: 0: any */
CviReadGate *cvi_read_gate_new (guint64 bytes_per_s);
void cvi_read_gate_free (CviReadGate *gate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviReadGate, cvi_read_gate_free)

/* Nobody passes any more; who waits is let go. */
void cvi_read_gate_close (CviReadGate *gate);

/**
 * cvi_read_gate_pass:
 * @bytes: that are about to be read, for all threads together
 *
 * Waits until the rate allows for them. Returns: FALSE if the gate is closed
 */
gboolean cvi_read_gate_pass (CviReadGate *gate, guint64 bytes);

/* Bytes that have passed. */
guint64 cvi_read_gate_get_bytes (CviReadGate *gate);

G_END_DECLS
