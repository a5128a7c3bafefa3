/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-copy.h"

G_BEGIN_DECLS

/**
 * CviMove: one file on its way.
 * @part: beside @to: what a copy is called until it is proven; nobody else's
 * @facts: what @from is (for a copy: what @to becomes)
 */
typedef struct {
  const char *from;
  const char *to;
  const char *part;
  const CviFileFacts *facts;
} CviMove;

/**
 * cvi_move_file:
 * @sha256: (out) (transfer full) (nullable): where it was copied, of its
 *   content
 *
 * Moves a file: by renaming within a file system, else by a copy that is
 * written to the disk, read back and compared before @from is removed. Makes
 * the folders of @to. Never replaces a file. At every moment the file is whole
 * at @from or at @to.
 * Returns: FALSE with @error; cvi_move_resolve() then tells where it is
 */
gboolean cvi_move_file (const CviMove *move, char **sha256, GError **error);

typedef enum {
  CVI_MOVE_DONE,      /* at @to alone */
  CVI_MOVE_NOT_BEGUN, /* at @from alone */
  CVI_MOVE_UNCLEAR    /* neither, with @error; nothing was removed */
} CviMoveState;

/**
 * cvi_move_resolve:
 *
 * After a move that was interrupted at any moment: finishes it if the file is
 * whole at @to, else removes what is left of it there.
 */
CviMoveState cvi_move_resolve (const CviMove *move, GError **error);

G_END_DECLS
