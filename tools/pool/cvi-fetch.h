/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-finding.h"

G_BEGIN_DECLS

/**
 * CviFetchConfig:
 * @program: path of cvi-gst-fetch
 * @recorder: path of cvi-gst-worker, which fetches what is a live stream
 * @live_s: how much of such a stream
 * @sandbox: "auto", "off" or "require"
 * @limit: most bytes of one resource; 0: any
 * @stall_timeout_s: longest time without data; 0: any
 * @time_limit_s: longest time of one resource; 0: any; less than 0: by its
 *   size, or where that is not known by what has come
 */
typedef struct {
  const char *program;
  const char *recorder;
  double live_s;
  const char *sandbox;
  guint64 limit;
  double stall_timeout_s;
  double time_limit_s;
} CviFetchConfig;

/**
 * CviFetchCallbacks: on the thread-default main context
 * @remote: what the server says, at most once, before @done: size (CVI_NONE:
 *   unknown), mtime_ns (0: unknown), etag ("": none). Returns FALSE to end the
 *   fetch. Must not free it
 * @progress: (nullable): bytes that are there, about once a second
 * @done: last call; @findings (element-type CviFinding, transfer none): if not
 *   @complete, at least one that says why; NULL where @remote has ended it. May
 *   free the fetch
 */
typedef struct {
  gboolean (*remote) (
      guint64 size, gint64 mtime_ns, const char *etag, gpointer user_data);
  void (*progress) (guint64 bytes, gpointer user_data);
  void (*done) (gboolean complete, GPtrArray *findings, gpointer user_data);
} CviFetchCallbacks;

/**
 * CviFetch: one resource of the network on its way into a file, through a
 * process of its own that has the network and may write that file only, and
 * looks at nothing. It is not believed: it is ended if the file does not grow.
 */
typedef struct _CviFetch CviFetch;

/**
 * cvi_fetch_new:
 * @uri: with user and password, as the user gave it
 * @path: the file, which is there and empty
 *
 * Returns: (transfer full) (nullable): NULL with @error if the program cannot
 * be started
 */
CviFetch *cvi_fetch_new (const CviFetchConfig *config, const char *uri,
    const char *path, const CviFetchCallbacks *callbacks, gpointer user_data,
    GError **error);
/**
 * cvi_fetch_max_silence:
 * @stall_timeout_s: as in the configuration
 *
 * Returns: seconds after which a fetcher whose file does not grow is ended, 0:
 * never. It is to fail by itself before
 */
guint cvi_fetch_max_silence (const char *uri, double stall_timeout_s);

/* Ends it, as if @remote had. */
void cvi_fetch_stop (CviFetch *fetch);
/* Kills it if it is still there. */
void cvi_fetch_free (CviFetch *fetch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviFetch, cvi_fetch_free)

G_END_DECLS
