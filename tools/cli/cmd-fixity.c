/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-duplicates.h"
#include "tools/cli/cvi-open-store.h"
#include "tools/cli/cvi-output.h"
#include "tools/cli/cvi-paths.h"
#include "tools/cli/cvi-say.h"
#include "tools/cli/cvi-settings.h"
#include "tools/fixity/cvi-hash-list.h"
#include "tools/report/cvi-display.h"

/* Longest line of a list: a digest and a path. */
#define MAX_LINE (64 * 1024)
/* Lines that cannot be read are told of one by one up to here. */
#define MAX_TOLD 10

typedef struct {
  CviSettings *settings;
  CviStore *store;
  const char *format; /* (nullable) */
  char *base;         /* (nullable): absolute, without a slash at its end */
  FILE *out;
  guint64 n_lines;
  guint64 n_bad;
  guint64 n_skipped;
} Exchange;

static gboolean
fail (GError **error, const char *what)
{
  g_set_error_literal (
      error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID, what);
  return FALSE;
}

/* Returns: CVI_N_DIGESTS where the format does not say */
static CviDigest
digest_of_format (const char *format)
{
  static const struct {
    const char *name;
    CviDigest digest;
  } formats[] = { { "md5sum", CVI_DIGEST_MD5 }, { "sha1sum", CVI_DIGEST_SHA1 },
    { "sha256sum", CVI_DIGEST_SHA256 }, { "sha512sum", CVI_DIGEST_SHA512 },
    { "xxhsum", CVI_DIGEST_XXH128 } };

  for (guint i = 0; format && i < G_N_ELEMENTS (formats); i++) {
    if (g_str_equal (format, formats[i].name))
      return formats[i].digest;
  }
  return CVI_N_DIGESTS;
}

static gboolean
is_bagit (const Exchange *exchange)
{
  return exchange->format && g_str_equal (exchange->format, "bagit");
}

/* Returns: whether the file has such a digest */
static gboolean
find_digest (const CviStoredFixity *stored, CviDigest digest, guint8 *bytes)
{
  GBytes *found;
  gsize size;

  if (digest == CVI_DIGEST_XXH128 && stored->fixity) {
    memcpy (bytes, stored->fixity->whole, CVI_FIXITY_DIGEST);
    return TRUE;
  }
  found = g_hash_table_lookup (stored->digests, cvi_digest_to_string (digest));
  if (!found || g_bytes_get_size (found) != cvi_digest_size (digest))
    return FALSE;
  memcpy (bytes, g_bytes_get_data (found, &size), cvi_digest_size (digest));
  return TRUE;
}

/* A file with rot is left out: its hash is that of what it should be, and a
 * list says what is. */
static void
export_file (
    Exchange *exchange, const CviStoredFixity *stored, CviDigest digest)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gsize base_len = exchange->base ? strlen (exchange->base) : 0;
  const char *path = stored->path;
  CviHashLine line = { .digest = digest };

  if (stored->vanished_at > 0 || !find_digest (stored, digest, line.bytes)) {
    exchange->n_skipped++;
    return;
  }
  if (exchange->base && g_str_has_prefix (path, exchange->base) &&
      path[base_len] == '/')
    path += base_len + 1;
  line.path = (char *)path;
  cvi_hash_line_append (text, &line, is_bagit (exchange));
  fwrite (text->str, 1, text->len, exchange->out);
  exchange->n_lines++;
}

