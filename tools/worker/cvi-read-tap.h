/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/element/cvi-tally.h"

G_BEGIN_DECLS

/**
 * CviReadTap: watches what is read from a source element.
 *
 * Every read passes its pad as a probe (pull and push alike). Any thread.
 */
typedef struct _CviReadTap CviReadTap;

/* Watches the src pad of @source. */
CviReadTap *cvi_read_tap_new (GstElement *source);
void cvi_read_tap_free (CviReadTap *tap);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviReadTap, cvi_read_tap_free)

/* Bytes from @offset to @offset + @size are handed out as zeros. Before the
 * first data. */
void cvi_read_tap_set_mask (CviReadTap *tap, guint64 offset, guint size);

/* Bytes handed out so far (read twice counts twice). */
guint64 cvi_read_tap_get_bytes (CviReadTap *tap);

/* Did anybody ask for more than the file has? Which demuxers read in odd blocks
 * is for the caller to know. */
CviPastEnd cvi_read_tap_get_past_end (CviReadTap *tap);

G_END_DECLS
