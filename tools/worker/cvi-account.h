/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-result.h"
#include "tools/structure/cvi-structure.h"
#include "tools/worker/cvi-pass.h"

G_BEGIN_DECLS

/* What a pass amounts to, stream by stream: what went in against what came
 * out, what the container declares against what was seen. */

typedef void (*CviAccountFunc) (CviFinding *finding, gpointer user_data);

/**
 * CviAccount:
 * @info: (nullable): what the container declares
 * @whole: the pass covered the whole file (no windows)
 * @end: how the pass ended
 * @finding: takes (transfer full) findings
 */
typedef struct {
  const CviStructureInfo *info;
  gboolean whole;
  CviPassEnd end;
  CviAccountFunc finding;
  gpointer user_data;
} CviAccount;

/**
 * cvi_account_pass:
 *
 * Makes the findings that only the end of a pass can tell: streams without
 * frames or decoder, encrypted ones, shortfall, streams that stopped early.
 * Returns: (transfer full) (element-type CviStream): the streams
 */
GPtrArray *cvi_account_pass (const CviAccount *account, CviPass *pass);

G_END_DECLS
