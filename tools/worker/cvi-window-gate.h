/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * CviWindowGate: stands on a decoder's sink pad while parts of a file are
 * decoded. After each flush it lets nothing through until a sync point (a
 * decoder fed from the middle of a GOP reports errors that are none), and ends
 * the stream when the window's length has passed since.
 *
 * With a window of 0 it only looks: where the whole stream's sync begins.
 */
typedef struct _CviWindowGate CviWindowGate;

/* @window_ns: length of a window from its sync point (ns), or 0
 * @needs_header: a window's first packet is no sync point unless it is flagged
 *   as a header too */
CviWindowGate *cvi_window_gate_new (
    GstPad *pad, guint64 window_ns, gboolean needs_header);
/* @frames: where the decoder's frames come by, for has_shown() */
void cvi_window_gate_watch (CviWindowGate *gate, GstPad *frames);

/* Only when no data flows any more. */
void cvi_window_gate_free (CviWindowGate *gate);

/* Stream time (ns) of the sync point that the present window began with,
 * CVI_NONE while there was none. Pictures before it in presentation are
 * leading ones (open GOP): their references were not decoded. Any thread. */
guint64 cvi_window_gate_get_entry (CviWindowGate *gate);

/* Has the decoder shown a frame of the present window, or had it no packet to
 * make one of? After the window. */
gboolean cvi_window_gate_has_shown (CviWindowGate *gate);

/* Was the first packet no sync point? Any thread. */
gboolean cvi_window_gate_began_inside (CviWindowGate *gate);

G_END_DECLS
