/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-json-out.h"
#include "tools/cli/cvi-open-store.h"
#include "tools/cli/cvi-output.h"
#include "tools/cli/cvi-say.h"
#include "tools/report/cvi-display.h"

#define DAY (24 * 60 * 60)
/* Rows of each table that the text has. */
#define TEXT_ROWS 20
/* Folders that are counted apart; the others are one row. */
#define MAX_FOLDERS 10000

typedef struct {
  char *name;
  guint64 n_files;
  guint64 bytes;
  guint64 counts[CVI_N_VERDICTS];
} Group;

static const struct {
  const char *name;
  gint64 below; /* seconds */
} ages[] = {
  { "less than a day", DAY },
  { "less than a week", 7 * DAY },
  { "less than 30 days", 30 * DAY },
  { "less than a year", 365 * DAY },
  { "older", G_MAXINT64 },
};

typedef struct {
  guint level;
  gint64 now;
  Group all;
  GHashTable *containers;
  GHashTable *codecs;
  GHashTable *folders;
  char *common; /* of all folders, with a slash at its end */
  guint64 n_ages[G_N_ELEMENTS (ages)];
  gint64 oldest;
  gint64 newest;
  guint n_scans;
} Stats;

static void
group_free (gpointer data)
{
  Group *group = data;

  g_free (group->name);
  g_free (group);
}

static void
add_to_group (Group *group, const CviStoreEntry *entry)
{
  group->n_files++;
  group->counts[entry->verdict]++;
  if (entry->size != CVI_NONE &&
      !g_uint64_checked_add (&group->bytes, group->bytes, entry->size))
    group->bytes = G_MAXUINT64;
}

static void
add_to_table (GHashTable *table, const char *name, const CviStoreEntry *entry)
{
  Group *group = g_hash_table_lookup (table, name);

  if (!group && g_hash_table_size (table) >= MAX_FOLDERS) {
    name = "(others)";
    group = g_hash_table_lookup (table, name);
  }
  if (!group) {
    group = g_new0 (Group, 1);
    group->name = g_strdup (name);
    g_hash_table_insert (table, group->name, group);
  }
  add_to_group (group, entry);
}

static void
add_codecs (Stats *stats, const CviStoreEntry *entry)
{
  g_auto (GStrv) codecs = g_strsplit (entry->codecs, "\n", -1);

  for (char **codec = codecs; *codec; codec++) {
    if (**codec)
      add_to_table (stats->codecs, *codec, entry);
  }
}

/* The folder that is so many levels below the common one, or the file's own
 * where that is nearer. */
static void
add_folder (Stats *stats, const CviStoreEntry *entry)
{
  const char *end = entry->path + strlen (stats->common);
  g_autofree char *name = NULL;

  for (guint i = 0; i < stats->level; i++) {
    const char *next = strchr (end, '/');

    if (!next)
      break;
    end = next + 1;
  }
  name = g_strndup (entry->path, (gsize)(end - entry->path));
  add_to_table (stats->folders, name, entry);
}

static gboolean
add_file (const CviStoreEntry *entry, gpointer user_data)
{
  Stats *stats = user_data;
  guint age = 0;

  add_to_group (&stats->all, entry);
  add_to_table (stats->containers,
      *entry->container ? entry->container : "(unknown)", entry);
  add_codecs (stats, entry);
  add_folder (stats, entry);
  while (stats->now - entry->scanned_at >= ages[age].below &&
         age + 1 < G_N_ELEMENTS (ages))
    age++;
  stats->n_ages[age]++;
  stats->oldest = MIN (stats->oldest, entry->scanned_at);
  stats->newest = MAX (stats->newest, entry->scanned_at);
  return TRUE;
}

/* In order of path, the common start of the first and the last file is that of
 * all. */
static gboolean
narrow_common (const CviStoreEntry *entry, gpointer user_data)
{
  Stats *stats = user_data;
  gsize n = 0;
  char *slash;

  if (!stats->common)
    stats->common = g_strdup (entry->path);
  while (stats->common[n] && stats->common[n] == entry->path[n])
    n++;
  stats->common[n] = '\0';
  slash = strrchr (stats->common, '/');
  if (slash)
    slash[1] = '\0';
  else
    stats->common[0] = '\0';
  return TRUE;
}

static gboolean
collect (Stats *stats, CviStore *store, GError **error)
{
  g_autoptr (GPtrArray) scans = cvi_store_list_scans (store, 0, error);

  if (!scans || !cvi_store_foreach_file (store, narrow_common, stats, error))
    return FALSE;
  stats->n_scans = scans->len;
  return cvi_store_foreach_file (store, add_file, stats, error);
}

static gint
compare_groups (gconstpointer a, gconstpointer b)
{
  const Group *x = *(const Group *const *)a, *y = *(const Group *const *)b;

  if (x->n_files != y->n_files)
    return x->n_files > y->n_files ? -1 : 1;
  return strcmp (x->name, y->name);
}

/* Returns: (transfer container): most files first */
static GPtrArray *
sorted (GHashTable *table)
{
  GPtrArray *groups = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer group;

  g_hash_table_iter_init (&iter, table);
  while (g_hash_table_iter_next (&iter, NULL, &group))
    g_ptr_array_add (groups, group);
  g_ptr_array_sort (groups, compare_groups);
  return groups;
}

static void
append_group (GString *out, const Group *group, const char *name)
{
  g_autofree char *shown = cvi_display_name (name);
  g_autoptr (GString) size = g_string_new (NULL);

  cvi_display_append_size (size, group->bytes);
  g_string_append_printf (out,
      "%10" G_GUINT64_FORMAT "  %9s  %9" G_GUINT64_FORMAT
      "  %9" G_GUINT64_FORMAT "  %s\n",
      group->n_files, size->str, group->counts[CVI_VERDICT_CORRUPT],
      group->counts[CVI_VERDICT_SUSPICIOUS], shown);
}

