/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-walk-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "plugin/core/cvi-result.h"
#include "tools/structure/cvi-holes.h"
#include "tools/structure/cvi-zero-run.h"

/* A jump reads this much; each read that follows its predecessor doubles it,
 * so that scattered look-ups stay cheap and runs of data come in big blocks. */
#define READ_MIN (16u * 1024)
#define READ_MAX (1024u * 1024)
/* Largest block in which a file system keeps files. */
#define MAX_BLOCK (64u * 1024)

struct _CviWalk {
  int fd;
  guint64 size;
  const CviStructureCallbacks *callbacks;
  gpointer user_data;

  guint8 *buffer; /* CVI_WALK_MAX_PEEK + READ_MAX bytes */
  guint64 start;  /* file offset of buffer[0] */
  gsize filled;
  gsize ahead; /* how much the next read takes at least */

  CviZeroRun zeros;
  guint64 bytes; /* read so far */
  guint64 told;  /* @bytes at the last progress call */
  gboolean failed;
  gboolean cancelled;
  CviStructureInfo *info;
};

CviWalk *
cvi_walk_new (int fd, guint64 size, const CviStructureCallbacks *callbacks,
    gpointer user_data)
{
  CviWalk *walk = g_new0 (CviWalk, 1);

  walk->fd = fd;
  walk->size = size;
  walk->callbacks = callbacks;
  walk->user_data = user_data;
  walk->buffer = g_malloc (CVI_WALK_MAX_PEEK + READ_MAX);
  walk->ahead = READ_MIN;
  walk->info = g_new0 (CviStructureInfo, 1);
  walk->info->duration_ns = CVI_NONE;
  walk->info->streams = g_ptr_array_new ();
  posix_fadvise (fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return walk;
}

void
cvi_walk_free (CviWalk *walk)
{
  if (!walk)
    return;
  g_clear_pointer (&walk->info, cvi_structure_info_free);
  g_free (walk->buffer);
  g_free (walk);
}

CviStructureInfo *
cvi_walk_finish (CviWalk *walk)
{
  cvi_zero_run_close (&walk->zeros, walk);
  walk->info->complete = !walk->failed && !walk->cancelled;
  return g_steal_pointer (&walk->info);
}

guint64
cvi_walk_get_size (CviWalk *walk)
{
  return walk->size;
}

gboolean
cvi_walk_failed (CviWalk *walk)
{
  return walk->failed || walk->cancelled;
}

void
cvi_walk_fail (CviWalk *walk, int errnum, guint64 offset)
{
  CviFinding *finding;

  if (errnum != 0)
    finding = cvi_finding_from_errno (errnum);
  else
    finding = cvi_finding_new (
        CVI_RULE_IO_CHANGED, NULL, "the file became shorter while it was read");
  finding->offset = offset;
  walk->failed = TRUE;
  cvi_walk_report_full (walk, finding);
}

static void
count (CviWalk *walk, guint64 bytes)
{
  walk->bytes += bytes;
  if (walk->bytes - walk->told < READ_MAX)
    return;
  walk->told = walk->bytes;
  if (walk->callbacks->progress &&
      !walk->callbacks->progress (walk->bytes, walk->user_data))
    walk->cancelled = TRUE;
}

gboolean
cvi_walk_read (CviWalk *walk, guint64 offset, gsize len, guint8 *buffer)
{
  gsize done = 0;

  if (cvi_walk_failed (walk) || len > walk->size || offset > walk->size - len)
    return FALSE;

  while (done < len && !walk->cancelled) {
    gsize want = MIN (len - done, READ_MAX);
    gssize got = pread (walk->fd, buffer + done, want, (off_t)(offset + done));

    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0) {
      cvi_walk_fail (walk, got < 0 ? errno : 0, offset + done);
      return FALSE;
    }
    if (walk->callbacks->data)
      walk->callbacks->data (
          offset + done, buffer + done, (gsize)got, walk->user_data);
    done += (gsize)got;
    count (walk, (guint64)got);
  }
  return !walk->cancelled;
}

/* Moves the buffer so that it begins at @offset and holds at least @len bytes,
 * which are inside the file. */
static gboolean
refill (CviWalk *walk, guint64 offset, gsize len)
{
  guint64 end = walk->start + walk->filled;
  gsize kept = 0;
  gsize want;

  if (offset >= walk->start && offset <= end) {
    kept = (gsize)(end - offset);
    memmove (walk->buffer, walk->buffer + (offset - walk->start), kept);
    walk->ahead = MIN (walk->ahead * 2, READ_MAX);
  } else {
    walk->ahead = READ_MIN;
  }
  walk->start = offset;
  walk->filled = kept;

  want = MAX (len - kept, walk->ahead);
  want = (gsize)MIN (want, walk->size - offset - kept);
  if (!cvi_walk_read (walk, offset + kept, want, walk->buffer + kept)) {
    walk->filled = 0;
    return FALSE;
  }
  walk->filled += want;
  return TRUE;
}

