/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* The worker's side of the connection: this program is the supervisor of a
 * child that runs the worker's main function. */
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <gst/gst.h>

#include "plugin/core/cvi-verdict.h"
#include "tools/pool/cvi-wire.h"
#include "tools/worker/cvi-sandbox-private.h"
#include "tools/worker/cvi-worker.h"

static const char *media;
static char *folder, *registry;

typedef struct {
  pid_t pid;
  int fd;
} Worker;

/* More than there is, for files that begin with these words. */
static void
find_type (GstTypeFind *find, gpointer user_data)
{
  const guint8 *data = gst_type_find_peek (find, 0, 8);

  if (data && memcmp (data, "too much", 8) == 0)
    g_free (g_malloc (G_MAXSIZE / 4));
}

/* From here on this kernel has no Landlock. */
static void
forget_landlock (void)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);

  g_assert_nonnull (filter);
  g_assert_cmpint (seccomp_rule_add_array (filter, SCMP_ACT_ERRNO (ENOSYS),
                       SYS_landlock_create_ruleset, 0, NULL),
      ==, 0);
  g_assert_cmpint (seccomp_load (filter), ==, 0);
  seccomp_release (filter);
}

static void
hire (Worker *worker, gboolean has_landlock)
{
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  worker->pid = fork ();
  g_assert_cmpint (worker->pid, >=, 0);
  if (worker->pid == 0) {
    g_autofree char *fd = g_strdup_printf ("%d", fds[1]);
    char *argv[] = { (char *)"worker", (char *)"--fd", fd, NULL };
    GLogLevelFlags fatal = G_LOG_LEVEL_ERROR;

    close (fds[0]);
    if (!has_landlock)
      forget_landlock ();
    g_log_set_always_fatal (fatal);
    g_setenv ("GST_REGISTRY", registry, TRUE);
    g_setenv ("GST_REGISTRY_FORK", "no", TRUE);
    gst_type_find_register (
        NULL, "greedy", GST_RANK_PRIMARY, find_type, NULL, NULL, NULL, NULL);
    _exit (cvi_worker_main (3, argv));
  }
  close (fds[1]);
  worker->fd = fds[0];
}

static void
set_up (Worker *worker, const char *text)
{
  g_assert_true (cvi_wire_send (
      worker->fd, CVI_WIRE_SETUP, g_variant_new_parsed (text), NULL));
}

/* Returns: (transfer full) (nullable): the next frame, NULL at the end */
static GVariant *
receive (Worker *worker, CviWireType *type)
{
  return cvi_wire_receive (worker->fd, type, NULL);
}

/* Returns: status of waitpid() */
static int
dismiss (Worker *worker)
{
  int status;

  close (worker->fd);
  g_assert_cmpint (waitpid (worker->pid, &status, 0), ==, worker->pid);
  return status;
}

static void
send_job (Worker *worker, guint64 id, const char *path)
{
  g_assert_true (cvi_wire_send (worker->fd, CVI_WIRE_JOB,
      g_variant_new ("(t^ayya{sv})", id, path, CVI_MODE_QUICK, NULL), NULL));
}

static void
expect_hello (Worker *worker, const char *lacks)
{
  g_autoptr (GVariant) body = NULL;
  CviWireType type;
  const char *missing;
  guint32 protocol;

  body = receive (worker, &type);
  g_assert_nonnull (body);
  g_assert_cmpint (type, ==, CVI_WIRE_HELLO);
  g_variant_get_child (body, 0, "u", &protocol);
  g_variant_get_child (body, 3, "&s", &missing);
  g_assert_cmpuint (protocol, ==, CVI_WIRE_PROTOCOL);
  g_assert_cmpstr (missing, ==, lacks);
}

static gboolean
skipped (void)
{
  g_autofree char *missing = cvi_sandbox_probe ();

  if (missing)
    g_test_skip_printf ("this kernel does not provide %s", missing);
  return missing != NULL;
}

/* Returns: (transfer full) (nullable): NULL if the worker leaves */
static CviResult *
receive_result (Worker *worker)
{
  while (TRUE) {
    g_autoptr (GVariant) body = NULL;
    g_autoptr (GVariant) variant = NULL;
    CviWireType type;

    body = receive (worker, &type);
    if (!body)
      return NULL;
    if (type != CVI_WIRE_RESULT)
      continue;
    variant = g_variant_get_child_value (body, 1);
    return cvi_result_from_variant (variant, NULL);
  }
}

static void
check_jobs (const char *when, gboolean has_landlock)
{
  g_autofree char *clip = g_build_filename (media, "vp8-vorbis.webm", NULL);
  g_autofree char *setup = g_strdup_printf (
      "('%s', [b'%s'], {'hw': <'off'>, 'memory-limit': <@t 1000000000>})", when,
      media);
  Worker worker;

  hire (&worker, has_landlock);
  set_up (&worker, setup);
  expect_hello (&worker, has_landlock ? "" : "Landlock");
  for (guint64 id = 1; id <= 2; id++) {
    g_autoptr (CviResult) result = NULL;

    send_job (&worker, id, clip);
    result = receive_result (&worker);
    g_assert_nonnull (result);
    g_assert_cmpint (result->verdict, ==, CVI_VERDICT_HEALTHY);
  }
  g_assert_true (
      cvi_wire_send (worker.fd, CVI_WIRE_QUIT, g_variant_new ("()"), NULL));
  g_assert_cmpint (dismiss (&worker), ==, 0);
}

