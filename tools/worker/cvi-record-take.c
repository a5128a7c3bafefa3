/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-record-take.h"

#include <string.h>

/* Places that are told one by one; the last one stands for the rest. */
#define MAX_GAPS 12
#define RTP_HEADER 12

CviTake *
cvi_take_new (const char *id, int session, gint64 live_ns)
{
  CviTake *take = g_new0 (CviTake, 1);

  take->id = g_strdup (id);
  take->session = session;
  take->live_ns = live_ns;
  take->first_ns = take->last_ns = GST_CLOCK_TIME_NONE;
  take->sequence = -1;
  take->gaps =
      g_ptr_array_new_with_free_func ((GDestroyNotify)cvi_finding_free);
  g_mutex_init (&take->lock);
  return take;
}

void
cvi_take_free (CviTake *take)
{
  if (!take)
    return;
  g_clear_object (&take->out);
  g_ptr_array_unref (take->gaps);
  g_mutex_clear (&take->lock);
  g_free (take->id);
  g_free (take);
}

static guint64
time_since_first (const CviTake *take, GstClockTime time)
{
  return GST_CLOCK_TIME_IS_VALID (time) &&
                 GST_CLOCK_TIME_IS_VALID (take->first_ns) &&
                 time >= take->first_ns
             ? time - take->first_ns
             : CVI_NONE;
}

/* @n packets are missing before one of time @to. */
static void
add_gap (CviTake *take, guint n, GstClockTime to)
{
  guint64 start = time_since_first (take, take->last_ns);
  guint64 end = time_since_first (take, to);
  CviFinding *finding;

  if (take->gaps->len >= MAX_GAPS) {
    finding = g_ptr_array_index (take->gaps, take->gaps->len - 1);
    finding->count++;
    if (end != CVI_NONE && finding->start_ns != CVI_NONE &&
        end >= finding->start_ns)
      finding->end_ns = end;
    return;
  }
  finding = cvi_finding_new (CVI_RULE_CONTAINER_CONTINUITY, take->id,
      "%u RTP packet%s lost on the way", n, n == 1 ? " was" : "s were");
  if (start != CVI_NONE && end != CVI_NONE && end >= start) {
    finding->start_ns = start;
    finding->end_ns = end;
  }
  g_ptr_array_add (take->gaps, finding);
}

/* RFC 3550, 5.1: the number goes up by one with each packet, modulo 65536.
 * What is further off than half of that comes late or twice. */
static void
count_packet (CviTake *take, GstBuffer *buffer)
{
  GstClockTime time = GST_BUFFER_PTS (buffer);
  guint8 header[RTP_HEADER];
  guint16 step;
  int sequence;

  if (gst_buffer_extract (buffer, 0, header, sizeof header) < sizeof header ||
      header[0] >> 6 != 2)
    return;
  sequence = header[2] << 8 | header[3];
  take->n_packets++;
  if (!GST_CLOCK_TIME_IS_VALID (take->first_ns))
    take->first_ns = time;
  if (take->sequence >= 0) {
    step = (guint16)(sequence - take->sequence);
    if (step == 0 || step >= 0x8000)
      return;
    if (step > 1 && !take->ended)
      add_gap (take, step - 1u, time);
  }
  take->sequence = sequence;
  if (GST_CLOCK_TIME_IS_VALID (time))
    take->last_ns = time;
}

static GstPadProbeReturn
on_packet (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  CviTake *take = user_data;

  g_mutex_lock (&take->lock);
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    GstBufferList *list = GST_PAD_PROBE_INFO_BUFFER_LIST (info);

    for (guint i = 0; i < gst_buffer_list_length (list); i++)
      count_packet (take, gst_buffer_list_get (list, i));
  } else {
    count_packet (take, GST_PAD_PROBE_INFO_BUFFER (info));
  }
  g_mutex_unlock (&take->lock);
  return GST_PAD_PROBE_OK;
}

void
cvi_take_watch_packets (CviTake *take, GstPad *pad)
{
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_packet,
      take, NULL);
}

static void
note_end (CviTake *take, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return;
  g_mutex_lock (&take->lock);
  take->over = TRUE;
  g_mutex_unlock (&take->lock);
}

static GstPadProbeReturn
on_frame (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  CviTake *take = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstPadProbeReturn verdict = GST_PAD_PROBE_OK;
  guint64 time;
  gboolean ends = FALSE;

  if (info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    note_end (take, GST_PAD_PROBE_INFO_EVENT (info));
    return GST_PAD_PROBE_OK;
  }
  g_mutex_lock (&take->lock);
  time = time_since_first (take, GST_BUFFER_PTS (buffer));
  take->synced = take->synced ||
                 !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  if (!take->synced || take->ended)
    verdict = GST_PAD_PROBE_DROP;
  else if (time != CVI_NONE && take->live_ns > 0 &&
           time >= (guint64)take->live_ns)
    ends = take->ended = TRUE;
  g_mutex_unlock (&take->lock);
  if (!ends)
    return verdict;
  gst_pad_push_event (pad, gst_event_new_eos ());
  return GST_PAD_PROBE_DROP;
}

void
cvi_take_watch_frames (CviTake *take, GstPad *pad)
{
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_frame,
      take, NULL);
}

void
cvi_take_tell (CviTake *take, CviFetchJob *job)
{
  g_mutex_lock (&take->lock);
  for (guint i = 0; i < take->gaps->len; i++)
    g_ptr_array_add (
        job->findings, cvi_finding_copy (g_ptr_array_index (take->gaps, i)));
  g_mutex_unlock (&take->lock);
}
