/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-read-tap.h"

struct _CviReadTap {
  GstPad *pad;
  gulong probe;
  guint64 bytes; /* atomic */
};

static GstPadProbeReturn
on_data (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  CviReadTap *tap = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  if (buffer)
    __atomic_add_fetch (
        &tap->bytes, gst_buffer_get_size (buffer), __ATOMIC_RELAXED);
  return GST_PAD_PROBE_OK;
}

CviReadTap *
cvi_read_tap_new (GstElement *source)
{
  CviReadTap *tap = g_new0 (CviReadTap, 1);

  tap->pad = gst_element_get_static_pad (source, "src");
  tap->probe = gst_pad_add_probe (tap->pad,
      GST_PAD_PROBE_TYPE_PULL | GST_PAD_PROBE_TYPE_PUSH |
          GST_PAD_PROBE_TYPE_BUFFER,
      on_data, tap, NULL);
  return tap;
}

void
cvi_read_tap_free (CviReadTap *tap)
{
  gst_pad_remove_probe (tap->pad, tap->probe);
  gst_object_unref (tap->pad);
  g_free (tap);
}

guint64
cvi_read_tap_get_bytes (CviReadTap *tap)
{
  return __atomic_load_n (&tap->bytes, __ATOMIC_RELAXED);
}