static gboolean
export_below (Exchange *exchange, const char *path, GError **error)
{
  g_autoptr (GArray) ids =
      cvi_store_list_fixity (exchange->store, path, FALSE, error);
  CviDigest digest = digest_of_format (exchange->format);

  if (!ids)
    return FALSE;
  if (digest == CVI_N_DIGESTS)
    digest = is_bagit (exchange) ? CVI_DIGEST_SHA256 : CVI_DIGEST_XXH128;
  for (guint i = 0; i < ids->len && !ferror (exchange->out); i++) {
    g_autoptr (GError) local = NULL;
    g_autoptr (CviStoredFixity) stored = cvi_store_load_fixity (
        exchange->store, g_array_index (ids, gint64, i), &local);

    if (local) {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
    if (stored)
      export_file (exchange, stored, digest);
  }
  return TRUE;
}

static gboolean
export_to (Exchange *exchange, char **arguments, int fd, GError **error)
{
  g_auto (GStrv) paths = cvi_absolute_paths (arguments);
  gboolean ok = TRUE;

  exchange->out = fdopen (fd, "w");
  if (!exchange->out)
    return fail (error, "cannot write the list");
  if (!paths[0])
    ok = export_below (exchange, NULL, error);
  for (guint i = 0; ok && paths[i]; i++)
    ok = export_below (exchange, paths[i], error);
  if ((ferror (exchange->out) | fclose (exchange->out)) != 0 && ok)
    ok = fail (error, "cannot write all of the list");
  if (ok)
    cvi_say ("%" G_GUINT64_FORMAT " hashes; %" G_GUINT64_FORMAT
             " files have none of this kind",
        exchange->n_lines, exchange->n_skipped);
  return ok;
}

static gboolean
run_export (Exchange *exchange, char **arguments, GError **error)
{
  const char *base =
      cvi_settings_get_text (exchange->settings, CVI_SETTING_BASE);
  int fd;

  if (base)
    exchange->base = cvi_absolute_path (base);
  fd = cvi_output_open (exchange->settings, error);
  return fd >= 0 && export_to (exchange, arguments, fd, error);
}

static void
tell_bad (Exchange *exchange, const char *list, guint64 number)
{
  if (exchange->n_bad++ < MAX_TOLD)
    cvi_say ("%s:%" G_GUINT64_FORMAT ": no hash and name that could be told "
             "(32 digits are MD5 or XXH3: --format says which)",
        list, number);
}

static gboolean
import_line (Exchange *exchange, const GString *text, const char *list,
    guint64 number, CviDigest digest, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GBytes) bytes = NULL;
  CviHashLine line;
  gboolean ok;

  if (text->len == 0 || text->str[0] == '#')
    return TRUE;
  if (text->len > MAX_LINE || strlen (text->str) != text->len ||
      !cvi_hash_line_parse (text->str, digest, is_bagit (exchange), &line)) {
    tell_bad (exchange, list, number);
    return TRUE;
  }
  path = g_path_is_absolute (line.path)
             ? cvi_absolute_path (line.path)
             : g_canonicalize_filename (line.path, exchange->base);
  bytes = g_bytes_new (line.bytes, cvi_digest_size (line.digest));
  ok = cvi_store_set_digest (
      exchange->store, path, cvi_digest_to_string (line.digest), bytes, error);
  exchange->n_lines++;
  cvi_hash_line_clear (&line);
  return ok;
}

/* Returns: NULL with @error */
static FILE *
open_list (const char *list, GError **error)
{
  int fd = g_str_equal (list, "-") ? dup (STDIN_FILENO)
                                   : open (list, O_RDONLY | O_CLOEXEC);
  FILE *file = fd >= 0 ? fdopen (fd, "r") : NULL;
  int saved_errno = errno;

  if (file)
    return file;
  if (fd >= 0)
    close (fd);
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved_errno),
      "%s: %s", list, g_strerror (saved_errno));
  return NULL;
}

/* Reads a line without its end. What is longer than any can be is left out, so
 * that a list without lines does not fill the memory, and leaves it too long.
 * Returns: FALSE at the end and on errors */
static gboolean
next_line (FILE *file, GString *line)
{
  gboolean ended = FALSE;
  int c = EOF;

  g_string_truncate (line, 0);
  while (!ended && (c = getc_unlocked (file)) != EOF) {
    ended = c == '\n';
    if (!ended && line->len <= MAX_LINE)
      g_string_append_c (line, (char)c);
  }
  if (line->len > 0 && line->str[line->len - 1] == '\r')
    g_string_truncate (line, line->len - 1);
  return ended || line->len > 0;
}

static void
choose_import (Exchange *exchange, const char *list)
{
  const char *base =
      cvi_settings_get_text (exchange->settings, CVI_SETTING_BASE);
  g_autofree char *name = g_path_get_basename (list);

  g_free (exchange->base);
  if (base) {
    exchange->base = cvi_absolute_path (base);
  } else if (g_str_equal (list, "-")) {
    exchange->base = g_get_current_dir ();
  } else {
    g_autofree char *absolute = cvi_absolute_path (list);

    exchange->base = g_path_get_dirname (absolute);
  }
  exchange->format =
      cvi_settings_get_text (exchange->settings, CVI_SETTING_LIST_FORMAT);
  /* manifest-sha256.txt, tagmanifest-md5.txt: RFC 8493, 2.1.3 and 2.2.1. */
  if (!exchange->format && g_str_has_suffix (name, ".txt") &&
      (g_str_has_prefix (name, "manifest-") ||
          g_str_has_prefix (name, "tagmanifest-")))
    exchange->format = "bagit";
}

