/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A hardware decoder works for a few streams at the same time: one NVDEC is as
 * fast with 4 files as with 16 (docs/accuracy.md), and small chips refuse more.
 */
#define CVI_HW_SESSIONS 4
/* Files in a row that hardware crashes or hangs on, without one in between that
 * it gets on with, before a device is done without: its driver is broken, and
 * each of them costs a worker. */
#define CVI_HW_MAX_FAILURES 8

/**
 * CviHwSessions: which devices there are for hardware decoders, and how many
 * files may hold one of each at the same time. Not thread-safe.
 *
 * A session is a number from 1 on; 0 is none.
 */
typedef struct _CviHwSessions CviHwSessions;

/**
 * cvi_hw_sessions_new:
 * @devices: (nullable): names, NULL-terminated; NULL or none: one device,
 *   whichever decoder has the highest rank
 * @limit: of each; 0: CVI_HW_SESSIONS
 */
CviHwSessions *cvi_hw_sessions_new (const char *const *devices, guint limit);
void cvi_hw_sessions_free (CviHwSessions *sessions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviHwSessions, cvi_hw_sessions_free)

/* Devices that a file has found to be of no use, a bit each: the functions
 * below leave those out. */
typedef guint64 CviHwTried;

/* Adds the device of @session; all, if it is one of more than fit. */
CviHwTried cvi_hw_tried_add (CviHwTried tried, guint session);

/* Returns: a session of the device that has most of them left, 0 if none has */
guint cvi_hw_sessions_take (CviHwSessions *sessions, CviHwTried tried);

/* @session: 0 is ignored */
void cvi_hw_sessions_give_back (CviHwSessions *sessions, guint session);

/* Hardware was in use in @session, and its worker died or stood still; or it
 * came to the file's end. Where it has given place to software, neither. */
void cvi_hw_sessions_fail (CviHwSessions *sessions, guint session);
void cvi_hw_sessions_succeed (CviHwSessions *sessions, guint session);

/* Has the device of @session, not 0, failed too often? */
gboolean cvi_hw_sessions_is_over (const CviHwSessions *sessions, guint session);

/* Has every device failed too often, or been tried in vain? */
gboolean cvi_hw_sessions_are_over (
    const CviHwSessions *sessions, CviHwTried tried);

gboolean cvi_hw_sessions_has_free (
    const CviHwSessions *sessions, CviHwTried tried);

/* Returns: (transfer none): device of @session, "" for any */
const char *cvi_hw_sessions_get_device (
    const CviHwSessions *sessions, guint session);

/* Returns: how long (µs) a file may stand still while hardware decodes it,
 * which software does just as well: half of @stall_us, which holds for all, and
 * half a minute at most, also where @stall_us is 0 for any time */
gint64 cvi_hw_stall_us (gint64 stall_us);

G_END_DECLS
