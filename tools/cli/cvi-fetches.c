/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-fetches.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "plugin/core/cvi-verdict.h"
#include "tools/cli/cvi-spool.h"
#include "tools/pool/cvi-file.h"

#define MAX_EXTENSION 8

/* One resource. */
typedef struct {
  CviFetches *fetches;
  char *name;      /* what it is called in results */
  char *uri;       /* with user and password */
  char *path;      /* of the temporary file */
  CviFetch *fetch; /* (nullable): while it is on its way */
  guint number;    /* among those on their way */
  gboolean again;  /* it had changed while it was fetched */
  guint64 size;
  gint64 mtime_ns;
  char *etag;
  GPtrArray *notes; /* (nullable) (element-type CviFinding) */
} Entry;

struct _CviFetches {
  CviFetchConfig config;
  char *program;
  char *recorder;
  char *sandbox;
  const CviSources *sources;
  guint ahead;
  CviMode mode;
  CviFetchesCallbacks callbacks;
  gpointer user_data;
  CviSpool *spool;    /* (nullable): made for the first */
  GHashTable *flying; /* set of Entry, owned */
  guint8 *numbers;    /* those that are in use, of @ahead */
  GQueue ready;       /* of Entry, owned */
  GHashTable *taken;  /* path -> Entry, owned */
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  if (!entry)
    return;
  cvi_fetch_free (entry->fetch);
  if (entry->path)
    g_unlink (entry->path);
  g_clear_pointer (&entry->notes, g_ptr_array_unref);
  g_free (entry->name);
  g_free (entry->uri);
  g_free (entry->path);
  g_free (entry->etag);
  g_free (entry);
}

CviFetches *
cvi_fetches_new (const CviFetchConfig *config, const CviSources *sources,
    guint ahead, CviMode mode, const CviFetchesCallbacks *callbacks,
    gpointer user_data)
{
  CviFetches *fetches;

  g_return_val_if_fail (config && config->program && sources, NULL);
  g_return_val_if_fail (ahead > 0 && callbacks, NULL);

  fetches = g_new0 (CviFetches, 1);
  fetches->config = *config;
  fetches->config.program = fetches->program = g_strdup (config->program);
  fetches->config.recorder = fetches->recorder = g_strdup (config->recorder);
  fetches->config.sandbox = fetches->sandbox = g_strdup (config->sandbox);
  fetches->sources = sources;
  fetches->ahead = ahead;
  fetches->mode = mode;
  fetches->callbacks = *callbacks;
  fetches->user_data = user_data;
  fetches->flying = g_hash_table_new_full (NULL, NULL, entry_free, NULL);
  fetches->taken =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  g_queue_init (&fetches->ready);
  fetches->numbers = g_new0 (guint8, ahead);
  return fetches;
}

/* Waits until none of the processes is left. */
static void
stop_all (CviFetches *fetches)
{
  GHashTableIter iter;
  gpointer entry;

  g_hash_table_iter_init (&iter, fetches->flying);
  while (g_hash_table_iter_next (&iter, &entry, NULL))
    cvi_fetch_stop (((Entry *)entry)->fetch);
  while (g_hash_table_size (fetches->flying) > 0)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
}

void
cvi_fetches_free (CviFetches *fetches)
{
  if (!fetches)
    return;
  stop_all (fetches);
  g_hash_table_unref (fetches->flying);
  g_queue_clear_full (&fetches->ready, entry_free);
  g_hash_table_unref (fetches->taken);
  cvi_spool_free (fetches->spool);
  g_free (fetches->numbers);
  g_free (fetches->program);
  g_free (fetches->recorder);
  g_free (fetches->sandbox);
  g_free (fetches);
}

gboolean
cvi_fetches_has_room (CviFetches *fetches)
{
  g_return_val_if_fail (fetches, FALSE);

  return g_hash_table_size (fetches->flying) + fetches->ready.length <
         fetches->ahead;
}

