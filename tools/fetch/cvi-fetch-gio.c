/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/fetch/cvi-fetch-transports.h"

#include <string.h>
#include <gio/gio.h>

#define CHUNK (256 * 1024)
/* What is escaped stays so: a user's "@" must not end the user. */
#define URI_FLAGS                                                              \
  (G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_NON_DNS | G_URI_FLAGS_ENCODED)

/* What is said of a file. */
typedef struct {
  guint64 size; /* CVI_NONE: unknown */
  gint64 mtime_ns;
  char *etag; /* (nullable) */
} State;

typedef struct {
  GMainLoop *loop;
  GUri *uri;
  gboolean asked;
  GError *error; /* (nullable) */
} Mount;

static CviRuleId
rule_of (const GError *error)
{
  switch (error->domain == G_IO_ERROR ? error->code : G_IO_ERROR_FAILED) {
    case G_IO_ERROR_NOT_FOUND:
      return CVI_RULE_IO_VANISHED;
    case G_IO_ERROR_PERMISSION_DENIED:
      return CVI_RULE_IO_PERMISSION;
    default:
      return CVI_RULE_IO_ERROR;
  }
}

static void
fail_for_error (CviFetchJob *job, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED_HANDLED))
    cvi_fetch_fail (job, CVI_RULE_IO_PERMISSION,
        "it wants a user and a password, or others than these");
  else
    cvi_fetch_fail (job, rule_of (error), "%s", error->message);
}

/* There is nobody to ask: what is not in the URI is not known. */
static void
on_ask_password (GMountOperation *operation, const char *message,
    const char *user, const char *domain, GAskPasswordFlags flags,
    gpointer user_data)
{
  Mount *mount = user_data;
  g_autofree char *own_user =
      g_uri_unescape_string (g_uri_get_user (mount->uri), NULL);
  g_autofree char *password =
      g_uri_unescape_string (g_uri_get_password (mount->uri), NULL);

  if (!mount->asked && password) {
    if (own_user)
      g_mount_operation_set_username (operation, own_user);
    g_mount_operation_set_password (operation, password);
    g_mount_operation_set_password_save (operation, G_PASSWORD_SAVE_NEVER);
  } else if (!mount->asked && (flags & G_ASK_PASSWORD_ANONYMOUS_SUPPORTED)) {
    g_mount_operation_set_anonymous (operation, TRUE);
  } else {
    g_mount_operation_reply (operation, G_MOUNT_OPERATION_ABORTED);
    return;
  }
  mount->asked = TRUE;
  g_mount_operation_reply (operation, G_MOUNT_OPERATION_HANDLED);
}

static void
on_mounted (GObject *source, GAsyncResult *async, gpointer user_data)
{
  Mount *mount = user_data;

  g_file_mount_enclosing_volume_finish (G_FILE (source), async, &mount->error);
  g_main_loop_quit (mount->loop);
}

char *
cvi_fetch_mountable_uri (const char *text)
{
  g_autoptr (GUri) uri = g_uri_parse (text, URI_FLAGS, NULL);
  g_autofree char *folder = NULL;
  const char *path, *end;

  if (!uri)
    return NULL;
  path = g_uri_get_path (uri);
  end = g_str_equal (g_uri_get_scheme (uri), "smb") && *path
            ? strchr (path + 1, '/')
            : strrchr (path, '/');
  folder = end ? g_strndup (path, (gsize)(end - path)) : g_strdup (path);
  return g_uri_join (URI_FLAGS, g_uri_get_scheme (uri), g_uri_get_user (uri),
      g_uri_get_host (uri), g_uri_get_port (uri), *folder ? folder : "/", NULL,
      NULL);
}

/* It stays mounted: other fetches may be at work on it. */
static gboolean
mount_share (GUri *uri, const char *text, GError **error)
{
  g_autofree char *mountable = cvi_fetch_mountable_uri (text);
  g_autoptr (GFile) file = g_file_new_for_uri (mountable);
  g_autoptr (GMountOperation) operation = g_mount_operation_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Mount mount = { .loop = loop, .uri = uri };

  g_signal_connect (
      operation, "ask-password", G_CALLBACK (on_ask_password), &mount);
  g_file_mount_enclosing_volume (
      file, G_MOUNT_MOUNT_NONE, operation, NULL, on_mounted, &mount);
  g_main_loop_run (loop);
  if (!mount.error ||
      g_error_matches (mount.error, G_IO_ERROR, G_IO_ERROR_ALREADY_MOUNTED)) {
    g_clear_error (&mount.error);
    return TRUE;
  }
  g_propagate_error (error, mount.error);
  return FALSE;
}

static GFileInputStream *
open_file (GFile *file, GUri *uri, const char *text, GError **error)
{
  g_autoptr (GError) problem = NULL;
  GFileInputStream *stream = g_file_read (file, NULL, &problem);

  if (!stream &&
      g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_MOUNTED)) {
    g_clear_error (&problem);
    if (mount_share (uri, text, &problem))
      stream = g_file_read (file, NULL, &problem);
  }
  if (!stream)
    g_propagate_error (error, g_steal_pointer (&problem));
  return stream;
}

