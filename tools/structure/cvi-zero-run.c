/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-zero-run.h"

#include <string.h>

static gboolean
is_zero_word (const guint8 *p)
{
  guint64 word;

  memcpy (&word, p, sizeof word);
  return word == 0;
}

static gsize
count_zeros (const guint8 *p, gsize len)
{
  gsize n = 0;

  while (n + 8 <= len && is_zero_word (p + n))
    n += 8;
  while (n < len && p[n] == 0)
    n++;
  return n;
}

static gsize
count_zeros_back (const guint8 *p, gsize len)
{
  gsize n = 0;

  while (n + 8 <= len && is_zero_word (p + len - n - 8))
    n += 8;
  while (n < len && p[len - n - 1] == 0)
    n++;
  return n;
}

static void
report (CviWalk *walk, const char *stream, guint64 start_ns, guint64 end_ns,
    guint64 offset, guint64 length)
{
  CviFinding *finding = cvi_finding_new (CVI_RULE_CONTAINER_ZERO_FILLED, stream,
      "%" G_GUINT64_FORMAT " zero bytes inside coded data", length);

  finding->offset = offset;
  if (start_ns != CVI_NONE) {
    finding->start_ns = start_ns;
    finding->end_ns =
        end_ns != CVI_NONE && end_ns > start_ns ? end_ns : start_ns;
  }
  cvi_walk_report_full (walk, finding);
}

void
cvi_zero_run_close (CviZeroRun *run, CviWalk *walk)
{
  if (run->length > 0 && run->length >= run->limit)
    report (walk, run->stream[0] ? run->stream : NULL, run->start_ns,
        run->last_ns, run->start, run->length);
  run->length = 0;
}

void
cvi_zero_run_begin (CviZeroRun *run, CviWalk *walk, const CviPayload *payload)
{
  guint64 limit = MAX (payload->zero_run, CVI_ZERO_RUN_DEFAULT);

  if (payload->offset != run->end || payload->zero_run == 0)
    cvi_zero_run_close (run, walk);
  run->limit = run->length > 0 ? MAX (run->limit, limit) : limit;
  run->end = payload->offset;
}

/* Opens a run that reaches from @start to the end of what was seen. */
static void
open_run (
    CviZeroRun *run, const CviPayload *payload, guint64 start, guint64 length)
{
  run->start = start;
  run->length = length;
  run->limit = MAX (payload->zero_run, CVI_ZERO_RUN_DEFAULT);
  run->start_ns = run->last_ns = payload->time_ns;
  g_strlcpy (
      run->stream, payload->stream ? payload->stream : "", sizeof run->stream);
}

/* Reports runs between @data's first and last non-zero byte. Any run of
 * @zero_run bytes holds one of the words probed here. */
static void
scan_inner (CviWalk *walk, const CviPayload *payload, guint64 offset,
    const guint8 *data, gsize len)
{
  gsize limit = MAX (payload->zero_run, CVI_ZERO_RUN_MIN);
  gsize step = limit - 7;
  gsize pos = 0;

  while (len >= 8 && pos <= len - 8) {
    gsize before, after;

    if (!is_zero_word (data + pos)) {
      pos += step;
      continue;
    }
    before = count_zeros_back (data, pos);
    after = count_zeros (data + pos, len - pos);
    if (before + after >= limit)
      report (walk, payload->stream, payload->time_ns, payload->time_ns,
          offset + pos - before, before + after);
    pos += after;
  }
}

void
cvi_zero_run_feed (CviZeroRun *run, CviWalk *walk, const CviPayload *payload,
    const guint8 *data, gsize len)
{
  guint64 offset = run->end;
  gsize head, tail;

  run->end += len;
  if (payload->zero_run == 0 || len == 0)
    return;

  head = count_zeros (data, len);
  if (run->length > 0 && head > 0) {
    run->length += head;
    run->last_ns = payload->time_ns;
  }
  if (head == len) {
    if (run->length == 0)
      open_run (run, payload, offset, len);
    return;
  }
  if (run->length > 0) {
    cvi_zero_run_close (run, walk);
  } else if (head > 0) {
    open_run (run, payload, offset, head);
    cvi_zero_run_close (run, walk);
  }

  tail = count_zeros_back (data, len);
  scan_inner (walk, payload, offset + head, data + head, len - head - tail);
  if (tail > 0)
    open_run (run, payload, offset + len - tail, tail);
}
