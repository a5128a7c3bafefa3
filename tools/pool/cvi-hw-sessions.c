/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-hw-sessions.h"

#define STALL_US (30 * G_TIME_SPAN_SECOND)
#define MAX_TRIED 64 /* bits of CviHwTried */

struct _CviHwSessions {
  char **devices;
  guint n_devices;
  guint *n_left;   /* a device each */
  guint *n_failed; /* a device each: in a row */
  guint limit;
};

CviHwSessions *
cvi_hw_sessions_new (const char *const *devices, guint limit)
{
  static const char *const any[] = { "", NULL };
  CviHwSessions *sessions = g_new0 (CviHwSessions, 1);

  sessions->devices =
      g_strdupv ((char **)(devices && *devices ? devices : any));
  sessions->n_devices = g_strv_length (sessions->devices);
  sessions->n_left = g_new0 (guint, sessions->n_devices);
  sessions->n_failed = g_new0 (guint, sessions->n_devices);
  sessions->limit = limit ? limit : CVI_HW_SESSIONS;
  for (guint i = 0; i < sessions->n_devices; i++)
    sessions->n_left[i] = sessions->limit;
  return sessions;
}

void
cvi_hw_sessions_free (CviHwSessions *sessions)
{
  if (!sessions)
    return;
  g_strfreev (sessions->devices);
  g_free (sessions->n_left);
  g_free (sessions->n_failed);
  g_free (sessions);
}

CviHwTried
cvi_hw_tried_add (CviHwTried tried, guint session)
{
  if (session == 0)
    return tried;
  return session > MAX_TRIED ? G_MAXUINT64
                             : tried | G_GUINT64_CONSTANT (1) << (session - 1);
}

/* Beyond the bits there are: once these are all set. */
static gboolean
is_tried (CviHwTried tried, guint device)
{
  return device < MAX_TRIED ? (tried >> device & 1) : tried == G_MAXUINT64;
}

static gboolean
is_over (const CviHwSessions *sessions, CviHwTried tried, guint device)
{
  return is_tried (tried, device) ||
         sessions->n_failed[device] >= CVI_HW_MAX_FAILURES;
}

static guint
count_free (const CviHwSessions *sessions, CviHwTried tried, guint device)
{
  return is_over (sessions, tried, device) ? 0 : sessions->n_left[device];
}

guint
cvi_hw_sessions_take (CviHwSessions *sessions, CviHwTried tried)
{
  guint best = 0;

  g_return_val_if_fail (sessions != NULL, 0);

  for (guint i = 1; i < sessions->n_devices; i++) {
    if (count_free (sessions, tried, i) > count_free (sessions, tried, best))
      best = i;
  }
  if (count_free (sessions, tried, best) == 0)
    return 0;
  sessions->n_left[best]--;
  return best + 1;
}

void
cvi_hw_sessions_give_back (CviHwSessions *sessions, guint session)
{
  g_return_if_fail (sessions != NULL && session <= sessions->n_devices);

  if (session == 0)
    return;
  g_return_if_fail (sessions->n_left[session - 1] < sessions->limit);
  sessions->n_left[session - 1]++;
}

void
cvi_hw_sessions_fail (CviHwSessions *sessions, guint session)
{
  g_return_if_fail (sessions != NULL && session <= sessions->n_devices);

  if (session == 0 || ++sessions->n_failed[session - 1] != CVI_HW_MAX_FAILURES)
    return;
  g_message ("hardware decoders%s%s have failed on %d files in a row: software "
             "decodes instead",
      *sessions->devices[session - 1] ? " of " : "",
      sessions->devices[session - 1], CVI_HW_MAX_FAILURES);
}

void
cvi_hw_sessions_succeed (CviHwSessions *sessions, guint session)
{
  g_return_if_fail (sessions != NULL && session <= sessions->n_devices);

  /* Not one that was begun before the device was given up. */
  if (session > 0 && sessions->n_failed[session - 1] < CVI_HW_MAX_FAILURES)
    sessions->n_failed[session - 1] = 0;
}

gboolean
cvi_hw_sessions_is_over (const CviHwSessions *sessions, guint session)
{
  g_return_val_if_fail (
      sessions != NULL && session > 0 && session <= sessions->n_devices, TRUE);

  return sessions->n_failed[session - 1] >= CVI_HW_MAX_FAILURES;
}

gboolean
cvi_hw_sessions_are_over (const CviHwSessions *sessions, CviHwTried tried)
{
  g_return_val_if_fail (sessions != NULL, TRUE);

  for (guint i = 0; i < sessions->n_devices; i++) {
    if (!is_over (sessions, tried, i))
      return FALSE;
  }
  return TRUE;
}

gboolean
cvi_hw_sessions_has_free (const CviHwSessions *sessions, CviHwTried tried)
{
  g_return_val_if_fail (sessions != NULL, FALSE);

  for (guint i = 0; i < sessions->n_devices; i++) {
    if (count_free (sessions, tried, i) > 0)
      return TRUE;
  }
  return FALSE;
}

const char *
cvi_hw_sessions_get_device (const CviHwSessions *sessions, guint session)
{
  g_return_val_if_fail (sessions != NULL, "");
  g_return_val_if_fail (session <= sessions->n_devices, "");

  return session ? sessions->devices[session - 1] : "";
}

gint64
cvi_hw_stall_us (gint64 stall_us)
{
  return stall_us > 0 ? MIN (stall_us / 2, STALL_US) : STALL_US;
}
