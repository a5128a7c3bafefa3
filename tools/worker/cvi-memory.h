/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* To be called before the sandbox, inside of which nothing can be opened for
 * writing. Without it peaks are those of the process's whole life. */
void cvi_memory_init (void);

/* From here on memory (in blocks of more than 1 KiB) is zeros when it is
 * allocated. Some decoders read what they never wrote once bits have thrown
 * them off their track (measured: avdec_wmv2 told of 55 to 253 faults in the
 * same frame), so that what they say would depend on the files before. Costs 1
 * to 2 % of the CPU time. */
void cvi_memory_make_repeatable (void);

/* Has large buffers of GStreamer's, which are zeros too, take no memory until
 * they are written to. Once, behind gst_init(). */
void cvi_memory_init_buffers (void);

/* Starts the count of cvi_memory_peak() anew. */
void cvi_memory_reset_peak (void);

/* Highest resident memory of this process since then, bytes; 0: not known */
guint64 cvi_memory_peak (void);

G_END_DECLS
