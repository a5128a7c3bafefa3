/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What is fetched through GIO: from a scheme of this test's own, whose files
 * are what the name says. */
#include "tools/fetch/cvi-fetch-transports.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <gio/gio.h>
#include <glib/gstdio.h>

#define CONTENT "what is in the file"

/* A file that is only read. */
typedef struct {
  GObject parent;
  char *uri;
  guint n_queries;
} TestFile;
typedef GObjectClass TestFileClass;

typedef struct {
  GFileInputStream parent;
  gsize at;
} TestStream;
typedef GFileInputStreamClass TestStreamClass;

static void test_file_iface_init (GFileIface *iface);

GType test_file_get_type (void);
GType test_stream_get_type (void);
G_DEFINE_TYPE_WITH_CODE (TestFile, test_file, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (G_TYPE_FILE, test_file_iface_init))
G_DEFINE_TYPE (TestStream, test_stream, G_TYPE_FILE_INPUT_STREAM)

static gssize
stream_read (GInputStream *stream, void *buffer, gsize count,
    GCancellable *cancellable, GError **error)
{
  TestStream *self = (TestStream *)stream;
  gsize n = MIN (count, strlen (CONTENT) - self->at);

  memcpy (buffer, CONTENT + self->at, n);
  self->at += n;
  return (gssize)n;
}

static void
test_stream_class_init (TestStreamClass *klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = stream_read;
}

static void
test_stream_init (TestStream *self)
{
}

static GFileInputStream *
file_read (GFile *file, GCancellable *cancellable, GError **error)
{
  TestFile *self = (TestFile *)file;

  if (strstr (self->uri, "/told")) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "%s: na:me@host does not take p@ss (na%%3Ame:p%%40ss@host)", self->uri);
    return NULL;
  }
  return g_object_new (test_stream_get_type (), NULL);
}

/* Returns: what is told of the file's size */
static goffset
size_of (const char *uri, gboolean first)
{
  goffset size = strlen (CONTENT);

  if (strstr (uri, "/more") || (first && strstr (uri, "/grows")))
    return size - 1;
  if (strstr (uri, "/less") || (first && strstr (uri, "/shrinks")))
    return size + 1;
  return size;
}

static GFileInfo *
file_query_info (GFile *file, const char *attributes, GFileQueryInfoFlags flags,
    GCancellable *cancellable, GError **error)
{
  TestFile *self = (TestFile *)file;
  GFileInfo *info = g_file_info_new ();
  gboolean first = self->n_queries++ == 0;
  gboolean changed = !first && strstr (self->uri, "/changes");

  if (!strstr (self->uri, "/endless"))
    g_file_info_set_size (info, size_of (self->uri, first));
  g_file_info_set_attribute_uint64 (
      info, G_FILE_ATTRIBUTE_TIME_MODIFIED, changed ? 8 : 7);
  return info;
}

static void
test_file_iface_init (GFileIface *iface)
{
  iface->read_fn = file_read;
  iface->query_info = file_query_info;
}

static void
test_file_finalize (GObject *object)
{
  g_free (((TestFile *)object)->uri);
  G_OBJECT_CLASS (test_file_parent_class)->finalize (object);
}

static void
test_file_class_init (TestFileClass *klass)
{
  klass->finalize = test_file_finalize;
}

static void
test_file_init (TestFile *self)
{
}

static GFile *
look_up (GVfs *vfs, const char *uri, gpointer user_data)
{
  TestFile *file = g_object_new (test_file_get_type (), NULL);

  file->uri = g_strdup (uri);
  return G_FILE (file);
}

/* Fetches @uri; @content: (out): what is in the spool. The job is to be
 * cleared. */
static void
fetch (CviFetchJob *job, const char *uri, char **content)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  int fds[2];

  /* To somebody who does not answer. */
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  *job = (CviFetchJob){ .fd = fds[0], .uri = uri, .size = CVI_NONE };
  job->findings =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);
  job->began_us = g_get_monotonic_time ();
  job->spool = g_file_open_tmp ("fetch-XXXXXX", &path, &error);
  g_assert_no_error (error);
  cvi_fetch_gio (job);
  g_assert_true (g_file_get_contents (path, content, NULL, NULL));
  g_unlink (path);
  close (job->spool);
  close (fds[0]);
  close (fds[1]);
}

/* What a fetch comes to, and its only finding: NULL: none */
static void
test_ends (gconstpointer unused)
{
  static const struct {
    const char *uri;
    gboolean failed;
    CviRuleId rule;
    const char *message;
  } rows[] = {
    { "cvitest://host/plain", FALSE, 0, NULL },
    { "cvitest://host/endless", FALSE, CVI_RULE_IO_PARTIAL, "tells no length" },
    { "cvitest://host/changes", TRUE, CVI_RULE_IO_CHANGED, "it changed" },
    { "cvitest://host/grows", TRUE, CVI_RULE_IO_CHANGED, "it changed" },
    { "cvitest://host/shrinks", TRUE, CVI_RULE_IO_CHANGED, "it changed" },
    { "cvitest://host/more", TRUE, CVI_RULE_IO_ERROR, "more came than the 18" },
    { "cvitest://host/less", TRUE, CVI_RULE_IO_ERROR, "ended after 19 of 20" },
    { "cvitest://na%3Ame:p%40ss@host/told", TRUE, CVI_RULE_IO_ERROR,
        "cvitest://host/told: host does not take ... (host)" },
    { "cvitest://name:a@host/told", TRUE, CVI_RULE_IO_ERROR,
        "host/told: na:me@host does not take p@ss" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *content = NULL;
    const CviFinding *finding;
    CviFetchJob job;

    g_test_message ("%s", rows[i].uri);
    fetch (&job, rows[i].uri, &content);
    g_assert_cmpint (job.failed, ==, rows[i].failed);
    if (!rows[i].failed)
      g_assert_cmpstr (content, ==, CONTENT);
    g_assert_cmpuint (job.findings->len, ==, rows[i].message ? 1 : 0);
    if (rows[i].message) {
      finding = g_ptr_array_index (job.findings, 0);
      g_test_message ("%s", finding->message);
      g_assert_true (finding->rule == cvi_rule (rows[i].rule));
      g_assert_nonnull (strstr (finding->message, rows[i].message));
    }
    g_ptr_array_unref (job.findings);
  }
}

static void
test_mountable (gconstpointer unused)
{
  static const struct {
    const char *uri, *mountable;
  } rows[] = {
    { "smb://nas/films/a/b.mkv", "smb://nas/films" },
    { "smb://nas/films", "smb://nas/films" },
    { "smb://a%40b:p%3A@nas/fi%20lms/b.mkv", "smb://a%40b@nas/fi%20lms" },
    { "smb://dom%3Bain;a%2Fb@nas/films/b", "smb://dom%3Bain;a%2Fb@nas/films" },
    { "sftp://a%40b@nas:22/x/y%2Fz/b", "sftp://a%40b@nas:22/x/y%2Fz" },
    { "ftp://[::1]:21/b", "ftp://[::1]:21/" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *mountable = cvi_fetch_mountable_uri (rows[i].uri);

    g_assert_cmpstr (mountable, ==, rows[i].mountable);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_vfs_register_uri_scheme (g_vfs_get_default (), "cvitest", look_up, NULL,
      NULL, look_up, NULL, NULL);
  g_test_add_data_func ("/fetch-gio/ends", NULL, test_ends);
  g_test_add_data_func ("/fetch-gio/mountable", NULL, test_mountable);
  return g_test_run ();
}
