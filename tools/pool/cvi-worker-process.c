/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-worker-process.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>
#include <glib-unix.h>
#include <gio/gio.h>

#include "tools/pool/cvi-child.h"

/* How long a worker may live on without its connection, and how long SIGKILL
 * may take (µs). */
#define CLOSED_GRACE_US (500 * G_TIME_SPAN_MILLISECOND)
#define KILL_GRACE_US (5 * G_TIME_SPAN_SECOND)

/* Read at most this much in a row, so that one worker cannot keep the others
 * from being heard. */
#define READ_SIZE 65536
#define MAX_READS 8

struct _CviWorkerProcess {
  const CviWorkerProcessCallbacks *callbacks;
  gpointer user_data;
  CviChild *child;
  int fd; /* -1: closed */
  GSource *source;
  CviWireDecoder *decoder;
  gboolean killed;
  gint64 closed_us, killed_us; /* monotonic */
  CviEndCause cause;
  char *violation; /* (nullable): what was wrong with the frame */
};

static void
disconnect (CviWorkerProcess *process)
{
  if (process->source) {
    g_source_destroy (process->source);
    g_clear_pointer (&process->source, g_source_unref);
  }
  if (process->fd >= 0) {
    close (process->fd);
    process->fd = -1;
    process->closed_us = g_get_monotonic_time ();
  }
}

void
cvi_worker_process_kill (CviWorkerProcess *process, CviEndCause cause)
{
  g_return_if_fail (process != NULL);

  if (process->killed)
    return;
  process->killed = TRUE;
  process->killed_us = g_get_monotonic_time ();
  process->cause = cause;
  cvi_child_kill (process->child);
  disconnect (process);
}

/* Passes on the frames that are complete. */
static void
take_frames (CviWorkerProcess *process)
{
  while (process->fd >= 0) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) body = NULL;
    CviWireType type;

    body = cvi_wire_decoder_next (process->decoder, &type, &error);
    if (!body && !error)
      return;
    if (body &&
        process->callbacks->frame (type, body, process->user_data, &error))
      continue;
    process->violation = g_strdup (error ? error->message : "broken frame");
    cvi_worker_process_kill (process, CVI_END_PROTOCOL);
  }
}

