/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-hw-devices.h"

#include "plugin/core/cvi-finding.h"
#include "tools/cli/cvi-ask-worker.h"
#include "tools/cli/cvi-say.h"

/* Bytes of the worker's answer that are shown. */
#define MAX_ANSWER 1000

gboolean
cvi_hw_devices_check (CviSettings *settings, GError **error)
{
  char **devices = cvi_settings_get_list (settings, CVI_SETTING_HW_DEVICE);
  g_autofree char *text = NULL;
  g_autofree char *answer = NULL;

  if (!devices || !*devices)
    return TRUE;
  text = cvi_ask_worker ("--find-hw", devices, error);
  if (!text)
    return FALSE;
  answer = cvi_sanitise_text (g_strchomp (text), -1, MAX_ANSWER);
  if (*answer) {
    g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "--hw-device: %s", answer);
    return FALSE;
  }
  return TRUE;
}

gboolean
cvi_hw_devices_prepare (CviSettings *settings, GError **error)
{
  g_autoptr (GError) problem = NULL;

  if (cvi_hw_devices_check (settings, &problem))
    return TRUE;
  if (!g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
      g_strcmp0 (cvi_settings_get_text (settings, CVI_SETTING_HW), "require") ==
          0) {
    g_propagate_error (error, g_steal_pointer (&problem));
    return FALSE;
  }
  cvi_say ("warning: %s; software decodes", problem->message);
  cvi_settings_override (settings, CVI_SETTING_HW, "off");
  return TRUE;
}
