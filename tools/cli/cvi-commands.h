/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-command.h"

G_BEGIN_DECLS

/* The program behind cvi-gst's main(). Returns: the exit status */
int cvi_commands_main (int argc, char **argv);
/* Returns: static row @i of the table of sub-commands, NULL behind its end */
const CviCommand *cvi_commands_nth (guint i);

G_END_DECLS
