/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-record-clock.h"

CviRecordStart
cvi_record_start (
    gint64 age_us, gboolean complete, guint n_streams, guint n_known)
{
  gboolean late = age_us > CVI_RECORD_CAPS_US;

  if (age_us < 0)
    return CVI_RECORD_WAIT;
  if (n_known == 0)
    return late ? CVI_RECORD_NOTHING : CVI_RECORD_WAIT;
  if (n_known < n_streams && !late)
    return CVI_RECORD_WAIT;
  return complete || age_us > CVI_RECORD_GATHER_US ? CVI_RECORD_FLOW
                                                   : CVI_RECORD_WAIT;
}

CviRecordStep
cvi_record_end_step (
    CviRecordEnd *end, gboolean enough, gboolean all, gint64 now_us)
{
  if (end->finish_us > 0)
    return now_us - end->finish_us > CVI_RECORD_FINISH_US ? CVI_RECORD_GIVE_UP
                                                          : CVI_RECORD_GO_ON;
  if (enough && end->enough_us == 0)
    end->enough_us = now_us;
  if (all) {
    end->finish_us = now_us;
    return CVI_RECORD_GO_ON;
  }
  if (end->enough_us == 0 || now_us - end->enough_us <= CVI_RECORD_END_US)
    return CVI_RECORD_GO_ON;
  end->finish_us = now_us;
  return CVI_RECORD_FINISH;
}
