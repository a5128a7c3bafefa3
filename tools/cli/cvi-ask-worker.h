/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * cvi_ask_worker:
 * @ask: "--doctor", or "--find-hw", which names what it prints of @devices
 * @devices: (nullable): of --hw-device, which it gets as --find-hw
 *
 * Runs the worker program, without a file, for what it prints. It may load
 * drivers of hardware, which hang: after a minute it is killed with what it has
 * started. $CVI_ANSWER_TIMEOUT (s) makes that shorter, for tests.
 * Returns: (transfer full) (nullable): the answer; NULL with @error, which is
 * G_IO_ERROR_TIMED_OUT where there was none in time
 */
char *cvi_ask_worker (const char *ask, char **devices, GError **error);

G_END_DECLS
