/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/cli/cvi-move.h"
#include "tools/cli/cvi-paths.h"
#include "tools/cli/cvi-say.h"

#define NS_PER_S G_GINT64_CONSTANT (1000000000)

struct _CviQuarantine {
  char *folder;
  gboolean dry_run;
  CviManifest *manifest; /* NULL in a dry run where there is none */
};

/* One file on its way in or back; owns its names. */
typedef struct {
  CviMove move;
  CviFileFacts facts;
  char *from;
  char *to;
  char *part;
} Way;

static void
way_clear (Way *way)
{
  g_free (way->from);
  g_free (way->to);
  g_free (way->part);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Way, way_clear)

char *
cvi_quarantine_get_place (CviQuarantine *quarantine, const char *path)
{
  g_return_val_if_fail (quarantine && path, NULL);

  return g_build_filename (quarantine->folder, path, NULL);
}

static void
way_set_up (Way *way, CviQuarantine *quarantine, const CviManifestEntry *entry,
    gboolean back)
{
  g_autofree char *place = cvi_quarantine_get_place (quarantine, entry->path);
  g_autofree char *folder = NULL;
  g_autofree char *name =
      g_strdup_printf (".cvi-quarantine-%" G_GUINT64_FORMAT ".part", entry->id);

  way->from = g_strdup (back ? place : entry->path);
  way->to = g_strdup (back ? entry->path : place);
  folder = g_path_get_dirname (way->to);
  way->part = g_build_filename (folder, name, NULL);
  way->facts = entry->facts;
  way->move = (CviMove){ way->from, way->to, way->part, &way->facts };
}

/* Returns: 0 where that is not known */
static gint64
folder_mtime (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  struct stat st;

  if (stat (folder, &st) != 0)
    return 0;
  return (gint64)st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
}

static void
set_folder_mtime (const char *path, gint64 ns)
{
  g_autofree char *folder = g_path_get_dirname (path);
  struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
    { ns / NS_PER_S, ns % NS_PER_S } };

  /* No harm where it is not ours to set. */
  if (ns > 0 && utimensat (AT_FDCWD, folder, times, 0) != 0)
    g_debug ("%s: its time cannot be set", folder);
}

/* Folders that the file was the last in, up to the quarantine's own. */
static void
remove_empty_folders (CviQuarantine *quarantine, const char *place)
{
  g_autofree char *folder = g_path_get_dirname (place);
  gsize own = strlen (quarantine->folder);

  while (strlen (folder) > own && rmdir (folder) == 0) {
    char *parent = g_path_get_dirname (folder);

    g_free (folder);
    folder = parent;
  }
}

static gboolean
write_moved (CviQuarantine *quarantine, CviManifestEntry *entry, const Way *way,
    GError **error)
{
  CviFileFacts now;

  entry->left_mtime_ns = folder_mtime (entry->path);
  entry->kept_mtime_ns = cvi_file_facts_read (way->to, &now) == 0
                             ? now.mtime_ns
                             : entry->facts.mtime_ns;
  return cvi_manifest_write (
      quarantine->manifest, entry, CVI_STEP_MOVED, error);
}

/* Brings an entry that is on its way to one of its two ends.
 * Returns: FALSE with @error if that is not possible */
static gboolean
resolve (CviQuarantine *quarantine, CviManifestEntry *entry, GError **error)
{
  gboolean back = entry->step == CVI_STEP_UNDO;
  g_auto (Way) way = { 0 };

  way_set_up (&way, quarantine, entry, back);
  switch (cvi_move_resolve (&way.move, error)) {
    case CVI_MOVE_UNCLEAR:
      return FALSE;
    case CVI_MOVE_NOT_BEGUN:
      return cvi_manifest_write (quarantine->manifest, entry,
          back ? CVI_STEP_MOVED : CVI_STEP_DROPPED, error);
    case CVI_MOVE_DONE:
      break;
  }
  if (!back)
    return write_moved (quarantine, entry, &way, error);
  remove_empty_folders (quarantine, way.from);
  return cvi_manifest_write (
      quarantine->manifest, entry, CVI_STEP_UNDONE, error);
}

