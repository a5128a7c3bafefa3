/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cluster/cvi-plan.h"

#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/core/cvi-json-depth.h"

/* Of one shard: more than any planner makes, and what a machine can hold. */
#define MAX_PART (1u << 30)
/* "0", "0" and "/", each with its NUL: no file takes less of the manifest. */
#define MIN_FILE 6
/* Of plan.json, in which the roots are what is long. */
#define MAX_PLAN (16 * 1024 * 1024)

G_DEFINE_QUARK (cvi - cluster - error - quark, cvi_cluster_error)

char *
cvi_plan_path (const char *run, const char *name)
{
  return g_build_filename (run, name, NULL);
}

static gboolean
bad_plan (GError **error, const char *run, const char *why)
{
  g_set_error (error, CVI_CLUSTER_ERROR, CVI_CLUSTER_ERROR_PLAN,
      "%s/plan.json: %s", run, why);
  return FALSE;
}

/* Of the right type, whatever else stands under that name. */
static JsonNode *
get_value (JsonObject *object, const char *name, GType type)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_VALUE (node) &&
                 json_node_get_value_type (node) == type
             ? node
             : NULL;
}

static guint64
get_count (JsonObject *object, const char *name)
{
  JsonNode *node = get_value (object, name, G_TYPE_INT64);

  return node ? (guint64)MAX (json_node_get_int (node), 0) : 0;
}

static char *
get_text (JsonObject *object, const char *name)
{
  JsonNode *node = get_value (object, name, G_TYPE_STRING);

  return node ? json_node_dup_string (node) : g_strdup ("");
}

static void
add_root (JsonArray *uris, guint index, JsonNode *uri, gpointer roots)
{
  char *path = NULL;

  if (JSON_NODE_HOLDS_VALUE (uri) &&
      json_node_get_value_type (uri) == G_TYPE_STRING)
    path = g_filename_from_uri (json_node_get_string (uri), NULL, NULL);
  if (path)
    g_ptr_array_add (roots, path);
}

static char **
read_roots (JsonObject *object)
{
  GPtrArray *roots = g_ptr_array_new ();
  JsonNode *uris = json_object_get_member (object, "roots");

  if (uris && JSON_NODE_HOLDS_ARRAY (uris))
    json_array_foreach_element (json_node_get_array (uris), add_root, roots);
  g_ptr_array_add (roots, NULL);
  return (char **)g_ptr_array_free (roots, FALSE);
}

static gboolean
read_plan (CviPlan *plan, JsonObject *object, char **digest, GError **error)
{
  g_autofree char *mode = get_text (object, "mode");

  if (get_count (object, "version") != CVI_PLAN_VERSION)
    return bad_plan (error, plan->run, "not a plan of this version of cvi-gst");
  plan->id = get_text (object, "id");
  plan->shards = (guint)MIN (get_count (object, "shards"), G_MAXUINT);
  plan->files = get_count (object, "files");
  plan->bytes = get_count (object, "bytes");
  plan->hw = get_text (object, "hw");
  plan->tool_version = get_text (object, "tool_version");
  plan->rules_version = (guint32)get_count (object, "rules_version");
  plan->manifest_bytes = get_count (object, "manifest_bytes");
  plan->roots = read_roots (object);
  *digest = get_text (object, "index_sha256");
  if (!cvi_mode_from_string (mode, &plan->mode) || !plan->id[0])
    return bad_plan (error, plan->run, "damaged");
  return TRUE;
}

static gboolean
set_changed (GError **error, const char *path)
{
  g_set_error (error, CVI_CLUSTER_ERROR, CVI_CLUSTER_ERROR_CHANGED,
      "%s is not what was planned: make a new run", path);
  return FALSE;
}

