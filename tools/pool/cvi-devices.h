/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One file at a time on rotational disks, any number elsewhere. */
#define CVI_DEVICES_AUTO G_MAXUINT

/**
 * CviDevices: how many files of one device may be read at the same time: heads
 * that are sent to and fro read less than half of what they could.
 */
typedef struct _CviDevices CviDevices;

/**
 * cvi_devices_new:
 * @limit: for every device, 0: any number; or CVI_DEVICES_AUTO
 * @sys: (nullable): where the kernel tells of block devices, for tests; NULL is
 *   /sys/dev/block
 */
CviDevices *cvi_devices_new (guint limit, const char *sys);
void cvi_devices_free (CviDevices *devices);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviDevices, cvi_devices_free)

/**
 * cvi_devices_get_limit:
 * @device: st_dev; 0 if unknown
 *
 * Returns: 0 for any number, which is what "auto" says of every device that the
 * kernel does not call rotational (network shares, btrfs ...)
 */
guint cvi_devices_get_limit (CviDevices *devices, guint64 device);

G_END_DECLS
