/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What is left of the network to those that fetch, and what is not. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/worker/cvi-sandbox.h"

#define LIMIT 4096

static char *spool;
static int spool_fd = -1;

typedef long (*Act) (void);

static long
open_internet (void)
{
  return socket (AF_INET, SOCK_STREAM, 0);
}

static long
open_internet6 (void)
{
  return socket (AF_INET6, SOCK_DGRAM, 0);
}

static long
open_local (void)
{
  return socket (AF_UNIX, SOCK_STREAM, 0);
}

static long
open_netlink (void)
{
  return socket (AF_NETLINK, SOCK_RAW, 0);
}

static long
bind_any (int type)
{
  struct sockaddr_in any = { .sin_family = AF_INET };
  int fd = socket (AF_INET, type, 0);

  any.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  return fd < 0 ? fd : bind (fd, (struct sockaddr *)&any, sizeof any);
}

static long
bind_udp (void)
{
  return bind_any (SOCK_DGRAM);
}

/* TCP: to be asked by others is no part of fetching. */
static long
listen_tcp (void)
{
  int fd = socket (AF_INET, SOCK_STREAM, 0);

  return fd < 0 ? fd : listen (fd, 1);
}

/* To a port that nobody listens at: what counts is who says no. */
static long
connect_tcp (void)
{
  struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons (1) };
  int fd = socket (AF_INET, SOCK_STREAM, 0);
  long result;

  there.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  result = fd < 0 ? fd : connect (fd, (struct sockaddr *)&there, sizeof there);
  return result < 0 && errno == ECONNREFUSED ? 0 : result;
}

static long
write_spool (void)
{
  return write (spool_fd, "x", 1);
}

static long
write_far (void)
{
  long result = lseek (spool_fd, LIMIT, SEEK_SET);

  result = result < 0 ? result : write (spool_fd, "x", 1);
  if (result < 0 && errno == EFBIG)
    errno = EPERM;
  return result;
}

static long
open_spool (void)
{
  return open (spool, O_WRONLY | O_CLOEXEC);
}

static long
read_spool (void)
{
  return open (spool, O_RDONLY | O_CLOEXEC);
}

static long
read_secrets (void)
{
  return open ("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static long
read_names (void)
{
  return open ("/etc/nsswitch.conf", O_RDONLY | O_CLOEXEC);
}

static long
run_program (void)
{
  return execl ("/bin/true", "true", NULL);
}

#define NONE (1u << CVI_SANDBOX_NET_NONE)
#define INTERNET (1u << CVI_SANDBOX_NET_INTERNET)
#define DATAGRAMS (1u << CVI_SANDBOX_NET_DATAGRAMS)
#define SERVICES (1u << CVI_SANDBOX_NET_SERVICES)
#define ANY (INTERNET | DATAGRAMS | SERVICES)

static const struct {
  const char *name;
  Act act;
  guint allowed_with;
} rows[] = {
  { "internet", open_internet, ANY },
  { "internet6", open_internet6, ANY },
  { "connect", connect_tcp, ANY },
  { "local", open_local, SERVICES },
  { "netlink", open_netlink, 0 },
  { "bind-udp", bind_udp, DATAGRAMS },
  { "listen", listen_tcp, 0 },
  { "write", write_spool, NONE | ANY },
  { "write-far", write_far, 0 },
  { "open-spool", open_spool, 0 },
  { "read-spool", read_spool, 0 },
  { "read-secrets", read_secrets, 0 },
  { "read-names", read_names, ANY },
  { "run", run_program, 0 },
};

/* Returns: whether the act of row @i could be done */
static gboolean
try (guint i, CviSandboxNet net, gboolean sandboxed)
{
  int status;
  pid_t pid = fork ();

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0) {
    const CviSandboxConfig config = { .net = net, .file_limit = LIMIT };
    int null = open ("/dev/null", O_WRONLY | O_CLOEXEC);
    g_autofree char *missing = NULL;
    long result;

    /* Where messages go into a file, files are not limited. */
    dup2 (null, STDERR_FILENO);
    if (sandboxed)
      missing = cvi_sandbox_apply (&config);

    if (missing)
      _exit (2);
    result = rows[i].act ();
    _exit (result >= 0 ? 0 : errno == EPERM || errno == EACCES ? 1 : 3);
  }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), <, 2);
  return WEXITSTATUS (status) == 0;
}

static void
test_row (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autofree char *missing = cvi_sandbox_probe ();

  if (missing) {
    g_test_skip (missing);
    return;
  }
  /* Or a refusal would prove nothing. */
  g_assert_true (try (i, CVI_SANDBOX_NET_NONE, FALSE));
  for (guint net = CVI_SANDBOX_NET_NONE; net <= CVI_SANDBOX_NET_SERVICES;
       net++) {
    gboolean allowed = (rows[i].allowed_with & 1u << net) != 0;

    g_test_message ("net %u", net);
    g_assert_cmpint (try (i, (CviSandboxNet)net, TRUE), ==, allowed);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  int result;

  g_test_init (&argc, &argv, NULL);
  spool_fd = g_file_open_tmp ("net-XXXXXX", &spool, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/sandbox-net/%s", rows[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_row);
  }
  result = g_test_run ();
  close (spool_fd);
  g_unlink (spool);
  g_free (spool);
  return result;
}
