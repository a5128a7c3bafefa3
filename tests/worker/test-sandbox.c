/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What the worker's sandbox refuses and what it lets through: each act in a
 * child process, since what is taken away does not come back. Acts that anybody
 * may do are done without the sandbox too, or they would prove nothing. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <glib/gstdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tools/worker/cvi-memory.h"
#include "tools/worker/cvi-sandbox-private.h"

#define NOBODY 65534

/* What a child's exit status says. */
enum { DONE, REFUSED, BROKEN };

typedef long (*Act) (void);

typedef struct {
  const char *name;
  Act act;        /* -1 with errno, or what it got */
  gboolean free;  /* works for anybody without the sandbox */
  const char *by; /* (nullable): the system call that is told of */
} Row;

/* Where the acts take place: inside/ is a root, the rest is not. */
static char *folder, *inside, *file, *link_in, *link_out, *secret, *created,
    *beside;

static void
write_file (const char *path)
{
  g_assert_true (g_file_set_contents (path, "content", -1, NULL));
}

static void
make_place (uid_t owner)
{
  const char *const all[] = { inside, file, link_in, link_out, secret, folder };

  g_assert_cmpint (g_mkdir (inside, 0700), ==, 0);
  write_file (file);
  write_file (secret);
  g_assert_cmpint (symlink ("file", link_in), ==, 0);
  g_assert_cmpint (symlink ("../secret", link_out), ==, 0);
  for (guint i = 0; geteuid () == 0 && i < G_N_ELEMENTS (all); i++)
    g_assert_cmpint (lchown (all[i], owner, owner), ==, 0);
}

static void
remove_place (void)
{
  const char *const all[] = { created, beside, link_out, link_in, file,
    secret };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    g_unlink (all[i]);
  g_rmdir (created);
  g_rmdir (inside);
}

static void
become (uid_t user)
{
  if (geteuid () == user || geteuid () != 0)
    return;
  g_assert_cmpint (setgroups (0, NULL), ==, 0);
  g_assert_cmpint (setresgid (user, user, user), ==, 0);
  g_assert_cmpint (setresuid (user, user, user), ==, 0);
}

static void
enter_with (gboolean hardware)
{
  const char *const roots[] = { inside, NULL };
  const CviSandboxConfig config = {
    .roots = roots, .hardware = hardware, .memory_limit = 100 * 1024 * 1024
  };

  g_assert_null (cvi_sandbox_apply (&config));
}

static void
enter (void)
{
  enter_with (FALSE);
}

static int
judge (long result)
{
  if (result != -1)
    return DONE;
  switch (errno) {
    case EPERM:
    case EACCES:
    case ENOSYS:
      return REFUSED;
    default:
      g_printerr ("# %s\n", g_strerror (errno));
      return BROKEN;
  }
}

/* Exit status of a child that does the act. */
static int
run (const Row *row, uid_t user, gboolean sandboxed)
{
  int status, outcome;
  pid_t pid;

  make_place (user);
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0) {
    g_autofree char *told = NULL;

    become (user);
    if (sandboxed)
      enter ();
    outcome = judge (row->act ());
    told = cvi_sandbox_take_violation ();
    if (sandboxed && g_strcmp0 (told, row->by) != 0) {
      g_printerr ("# told of %s\n", told ? told : "nothing");
      outcome = BROKEN;
    }
    _exit (outcome);
  }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  remove_place ();
  return WIFEXITED (status) ? WEXITSTATUS (status) : BROKEN;
}

static long
write_only (void)
{
  return open (file, O_WRONLY);
}

static long
read_and_write (void)
{
  return open (file, O_RDWR);
}

static long
append (void)
{
  return open (file, O_WRONLY | O_APPEND);
}

static long
create (void)
{
  return open (created, O_CREAT | O_WRONLY, 0600);
}

static long
create_outside (void)
{
  return open (beside, O_CREAT | O_RDWR | O_EXCL, 0600);
}

static long
cut_by_open (void)
{
  return open (file, O_RDONLY | O_TRUNC);
}

static long
cut (void)
{
  return truncate (file, 1);
}

static long
read_outside (void)
{
  return open (secret, O_RDONLY);
}

static long
read_over_link (void)
{
  return open (link_out, O_RDONLY);
}

static long
read_over_parent (void)
{
  g_autofree char *path = g_build_filename (inside, "..", "secret", NULL);

  return open (path, O_RDONLY);
}

