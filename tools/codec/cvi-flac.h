/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CviFlacCheck: holds each FLAC frame against the CRC-16 that it ends with
 * (RFC 9639, section 9.3). The decoders conceal a frame whose CRC is wrong.
 * Not thread-safe.
 */
typedef struct _CviFlacCheck CviFlacCheck;

CviFlacCheck *cvi_flac_check_new (void);
void cvi_flac_check_free (CviFlacCheck *check);

/**
 * cvi_flac_check_frame:
 * @data: one packet, hostile: a frame, or a header before the first frame
 * @fault: (out): static text, what is wrong
 *
 * Returns: FALSE if the frame is damaged
 */
gboolean cvi_flac_check_frame (
    CviFlacCheck *check, const guint8 *data, gsize size, const char **fault);

G_END_DECLS
