/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Which jobs get the sessions of hardware decoders, and for how long. */
#include "tools/pool/cvi-pool-private.h"

static gboolean
may_use_hardware (CviPool *pool, const CviJob *job)
{
  return !g_str_equal (pool->hw, "off") &&
         !cvi_attempts_in_software (job->attempts) &&
         !cvi_hw_sessions_are_over (pool->hw_sessions, job->tried);
}

void
cvi_pool_take_session (CviPool *pool, CviJob *job)
{
  gboolean may = may_use_hardware (pool, job);

  /* It was kept from an attempt before, and the device has failed since. */
  if (job->session > 0 &&
      (!may || cvi_hw_sessions_is_over (pool->hw_sessions, job->session))) {
    cvi_hw_sessions_give_back (pool->hw_sessions, job->session);
    job->session = 0;
  }
  if (job->session == 0 && may)
    job->session = cvi_hw_sessions_take (pool->hw_sessions, job->tried);
}

void
cvi_pool_release_session (CviPool *pool, CviJob *job, gboolean finished)
{
  if (cvi_attempts_uses_hardware (job->attempts) && finished)
    cvi_hw_sessions_succeed (pool->hw_sessions, job->session);
  else if (cvi_attempts_uses_hardware (job->attempts))
    cvi_hw_sessions_fail (pool->hw_sessions, job->session);
  cvi_hw_sessions_give_back (pool->hw_sessions, job->session);
  job->session = 0;
}

gboolean
cvi_pool_put_back (CviPool *pool, CviJob *job)
{
  if (!job->asked)
    return FALSE;
  job->needs_session = TRUE;
  job->tried = cvi_hw_tried_add (job->tried, job->session);
  if (!may_use_hardware (pool, job))
    return FALSE;
  cvi_pool_release_session (pool, job, TRUE);
  g_queue_push_head (&pool->waiting, job);
  return TRUE;
}

gboolean
cvi_pool_lacks_session (CviPool *pool, const CviJob *job)
{
  return (job->needs_session || g_str_equal (pool->hw, "require")) &&
         may_use_hardware (pool, job) &&
         !cvi_hw_sessions_has_free (pool->hw_sessions, job->tried);
}
