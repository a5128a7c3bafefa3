/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Which files the worker may see: landlock(7), by its system calls, since
 * Debian 12 has no library for it. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <linux/landlock.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tools/worker/cvi-sandbox-private.h"

/* What <linux/landlock.h> of Debian 12 (ABI 2) does not have yet. */
#define FS_TRUNCATE (1ULL << 14)          /* ABI 3 */
#define FS_IOCTL_DEV (1ULL << 15)         /* ABI 5 */
#define NET_BIND_TCP (1ULL << 0)          /* ABI 4 */
#define NET_CONNECT_TCP (1ULL << 1)       /* ABI 4 */
#define SCOPE_ABSTRACT_SOCKET (1ULL << 0) /* ABI 6 */
#define SCOPE_SIGNAL (1ULL << 1)          /* ABI 6 */

/* An older kernel takes the longer structure if what it does not know is 0. */
typedef struct {
  guint64 fs;
  guint64 net;
  guint64 scoped;
} RulesetAttr;

/* All that ABI 1 knows: from EXECUTE to MAKE_SYM. */
#define FS_ALL (2 * LANDLOCK_ACCESS_FS_MAKE_SYM - 1)
#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITE (FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE)
#define FS_DEVICE (FS_WRITE | FS_IOCTL_DEV)
/* What a rule on something that is no folder may name. */
#define FS_OF_FILE                                                             \
  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_IOCTL_DEV)

typedef struct {
  const char *path;
  guint64 access;
  gboolean hardware; /* only for hardware decoders */
  gboolean net;      /* only with the network */
} Row;

/* Loading a library needs no right to execute. Of /etc only what the dynamic
 * linker, the C library and drivers read: a worker of root could read its
 * secrets. Of other processes /proc shows nothing that it shows to anybody but
 * their user, since Landlock forbids to trace them. */
static const Row rows[] = {
  { "/usr", FS_READ },
  { "/lib", FS_READ },
  { "/lib32", FS_READ },
  { "/lib64", FS_READ },
  { "/nix/store", FS_READ },
  { "/gnu/store", FS_READ },
  { "/etc/ld.so.cache", FS_READ },
  { "/etc/ld.so.preload", FS_READ },
  { "/etc/localtime", FS_READ },
  { "/proc", FS_READ },
  { "/proc/self/exe", FS_READ },
  { "/sys/devices/system", FS_READ },
  { "/dev/null", FS_WRITE },
  { "/dev/zero", FS_READ },
  { "/dev/random", FS_READ },
  { "/dev/urandom", FS_READ },
  { "/dev", LANDLOCK_ACCESS_FS_READ_DIR, TRUE },
  { "/etc/libva.conf", FS_READ, TRUE },
  { "/etc/drirc", FS_READ, TRUE },
  { "/etc/glvnd", FS_READ, TRUE },
  { "/run/udev", FS_READ, TRUE },
  { "/sys/bus", FS_READ, TRUE },
  { "/sys/class", FS_READ, TRUE },
  { "/sys/dev", FS_READ, TRUE },
  { "/sys/devices", FS_READ, TRUE },
  { "/sys/module", FS_READ, TRUE },
  { "/etc/gai.conf", FS_READ, FALSE, TRUE },
  { "/etc/gnutls", FS_READ, FALSE, TRUE },
  { "/etc/host.conf", FS_READ, FALSE, TRUE },
  { "/etc/hosts", FS_READ, FALSE, TRUE },
  { "/etc/nsswitch.conf", FS_READ, FALSE, TRUE },
  { "/etc/resolv.conf", FS_READ, FALSE, TRUE },
  { "/etc/services", FS_READ, FALSE, TRUE },
  { "/etc/ssl/certs", FS_READ, FALSE, TRUE },
  { "/run/systemd/resolve", FS_READ, FALSE, TRUE },
};

/* Lists of folders, separated by ':', where libraries and plugins are. */
static const char *const lists[] = { "LD_LIBRARY_PATH", "GST_PLUGIN_PATH",
  "GST_PLUGIN_PATH_1_0", "GST_PLUGIN_SYSTEM_PATH", "GST_PLUGIN_SYSTEM_PATH_1_0",
  "LIBVA_DRIVERS_PATH" };

/* VA-API and Vulkan, NVIDIA, stateful and stateless V4L2 decoders. */
static const char *const devices[] = { "/dev/dri", "/dev/nvidia*",
  "/dev/video[0-9]*", "/dev/media[0-9]*", "/dev/udmabuf", "/dev/dma_heap" };

static gboolean in_force;

