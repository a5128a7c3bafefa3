/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What a decoder can do that it should not. What it must be kept from ends the
 * process with status ESCAPED where it succeeds. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/misbehave/cvi-misbehave.h"

#define ESCAPED 42
#define FLOOD 100000
#define N_THREADS 200
#define BLOCK (16u * 1024 * 1024)
/* The worker's connection. */
#define CONNECTION 3

GST_DEBUG_CATEGORY_STATIC (misbehave_debug);
#define GST_CAT_DEFAULT misbehave_debug

static void
act_segv (GstElement *element)
{
  volatile int *volatile nowhere = NULL;

  signal (SIGSEGV, SIG_DFL);
  *nowhere = 1;
}

static void
act_abort (GstElement *element)
{
  abort ();
}

static void
act_exit (GstElement *element)
{
  _exit (3);
}

static void
act_loop (GstElement *element)
{
  for (volatile guint i = 0;; i++)
    ;
}

static void
act_sleep (GstElement *element)
{
  while (TRUE)
    pause ();
}

static void
act_alloc (GstElement *element)
{
  while (TRUE) {
    void *block = malloc (BLOCK);

    /* Refused: waits for better times. */
    if (block)
      memset (block, 1, BLOCK);
    g_usleep (10 * 1000);
  }
}

static void
act_fork (GstElement *element)
{
  pid_t pid = fork ();

  if (pid == 0)
    act_sleep (element);
  if (pid > 0)
    _exit (ESCAPED);
}

static void
act_exec (GstElement *element)
{
  execl ("/bin/sh", "sh", "-c", "exit 42", NULL);
}

static void
open_or_not (const char *name, int flags)
{
  g_autofree char *path =
      g_build_filename (g_getenv ("CVI_MISBEHAVE_DIR"), name, NULL);

  if (open (path, flags | O_CLOEXEC, 0600) >= 0)
    _exit (ESCAPED);
}

static void
act_write (GstElement *element)
{
  open_or_not ("written", O_WRONLY | O_CREAT);
}

static void
act_read (GstElement *element)
{
  open_or_not ("secret", O_RDONLY);
}

static void
act_socket (GstElement *element)
{
  static const int families[] = { AF_INET, AF_INET6, AF_UNIX };

  for (guint i = 0; i < G_N_ELEMENTS (families); i++) {
    if (socket (families[i], SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0)
      _exit (ESCAPED);
  }
}

static void
act_garbage (GstElement *element)
{
  if (write (CONNECTION, "this is no frame", 16) != 16)
    _exit (4);
  act_sleep (element);
}

static void
act_close (GstElement *element)
{
  close_range (CONNECTION, ~0u, 0);
  act_sleep (element);
}

static void
act_flood_log (GstElement *element)
{
  for (guint i = 0; i < FLOOD; i++)
    GST_ERROR_OBJECT (element, "line %u of too many", i);
}

static void
act_flood_bus (GstElement *element)
{
  for (guint i = 0; i < FLOOD; i++)
    gst_element_post_message (
        element, gst_message_new_element (GST_OBJECT (element),
                     gst_structure_new ("flood", "n", G_TYPE_UINT, i, NULL)));
}

/* Messages that look like somebody else's, or like nothing. */
static void
act_malformed (GstElement *element)
{
  GstObject *self = GST_OBJECT (element);
  g_autoptr (GError) error = g_error_new_literal (
      g_quark_from_static_string ("nonesuch"), -7, "\xff\xfe\x1b[2J");
  GstStructure *structures[] = { gst_structure_new_empty ("cvicheck-finding"),
    gst_structure_new ("cvicheck-finding", "rule", G_TYPE_INT, 7, "severity",
        G_TYPE_STRING, "\xff", "message", G_TYPE_DOUBLE, 0.5, NULL),
    gst_structure_new ("cvicheck-finding", "rule", G_TYPE_STRING,
        "no::such-rule", "count", G_TYPE_UINT64, G_MAXUINT64, NULL),
    gst_structure_new ("cvicheck-finding", "rule", G_TYPE_STRING,
        "decode::error", "severity", G_TYPE_STRING, "critical", "certainty",
        G_TYPE_DOUBLE, 1., "stream", G_TYPE_STRING, "video/0", "start-ns",
        G_TYPE_UINT64, (guint64)9, "end-ns", G_TYPE_UINT64, (guint64)9,
        "offset", G_TYPE_UINT64, G_MAXUINT64, "count", G_TYPE_UINT64,
        (guint64)1, "message", G_TYPE_STRING, "forged", NULL),
    gst_structure_new_empty ("cvicheck-summary"), NULL };

  for (guint i = 0; i < G_N_ELEMENTS (structures); i++)
    gst_element_post_message (
        element, gst_message_new_element (self, structures[i]));
  gst_element_post_message (
      element, gst_message_new_warning (self, error, "\xff"));
  gst_element_post_message (element, gst_message_new_eos (self));
  gst_element_post_message (element, gst_message_new_eos (NULL));
  gst_element_post_message (
      element, gst_message_new_state_changed (self, 77, GST_STATE_NULL, 99));
  gst_element_post_message (
      element, gst_message_new_custom (GST_MESSAGE_UNKNOWN, self, NULL));
}

static gpointer
sleep_for_ever (gpointer data)
{
  while (TRUE)
    pause ();
  return NULL;
}

static void
act_leak_threads (GstElement *element)
{
  for (guint i = 0; i < N_THREADS; i++) {
    GThread *thread = g_thread_try_new ("leaked", sleep_for_ever, NULL, NULL);

    if (thread)
      g_thread_unref (thread);
  }
}

static const struct {
  const char *word;
  void (*act) (GstElement *element);
} acts[] = { { "segv", act_segv }, { "abort", act_abort }, { "exit", act_exit },
  { "loop", act_loop }, { "sleep", act_sleep }, { "alloc", act_alloc },
  { "fork", act_fork }, { "exec", act_exec }, { "write", act_write },
  { "read", act_read }, { "socket", act_socket }, { "garbage", act_garbage },
  { "close", act_close }, { "flood-log", act_flood_log },
  { "flood-bus", act_flood_bus }, { "malformed", act_malformed },
  { "leak-threads", act_leak_threads } };

gboolean
misbehave (GstElement *element, const char *word)
{
  static gsize once;

  if (g_once_init_enter (&once)) {
    GST_DEBUG_CATEGORY_INIT (misbehave_debug, "misbehave", 0, "misbehaviour");
    g_once_init_leave (&once, 1);
  }
  for (guint i = 0; i < G_N_ELEMENTS (acts); i++) {
    if (strcmp (acts[i].word, word) == 0) {
      acts[i].act (element);
      return TRUE;
    }
  }
  return FALSE;
}