gboolean
cvi_plan_get_entry (
    const CviPlan *plan, guint index, CviPlanEntry *entry, GError **error)
{
  g_autofree char *path = NULL;
  const char *line;
  char copy[CVI_PLAN_LINE + 1];

  g_return_val_if_fail (plan && entry, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  if (index >= plan->shards) {
    g_set_error (error, CVI_CLUSTER_ERROR, CVI_CLUSTER_ERROR_SHARD,
        "%s has %u shards, counted from 0: there is no shard %u", plan->run,
        plan->shards, index);
    return FALSE;
  }
  line = (const char *)g_bytes_get_data (plan->index, NULL) +
         (gsize)index * CVI_PLAN_LINE;
  memcpy (copy, line, CVI_PLAN_LINE);
  copy[CVI_PLAN_LINE] = '\0';
  if (sscanf (copy,
          "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
          " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %32s",
          &entry->offset, &entry->length, &entry->first, &entry->n_files,
          &entry->bytes, entry->digest) == 6 &&
      entry->length <= MAX_PART && entry->length <= plan->manifest_bytes &&
      entry->offset <= plan->manifest_bytes - entry->length &&
      entry->n_files <= entry->length / MIN_FILE)
    return TRUE;
  path = cvi_plan_path (plan->run, "shards.idx");
  return set_changed (error, path);
}

/* Returns: G_MAXUINT64 where there is no such file */
static guint64
size_of (const char *path)
{
  struct stat status;

  return stat (path, &status) == 0 ? (guint64)status.st_size : G_MAXUINT64;
}

static gboolean
read_index (CviPlan *plan, const char *digest, GError **error)
{
  g_autofree char *path = cvi_plan_path (plan->run, "shards.idx");
  g_autofree char *manifest = cvi_plan_path (plan->run, "manifest");
  g_autofree char *seen = NULL;
  guint64 wanted = (guint64)plan->shards * CVI_PLAN_LINE;
  guint64 there = size_of (path);
  guint64 n_files = 0;
  CviPlanEntry entry;
  char *text;
  gsize len;

  if (there != G_MAXUINT64 && there != wanted)
    return set_changed (error, path);
  if (!g_file_get_contents (path, &text, &len, error))
    return FALSE;
  plan->index = g_bytes_new_take (text, len);
  seen = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, plan->index);
  if (len != wanted || !g_str_equal (seen, digest))
    return set_changed (error, path);
  /* The numbers of the index are held against this. */
  if (size_of (manifest) < plan->manifest_bytes)
    return set_changed (error, manifest);
  for (guint i = 0; i < plan->shards; i++) {
    if (!cvi_plan_get_entry (plan, i, &entry, error))
      return FALSE;
    n_files += entry.n_files;
  }
  return n_files == plan->files || set_changed (error, path);
}

static JsonObject *
parse_plan (JsonParser *parser, const char *run, GError **error)
{
  g_autofree char *path = cvi_plan_path (run, "plan.json");
  g_autofree char *text = NULL;
  g_autoptr (GError) parse_error = NULL;
  guint64 there = size_of (path);
  JsonNode *root;
  gsize len;

  if (there != G_MAXUINT64 && there > MAX_PLAN) {
    bad_plan (error, run, "damaged");
    return NULL;
  }
  if (!g_file_get_contents (path, &text, &len, error)) {
    g_prefix_error (error, "no plan (cvi-gst plan makes one): ");
    return NULL;
  }
  if (!cvi_json_is_shallow (text, len)) {
    bad_plan (error, run, "damaged");
    return NULL;
  }
  if (!json_parser_load_from_data (parser, text, (gssize)len, &parse_error)) {
    bad_plan (error, run, parse_error->message);
    return NULL;
  }
  root = json_parser_get_root (parser);
  if (root && JSON_NODE_HOLDS_OBJECT (root))
    return json_node_get_object (root);
  bad_plan (error, run, "damaged");
  return NULL;
}

