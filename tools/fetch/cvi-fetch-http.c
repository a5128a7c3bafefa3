/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/fetch/cvi-fetch-transports.h"

#include <string.h>
#include <curl/curl.h>
#include "config.h"

#define CONNECT_TIMEOUT_S 30
#define MAX_REDIRECTS 10
#define CHUNK (256 * 1024)
/* Of all answers' heads; what is larger is there to fill memory. */
#define MAX_HEADERS (512 * 1024)

typedef struct {
  CviFetchJob *job;
  CURL *easy;
  gboolean accepted;  /* the present response's head is looked at */
  gboolean resuming;  /* the present request asks for the rest */
  gboolean may_range; /* the server says that it can */
  gsize headers;      /* bytes of them so far */
  char *etag;         /* (nullable): of what is fetched */
  char *modified;     /* (nullable): its Last-Modified */
  char problem[CURL_ERROR_SIZE];
} Http;

/* Returns: (nullable): a header of the present response; until the next call */
static const char *
header_of (Http *http, const char *name)
{
  struct curl_header *header;

  return curl_easy_header (http->easy, name, 0, CURLH_HEADER, -1, &header) ==
                 CURLHE_OK
             ? header->value
             : NULL;
}

static gboolean
refuse_status (Http *http, long status)
{
  static const struct {
    long status;
    CviRuleId rule;
    const char *meaning;
  } known[] = {
    { 401, CVI_RULE_IO_PERMISSION, "it wants a user and a password" },
    { 403, CVI_RULE_IO_PERMISSION, "it does not allow that" },
    { 404, CVI_RULE_IO_VANISHED, "it is not there" },
    { 407, CVI_RULE_IO_PERMISSION, "the proxy wants a user and a password" },
    { 410, CVI_RULE_IO_VANISHED, "it is not there any more" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++) {
    if (known[i].status == status)
      return cvi_fetch_fail (http->job, known[i].rule,
          "the server answers %ld: %s", status, known[i].meaning);
  }
  return cvi_fetch_fail (
      http->job, CVI_RULE_IO_ERROR, "the server answers %ld", status);
}

/* Is this the rest of what was begun, and not another part? */
static gboolean
is_rest (Http *http)
{
  g_autofree char *wanted = g_strdup_printf (
      "bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT,
      http->job->written, http->job->size - 1, http->job->size);

  return http->resuming &&
         g_strcmp0 (header_of (http, "Content-Range"), wanted) == 0;
}

/* For If-Range. A weak ETag does not say that the bytes are the same (RFC 9110,
 * 13.1.5). Returns: (nullable) */
static const char *
validator_of (Http *http)
{
  return http->etag && !g_str_has_prefix (http->etag, "W/") ? http->etag
                                                            : http->modified;
}

static void
keep_state (Http *http)
{
  const char *ranges = header_of (http, "Accept-Ranges");

  http->etag = g_strdup (header_of (http, "ETag"));
  http->modified = g_strdup (header_of (http, "Last-Modified"));
  http->may_range = validator_of (http) &&
                    (!ranges || g_ascii_strcasecmp (ranges, "none") != 0);
}

/* Is this answer about what was begun? Not every server heeds If-Range. With a
 * part of it comes the ETag that comes with all of it; the time may be left out
 * (RFC 9110, 15.3.7). */
static gboolean
check_state (Http *http)
{
  const char *etag = header_of (http, "ETag");
  const char *modified = header_of (http, "Last-Modified");

  if ((!http->etag || g_strcmp0 (etag, http->etag) == 0) &&
      (!http->modified || !modified || g_str_equal (modified, http->modified)))
    return TRUE;
  return cvi_fetch_fail (http->job, CVI_RULE_IO_CHANGED, "%s",
      etag || !http->etag ? "it changed while it was fetched"
                          : "it may have changed while it was fetched: the "
                            "server does not say what its second answer is of");
}

/* A transfer without a length that ends with its connection looks the same
 * whether it has come to its end or not. */
static void
note_if_unbounded (Http *http)
{
  const char *coding = header_of (http, "Transfer-Encoding");
  long version = 0;

  curl_easy_getinfo (http->easy, CURLINFO_HTTP_VERSION, &version);
  if (http->job->size == CVI_NONE && !coding &&
      (version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1))
    cvi_fetch_note_unbounded (http->job);
}

/* A page to log in at is no damaged film. What servers have no name for, they
 * call text/plain or application/octet-stream: these say nothing. */
static gboolean
accept_type (Http *http)
{
  static const struct {
    const char *type;
    CviRuleId rule;
    const char *meaning;
  } refused[] = {
    { "text/html", CVI_RULE_IO_ERROR, "a web page" },
    { "application/xhtml", CVI_RULE_IO_ERROR, "a web page" },
    { "application/json", CVI_RULE_IO_ERROR, "no media" },
    { "application/xml", CVI_RULE_IO_ERROR, "no media" },
    { "text/xml", CVI_RULE_IO_ERROR, "no media" },
    { "application/vnd.apple.mpegurl", CVI_RULE_STREAM_UNSUPPORTED,
        "a playlist" },
    { "application/x-mpegurl", CVI_RULE_STREAM_UNSUPPORTED, "a playlist" },
    { "audio/x-mpegurl", CVI_RULE_STREAM_UNSUPPORTED, "a playlist" },
    { "audio/mpegurl", CVI_RULE_STREAM_UNSUPPORTED, "a playlist" },
    { "application/dash+xml", CVI_RULE_STREAM_UNSUPPORTED, "a playlist" },
  };
  const char *type = header_of (http, "Content-Type");

  for (guint i = 0; type && i < G_N_ELEMENTS (refused); i++) {
    if (g_ascii_strncasecmp (type, refused[i].type, strlen (refused[i].type)) ==
        0)
      return cvi_fetch_fail (http->job, refused[i].rule,
          "the server sends %s (%s)", refused[i].meaning, refused[i].type);
  }
  return TRUE;
}

static gboolean
accept_whole (Http *http)
{
  curl_off_t size = -1, mtime = -1;
  const char *coding = header_of (http, "Content-Encoding");

  if (coding && g_ascii_strcasecmp (coding, "identity") != 0)
    return cvi_fetch_fail (http->job, CVI_RULE_IO_ERROR,
        "the server sends it encoded as %s, which was not asked for", coding);
  if (!accept_type (http))
    return FALSE;
  curl_easy_getinfo (http->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
  curl_easy_getinfo (http->easy, CURLINFO_FILETIME_T, &mtime);
  if (http->job->told) {
    /* The second try begins anew; but what was told must still be true. */
    if ((size < 0 ? CVI_NONE : (guint64)size) != http->job->size)
      return cvi_fetch_fail (http->job, CVI_RULE_IO_CHANGED,
          "its size changed while it was fetched");
    return check_state (http) && cvi_fetch_restart (http->job);
  }
  keep_state (http);
  return cvi_fetch_tell (http->job, size < 0 ? CVI_NONE : (guint64)size,
      mtime > 0 && mtime < G_MAXINT64 / G_USEC_PER_SEC / 1000
          ? (gint64)mtime * G_USEC_PER_SEC * 1000
          : 0,
      header_of (http, "ETag"));
}

/* Looks at the head of a response before its first byte is taken. */
static gboolean
accept_response (Http *http)
{
  long status = 0;

  http->accepted = TRUE;
  curl_easy_getinfo (http->easy, CURLINFO_RESPONSE_CODE, &status);
  if (status == 206)
    return (!http->resuming || check_state (http)) &&
           (is_rest (http) || cvi_fetch_fail (http->job, CVI_RULE_IO_ERROR,
                                  "the server sends another part of it than "
                                  "was asked for"));
  return status == 200 ? accept_whole (http) : refuse_status (http, status);
}

static size_t
on_data (char *data, size_t size, size_t n, void *user_data)
{
  Http *http = user_data;

  /* Anything but n ends the transfer. */
  if (http->job->failed || (!http->accepted && !accept_response (http)) ||
      !cvi_fetch_write (http->job, data, size * n))
    return CURL_WRITEFUNC_ERROR;
  return size * n;
}

static size_t
on_header (char *data, size_t size, size_t n, void *user_data)
{
  Http *http = user_data;

  http->headers += size * n;
  if (http->headers <= MAX_HEADERS)
    return size * n;
  cvi_fetch_fail (
      http->job, CVI_RULE_IO_ERROR, "the head of the answer has no end");
  return 0;
}

static int
on_tick (void *user_data, curl_off_t dl_total, curl_off_t dl_now,
    curl_off_t ul_total, curl_off_t ul_now)
{
  Http *http = user_data;

  return cvi_fetch_check_time (http->job) ? 0 : 1;
}

/* Could it go on where the connection broke off? */
static gboolean
is_broken_off (CURLcode code)
{
  switch (code) {
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_OPERATION_TIMEDOUT:
      return TRUE;
    default:
      return FALSE;
  }
}

static CURLcode
perform (Http *http, gboolean resume)
{
  g_autofree char *range = NULL;
  g_autofree char *condition = NULL;
  struct curl_slist *headers = NULL;
  CURLcode code;

  http->accepted = FALSE;
  http->resuming = resume;
  http->problem[0] = '\0';
  if (resume) {
    range = g_strdup_printf ("%" G_GUINT64_FORMAT "-", http->job->written);
    condition = g_strdup_printf ("If-Range: %s", validator_of (http));
    headers = curl_slist_append (NULL, condition);
  }
  curl_easy_setopt (http->easy, CURLOPT_RANGE, range);
  curl_easy_setopt (http->easy, CURLOPT_HTTPHEADER, headers);
  code = curl_easy_perform (http->easy);
  curl_easy_setopt (http->easy, CURLOPT_HTTPHEADER, NULL);
  curl_slist_free_all (headers);
  /* One without a body. */
  if (code == CURLE_OK && !http->accepted)
    accept_response (http);
  return code;
}

/* @again: it was the second try */
static void
fail_for_code (Http *http, CURLcode code, gboolean again)
{
  CviFetchJob *job = http->job;
  const char *said =
      http->problem[0] ? http->problem : curl_easy_strerror (code);

  if (code == CURLE_TOO_MANY_REDIRECTS)
    cvi_fetch_fail (
        job, CVI_RULE_IO_ERROR, "more than %d redirects", MAX_REDIRECTS);
  else if (code == CURLE_UNSUPPORTED_PROTOCOL)
    cvi_fetch_fail (job, CVI_RULE_IO_ERROR,
        "the server redirects to something else than http or https");
  else if (code == CURLE_PEER_FAILED_VERIFICATION ||
           code == CURLE_SSL_CACERT_BADFILE)
    cvi_fetch_fail (job, CVI_RULE_IO_ERROR,
        "the server's TLS certificate is not trusted: %s", said);
  else if (job->written > 0 && job->size != CVI_NONE)
    cvi_fetch_fail (job, CVI_RULE_IO_ERROR,
        "the transfer ended after %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
        " bytes%s: %s",
        job->written, job->size, again ? ", twice" : "", said);
  else
    cvi_fetch_fail (
        job, CVI_RULE_IO_ERROR, "%s%s", said, again ? " (twice)" : "");
}

/* The environment's proxies are libcurl's own doing. */
static void
set_options (Http *http)
{
  CviFetchJob *job = http->job;
  const char *bundle = g_getenv ("SSL_CERT_FILE");
  long stall = (long)CLAMP (job->stall_s, 0., 1e6);
  CURL *easy = http->easy;

  curl_easy_setopt (easy, CURLOPT_URL, job->uri);
  curl_easy_setopt (easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt (easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt (easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt (easy, CURLOPT_MAXREDIRS, (long)MAX_REDIRECTS);
  curl_easy_setopt (easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC | CURLAUTH_DIGEST);
  curl_easy_setopt (easy, CURLOPT_USERAGENT, "cvi-gst/" PACKAGE_VERSION);
  curl_easy_setopt (easy, CURLOPT_FILETIME, 1L);
  curl_easy_setopt (easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (easy, CURLOPT_BUFFERSIZE, (long)CHUNK);
  curl_easy_setopt (easy, CURLOPT_ERRORBUFFER, http->problem);
  curl_easy_setopt (easy, CURLOPT_CONNECTTIMEOUT,
      stall > 0 ? MIN (stall, CONNECT_TIMEOUT_S) : CONNECT_TIMEOUT_S);
  /* Slower than a byte a second is no data. */
  curl_easy_setopt (easy, CURLOPT_LOW_SPEED_LIMIT, stall > 0 ? 1L : 0L);
  curl_easy_setopt (easy, CURLOPT_LOW_SPEED_TIME, MAX (stall, 1L));
  if (bundle && *bundle)
    curl_easy_setopt (easy, CURLOPT_CAINFO, bundle);
  curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt (easy, CURLOPT_WRITEDATA, http);
  curl_easy_setopt (easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt (easy, CURLOPT_HEADERDATA, http);
  curl_easy_setopt (easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt (easy, CURLOPT_XFERINFOFUNCTION, on_tick);
  curl_easy_setopt (easy, CURLOPT_XFERINFODATA, http);
}

static void
transfer (Http *http)
{
  gboolean again = FALSE;
  CURLcode code = perform (http, FALSE);

  if (!http->job->failed && is_broken_off (code)) {
    again = TRUE;
    code = perform (http, http->job->written > 0 && http->may_range &&
                              http->job->size != CVI_NONE);
  }
  if (http->job->failed)
    return;
  if (code != CURLE_OK)
    fail_for_code (http, code, again);
  else
    note_if_unbounded (http);
}

void
cvi_fetch_http (CviFetchJob *job)
{
  Http http = { .job = job };

  curl_global_init (CURL_GLOBAL_DEFAULT);
  http.easy = curl_easy_init ();
  if (http.easy) {
    set_options (&http);
    transfer (&http);
  } else {
    cvi_fetch_fail (job, CVI_RULE_IO_ERROR, "libcurl cannot start");
  }
  curl_easy_cleanup (http.easy);
  curl_global_cleanup ();
  g_free (http.etag);
  g_free (http.modified);
}
