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
  CVI_STORE_ERROR_FAILED
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
 * result of the same file in the same scan. Its hashes, if it has any, take the
 * place of those that the file had.
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

/**
 * CviStoreFilter: which results cvi_store_foreach() visits.
 * @scan: results of that scan; 0: each file's newest result
 * @verdicts: bit mask (1u << CviVerdict), 0: all
 * @path_prefix: (nullable): this file, or files below this folder; compared
 *   byte by byte, slashes at its end do not matter
 */
typedef struct {
  gint64 scan;
  guint verdicts;
  const char *path_prefix;
} CviStoreFilter;

/* Returns FALSE to stop early. @result: (transfer none) */
typedef gboolean (*CviStoreFunc) (CviResult *result, gpointer user_data);

/* In order of path; memory bounded by one result. @func may use @store. */
gboolean cvi_store_foreach (CviStore *store, const CviStoreFilter *filter,
    CviStoreFunc func, gpointer user_data, GError **error);

/**
 * CviStoredFixity: the hashes of one file (docs/store.md, "Hashes").
 * @id: of the file in the store
 * @fixity: (nullable): NULL of a file of an imported list that was not
 *   verified since
 * @digests: other digests: names ("md5" ...) -> GBytes
 * @unchecked: (nullable): one of them, out of an imported list, that the
 *   content was not compared with yet
 * @verified_at, @rotten_at, @vanished_at: Unix seconds, 0: not
 */
typedef struct {
  gint64 id;
  char *path;
  CviFixity *fixity;
  GHashTable *digests;
  char *unchecked;
  gint64 verified_at;
  gint64 rotten_at;
  gint64 vanished_at;
} CviStoredFixity;

void cvi_stored_fixity_free (CviStoredFixity *stored);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviStoredFixity, cvi_stored_fixity_free)

/* Returns: (transfer full) (nullable): hashes of file @id; NULL without @error
 * if it has none */
CviStoredFixity *cvi_store_load_fixity (
    CviStore *store, gint64 id, GError **error);
/* The same by path. */
CviStoredFixity *cvi_store_find_fixity (
    CviStore *store, const char *path, GError **error);

/**
 * cvi_store_list_fixity:
 * @prefix: (nullable): as in CviStoreFilter
 * @oldest_first: longest unverified first, else by path
 *
 * Returns: (transfer full) (element-type gint64): ids of all files that have
 * hashes; NULL with @error
 */
GArray *cvi_store_list_fixity (
    CviStore *store, const char *prefix, gboolean oldest_first, GError **error);
/* Returns: (transfer full) (element-type gint64): ids of files that had @size
 * bytes */
GArray *cvi_store_list_fixity_of_size (
    CviStore *store, guint64 size, GError **error);

/* What follows is collected and committed like results, each call whole or not
 * at all. */

/* Stores the hashes that @path has now. */
gboolean cvi_store_set_fixity (
    CviStore *store, const char *path, const CviFixity *fixity, GError **error);
/* Stores a digest out of a list. */
gboolean cvi_store_set_digest (CviStore *store, const char *path,
    const char *algorithm, GBytes *digest, GError **error);

/* The content is what the digest says. */
gboolean cvi_store_check_digest (
    CviStore *store, gint64 id, const char *algorithm, GError **error);

typedef enum {
  CVI_STORE_VERIFIED, /* it was read, and is what it was */
  CVI_STORE_ROTTEN,
  CVI_STORE_VANISHED
} CviStoreMark;
/* @mtime_ns: (nullable): for VERIFIED: the time that it has now */
gboolean cvi_store_mark_fixity (CviStore *store, gint64 id, CviStoreMark mark,
    const gint64 *mtime_ns, GError **error);

/* File @id is called @path now: its results, hashes and time of verification
 * go with it, and what the store had of @path joins them. */
gboolean cvi_store_move_file (
    CviStore *store, gint64 id, const char *path, GError **error);

/* @whole: CVI_FIXITY_DIGEST bytes. Returns FALSE to stop early */
typedef gboolean (*CviStoreDuplicateFunc) (
    const guint8 *whole, guint64 size, const char *path, gpointer user_data);
/* Visits all files whose content another one has too, largest first, those of
 * the same content one after the other. */
gboolean cvi_store_foreach_duplicate (CviStore *store,
    CviStoreDuplicateFunc func, gpointer user_data, GError **error);

/* Returns: (transfer full) (element-type CviScanInfo): newest first, at most
 * @limit (0: all) */
GPtrArray *cvi_store_list_scans (CviStore *store, guint limit, GError **error);

/* @which: "latest", "previous" or an id. Returns: (transfer full) */
CviScanInfo *cvi_store_find_scan (
    CviStore *store, const char *which, GError **error);

G_END_DECLS
