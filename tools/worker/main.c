/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Sets the process up, then calls what tests can link: options first, then the
 * sandbox, then GStreamer. */
#include <stdlib.h>

#include "tools/worker/cvi-sandbox.h"
#include "tools/worker/cvi-worker.h"

int
main (int argc, char **argv)
{
  if (!cvi_sandbox_bind_process ())
    return EXIT_FAILURE;
  return cvi_worker_main (argc, argv);
}
