/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-result.h"
#include "tools/cli/cvi-sources.h"
#include "tools/pool/cvi-fetch.h"
#include "tools/pool/cvi-pool.h"

G_BEGIN_DECLS

/**
 * CviFetchesCallbacks: on the thread-default main context
 * @known: is there no need to check the resource @name as its server now
 *   describes it? (size CVI_NONE, mtime_ns 0, etag "": unknown.) Asked at most
 *   once for each, before much of it is fetched, and once more if it changed
 *   meanwhile; nothing more comes of one that is known
 * @progress: of one on its way; numbers of workers begin behind those that
 * check
 * @ended: @name is on its way no more
 * @failed: @result (transfer full): judged, of one that could not be fetched
 */
typedef struct {
  gboolean (*known) (const char *name, guint64 size, gint64 mtime_ns,
      const char *etag, gpointer user_data);
  void (*progress) (const CviPoolProgress *progress, gpointer user_data);
  void (*ended) (const char *name, gpointer user_data);
  void (*failed) (CviResult *result, gpointer user_data);
} CviFetchesCallbacks;

/**
 * CviFetches: the resources that a scan has on their way into a folder of its
 * own for temporary files, which only this user can read, and those that lie
 * there until they are checked. What is fetched ahead is bounded. What changes
 * while it is fetched is fetched once more.
 */
typedef struct _CviFetches CviFetches;

/**
 * cvi_fetches_new:
 * @config: of each fetch
 * @sources: told what the files are called; must outlive this
 * @ahead: so many are fetched or wait to be taken at the same time
 * @mode: of the results of those that fail
 */
CviFetches *cvi_fetches_new (const CviFetchConfig *config,
    const CviSources *sources, guint ahead, CviMode mode,
    const CviFetchesCallbacks *callbacks, gpointer user_data);
/* Ends what is on its way and removes all files, and their folder. */
void cvi_fetches_free (CviFetches *fetches);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviFetches, cvi_fetches_free)

/* May one more be added? */
gboolean cvi_fetches_has_room (CviFetches *fetches);

/* Begins to fetch @file (transfer full), which has an @uri. */
void cvi_fetches_add (CviFetches *fetches, CviFile *file);

/* Is any on its way? */
gboolean cvi_fetches_is_busy (CviFetches *fetches);

/* Returns: (transfer full) (nullable): the next that is there: a local file */
CviFile *cvi_fetches_take (CviFetches *fetches);

/**
 * cvi_fetches_settle:
 * @result: of any file
 *
 * If the file was fetched: removes it, and makes the result one of the
 * resource, but for its path.
 */
void cvi_fetches_settle (CviFetches *fetches, CviResult *result);

G_END_DECLS
