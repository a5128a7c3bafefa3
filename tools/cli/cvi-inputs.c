/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-inputs.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/cli/cvi-signals.h"
#include "tools/cli/cvi-write.h"

#define CHUNK (256 * 1024)

gboolean
cvi_input_is_uri (const char *name)
{
  g_autofree char *scheme = NULL;

  g_return_val_if_fail (name, FALSE);

  scheme = g_uri_parse_scheme (name);
  return scheme && g_str_has_prefix (name + strlen (scheme), "://");
}

gboolean
cvi_input_is_remote (const char *name)
{
  static const char *const schemes[] = { "http", "https", "smb", "sftp", "dav",
    "davs", "ftp", "nfs", "afp", "rtsp", "rtsps", "rtspt", "rtspu", NULL };
  g_autofree char *scheme = NULL;

  g_return_val_if_fail (name, FALSE);

  scheme = g_uri_parse_scheme (name);
  return scheme && g_str_has_prefix (name + strlen (scheme), "://") &&
         g_uri_is_valid (
             name, G_URI_FLAGS_NON_DNS | G_URI_FLAGS_ENCODED, NULL) &&
         g_strv_contains (schemes, scheme);
}

char *
cvi_input_display_uri (const char *uri)
{
  g_autoptr (GUri) parsed = g_uri_parse (uri,
      G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_HAS_AUTH_PARAMS |
          G_URI_FLAGS_NON_DNS | G_URI_FLAGS_ENCODED,
      NULL);
  g_autofree char *scheme = NULL;

  if (parsed)
    return g_uri_to_string_partial (parsed, G_URI_HIDE_USERINFO);
  /* There may be a password anywhere in it. */
  scheme = g_uri_parse_scheme (uri);
  return g_strdup_printf ("%s://...", scheme ? scheme : "");
}

char *
cvi_input_path_from_uri (const char *uri, GError **error)
{
  g_autofree char *shown = cvi_input_display_uri (uri);
  g_autofree char *host = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GError) problem = NULL;

  if (g_ascii_strncasecmp (uri, "file://", 7) != 0) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSYS,
        cvi_input_is_remote (uri)
            ? "%s: only scan reads URIs of the network"
            : "%s: not a valid URI of a scheme that is known (file, http, "
              "https, smb, sftp, dav, davs, ftp, nfs, afp, rtsp, rtsps)",
        shown);
    return NULL;
  }
  path = g_filename_from_uri (uri, &host, &problem);
  if (!path || (host && g_ascii_strcasecmp (host, "localhost") != 0)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %s", shown,
        path ? "not on this machine" : "not a valid file: URI");
    return NULL;
  }
  return g_steal_pointer (&path);
}

/* Returns: FALSE with @error */
static gboolean
copy (int from, int to, guint64 limit, GError **error)
{
  g_autofree char *chunk = g_malloc (CHUNK);
  guint64 total = 0;

  while (!cvi_signals_get_stop ()) {
    gssize n = read (from, chunk, CHUNK);
    int saved_errno = errno;

    if (n < 0 && saved_errno == EINTR)
      continue;
    if (n == 0)
      break;
    if (n > 0 && limit > 0 && (guint64)n > limit - total) {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC,
          "more than %" G_GUINT64_FORMAT " bytes (--spool-limit)", limit);
      return FALSE;
    }
    if (n < 0 || !cvi_write_all (to, chunk, (gsize)n)) {
      if (n >= 0)
        saved_errno = errno;
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved_errno),
          "cannot %s: %s", n < 0 ? "be read" : "be spooled",
          g_strerror (saved_errno));
      return FALSE;
    }
    total += (guint64)n;
  }
  return TRUE;
}

char *
cvi_input_spool (CviSpool *spool, int fd, guint64 limit, GError **error)
{
  int to = -1;
  g_autofree char *path = cvi_spool_add (spool, "", &to, error);
  gboolean ok;

  if (!path)
    return NULL;
  ok = copy (fd, to, limit, error);
  close (to);
  if (ok)
    return g_steal_pointer (&path);
  g_unlink (path);
  return NULL;
}