CviPlan *
cvi_plan_open (const char *run, GError **error)
{
  g_autoptr (CviPlan) plan = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree char *digest = NULL;
  JsonObject *object;

  g_return_val_if_fail (run, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  object = parse_plan (parser, run, error);
  if (!object)
    return NULL;
  plan = g_new0 (CviPlan, 1);
  plan->run = g_strdup (run);
  if (!read_plan (plan, object, &digest, error) ||
      !read_index (plan, digest, error))
    return NULL;
  return g_steal_pointer (&plan);
}

void
cvi_plan_free (CviPlan *plan)
{
  if (!plan)
    return;
  g_free (plan->run);
  g_free (plan->id);
  g_free (plan->hw);
  g_strfreev (plan->roots);
  g_free (plan->tool_version);
  g_clear_pointer (&plan->index, g_bytes_unref);
  g_free (plan);
}

/* Fills @text. Returns: FALSE with errno */
static gboolean
read_all (int fd, char *text, guint64 offset, gsize length)
{
  gsize done = 0;

  while (done < length) {
    gssize n = pread (fd, text + done, length - done, (goffset)(offset + done));

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return FALSE;
    if (n == 0)
      break;
    done += (gsize)n;
  }
  /* What is missing at the end shows in the digest. */
  memset (text + done, 0, length + 1 - done);
  return TRUE;
}

/* Reads @length bytes at @offset and a NUL. Returns: (transfer full) */
static char *
read_part (const char *path, guint64 offset, guint64 length, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  g_autofree char *text = g_malloc (length + 1);
  gboolean ok = fd >= 0 && read_all (fd, text, offset, length);
  int saved_errno = errno;

  if (fd >= 0)
    close (fd);
  if (ok)
    return g_steal_pointer (&text);
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved_errno),
      "%s: %s", path, g_strerror (saved_errno));
  return NULL;
}

/* The next field of @cursor, which ends with a NUL, before @end. */
static const char *
next_field (char **cursor, const char *end)
{
  char *field = *cursor;
  char *nul = field < end ? memchr (field, 0, (gsize)(end - field)) : NULL;

  *cursor = nul ? nul + 1 : (char *)end;
  return nul ? field : NULL;
}

static gboolean
split_part (CviPlanShard *shard, guint64 length, guint64 n_files)
{
  char *cursor = shard->text;
  const char *end = shard->text + length;

  while (cursor < end) {
    CviPlannedFile file = { 0 };
    const char *size = next_field (&cursor, end);
    const char *mtime = next_field (&cursor, end);

    file.path = next_field (&cursor, end);
    if (!size || !mtime || !file.path || file.path[0] != '/')
      return FALSE;
    file.size = g_ascii_strtoull (size, NULL, 10);
    file.mtime_ns = g_ascii_strtoll (mtime, NULL, 10);
    g_array_append_val (shard->files, file);
  }
  return shard->files->len == n_files;
}

CviPlanShard *
cvi_plan_load_shard (const CviPlan *plan, guint index, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree char *digest = NULL;
  g_autoptr (CviPlanShard) shard = NULL;
  CviPlanEntry entry;

  g_return_val_if_fail (plan, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  if (!cvi_plan_get_entry (plan, index, &entry, error))
    return NULL;
  path = cvi_plan_path (plan->run, "manifest");
  shard = g_new0 (CviPlanShard, 1);
  shard->index = index;
  shard->first = entry.first;
  shard->bytes = entry.bytes;
  shard->files = g_array_new (FALSE, FALSE, sizeof (CviPlannedFile));
  shard->text = read_part (path, entry.offset, entry.length, error);
  if (!shard->text)
    return NULL;
  digest = g_compute_checksum_for_data (
      G_CHECKSUM_MD5, (const guchar *)shard->text, entry.length);
  if (g_str_equal (digest, entry.digest) &&
      split_part (shard, entry.length, entry.n_files))
    return g_steal_pointer (&shard);
  g_set_error (error, CVI_CLUSTER_ERROR, CVI_CLUSTER_ERROR_CHANGED,
      "%s is not what was planned (shard %u): make a new run", path, index);
  return NULL;
}

void
cvi_plan_shard_free (CviPlanShard *shard)
{
  if (!shard)
    return;
  if (shard->files)
    g_array_unref (shard->files);
  g_free (shard->text);
  g_free (shard);
}
