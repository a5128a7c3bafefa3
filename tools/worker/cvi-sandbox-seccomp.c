/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* The list of refused system calls. A list of allowed ones would be shorter
 * than safe: plugins, drivers and C libraries of other versions use others. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <unistd.h>
#include <seccomp.h>

#include "tools/worker/cvi-sandbox-private.h"

/**
 * How:
 * @QUIET: fails with EPERM: a plugin may try it and do without
 * @UNKNOWN: fails with ENOSYS, so that the C library uses an older call, whose
 *   arguments can be looked at
 * @LOUD: fails with EPERM and is told of: no decoder has a use for it
 */
typedef enum { QUIET, UNKNOWN, LOUD } How;

typedef struct {
  const char *name;
  How how;
  int number; /* where libseccomp 2.5 does not know the name; 0: it does */
} Refused;

/* Numbers from 424 on are the same on all machines but MIPS and Alpha. */
static const Refused refused[] = {
  /* programs */
  { "execve", LOUD },
  { "execveat", LOUD },
  { "uselib", QUIET },
  /* processes: threads come by clone(), see below. Not LOUD: posix_spawn()
   * blocks the signal, which would then kill. */
  { "fork", QUIET },
  { "vfork", QUIET },
  { "clone3", UNKNOWN },
#if !CVI_SANITIZED
  { "ptrace", LOUD },
#endif
  { "process_vm_readv", LOUD },
  { "process_vm_writev", LOUD },
  { "process_madvise", QUIET },
  { "process_mrelease", QUIET },
  { "kcmp", QUIET },
  { "pidfd_open", QUIET },
  { "pidfd_getfd", LOUD },
  { "pidfd_send_signal", QUIET },
  { "tkill", QUIET },
  { "rt_sigqueueinfo", QUIET },
  { "rt_tgsigqueueinfo", QUIET },
  /* connections: the one to the supervisor is there already; socket(): see
   * below. GStreamer wakes its threads over socketpair(), which leads nowhere
   * else. */
  { "connect", QUIET },
  { "bind", QUIET },
  { "listen", QUIET },
  { "accept", QUIET },
  { "accept4", QUIET },
  { "socketcall", QUIET },
  /* what Landlock does not look at, and, for kernels without it, what it
   * does: names, owners and attributes of files */
  { "creat", QUIET },
  { "openat2", UNKNOWN },
  { "truncate", QUIET },
  { "truncate64", QUIET },
  { "rename", QUIET },
  { "renameat", QUIET },
  { "renameat2", QUIET },
  { "link", QUIET },
  { "linkat", QUIET },
  { "symlink", QUIET },
  { "symlinkat", QUIET },
  { "unlink", QUIET },
  { "unlinkat", QUIET },
  { "mkdir", QUIET },
  { "mkdirat", QUIET },
  { "rmdir", QUIET },
  { "mknod", QUIET },
  { "mknodat", QUIET },
  { "chmod", QUIET },
  { "fchmod", QUIET },
  { "fchmodat", QUIET },
  { "fchmodat2", QUIET, 452 },
  { "chown", QUIET },
  { "fchown", QUIET },
  { "lchown", QUIET },
  { "fchownat", QUIET },
  { "utime", QUIET },
  { "utimes", QUIET },
  { "futimesat", QUIET },
  { "utimensat", QUIET },
  { "utimensat_time64", QUIET },
  { "setxattr", QUIET },
  { "lsetxattr", QUIET },
  { "fsetxattr", QUIET },
  { "setxattrat", QUIET, 463 },
  { "removexattr", QUIET },
  { "lremovexattr", QUIET },
  { "fremovexattr", QUIET },
  { "removexattrat", QUIET, 466 },
  { "file_setattr", QUIET, 469 },
  { "open_by_handle_at", QUIET },
  { "name_to_handle_at", QUIET },
  { "fanotify_init", QUIET },
  { "quotactl", QUIET },
  { "quotactl_fd", QUIET },
  /* file systems and namespaces */
  { "mount", LOUD },
  { "umount", LOUD },
  { "umount2", LOUD },
  { "pivot_root", LOUD },
  { "chroot", LOUD },
  { "move_mount", LOUD },
  { "open_tree", LOUD },
  { "open_tree_attr", LOUD, 467 },
  { "fsopen", LOUD },
  { "fsconfig", LOUD },
  { "fsmount", LOUD },
  { "fspick", LOUD },
  { "mount_setattr", LOUD },
  { "swapon", LOUD },
  { "swapoff", LOUD },
  { "unshare", LOUD },
  { "setns", LOUD },
  /* parts of the kernel that are attacked more often than needed */
  { "bpf", LOUD },
  { "perf_event_open", QUIET },
  { "userfaultfd", QUIET },
  { "io_uring_setup", QUIET },
  { "io_uring_enter", QUIET },
  { "io_uring_register", QUIET },
  { "keyctl", LOUD },
  { "add_key", LOUD },
  { "request_key", LOUD },
  { "modify_ldt", QUIET },
  { "vm86", QUIET },
  { "vm86old", QUIET },
  { "lookup_dcookie", QUIET },
  { "nfsservctl", QUIET },
  { "mbind", QUIET },
  { "set_mempolicy", QUIET },
  { "migrate_pages", QUIET },
  { "move_pages", QUIET },
  /* memory and queues shared with other programs */
  { "shmget", QUIET },
  { "shmat", QUIET },
  { "shmctl", QUIET },
  { "semget", QUIET },
  { "semop", QUIET },
  { "semtimedop", QUIET },
  { "semctl", QUIET },
  { "msgget", QUIET },
  { "msgsnd", QUIET },
  { "msgrcv", QUIET },
  { "msgctl", QUIET },
  { "ipc", QUIET },
  { "mq_open", QUIET },
  { "mq_unlink", QUIET },
  /* the machine */
  { "reboot", LOUD },
  { "kexec_load", LOUD },
  { "kexec_file_load", LOUD },
  { "init_module", LOUD },
  { "finit_module", LOUD },
  { "delete_module", LOUD },
  { "iopl", LOUD },
  { "ioperm", LOUD },
  { "acct", LOUD },
  { "syslog", QUIET },
  { "settimeofday", QUIET },
  { "clock_settime", QUIET },
  { "clock_settime64", QUIET },
  { "clock_adjtime", QUIET },
  { "clock_adjtime64", QUIET },
  { "adjtimex", QUIET },
  { "stime", QUIET },
  { "sethostname", QUIET },
  { "setdomainname", QUIET },
  { "vhangup", QUIET },
  /* its own limits */
  { "setrlimit", QUIET },
};

