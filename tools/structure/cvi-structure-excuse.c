/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What a demuxer shows for other reasons than damage. */
#include <string.h>

#include "tools/structure/cvi-structure.h"

#define SECOND G_GUINT64_CONSTANT (1000000000)
#define SETTLE_NS (SECOND / 10)

/* oggdemux's wrong timestamps of a first page that begins before time 0 end
 * with a step back to about where the next page begins: a packet (of a second
 * at most) and rounding. */
static gboolean
is_settling (const CviStructureStream *declared, const CviFinding *finding)
{
  guint64 settled = declared->settled_ns;

  return settled != CVI_NONE && finding->start_ns != CVI_NONE &&
         finding->start_ns <= settled + SETTLE_NS &&
         finding->start_ns + SECOND >= settled && finding->end_ns >= settled;
}

/* Says @finding no more than that nothing was decoded? */
static gboolean
is_of_nothing (const CviFinding *finding)
{
  return finding->rule == cvi_rule (CVI_RULE_STREAM_NO_FRAMES) ||
         (g_str_has_prefix (finding->rule->id, "decode::") &&
             strstr (finding->message, "No valid frames decoded"));
}

gboolean
cvi_structure_may_excuse (const CviFinding *finding)
{
  return finding->rule == cvi_rule (CVI_RULE_TIME_BACKWARDS) ||
         is_of_nothing (finding);
}

gboolean
cvi_structure_excuses (
    const CviStructureInfo *info, const char *label, const CviFinding *finding)
{
  for (guint i = 0; info && i < info->streams->len; i++) {
    const CviStructureStream *declared = g_ptr_array_index (info->streams, i);

    if (label && strcmp (declared->id, label) != 0)
      continue;
    if (declared->unshown && is_of_nothing (finding))
      return TRUE;
    if (label && finding->rule == cvi_rule (CVI_RULE_TIME_BACKWARDS) &&
        is_settling (declared, finding))
      return TRUE;
  }
  return FALSE;
}

const CviStructureStream *
cvi_structure_find_stream (const CviStructureInfo *info, const char *label)
{
  for (guint i = 0; info && i < info->streams->len; i++) {
    const CviStructureStream *stream = g_ptr_array_index (info->streams, i);

    if (g_strcmp0 (stream->id, label) == 0)
      return stream;
  }
  return NULL;
}