static long
read_over_proc (void)
{
  g_autofree char *path = g_strconcat ("/proc/self/root", secret, NULL);

  return open (path, O_RDONLY);
}

static long
list_outside (void)
{
  return open (folder, O_RDONLY | O_DIRECTORY);
}

static long
read_users (void)
{
  return open ("/etc/passwd", O_RDONLY);
}

static long
read_parents_environment (void)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/environ", (int)getppid ());

  return open (path, O_RDONLY);
}

static long
change_mode (void)
{
  return chmod (file, 0600);
}

static long
change_owner (void)
{
  return chown (file, getuid (), getgid ());
}

static long
change_time (void)
{
  return utimensat (AT_FDCWD, file, NULL, 0);
}

static long
change_attribute (void)
{
  return setxattr (file, "user.cvi", "x", 1, 0);
}

static long
make_name (void)
{
  return link (file, created);
}

static long
make_link (void)
{
  return symlink ("file", created);
}

static long
make_folder (void)
{
  return mkdir (created, 0700);
}

static long
rename_file (void)
{
  return rename (file, created);
}

static long
remove_file (void)
{
  return unlink (file);
}

static long
execute (void)
{
  char *argv[] = { (char *)"true", NULL };
  char *env[] = { NULL };

  return execve ("/bin/true", argv, env);
}

static long
spawn (void)
{
  char *argv[] = { (char *)"true", NULL };
  char *env[] = { NULL };
  pid_t pid;

  errno = posix_spawn (&pid, "/bin/true", NULL, NULL, argv, env);
  if (errno != 0)
    return -1;
  return waitpid (pid, NULL, 0);
}

static long
fork_off (void)
{
  pid_t pid = fork ();

  if (pid == 0)
    _exit (0);
  return pid < 0 ? -1 : waitpid (pid, NULL, 0);
}

static long
inet_socket (void)
{
  return socket (AF_INET, SOCK_STREAM, 0);
}

static long
unix_socket (void)
{
  return socket (AF_UNIX, SOCK_STREAM, 0);
}

static long
socket_pair (void)
{
  int fds[2];

  return socketpair (AF_UNIX, SOCK_STREAM, 0, fds);
}

static long
signal_parent (void)
{
  return kill (getppid (), 0);
}

static long
trace (void)
{
  return ptrace (PTRACE_TRACEME, 0, NULL, NULL);
}

static long
read_memory (void)
{
  char byte;
  struct iovec here = { &byte, 1 }, there = { &byte, 1 };

  return process_vm_readv (getppid (), &here, 1, &there, 1, 0);
}

static long
new_namespace (void)
{
  return unshare (CLONE_NEWUSER);
}

static long
new_mount (void)
{
  return mount ("none", inside, "tmpfs", 0, NULL);
}

static long
io_uring (void)
{
  guint8 params[120] = { 0 };

  return syscall (SYS_io_uring_setup, 1, params);
}

static long
load_bpf (void)
{
  return syscall (SYS_bpf, 0, NULL, 0);
}

static long
count_events (void)
{
  return syscall (SYS_perf_event_open, NULL, 0, -1, -1, 0);
}

static long
user_fault (void)
{
  return syscall (SYS_userfaultfd, 0);
}

static long
keys (void)
{
  return syscall (SYS_keyctl, 0, -3, 0, 0, 0);
}

static long
raise_limit (void)
{
  struct rlimit value = { 0, 0 };

  return setrlimit (RLIMIT_CORE, &value);
}

