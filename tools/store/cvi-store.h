/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-result.h"

G_BEGIN_DECLS

/**
 * CviStore: results in one SQLite file (WAL, STRICT tables, foreign keys, one
 * writer a process). Writes are collected in a transaction that commits after
 * 10000 results or CVI_STORE_COMMIT_MS, whichever comes first, so that a result
 * is durable within a second; synchronous=FULL because WAL with NORMAL may
 * lose the last commits in a power cut. Two processes may use one store at the
 * same time (busy timeout 30 s).
 *
 * Schema versions are PRAGMA user_version; one file a migration in
 * tools/store/sql/, compiled in as resources, each run in its own transaction.
 * A store of a newer version is refused, as is a file that is no SQLite
 * database or fails a quick check of its schema; the message says what to do.
 *
 * Not thread-safe: use from one thread.
 */
typedef struct _CviStore CviStore;

#define CVI_STORE_COMMIT_MS 500

#define CVI_STORE_ERROR (cvi_store_error_quark ())
GQuark cvi_store_error_quark (void);
typedef enum {
  CVI_STORE_ERROR_OPEN,    /* cannot be opened or created */
  CVI_STORE_ERROR_NEWER,   /* written by a newer cvi-gst */
  CVI_STORE_ERROR_CORRUPT, /* no database, or a damaged one */
  CVI_STORE_ERROR_BUSY,    /* locked by another process for too long */
  CVI_STORE_ERROR_FULL,    /* no space left */
  CVI_STORE_ERROR_NOT_FOUND,
  CVI_STORE_ERROR_FAILED,
  CVI_STORE_ERROR_OLDER /* opened readonly, and its tables are an older
                           version's: opening it to write mends that */
} CviStoreError;

/* $XDG_DATA_HOME/cvi-gst/results.db. Returns: (transfer full) */
char *cvi_store_default_path (void);

/**
 * cvi_store_open:
 * @path: created with its folders where missing (mode 0600/0700); ":memory:"
 *   for tests
 * @readonly: fails if it does not exist; writes nothing (no migration either:
 *   an older version is an error that says so)
 */
CviStore *cvi_store_open (const char *path, gboolean readonly, GError **error);

/* Commits and closes. Returns: FALSE with @error if the last commit failed. */
gboolean cvi_store_close (CviStore *store, GError **error);

/* Closes without a commit error to look at. */
void cvi_store_free (CviStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviStore, cvi_store_free)

/**
 * CviScanInfo: one scan. @id is the row id; @status "running", "finished",
 * "interrupted" (also where the process was killed); times in Unix seconds,
 * 0 = not yet; @args a canonical text of everything that decides what is
 * scanned and how (roots, mode, filters), which is what makes "the same
 * arguments"; @roots for people.
 */
typedef struct {
  gint64 id;
  char *args;
  char *roots;
  CviMode mode;
  char *status;
  gint64 started_at;
  gint64 finished_at;
  guint64 counts[CVI_N_VERDICTS]; /* results of this scan; SKIPPED as told to
                                     cvi_store_end_scan() */
} CviScanInfo;

void cvi_scan_info_free (CviScanInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviScanInfo, cvi_scan_info_free)

/**
 * cvi_store_begin_scan:
 * @args, @roots, @mode: see CviScanInfo
 * @resumed: (out): whether a scan with the same @args whose status is not
 *   "finished" was found and is continued (its process no longer runs: its
 *   pid, start time and boot are stored to tell). Scans older than a finished
 *   one with the same @args are never continued.
 *
 * Returns: the scan's id, or -1 with @error. Durable at once.
 */
gint64 cvi_store_begin_scan (CviStore *store, const char *args,
    const char *roots, CviMode mode, gboolean *resumed, GError **error);

/* @status "finished" or "interrupted"; @n_skipped is added to the scan's.
 * Commits what was put. */
gboolean cvi_store_end_scan (CviStore *store, gint64 scan, const char *status,
    guint64 n_skipped, GError **error);

/**
 * CviStoreMatch: what makes a stored result still good.
 * @size, @mtime_ns, @mode: of the file and scan now. A stored result of a
 *   stronger mode serves a weaker one (full > deep > hybrid > quick)
 * @not_before: results scanned before this Unix time have expired (0: never)
 * @scan: if > 0, only results of this scan count (a resumed --rescan), and
 *   their age does not
 *
 * Results of another rules version never match, nor do incomplete or
 * unreadable ones unless they belong to @scan's own run.
 */
typedef struct {
  guint64 size;
  gint64 mtime_ns;
  CviMode mode;
  gint64 not_before;
  gint64 scan;
} CviStoreMatch;