static gboolean
is_on_its_way (const CviManifestEntry *entry)
{
  return entry->step == CVI_STEP_MOVE || entry->step == CVI_STEP_UNDO;
}

/* What is unclear stays so, and is told of each time: a person must look. */
static void
resolve_all (CviQuarantine *quarantine)
{
  GPtrArray *entries = cvi_manifest_get_entries (quarantine->manifest);

  for (guint i = 0; i < entries->len; i++) {
    CviManifestEntry *entry = g_ptr_array_index (entries, i);
    g_autoptr (GError) error = NULL;

    if (is_on_its_way (entry) && !resolve (quarantine, entry, &error))
      cvi_say ("quarantine: an interrupted move cannot be finished: %s "
               "(nothing was removed; leave one of them)",
          error->message);
  }
}

CviQuarantine *
cvi_quarantine_open (const char *folder, gboolean dry_run, GError **error)
{
  g_autoptr (CviQuarantine) quarantine = NULL;
  g_autoptr (GError) local = NULL;

  g_return_val_if_fail (folder && g_path_is_absolute (folder), NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  quarantine = g_new0 (CviQuarantine, 1);
  quarantine->folder = g_strdup (folder);
  quarantine->dry_run = dry_run;
  quarantine->manifest = cvi_manifest_open (folder, dry_run, &local);
  if (!quarantine->manifest &&
      !(dry_run && g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT))) {
    g_propagate_error (error, g_steal_pointer (&local));
    return NULL;
  }
  if (!dry_run)
    resolve_all (quarantine);
  return g_steal_pointer (&quarantine);
}

void
cvi_quarantine_free (CviQuarantine *quarantine)
{
  if (!quarantine)
    return;
  cvi_manifest_free (quarantine->manifest);
  g_free (quarantine->folder);
  g_free (quarantine);
}

static CviQuarantineResult
refuse (GError **error, const char *path, const char *why)
{
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", path, why);
  return CVI_QUARANTINE_REFUSED;
}

/* Does something stand where the file is to go? A link that leads nowhere
 * does. */
static gboolean
is_taken (const char *path)
{
  struct stat st;

  return lstat (path, &st) == 0;
}

/* Moves what the manifest has been told of. The error of a move that could be
 * taken back is the file's own; any other ends the run. */
static CviQuarantineResult
run_move (CviQuarantine *quarantine, CviManifestEntry *entry, Way *way,
    CviStep after, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *sha256 = NULL;

  if (!cvi_move_file (&way->move, &sha256, &local)) {
    if (!resolve (quarantine, entry, error)) {
      g_prefix_error (error, "%s; then ", local->message);
      return CVI_QUARANTINE_FAILED;
    }
    if (entry->step == after)
      return CVI_QUARANTINE_MOVED;
    g_propagate_error (error, g_steal_pointer (&local));
    return CVI_QUARANTINE_REFUSED;
  }
  if (after == CVI_STEP_MOVED) {
    entry->sha256 = g_steal_pointer (&sha256);
    return write_moved (quarantine, entry, way, error) ? CVI_QUARANTINE_MOVED
                                                       : CVI_QUARANTINE_FAILED;
  }
  return cvi_manifest_write (quarantine->manifest, entry, after, error)
             ? CVI_QUARANTINE_MOVED
             : CVI_QUARANTINE_FAILED;
}

/* Returns: MOVED if the file can be moved */
static CviQuarantineResult
check_file (CviQuarantine *quarantine, const char *path, guint64 size,
    gint64 mtime_ns, CviFileFacts *facts, GError **error)
{
  g_autofree char *place = cvi_quarantine_get_place (quarantine, path);
  int problem = cvi_file_facts_read (path, facts);

  if (problem == ENOENT || problem == ENOTDIR)
    return CVI_QUARANTINE_GONE;
  if (problem == ELOOP)
    return refuse (error, path, "is a symbolic link, which is not moved");
  if (problem == EINVAL)
    return refuse (error, path, "is no regular file");
  if (problem != 0)
    return refuse (error, path, g_strerror (problem));
  if (facts->size != size || facts->mtime_ns != mtime_ns)
    return refuse (
        error, path, "has changed since it was checked; scan it again");
  if (cvi_path_is_within (path, quarantine->folder))
    return refuse (error, path, "is in the quarantine already");
  if (is_taken (place))
    return refuse (error, place, "is there already, and is not replaced");
  return CVI_QUARANTINE_MOVED;
}

