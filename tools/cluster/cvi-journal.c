/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cluster/cvi-journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tools/cluster/cvi-durable.h"

struct _CviJournal {
  char *path;
  int fd;
};

static gboolean
fail (GError **error, const char *path)
{
  int saved_errno = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved_errno),
      "%s: %s", path, g_strerror (saved_errno));
  return FALSE;
}

static gboolean
append (CviJournal *journal, const char *row, gsize len, GError **error)
{
  while (len > 0) {
    gssize n = write (journal->fd, row, len);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return fail (error, journal->path);
    row += n;
    len -= (gsize)n;
  }
  return fdatasync (journal->fd) == 0 || fail (error, journal->path);
}

static gboolean append_row (CviJournal *journal, GError **error,
    const char *format, ...) G_GNUC_PRINTF (3, 4);

static gboolean
append_row (CviJournal *journal, GError **error, const char *format, ...)
{
  g_autofree char *row = NULL;
  va_list args;

  va_start (args, format);
  row = g_strdup_vprintf (format, args);
  va_end (args);
  return append (journal, row, strlen (row), error);
}

/* The name is new whatever the other machines' clocks and process numbers. */
static gboolean
create (CviJournal *journal, const CviPlan *plan, guint index, char **attempt,
    GError **error)
{
  for (guint i = 0; i < 8 && journal->fd < 0; i++) {
    g_autofree char *uuid = g_uuid_string_random ();
    g_autofree char *name = NULL;

    g_free (*attempt);
    *attempt = g_strndup (uuid, 13);
    name = g_strdup_printf ("shard-%06u.%s.jsonl", index, *attempt);
    g_free (journal->path);
    journal->path = g_build_filename (plan->run, "journal", name, NULL);
    journal->fd = open (journal->path,
        O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (journal->fd < 0 && errno != EEXIST)
      return fail (error, journal->path);
  }
  return journal->fd >= 0 || fail (error, journal->path);
}

CviJournal *
cvi_journal_new (const CviPlan *plan, guint index, GError **error)
{
  g_autoptr (CviJournal) journal = NULL;
  g_autoptr (CviResult) build = NULL;
  g_autofree char *attempt = NULL;

  g_return_val_if_fail (plan, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  journal = g_new0 (CviJournal, 1);
  journal->fd = -1;
  build = cvi_result_new ("", plan->mode);
  if (!create (journal, plan, index, &attempt, error) ||
      !append_row (journal, error,
          "{\"attempt\":\"%s\",\"plan\":\"%s\",\"shard\":%u,\"tool\":\"%s\","
          "\"rules\":%u}\n",
          attempt, plan->id, index, build->tool_version,
          build->rules_version) ||
      !cvi_durable_sync_folder (journal->path, error))
    return NULL;
  return g_steal_pointer (&journal);
}

void
cvi_journal_free (CviJournal *journal)
{
  if (!journal)
    return;
  if (journal->fd >= 0)
    close (journal->fd);
  g_free (journal->path);
  g_free (journal);
}

gboolean
cvi_journal_begin (CviJournal *journal, guint file, GError **error)
{
  g_return_val_if_fail (journal, FALSE);

  return append_row (journal, error, "{\"begin\":%u}\n", file);
}

/* As it is written, whatever the byte order here. */
static GBytes *
encode (const CviResult *result)
{
  g_autoptr (GVariant) variant =
      g_variant_ref_sink (cvi_result_to_variant (result));

  if (G_BYTE_ORDER == G_BIG_ENDIAN) {
    g_autoptr (GVariant) swapped = g_variant_byteswap (variant);

    return g_variant_get_data_as_bytes (swapped);
  }
  return g_variant_get_data_as_bytes (variant);
}

gboolean
cvi_journal_result (
    CviJournal *journal, guint file, const CviResult *result, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *data = NULL;
  g_autofree char *sum = NULL;
  const guchar *variant;
  gsize len;

  g_return_val_if_fail (journal && result, FALSE);

  bytes = encode (result);
  variant = g_bytes_get_data (bytes, &len);
  data = g_base64_encode (variant, len);
  sum = g_compute_checksum_for_string (G_CHECKSUM_MD5, data, -1);
  return append_row (journal, error,
      "{\"result\":%u,\"verdict\":\"%s\",\"sum\":\"%.8s\",\"data\":\"%s\"}\n",
      file, cvi_verdict_to_string (result->verdict), sum, data);
}

gboolean
cvi_journal_failed (
    CviJournal *journal, guint file, const char *reason, GError **error)
{
  g_autofree char *plain = NULL;

  g_return_val_if_fail (journal && reason, FALSE);

  plain = cvi_sanitise_text (reason, -1, CVI_FINDING_MAX_MESSAGE);
  /* Two signs that a JSON string has to have escaped are left. */
  g_strdelimit (plain, "\"", '\'');
  g_strdelimit (plain, "\\", '/');
  return append_row (
      journal, error, "{\"failed\":%u,\"reason\":\"%s\"}\n", file, plain);
}

gboolean
cvi_journal_released (CviJournal *journal, guint file, GError **error)
{
  g_return_val_if_fail (journal, FALSE);

  return append_row (journal, error, "{\"released\":%u}\n", file);
}

gboolean
cvi_journal_end (CviJournal *journal, const char *how, GError **error)
{
  g_return_val_if_fail (journal && how, FALSE);

  return append_row (journal, error, "{\"end\":\"%s\"}\n", how);
}

CviResult *
cvi_journal_decode (const char *data, GError **error)
{
  g_autoptr (GVariant) variant = NULL;
  gsize len;
  guchar *bytes;

  g_return_val_if_fail (data, NULL);
  g_return_val_if_fail (!error || !*error, NULL);

  bytes = g_base64_decode (data, &len);
  variant = g_variant_ref_sink (g_variant_new_from_data (
      G_VARIANT_TYPE (CVI_RESULT_VARIANT), bytes, len, FALSE, g_free, bytes));
  if (G_BYTE_ORDER == G_BIG_ENDIAN) {
    GVariant *swapped = g_variant_byteswap (variant);

    g_variant_unref (variant);
    variant = swapped;
  }
  if (!g_variant_is_normal_form (variant)) {
    g_set_error_literal (error, CVI_CORE_ERROR, CVI_CORE_ERROR_INVALID,
        "a result in a journal is damaged");
    return NULL;
  }
  return cvi_result_from_variant (variant, error);
}
