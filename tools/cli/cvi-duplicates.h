/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/store/cvi-store.h"

G_BEGIN_DECLS

/* Prints the files of the same content, the largest first: their hash and size
 * in a line, then their names. */
gboolean cvi_duplicates_print (CviStore *store, GError **error);

G_END_DECLS
