/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/core/cvi-finding.h"

G_BEGIN_DECLS

/**
 * CviLogTap: receives GStreamer debug-log lines that tell of damage.
 *
 * One log function is installed for the process with the first tap (never
 * removed: GStreamer leaks a little on each change), thresholds of the
 * categories in the table are raised with the first tap and put back when the
 * last is gone. A category that the user or GST_DEBUG had
 * set as high is left alone. The table (cvi-log-table.c) maps category, level
 * and text to a rule with a certainty; lines no row wants are dropped without
 * being formatted where the category and level alone decide.
 *
 * To whom a line goes:
 *  1. the tap that the calling thread has entered (cvi_log_tap_enter), if the
 *     line's category is a decoder's (libav, videodecoder, audiodecoder, or a
 *     decoder element's own)
 *  2. else the oldest tap that claimed the line's object (or the element whose
 *     pad it is)
 *  3. else, if the line has no object and its category is a decoder's: the
 *     threaded tap (cvi_log_tap_set_threaded) that was entered last
 *  4. else the fallback tap, if any
 *  5. else it waits, for a while, for a tap that claims its object or that its
 *     thread enters: the elements upstream read headers before anything is
 *     linked behind them
 *
 * The log function runs on any thread, perhaps under object locks: it takes
 * only the taps' own mutex, never logs, never takes a GstObject lock.
 */
typedef struct _CviLogTap CviLogTap;

/**
 * CviLogEntry: equal lines (same row, numbers in the text aside) of a tap
 * since it was last drained, collapsed.
 * @time_ns: timestamp of the packet that the thread was decoding when the
 *   first line came (from cvi_log_tap_enter), CVI_NONE if unknown
 * @last_ns: the same for the last line
 */
typedef struct {
  CviRuleId rule;
  CviSeverity severity;
  double certainty;
  guint64 time_ns;
  guint64 last_ns;
  guint64 count;
  char *text;
} CviLogEntry;

typedef void (*CviLogEntryFunc) (const CviLogEntry *entry, gpointer user_data);

/* Most distinct entries a tap holds between drains; later ones are counted
 * into the last. */
#define CVI_LOG_TAP_MAX_ENTRIES 32

/* Returns: (transfer full): (any thread) */
CviLogTap *cvi_log_tap_new (void);
/* Drops every claim, every thread's entry, and the reference. */
void cvi_log_tap_free (CviLogTap *tap);

/* Lines about @object (an address, never dereferenced) go to @tap. */
void cvi_log_tap_claim (CviLogTap *tap, gpointer object);
void cvi_log_tap_unclaim_all (CviLogTap *tap);

/* The decoder that @tap watches has threads of its own (libav's frame threads),
 * whose lines name no object and come from a thread that entered nothing. */
void cvi_log_tap_set_threaded (CviLogTap *tap, gboolean threaded);

/* Lines that nobody else gets go to @tap (NULL: nobody). For programs that own
 * the process. */
void cvi_log_tap_set_fallback (CviLogTap *tap);

/**
 * cvi_log_tap_enter:
 * @time_ns: timestamp of the packet about to be decoded, or CVI_NONE
 *
 * From here on this thread works for @tap, until it enters another one or
 * leaves. Cheap: no lock.
 */
void cvi_log_tap_enter (CviLogTap *tap, guint64 time_ns);
void cvi_log_tap_leave (void);

/* Anything to drain? One atomic read: call it for each buffer. */
gboolean cvi_log_tap_pending (CviLogTap *tap);
/* Hands out and forgets what has come in, on the caller's thread. */
void cvi_log_tap_drain (
    CviLogTap *tap, CviLogEntryFunc func, gpointer user_data);

G_END_DECLS