/**
 * cvi_store_find_current:
 * @verdict: (out): stored verdict
 * @scan: (out) (optional): the scan the stored result belongs to
 *
 * Looks for the newest stored result of @path that still holds; one prepared
 * statement, no allocation per call. Newest is what was stored last. A newer
 * result that does not hold speaks against all older ones and ends the search,
 * unless all that is wrong with it is that it is a healthy one of a weaker
 * mode: a file that was found unreadable, damaged or different since must be
 * looked at again.
 * Returns: its result id, 0 if there is none, -1 with @error
 */
gint64 cvi_store_find_current (CviStore *store, const char *path,
    const CviStoreMatch *match, CviVerdict *verdict, gint64 *scan,
    GError **error);

/**
 * cvi_store_put:
 *
 * Stores @result (whole, or not at all) under @scan, replacing an earlier
 * result of the same file in the same scan.
 *
 * Returns: FALSE with @error. Results collected before are not touched, unless
 * the disk was full or the commit itself failed: then those since the last
 * commit are lost, the message says how many, and every later write (and
 * cvi_store_close()) fails with the same error.
 */
gboolean cvi_store_put (CviStore *store, gint64 scan, const CviResult *result,
    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * cvi_store_hold:
 *
 * Look-ups from here on see the store as it is now and take no lock each, which
 * is a quarter of their time. Ends with cvi_store_release() or the next write
 * or flush. Not for long: the write-ahead log grows meanwhile.
 */
void cvi_store_hold (CviStore *store);
void cvi_store_release (CviStore *store);

/* Commits what is collected, if anything. Call it from a timer. */
gboolean cvi_store_flush (CviStore *store, GError **error);

/* Returns: (transfer full): result by id */
CviResult *cvi_store_load (CviStore *store, gint64 result_id, GError **error);

typedef enum {
  CVI_STORE_SORT_PATH, /* byte by byte */
  CVI_STORE_SORT_VERDICT,
  CVI_STORE_SORT_CONFIDENCE,
  CVI_STORE_SORT_DAMAGE,
  CVI_STORE_SORT_SIZE,
  CVI_STORE_SORT_DATE, /* when it was checked */
  CVI_N_STORE_SORTS
} CviStoreSort;

/**
 * CviStoreFilter: which results cvi_store_foreach() visits. What is 0 or NULL
 * leaves nothing out.
 * @scan: results of that scan; 0: each file's newest result
 * @verdicts: bit mask (1u << CviVerdict), 0: all
 * @path_prefix: (nullable): this file, or files below this folder; compared
 *   byte by byte, slashes at its end do not matter
 * @paths: (nullable): NULL-terminated: any of these, each as @path_prefix
 * @rules: (nullable): NULL-terminated: a finding of any of these rules
 * @codecs: (nullable): NULL-terminated: a stream of any of these codecs; case,
 *   spaces and punctuation do not matter ("h264" is "H.264")
 * @containers: (nullable): NULL-terminated: any of these, compared as @codecs
 * @min_size, @max_size: bytes, both included
 * @min_confidence, @min_damage: 0-1, included
 * @since, @until: Unix seconds at which the file was checked; @until excluded
 * @sort, @descending: equals come in the order in which they were first seen
 * @limit: at most so many
 */
typedef struct {
  gint64 scan;
  guint verdicts;
  const char *path_prefix;
  const char *const *paths;
  const char *const *rules;
  const char *const *codecs;
  const char *const *containers;
  guint64 min_size;
  guint64 max_size;
  double min_confidence;
  double min_damage;
  gint64 since;
  gint64 until;
  CviStoreSort sort;
  gboolean descending;
  guint64 limit;
} CviStoreFilter;

/* Returns FALSE to stop early. @result: (transfer none) */
typedef gboolean (*CviStoreFunc) (CviResult *result, gpointer user_data);

/* Without a limit memory is bounded by one result where order is by path and
 * more than 20000 are wanted, else by their number (some 50 bytes each). @func
 * may use @store. */
gboolean cvi_store_foreach (CviStore *store, const CviStoreFilter *filter,
    CviStoreFunc func, gpointer user_data, GError **error);

/* Returns: (transfer full) (element-type CviScanInfo): newest first, at most
 * @limit (0: all) */
GPtrArray *cvi_store_list_scans (CviStore *store, guint limit, GError **error);

/* @which: "latest", "previous" or an id. Returns: (transfer full) */
CviScanInfo *cvi_store_find_scan (
    CviStore *store, const char *which, GError **error);

G_END_DECLS
