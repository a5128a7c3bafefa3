/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CviRegistry: the GStreamer plugin registry of the workers, brought up to
 * date by one run of the worker program before the workers, which only read
 * it. Several programs may do so at the same time: GStreamer writes another
 * file and renames it. Belongs to the thread that made it.
 */
typedef struct _CviRegistry CviRegistry;

/**
 * cvi_registry_new:
 * @worker: program
 * @path: (nullable): of the registry file; NULL is
 *   $XDG_CACHE_HOME/cvi-gst/registry.bin. If its folder cannot be written into,
 *   a temporary one takes its place for as long as this lives.
 */
CviRegistry *cvi_registry_new (const char *worker, const char *path);

/* Ends a run that has not. */
void cvi_registry_free (CviRegistry *registry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviRegistry, cvi_registry_free)

/* Until cvi_registry_warm() was called it may change. */
const char *cvi_registry_get_path (CviRegistry *registry);

/**
 * cvi_registry_warm:
 *
 * Starts the run on the first call, unless all plugins are those of an earlier
 * one; later calls do nothing. It ends on the
 * thread's default main context. A failure is logged and no more: without a
 * registry file each worker makes its own in memory, which takes longer.
 *
 * Returns: TRUE once the run is over
 */
gboolean cvi_registry_warm (CviRegistry *registry);

G_END_DECLS
