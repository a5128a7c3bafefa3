/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-pad-data.h"

#include <string.h>

gboolean
cvi_probe_each_buffer (
    GstPad *pad, GstPadProbeInfo *info, CviBufferFunc func, gpointer user_data)
{
  GstBufferList *list;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    func (pad, GST_PAD_PROBE_INFO_BUFFER (info), user_data);
    return TRUE;
  }
  if (!(info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST))
    return FALSE;
  list = GST_PAD_PROBE_INFO_BUFFER_LIST (info);
  for (guint i = 0; i < gst_buffer_list_length (list); i++)
    func (pad, gst_buffer_list_get (list, i), user_data);
  return TRUE;
}

GstEvent *
cvi_probe_serialized_event (GstPadProbeInfo *info)
{
  GstEvent *event;

  if (!(info->type & GST_PAD_PROBE_TYPE_EVENT_BOTH) &&
      !(info->type & GST_PAD_PROBE_TYPE_EVENT_FLUSH))
    return NULL;
  event = GST_PAD_PROBE_INFO_EVENT (info);
  return event && GST_EVENT_IS_SERIALIZED (event) ? event : NULL;
}

CviStreamChange
cvi_stream_start_take (CviStreamStart *self, GstEvent *event)
{
  CviStreamChange change = CVI_STREAM_SAME;
  const char *id;
  guint group;

  gst_event_parse_stream_start (event, &id);
  if (!gst_event_parse_group_id (event, &group))
    group = GST_GROUP_ID_INVALID;
  if (self->id && self->group != group)
    change = CVI_STREAM_NEXT;
  else if (self->id && strcmp (self->id, id) != 0)
    change = CVI_STREAM_SWITCHED;
  g_free (self->id);
  self->id = g_strdup (id);
  self->group = group;
  return change;
}

void
cvi_stream_start_read (CviStreamStart *self, GstPad *pad)
{
  g_autoptr (GstEvent) event =
      gst_pad_get_sticky_event (pad, GST_EVENT_STREAM_START, 0);

  cvi_stream_start_clear (self);
  if (event)
    cvi_stream_start_take (self, event);
}

void
cvi_stream_start_clear (CviStreamStart *self)
{
  g_clear_pointer (&self->id, g_free);
}
