/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Puts many results into a store, unless it is there already, asks for some,
 * and tells how long that took: store-speed FILE [RESULTS]. One in a thousand
 * is corrupt, and all that is suspicious is in the last folder. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "plugin/core/cvi-verdict.h"
#include "tools/store/cvi-store.h"

#define FILES_PER_FOLDER 500

typedef struct {
  const char *what;
  CviStoreFilter filter;
} Question;

static CviResult *
make_result (guint64 n, guint64 n_results)
{
  g_autofree char *path =
      g_strdup_printf ("/library/folder-%05u/a-film-with-a-long-name-%07u.mkv",
          (guint)(n / FILES_PER_FOLDER), (guint)n);
  CviResult *result = cvi_result_new (path, CVI_MODE_HYBRID);
  CviStream *video = cvi_stream_new ("video/0", "video");
  CviStream *audio = cvi_stream_new ("audio/0", "audio");

  video->codec = g_strdup ("H.264");
  video->decoder = g_strdup ("avdec_h264");
  audio->codec = g_strdup ("AAC");
  audio->decoder = g_strdup ("avdec_aac");
  video->checked = audio->checked = TRUE;
  g_ptr_array_add (result->streams, video);
  g_ptr_array_add (result->streams, audio);
  result->container = g_strdup ("matroska");
  result->size = 1000000 + n;
  if (n % 1000 == 0)
    cvi_result_add (
        result, cvi_finding_new (CVI_RULE_DECODE_ERROR, "video/0", "an error"));
  else if (n + 100 > n_results)
    cvi_result_add (
        result, cvi_finding_new (CVI_RULE_TIME_GAP, "video/0", "a gap"));
  cvi_result_judge (result);
  return result;
}

static double
since (gint64 began_us)
{
  return (double)(g_get_monotonic_time () - began_us) / G_USEC_PER_SEC;
}

/* Returns: a new scan */
static gint64
begin (CviStore *store, const char *args)
{
  gboolean resumed;

  return cvi_store_begin_scan (
      store, args, "/library", CVI_MODE_HYBRID, &resumed, NULL);
}

/* Makes scan 1, of all files, and scan 2, of the last one. */
static void
put_all (CviStore *store, guint64 n_results)
{
  g_autoptr (CviResult) last = make_result (n_results - 1, n_results);
  gint64 scan = begin (store, "all");
  gint64 began_us = g_get_monotonic_time ();
  gint64 flushed_us = began_us;
  double seconds;

  for (guint64 n = 0; n < n_results; n++) {
    g_autoptr (CviResult) result = make_result (n, n_results);

    if (!cvi_store_put (store, scan, result, NULL))
      g_error ("cannot put");
    /* As a scan does. */
    if (g_get_monotonic_time () - flushed_us > CVI_STORE_COMMIT_MS * 1000) {
      flushed_us = g_get_monotonic_time ();
      cvi_store_flush (store, NULL);
    }
  }
  cvi_store_flush (store, NULL);
  seconds = since (began_us);
  g_print ("put %" G_GUINT64_FORMAT " in %.1f s: %.0f results/s\n", n_results,
      seconds, (double)n_results / seconds);
  if (!cvi_store_put (store, begin (store, "last"), last, NULL))
    g_error ("cannot put");
}

static gboolean
stop_at_first (CviResult *result, gpointer user_data)
{
  *(gint64 *)user_data = g_get_monotonic_time ();
  return FALSE;
}

static void
ask (CviStore *store, const Question *question)
{
  gint64 began_us = g_get_monotonic_time ();
  gint64 first_us = 0;

  if (!cvi_store_foreach (
          store, &question->filter, stop_at_first, &first_us, NULL))
    g_error ("cannot ask");
  g_print ("%s: %s after %.1f ms\n", question->what,
      first_us ? "first row" : "nothing",
      (double)((first_us ? first_us : g_get_monotonic_time ()) - began_us) /
          1000);
}

static void
ask_all (CviStore *store)
{
  const guint corrupt = 1u << CVI_VERDICT_CORRUPT;
  const guint suspicious = 1u << CVI_VERDICT_SUSPICIOUS;
  const guint healthy = 1u << CVI_VERDICT_HEALTHY;
  const Question questions[] = {
    { "all", { 0, 0, NULL } },
    { "healthy", { 0, healthy, NULL } },
    { "corrupt", { 0, corrupt, NULL } },
    { "suspicious, all at the end", { 0, suspicious, NULL } },
    { "incomplete, of which there is none",
        { 0, 1u << CVI_VERDICT_INCOMPLETE, NULL } },
    { "a folder in the middle", { 0, 0, "/library/folder-00100" } },
    { "suspicious of a folder", { 0, suspicious, "/library/folder-00100" } },
    { "what is not there and has neighbours that begin like it",
        { 0, 0, "/library/folder" } },
    { "the large scan", { 1, 0, NULL } },
    { "suspicious of the large scan", { 1, suspicious, NULL } },
    { "the small scan", { 2, 0, NULL } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (questions); i++)
    ask (store, &questions[i]);
}

int
main (int argc, char **argv)
{
  guint64 n_results = argc > 2 ? g_ascii_strtoull (argv[2], NULL, 10) : 1000000;
  g_autoptr (CviStore) store = NULL;
  g_autoptr (GError) error = NULL;
  struct rusage usage;
  gboolean is_new;

  if (argc < 2 || n_results == 0) {
    g_printerr ("usage: store-speed FILE [RESULTS]\n");
    return 2;
  }
  is_new = !g_file_test (argv[1], G_FILE_TEST_EXISTS);
  store = cvi_store_open (argv[1], FALSE, &error);
  if (!store)
    g_error ("%s", error->message);
  if (is_new)
    put_all (store, n_results);
  ask_all (store);
  getrusage (RUSAGE_SELF, &usage);
  g_print ("CPU %.1f s, peak memory %.1f MiB\n",
      (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec,
      (double)usage.ru_maxrss / 1024);
  return 0;
}
