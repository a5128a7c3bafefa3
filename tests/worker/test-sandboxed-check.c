/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Whole checks inside of the sandbox. GStreamer starts in children only, as a
 * worker starts it: after the sandbox. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <gst/gst.h>

#include "plugin/element/gstcvicheck.h"
#include "tools/worker/cvi-check.h"
#include "tools/worker/cvi-sandbox-private.h"

static const char *media;
static char *folder, *registry;

static void
ignore_finding (const CviFinding *finding, gpointer user_data)
{
}

static void
ignore_progress (
    guint64 buffers, guint64 bytes, guint64 position_ns, gpointer user_data)
{
}

static CviResult *
check (const char *path)
{
  static const CviCheckCallbacks callbacks = { ignore_finding,
    ignore_progress };
  CviCheckJob job = { .path = path, .mode = CVI_MODE_DEEP, .hw = CVI_HW_OFF };

  return cvi_check_file (&job, &callbacks, NULL);
}

static void
start_gstreamer (void)
{
  g_setenv ("GST_REGISTRY", registry, TRUE);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_init (NULL, NULL);
  GST_ELEMENT_REGISTER (cvicheck, NULL);
}

static void
enter (const char *root)
{
  const char *const roots[] = { root, NULL };
  const CviSandboxConfig config = { .roots = roots,
    .memory_limit = G_GUINT64_CONSTANT (2) << 30 };

  g_setenv ("GST_REGISTRY", registry, TRUE);
  g_setenv ("GST_REGISTRY_UPDATE", "no", TRUE);
  g_setenv ("GST_REGISTRY_FORK", "no", TRUE);
  g_assert_null (cvi_sandbox_apply (&config));
  start_gstreamer ();
}

/* Everything about a result that must not depend on the sandbox. */
static void
describe (const CviResult *result, GString *text)
{
  g_string_append_printf (text, "%d %s %" G_GUINT64_FORMAT "\n",
      result->verdict, result->container, result->duration_ns);
  for (guint i = 0; i < result->streams->len; i++) {
    const CviStream *stream = g_ptr_array_index (result->streams, i);

    g_string_append_printf (text, "%s %s %s %" G_GUINT64_FORMAT "\n",
        stream->id, stream->codec, stream->decoder, stream->frames);
  }
  for (guint i = 0; i < result->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (result->findings, i);

    g_string_append_printf (text, "%s %s %" G_GUINT64_FORMAT " %s\n",
        finding->rule->id, finding->stream, finding->start_ns,
        finding->message);
  }
}

/* In a child: checks @paths one after the other. Returns: (transfer full): what
 * came of it */
static char *
check_all (char **paths, const char *root)
{
  GString *text = g_string_new (NULL);
  char buffer[4096];
  int fds[2], status;
  ssize_t n;
  pid_t pid;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0) {
    if (root)
      enter (root);
    else
      start_gstreamer ();
    for (char **path = paths; *path; path++) {
      g_autoptr (CviResult) result = check (*path);

      describe (result, text);
    }
    g_assert_cmpint (
        send (fds[1], text->str, text->len, 0), ==, (ssize_t)text->len);
    _exit (0);
  }
  close (fds[1]);
  while ((n = recv (fds[0], buffer, sizeof buffer, 0)) > 0)
    g_string_append_len (text, buffer, n);
  close (fds[0]);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  return g_string_free (text, FALSE);
}

static char **
healthy_and_damaged (void)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GDir) dir = g_dir_open (media, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (media, name, NULL);
    g_autofree char *copy = g_build_filename (folder, "media", name, NULL);
    g_autofree char *data = NULL;
    gsize size;

    g_assert_true (g_file_get_contents (path, &data, &size, NULL));
    g_assert_true (g_file_set_contents (copy, data, (gssize)size, NULL));
    g_strv_builder_add (builder, copy);
    g_free (copy);
    copy = g_strdup_printf ("%s/media/hit-%s", folder, name);
    memset (data + size / 2, 0x5a, MIN (size / 8, 512));
    g_assert_true (g_file_set_contents (copy, data, (gssize)size, NULL));
    g_strv_builder_add (builder, copy);
  }
  return g_strv_builder_end (builder);
}

static void
remove_media (char **paths)
{
  for (char **path = paths; *path; path++)
    g_unlink (*path);
}