/* System calls that are refused for some of their arguments. */
typedef struct {
  const char *name;
  How how;
  struct scmp_arg_cmp test;
} Condition;

/* Number of the last LOUD call that was tried, plus one; 0: none. */
static int violation;

/* On the thread that tried it: makes the call fail, as it would have without
 * a word. */
static void
on_refused (int signum, siginfo_t *info, void *data)
{
  ucontext_t *context = data;

  __atomic_store_n (&violation, info->si_syscall + 1, __ATOMIC_RELAXED);
#if defined(__x86_64__)
  context->uc_mcontext.gregs[REG_RAX] = -EPERM;
#elif defined(__aarch64__)
  context->uc_mcontext.regs[0] = (unsigned long long)-EPERM;
#else
  (void)context;
#endif
}

static gboolean
watch_loud_calls (void)
{
#if defined(__x86_64__) || defined(__aarch64__)
  struct sigaction action = { .sa_sigaction = on_refused,
    .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART };

  return sigaction (SIGSYS, &action, NULL) == 0;
#else
  return FALSE;
#endif
}

static int
number_of (const Refused *row)
{
  int number = seccomp_syscall_resolve_name (row->name);

  if (number != __NR_SCMP_ERROR)
    return number;
#if defined(__mips__) || defined(__alpha__)
  return __NR_SCMP_ERROR;
#else
  return row->number > 0 ? row->number : __NR_SCMP_ERROR;
#endif
}

/* A call that this machine does not have needs no rule. */
static gboolean
is_added (int result)
{
  return result == 0 || result == -EDOM || result == -EOPNOTSUPP;
}

static guint32
action_for (How how, gboolean watched)
{
  if (how == LOUD && watched)
    return SCMP_ACT_TRAP;
  return SCMP_ACT_ERRNO (how == UNKNOWN ? ENOSYS : EPERM);
}

