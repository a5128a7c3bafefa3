/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-hw-devices.h"

#include <gio/gio.h>

#include "plugin/core/cvi-finding.h"
#include "tools/cli/cvi-paths.h"

/* Bytes of the worker's answer that are shown. */
#define MAX_ANSWER 1000

/* Returns: (transfer full) (nullable): the worker's answer, without the end of
 * the line */
static char *
ask_worker (char **devices, GError **error)
{
  g_autofree char *worker = cvi_worker_path ();
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GBytes) answer = NULL;
  gsize size = 0;
  const char *data;
  g_autofree char *text = NULL;

  g_ptr_array_add (argv, g_strdup (worker));
  for (char **device = devices; *device; device++)
    g_ptr_array_add (argv, g_strconcat ("--find-hw=", *device, NULL));
  g_ptr_array_add (argv, NULL);
  process = g_subprocess_newv (
      (const char *const *)argv->pdata, G_SUBPROCESS_FLAGS_STDOUT_PIPE, error);
  if (!process ||
      !g_subprocess_communicate (process, NULL, NULL, &answer, NULL, error))
    return NULL;
  if (!g_subprocess_get_successful (process)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "%s --find-hw has failed", worker);
    return NULL;
  }
  data = g_bytes_get_data (answer, &size);
  text = g_strchomp (g_strndup (data ? data : "", size));
  return cvi_sanitise_text (text, -1, MAX_ANSWER);
}

gboolean
cvi_hw_devices_check (CviSettings *settings, GError **error)
{
  char **devices = cvi_settings_get_list (settings, CVI_SETTING_HW_DEVICE);
  g_autofree char *answer = NULL;

  if (!devices || !*devices)
    return TRUE;
  answer = ask_worker (devices, error);
  if (!answer)
    return FALSE;
  if (*answer) {
    g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "--hw-device: %s", answer);
    return FALSE;
  }
  return TRUE;
}