static gboolean
import_lines (Exchange *exchange, FILE *file, const char *list,
    CviDigest digest, GError **error)
{
  g_autoptr (GString) line = g_string_new (NULL);
  guint64 number = 0;

  while (next_line (file, line)) {
    if (!import_line (exchange, line, list, ++number, digest, error))
      return FALSE;
  }
  return !ferror (file) || fail (error, "cannot read all of the list");
}

static gboolean
import_list (Exchange *exchange, const char *list, GError **error)
{
  FILE *file = open_list (list, error);
  CviDigest digest;
  gboolean ok;

  if (!file)
    return FALSE;
  choose_import (exchange, list);
  digest = digest_of_format (exchange->format);
  if (digest == CVI_N_DIGESTS)
    digest = cvi_hash_list_guess (list);
  ok = import_lines (exchange, file, list, digest, error);
  fclose (file);
  return ok;
}

static gboolean
run_import (Exchange *exchange, char **arguments, GError **error)
{
  if (!arguments[0])
    return fail (error, "no LIST given");
  for (guint i = 0; arguments[i]; i++) {
    if (!import_list (exchange, arguments[i], error))
      return FALSE;
  }
  cvi_say ("%" G_GUINT64_FORMAT " hashes; %" G_GUINT64_FORMAT
           " lines are none; the next verify compares",
      exchange->n_lines, exchange->n_bad);
  return cvi_store_flush (exchange->store, error);
}

static gboolean
run_duplicates (Exchange *exchange, char **arguments, GError **error)
{
  if (arguments[0])
    return fail (error, "duplicates takes no argument");
  return cvi_duplicates_print (exchange->store, error);
}

static int
exchange_all (CviSettings *settings, GError **error)
{
  static const struct {
    const char *name;
    gboolean reads_only;
    gboolean (*run) (Exchange *exchange, char **arguments, GError **error);
  } actions[] = { { "export", TRUE, run_export },
    { "import", FALSE, run_import }, { "duplicates", TRUE, run_duplicates } };
  char **arguments = cvi_settings_get_arguments (settings);
  g_autofree char *path = cvi_choose_store (settings);
  Exchange exchange = { .settings = settings };
  gboolean ok;
  guint i;

  for (i = 0; arguments[0] && i < G_N_ELEMENTS (actions); i++) {
    if (g_str_equal (arguments[0], actions[i].name))
      break;
  }
  if (!arguments[0] || i == G_N_ELEMENTS (actions)) {
    fail (error, "say export, import or duplicates");
    return CVI_EXIT_USAGE;
  }
  exchange.format = cvi_settings_get_text (settings, CVI_SETTING_LIST_FORMAT);
  exchange.store = actions[i].reads_only ? cvi_open_store (settings, error)
                                         : cvi_store_open (path, FALSE, error);
  if (!exchange.store)
    return CVI_EXIT_USAGE;
  ok = actions[i].run (&exchange, arguments + 1, error);
  if (!cvi_store_close (exchange.store, ok ? error : NULL))
    ok = FALSE;
  g_free (exchange.base);
  if (!ok || cvi_close_stdout () != CVI_EXIT_OK)
    return CVI_EXIT_USAGE;
  return exchange.n_bad > 0 ? CVI_EXIT_UNCHECKED : CVI_EXIT_OK;
}

static int
run_fixity (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (CVI_FOR_FIXITY,
      "export [PATH...] | import LIST... | duplicates",
      cvi_command_fixity.summary, argv, &error);
  int status = settings ? exchange_all (settings, &error) : CVI_EXIT_USAGE;

  if (error)
    cvi_say ("fixity: %s", error->message);
  return status;
}

const CviCommand cvi_command_fixity = {
  .name = "fixity",
  .summary = "Exchange content hashes with other tools, list duplicates",
  .run = run_fixity,
};
