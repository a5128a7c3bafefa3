/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/worker/cvi-sandbox.h"

G_BEGIN_DECLS

/* Sanitizers reserve terabytes of addresses, and look for leaks from a child
 * that traces its parent. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CVI_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CVI_SANITIZED 1
#endif
#endif
#ifndef CVI_SANITIZED
#define CVI_SANITIZED 0
#endif

/**
 * cvi_sandbox_landlock:
 *
 * Needs no_new_privs. Returns: is it in force?
 */
gboolean cvi_sandbox_landlock (const CviSandboxConfig *config);

/* Needs no_new_privs. Returns: is it in force? */
gboolean cvi_sandbox_seccomp (const CviSandboxConfig *config);

/* Devices that hardware decoders use and this machine has; (transfer full),
 * NULL-terminated. Opens V4L2 devices to tell decoders from cameras. */
char **cvi_sandbox_devices (void);

G_END_DECLS
