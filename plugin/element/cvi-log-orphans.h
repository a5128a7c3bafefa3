/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/element/cvi-log-table.h"

G_BEGIN_DECLS

/* Most lines kept; older ones go first. */
#define CVI_LOG_MAX_ORPHANS 32

/**
 * CviLogOrphan: lines that belong to no tap yet. A demuxer reads its headers,
 * and decodebin's decoders their first packets, before anything is linked
 * behind them.
 * @object, @parent: of the line and, for a pad, its element; addresses only
 * @thread: token of the logging thread
 * @count: lines of the same row, object and thread in a row
 */
typedef struct {
  const CviLogRow *row;
  char *text;
  gconstpointer object;
  gconstpointer parent;
  gconstpointer thread;
  guint64 count;
} CviLogOrphan;

typedef void (*CviLogOrphanFunc) (
    const CviLogOrphan *orphan, gpointer user_data);

/* All of these are called with the lock of the taps. @orphan's text is copied,
 * its count is taken as 1. */
void cvi_log_orphans_add (const CviLogOrphan *orphan);
/* Hands out, and forgets, the lines about @object or a pad of it. */
void cvi_log_orphans_take_object (
    gconstpointer object, CviLogOrphanFunc func, gpointer user_data);
/* The same for lines without an object that came from @thread (NULL: any). */
void cvi_log_orphans_take_thread (
    gconstpointer thread, CviLogOrphanFunc func, gpointer user_data);
void cvi_log_orphans_clear (void);

/* Without the lock: are there any? */
gboolean cvi_log_orphans_waiting (void);

G_END_DECLS
