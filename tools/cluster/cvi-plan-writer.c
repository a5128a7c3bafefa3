/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cluster/cvi-plan-writer.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/cluster/cvi-durable.h"

struct _CviPlanWriter {
  char *run;
  CviPlanSetup setup;
  char *part; /* the manifest, until it is whole */
  FILE *manifest;
  guint64 files;
  guint64 bytes;
  guint64 manifest_bytes;
};

static gboolean
fail (GError **error, const char *path)
{
  int saved_errno = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved_errno),
      "%s: %s", path, g_strerror (saved_errno));
  return FALSE;
}

CviPlanWriter *
cvi_plan_writer_new (const char *run, const CviPlanSetup *setup, GError **error)
{
  g_autoptr (CviPlanWriter) writer = NULL;
  g_autofree char *plan = NULL;
  g_autofree char *journal = NULL;

  g_return_val_if_fail (run && setup, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  plan = cvi_plan_path (run, "plan.json");
  journal = cvi_plan_path (run, "journal");
  if (g_mkdir_with_parents (journal, 0777) < 0) {
    fail (error, journal);
    return NULL;
  }
  if (g_file_test (plan, G_FILE_TEST_EXISTS)) {
    g_set_error (error, CVI_CLUSTER_ERROR, CVI_CLUSTER_ERROR_PLAN,
        "%s is there already: a run is planned once (submit --missing runs "
        "what is not done yet; a new folder makes a new run)",
        plan);
    return NULL;
  }
  writer = g_new0 (CviPlanWriter, 1);
  writer->run = g_strdup (run);
  writer->setup = *setup;
  if (!setup->shard_bytes)
    writer->setup.shard_bytes = CVI_PLAN_DEFAULT_SHARD_BYTES;
  if (!setup->max_shards)
    writer->setup.max_shards = CVI_PLAN_DEFAULT_MAX_SHARDS;
  writer->part = cvi_plan_path (run, "manifest.part");
  writer->manifest = g_fopen (writer->part, "w+e");
  if (!writer->manifest) {
    fail (error, writer->part);
    return NULL;
  }
  return g_steal_pointer (&writer);
}

gboolean
cvi_plan_writer_add (CviPlanWriter *writer, const char *path, guint64 size,
    gint64 mtime_ns, GError **error)
{
  int n;

  g_return_val_if_fail (writer && path, FALSE);
  g_return_val_if_fail (!error || !*error, FALSE);

  n = fprintf (writer->manifest,
      "%" G_GUINT64_FORMAT "%c%" G_GINT64_FORMAT "%c%s%c", size, 0, mtime_ns, 0,
      path, 0);
  if (n < 0)
    return fail (error, writer->part);
  writer->manifest_bytes += (guint64)n;
  writer->files++;
  writer->bytes += size;
  return TRUE;
}

gboolean
cvi_plan_cut (CviPlanCut *cut, guint64 size)
{
  guint64 weight;
  gboolean begins;

  g_return_val_if_fail (cut, FALSE);

  weight = MIN (size, G_MAXINT64) + CVI_PLAN_FILE_BYTES;
  begins = cut->n_files == 0 || cut->weight + weight > cut->target;
  if (begins) {
    cut->weight = 0;
    cut->n_files = 0;
  }
  cut->weight += weight;
  cut->n_files++;
  return begins;
}

/* One pass over the manifest; @record is what was read last. */
typedef struct {
  FILE *file;
  char *field;
  gsize room;
  GString *record;
} Reader;

static void
reader_init (Reader *reader, FILE *file)
{
  *reader = (Reader){ file, .record = g_string_new (NULL) };
  rewind (file);
}

static void
reader_clear (Reader *reader)
{
  free (reader->field);
  g_string_free (reader->record, TRUE);
}

/* Returns: FALSE at the end */
static gboolean
read_record (Reader *reader, guint64 *size)
{
  g_string_truncate (reader->record, 0);
  for (guint i = 0; i < 3; i++) {
    ssize_t n = getdelim (&reader->field, &reader->room, 0, reader->file);

    if (n <= 0)
      return FALSE;
    if (i == 0)
      *size = g_ascii_strtoull (reader->field, NULL, 10);
    g_string_append_len (reader->record, reader->field, n);
  }
  return TRUE;
}

static guint64
count_shards (CviPlanWriter *writer, guint64 target)
{
  CviPlanCut cut = { .target = target };
  guint64 n_shards = 0;
  guint64 size = 0;
  Reader reader;

  reader_init (&reader, writer->manifest);
  while (read_record (&reader, &size))
    n_shards += cvi_plan_cut (&cut, size);
  reader_clear (&reader);
  return n_shards;
}

/* The smallest of a row of sizes with which there are not too many shards. */
static guint64
choose_target (CviPlanWriter *writer)
{
  guint64 max = writer->setup.max_shards;
  guint64 whole = writer->bytes + writer->files * CVI_PLAN_FILE_BYTES;
  guint64 target = MAX (writer->setup.shard_bytes, whole / max);

  while (count_shards (writer, target) > max)
    target += target / 8 + 1;
  return target;
}

static gboolean
write_entry (FILE *index, CviPlanEntry *entry, GChecksum *digest)
{
  char line[CVI_PLAN_LINE + 1];
  int n = g_snprintf (line, sizeof line,
      "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
      " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s",
      entry->offset, entry->length, entry->first, entry->n_files, entry->bytes,
      g_checksum_get_string (digest));

  if (n >= CVI_PLAN_LINE)
    return FALSE;
  memset (line + n, ' ', (gsize)(CVI_PLAN_LINE - 1 - n));
  line[CVI_PLAN_LINE - 1] = '\n';
  g_checksum_reset (digest);
  return fwrite (line, CVI_PLAN_LINE, 1, index) == 1;
}

/* Returns: FALSE with errno where it cannot be written */
static gboolean
write_index (
    CviPlanWriter *writer, FILE *index, guint64 target, guint *n_shards)
{
  CviPlanCut cut = { .target = target };
  CviPlanEntry entry = { 0 };
  g_autoptr (GChecksum) digest = g_checksum_new (G_CHECKSUM_MD5);
  gboolean ok = TRUE;
  guint64 size = 0;
  Reader reader;

  reader_init (&reader, writer->manifest);
  while (ok && read_record (&reader, &size)) {
    if (cvi_plan_cut (&cut, size) && entry.n_files > 0) {
      ok = write_entry (index, &entry, digest);
      (*n_shards)++;
      entry.offset += entry.length;
      entry.first += entry.n_files;
      entry.length = entry.n_files = entry.bytes = 0;
    }
    g_checksum_update (
        digest, (const guchar *)reader.record->str, (gssize)reader.record->len);
    entry.length += reader.record->len;
    entry.n_files++;
    entry.bytes += size;
  }
  reader_clear (&reader);
  if (ok && entry.n_files > 0) {
    ok = write_entry (index, &entry, digest);
    (*n_shards)++;
  }
  return ok && !ferror (writer->manifest);
}

static void
add_member (JsonBuilder *json, const char *name, gint64 value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_int_value (json, value);
}

static void
add_text (JsonBuilder *json, const char *name, const char *value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_string_value (json, value);
}

static void
add_roots (JsonBuilder *json, char **roots)
{
  json_builder_set_member_name (json, "roots");
  json_builder_begin_array (json);
  for (char **root = roots; root && *root; root++) {
    g_autofree char *uri = g_filename_to_uri (*root, NULL, NULL);

    if (uri)
      json_builder_add_string_value (json, uri);
  }
  json_builder_end_array (json);
}

static char *
make_plan (CviPlanWriter *writer, guint n_shards, const char *index_sha256)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (CviResult) build = cvi_result_new ("", writer->setup.mode);
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *created = g_date_time_format (now, "%Y-%m-%dT%H:%M:%SZ");
  g_autofree char *id = g_uuid_string_random ();
  g_autoptr (GString) hex = g_string_new (id);

  g_string_replace (hex, "-", "", 0);
  json_builder_begin_object (json);
  add_member (json, "version", CVI_PLAN_VERSION);
  add_text (json, "id", hex->str);
  add_text (json, "created_at", created);
  add_member (json, "shards", n_shards);
  add_member (json, "files", (gint64)writer->files);
  add_member (json, "bytes", (gint64)writer->bytes);
  add_text (json, "mode", cvi_mode_to_string (writer->setup.mode));
  add_text (json, "hw", writer->setup.hw);
  add_roots (json, writer->setup.roots);
  add_text (json, "tool_version", build->tool_version);
  add_member (json, "rules_version", build->rules_version);
  add_member (json, "manifest_bytes", (gint64)writer->manifest_bytes);
  add_text (json, "index_sha256", index_sha256);
  json_builder_end_object (json);
  root = json_builder_get_root (json);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  return json_generator_to_data (generator, NULL);
}

