/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * cvi_signals_install:
 *
 * From now on SIGINT and SIGTERM ask for a stop, a second one of them ends the
 * program at once (status 128 + its number), and SIGUSR1 asks for a line of
 * status. Once a process.
 */
void cvi_signals_install (void);

/**
 * cvi_signals_end_on_stop:
 * @fd: a descriptor that is being read, -1 for none any more
 *
 * Makes @fd empty when a stop is asked for, so that a read that waits for more
 * (names from a pipe) ends there.
 */
void cvi_signals_end_on_stop (int fd);

/* Returns: the signal that asked for a stop, 0 if none has. Costs nothing, so
 * that long loops can ask often. */
int cvi_signals_get_stop (void);

/* Has SIGUSR1 come since this was asked last? */
gboolean cvi_signals_take_status (void);

/**
 * cvi_signals_watch:
 * @func: called whenever a signal has come, until it returns
 *   G_SOURCE_REMOVE
 *
 * Returns: (transfer full): source, attached to the thread's main context
 */
GSource *cvi_signals_watch (GSourceFunc func, gpointer user_data);

G_END_DECLS