gboolean
cvi_fetches_is_busy (CviFetches *fetches)
{
  g_return_val_if_fail (fetches, FALSE);

  return g_hash_table_size (fetches->flying) > 0;
}

/* Hands out a result of the entry, which could not be fetched. */
static void
deliver_failure (Entry *entry, GPtrArray *findings)
{
  CviFetches *fetches = entry->fetches;
  CviResult *result = cvi_result_new (entry->name, fetches->mode);

  result->size = entry->size == CVI_NONE ? 0 : entry->size;
  result->mtime_ns = entry->mtime_ns;
  for (guint i = 0; i < findings->len; i++)
    cvi_result_add (result, cvi_finding_copy (g_ptr_array_index (findings, i)));
  cvi_result_judge (result);
  fetches->callbacks.failed (result, fetches->user_data);
}

static gboolean
on_remote (guint64 size, gint64 mtime_ns, const char *etag, gpointer user_data)
{
  Entry *entry = user_data;
  CviFetches *fetches = entry->fetches;

  entry->size = size;
  entry->mtime_ns = mtime_ns;
  g_free (entry->etag);
  entry->etag = g_strdup (etag);
  return !fetches->callbacks.known (
      entry->name, size, mtime_ns, etag, fetches->user_data);
}

static void
on_progress (guint64 bytes, gpointer user_data)
{
  Entry *entry = user_data;
  CviFetches *fetches = entry->fetches;
  const CviPoolProgress progress = {
    .worker = fetches->ahead + entry->number,
    .path = entry->name,
    .bytes = bytes,
    .size = entry->size == CVI_NONE ? 0 : entry->size,
    .position_ns = CVI_NONE,
  };

  fetches->callbacks.progress (&progress, fetches->user_data);
}

static GPtrArray *
copy_findings (GPtrArray *findings)
{
  GPtrArray *copy =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);

  for (guint i = 0; i < findings->len; i++)
    g_ptr_array_add (copy, cvi_finding_copy (g_ptr_array_index (findings, i)));
  return copy;
}

static void on_done (
    gboolean complete, GPtrArray *findings, gpointer user_data);

/* Begins to fetch the entry into its file, which is empty. */
static gboolean
begin (Entry *entry, GError **error)
{
  static const CviFetchCallbacks callbacks = { on_remote, on_progress,
    on_done };

  entry->size = CVI_NONE;
  entry->fetch = cvi_fetch_new (&entry->fetches->config, entry->uri,
      entry->path, &callbacks, entry, error);
  return entry->fetch != NULL;
}

/* As a local file that changes while it is read, it gets a second look, once.
 * Returns: whether it is on its way again */
static gboolean
begin_again (Entry *entry, GPtrArray *findings)
{
  gboolean changed = FALSE;

  for (guint i = 0; findings && i < findings->len; i++)
    changed =
        changed || ((CviFinding *)g_ptr_array_index (findings, i))->rule ==
                       cvi_rule (CVI_RULE_IO_CHANGED);
  if (!changed || entry->again || truncate (entry->path, 0) != 0)
    return FALSE;
  entry->again = TRUE;
  g_clear_pointer (&entry->fetch, cvi_fetch_free);
  return begin (entry, NULL);
}

static void
on_done (gboolean complete, GPtrArray *findings, gpointer user_data)
{
  Entry *entry = user_data;
  CviFetches *fetches = entry->fetches;

  if (!complete && begin_again (entry, findings))
    return;
  fetches->numbers[entry->number] = FALSE;
  fetches->callbacks.ended (entry->name, fetches->user_data);
  if (complete) {
    g_hash_table_steal (fetches->flying, entry);
    g_clear_pointer (&entry->fetch, cvi_fetch_free);
    entry->notes = copy_findings (findings);
    g_queue_push_tail (&fetches->ready, entry);
    return;
  }
  if (findings)
    deliver_failure (entry, findings);
  g_hash_table_remove (fetches->flying, entry);
}

