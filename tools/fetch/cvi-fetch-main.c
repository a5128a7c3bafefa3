/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/fetch/cvi-fetch-main.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "config.h"

#include "tools/fetch/cvi-fetch-transports.h"
#include "tools/pool/cvi-wire.h"
#include "tools/worker/cvi-sandbox.h"

/* Of this process, whose buffers are the same for any resource. */
#define MEMORY_LIMIT (G_GUINT64_CONSTANT (512) * 1024 * 1024)

static gboolean
is_http (const char *uri)
{
  return g_ascii_strncasecmp (uri, "http://", 7) == 0 ||
         g_ascii_strncasecmp (uri, "https://", 8) == 0;
}

/* Returns: FALSE if the sandbox is required and not there; the job has failed
 * then */
static gboolean
enter_sandbox (CviFetchJob *job, const char *when_name)
{
  /* A private authority's certificates may be anywhere. */
  const char *bundle = g_getenv ("SSL_CERT_FILE");
  const char *const roots[] = { bundle && *bundle ? bundle : NULL, NULL };
  const CviSandboxConfig config = {
    .roots = roots,
    .memory_limit = MEMORY_LIMIT,
    .net = is_http (job->uri) ? CVI_SANDBOX_NET_INTERNET
                              : CVI_SANDBOX_NET_SERVICES,
    .file_limit = job->limit > 0 ? job->limit : G_MAXINT64,
  };
  g_autofree char *missing = NULL;
  CviSandboxWhen when;

  if (!cvi_sandbox_when_from_string (when_name, &when))
    return FALSE;
  if (when == CVI_SANDBOX_OFF)
    return TRUE;
  missing = cvi_sandbox_apply (&config);
  if (!missing || when != CVI_SANDBOX_REQUIRE)
    return TRUE;
  return cvi_fetch_fail (job, CVI_RULE_IO_ERROR,
      "the sandbox is required, and this system does not provide: %s", missing);
}

static void
send_end (CviFetchJob *job)
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
    _exit (EXIT_FAILURE);
}

/* Returns: FALSE for nonsense */
static gboolean
serve (int fd)
{
  CviFetchJob job = { .fd = fd, .size = CVI_NONE };
  g_autoptr (GPtrArray) findings =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);
  g_autoptr (GVariant) body = NULL;
  g_autoptr (GVariant) options = NULL;
  const char *path, *sandbox;
  CviWireType type;

  body = cvi_wire_receive (fd, &type, NULL);
  if (!body || type != CVI_WIRE_FETCH)
    return FALSE;
  g_variant_get (body, "(&s^&ay&s@a{sv})", &job.uri, &path, &sandbox, &options);
  job.findings = findings;
  job.began_us = g_get_monotonic_time ();
  job.time_limit_s = CVI_FETCH_SCALED;
  g_variant_lookup (options, "limit", "t", &job.limit);
  g_variant_lookup (options, "stall", "d", &job.stall_s);
  g_variant_lookup (options, "time-limit", "d", &job.time_limit_s);
  job.spool = open (path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  if (job.spool < 0)
    cvi_fetch_fail (
        &job, CVI_RULE_IO_PARTIAL, "no temporary file: %s", g_strerror (errno));
  else if (enter_sandbox (&job, sandbox) && is_http (job.uri))
    cvi_fetch_http (&job);
  else if (!job.failed)
    cvi_fetch_gio (&job);
  send_end (&job);
  return TRUE;
}

int
cvi_fetch_main (int argc, char **argv)
{
  gboolean version = FALSE;
  int fd = -1;
  const GOptionEntry entries[] = { { "fd", 0, 0, G_OPTION_ARG_INT, &fd,
                                       "Fetch for the supervisor at socket N",
                                       "N" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL },
    { NULL } };
  g_autoptr (GOptionContext) context =
      g_option_context_new ("- fetches files for cvi-gst");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc > 1) {
    g_printerr (
        "cvi-gst-fetch: %s\n", error ? error->message : "unknown argument");
    return 2;
  }
  if (version) {
    g_print ("cvi-gst-fetch %s\n", PACKAGE_VERSION);
    return EXIT_SUCCESS;
  }
  if (fd < 0) {
    g_printerr ("cvi-gst-fetch: this program is started by cvi-gst\n");
    return 2;
  }
  return serve (fd) ? EXIT_SUCCESS : EXIT_FAILURE;
}