int
cvi_sandbox_landlock_abi (void)
{
  long abi = syscall (
      SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

  return abi > 0 ? (int)abi : 0;
}

/* The rights that are taken away where no rule gives them back. */
static RulesetAttr
handled_by (int abi, CviSandboxNet net)
{
  RulesetAttr attr = { .fs = FS_ALL };

  if (abi >= 2)
    attr.fs |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3)
    attr.fs |= FS_TRUNCATE;
  if (abi >= 4)
    attr.net = net ? NET_BIND_TCP : NET_BIND_TCP | NET_CONNECT_TCP;
  if (abi >= 5)
    attr.fs |= FS_IOCTL_DEV;
  if (abi >= 6)
    attr.scoped = net == CVI_SANDBOX_NET_SERVICES
                      ? SCOPE_SIGNAL
                      : SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL;
  return attr;
}

/* What is not there, or cannot be named in a rule, stays out of sight. */
static void
allow (int ruleset, const char *path, guint64 rights)
{
  struct landlock_path_beneath_attr rule = { 0 };
  struct stat st;
  int fd = open (path, O_PATH | O_CLOEXEC);

  if (fd < 0)
    return;
  if (fstat (fd, &st) == 0) {
    rule.allowed_access = S_ISDIR (st.st_mode) ? rights : rights & FS_OF_FILE;
    rule.parent_fd = fd;
    syscall (
        SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  }
  close (fd);
}

static void
allow_plugins (int ruleset)
{
  const char *registry = g_getenv ("GST_REGISTRY");
  g_autofree char *own = g_build_filename (
      g_get_user_data_dir (), "gstreamer-1.0", "plugins", NULL);

  allow (ruleset, own, FS_READ);
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++) {
    const char *value = g_getenv (lists[i]);
    g_auto (GStrv) paths = g_strsplit (value ? value : "", ":", -1);

    for (char **path = paths; *path; path++) {
      if (**path)
        allow (ruleset, *path, FS_READ);
    }
  }
  /* Its folder: another scan may put a new one in its place. */
  if (registry && g_path_is_absolute (registry)) {
    g_autofree char *folder = g_path_get_dirname (registry);

    allow (ruleset, folder, FS_READ);
  }
}

/* Not a camera. */
static gboolean
is_codec (const char *path)
{
  struct v4l2_capability caps = { 0 };
  int fd = open (path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  gboolean ok;

  if (fd < 0)
    return FALSE;
  ok = ioctl (fd, VIDIOC_QUERYCAP, &caps) == 0 &&
       (caps.device_caps & (V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE));
  close (fd);
  return ok;
}

char **
cvi_sandbox_devices (void)
{
  g_autoptr (GStrvBuilder) found = g_strv_builder_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (devices); i++) {
    glob_t matches = { 0 };

    if (glob (devices[i], GLOB_NOSORT, NULL, &matches) == 0) {
      for (gsize k = 0; k < matches.gl_pathc; k++) {
        const char *path = matches.gl_pathv[k];

        if (!g_str_has_prefix (path, "/dev/video") || is_codec (path))
          g_strv_builder_add (found, path);
      }
    }
    globfree (&matches);
  }
  return g_strv_builder_end (found);
}

static void
allow_hardware (int ruleset, guint64 device_rights)
{
  g_auto (GStrv) paths = cvi_sandbox_devices ();

  for (char **path = paths; *path; path++)
    allow (ruleset, *path, device_rights);
}

gboolean
cvi_sandbox_landlock (const CviSandboxConfig *config)
{
  RulesetAttr attr = handled_by (cvi_sandbox_landlock_abi (), config->net);
  int ruleset =
      (int)syscall (SYS_landlock_create_ruleset, &attr, sizeof attr, 0);

  if (ruleset < 0)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    if ((!rows[i].hardware || config->hardware) &&
        (!rows[i].net || config->net))
      allow (ruleset, rows[i].path, rows[i].access);
  }
  allow_plugins (ruleset);
  if (config->hardware)
    allow_hardware (ruleset, FS_DEVICE & attr.fs);
  for (gsize i = 0; config->roots && config->roots[i]; i++)
    allow (ruleset, config->roots[i], FS_READ);
  in_force = syscall (SYS_landlock_restrict_self, ruleset, 0) == 0;
  close (ruleset);
  return in_force;
}

/* access() looks at the file's permissions, not at Landlock. */
gboolean
cvi_sandbox_hides (const char *path)
{
  int fd;

  g_return_val_if_fail (path != NULL, FALSE);

  if (!in_force)
    return FALSE;
  fd = open (path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd >= 0) {
    close (fd);
    return FALSE;
  }
  return errno == EACCES && access (path, R_OK) == 0;
}