static void
test_jobs (void)
{
  check_jobs ("off", TRUE);
}

/* Without a word of what it may do it does nothing. */
static void
test_no_setup (void)
{
  static const char *const setups[] = { NULL,
    "('perhaps', @aay [], @a{sv} {})" };

  for (guint i = 0; i < G_N_ELEMENTS (setups); i++) {
    g_autoptr (GVariant) body = NULL;
    CviWireType type;
    Worker worker;
    int status;

    hire (&worker, TRUE);
    if (setups[i])
      set_up (&worker, setups[i]);
    else
      send_job (&worker, 1, "/dev/null");
    body = receive (&worker, &type);
    g_assert_null (body);
    status = dismiss (&worker);
    g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 1);
  }
}

static void
send_leavable_job (Worker *worker, gboolean may_leave, const char *path)
{
  g_autofree char *text =
      g_strdup_printf ("(@t 1, b'%s', @y 1, {'may-leave': <%s>})", path,
          may_leave ? "true" : "false");

  g_assert_true (cvi_wire_send (
      worker->fd, CVI_WIRE_JOB, g_variant_new_parsed (text), NULL));
}

/* What is out of sight is left to another worker, whose word counts. */
static void
test_out_of_sight (void)
{
  g_autofree char *setup =
      g_strdup_printf ("('require', [b'%s'], @a{sv} {})", media);
  g_autofree char *path = g_build_filename (folder, "film.webm", NULL);

  if (skipped ())
    return;
  g_assert_true (g_file_set_contents (path, "x", 1, NULL));
  for (guint attempt = 1; attempt <= 2; attempt++) {
    g_autoptr (CviResult) result = NULL;
    Worker worker;

    hire (&worker, TRUE);
    set_up (&worker, setup);
    expect_hello (&worker, "");
    send_leavable_job (&worker, attempt == 1, path);
    result = receive_result (&worker);
    g_assert_cmpint (dismiss (&worker), ==, 0);
    g_assert_cmpint (result != NULL, ==, attempt == 2);
    if (result)
      g_assert_nonnull (cvi_result_find (result, CVI_RULE_IO_PERMISSION));
  }
  g_unlink (path);
}

/* A plugin that wants more memory than there is ends the worker: the finding
 * that says so comes before. */
static void
test_out_of_memory (void)
{
  g_autofree char *path = g_build_filename (folder, "greedy.webm", NULL);
  gboolean told = FALSE;
  Worker worker;
  int status;

  if (CVI_SANITIZED) {
    g_test_skip ("AddressSanitizer has its own idea of too much memory");
    return;
  }
  g_assert_true (g_file_set_contents (path, "too much for anybody", -1, NULL));
  hire (&worker, TRUE);
  set_up (&worker, "('off', @aay [], @a{sv} {})");
  expect_hello (&worker, "");
  send_job (&worker, 7, path);
  while (TRUE) {
    g_autoptr (CviFinding) finding = NULL;
    g_autoptr (GVariant) variant = NULL;
    g_autoptr (GVariant) body = NULL;
    CviWireType type;

    body = receive (&worker, &type);
    if (!body)
      break;
    g_assert_cmpint (type, !=, CVI_WIRE_RESULT);
    if (type != CVI_WIRE_FINDING)
      continue;
    variant = g_variant_get_child_value (body, 1);
    finding = cvi_finding_from_variant (variant, NULL);
    told |= finding->rule == cvi_rule (CVI_RULE_PROCESS_OUT_OF_MEMORY);
  }
  g_assert_true (told);
  status = dismiss (&worker);
  g_assert_true (WIFSIGNALED (status));
  g_unlink (path);
}

static void
test_sandboxed_jobs (void)
{
  if (!skipped ())
    check_jobs ("require", TRUE);
}

/* A part that is missing: auto goes on and says so, require says so and ends.
 */
static void
test_no_landlock (void)
{
  g_autoptr (GVariant) body = NULL;
  CviWireType type;
  Worker worker;
  int status;

  if (skipped ())
    return;
  check_jobs ("auto", FALSE);
  hire (&worker, FALSE);
  set_up (&worker, "('require', @aay [], @a{sv} {})");
  expect_hello (&worker, "Landlock");
  body = receive (&worker, &type);
  g_assert_null (body);
  status = dismiss (&worker);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 1);
}

int
main (int argc, char **argv)
{
  g_autofree char *cache = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  media = g_getenv ("CVI_MEDIA");
  g_assert_nonnull (media);
  folder = g_dir_make_tmp ("cvi-serve-XXXXXX", NULL);
  g_assert_nonnull (folder);
  /* In a folder of its own, which workers may read. */
  cache = g_build_filename (folder, "cache", NULL);
  g_assert_cmpint (g_mkdir (cache, 0700), ==, 0);
  registry = g_build_filename (cache, "registry.bin", NULL);
  g_test_add_func ("/serve/jobs", test_jobs);
  g_test_add_func ("/serve/jobs-in-sandbox", test_sandboxed_jobs);
  g_test_add_func ("/serve/no-landlock", test_no_landlock);
  g_test_add_func ("/serve/no-setup", test_no_setup);
  g_test_add_func ("/serve/out-of-sight", test_out_of_sight);
  g_test_add_func ("/serve/out-of-memory", test_out_of_memory);
  status = g_test_run ();
  g_unlink (registry);
  g_rmdir (cache);
  g_rmdir (folder);
  return status;
}
