/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs a fuzz target without libFuzzer: every seed as it is, then a fixed
 * number of changed ones, the same in each run. A target that survives passes;
 * one that dies leaves its input behind.
 */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>

static int opt_runs = 10000;
static int opt_seed = 1;
static char *opt_write;
static char **opt_paths;

static const GOptionEntry entries[] = {
  { "runs", 0, 0, G_OPTION_ARG_INT, &opt_runs,
      "How many changed inputs (10000)", "N" },
  { "seed", 0, 0, G_OPTION_ARG_INT, &opt_seed, "Of the changes (1)", "N" },
  { "write-seeds", 0, 0, G_OPTION_ARG_FILENAME, &opt_write,
      "Write the seeds into a folder and run nothing", "FOLDER" },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &opt_paths, NULL,
      "SEED..." },
  { NULL },
};

static void
add_seed (const guint8 *data, gsize size, gpointer user_data)
{
  GByteArray *seed = g_byte_array_new ();

  g_byte_array_append (seed, data, (guint)MIN (size, FUZZ_MAX_INPUT));
  g_ptr_array_add (user_data, seed);
}

/* The start of a long file, and its start with its end: some containers have
 * their tables there. */
static void
add_file (GPtrArray *seeds, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gsize size, tail = FUZZ_MAX_INPUT / 4;

  if (!g_file_get_contents (path, &text, &size, &error))
    g_error ("%s", error->message);
  add_seed ((const guint8 *)text, size, seeds);
  if (size <= FUZZ_MAX_INPUT)
    return;
  memmove (text + FUZZ_MAX_INPUT - tail, text + size - tail, tail);
  add_seed ((const guint8 *)text, FUZZ_MAX_INPUT, seeds);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* Files in order of their names: the runs must not depend on the folder. */
static void
add_path (GPtrArray *seeds, const char *path)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (!g_file_test (path, G_FILE_TEST_IS_DIR)) {
    add_file (seeds, path);
    return;
  }
  dir = g_dir_open (path, 0, NULL);
  while (dir && (name = g_dir_read_name (dir)))
    g_ptr_array_add (names, g_build_filename (path, name, NULL));
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    add_file (seeds, g_ptr_array_index (names, i));
}

static GPtrArray *
get_seeds (void)
{
  GPtrArray *seeds =
      g_ptr_array_new_with_free_func ((GDestroyNotify)g_byte_array_unref);

  fuzz_target_seeds (add_seed, seeds);
  for (char **path = opt_paths; path && *path; path++)
    add_path (seeds, *path);
  if (seeds->len == 0)
    g_error ("no seeds");
  return seeds;
}

static void
write_seeds (GPtrArray *seeds)
{
  g_autoptr (GError) error = NULL;

  g_mkdir_with_parents (opt_write, 0755);
  for (guint i = 0; i < seeds->len; i++) {
    const GByteArray *seed = g_ptr_array_index (seeds, i);
    g_autofree char *path = g_strdup_printf ("%s/seed-%04u", opt_write, i);

    if (!g_file_set_contents (
            path, (const char *)seed->data, (gssize)seed->len, &error))
      g_error ("%s", error->message);
  }
}

/* The input is in the file before the target sees it: a crash leaves nobody to
 * write it. */
static void
run_one (const GByteArray *input, int last)
{
  g_autofree guint8 *exact = g_memdup2 (input->data, input->len);

  if (pwrite (last, input->data, input->len, 0) != (gssize)input->len ||
      ftruncate (last, (off_t)input->len) != 0)
    g_error ("cannot keep the input");
  LLVMFuzzerTestOneInput (exact, input->len);
}

static void
run_all (GPtrArray *seeds, int last)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32)opt_seed);

  for (guint i = 0; i < seeds->len; i++)
    run_one (g_ptr_array_index (seeds, i), last);
  for (int i = 0; i < opt_runs; i++) {
    const GByteArray *seed =
        g_ptr_array_index (seeds, g_rand_int (rand) % seeds->len);
    const GByteArray *other =
        g_ptr_array_index (seeds, g_rand_int (rand) % seeds->len);
    g_autoptr (GByteArray) input = g_byte_array_sized_new (FUZZ_MAX_INPUT);

    g_byte_array_append (input, seed->data, seed->len);
    fuzz_mutate (input, other, rand);
    run_one (input, last);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autofree char *name = g_path_get_basename (argv[0]);
  g_autofree char *left = g_strdup_printf ("%s.input", name);
  g_autoptr (GPtrArray) seeds = NULL;
  g_autoptr (GError) error = NULL;
  int last;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("%s\n", error->message);
    return 2;
  }
  seeds = get_seeds ();
  if (opt_write) {
    write_seeds (seeds);
    return 0;
  }
  last = g_creat (left, 0644);
  if (last < 0)
    g_error ("%s cannot be written", left);
  g_print (
      "TAP version 13\n1..1\n# an input that ends this is left in %s\n", left);
  run_all (seeds, last);
  close (last);
  g_remove (left);
  g_print ("ok 1 %s: %u seeds, %d runs\n", name, seeds->len, opt_runs);
  g_strfreev (opt_paths);
  g_free (opt_write);
  return 0;
}
