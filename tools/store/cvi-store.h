/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-mark.h"

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
 * @etag: (nullable): of a resource that is fetched ("": it has none), which
 * must be the stored one too
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
  const char *etag;
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

/* Returns: (transfer full): result by id, with the mark that holds for it */
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
} CviStoreState;
/* @mtime_ns: (nullable): for VERIFIED: the time that it has now */
gboolean cvi_store_mark_fixity (CviStore *store, gint64 id, CviStoreState mark,
    const gint64 *mtime_ns, GError **error);

/* File @id is called @path now: its results, hashes, mark and time of
 * verification go with it, and what the store had of @path joins them. */
gboolean cvi_store_move_file (
    CviStore *store, gint64 id, const char *path, GError **error);

/* @whole: CVI_FIXITY_DIGEST bytes. Returns FALSE to stop early */
typedef gboolean (*CviStoreDuplicateFunc) (
    const guint8 *whole, guint64 size, const char *path, gpointer user_data);
/* Visits all files whose content another one has too, largest first, those of
 * the same content one after the other. */
gboolean cvi_store_foreach_duplicate (CviStore *store,
    CviStoreDuplicateFunc func, gpointer user_data, GError **error);

/**
 * cvi_store_load_newest:
 *
 * Returns: (transfer full) (nullable): the newest result of @path; NULL without
 * @error if there is none
 */
CviResult *cvi_store_load_newest (
    CviStore *store, const char *path, GError **error);

/**
 * CviStoreMark: a mark (cvi-mark.h) as it is stored.
 * @path: bytes; NULL for a mark of a rule
 * @size, @mtime_ns: of the file when it was marked; the mark holds for results
 *   of the file in that state only
 */
typedef struct {
  char *path;
  guint64 size;
  gint64 mtime_ns;
  CviMark *mark;
} CviStoreMark;

/* Returns FALSE to stop early. @mark: (transfer none) */
typedef gboolean (*CviStoreMarkFunc) (
    const CviStoreMark *mark, gpointer user_data);

/* Stores a mark in the place of an earlier one of the same file or rule.
 * Durable at once. */
gboolean cvi_store_put_mark (
    CviStore *store, const CviStoreMark *mark, GError **error);
/**
 * cvi_store_remove_mark:
 * @path, @rule: one of them is NULL
 * @n_removed: (out): 0 or 1
 */
gboolean cvi_store_remove_mark (CviStore *store, const char *path,
    const char *rule, guint *n_removed, GError **error);
/* Rules first, then files in order of path. */
gboolean cvi_store_foreach_mark (
    CviStore *store, CviStoreMarkFunc func, gpointer user_data, GError **error);
/* Sets the mark of a result that was not loaded from the store. */
gboolean cvi_store_apply_marks (
    CviStore *store, CviResult *result, GError **error);

/**
 * CviStoreEntry: what is known of a file without its streams and findings.
 * @path: bytes of the file system, NUL-terminated
 * @verdict: of its newest result
 * @container, @codecs: "" for none; codecs one a line
 * @size: CVI_NONE if not known
 */
typedef struct {
  const char *path;
  CviVerdict verdict;
  const char *container;
  const char *codecs;
  guint64 size;
  gint64 scanned_at;
} CviStoreEntry;

/* Returns FALSE to stop early. All of @entry is gone afterwards. */
typedef gboolean (*CviStoreEntryFunc) (
    const CviStoreEntry *entry, gpointer user_data);

/* Visits each file in order of path. */
gboolean cvi_store_foreach_file (CviStore *store, CviStoreEntryFunc func,
    gpointer user_data, GError **error);

/**
 * CviStoreDifference: a file between two scans. What counts is a file's newest
 * result of all scans up to the one, since a scan stores nothing of files that
 * have not changed.
 * @before: 0 if it had no result; @verdict_before then is no value
 * @after: result id; the same as @before where it was not checked again
 * @rules: those of the findings of @after, one a line
 */
typedef struct {
  const char *path;
  gint64 before;
  CviVerdict verdict_before;
  gint64 after;
  CviVerdict verdict_after;
  const char *rules;
} CviStoreDifference;

typedef gboolean (*CviStoreDifferenceFunc) (
    const CviStoreDifference *difference, gpointer user_data);

/* Visits each file that has a result up to scan @to, in order of path; those
 * that are as before too. */
gboolean cvi_store_foreach_difference (CviStore *store, gint64 from, gint64 to,
    CviStoreDifferenceFunc func, gpointer user_data, GError **error);

/* @previous: what the file's verdict was, CVI_N_VERDICTS if it had none. */
typedef void (*CviStoreStepFunc) (
    gint64 scan, CviVerdict verdict, CviVerdict previous, gpointer user_data);

/* Visits every result there is, as they were stored. */
gboolean cvi_store_foreach_step (
    CviStore *store, CviStoreStepFunc func, gpointer user_data, GError **error);

/**
 * CviStoreRemoved: what was (or would be) removed.
 * @n_newest: results that are old enough, but kept as their file's newest
 */
typedef struct {
  guint64 n_results;
  guint64 n_newest;
  guint64 n_files;
  guint64 n_scans;
} CviStoreRemoved;

/**
 * cvi_store_remove_old:
 * @before: Unix seconds: results made up to then, and scans begun up to then
 *   that have no result left
 * @newest_too: also results that are the newest of their file; else these stay
 * @dry_run: only counts (results)
 * @removed: (out)
 *
 * Scans that are running keep all their results. Commits every 10000 results,
 * so that others can write meanwhile.
 */
gboolean cvi_store_remove_old (CviStore *store, gint64 before,
    gboolean newest_too, gboolean dry_run, CviStoreRemoved *removed,
    GError **error);

/* Removes the files with all their results. @paths: NULL-terminated bytes of
 * the file system */
gboolean cvi_store_remove_files (CviStore *store, const char *const *paths,
    CviStoreRemoved *removed, GError **error);

/**
 * cvi_store_compact:
 * @freed: (out): bytes by which the file has become smaller
 *
 * Gives space back to the file system where at least a quarter of the file is
 * unused. Needs as much free space as the store is large.
 */
gboolean cvi_store_compact (CviStore *store, guint64 *freed, GError **error);

/**
 * cvi_store_backup:
 * @path: the copy; made with mode 0600 under another name in the same folder,
 *   looked through by SQLite's integrity check, then renamed
 * @replace: whether @path may be there
 *
 * Copies the store as it is at one moment; others may use it meanwhile.
 */
gboolean cvi_store_backup (
    CviStore *store, const char *path, gboolean replace, GError **error);

/* Returns: (transfer full) (element-type CviScanInfo): newest first, at most
 * @limit (0: all) */
GPtrArray *cvi_store_list_scans (CviStore *store, guint limit, GError **error);

/* @which: "latest", "previous" or an id. Returns: (transfer full): its verdicts
 * are not counted, which takes 0.1 s for a million */
CviScanInfo *cvi_store_find_scan (
    CviStore *store, const char *which, GError **error);

G_END_DECLS