/* Returns: FALSE with @error */
static gboolean
look_at (GFile *file, State *state, GError **error)
{
  g_autoptr (GFileInfo) info = g_file_query_info (file,
      G_FILE_ATTRIBUTE_STANDARD_SIZE "," G_FILE_ATTRIBUTE_TIME_MODIFIED
                                     "," G_FILE_ATTRIBUTE_TIME_MODIFIED_USEC
                                     "," G_FILE_ATTRIBUTE_ETAG_VALUE,
      G_FILE_QUERY_INFO_NONE, NULL, error);
  gint64 seconds;

  if (!info)
    return FALSE;
  if (g_file_info_has_attribute (info, G_FILE_ATTRIBUTE_STANDARD_SIZE))
    state->size = (guint64)g_file_info_get_size (info);
  seconds = (gint64)g_file_info_get_attribute_uint64 (
      info, G_FILE_ATTRIBUTE_TIME_MODIFIED);
  if (seconds < 0 || seconds > G_MAXINT64 / G_TIME_SPAN_SECOND / 1000 - 1)
    seconds = 0;
  state->mtime_ns = (seconds * G_TIME_SPAN_SECOND +
                        g_file_info_get_attribute_uint32 (
                            info, G_FILE_ATTRIBUTE_TIME_MODIFIED_USEC)) *
                    1000;
  state->etag = g_strdup (g_file_info_get_etag (info));
  return TRUE;
}

/* @came: bytes, of which those beyond the size that was told are not copied.
 * Returns: FALSE if the job has failed, or with @error */
static gboolean
copy (CviFetchJob *job, GInputStream *stream, guint64 *came, GError **error)
{
  g_autofree char *chunk = g_malloc (CHUNK);
  gssize n;

  while ((n = g_input_stream_read (stream, chunk, CHUNK, NULL, error)) > 0) {
    *came = job->written + (guint64)n;
    if (job->size != CVI_NONE && *came > job->size)
      return TRUE;
    if (!cvi_fetch_write (job, chunk, (gsize)n) || !cvi_fetch_check_time (job))
      return FALSE;
  }
  return n == 0;
}

/* A file that grows or shrinks meanwhile gives another number of bytes, too. */
static void
judge (CviFetchJob *job, const State *before, const State *after, guint64 came)
{
  if (before->size != after->size || before->mtime_ns != after->mtime_ns ||
      g_strcmp0 (before->etag, after->etag) != 0)
    cvi_fetch_fail (
        job, CVI_RULE_IO_CHANGED, "it changed while it was fetched");
  else if (before->size == CVI_NONE)
    cvi_fetch_note_unbounded (job);
  else if (came < before->size)
    cvi_fetch_fail (job, CVI_RULE_IO_ERROR,
        "it ended after %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes",
        came, before->size);
  else if (came > before->size)
    cvi_fetch_fail (job, CVI_RULE_IO_ERROR,
        "more came than the %" G_GUINT64_FORMAT " bytes that were announced",
        before->size);
}

/* Copies all of it, unless it changes meanwhile. */
static void
copy_file (CviFetchJob *job, GFile *file, GInputStream *stream, GError **error)
{
  State before = { .size = CVI_NONE };
  State after = { .size = CVI_NONE };
  guint64 came = 0;

  if (look_at (file, &before, error) &&
      cvi_fetch_tell (job, before.size, before.mtime_ns, before.etag) &&
      copy (job, stream, &came, error) && look_at (file, &after, error))
    judge (job, &before, &after, came);
  g_free (before.etag);
  g_free (after.etag);
}

/* Without a session's bus there are no daemons to ask. */
static gboolean
is_supported (const char *scheme)
{
  const char *const *schemes =
      g_vfs_get_supported_uri_schemes (g_vfs_get_default ());

  return schemes && g_strv_contains (schemes, scheme);
}

void
cvi_fetch_gio (CviFetchJob *job)
{
  g_autoptr (GUri) uri = g_uri_parse (job->uri, URI_FLAGS, NULL);
  g_autoptr (GFileInputStream) stream = NULL;
  g_autoptr (GFile) file = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *bare = NULL;

  if (!uri) {
    cvi_fetch_fail (job, CVI_RULE_IO_ERROR, "not a valid URI");
    return;
  }
  if (!is_supported (g_uri_get_scheme (uri))) {
    cvi_fetch_fail (job, CVI_RULE_IO_ERROR,
        "nothing here reads %s: URIs; packages gvfs and gvfs-backends do, in a "
        "session with a D-Bus (dbus-run-session makes one)",
        g_uri_get_scheme (uri));
    return;
  }
  /* GIO has no use for the password there, and might tell of it. */
  bare = g_uri_to_string_partial (uri, G_URI_HIDE_PASSWORD);
  file = g_file_new_for_uri (bare);
  stream = open_file (file, uri, job->uri, &error);
  if (stream)
    copy_file (job, file, G_INPUT_STREAM (stream), &error);
  if (error)
    fail_for_error (job, error);
}
