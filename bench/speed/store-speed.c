/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * store-speed DATABASE FILES: the time that the store takes. Puts so many
 * results into a new store, a tenth of them corrupt with two findings, and
 * reads them back in the ways a scan and a report do. Sizes, codecs, containers
 * and dates are mixed so that `cvi-gst query` has something to look for. Prints
 * the seconds of each as an object in JSON.
 */
#include <time.h>

#include "tools/store/cvi-store.h"

#define FILES_PER_FOLDER 500
#define CORRUPT_EVERY 10
/* When the first of the files was checked; the others 30 seconds later each,
 * so that a million take most of a year. */
#define FIRST_AT G_GINT64_CONSTANT (1760000000)

/* By tenths of the files. */
static const char *const codecs[] = { "H.264", "H.264", "H.264", "H.264",
  "H.264", "H.265", "H.265", "MPEG-4", "VP9", "ProRes" };

static double
seconds_since (gint64 began)
{
  return (double)(g_get_monotonic_time () - began) / G_USEC_PER_SEC;
}

/* Of this process, which has one thread. */
static double
cpu_seconds (void)
{
  return (double)clock () / CLOCKS_PER_SEC;
}

static void
end_on (GError *error)
{
  if (error)
    g_error ("%s", error->message);
}

static char *
path_of (guint number)
{
  return g_strdup_printf ("/library/folder-%05u/a-film-with-a-name-%07u.mkv",
      number / FILES_PER_FOLDER, number);
}

/* Numbers without an order. */
static guint64
mix (guint number)
{
  return number * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) >> 24;
}

static guint64
size_of (guint number)
{
  return 1000000 + mix (number) % G_GUINT64_CONSTANT (8000000000);
}

static void
add_stream (CviResult *result, const char *id, const char *kind,
    const char *codec, const char *decoder)
{
  CviStream *stream = cvi_stream_new (id, kind);

  stream->codec = g_strdup (codec);
  stream->decoder = g_strdup (decoder);
  stream->frames = 150000;
  stream->duration_ns = G_GUINT64_CONSTANT (6000000000000);
  stream->checked = TRUE;
  g_ptr_array_add (result->streams, stream);
}

static CviResult *
make_result (guint number)
{
  g_autofree char *path = path_of (number);
  CviResult *result = cvi_result_new (path, CVI_MODE_HYBRID);

  result->size = size_of (number);
  result->mtime_ns = G_GINT64_CONSTANT (1700000000000000000) + number;
  result->duration_ns = G_GUINT64_CONSTANT (6000000000000);
  result->container = g_strdup (number % 3 == 0   ? "iso-bmff"
                                : number % 7 == 0 ? "mpeg-ts"
                                                  : "matroska");
  result->scanned_at = FIRST_AT + number * G_GINT64_CONSTANT (30);
  result->elapsed_s = 0.5;
  result->cpu_s = 0.4;
  add_stream (result, "video/0", "video", codecs[mix (number) % 100 / 10],
      "avdec_h264");
  add_stream (result, "audio/0", "audio", "AAC", "avdec_aac");
  if (number % CORRUPT_EVERY == 0) {
    CviFinding *cut = cvi_finding_new (
        CVI_RULE_CONTAINER_TRUNCATED, NULL, "the end is missing");
    CviFinding *broken = cvi_finding_new (
        CVI_RULE_DECODE_ERROR, "video/0", "error while decoding");

    cut->offset = number;
    broken->start_ns = broken->end_ns = number;
    cvi_result_add (result, cut);
    cvi_result_add (result, broken);
    result->verdict = result->previous_verdict = CVI_VERDICT_CORRUPT;
    result->confidence = 0.5 + mix (number) % 500 / 1000.;
    result->damage = mix (number + 1) % 1000 / 1000.;
  }
  return result;
}

static double
put_all (CviStore *store, guint n)
{
  g_autoptr (GError) error = NULL;
  gint64 began = g_get_monotonic_time ();
  gint64 scan = cvi_store_begin_scan (
      store, "speed", "/library", CVI_MODE_HYBRID, NULL, &error);

  end_on (error);
  for (guint i = 0; i < n; i++) {
    g_autoptr (CviResult) result = make_result (i);

    if (!cvi_store_put (store, scan, result, &error))
      end_on (error);
  }
  cvi_store_end_scan (store, scan, "finished", 0, &error);
  end_on (error);
  return seconds_since (began);
}

/* CPU time that making the results takes without storing them, which the time
 * of put_all() holds too. */
static double
make_all (guint n)
{
  double began = cpu_seconds ();

  for (guint i = 0; i < n; i++)
    cvi_result_free (make_result (i));
  return cpu_seconds () - began;
}

/* As a second scan asks of every file. */
static double
find_all (CviStore *store, guint n)
{
  g_autoptr (GError) error = NULL;
  gint64 began = g_get_monotonic_time ();

  for (guint i = 0; i < n; i++) {
    g_autofree char *path = path_of (i);
    CviStoreMatch match = { .size = size_of (i),
      .mtime_ns = G_GINT64_CONSTANT (1700000000000000000) + i,
      .mode = CVI_MODE_HYBRID };
    CviVerdict verdict;

    if (cvi_store_find_current (store, path, &match, &verdict, NULL, &error) <=
        0)
      g_error ("%s: %s", path, error ? error->message : "not found");
  }
  return seconds_since (began);
}

static gboolean
count_result (CviResult *result, gpointer user_data)
{
  guint *count = user_data;

  (*count)++;
  return TRUE;
}

static double
visit (CviStore *store, guint verdicts, const char *prefix, guint expected)
{
  g_autoptr (GError) error = NULL;
  CviStoreFilter filter = { .verdicts = verdicts, .path_prefix = prefix };
  gint64 began = g_get_monotonic_time ();
  guint count = 0;

  cvi_store_foreach (store, &filter, count_result, &count, &error);
  end_on (error);
  if (count != expected)
    g_error ("%u results instead of %u", count, expected);
  return seconds_since (began);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviStore) store = NULL;
  double made, put, put_cpu, found, all, corrupt, folder;
  guint64 n;

  if (argc != 3 ||
      !g_ascii_string_to_unsigned (argv[2], 10, 1, G_MAXINT / 2, &n, NULL)) {
    g_printerr ("usage: store-speed DATABASE FILES\n");
    return 2;
  }
  store = cvi_store_open (argv[1], FALSE, &error);
  end_on (error);
  made = make_all ((guint)n);
  put_cpu = cpu_seconds ();
  put = put_all (store, (guint)n);
  put_cpu = cpu_seconds () - put_cpu;
  found = find_all (store, (guint)n);
  all = visit (store, 0, NULL, (guint)n);
  corrupt = visit (store, 1u << CVI_VERDICT_CORRUPT, NULL,
      ((guint)n + CORRUPT_EVERY - 1) / CORRUPT_EVERY);
  folder = visit (
      store, 0, "/library/folder-00000", MIN ((guint)n, FILES_PER_FOLDER));
  g_print ("{\"make\": %.6f, \"put\": %.6f, \"put_cpu\": %.6f, \"find\": %.6f, "
           "\"all\": %.6f, \"corrupt\": %.6f, \"folder\": %.6f}\n",
      made, put, put_cpu, found, all, corrupt, folder);
  return 0;
}
