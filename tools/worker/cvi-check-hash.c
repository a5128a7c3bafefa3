/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What the structure walk reads is hashed on the way: no byte is read twice for
 * it, but for those that a walk skips. */
#include "tools/worker/cvi-check-private.h"

static void
on_data (guint64 offset, const guint8 *data, gsize len, gpointer user_data)
{
  CviCheck *self = user_data;

  cvi_hasher_feed (self->hasher, offset, data, len);
}

static void
on_payload (guint64 offset, guint64 size, const char *stream, guint64 time_ns,
    gpointer user_data)
{
  CviCheck *self = user_data;

  cvi_range_map_add (self->map, offset, size, stream, time_ns);
}

static void
on_payload_named (const char *label, const char *stream, gpointer user_data)
{
  CviCheck *self = user_data;

  cvi_range_map_rename (self->map, label, stream);
}

static gboolean
on_progress (guint64 bytes, gpointer user_data)
{
  CviCheck *self = user_data;

  self->bytes_now = bytes;
  self->callbacks->progress (
      self->buffers_before, self->bytes_before + bytes, 0, self->user_data);
  return TRUE;
}

void
cvi_check_begin_hash (CviCheck *self, int fd, CviStructureCallbacks *callbacks)
{
  if (self->job->hash) {
    self->hasher =
        cvi_hasher_new (fd, self->before.size, self->job->hash_block, TRUE);
    if (self->job->sha256)
      cvi_hasher_want (self->hasher, CVI_DIGEST_SHA256);
    callbacks->data = on_data;
  }
  if (self->job->n_ranges > 0) {
    self->map = cvi_range_map_new (self->job->ranges, self->job->n_ranges);
    callbacks->payload = on_payload;
    callbacks->payload_named = on_payload_named;
  }
}

void
cvi_check_finish_hash (
    CviCheck *self, void (*finding) (CviFinding *finding, gpointer user_data))
{
  /* Without all of it there is no hash: the walk tells why it cannot be read.
   */
  if (self->hasher && !cvi_hasher_read_rest (self->hasher, on_progress, self))
    g_clear_pointer (&self->hasher, cvi_hasher_free);
  if (self->map)
    cvi_range_map_tell (self->map, finding, self);
}
