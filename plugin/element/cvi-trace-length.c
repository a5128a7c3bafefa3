/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/element/cvi-trace-length.h"

#include "plugin/element/cvi-tally.h"
#include "plugin/element/cvi-upstream.h"

/* Others guess from what they have read, or from the size; and a movie may be
 * declared longer than all its tracks (5 of 168 healthy files). */
static const char *const declaring[] = { "matroskademux", "flvdemux", NULL };

gboolean
cvi_trace_length_is_known (GstElement *demuxer)
{
  GstElementFactory *factory = gst_element_get_factory (demuxer);
  g_autoptr (CviUpstream) upstream = NULL;
  GPtrArray *elements;

  if (!factory || !g_strv_contains (declaring, GST_OBJECT_NAME (factory)))
    return FALSE;
  /* What comes in fragments is put together by a demuxer that knows more. */
  upstream = cvi_upstream_new (demuxer);
  elements = cvi_upstream_get_elements (upstream);
  for (guint i = 0; i < elements->len; i++) {
    if (cvi_element_classify (g_ptr_array_index (elements, i)) ==
        CVI_ELEMENT_DEMUXER)
      return FALSE;
  }
  return TRUE;
}

void
cvi_trace_length_add (
    CviTraceLength *self, GstPad *pad, guint64 end_ns, gboolean sought)
{
  gint64 declared;

  self->ended++;
  self->sought |= sought;
  if (end_ns != CVI_NONE)
    self->end_ns = MAX (self->end_ns, end_ns);
  if (gst_pad_query_duration (pad, GST_FORMAT_TIME, &declared) && declared > 0)
    self->declared_ns = MAX (self->declared_ns, (guint64)declared);
}

CviFinding *
cvi_trace_length_judge (const CviTraceLength *self)
{
  CviFinding *finding;

  if (self->sought || self->ended == 0 || self->ended < self->streams ||
      !cvi_tally_is_short (self->end_ns, self->declared_ns))
    return NULL;
  finding = cvi_finding_new (CVI_RULE_STREAM_SHORTFALL, NULL,
      "all streams end %.2f s before the declared length of %.2f s",
      (double)(self->declared_ns - self->end_ns) / GST_SECOND,
      (double)self->declared_ns / GST_SECOND);
  finding->start_ns = self->end_ns;
  finding->end_ns = self->declared_ns;
  return finding;
}