static char *
digest_file (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize len;

  if (!g_file_get_contents (path, &text, &len, error))
    return NULL;
  return g_compute_checksum_for_data (
      G_CHECKSUM_SHA256, (const guchar *)text, len);
}

static gboolean
write_shards (CviPlanWriter *writer, guint *n_shards, GError **error)
{
  g_autofree char *part = cvi_plan_path (writer->run, "shards.idx.part");
  g_autofree char *path = cvi_plan_path (writer->run, "shards.idx");
  FILE *index = g_fopen (part, "we");
  gboolean ok;

  if (!index)
    return fail (error, part);
  ok = write_index (writer, index, choose_target (writer), n_shards);
  if (!ok)
    fail (error, part);
  return cvi_durable_close (index, part, ok ? error : NULL) && ok &&
         cvi_durable_rename (part, path, error);
}

CviPlan *
cvi_plan_writer_finish (CviPlanWriter *writer, GError **error)
{
  g_autofree char *manifest = NULL;
  g_autofree char *index = NULL;
  g_autofree char *digest = NULL;
  g_autofree char *text = NULL;
  guint n_shards = 0;

  g_return_val_if_fail (writer, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  manifest = cvi_plan_path (writer->run, "manifest");
  index = cvi_plan_path (writer->run, "shards.idx");
  if (fflush (writer->manifest) != 0) {
    fail (error, writer->part);
    return NULL;
  }
  if (!write_shards (writer, &n_shards, error) ||
      !cvi_durable_close (
          g_steal_pointer (&writer->manifest), writer->part, error) ||
      !cvi_durable_rename (writer->part, manifest, error))
    return NULL;
  g_clear_pointer (&writer->part, g_free);
  digest = digest_file (index, error);
  if (!digest)
    return NULL;
  text = make_plan (writer, n_shards, digest);
  if (!cvi_durable_create (writer->run, "plan.json", text, error))
    return NULL;
  return cvi_plan_open (writer->run, error);
}

void
cvi_plan_writer_free (CviPlanWriter *writer)
{
  if (!writer)
    return;
  if (writer->manifest)
    fclose (writer->manifest);
  if (writer->part)
    g_unlink (writer->part);
  g_free (writer->part);
  g_free (writer->run);
  g_free (writer);
}
