/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/fetch/cvi-fetch-main.h"

#include <stdlib.h>
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
enter_sandbox (CviFetchJob *job)
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
  g_autofree char *problem = cvi_sandbox_enter (job->sandbox, &config);

  return !problem || cvi_fetch_fail (job, CVI_RULE_IO_ERROR, "%s", problem);
}

/* Returns: FALSE for nonsense */
static gboolean
serve (int fd)
{
  CviWireType type;
  g_autoptr (GVariant) body = cvi_wire_receive (fd, &type, NULL);
  CviFetchJob job;

  if (!body || type != CVI_WIRE_FETCH)
    return FALSE;
  if (cvi_fetch_job_begin (&job, fd, body) && enter_sandbox (&job)) {
    if (is_http (job.uri))
      cvi_fetch_http (&job);
    else
      cvi_fetch_gio (&job);
  }
  cvi_fetch_job_end (&job);
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