static void
append_table (GString *out, const char *title, GHashTable *table)
{
  g_autoptr (GPtrArray) groups = sorted (table);

  g_string_append_printf (out, "\n%10s  %9s  %9s  %9s  %s\n", "files", "size",
      "corrupt", "suspicious", title);
  for (guint i = 0; i < MIN (groups->len, TEXT_ROWS); i++) {
    const Group *group = g_ptr_array_index (groups, i);

    append_group (out, group, group->name);
  }
  if (groups->len > TEXT_ROWS)
    g_string_append_printf (out, "%10s  and %u more (--format json has all)\n",
        "", groups->len - TEXT_ROWS);
}

static void
write_text (GString *out, Stats *stats)
{
  g_autoptr (GString) size = g_string_new (NULL);
  g_autofree char *oldest = cvi_display_utc (stats->oldest);
  g_autofree char *newest = cvi_display_utc (stats->newest);

  cvi_display_append_size (size, stats->all.bytes);
  g_string_append_printf (out, "%" G_GUINT64_FORMAT " files, %s, %u scans\n",
      stats->all.n_files, size->str, stats->n_scans);
  if (stats->all.n_files == 0)
    return;
  g_string_append_c (out, '\n');
  for (guint i = 0; i < CVI_N_VERDICTS; i++) {
    if (stats->all.counts[i] > 0)
      g_string_append_printf (out, "%10" G_GUINT64_FORMAT "  %s\n",
          stats->all.counts[i], cvi_verdict_to_string (i));
  }
  append_table (out, "container", stats->containers);
  append_table (out, "codec", stats->codecs);
  append_table (out, "folder", stats->folders);
  g_string_append_printf (out, "\nresults from %s to %s\n",
      oldest ? oldest : "?", newest ? newest : "?");
  for (guint i = 0; i < G_N_ELEMENTS (ages); i++) {
    if (stats->n_ages[i] > 0)
      g_string_append_printf (
          out, "%10" G_GUINT64_FORMAT "  %s\n", stats->n_ages[i], ages[i].name);
  }
}

static void
add_group (JsonBuilder *json, const Group *group)
{
  json_builder_begin_object (json);
  if (group->name)
    cvi_json_add_bytes (json, "name", group->name);
  cvi_json_add_uint (json, "files", group->n_files);
  cvi_json_add_uint (json, "bytes", group->bytes);
  cvi_json_add_verdicts (json, "verdicts", group->counts);
  json_builder_end_object (json);
}

static void
add_table (JsonBuilder *json, const char *name, GHashTable *table)
{
  g_autoptr (GPtrArray) groups = sorted (table);

  json_builder_set_member_name (json, name);
  json_builder_begin_array (json);
  for (guint i = 0; i < groups->len; i++)
    add_group (json, g_ptr_array_index (groups, i));
  json_builder_end_array (json);
}

static void
write_json (GString *out, Stats *stats)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  gboolean any = stats->all.n_files > 0;

  json_builder_begin_object (json);
  cvi_json_add_uint (json, "scans", stats->n_scans);
  json_builder_set_member_name (json, "all");
  add_group (json, &stats->all);
  add_table (json, "containers", stats->containers);
  add_table (json, "codecs", stats->codecs);
  add_table (json, "folders", stats->folders);
  cvi_json_add_time (json, "oldest_result", any ? stats->oldest : 0);
  cvi_json_add_time (json, "newest_result", any ? stats->newest : 0);
  json_builder_set_member_name (json, "ages");
  json_builder_begin_object (json);
  for (guint i = 0; i < G_N_ELEMENTS (ages); i++)
    cvi_json_add_uint (json, ages[i].name, stats->n_ages[i]);
  json_builder_end_object (json);
  json_builder_end_object (json);
  cvi_json_append_line (out, json);
}

static GHashTable *
new_table (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, NULL, group_free);
}

static gboolean
show_stats (CviSettings *settings, GError **error)
{
  g_autoptr (CviStore) store = cvi_open_store (settings, error);
  g_autoptr (GHashTable) containers = new_table ();
  g_autoptr (GHashTable) codecs = new_table ();
  g_autoptr (GHashTable) folders = new_table ();
  g_autoptr (GString) out = g_string_new (NULL);
  Stats stats = { .containers = containers,
    .codecs = codecs,
    .folders = folders,
    .oldest = G_MAXINT64 };
  gboolean ok;

  stats.level = (guint)cvi_settings_get_count (settings, CVI_SETTING_LEVEL);
  stats.now = g_get_real_time () / G_USEC_PER_SEC;
  ok = store && collect (&stats, store, error);
  g_free (stats.common);
  if (!ok)
    return FALSE;
  if (g_str_equal (
          cvi_settings_get_text (settings, CVI_SETTING_STATS_FORMAT), "json"))
    write_json (out, &stats);
  else
    write_text (out, &stats);
  return cvi_output_write (settings, out, error);
}

static int
run_stats (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (
      CVI_FOR_STATS, NULL, cvi_command_stats.summary, argv, &error);

  if (settings && show_stats (settings, &error))
    return CVI_EXIT_OK;
  cvi_say ("stats: %s", error->message);
  return CVI_EXIT_USAGE;
}

const CviCommand cvi_command_stats = {
  .name = "stats",
  .summary = "Count stored files by verdict, container, codec and folder",
  .run = run_stats,
};
