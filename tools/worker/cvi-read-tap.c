/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-read-tap.h"

struct _CviReadTap {
  GstElement *source;
  GstPad *pad;
  gulong probe;
  gulong request_probe;
  guint64 bytes; /* atomic */
  guint64 mask_offset;
  guint mask_size;

  GMutex lock;
  CviPastEnd past; /* under lock */
};

/* Returns: (transfer full): @buffer with zeros where the mask is */
static GstBuffer *
mask (const CviReadTap *tap, GstBuffer *buffer)
{
  guint64 start = GST_BUFFER_OFFSET (buffer);
  guint64 from = MAX (start, tap->mask_offset);
  guint64 to = MIN (
      start + gst_buffer_get_size (buffer), tap->mask_offset + tap->mask_size);

  if (!GST_BUFFER_OFFSET_IS_VALID (buffer) || from >= to)
    return buffer;
  buffer = gst_buffer_make_writable (buffer);
  gst_buffer_memset (buffer, from - start, 0, to - from);
  return buffer;
}

static GstPadProbeReturn
on_data (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  CviReadTap *tap = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  if (!buffer)
    return GST_PAD_PROBE_OK;
  __atomic_add_fetch (
      &tap->bytes, gst_buffer_get_size (buffer), __ATOMIC_RELAXED);
  if (tap->mask_size > 0)
    GST_PAD_PROBE_INFO_DATA (info) = mask (tap, buffer);
  return GST_PAD_PROBE_OK;
}

/* Sees a request before it is served. */
static GstPadProbeReturn
on_request (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  CviReadTap *tap = user_data;
  gint64 size;

  if (gst_element_query_duration (tap->source, GST_FORMAT_BYTES, &size) &&
      size > 0) {
    g_mutex_lock (&tap->lock);
    cvi_past_end_add (&tap->past, GST_PAD_PROBE_INFO_OFFSET (info),
        GST_PAD_PROBE_INFO_SIZE (info), (guint64)size);
    g_mutex_unlock (&tap->lock);
  }
  return GST_PAD_PROBE_PASS;
}

CviReadTap *
cvi_read_tap_new (GstElement *source)
{
  CviReadTap *tap = g_new0 (CviReadTap, 1);

  g_mutex_init (&tap->lock);
  tap->source = gst_object_ref (source);
  tap->pad = gst_element_get_static_pad (source, "src");
  tap->probe = gst_pad_add_probe (tap->pad,
      GST_PAD_PROBE_TYPE_PULL | GST_PAD_PROBE_TYPE_PUSH |
          GST_PAD_PROBE_TYPE_BUFFER,
      on_data, tap, NULL);
  tap->request_probe = gst_pad_add_probe (tap->pad,
      GST_PAD_PROBE_TYPE_PULL | GST_PAD_PROBE_TYPE_BLOCK, on_request, tap,
      NULL);
  return tap;
}

void
cvi_read_tap_free (CviReadTap *tap)
{
  gst_pad_remove_probe (tap->pad, tap->request_probe);
  gst_pad_remove_probe (tap->pad, tap->probe);
  gst_object_unref (tap->pad);
  gst_object_unref (tap->source);
  g_mutex_clear (&tap->lock);
  g_free (tap);
}

void
cvi_read_tap_set_mask (CviReadTap *tap, guint64 offset, guint size)
{
  tap->mask_offset = offset;
  tap->mask_size = size;
}

guint64
cvi_read_tap_get_bytes (CviReadTap *tap)
{
  return __atomic_load_n (&tap->bytes, __ATOMIC_RELAXED);
}

CviPastEnd
cvi_read_tap_get_past_end (CviReadTap *tap)
{
  CviPastEnd past;

  g_mutex_lock (&tap->lock);
  past = tap->past;
  g_mutex_unlock (&tap->lock);
  return past;
}
