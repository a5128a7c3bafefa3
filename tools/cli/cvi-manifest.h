/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-copy.h"

G_BEGIN_DECLS

#define CVI_MANIFEST_NAME "cvi-quarantine.jsonl"

/* Where a file is on its way; each is a line of the manifest. */
typedef enum {
  CVI_STEP_MOVE,    /* is about to be moved into the quarantine */
  CVI_STEP_MOVED,   /* is there */
  CVI_STEP_DROPPED, /* has stayed where it was */
  CVI_STEP_UNDO,    /* is about to be moved back */
  CVI_STEP_UNDONE,  /* is back */
  CVI_N_STEPS
} CviStep;

/**
 * CviManifestEntry: one file.
 * @path: where it belongs, absolute; bytes
 * @facts: of it there (device and inode are not kept)
 * @folder_mtime_ns: of its folder before it was moved
 * @left_mtime_ns: of its folder after that
 * @kept_mtime_ns: its own, as the quarantine's file system keeps it
 * @rule: (nullable): what was found
 * @sha256: (nullable): of its content, where it was copied
 */
typedef struct {
  guint64 id;
  CviStep step;
  char *path;
  CviFileFacts facts;
  gint64 folder_mtime_ns;
  gint64 left_mtime_ns;
  gint64 kept_mtime_ns;
  char *rule;
  char *sha256;
} CviManifestEntry;

/**
 * CviManifest: what happened to the files of a quarantine: a file of JSON
 * lines that only grows. Locked as long as it is open.
 */
typedef struct _CviManifest CviManifest;

/**
 * cvi_manifest_open:
 * @folder: the quarantine, made where missing unless @readonly
 * @readonly: FALSE with @error if there is none
 *
 * A manifest that another user could have written is refused, since undoing
 * follows what it says. A last line that a crash has cut is passed over: what
 * it would have told of was not begun.
 */
CviManifest *cvi_manifest_open (
    const char *folder, gboolean readonly, GError **error);
void cvi_manifest_free (CviManifest *manifest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviManifest, cvi_manifest_free)

/* Returns: (transfer none) (element-type CviManifestEntry): in order of id */
GPtrArray *cvi_manifest_get_entries (CviManifest *manifest);

/* Adds an entry with the next id, in memory alone. Returns: (transfer none) */
CviManifestEntry *cvi_manifest_add (CviManifest *manifest, const char *path);

/**
 * cvi_manifest_write:
 * @entry: gets @step once that is on the disk
 *
 * Returns: FALSE with @error, and no line
 */
gboolean cvi_manifest_write (CviManifest *manifest, CviManifestEntry *entry,
    CviStep step, GError **error);

G_END_DECLS
