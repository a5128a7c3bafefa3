/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/store/cvi-store.h"

#include <sqlite3.h>

G_BEGIN_DECLS

/* A temporary folder with the name of a store in it. */
typedef struct {
  char *folder;
  char *path;
} Fixture;

void fixture_set_up (Fixture *fixture, gconstpointer data);
/* Removes the folder and all files in it. */
void fixture_tear_down (Fixture *fixture, gconstpointer data);

#define ADD_TEST(name, func)                                                   \
  g_test_add (name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

/* Open or close a store; any error ends the test. */
CviStore *open_store (const char *path);
void close_store (CviStore *store);
gint64 begin_scan (CviStore *store, const char *args, gboolean *resumed);
void end_scan (CviStore *store, gint64 scan, const char *status);

/* Result with a fixed size, time and mode, two streams and, unless it is
 * healthy, two findings. */
CviResult *make_result (const char *path, CviMode mode, CviVerdict verdict);
/* Stores make_result(). */
void put (CviStore *store, gint64 scan, const char *path, CviMode mode,
    CviVerdict verdict);
void assert_results_equal (const CviResult *a, const CviResult *b);

/* "path verdict mode" of each visited result, one a line. */
char *list_results (
    CviStore *store, gint64 scan, guint verdicts, const char *prefix);
/* Number of results. */
guint count_results (CviStore *store, gint64 scan);

/* Runs @sql in the file without the store's help. */
void run_sql (const char *path, const char *sql);
/* First column of the first row, as a string. */
char *query_sql (const char *path, const char *sql);

/* @error is of the store's domain and @code, and names @path. */
void assert_store_error (
    const GError *error, CviStoreError code, const char *path);
/* Opening fails with @code. */
void assert_refused (const char *path, gboolean readonly, CviStoreError code);

G_END_DECLS
