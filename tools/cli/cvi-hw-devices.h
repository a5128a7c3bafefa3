/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-settings.h"

G_BEGIN_DECLS

/**
 * cvi_hw_devices_check:
 *
 * Asks the worker, which knows decoders, whether each --hw-device has a
 * hardware decoder; nothing where no device is named. Returns: FALSE with
 * @error if one has none, or the worker cannot be asked; G_IO_ERROR_TIMED_OUT
 * if it hangs
 */
gboolean cvi_hw_devices_check (CviSettings *settings, GError **error);

/**
 * cvi_hw_devices_prepare:
 *
 * The same for what is about to check files: where the worker hangs, it says so
 * and sets --hw to off, unless hardware is required.
 */
gboolean cvi_hw_devices_prepare (CviSettings *settings, GError **error);

G_END_DECLS