const guint8 *
cvi_walk_peek (CviWalk *walk, guint64 offset, gsize len)
{
  g_return_val_if_fail (len > 0 && len <= CVI_WALK_MAX_PEEK, NULL);

  if (cvi_walk_failed (walk) || len > walk->size || offset > walk->size - len)
    return NULL;
  if (offset < walk->start || offset - walk->start > walk->filled ||
      len > walk->filled - (gsize)(offset - walk->start)) {
    if (!refill (walk, offset, len))
      return NULL;
  }
  return walk->buffer + (offset - walk->start);
}

gboolean
cvi_walk_wants_payload (CviWalk *walk)
{
  return walk->callbacks->payload != NULL;
}

void
cvi_walk_name_payload (CviWalk *walk, const char *label, const char *stream)
{
  if (walk->callbacks->payload_named)
    walk->callbacks->payload_named (label, stream, walk->user_data);
}

void
cvi_walk_tell_payload (CviWalk *walk, guint64 offset, guint64 size,
    const char *stream, guint64 time_ns)
{
  if (walk->callbacks->payload)
    walk->callbacks->payload (offset, size, stream, time_ns, walk->user_data);
}

gboolean
cvi_walk_payload (CviWalk *walk, const CviPayload *payload)
{
  guint64 pos = payload->offset;
  guint64 end;

  if (pos > walk->size)
    return !cvi_walk_failed (walk);
  end = pos + MIN (payload->size, walk->size - pos);
  cvi_walk_tell_payload (
      walk, pos, end - pos, payload->stream, payload->time_ns);

  cvi_zero_run_begin (&walk->zeros, walk, payload);
  while (pos < end) {
    gsize len = (gsize)MIN (end - pos, CVI_WALK_MAX_PEEK);
    const guint8 *data = cvi_walk_peek (walk, pos, len);

    if (!data)
      break;
    cvi_zero_run_feed (&walk->zeros, walk, payload, data, len);
    pos += len;
  }
  return !cvi_walk_failed (walk);
}

/* Zeros that were never written: a download or copy that was not finished, or
 * blocks that a file system has lost. A run need not begin where its block
 * does. */
static gboolean
is_hole (CviWalk *walk, guint64 offset)
{
  guint64 start, end;

  return cvi_holes_next (walk->fd, offset, walk->size, &start, &end) &&
         start - offset < MAX_BLOCK;
}

/* Takes @finding. */
static CviFinding *
name_hole (CviWalk *walk, CviFinding *finding)
{
  CviFinding *named;

  if (finding->rule != cvi_rule (CVI_RULE_CONTAINER_ZERO_FILLED) ||
      finding->offset == CVI_NONE || !is_hole (walk, finding->offset))
    return finding;
  named = cvi_finding_new (CVI_RULE_CONTAINER_ZERO_FILLED, finding->stream,
      "%s: a hole, never written (sparse or preallocated file)",
      finding->message);
  named->severity = finding->severity;
  named->certainty = finding->certainty;
  named->start_ns = finding->start_ns;
  named->end_ns = finding->end_ns;
  named->offset = finding->offset;
  named->count = finding->count;
  cvi_finding_free (finding);
  return named;
}

void
cvi_walk_report (CviWalk *walk, CviRuleId rule, const char *stream,
    guint64 time_ns, guint64 offset, const char *format, ...)
{
  g_autofree char *text = NULL;
  CviFinding *finding;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  finding = cvi_finding_new (rule, stream, "%s", text);
  finding->start_ns = finding->end_ns = time_ns;
  finding->offset = offset;
  cvi_walk_report_full (walk, finding);
}

void
cvi_walk_report_full (CviWalk *walk, CviFinding *finding)
{
  walk->callbacks->finding (name_hole (walk, finding), walk->user_data);
}

CviStructureStream *
cvi_walk_add_stream (CviWalk *walk, const char *kind, const char *codec)
{
  GPtrArray *streams = walk->info->streams;
  CviStructureStream *stream;
  guint n = 0;

  if (streams->len >= CVI_RESULT_MAX_STREAMS)
    return NULL;
  for (guint i = 0; i < streams->len; i++) {
    const CviStructureStream *other = g_ptr_array_index (streams, i);

    if (g_str_equal (other->kind, kind))
      n++;
  }
  stream = g_new0 (CviStructureStream, 1);
  stream->id = g_strdup_printf ("%s/%u", kind, n);
  stream->kind = g_strdup (kind);
  if (codec)
    stream->codec = cvi_sanitise_text (codec, -1, CVI_FINDING_MAX_MESSAGE);
  stream->start_ns = stream->duration_ns = CVI_NONE;
  stream->n_frames = stream->n_sync = CVI_NONE;
  stream->frame_ns = stream->last_ns = stream->settled_ns = CVI_NONE;
  g_ptr_array_add (streams, stream);
  return stream;
}

void
cvi_walk_set_mask (CviWalk *walk, guint64 offset, guint size)
{
  walk->info->mask_offset = offset;
  walk->info->mask_size = size;
}

void
cvi_walk_set_duration (CviWalk *walk, guint64 duration_ns)
{
  walk->info->duration_ns = duration_ns;
}
