/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/pool/cvi-fetch-job.h"

G_BEGIN_DECLS

/* Both fill the spool; when they return, the job has failed or is complete. */

/* http, https: libcurl */
void cvi_fetch_http (CviFetchJob *job);

/* All else that GIO knows, in daemons of the user's session: gvfs */
void cvi_fetch_gio (CviFetchJob *job);

/* What is not there cannot be mounted, so it is not the file itself.
 * Returns: (transfer full) (nullable): the URI of the share that @uri is on, or
 * of its folder, with the user and without the password */
char *cvi_fetch_mountable_uri (const char *uri);

G_END_DECLS