/* Reads what is there. */
static void
drain (CviWorkerProcess *process, guint max_reads)
{
  g_autofree guint8 *buffer = g_malloc (READ_SIZE);

  for (guint i = 0; i < max_reads && process->fd >= 0; i++) {
    ssize_t n = recv (process->fd, buffer, READ_SIZE, MSG_DONTWAIT);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return;
    if (n <= 0) {
      disconnect (process);
      return;
    }
    cvi_wire_decoder_feed (process->decoder, buffer, (gsize)n);
    take_frames (process);
  }
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer user_data)
{
  CviWorkerProcess *process = user_data;

  drain (process, MAX_READS);
  return process->fd >= 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
on_exited (CviChild *child, gpointer user_data)
{
  CviWorkerProcess *process = user_data;

  /* A descendant that holds the connection's other end may go on writing. */
  drain (process, 1024);
  disconnect (process);
  process->callbacks->ended (process->user_data);
}

static GSource *
watch_fd (CviWorkerProcess *process)
{
  GSource *source =
      g_unix_fd_source_new (process->fd, G_IO_IN | G_IO_HUP | G_IO_ERR);

  g_source_set_callback (source, G_SOURCE_FUNC (on_readable), process, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  return source;
}

CviWorkerProcess *
cvi_worker_process_start (const char *program, const char *registry,
    const CviWorkerProcessCallbacks *callbacks, gpointer user_data,
    GError **error)
{
  const char *argv[] = { program, "--fd", "3", NULL };
  CviWorkerProcess *process;
  CviChild *child;
  int fds[2];

  g_return_val_if_fail (program != NULL && registry != NULL, NULL);
  g_return_val_if_fail (callbacks != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
    g_set_error (error, G_IO_ERROR, (gint)g_io_error_from_errno (errno),
        "cannot make a socket pair: %s", g_strerror (errno));
    return NULL;
  }
  process = g_new0 (CviWorkerProcess, 1);
  child = cvi_child_start (
      argv, registry, FALSE, fds[1], on_exited, process, error);
  if (!child) {
    close (fds[0]);
    g_free (process);
    return NULL;
  }
  process->callbacks = callbacks;
  process->user_data = user_data;
  process->child = child;
  process->fd = fds[0];
  process->decoder = cvi_wire_decoder_new ();
  process->source = watch_fd (process);
  return process;
}

void
cvi_worker_process_free (CviWorkerProcess *process)
{
  if (!process)
    return;
  disconnect (process);
  cvi_child_free (process->child);
  cvi_wire_decoder_free (process->decoder);
  g_free (process->violation);
  g_free (process);
}

void
cvi_worker_process_send (
    CviWorkerProcess *process, CviWireType type, GVariant *body)
{
  g_autoptr (GVariant) sunk = g_variant_ref_sink (body);
  g_autoptr (GError) error = NULL;

  g_return_if_fail (process != NULL);

  if (process->fd >= 0 && !cvi_wire_send (process->fd, type, sunk, &error))
    g_debug ("worker %" G_GINT64_FORMAT ": %s",
        cvi_worker_process_get_pid (process), error->message);
}

void
cvi_worker_process_quit (CviWorkerProcess *process)
{
  g_return_if_fail (process != NULL);

  cvi_worker_process_send (process, CVI_WIRE_QUIT, g_variant_new ("()"));
  if (process->fd >= 0)
    shutdown (process->fd, SHUT_WR);
}

void
cvi_worker_process_poll (CviWorkerProcess *process)
{
  gint64 now;

  g_return_if_fail (process != NULL);

  drain (process, MAX_READS);
  now = g_get_monotonic_time ();
  if (process->killed) {
    if (now - process->killed_us > KILL_GRACE_US)
      process->callbacks->ended (process->user_data);
  } else if (process->fd < 0 && now - process->closed_us > CLOSED_GRACE_US) {
    cvi_worker_process_kill (process, CVI_END_CLOSED);
  }
}

gboolean
cvi_worker_process_is_ending (CviWorkerProcess *process)
{
  g_return_val_if_fail (process != NULL, TRUE);

  return process->killed || process->fd < 0;
}

gint64
cvi_worker_process_get_pid (CviWorkerProcess *process)
{
  g_return_val_if_fail (process != NULL, 0);

  return cvi_child_get_pid (process->child);
}

CviEndCause
cvi_worker_process_get_cause (CviWorkerProcess *process)
{
  g_return_val_if_fail (process != NULL, CVI_END_EXITED);

  return process->cause;
}

int
cvi_worker_process_get_signal (CviWorkerProcess *process)
{
  g_return_val_if_fail (process != NULL, 0);

  return process->cause == CVI_END_EXITED
             ? cvi_child_get_signal (process->child)
             : 0;
}

char *
cvi_worker_process_describe_end (CviWorkerProcess *process)
{
  g_return_val_if_fail (process != NULL, NULL);

  switch (process->cause) {
    case CVI_END_EXITED:
      return cvi_child_describe_exit (process->child);
    case CVI_END_CLOSED:
      return g_strdup ("closed its connection");
    case CVI_END_PROTOCOL:
      return g_strdup_printf ("broke the protocol: %s", process->violation);
    case CVI_END_SILENT:
      return g_strdup ("did not answer in time");
    case CVI_END_STALLED:
      return g_strdup ("made no progress");
    case CVI_END_DEADLINE:
      return g_strdup ("took too long");
    case CVI_END_MEMORY:
      return g_strdup ("passed its memory limit");
    case CVI_END_DISMISSED:
      break;
  }
  return g_strdup ("was dismissed");
}
