/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-fetch-job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/pool/cvi-wire.h"

/* What comes without a length may never end, such as radio, and is to be sent
 * faster than it would be played. What has a length may come over any line, but
 * not so slowly that it is only meant to keep us waiting. */
#define BASE_S 600.
#define ENDLESS_BYTES_PER_S 1e6
#define BYTES_PER_S 1e4
/* RFC 9110 sets none; a longer one is not kept, and the resource counts as new
 * each time. */
#define MAX_ETAG 512
/* A password of less is not looked for among words, where it is not secret. */
#define SHORTEST_HIDDEN 4

gboolean
cvi_fetch_job_begin (CviFetchJob *job, int fd, GVariant *body)
{
  g_autoptr (GVariant) options = NULL;
  const char *path;

  *job = (CviFetchJob){ .fd = fd, .size = CVI_NONE };
  job->findings =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);
  job->began_us = g_get_monotonic_time ();
  job->time_limit_s = CVI_FETCH_SCALED;
  g_variant_get (
      body, "(&s^&ay&s@a{sv})", &job->uri, &path, &job->sandbox, &options);
  g_variant_lookup (options, "limit", "t", &job->limit);
  g_variant_lookup (options, "stall", "d", &job->stall_s);
  g_variant_lookup (options, "time-limit", "d", &job->time_limit_s);
  g_variant_lookup (options, "live", "d", &job->live_s);
  job->spool = open (path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  return job->spool >= 0 || cvi_fetch_fail (job, CVI_RULE_IO_PARTIAL,
                                "no temporary file: %s", g_strerror (errno));
}

void
cvi_fetch_job_end (CviFetchJob *job)
{
  GVariantBuilder findings;

  g_variant_builder_init (&findings, G_VARIANT_TYPE ("a" CVI_FINDING_VARIANT));
  for (guint i = 0; i < job->findings->len; i++)
    g_variant_builder_add_value (&findings,
        cvi_finding_to_variant (g_ptr_array_index (job->findings, i)));
  /* A supervisor that is gone needs no answer. */
  if (!cvi_wire_send (job->fd, CVI_WIRE_FETCHED,
          g_variant_new ("(b@a" CVI_FINDING_VARIANT ")", !job->failed,
              g_variant_builder_end (&findings)),
          NULL))
    _exit (1);
  g_clear_pointer (&job->findings, g_ptr_array_unref);
}

/* Takes @part out of the URIs in @text, as it stands in one and as what it
 * means.
 */
static void
take_out (GString *text, const char *part)
{
  g_autofree char *meaning = g_uri_unescape_string (part, NULL);
  const char *const forms[] = { part, meaning };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++) {
    g_autofree char *whole =
        forms[i] && *forms[i] ? g_strconcat (forms[i], "@", NULL) : NULL;

    if (whole)
      g_string_replace (text, whole, "", 0);
  }
}

/* Hides @password as a word of @text. Not a short one, or in words: what is
 * left of them would tell it. */
static void
hide_word (GString *text, const char *password)
{
  g_autofree char *meaning = g_uri_unescape_string (password, NULL);
  g_autofree char *literal =
      g_regex_escape_string (meaning ? meaning : password, -1);
  g_autofree char *pattern =
      g_strconcat ("(?<![[:alnum:]])", literal, "(?![[:alnum:]])", NULL);
  g_autoptr (GRegex) regex = NULL;
  g_autofree char *hidden = NULL;

  if (strlen (meaning ? meaning : password) < SHORTEST_HIDDEN)
    return;
  regex = g_regex_new (pattern, G_REGEX_RAW, 0, NULL);
  if (regex)
    hidden = g_regex_replace_literal (
        regex, text->str, (gssize)text->len, 0, "...", 0, NULL);
  if (hidden)
    g_string_assign (text, hidden);
}

/* Returns: (transfer full): @text without the user and the password of @uri */
static char *
without_secrets (const char *text, const char *uri)
{
  g_autoptr (GUri) parsed = g_uri_parse (uri,
      G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_NON_DNS | G_URI_FLAGS_ENCODED,
      NULL);
  GString *clean = g_string_new (text);

  if (parsed && g_uri_get_userinfo (parsed))
    take_out (clean, g_uri_get_userinfo (parsed));
  if (parsed && g_uri_get_user (parsed))
    take_out (clean, g_uri_get_user (parsed));
  if (parsed && g_uri_get_password (parsed)) {
    take_out (clean, g_uri_get_password (parsed));
    hide_word (clean, g_uri_get_password (parsed));
  }
  return g_string_free (clean, FALSE);
}

gboolean
cvi_fetch_fail (CviFetchJob *job, CviRuleId rule, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *clean = NULL;
  va_list args;

  if (job->failed)
    return FALSE;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  job->failed = TRUE;
  clean = without_secrets (text, job->uri);
  g_ptr_array_add (job->findings, cvi_finding_new (rule, NULL, "%s", clean));
  return FALSE;
}

