/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* To be called before the sandbox, inside of which nothing can be opened for
 * writing. Without it peaks are those of the process's whole life. */
void cvi_memory_init (void);

/* Starts the count of cvi_memory_peak() anew. */
void cvi_memory_reset_peak (void);

/* Highest resident memory of this process since then, bytes; 0: not known */
guint64 cvi_memory_peak (void);

G_END_DECLS