static gboolean
skipped (void)
{
  g_autofree char *missing = cvi_sandbox_probe ();

  if (missing)
    g_test_skip_printf ("this kernel does not provide %s", missing);
  return missing != NULL;
}

static void
test_same (void)
{
  g_auto (GStrv) paths = NULL;
  g_autofree char *root = g_build_filename (folder, "media", NULL);
  g_autofree char *outside = NULL;
  g_autofree char *within = NULL;

  if (skipped ())
    return;
  paths = healthy_and_damaged ();
  g_assert_cmpuint (g_strv_length (paths), >=, 20);
  outside = check_all (paths, NULL);
  within = check_all (paths, root);
  g_assert_cmpstr (outside, ==, within);
  g_assert_null (strstr (within, "process::"));
  g_assert_nonnull (strstr (within, "decode::"));
  remove_media (paths);
}

static void
expect (const char *path, CviVerdict verdict, CviRuleId rule, const char *word)
{
  g_autoptr (CviResult) result = check (path);
  const CviFinding *finding = cvi_result_find (result, rule);

  g_assert_cmpint (result->verdict, ==, verdict);
  g_assert_nonnull (finding);
  g_assert_nonnull (strstr (finding->message, word));
}

static void
finish (pid_t pid)
{
  int status;

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
}

/* A link out of the roots is nothing that can be read, and never damage. */
static void
test_link_out (void)
{
  g_autofree char *root = g_build_filename (folder, "media", NULL);
  g_autofree char *clip = g_build_filename (media, "vp8-vorbis.webm", NULL);
  g_autofree char *link = g_build_filename (root, "link.webm", NULL);
  g_autofree char *dangling = g_build_filename (root, "dangling.webm", NULL);
  g_autofree char *locked = g_build_filename (root, "locked.webm", NULL);
  pid_t pid;

  if (skipped ())
    return;
  g_assert_cmpint (symlink (clip, link), ==, 0);
  g_assert_cmpint (symlink ("nowhere", dangling), ==, 0);
  g_assert_true (g_file_set_contents (locked, "x", 1, NULL));
  g_assert_cmpint (chmod (locked, 0), ==, 0);
  pid = fork ();
  if (pid == 0) {
    enter (root);
    expect (link, CVI_VERDICT_UNREADABLE, CVI_RULE_IO_PERMISSION, clip);
    expect (dangling, CVI_VERDICT_UNREADABLE, CVI_RULE_IO_VANISHED, "No such");
    if (geteuid () != 0)
      expect (locked, CVI_VERDICT_UNREADABLE, CVI_RULE_IO_PERMISSION, "denied");
    _exit (0);
  }
  finish (pid);
  g_unlink (link);
  g_unlink (dangling);
  g_unlink (locked);
}

/* What is tried while a file is checked is a finding of that file. */
static void
test_violation (void)
{
  g_autofree char *clip = g_build_filename (media, "vp8-vorbis.webm", NULL);
  pid_t pid;

  if (skipped ())
    return;
  pid = fork ();
  if (pid == 0) {
    enter (media);
    g_assert_cmpint (socket (AF_INET, SOCK_STREAM, 0), ==, -1);
    expect (clip, CVI_VERDICT_INCOMPLETE, CVI_RULE_PROCESS_SANDBOX, "socket");
    /* and not of the next one */
    g_assert_cmpint (check (clip)->verdict, ==, CVI_VERDICT_HEALTHY);
    _exit (0);
  }
  finish (pid);
}

int
main (int argc, char **argv)
{
  g_autofree char *root = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  media = g_getenv ("CVI_MEDIA");
  g_assert_nonnull (media);
  folder = g_dir_make_tmp ("cvi-sandboxed-XXXXXX", NULL);
  g_assert_nonnull (folder);
  root = g_build_filename (folder, "media", NULL);
  registry = g_build_filename (folder, "registry.bin", NULL);
  g_assert_cmpint (g_mkdir (root, 0700), ==, 0);

  g_test_add_func ("/sandbox/check/same", test_same);
  g_test_add_func ("/sandbox/check/link-out", test_link_out);
  g_test_add_func ("/sandbox/check/violation", test_violation);
  status = g_test_run ();

  g_unlink (registry);
  g_rmdir (root);
  g_rmdir (folder);
  return status;
}