static const Row refused[] = {
  { "write", write_only, TRUE },
  { "read-and-write", read_and_write, TRUE },
  { "append", append, TRUE },
  { "create", create, TRUE },
  { "create-outside", create_outside, TRUE },
  { "cut-by-open", cut_by_open, TRUE },
  { "cut", cut, TRUE },
  { "read-outside", read_outside, TRUE },
  { "read-over-link", read_over_link, TRUE },
  { "read-over-parent", read_over_parent, TRUE },
  { "read-over-proc", read_over_proc, TRUE },
  { "list-outside", list_outside, TRUE },
  { "read-users", read_users, TRUE },
  { "read-parents-environment", read_parents_environment },
  { "change-mode", change_mode, TRUE },
  { "change-owner", change_owner, TRUE },
  { "change-time", change_time, TRUE },
  { "change-attribute", change_attribute },
  { "make-name", make_name, TRUE },
  { "make-link", make_link, TRUE },
  { "make-folder", make_folder, TRUE },
  { "rename", rename_file, TRUE },
  { "remove", remove_file, TRUE },
  { "execute", execute, TRUE, "execve" },
#if !CVI_SANITIZED
  { "spawn", spawn, TRUE },
  { "fork", fork_off, TRUE },
  { "trace", trace, FALSE, "ptrace" },
#endif
  { "inet-socket", inet_socket, TRUE, "socket" },
  { "unix-socket", unix_socket, TRUE },
  { "signal-parent", signal_parent },
  { "read-memory", read_memory, FALSE, "process_vm_readv" },
  { "namespace", new_namespace, FALSE, "unshare" },
  { "mount", new_mount, FALSE, "mount" },
  { "io-uring", io_uring },
  { "bpf", load_bpf, FALSE, "bpf" },
  { "perf-event", count_events },
  { "userfault", user_fault },
  { "keys", keys, FALSE, "keyctl" },
  { "limit", raise_limit, TRUE },
};

static long
read_file (void)
{
  return open (file, O_RDONLY);
}

static long
read_inner_link (void)
{
  return open (link_in, O_RDONLY);
}

static long
list_root (void)
{
  return open (inside, O_RDONLY | O_DIRECTORY);
}

static long
map_file (void)
{
  int fd = open (file, O_RDONLY);

  return fd < 0 ? -1 : (long)mmap (NULL, 7, PROT_READ, MAP_SHARED, fd, 0);
}

static long
read_library (void)
{
  return open ("/usr/bin/env", O_RDONLY);
}

static long
read_status (void)
{
  return open ("/proc/self/status", O_RDONLY);
}

static long
write_null (void)
{
  return open ("/dev/null", O_WRONLY);
}

static gpointer
on_thread (gpointer data)
{
  return data;
}

static long
start_thread (void)
{
  GThread *thread = g_thread_new ("thread", on_thread, file);

  return g_thread_join (thread) == file ? 0 : -1;
}

