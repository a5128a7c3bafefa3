/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-child.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <gio/gio.h>

struct _CviChild {
  GSubprocess *subprocess;
  GCancellable *cancellable;
  pid_t pid; /* 0: not known, it was gone at once */
  gboolean exited_already;
  CviChildExited exited;
  gpointer user_data;
};

static GSubprocessLauncher *
new_launcher (const char *registry, gboolean update_registry)
{
  GSubprocessFlags flags = G_SUBPROCESS_FLAGS_STDOUT_SILENCE;
  GSubprocessLauncher *launcher;

  if (g_strcmp0 (g_getenv ("CVI_WORKER_STDERR"), "1") != 0)
    flags |= G_SUBPROCESS_FLAGS_STDERR_SILENCE;
  launcher = g_subprocess_launcher_new (flags);

  g_subprocess_launcher_setenv (launcher, "GST_REGISTRY", registry, TRUE);
  if (update_registry) {
    g_subprocess_launcher_unsetenv (launcher, "GST_REGISTRY_UPDATE");
    g_subprocess_launcher_unsetenv (launcher, "GST_REGISTRY_FORK");
  } else {
    g_subprocess_launcher_setenv (launcher, "GST_REGISTRY_UPDATE", "no", TRUE);
    g_subprocess_launcher_setenv (launcher, "GST_REGISTRY_FORK", "no", TRUE);
  }
  /* What it makes of a file must not depend on the user's surroundings. */
  g_subprocess_launcher_unsetenv (launcher, "GST_DEBUG");
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C.UTF-8", TRUE);
  return launcher;
}

/* The group first, since the child may have set children of its own going.
 * Its number cannot have been given away while it has members; that it has
 * none any more and was given away since the child was reaped would take all
 * other process ids to be used in a few milliseconds. */
static void
kill_group (CviChild *child)
{
  if (child->pid > 1)
    kill (-child->pid, SIGKILL);
}

static void
on_waited (GObject *source, GAsyncResult *async, gpointer user_data)
{
  CviChild *child = user_data;
  g_autoptr (GError) error = NULL;

  g_subprocess_wait_finish (G_SUBPROCESS (source), async, &error);
  /* Then the child is freed already. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  kill_group (child);
  child->exited_already = TRUE;
  child->exited (child, child->user_data);
}

CviChild *
cvi_child_start (const char *const *argv, const char *registry,
    gboolean update_registry, int fd, CviChildExited exited, gpointer user_data,
    GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  GSubprocess *subprocess;
  CviChild *child;
  const char *identifier;

  g_return_val_if_fail (argv != NULL && argv[0] != NULL, NULL);
  g_return_val_if_fail (registry != NULL && exited != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  launcher = new_launcher (registry, update_registry);
  if (fd >= 0)
    g_subprocess_launcher_take_fd (launcher, fd, 3);
  subprocess = g_subprocess_launcher_spawnv (launcher, argv, error);
  if (!subprocess)
    return NULL;

  child = g_new0 (CviChild, 1);
  child->subprocess = subprocess;
  child->cancellable = g_cancellable_new ();
  child->exited = exited;
  child->user_data = user_data;
  identifier = g_subprocess_get_identifier (subprocess);
  child->pid = identifier ? (pid_t)g_ascii_strtoll (identifier, NULL, 10) : 0;
  g_subprocess_wait_async (subprocess, child->cancellable, on_waited, child);
  return child;
}

void
cvi_child_free (CviChild *child)
{
  if (!child)
    return;
  if (!child->exited_already) {
    cvi_child_kill (child);
    g_cancellable_cancel (child->cancellable);
  }
  g_object_unref (child->cancellable);
  g_object_unref (child->subprocess);
  g_free (child);
}

void
cvi_child_kill (CviChild *child)
{
  g_return_if_fail (child != NULL);

  if (child->exited_already)
    return;
  kill_group (child);
  /* It may not lead a group yet. */
  g_subprocess_force_exit (child->subprocess);
}

gint64
cvi_child_get_pid (CviChild *child)
{
  g_return_val_if_fail (child != NULL, 0);

  return child->exited_already ? 0 : child->pid;
}

int
cvi_child_get_signal (CviChild *child)
{
  g_return_val_if_fail (child != NULL && child->exited_already, 0);

  return g_subprocess_get_if_signaled (child->subprocess)
             ? g_subprocess_get_term_sig (child->subprocess)
             : 0;
}

gboolean
cvi_child_succeeded (CviChild *child)
{
  g_return_val_if_fail (child != NULL && child->exited_already, FALSE);

  return g_subprocess_get_successful (child->subprocess);
}

char *
cvi_child_describe_exit (CviChild *child)
{
  int signum = cvi_child_get_signal (child);
  const char *name = sigabbrev_np (signum);

  if (signum == 0)
    return g_strdup_printf ("exited with status %d",
        g_subprocess_get_exit_status (child->subprocess));
  if (name)
    return g_strdup_printf ("was killed by SIG%s", name);
  return g_strdup_printf ("was killed by signal %d", signum);
}
