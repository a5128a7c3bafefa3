/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-settings.h"
#include "tools/cli/cvi-spool.h"
#include "tools/pool/cvi-enumerator.h"

G_BEGIN_DECLS

/**
 * CviSources: what the user asked to look at: the roots, the list and the
 * filters, in the form that enumerators take. An enumerator made of it must
 * not outlive it.
 * @roots: absolute, NULL-terminated
 * @list: (nullable): --files-from, absolute or "-"
 * @interleave: as in CviEnumeratorOptions
 * @list_fd: the open list, -1 for none
 * @names: (nullable): path -> what it is called in results, where that is not
 *   the path; @spool: (nullable): that standard input is in
 * @secrets: (nullable) (element-type utf8): the URIs among @roots with their
 *   passwords, in order; those that were not enumerated yet
 * @remote: URIs of the network are among what can be looked at
 */
typedef struct {
  char **roots;
  char *list;
  int list_fd;
  char list_separator;
  gboolean recursive;
  gboolean interleave;
  char **extensions;
  char **excludes;
  GHashTable *names;
  CviSpool *spool;
  GQueue *secrets;
  gboolean remote;
} CviSources;

/**
 * cvi_sources_new:
 * @remote: take URIs that have to be fetched too; else one on the command line
 *   is an error, and one in a list a file with the problem EREMOTE
 *
 * Returns: (transfer full) (nullable): NULL with @error if there is nothing to
 * look at or the list cannot be opened
 */
CviSources *cvi_sources_new (
    CviSettings *settings, gboolean remote, GError **error);
void cvi_sources_free (CviSources *sources);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviSources, cvi_sources_free)

/* Reads standard input, where an argument is "-", into a temporary file of at
 * most --spool-limit, which goes with @sources. Returns: FALSE with @error */
gboolean cvi_sources_spool (
    CviSources *sources, CviSettings *settings, GError **error);

/* Returns: (transfer none): what @path is called in results: a URI, "-", or as
 * it is */
const char *cvi_sources_get_name (const CviSources *sources, const char *path);

/* Can the files be enumerated a second time, to count them? Not if their names
 * come from a pipe. */
gboolean cvi_sources_can_repeat (const CviSources *sources);

/* Returns: (transfer full): the same sources, with a list of its own; for
 * another thread */
CviSources *cvi_sources_copy (const CviSources *sources, GError **error);

/* @names_only: as in CviEnumeratorOptions. Returns: (transfer full) */
CviEnumerator *cvi_sources_enumerate (
    const CviSources *sources, gboolean names_only);

/**
 * cvi_sources_next:
 * @enumerator: made of @sources
 *
 * Like cvi_enumerator_next(), but the path is absolute, and a URI out of the
 * list is the local file that it means; one that means none is a file with a
 * problem that is called by the URI, and has @uri if it can be fetched.
 */
CviFile *cvi_sources_next (
    const CviSources *sources, CviEnumerator *enumerator);

/* From here on @path is called @name in results. */
void cvi_sources_set_name (
    const CviSources *sources, const char *path, const char *name);

/* The file @path is done: its name, if it had one, is not needed any more. */
void cvi_sources_forget_name (const CviSources *sources, const char *path);

G_END_DECLS
