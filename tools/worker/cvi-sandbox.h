/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Confinement of the worker: what a hostile file can reach if it takes over a
 * decoder. Applied first thing in main(), while the process has one thread. */

/**
 * CviSandboxMode:
 * @CVI_SANDBOX_OFF: nothing is applied
 * @CVI_SANDBOX_AUTO: what the kernel offers; parts it lacks are left out
 * @CVI_SANDBOX_REQUIRE: all of it, or the worker does not start
 */
typedef enum {
  CVI_SANDBOX_OFF,
  CVI_SANDBOX_AUTO,
  CVI_SANDBOX_REQUIRE
} CviSandboxMode;

/* Returns: FALSE for an unknown name ("off", "auto", "require") */
gboolean cvi_sandbox_mode_from_string (const char *name, CviSandboxMode *mode);

/**
 * CviSandboxConfig:
 * @roots: (nullable): files and folders that may be read, NULL-terminated
 * @address_space: RLIMIT_AS in bytes, 0 = as inherited
 */
typedef struct {
  CviSandboxMode mode;
  const char *const *roots;
  guint64 address_space;
} CviSandboxConfig;

/**
 * cvi_sandbox_apply:
 *
 * no_new_privs; no core files, no file writes (RLIMIT_FSIZE 0), few open
 * files; Landlock: system libraries, plugin folders, the registry and @roots
 * are readable, nothing is writable; seccomp: no new programs or processes, no
 * sockets, no tracing, no mounts, keys, BPF, io_uring and the like. A refused
 * call returns an errno, since plugins probe.
 *
 * Returns: FALSE with @error if @mode is require and a part is missing
 */
gboolean cvi_sandbox_apply (const CviSandboxConfig *config, GError **error);

/* Landlock's ABI number, 0 where the kernel has none; whether seccomp filters
 * work. */
int cvi_sandbox_landlock_abi (void);
gboolean cvi_sandbox_has_seccomp (void);

G_END_DECLS
