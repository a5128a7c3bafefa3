/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/store/cvi-store.h"

#include <sqlite3.h>

G_BEGIN_DECLS

/* Results after which a transaction commits. */
#define CVI_STORE_COMMIT_RESULTS 10000
#define CVI_STORE_BUSY_TIMEOUT_MS (30 * 1000)

/* The statements that are kept prepared; sql/NAME.sql each. */
typedef enum {
  CVI_QUERY_FIND_CURRENT,
  CVI_QUERY_FIND_FILE,
  CVI_QUERY_ADD_FILE,
  CVI_QUERY_FIND_KIND,
  CVI_QUERY_ADD_KIND,
  CVI_QUERY_REMOVE_RESULT,
  CVI_QUERY_ADD_RESULT,
  CVI_QUERY_ADD_STREAM,
  CVI_QUERY_ADD_FINDING,
  CVI_QUERY_LOAD_RESULT,
  CVI_QUERY_LOAD_STREAMS,
  CVI_QUERY_LOAD_FINDINGS,
  CVI_QUERY_FIND_UNFINISHED,
  CVI_QUERY_ADD_SCAN,
  CVI_QUERY_RESUME_SCAN,
  CVI_QUERY_END_SCAN,
  CVI_QUERY_LIST_SCANS,
  CVI_QUERY_LOAD_SCAN,
  CVI_QUERY_COUNT_VERDICTS,
  CVI_QUERY_PUT_HASHES,
  CVI_QUERY_PUT_DIGEST,
  CVI_QUERY_REMOVE_DIGESTS,
  CVI_QUERY_ADD_HASHLESS,
  CVI_QUERY_FIND_WHOLE,
  CVI_QUERY_SET_CHECKED,
  CVI_QUERY_LOAD_HASHES,
  CVI_QUERY_LOAD_DIGESTS,
  CVI_QUERY_SET_VERIFIED,
  CVI_QUERY_SET_ROTTEN,
  CVI_QUERY_SET_VANISHED,
  CVI_QUERY_MOVE_RESULTS,
  CVI_QUERY_REMOVE_FILE_ROW,
  CVI_QUERY_MOVE_FILE,
  CVI_QUERY_MOVE_MARK,
  CVI_QUERY_FIND_MARK,
  CVI_QUERY_ADD_ETAG,
  CVI_QUERY_HAS_ETAG,
  CVI_N_QUERIES
} CviQueryId;

/**
 * @busy_timeout_ms: how long to wait for another process's lock
 * @failure: (nullable): collected results were lost; every later write fails
 *   with it, since a scan that went on would leave a hole behind
 * @n_pending: results in the open transaction
 * @pending_since: monotonic time (us) of its begin
 * @held: the open transaction is one of cvi_store_hold()
 * @rule_marks: (nullable) (element-type CviMark): read at the first need
 */
struct _CviStore {
  sqlite3 *db;
  char *path;
  gboolean readonly;
  gint64 busy_timeout_ms;
  sqlite3_stmt *queries[CVI_N_QUERIES];
  GError *failure;
  guint n_pending;
  gint64 pending_since;
  gboolean held;
  GPtrArray *rule_marks;
};

/* A kept statement while it is in use. */
typedef sqlite3_stmt CviQuery;
/* Gives it back: resets it, forgets what was bound. */
void cvi_query_release (CviQuery *query);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviQuery, cvi_query_release)

/* A statement of one use. */
typedef sqlite3_stmt CviStatement;
void cvi_statement_free (CviStatement *statement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviStatement, cvi_statement_free)

/* cvi-store-query.c */

/* Returns: (transfer full): text of sql/@name; the program's own resource, so
 * it is always there */
char *cvi_store_get_sql (const char *name);
/* Prepares all kept statements, which also proves that the schema has every
 * table and column. */
gboolean cvi_store_prepare_all (CviStore *store, GError **error);
void cvi_store_finalize_all (CviStore *store);
CviStatement *cvi_store_prepare (
    CviStore *store, const char *name, GError **error);
/* Returns: (transfer none): to be held in g_autoptr (CviQuery). */
CviQuery *cvi_store_query (CviStore *store, CviQueryId id);
/* Runs a statement that returns no rows. @what: "cannot ..." */
gboolean cvi_store_run (
    CviStore *store, CviQuery *query, const char *what, GError **error);
gboolean cvi_store_exec (
    CviStore *store, const char *sql, const char *what, GError **error);
/* PRAGMA values; -1 with @error. */
gint64 cvi_store_get_number (CviStore *store, const char *sql, GError **error);

/* What is bound must live until the query is released. CVI_NONE is NULL; what
 * SQLite's signed integers cannot hold becomes their largest. */
void cvi_query_bind_path (CviQuery *query, int index, const char *path);
void cvi_query_bind_text (CviQuery *query, int index, const char *text);
void cvi_query_bind_u64 (CviQuery *query, int index, guint64 value);
/* Returns: (transfer full) (nullable): always valid UTF-8 */
char *cvi_query_get_text (CviQuery *query, int column);
/* Returns: (transfer full): bytes up to the first NUL */
char *cvi_query_get_bytes (CviQuery *query, int column);
guint64 cvi_query_get_u64 (CviQuery *query, int column);
/* Returns: FALSE for a name that this version does not know */
gboolean cvi_query_get_verdict (
    CviQuery *query, int column, CviVerdict *verdict);
