/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Files without hashes: are they new, or others that have moved? */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/cli/cvi-sources.h"
#include "tools/cli/cvi-verify.h"

/* What lies outside of the PATHs may only not be mounted, and this be a copy.
 */
static gboolean
is_gone (const CviVerify *verify, const char *path)
{
  struct stat st;
  gboolean inside = FALSE;

  for (guint i = 0; verify->paths[i] && !inside; i++) {
    gsize len = strlen (verify->paths[i]);

    while (len > 0 && verify->paths[i][len - 1] == '/')
      len--;
    inside = strncmp (path, verify->paths[i], len) == 0 &&
             (path[len] == '/' || path[len] == '\0');
  }
  return inside && lstat (path, &st) < 0 &&
         (errno == ENOENT || errno == ENOTDIR);
}

/* @fixity: (nullable): must be its content too
 * Returns: (transfer full) (nullable): a file of @size bytes that is not in its
 * place any more */
static CviStoredFixity *
find_gone (CviVerify *verify, guint64 size, const CviFixity *fixity)
{
  GError *error = NULL;
  g_autoptr (GArray) ids =
      cvi_store_list_fixity_of_size (verify->store, size, &error);

  for (guint i = 0; ids && i < ids->len && !error; i++) {
    g_autoptr (CviStoredFixity) stored = cvi_store_load_fixity (
        verify->store, g_array_index (ids, gint64, i), &error);

    if (stored && stored->fixity && is_gone (verify, stored->path) &&
        (!fixity || cvi_fixity_equal (stored->fixity, fixity)))
      return g_steal_pointer (&stored);
  }
  if (error)
    cvi_verify_fail (verify, error);
  return NULL;
}

/* Does a stored result hold for the file, so that only its hash is missing? */
static gboolean
was_scanned (CviVerify *verify, const char *path, guint64 size, gint64 mtime_ns)
{
  CviStoreMatch match = {
    .size = size, .mtime_ns = mtime_ns, .mode = CVI_MODE_QUICK
  };
  CviVerdict verdict;
  GError *error = NULL;
  gint64 id = cvi_store_find_current (
      verify->store, path, &match, &verdict, NULL, &error);

  if (id < 0)
    cvi_verify_fail (verify, error);
  return id > 0;
}

static void
tell_new (CviVerify *verify, const char *path, const CviLook *look)
{
  verify->counts.fresh++;
  if (cvi_settings_get_flag (verify->settings, CVI_SETTING_SCAN_NEW))
    g_ptr_array_add (verify->to_scan, g_strdup (path));
  else
    cvi_verify_tell (verify, path, look,
        cvi_finding_new (
            CVI_RULE_FIXITY_NEW, NULL, "it was never scanned, or moved here"));
}

static void
forget_vanished (CviVerify *verify, gint64 id)
{
  for (guint i = 0; i < verify->vanished->len; i++) {
    const CviStoredFixity *stored = g_ptr_array_index (verify->vanished, i);

    if (stored->id == id) {
      g_ptr_array_remove_index_fast (verify->vanished, i);
      return;
    }
  }
}

static void
take_moved (CviVerify *verify, const CviLook *look, const CviStoredFixity *gone)
{
  GError *error = NULL;

  verify->counts.moved++;
  forget_vanished (verify, gone->id);
  if (!cvi_store_move_file (verify->store, gone->id, look->path, &error) ||
      !cvi_store_mark_fixity (verify->store, gone->id, CVI_STORE_VERIFIED,
          &look->mtime_ns, &error)) {
    cvi_verify_fail (verify, error);
    return;
  }
  cvi_verify_tell (verify, look->path, look,
      cvi_finding_new (
          CVI_RULE_FIXITY_MOVED, NULL, "it was %s before", gone->path));
}

void
cvi_verify_take_new (CviVerify *verify, CviLook *look)
{
  g_autoptr (CviStoredFixity) gone = NULL;
  GError *error = NULL;

  if (look->state == CVI_LOOK_BUSY) {
    verify->counts.busy++;
    cvi_verify_tell (verify, look->path, look,
        cvi_finding_new (
            CVI_RULE_IO_CHANGED, NULL, "busy: it was written meanwhile"));
    return;
  }
  if (look->state == CVI_LOOK_FAILED || look->state == CVI_LOOK_VANISHED) {
    verify->counts.failed++;
    cvi_verify_tell (
        verify, look->path, look, cvi_finding_from_errno (look->problem));
    return;
  }
  if (look->state != CVI_LOOK_SAME)
    return;
  gone = find_gone (verify, look->size, look->now);
  if (gone) {
    take_moved (verify, look, gone);
  } else if (!was_scanned (verify, look->path, look->size, look->mtime_ns)) {
    tell_new (verify, look->path, look);
  } else {
    verify->counts.hashed++;
    if (!cvi_store_set_fixity (verify->store, look->path, look->now, &error))
      cvi_verify_fail (verify, error);
  }
}

static void
take_file (CviVerify *verify, const CviFile *file)
{
  g_autoptr (CviStoredFixity) stored = NULL;
  g_autoptr (CviStoredFixity) gone = NULL;
  GError *error = NULL;
  CviLook *look;

  /* A name that is not there was told of before. */
  if (file->problem && !(file->named && file->problem == ENOENT)) {
    verify->counts.failed++;
    cvi_verify_tell (
        verify, file->path, NULL, cvi_finding_from_errno (file->problem));
  }
  if (file->problem)
    return;
  stored = cvi_store_find_fixity (verify->store, file->path, &error);
  if (error)
    cvi_verify_fail (verify, error);
  if (stored || error)
    return;
  gone = find_gone (verify, file->size, NULL);
  /* Only what could be known is worth reading. */
  if (!gone && !was_scanned (verify, file->path, file->size, file->mtime_ns)) {
    tell_new (verify, file->path, NULL);
    return;
  }
  look = cvi_look_new (0, file->path);
  look->block_size =
      cvi_settings_get_count (verify->settings, CVI_SETTING_HASH_BLOCK) * 1024;
  look->sha256 = g_str_equal (
      cvi_settings_get_text (verify->settings, CVI_SETTING_HASH), "sha256");
  cvi_verify_push (verify, look);
}

void
cvi_verify_find_new (CviVerify *verify)
{
  g_autoptr (CviSources) sources = NULL;
  g_autoptr (CviEnumerator) enumerator = NULL;
  CviFile *file;

  sources = cvi_sources_new (verify->settings, FALSE, &verify->error);
  if (!sources)
    return;
  enumerator = cvi_sources_enumerate (sources, FALSE);
  while (!cvi_verify_should_stop (verify) &&
         (file = cvi_sources_next (sources, enumerator))) {
    take_file (verify, file);
    cvi_file_free (file);
  }
}
