/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Sets the process up, then calls what tests can link. */
#include <stdlib.h>

#include "tools/fetch/cvi-fetch-main.h"
#include "tools/worker/cvi-sandbox.h"

int
main (int argc, char **argv)
{
  if (!cvi_sandbox_bind_process ())
    return EXIT_FAILURE;
  return cvi_fetch_main (argc, argv);
}