static gboolean
add_refused (scmp_filter_ctx filter, CviSandboxNet net, gboolean watched)
{
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++) {
    int number = number_of (&refused[i]);

    if (net && g_str_equal (refused[i].name, "connect"))
      continue;
    if (net == CVI_SANDBOX_NET_DATAGRAMS &&
        g_str_equal (refused[i].name, "bind"))
      continue;
    if (number != __NR_SCMP_ERROR &&
        !is_added (seccomp_rule_add_array (
            filter, action_for (refused[i].how, watched), number, 0, NULL)))
      return FALSE;
  }
  return TRUE;
}

static gboolean
add_condition (
    scmp_filter_ctx filter, const Condition *condition, gboolean watched)
{
  int number = seccomp_syscall_resolve_name (condition->name);

  return number == __NR_SCMP_ERROR || is_added (seccomp_rule_add_array (filter,
                                          action_for (condition->how, watched),
                                          number, 1, &condition->test));
}

static gboolean
add_conditions (scmp_filter_ctx filter, gboolean watched)
{
  const guint64 self = (guint64)getpid ();
  const Condition conditions[] = {
#if !CVI_SANITIZED
  /* A new process is a clone that is no thread. */
#if defined(__s390__) || defined(__s390x__)
    { "clone", QUIET, SCMP_A1 (SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0) },
#else
    { "clone", QUIET, SCMP_A0 (SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0) },
#endif
#endif
    /* Landlock before ABI 3 lets a file that is opened for reading be cut. */
    { "open", QUIET, SCMP_A1 (SCMP_CMP_MASKED_EQ, O_TRUNC, O_TRUNC) },
    { "openat", QUIET, SCMP_A2 (SCMP_CMP_MASKED_EQ, O_TRUNC, O_TRUNC) },
    /* Signals to itself, as abort() sends them, are all it needs. */
    { "kill", QUIET, SCMP_A0 (SCMP_CMP_NE, self) },
    { "tgkill", QUIET, SCMP_A0 (SCMP_CMP_NE, self) },
    /* Looking at a limit is harmless. */
    { "prlimit64", QUIET, SCMP_A2 (SCMP_CMP_NE, 0) },
    /* Text that the terminal's reader would take for the user's. */
    { "ioctl", QUIET, SCMP_A1 (SCMP_CMP_MASKED_EQ, 0xffffffff, TIOCSTI) },
    { "ioctl", QUIET, SCMP_A1 (SCMP_CMP_MASKED_EQ, 0xffffffff, TIOCLINUX) },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (conditions); i++) {
    if (!add_condition (filter, &conditions[i], watched))
      return FALSE;
  }
  return TRUE;
}

/* The kinds of sockets that are refused. */
static gboolean
add_sockets (scmp_filter_ctx filter, CviSandboxNet net, gboolean watched)
{
  /* The C library asks daemons for users, drivers ask for devices. */
  const Condition others = { "socket", QUIET, SCMP_A0 (SCMP_CMP_GT, AF_INET6) };

  if (!add_condition (filter, &others, watched))
    return FALSE;
  for (guint64 family = AF_UNSPEC; family <= AF_INET6; family++) {
    gboolean local = family <= AF_UNIX;
    const Condition socket = { "socket", local || net ? QUIET : LOUD,
      SCMP_A0 (SCMP_CMP_EQ, family) };

    if (net && (family == AF_INET || family == AF_INET6))
      continue;
    if (net == CVI_SANDBOX_NET_SERVICES && family == AF_UNIX)
      continue;
    if (!add_condition (filter, &socket, watched))
      return FALSE;
  }
  return TRUE;
}

gboolean
cvi_sandbox_seccomp (const CviSandboxConfig *config)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);
  gboolean ok, watched;

  if (!filter)
    return FALSE;
  /* A binary tree: every system call of the worker goes through it. libseccomp
   * before 2.5 has only the list, which does the same. */
  seccomp_attr_set (filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
  watched = watch_loud_calls ();
  ok = add_refused (filter, config->net, watched) &&
       add_conditions (filter, watched) &&
       add_sockets (filter, config->net, watched) && seccomp_load (filter) == 0;
  seccomp_release (filter);
  return ok;
}

char *
cvi_sandbox_take_violation (void)
{
  int number = __atomic_exchange_n (&violation, 0, __ATOMIC_RELAXED) - 1;
  char *name, *copy;

  if (number < 0)
    return NULL;
  name = seccomp_syscall_resolve_num_arch (SCMP_ARCH_NATIVE, number);
  copy = g_strdup (name ? name : "a system call");
  free (name);
  return copy;
}
