/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CviRoot: a named folder as it was when its walk began. Shared by its files;
 * cvi_root_ref(), cvi_root_unref().
 */
typedef struct {
  gatomicrefcount references;
  char *path;
  guint64 device;
  guint64 inode;
} CviRoot;

/**
 * CviFile: one file to check, or one name that could not be looked at.
 * @path: bytes as the file system has them
 * @root: (nullable): the named folder that it was met in; NULL if @named
 * @device: of the folder that it is in; 0 if unknown
 * @size, @mtime_ns: from stat; 0 where @problem is set
 * @problem: 0, or the errno that made it unusable (ENOENT, EACCES, ELOOP ...)
 * @named: given by the user (command line or list), not met in a folder
 * @uri: (nullable): what has to be fetched to be checked, with its password;
 *   @problem is EREMOTE then, and @path what the URI is called
 * @fetched: lies in a folder for temporary files until it is checked
 */
typedef struct {
  char *path;
  char *uri;
  CviRoot *root;
  guint64 device;
  guint64 size;
  gint64 mtime_ns;
  int problem;
  gboolean named;
  gboolean fetched;
} CviFile;

void cvi_file_free (CviFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviFile, cvi_file_free)

/**
 * CviEnumeratorOptions:
 * @paths: (nullable): files and folders, NULL-terminated
 * @list_fd: names are also read from here (-1: none), each ended by
 *   @list_separator ('\n' or '\0'); the fd stays the caller's
 * @recursive: go into sub-folders
 * @extensions: (nullable): NULL-terminated, without dot, any case; NULL is
 *   cvi_enumerator_default_extensions()
 * @excludes: (nullable): NULL-terminated globs (GPatternSpec) held against the
 *   whole path and against the base name of what is met in a folder; a folder
 *   that matches is not entered; what is named is never excluded
 * @names_only: for counting: a file that its folder tells to be a regular one
 *   is not looked at; its size and time are 0
 * @foreign: (nullable): is this name (of @paths or the list) no path? Then it
 *   is returned as it is, with the problem EREMOTE
 * @interleave: walk up to CVI_ENUMERATOR_MAX_WALKS folders among @paths that
 *   follow each other and are on devices of their own at the same time, a file
 *   of each in turn
 */
typedef struct {
  const char *const *paths;
  int list_fd;
  char list_separator;
  gboolean recursive;
  const char *const *extensions;
  const char *const *excludes;
  gboolean names_only;
  gboolean interleave;
  gboolean (*foreign) (const char *name);
} CviEnumeratorOptions;

/* mp4 m4v mov mkv webm avi ... (design, section 8); NULL-terminated, static */
const char *const *cvi_enumerator_default_extensions (void);

#define CVI_ENUMERATOR_MAX_WALKS 16

/* Levels below a named folder that are entered; one descriptor each. */
#define CVI_ENUMERATOR_MAX_DEPTH 256

/**
 * CviEnumerator: walks files and folders as a stream: memory is bounded by the
 * depth of the tree, not by its size. Uses openat/fdopendir so that deep or
 * renamed folders cannot lead it elsewhere.
 *
 * - a file that is named is always returned, whatever its extension
 * - regular files only; symbolic links to files inside a named root are
 *   followed if they resolve inside that root, else left out; links to
 *   folders are never followed; a named path may itself be a link
 * - a folder on another file system is entered; a folder already on the walk's
 *   stack (bind-mount loop) is not
 * - a folder that cannot be opened or read yields a CviFile with @problem; so
 *   does, with ENAMETOOLONG, one more than CVI_ENUMERATOR_MAX_DEPTH levels down
 *   or a name of PATH_MAX bytes or more, which no program could open
 * - a named path that is neither a file nor a folder yields ENOTSUP
 * - a list that cannot be read yields a CviFile "/dev/fd/N" with @problem and
 *   ends; a listed name with a NUL byte yields EINVAL
 * - a path reached twice through overlapping roots is returned twice (the
 *   store and the pool are indifferent to it); overlapping roots on the
 *   command line are pruned first: a folder that the walk of another named
 *   folder comes to goes
 *
 * Not thread-safe; several may run at the same time.
 */
typedef struct _CviEnumerator CviEnumerator;

CviEnumerator *cvi_enumerator_new (const CviEnumeratorOptions *options);
void cvi_enumerator_free (CviEnumerator *enumerator);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviEnumerator, cvi_enumerator_free)

/* Returns: (transfer full) (nullable): the next file; NULL at the end.
 * Blocks while the list is read. */
CviFile *cvi_enumerator_next (CviEnumerator *enumerator);

/* Will cvi_enumerator_next() return without waiting for a list's writer? */
gboolean cvi_enumerator_is_ready (CviEnumerator *enumerator);

G_END_DECLS