CviQuarantineResult
cvi_quarantine_add (CviQuarantine *quarantine, const char *path, guint64 size,
    gint64 mtime_ns, const char *rule, GError **error)
{
  CviManifestEntry *entry;
  CviQuarantineResult result;
  CviFileFacts facts;
  g_auto (Way) way = { 0 };

  g_return_val_if_fail (quarantine && path, CVI_QUARANTINE_FAILED);
  g_return_val_if_fail (!error || !*error, CVI_QUARANTINE_FAILED);

  result = check_file (quarantine, path, size, mtime_ns, &facts, error);
  if (result != CVI_QUARANTINE_MOVED || quarantine->dry_run)
    return result;
  entry = cvi_manifest_add (quarantine->manifest, path);
  entry->facts = facts;
  entry->rule = g_strdup (rule);
  entry->folder_mtime_ns = folder_mtime (path);
  if (!cvi_manifest_write (quarantine->manifest, entry, CVI_STEP_MOVE, error))
    return CVI_QUARANTINE_FAILED;
  way_set_up (&way, quarantine, entry, FALSE);
  return run_move (quarantine, entry, &way, CVI_STEP_MOVED, error);
}

GPtrArray *
cvi_quarantine_list (CviQuarantine *quarantine)
{
  GPtrArray *kept = g_ptr_array_new ();
  GPtrArray *entries;

  g_return_val_if_fail (quarantine, kept);

  if (!quarantine->manifest)
    return kept;
  entries = cvi_manifest_get_entries (quarantine->manifest);
  for (guint i = entries->len; i > 0; i--) {
    CviManifestEntry *entry = g_ptr_array_index (entries, i - 1);

    if (entry->step == CVI_STEP_MOVED)
      g_ptr_array_add (kept, entry);
  }
  return kept;
}

/* Returns: MOVED if the file can be put back */
static CviQuarantineResult
check_kept (const CviManifestEntry *entry, Way *way, GError **error)
{
  CviFileFacts now;
  int problem = cvi_file_facts_read (way->from, &now);

  if (problem == ENOENT || problem == ENOTDIR)
    return CVI_QUARANTINE_GONE;
  if (problem != 0)
    return refuse (error, way->from, g_strerror (problem));
  if (now.size != entry->facts.size || now.mtime_ns != entry->kept_mtime_ns)
    return refuse (error, way->from,
        "was changed in the quarantine; move it by hand if it is to go back");
  if (is_taken (way->to))
    return refuse (
        error, way->to, "there is another file now; move one of them away");
  /* A copy is compared with what is here, and gets the times from before. */
  way->facts.device = now.device;
  way->facts.inode = now.inode;
  return CVI_QUARANTINE_MOVED;
}

CviQuarantineResult
cvi_quarantine_undo (
    CviQuarantine *quarantine, CviManifestEntry *entry, GError **error)
{
  g_auto (Way) way = { 0 };
  CviQuarantineResult result;
  gint64 before;

  g_return_val_if_fail (quarantine && entry, CVI_QUARANTINE_FAILED);
  g_return_val_if_fail (!error || !*error, CVI_QUARANTINE_FAILED);

  way_set_up (&way, quarantine, entry, TRUE);
  result = check_kept (entry, &way, error);
  if (result != CVI_QUARANTINE_MOVED || quarantine->dry_run)
    return result;
  before = folder_mtime (entry->path);
  if (!cvi_manifest_write (quarantine->manifest, entry, CVI_STEP_UNDO, error))
    return CVI_QUARANTINE_FAILED;
  result = run_move (quarantine, entry, &way, CVI_STEP_UNDONE, error);
  if (result != CVI_QUARANTINE_MOVED)
    return result;
  if (before == entry->left_mtime_ns)
    set_folder_mtime (entry->path, entry->folder_mtime_ns);
  remove_empty_folders (quarantine, way.from);
  return result;
}