gboolean cvi_query_get_mode (CviQuery *query, int column, CviMode *mode);

/* cvi-store-put.c */

/* Returns: the row id of @path, made if need be; -1 with @error */
gint64 cvi_store_get_file_id (
    CviStore *store, const char *path, GError **error);

/* Both have their values. Returns: the row id that @find finds, else that of
 * the row that @add adds; -1 with @error */
gint64 cvi_store_find_or_add (
    CviStore *store, CviQuery *find, CviQuery *add, GError **error);
/**
 * cvi_store_change:
 * @func: changes rows, all or none of which are kept
 *
 * Runs @func inside of the open transaction, which it begins, and commits when
 * it is time to.
 */
typedef gboolean (*CviStoreChange) (
    CviStore *store, gpointer user_data, GError **error);
gboolean cvi_store_change (
    CviStore *store, CviStoreChange func, gpointer user_data, GError **error);

/* cvi-store-hashes.c: the rows of @fixity, in a transaction that is open. */
gboolean cvi_store_put_hashes (
    CviStore *store, gint64 file, const CviFixity *fixity, GError **error);

/* cvi-store-kind.c */

/* Returns: the row of table kinds that says what @result has in common with
 * others, made if need be; -1 with @error. In a transaction. */
gint64 cvi_store_get_kind (
    CviStore *store, const CviResult *result, GError **error);

/* cvi-store-select.c */

/* cvi-store-conditions.c */

/* A value to be bound. */
typedef struct {
  enum { CVI_BIND_INT, CVI_BIND_REAL, CVI_BIND_PATH } type;
  gint64 integer;
  double real;
  char *path; /* owned */
} CviStoreBind;

/* What a filter asks for, as conditions in SQL on a row "c" and, apart since
 * only some forms of the statement know paths, on a file "f". */
typedef struct {
  const CviStoreFilter *filter;
  GString *rows;
  guint n_rows;   /* conditions */
  guint n_ranges; /* those of them for which there is an index */
  GArray *row_binds;
  GString *paths;
  GArray *path_binds;
} CviStoreConditions;

/* @filter must outlive @conditions. */
gboolean cvi_store_conditions_init (CviStoreConditions *conditions,
    CviStore *store, const CviStoreFilter *filter, GError **error);
void cvi_store_conditions_clear (CviStoreConditions *conditions);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (
    CviStoreConditions, cvi_store_conditions_clear)
/* Returns: (transfer full): SQL for the bit of the verdict c.verdict */
char *cvi_store_verdict_bit (void);

/* cvi-store-select.c */

/* Results that a filter wants, in its order: a statement whose first column is
 * their id, or the ids. */
typedef struct {
  CviStatement *rows;
  GArray *ids; /* of gint64 */
  guint next;
} CviStoreAnswer;

void cvi_store_answer_clear (CviStoreAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CviStoreAnswer, cvi_store_answer_clear)

/**
 * cvi_store_select:
 * @answer: (out): empty before
 *
 * Asks what @filter asks, in the form that answers it soonest.
 */
gboolean cvi_store_select (CviStore *store, const CviStoreFilter *filter,
    CviStoreAnswer *answer, GError **error);
/* Returns: SQLITE_ROW with the next @id, SQLITE_DONE, or an error's code */
int cvi_store_answer_next (CviStoreAnswer *answer, gint64 *id);

/* cvi-store-error.c */

/* Sets @error from the connection's last error: store, @what, the reason and
 * what to do. */
void cvi_store_set_error (CviStore *store, GError **error, const char *what);
/* The same for a @reason of our own. */
void cvi_store_set_error_literal (CviStore *store, GError **error,
    CviStoreError code, const char *what, const char *reason);

/* cvi-store-transaction.c */

gboolean cvi_store_begin (CviStore *store, GError **error);
gboolean cvi_store_commit (CviStore *store, GError **error);
/**
 * cvi_store_abandon:
 * @reason: (transfer full): why a write or commit failed
 *
 * Gives an empty transaction up. Where SQLite rolled the collected results
 * back (it does so on a full disk), remembers that they are lost.
 * Returns: FALSE, with @error set
 */
gboolean cvi_store_abandon (CviStore *store, GError *reason, GError **error);

/* cvi-store-migrate.c */

/**
 * cvi_store_migrate:
 * @steps: NULL-terminated texts of SQL: the first leads to version 1, and so
 *   on
 *
 * Brings the store to the version of the last step, each step in its own
 * transaction. Returns: FALSE with @error, the store then is at the version of
 * the last step that succeeded
 */
gboolean cvi_store_migrate (
    CviStore *store, const char *const *steps, GError **error);
/* Migrates to this build's version; for a readonly store only looks. */
gboolean cvi_store_update_schema (CviStore *store, GError **error);

G_END_DECLS