void
cvi_fetch_note (CviFetchJob *job, CviRuleId rule, const char *text)
{
  CviFinding *finding = cvi_finding_new (rule, NULL, "%s", text);

  finding->severity = CVI_SEVERITY_INFO;
  g_ptr_array_add (job->findings, finding);
}

void
cvi_fetch_note_unbounded (CviFetchJob *job)
{
  cvi_fetch_note (job, CVI_RULE_IO_PARTIAL,
      "the server tells no length: a transfer that was cut short would look "
      "like a file that is");
}

static gboolean
fail_for_limit (CviFetchJob *job)
{
  return cvi_fetch_fail (job, CVI_RULE_IO_PARTIAL,
      "more than %" G_GUINT64_FORMAT " bytes (--spool-limit)", job->limit);
}

static gboolean
fail_for_errno (CviFetchJob *job, int problem)
{
  return cvi_fetch_fail (job, CVI_RULE_IO_PARTIAL,
      "the folder for temporary files (TMPDIR) does not take it: %s",
      g_strerror (problem));
}

/* A full disk is better known before the first byte than after the last. Not
 * every file system can do that. */
static gboolean
make_room (CviFetchJob *job)
{
  if (job->size == 0 || job->size == CVI_NONE)
    return TRUE;
  if (fallocate (job->spool, FALLOC_FL_KEEP_SIZE, 0, (off_t)job->size) == 0)
    return TRUE;
  return errno == ENOSPC || errno == EFBIG || errno == EDQUOT
             ? fail_for_errno (job, errno)
             : TRUE;
}

/* What is not harmless text is not compared with next time. */
static char *
clean_etag (const char *etag)
{
  g_autofree char *clean =
      cvi_sanitise_text (etag ? etag : "", -1, MAX_ETAG + 1);

  return g_strdup (
      etag && g_str_equal (clean, etag) && strlen (clean) <= MAX_ETAG ? clean
                                                                      : "");
}

gboolean
cvi_fetch_tell (
    CviFetchJob *job, guint64 size, gint64 mtime_ns, const char *etag)
{
  g_autofree char *clean = clean_etag (etag);

  if (job->told)
    return TRUE;
  job->told = TRUE;
  job->size = size;
  if (!cvi_wire_send (job->fd, CVI_WIRE_REMOTE,
          g_variant_new ("(txs)", size, mtime_ns, clean), NULL))
    _exit (1);
  if (size != CVI_NONE && job->limit > 0 && size > job->limit)
    return fail_for_limit (job);
  return make_room (job);
}

gboolean
cvi_fetch_write (CviFetchJob *job, const void *data, gsize len)
{
  const char *at = data;

  if (job->limit > 0 && len > job->limit - MIN (job->limit, job->written))
    return fail_for_limit (job);
  if (job->size != CVI_NONE && len > job->size - MIN (job->size, job->written))
    return cvi_fetch_fail (job, CVI_RULE_IO_ERROR,
        "more came than the %" G_GUINT64_FORMAT " bytes that were announced",
        job->size);
  while (len > 0) {
    gssize n = write (job->spool, at, len);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fail_for_errno (job, errno);
    at += n;
    len -= (gsize)n;
    job->written += (guint64)n;
  }
  return TRUE;
}

gboolean
cvi_fetch_check_size (CviFetchJob *job)
{
  struct stat status;

  if (fstat (job->spool, &status) == 0)
    job->written = (guint64)status.st_size;
  return job->limit == 0 || job->written <= job->limit || fail_for_limit (job);
}

gboolean
cvi_fetch_restart (CviFetchJob *job)
{
  job->written = 0;
  if (lseek (job->spool, 0, SEEK_SET) == 0 && ftruncate (job->spool, 0) == 0)
    return make_room (job);
  return fail_for_errno (job, errno);
}

gboolean
cvi_fetch_check_time (CviFetchJob *job)
{
  double elapsed_s =
      (double)(g_get_monotonic_time () - job->began_us) / G_TIME_SPAN_SECOND;
  double limit_s = job->time_limit_s;

  if (limit_s < 0)
    limit_s = BASE_S + (job->size == CVI_NONE
                               ? (double)job->written / ENDLESS_BYTES_PER_S
                               : (double)job->size / BYTES_PER_S);
  if (limit_s <= 0 || elapsed_s <= limit_s)
    return TRUE;
  return cvi_fetch_fail (job, CVI_RULE_IO_PARTIAL,
      "it was still being sent after %.0f s (%" G_GUINT64_FORMAT " bytes%s)",
      elapsed_s, job->written,
      job->size == CVI_NONE ? ", of a number that is not known" : "");
}