/* Some demuxers are found by the name's end where the content leaves a choice.
 * Returns: (transfer full): ".mp4", or "" */
static char *
extension_of (const char *uri)
{
  g_autoptr (GUri) parsed = g_uri_parse (uri, G_URI_FLAGS_NON_DNS, NULL);
  const char *dot = parsed ? strrchr (g_uri_get_path (parsed), '.') : NULL;
  gsize len = dot ? strlen (dot) : 0;

  if (len < 2 || len > MAX_EXTENSION)
    return g_strdup ("");
  for (const char *c = dot + 1; *c; c++) {
    if (!g_ascii_isalnum (*c))
      return g_strdup ("");
  }
  return g_strdup (dot);
}

/* Makes the entry's file. */
static gboolean
make_file (Entry *entry, const char *uri, GError **error)
{
  CviFetches *fetches = entry->fetches;
  g_autofree char *extension = extension_of (uri);
  int fd = -1;

  if (!fetches->spool)
    fetches->spool = cvi_spool_new (error);
  if (!fetches->spool)
    return FALSE;
  entry->path = cvi_spool_add (fetches->spool, extension, &fd, error);
  if (!entry->path)
    return FALSE;
  close (fd);
  return TRUE;
}

void
cvi_fetches_add (CviFetches *fetches, CviFile *file)
{
  g_autoptr (GError) error = NULL;
  Entry *entry;

  g_return_if_fail (fetches && file && file->uri);
  g_return_if_fail (cvi_fetches_has_room (fetches));

  entry = g_new0 (Entry, 1);
  entry->fetches = fetches;
  entry->name = g_strdup (file->path);
  entry->uri = g_steal_pointer (&file->uri);
  cvi_file_free (file);
  if (make_file (entry, entry->uri, &error) && begin (entry, &error)) {
    while (fetches->numbers[entry->number])
      entry->number++;
    fetches->numbers[entry->number] = TRUE;
    g_hash_table_add (fetches->flying, entry);
  } else {
    g_autoptr (GPtrArray) findings =
        g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);

    g_ptr_array_add (findings, cvi_finding_new (CVI_RULE_IO_PARTIAL, NULL,
                                   "cannot be fetched: %s", error->message));
    deliver_failure (entry, findings);
    entry_free (entry);
  }
}

CviFile *
cvi_fetches_take (CviFetches *fetches)
{
  Entry *entry;
  struct stat status;
  CviFile *file;

  g_return_val_if_fail (fetches, NULL);

  entry = g_queue_pop_head (&fetches->ready);
  if (!entry)
    return NULL;
  if (stat (entry->path, &status) == 0)
    file = cvi_file_new (g_strdup (entry->path), &status, 0);
  else
    file = cvi_file_new (g_strdup (entry->path), NULL, errno);
  file->named = file->fetched = TRUE;
  cvi_sources_set_name (fetches->sources, entry->path, entry->name);
  g_hash_table_insert (fetches->taken, entry->path, entry);
  return file;
}

void
cvi_fetches_settle (CviFetches *fetches, CviResult *result)
{
  Entry *entry;

  g_return_if_fail (fetches && result);

  entry = g_hash_table_lookup (fetches->taken, result->path);
  if (!entry)
    return;
  result->mtime_ns = entry->mtime_ns;
  /* What has neither is another thing each time it is looked at. */
  if (entry->mtime_ns > 0 || *entry->etag)
    result->etag = g_strdup (entry->etag);
  /* There is nothing to verify it with but another fetch. */
  g_clear_pointer (&result->fixity, cvi_fixity_free);
  for (guint i = 0; entry->notes && i < entry->notes->len; i++)
    cvi_result_add (
        result, cvi_finding_copy (g_ptr_array_index (entry->notes, i)));
  cvi_result_judge (result);
  g_hash_table_remove (fetches->taken, result->path);
}
