/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <gio/gio.h>

#define MAX_FILES 512

/* Rights of later ABIs than the header knows (landlock(7)). */
#define ACCESS_TRUNCATE (1ull << 14)
#define ACCESS_IOCTL_DEV (1ull << 15)

#define READ_FILE LANDLOCK_ACCESS_FS_READ_FILE
#define READ_TREE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* What every decoder needs: libraries, their data, CPU and memory facts. */
static const struct {
  const char *path;
  guint64 access;
} system_paths[] = {
  { "/usr", READ_TREE },
  { "/lib", READ_TREE },
  { "/lib64", READ_TREE },
  { "/etc", READ_TREE },
  { "/proc", READ_TREE },
  { "/sys/devices", READ_TREE },
  { "/dev/null", READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE },
  { "/dev/urandom", READ_FILE },
  { "/dev/random", READ_FILE },
};

gboolean
cvi_sandbox_mode_from_string (const char *name, CviSandboxMode *mode)
{
  static const char *const names[] = { "off", "auto", "require" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (g_strcmp0 (name, names[i]) == 0) {
      *mode = (CviSandboxMode)i;
      return TRUE;
    }
  }
  return FALSE;
}

int
cvi_sandbox_landlock_abi (void)
{
  long abi = syscall (
      SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

  return abi > 0 ? (int)abi : 0;
}

gboolean
cvi_sandbox_has_seccomp (void)
{
  guint32 action = SECCOMP_RET_ERRNO;

  return syscall (SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static guint64
handled_access (int abi)
{
  guint64 access = (1ull << 13) - 1; /* ABI 1 */

  if (abi >= 2)
    access |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3)
    access |= ACCESS_TRUNCATE;
  if (abi >= 5)
    access |= ACCESS_IOCTL_DEV;
  return access;
}

/* A path that is not there needs no rule. */
static void
allow (int ruleset, const char *path, guint64 access)
{
  struct landlock_path_beneath_attr rule = { .allowed_access = access };
  struct stat st;
  int fd = open (path, O_PATH | O_CLOEXEC);

  if (fd < 0)
    return;
  if (fstat (fd, &st) == 0) {
    if (!S_ISDIR (st.st_mode))
      rule.allowed_access &= ~(guint64)LANDLOCK_ACCESS_FS_READ_DIR;
    rule.parent_fd = fd;
    if (syscall (SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
            &rule, 0) != 0)
      g_printerr (
          "cvi-gst-worker: landlock: %s: %s\n", path, g_strerror (errno));
  }
  close (fd);
}

static void
allow_path_list (int ruleset, const char *variable)
{
  const char *list = g_getenv (variable);
  g_auto (GStrv) paths = list ? g_strsplit (list, ":", -1) : NULL;

  for (guint i = 0; paths && paths[i]; i++) {
    if (*paths[i])
      allow (ruleset, paths[i], READ_TREE);
  }
}

static gboolean
apply_landlock (const char *const *roots)
{
  int abi = cvi_sandbox_landlock_abi ();
  struct landlock_ruleset_attr attr = { .handled_access_fs =
                                            handled_access (abi) };
  gboolean done;
  int ruleset;

  if (abi == 0)
    return FALSE;
  ruleset = (int)syscall (SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
  if (ruleset < 0)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (system_paths); i++)
    allow (ruleset, system_paths[i].path, system_paths[i].access);
  allow_path_list (ruleset, "GST_PLUGIN_PATH");
  allow_path_list (ruleset, "GST_PLUGIN_PATH_1_0");
  allow_path_list (ruleset, "GST_PLUGIN_SYSTEM_PATH");
  allow_path_list (ruleset, "GST_PLUGIN_SYSTEM_PATH_1_0");
  allow_path_list (ruleset, "GST_REGISTRY");
  allow_path_list (ruleset, "GST_REGISTRY_1_0");
  for (guint i = 0; roots && roots[i]; i++)
    allow (ruleset, roots[i], READ_TREE);
  done = syscall (SYS_landlock_restrict_self, ruleset, 0) == 0;
  close (ruleset);
  return done;
}

/* No other program, no other process's memory, no network, nothing that
 * changes the machine. */
static const int denied_calls[] = { SCMP_SYS (execve), SCMP_SYS (execveat),
  SCMP_SYS (fork), SCMP_SYS (vfork), SCMP_SYS (ptrace),
  SCMP_SYS (process_vm_readv), SCMP_SYS (process_vm_writev),
  SCMP_SYS (pidfd_open), SCMP_SYS (pidfd_getfd), SCMP_SYS (connect),
  SCMP_SYS (bind), SCMP_SYS (listen), SCMP_SYS (accept), SCMP_SYS (accept4),
  SCMP_SYS (mount), SCMP_SYS (umount2), SCMP_SYS (pivot_root),
  SCMP_SYS (chroot), SCMP_SYS (unshare), SCMP_SYS (setns),
  SCMP_SYS (move_mount), SCMP_SYS (open_tree), SCMP_SYS (fsopen),
  SCMP_SYS (keyctl), SCMP_SYS (add_key), SCMP_SYS (request_key), SCMP_SYS (bpf),
  SCMP_SYS (perf_event_open), SCMP_SYS (userfaultfd), SCMP_SYS (io_uring_setup),
  SCMP_SYS (io_uring_enter), SCMP_SYS (io_uring_register),
  SCMP_SYS (open_by_handle_at), SCMP_SYS (init_module), SCMP_SYS (finit_module),
  SCMP_SYS (delete_module), SCMP_SYS (kexec_load), SCMP_SYS (reboot),
  SCMP_SYS (swapon), SCMP_SYS (swapoff), SCMP_SYS (settimeofday),
  SCMP_SYS (clock_settime), SCMP_SYS (sethostname), SCMP_SYS (setdomainname),
  SCMP_SYS (quotactl), SCMP_SYS (syslog), SCMP_SYS (acct),
  SCMP_SYS (personality) };

static int
add_rules (scmp_filter_ctx filter)
{
  const guint32 deny = SCMP_ACT_ERRNO (EPERM);
  int failed = 0;

  for (guint i = 0; i < G_N_ELEMENTS (denied_calls); i++)
    failed |= seccomp_rule_add (filter, deny, denied_calls[i], 0);
  failed |= seccomp_rule_add (
      filter, SCMP_ACT_ERRNO (EAFNOSUPPORT), SCMP_SYS (socket), 0);
  /* Threads yes, processes no. clone3 hides its flags in memory, so it is
   * "not there" and the C library falls back to clone. */
  failed |= seccomp_rule_add (filter, deny, SCMP_SYS (clone), 1,
      SCMP_A0 (SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
  failed |=
      seccomp_rule_add (filter, SCMP_ACT_ERRNO (ENOSYS), SCMP_SYS (clone3), 0);
  /* Signals to itself (abort) only. */
  failed |= seccomp_rule_add (filter, deny, SCMP_SYS (kill), 1,
      SCMP_A0 (SCMP_CMP_NE, (scmp_datum_t)getpid ()));
  failed |= seccomp_rule_add (filter, deny, SCMP_SYS (tgkill), 1,
      SCMP_A0 (SCMP_CMP_NE, (scmp_datum_t)getpid ()));
  return failed;
}

static gboolean
apply_seccomp (void)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);
  gboolean done;

  if (!filter)
    return FALSE;
  done = add_rules (filter) == 0 && seccomp_load (filter) == 0;
  seccomp_release (filter);
  return done;
}

static void
limit (__rlimit_resource_t resource, rlim_t most)
{
  struct rlimit now;

  if (getrlimit (resource, &now) != 0 || now.rlim_cur <= most)
    return;
  now.rlim_cur = most;
  now.rlim_max = MIN (now.rlim_max, most);
  if (setrlimit (resource, &now) != 0)
    g_printerr ("cvi-gst-worker: setrlimit: %s\n", g_strerror (errno));
}

gboolean
cvi_sandbox_apply (const CviSandboxConfig *config, GError **error)
{
  const char *missing = NULL;

  if (config->mode == CVI_SANDBOX_OFF)
    return TRUE;
  /* Writing to a file past the limit is an errno, not the end. */
  signal (SIGXFSZ, SIG_IGN);
  limit (RLIMIT_CORE, 0);
  limit (RLIMIT_FSIZE, 0);
  limit (RLIMIT_NOFILE, MAX_FILES);
  if (config->address_space > 0)
    limit (RLIMIT_AS, config->address_space);
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    missing = "no_new_privs";
  else if (!apply_landlock (config->roots))
    missing = "Landlock";
  /* Also where Landlock is missing: each part helps by itself. */
  if (!apply_seccomp () && !missing)
    missing = "seccomp";
  if (missing && config->mode == CVI_SANDBOX_REQUIRE) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        "the kernel does not offer %s, and --sandbox=require was given",
        missing);
    return FALSE;
  }
  return TRUE;
}
