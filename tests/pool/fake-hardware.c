/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What the fake worker does with hardware decoders, and without. */
#include "tests/pool/fake-worker.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static void
tell_decoder (Job *job)
{
  send_or_die (CVI_WIRE_DECODER,
      g_variant_new ("(tssbb)", job->id, "video/0",
          job->hardware ? "hw-dec" : "sw-dec", job->hardware, job->hardware));
}

/* Fails on hardware alone, or on both. */
static void
act_hw_segv (Job *job)
{
  tell_decoder (job);
  if (job->hardware || strstr (job->path, "both"))
    die_by (SIGSEGV);
  send_result (job);
}

static void
act_hw_hang (Job *job)
{
  tell_decoder (job);
  while (job->hardware)
    pause ();
  send_result (job);
}

/* A stream that only hardware decodes. */
static void
act_hw_only (Job *job)
{
  if (job->hardware)
    tell_decoder (job);
  else if (!job->hw_off)
    send_or_die (CVI_WIRE_NEEDS_HARDWARE, g_variant_new ("(t)", job->id));
  if (!job->hardware)
    send_finding (
        job, cvi_finding_new (CVI_RULE_STREAM_UNSUPPORTED, NULL, "alone"));
  send_result (job);
}

static void
act_hw_lone_segv (Job *job)
{
  if (job->hardware)
    act_hw_segv (job);
  act_hw_only (job);
}

/* Says that it is damaged if hardware may not decode it. */
static void
act_hw_wanted (Job *job)
{
  /* Before anything is decoded: no fault of hardware. */
  if (strstr (job->path, "flaky") && is_first (job))
    die_by (SIGSEGV);
  if (!job->hardware)
    send_finding (job, cvi_finding_new (CVI_RULE_DECODE_ERROR, "video/0",
                           "software decoded it"));
  tell_decoder (job);
  send_result (job);
}

/* Of a codec that the device "second" alone decodes, or none. */
static void
act_hw_second (Job *job)
{
  if (job->hardware && strcmp (job->device, "second") == 0 &&
      !strstr (job->path, "none")) {
    tell_decoder (job);
  } else {
    send_or_die (CVI_WIRE_NEEDS_HARDWARE, g_variant_new ("(t)", job->id));
    send_finding (
        job, cvi_finding_new (CVI_RULE_STREAM_UNSUPPORTED, NULL, "alone"));
  }
  send_result (job);
}

/* Hardware refuses the stream, and software crashes on it once. */
static void
act_hw_refuses (Job *job)
{
  tell_decoder (job);
  if (job->hardware)
    send_or_die (CVI_WIRE_DECODER,
        g_variant_new ("(tssbb)", job->id, "video/0", "sw-dec", FALSE, FALSE));
  if (is_first (job))
    die_by (SIGSEGV);
  send_result (job);
}

const Act hw_acts[] = { { "hw-segv", act_hw_segv }, { "hw-hang", act_hw_hang },
  { "hw-both", act_hw_segv }, { "hw-only", act_hw_only },
  { "hw-lone-segv", act_hw_lone_segv }, { "hw-wanted", act_hw_wanted },
  { "hw-second", act_hw_second }, { "hw-refuses", act_hw_refuses }, { NULL } };
