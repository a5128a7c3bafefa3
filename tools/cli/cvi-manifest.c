/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <json-glib/json-glib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "plugin/core/cvi-json-depth.h"
#include "tools/cli/cvi-errno.h"

/* Longer than any path, escaped and in base64, with all else of a line. */
#define MAX_LINE (64 * 1024)

struct _CviManifest {
  char *path;
  int fd;
  GPtrArray *entries;
};

static const char *const step_names[CVI_N_STEPS] = { "move", "moved", "dropped",
  "undo", "undone" };

static void
entry_free (CviManifestEntry *entry)
{
  g_free (entry->path);
  g_free (entry->rule);
  g_free (entry->sha256);
  g_free (entry);
}

static gboolean
get_int (JsonObject *line, const char *name, gint64 *value)
{
  JsonNode *node = json_object_get_member (line, name);

  if (!node || !JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;
  *value = json_node_get_int (node);
  return TRUE;
}

/* Returns: (transfer full) (nullable) */
static char *
get_text (JsonObject *line, const char *name)
{
  JsonNode *node = json_object_get_member (line, name);

  if (!node || !JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_dup_string (node);
}

/* Returns: (transfer full) (nullable): absolute, and nowhere stepping up */
static char *
get_path (JsonObject *line)
{
  g_autofree char *bytes = get_text (line, "path_bytes");
  g_autofree char *path = NULL;
  g_autofree char *canonical = NULL;

  if (bytes) {
    gsize size;
    g_autofree guchar *raw = g_base64_decode (bytes, &size);

    path = g_strndup ((const char *)raw, size);
  } else {
    path = get_text (line, "path");
  }
  if (!path || !g_path_is_absolute (path))
    return NULL;
  canonical = g_canonicalize_filename (path, NULL);
  return g_str_equal (canonical, path) ? g_steal_pointer (&path) : NULL;
}

static gboolean
read_facts (JsonObject *line, CviManifestEntry *entry)
{
  gint64 size, mode, uid, gid;

  if (!get_int (line, "size", &size) || !get_int (line, "mode", &mode) ||
      !get_int (line, "uid", &uid) || !get_int (line, "gid", &gid) ||
      !get_int (line, "mtime_ns", &entry->facts.mtime_ns) ||
      !get_int (line, "atime_ns", &entry->facts.atime_ns) ||
      !get_int (line, "folder_mtime_ns", &entry->folder_mtime_ns))
    return FALSE;
  entry->facts.size = (guint64)size;
  entry->facts.mode = (guint)mode & 07777;
  entry->facts.uid = (guint)uid;
  entry->facts.gid = (guint)gid;
  return size >= 0;
}

static gboolean
find_step (JsonObject *line, CviStep *step)
{
  g_autofree char *name = get_text (line, "step");

  for (guint i = 0; i < CVI_N_STEPS; i++) {
    if (g_strcmp0 (name, step_names[i]) == 0) {
      *step = i;
      return TRUE;
    }
  }
  return FALSE;
}

static gboolean
take_move (CviManifest *manifest, JsonObject *line, gint64 id)
{
  g_autofree char *path = get_path (line);
  CviManifestEntry *entry;

  if (!path || (guint64)id != manifest->entries->len + 1)
    return FALSE;
  entry = cvi_manifest_add (manifest, path);
  entry->rule = get_text (line, "rule");
  return read_facts (line, entry);
}

static gboolean
take_line (CviManifest *manifest, JsonObject *line)
{
  CviManifestEntry *entry;
  CviStep step;
  gint64 id;

  if (!get_int (line, "id", &id) || id < 1 || !find_step (line, &step))
    return FALSE;
  if (step == CVI_STEP_MOVE)
    return take_move (manifest, line, id);
  if ((guint64)id > manifest->entries->len)
    return FALSE;
  entry = g_ptr_array_index (manifest->entries, id - 1);
  entry->step = step;
  if (step != CVI_STEP_MOVED)
    return TRUE;
  g_free (entry->sha256);
  entry->sha256 = get_text (line, "sha256");
  return get_int (line, "kept_mtime_ns", &entry->kept_mtime_ns) &&
         get_int (line, "folder_mtime_ns", &entry->left_mtime_ns);
}

static gboolean
parse_line (CviManifest *manifest, const char *text)
{
  g_autoptr (JsonNode) node = NULL;

  if (!cvi_json_is_shallow (text, strlen (text)))
    return FALSE;
  node = json_from_string (text, NULL);
  return node && JSON_NODE_HOLDS_OBJECT (node) &&
         take_line (manifest, json_node_get_object (node));
}

/* A crash leaves a cut line, and the next run ends it: it is no JSON. */
static gboolean
is_cut (const char *text)
{
  gsize len = strlen (text);

  return len == 0 || text[len - 1] != '}';
}

static gboolean
read_lines (CviManifest *manifest, FILE *file, GError **error)
{
  g_autofree char *line = g_malloc (MAX_LINE);
  guint number = 0;

  while (fgets (line, MAX_LINE, file)) {
    gboolean whole = g_str_has_suffix (line, "\n");

    number++;
    if (whole)
      line[strlen (line) - 1] = '\0';
    if ((!whole && feof (file)) || is_cut (line))
      continue;
    if (!parse_line (manifest, line)) {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
          "%s: line %u makes no sense; move the file away to begin anew, or "
          "mend that line",
          manifest->path, number);
      return FALSE;
    }
  }
  return !ferror (file) ||
         cvi_set_errno (error, errno, manifest->path, "cannot be read");
}

static gboolean
read_all (CviManifest *manifest, GError **error)
{
  int fd = dup (manifest->fd);
  FILE *file = fd >= 0 ? fdopen (fd, "r") : NULL;
  gboolean ok;

  if (!file)
    return cvi_set_errno (error, errno, manifest->path, "cannot be read");
  rewind (file);
  ok = read_lines (manifest, file, error);
  fclose (file);
  return ok;
}

static gboolean
check_owner (CviManifest *manifest, GError **error)
{
  struct stat st;

  if (fstat (manifest->fd, &st) != 0)
    return cvi_set_errno (error, errno, manifest->path, "cannot be looked at");
  if (S_ISREG (st.st_mode) && st.st_uid == geteuid () &&
      (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_PERM,
      "%s: is not yours alone to write (as its owner: chmod go-w)",
      manifest->path);
  return FALSE;
}

static gboolean
open_file (CviManifest *manifest, gboolean readonly, GError **error)
{
  int flags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;

  flags |= readonly ? O_RDONLY : O_RDWR | O_APPEND | O_CREAT;
  manifest->fd = open (manifest->path, flags, 0600);
  if (manifest->fd < 0)
    return cvi_set_errno (error, errno, manifest->path, "cannot be opened");
  if (!check_owner (manifest, error))
    return FALSE;
  if (flock (manifest->fd, (readonly ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
      "%s: another cvi-gst is at work there; try again when it has finished",
      manifest->path);
  return FALSE;
}

/* Appends @text, whole or not at all. */
static gboolean
append (CviManifest *manifest, const char *text, GError **error)
{
  gsize size = strlen (text);
  off_t before = lseek (manifest->fd, 0, SEEK_END);
  gssize n;

  do {
    n = write (manifest->fd, text, size);
  } while (n < 0 && errno == EINTR);
  if (n == (gssize)size && fsync (manifest->fd) == 0)
    return TRUE;
  if (n >= 0 && n < (gssize)size)
    errno = ENOSPC;
  cvi_set_errno (error, errno, manifest->path, "cannot be written");
  /* Where this fails, a cut line is left, which the next run passes over. */
  if (before >= 0 && n > 0 && ftruncate (manifest->fd, before) != 0)
    g_debug ("%s: a cut line is left", manifest->path);
  return FALSE;
}

/* The next line must not be glued to one that a crash has cut. */
static gboolean
end_cut_line (CviManifest *manifest, GError **error)
{
  off_t size = lseek (manifest->fd, 0, SEEK_END);
  char last = '\n';

  if (size > 0 && pread (manifest->fd, &last, 1, size - 1) != 1)
    return cvi_set_errno (error, errno, manifest->path, "cannot be read");
  return last == '\n' || append (manifest, "\n", error);
}

CviManifest *
cvi_manifest_open (const char *folder, gboolean readonly, GError **error)
{
  g_autoptr (CviManifest) manifest = NULL;

  g_return_val_if_fail (folder, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  manifest = g_new0 (CviManifest, 1);
  manifest->fd = -1;
  manifest->path = g_build_filename (folder, CVI_MANIFEST_NAME, NULL);
  manifest->entries =
      g_ptr_array_new_with_free_func ((GDestroyNotify)entry_free);
  if (!readonly && g_mkdir_with_parents (folder, 0700) != 0) {
    cvi_set_errno (error, errno, folder, "cannot be made");
    return NULL;
  }
  if (!open_file (manifest, readonly, error) || !read_all (manifest, error))
    return NULL;
  if (!readonly && (!end_cut_line (manifest, error) ||
                       !cvi_sync_folder_of (manifest->path, error)))
    return NULL;
  return g_steal_pointer (&manifest);
}

void
cvi_manifest_free (CviManifest *manifest)
{
  if (!manifest)
    return;
  if (manifest->fd >= 0)
    close (manifest->fd);
  g_ptr_array_unref (manifest->entries);
  g_free (manifest->path);
  g_free (manifest);
}

GPtrArray *
cvi_manifest_get_entries (CviManifest *manifest)
{
  g_return_val_if_fail (manifest, NULL);

  return manifest->entries;
}

CviManifestEntry *
cvi_manifest_add (CviManifest *manifest, const char *path)
{
  CviManifestEntry *entry;

  g_return_val_if_fail (manifest && path, NULL);

  entry = g_new0 (CviManifestEntry, 1);
  entry->id = manifest->entries->len + 1;
  entry->path = g_strdup (path);
  g_ptr_array_add (manifest->entries, entry);
  return entry;
}

static void
add_int (JsonBuilder *json, const char *name, gint64 value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_int_value (json, value);
}

static void
add_text (JsonBuilder *json, const char *name, const char *value)
{
  g_autofree char *valid = value ? g_utf8_make_valid (value, -1) : NULL;

  if (!valid)
    return;
  json_builder_set_member_name (json, name);
  json_builder_add_string_value (json, valid);
}

static void
add_file (JsonBuilder *json, const CviManifestEntry *entry)
{
  add_text (json, "path", entry->path);
  if (!g_utf8_validate (entry->path, -1, NULL)) {
    g_autofree char *bytes =
        g_base64_encode ((const guchar *)entry->path, strlen (entry->path));

    add_text (json, "path_bytes", bytes);
  }
  add_text (json, "rule", entry->rule);
  add_int (json, "size", (gint64)entry->facts.size);
  add_int (json, "mtime_ns", entry->facts.mtime_ns);
  add_int (json, "atime_ns", entry->facts.atime_ns);
  add_int (json, "mode", entry->facts.mode);
  add_int (json, "uid", entry->facts.uid);
  add_int (json, "gid", entry->facts.gid);
  add_int (json, "folder_mtime_ns", entry->folder_mtime_ns);
}

gboolean
cvi_manifest_write (CviManifest *manifest, CviManifestEntry *entry,
    CviStep step, GError **error)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;

  g_return_val_if_fail (manifest && entry && step < CVI_N_STEPS, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  json_builder_begin_object (json);
  add_int (json, "id", (gint64)entry->id);
  add_text (json, "step", step_names[step]);
  if (step == CVI_STEP_MOVE) {
    add_file (json, entry);
  } else if (step == CVI_STEP_MOVED) {
    add_int (json, "kept_mtime_ns", entry->kept_mtime_ns);
    add_int (json, "folder_mtime_ns", entry->left_mtime_ns);
    add_text (json, "sha256", entry->sha256);
  }
  add_int (json, "at", g_get_real_time () / G_USEC_PER_SEC);
  json_builder_end_object (json);
  root = json_builder_get_root (json);
  text = json_to_string (root, FALSE);
  line = g_strconcat (text, "\n", NULL);
  if (!append (manifest, line, error))
    return FALSE;
  entry->step = step;
  return TRUE;
}