/* As for code made at run time, by ORC for one. */
static long
map_code (void)
{
  return (long)mmap (NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static long
signal_self (void)
{
  signal (SIGUSR1, SIG_IGN);
  return raise (SIGUSR1) == 0 && kill (getpid (), 0) == 0 ? 0 : -1;
}

static long
see_limit (void)
{
  struct rlimit value;

  return getrlimit (RLIMIT_NOFILE, &value);
}

static const Row allowed[] = {
  { "read", read_file },
  { "read-inner-link", read_inner_link },
  { "list", list_root },
  { "map", map_file },
  { "map-code", map_code },
  { "library", read_library },
  { "status", read_status },
  { "write-null", write_null },
  { "thread", start_thread },
  { "signal-self", signal_self },
  { "see-limit", see_limit },
  { "socket-pair", socket_pair },
};

static gboolean
skipped (void)
{
  g_autofree char *missing = cvi_sandbox_probe ();

  if (missing)
    g_test_skip_printf ("this kernel does not provide %s", missing);
  return missing != NULL;
}

static void
test_refused (gconstpointer data)
{
  const Row *row = data;

  if (skipped ())
    return;
  if (row->free)
    g_assert_cmpint (run (row, geteuid (), FALSE), ==, DONE);
  g_assert_cmpint (run (row, geteuid (), TRUE), ==, REFUSED);
}

static void
test_refused_user (gconstpointer data)
{
  const Row *row = data;

  if (skipped ())
    return;
  if (row->free)
    g_assert_cmpint (run (row, NOBODY, FALSE), ==, DONE);
  g_assert_cmpint (run (row, NOBODY, TRUE), ==, REFUSED);
}

static void
test_allowed (gconstpointer data)
{
  if (skipped ())
    return;
  g_assert_cmpint (run (data, geteuid (), TRUE), ==, DONE);
}

static void
test_allowed_user (gconstpointer data)
{
  if (skipped ())
    return;
  g_assert_cmpint (run (data, NOBODY, TRUE), ==, DONE);
}

static void
finish (pid_t pid)
{
  int status;

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

static rlim_t
limit_of (__rlimit_resource_t resource)
{
  struct rlimit value;

  g_assert_cmpint (getrlimit (resource, &value), ==, 0);
  g_assert_cmpuint (value.rlim_cur, ==, value.rlim_max);
  return value.rlim_max;
}

static void
assert_limits (void)
{
  int fd;

  g_assert_cmpuint (limit_of (RLIMIT_CORE), ==, 0);
  g_assert_cmpuint (limit_of (RLIMIT_FSIZE), ==, 0);
  g_assert_cmpuint (limit_of (RLIMIT_NOFILE), <=, 512);
#if !CVI_SANITIZED
  g_assert_true (mmap (NULL, (gsize)1 << 40, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
#endif
  /* A file without a name: the limit does not kill. */
  fd = memfd_create ("test", MFD_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, "x", 1), <, 0);
  g_assert_cmpint (errno, ==, EFBIG);
}

static void
test_limits (void)
{
  pid_t pid;

  if (skipped ())
    return;
  make_place (geteuid ());
  pid = fork ();
  if (pid == 0) {
    /* Messages that go into a file would be cut off. */
    dup2 (open ("/dev/null", O_WRONLY), STDERR_FILENO);
    enter ();
    assert_limits ();
    _exit (0);
  }
  finish (pid);
  remove_place ();
}

/* What is open before stays of use: the connection, the memory count. */
static void
test_open_before (void)
{
  guint64 before;
  int fds[2];
  char byte;
  pid_t pid;

  if (skipped ())
    return;
  make_place (geteuid ());
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  pid = fork ();
  if (pid == 0) {
    gsize size = 32 * 1024 * 1024;
    void *block;

    cvi_memory_init ();
    enter ();
    block = mmap (
        NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset (block, 1, size);
    before = cvi_memory_peak ();
    munmap (block, size);
    cvi_memory_reset_peak ();
    g_assert_cmpuint (cvi_memory_peak (), <, before - size / 2);
    g_assert_cmpint (send (fds[1], "x", 1, 0), ==, 1);
    _exit (0);
  }
  g_assert_cmpint (recv (fds[0], &byte, 1, 0), ==, 1);
  finish (pid);
  close (fds[0]);
  close (fds[1]);
  remove_place ();
}

/* Drivers look their devices up; all else stays as it is. */
static void
test_hardware (void)
{
  if (skipped ())
    return;
  for (guint hardware = 0; hardware < 2; hardware++) {
    pid_t pid;

    make_place (geteuid ());
    pid = fork ();
    if (pid == 0) {
      enter_with (hardware);
      g_assert_cmpint (
          judge (open ("/sys/class", O_RDONLY)), ==, hardware ? DONE : REFUSED);
      g_assert_cmpint (judge (read_outside ()), ==, REFUSED);
      g_assert_cmpint (judge (write_only ()), ==, REFUSED);
      g_assert_cmpint (judge (create ()), ==, REFUSED);
      _exit (0);
    }
    finish (pid);
    remove_place ();
  }
}

static void
add_rows (const Row *rows, guint n_rows, const char *path, GTestDataFunc test)
{
  for (guint i = 0; i < n_rows; i++) {
    g_autofree char *name =
        g_strdup_printf ("/sandbox/%s/%s", path, rows[i].name);

    g_test_add_data_func (name, &rows[i], test);
  }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("cvi-sandbox-XXXXXX", NULL);
  g_assert_nonnull (folder);
  inside = g_build_filename (folder, "inside", NULL);
  file = g_build_filename (inside, "file", NULL);
  link_in = g_build_filename (inside, "link-in", NULL);
  link_out = g_build_filename (inside, "link-out", NULL);
  created = g_build_filename (inside, "created", NULL);
  secret = g_build_filename (folder, "secret", NULL);
  beside = g_build_filename (folder, "beside", NULL);

  add_rows (refused, G_N_ELEMENTS (refused), "refused", test_refused);
  add_rows (allowed, G_N_ELEMENTS (allowed), "allowed", test_allowed);
  if (geteuid () == 0) {
    add_rows (
        refused, G_N_ELEMENTS (refused), "refused-user", test_refused_user);
    add_rows (
        allowed, G_N_ELEMENTS (allowed), "allowed-user", test_allowed_user);
  }
  g_test_add_func ("/sandbox/hardware", test_hardware);
  g_test_add_func ("/sandbox/limits", test_limits);
  g_test_add_func ("/sandbox/open-before", test_open_before);
  status = g_test_run ();
  g_rmdir (folder);
  return status;
}
