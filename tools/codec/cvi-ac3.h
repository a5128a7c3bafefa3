/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CviAc3Check: the CRC-16 over each AC-3 and E-AC-3 frame (ETSI TS 102 366,
 * 6.1.7). Decoders let it pass by. A stream first has to show that its CRCs are
 * right: there are encoders that write none.
 */
typedef struct _CviAc3Check CviAc3Check;

CviAc3Check *cvi_ac3_check_new (void);
void cvi_ac3_check_free (CviAc3Check *check);

/* @data: one or more whole frames. FALSE: one of them, or one of the first of
 * the stream, is damaged; @fault is a static text. */
gboolean cvi_ac3_check_packet (
    CviAc3Check *check, const guint8 *data, gsize size, const char **fault);

G_END_DECLS
