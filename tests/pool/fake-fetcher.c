/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Stands in for cvi-gst-fetch: the URI says what it does. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/pool/cvi-fetch-job.h"
#include "tools/pool/cvi-wire.h"

#define FD 3

static void
send_or_die (CviWireType type, GVariant *body)
{
  if (!cvi_wire_send (FD, type, body, NULL))
    _exit (1);
}

static void
remote (guint64 size, gint64 mtime_ns, const char *etag)
{
  send_or_die (CVI_WIRE_REMOTE, g_variant_new ("(txs)", size, mtime_ns, etag));
}

static void
fill (CviFetchJob *job)
{
  if (cvi_fetch_tell (job, 7, 42, "\"tag\""))
    cvi_fetch_write (job, "content", 7);
}

static void
act (CviFetchJob *job)
{
  const char *what = strrchr (job->uri, '/') + 1;

  if (g_str_equal (what, "good")) {
    fill (job);
  } else if (g_str_equal (what, "noted")) {
    fill (job);
    cvi_fetch_note (job, CVI_RULE_IO_PARTIAL, "a remark");
  } else if (g_str_equal (what, "fails")) {
    cvi_fetch_fail (job, CVI_RULE_IO_VANISHED, "it is gone");
    cvi_fetch_fail (job, CVI_RULE_IO_ERROR, "what came of that");
  } else if (g_str_equal (what, "large")) {
    cvi_fetch_tell (job, 1000, 0, NULL);
  } else if (g_str_equal (what, "more")) {
    cvi_fetch_tell (job, 3, 0, NULL);
    cvi_fetch_write (job, "1234", 4);
  } else if (g_str_equal (what, "control-etag")) {
    cvi_fetch_tell (job, 0, 0, "\"a\033[1m\"");
  } else if (g_str_equal (what, "no-reason")) {
    job->failed = TRUE;
  } else if (g_str_equal (what, "again")) {
    remote (1, 0, "");
    remote (1, 0, "");
  } else if (g_str_equal (what, "past")) {
    remote (1, -1, "");
  } else if (g_str_equal (what, "hello")) {
    send_or_die (CVI_WIRE_HELLO, g_variant_new ("(usss)", 1u, "", "", ""));
  } else if (g_str_equal (what, "noise")) {
    if (write (FD, "anything at all", 15) < 0)
      _exit (1);
  } else if (g_str_equal (what, "exits")) {
    _exit (3);
  } else if (g_str_equal (what, "dies")) {
    raise (SIGKILL);
  } else {
    /* "hangs", and after it has told of itself "waits". */
    if (g_str_equal (what, "waits"))
      cvi_fetch_tell (job, 7, 42, "\"tag\"");
    pause ();
  }
}

int
main (int argc, char **argv)
{
  CviWireType type;
  g_autoptr (GVariant) body = cvi_wire_receive (FD, &type, NULL);
  CviFetchJob job;

  if (!body || type != CVI_WIRE_FETCH)
    return EXIT_FAILURE;
  if (cvi_fetch_job_begin (&job, FD, body))
    act (&job);
  cvi_fetch_job_end (&job);
  return EXIT_SUCCESS;
}
