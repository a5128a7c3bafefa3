/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-sandbox-private.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Measured: a worker has 13 open. */
#define MAX_FILES 512

/* Addresses beyond the memory limit, for what is mapped and hardly used:
 * libraries, thread stacks, the C library's arenas. Measured over 200 files:
 * 0.6 GiB where 190 MiB were resident. The supervisor looks at the resident
 * memory four times a second; this stops what is faster, or asks for everything
 * at once. */
#define ADDRESS_HEADROOM (G_GUINT64_CONSTANT (4) << 30)

gboolean
cvi_sandbox_when_from_string (const char *name, CviSandboxWhen *when)
{
  static const char *const names[] = { "off", "auto", "require" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (g_str_equal (name, names[i])) {
      *when = (CviSandboxWhen)i;
      return TRUE;
    }
  }
  return FALSE;
}

/* Never above what is allowed already. */
static gboolean
limit (__rlimit_resource_t resource, rlim_t most)
{
  struct rlimit value;

  if (getrlimit (resource, &value) < 0)
    return FALSE;
  value.rlim_max = MIN (value.rlim_max, most);
  value.rlim_cur = MIN (value.rlim_cur, value.rlim_max);
  return setrlimit (resource, &value) == 0;
}

static gboolean
uses_devices (const CviSandboxConfig *config)
{
  g_auto (GStrv) devices = config->hardware ? cvi_sandbox_devices () : NULL;

  return devices && devices[0];
}

/* Messages of a worker that is being debugged may go into a file. */
static gboolean
writes_into_file (void)
{
  struct stat st;

  return fstat (STDERR_FILENO, &st) == 0 && S_ISREG (st.st_mode);
}

/* Drivers of devices map far more than there is memory, and share files without
 * names, whose size is limited too. */
static gboolean
limit_sizes (const CviSandboxConfig *config)
{
  gboolean ok = TRUE;

  if (uses_devices (config))
    return TRUE;
  if (!writes_into_file ())
    ok = limit (RLIMIT_FSIZE, config->file_limit);
  if (!CVI_SANITIZED && config->memory_limit > 0 &&
      config->memory_limit < G_MAXINT64 - ADDRESS_HEADROOM)
    ok = limit (RLIMIT_AS, config->memory_limit + ADDRESS_HEADROOM) && ok;
  return ok;
}

static gboolean
limit_resources (const CviSandboxConfig *config)
{
  gboolean ok = limit (RLIMIT_CORE, 0) && limit (RLIMIT_NOFILE, MAX_FILES);

  /* What grows a file all the same is to see EFBIG, not to die. */
  signal (SIGXFSZ, SIG_IGN);
  return limit_sizes (config) && ok;
}

/* Root's worker keeps the right to read what root may read, and no other. */
static gboolean
drop_capabilities (const CviSandboxConfig *config)
{
  struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
  const guint32 kept = config->net ? 0 : 1u << CAP_DAC_READ_SEARCH;

  if (syscall (SYS_capget, &header, data) < 0)
    return FALSE;
  data[0].permitted &= kept;
  data[0].effective = data[0].permitted;
  data[1].permitted = data[1].effective = 0;
  data[0].inheritable = data[1].inheritable = 0;
  return syscall (SYS_capset, &header, data) == 0;
}

static void
add_missing (GString *missing, gboolean in_force, const char *what)
{
  if (in_force)
    return;
  if (missing->len > 0)
    g_string_append (missing, ", ");
  g_string_append (missing, what);
}

char *
cvi_sandbox_apply (const CviSandboxConfig *config)
{
  GString *missing = g_string_new (NULL);
  gboolean limited;

  g_return_val_if_fail (config != NULL, NULL);

  limited = limit_resources (config) && drop_capabilities (config);
  add_missing (missing, limited, "resource limits");
  add_missing (
      missing, prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
  add_missing (missing, cvi_sandbox_landlock (config), "Landlock");
  /* Last, since it refuses what the others need. */
  add_missing (missing, cvi_sandbox_seccomp (config), "seccomp");
  return g_string_free (missing, missing->len == 0);
}

char *
cvi_sandbox_enter (const char *name, const CviSandboxConfig *config)
{
  CviSandboxWhen when = CVI_SANDBOX_REQUIRE;
  g_autofree char *missing = NULL;

  cvi_sandbox_when_from_string (name, &when);
  if (when != CVI_SANDBOX_OFF)
    missing = cvi_sandbox_apply (config);
  return missing && when == CVI_SANDBOX_REQUIRE
             ? g_strdup_printf ("the sandbox is required, and this system does "
                                "not provide: %s",
                   missing)
             : NULL;
}

gboolean
cvi_sandbox_bind_process (void)
{
  pid_t parent = getppid ();

  /* A group of its own: the supervisor kills it as a whole, and the terminal's
   * Ctrl-C goes to the supervisor alone. */
  setpgid (0, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  /* It may have died before the line above. */
  if (getppid () != parent)
    return FALSE;
  signal (SIGPIPE, SIG_IGN);
  return TRUE;
}

/* In the child: tells the parent what is missing. */
static void
probe_into (int fd)
{
  const CviSandboxConfig config = { .memory_limit = 1 << 30 };
  g_autofree char *missing = cvi_sandbox_apply (&config);
  const char *text = missing ? missing : "";

  _exit (write (fd, text, strlen (text)) < 0 ? 1 : 0);
}

char *
cvi_sandbox_probe (void)
{
  char text[256];
  int fds[2], status = -1;
  ssize_t len;
  pid_t pid;

  if (pipe (fds) < 0)
    return g_strdup (g_strerror (errno));
  pid = fork ();
  if (pid == 0)
    probe_into (fds[1]);
  close (fds[1]);
  do
    len = read (fds[0], text, sizeof text);
  while (len < 0 && errno == EINTR);
  close (fds[0]);
  if (pid < 0 || waitpid (pid, &status, 0) != pid || status != 0 || len < 0)
    return g_strdup ("it cannot be applied");
  return len > 0 ? g_strndup (text, (gsize)len) : NULL;
}
