/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CviSandboxWhen:
 * @CVI_SANDBOX_OFF: never
 * @CVI_SANDBOX_AUTO: as much of it as this kernel offers
 * @CVI_SANDBOX_REQUIRE: all of it or no work at all
 */
typedef enum {
  CVI_SANDBOX_OFF,
  CVI_SANDBOX_AUTO,
  CVI_SANDBOX_REQUIRE
} CviSandboxWhen;

/* Returns: FALSE (and leaves *when alone) for an unknown name */
gboolean cvi_sandbox_when_from_string (const char *name, CviSandboxWhen *when);

/**
 * CviSandboxNet: what of the network is left
 * @CVI_SANDBOX_NET_NONE: for what decodes
 * @CVI_SANDBOX_NET_INTERNET: connections over IP, and what name look-ups and
 *   TLS read
 * @CVI_SANDBOX_NET_DATAGRAMS: ports to receive on too (UDP); no TCP ones
 * @CVI_SANDBOX_NET_SERVICES: connections to programs of this machine too: GIO
 *   has its network file systems in daemons of the session
 */
typedef enum {
  CVI_SANDBOX_NET_NONE,
  CVI_SANDBOX_NET_INTERNET,
  CVI_SANDBOX_NET_DATAGRAMS,
  CVI_SANDBOX_NET_SERVICES
} CviSandboxNet;

/**
 * CviSandboxConfig:
 * @roots: (nullable): files and folders that may be read, NULL-terminated;
 *   bytes. What is not there is passed over.
 * @memory_limit: resident memory the supervisor allows, bytes; 0: any
 * @hardware: decoders may use devices
 * @net: of the network; with any, nothing but that is to be done (a fetcher)
 * @file_limit: how large a file may become that is open for writing already,
 *   bytes; none can be opened
 */
typedef struct {
  const char *const *roots;
  guint64 memory_limit;
  gboolean hardware;
  CviSandboxNet net;
  guint64 file_limit;
} CviSandboxConfig;

/**
 * cvi_sandbox_apply: (thread: the only one there is)
 *
 * Takes from this process, for good, what checking a file does not need:
 * - no new privileges, and no capability but the one to read;
 * - resource limits: address space, size of written files, open files,
 *   core dumps;
 * - Landlock: system libraries, plugin folders, the registry of plugins and
 *   @roots may be read, nothing may be written, nothing executed. A symbolic
 *   link that leads elsewhere does not open what it leads to;
 * - seccomp: a list of system calls is refused (cvi-sandbox-seccomp.c).
 *
 * To be called before anything starts a thread, since Landlock holds for the
 * calling thread and its children alone.
 * Returns: (transfer full) (nullable): NULL if all of it is in force, else the
 * parts that are not, for people: "Landlock, seccomp"
 */
char *cvi_sandbox_apply (const CviSandboxConfig *config);

/**
 * cvi_sandbox_enter: (thread: the only one there is)
 * @when: "off", "auto" or "require"; anything else counts as the last
 *
 * Applies it if that is asked for.
 * Returns: (transfer full) (nullable): for people: why nothing may be done now,
 * since all of it is required and some of it is not there
 */
char *cvi_sandbox_enter (const char *when, const CviSandboxConfig *config);

/**
 * cvi_sandbox_bind_process: (thread: the only one there is)
 *
 * What comes first in main() of a program that a supervisor starts: makes a
 * group of it, and ends it with the process that has started it.
 * Returns: FALSE if that has ended already
 */
gboolean cvi_sandbox_bind_process (void);

/**
 * cvi_sandbox_probe: (thread: the only one there is)
 *
 * Returns: (transfer full) (nullable): what cvi_sandbox_apply() would return
 * here, found out in a child process
 */
char *cvi_sandbox_probe (void);

/* Landlock's ABI number, 0 where the kernel has none (landlock(7)). */
int cvi_sandbox_landlock_abi (void);

/* Is it Landlock alone that keeps this process from reading the file? */
gboolean cvi_sandbox_hides (const char *path);

/**
 * cvi_sandbox_take_violation: (any thread)
 *
 * Returns: (transfer full) (nullable): name of a system call that no decoder
 * has a use for and that was tried, in vain, since the last time this was asked
 */
char *cvi_sandbox_take_violation (void);

G_END_DECLS
