/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CviMpaCheck: MPEG audio frames (ISO/IEC 11172-3, 13818-3). Decoders take any
 * bits of Layer II; but its codes of three samples, its scale factors and its
 * samples have values that no encoder may write, what the allocation asks for
 * has to fit the frame, and what is left is padding. Layers II and III may
 * carry a CRC-16. A stream first has to show that it keeps these rules.
 */
typedef struct _CviMpaCheck CviMpaCheck;

CviMpaCheck *cvi_mpa_check_new (void);
void cvi_mpa_check_free (CviMpaCheck *check);

/* @data: one frame, as parsers cut them. FALSE: it, or one of the eight before
 * it, is damaged; @fault is a static text. */
gboolean cvi_mpa_check_frame (
    CviMpaCheck *check, const guint8 *data, gsize size, const char **fault);

G_END_DECLS
