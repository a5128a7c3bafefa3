/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdio.h>

#include "tools/cli/cvi-command.h"
#include "tools/cli/cvi-open-store.h"
#include "tools/cli/cvi-say.h"

static gboolean
back_up (CviSettings *settings, GError **error)
{
  char **arguments = cvi_settings_get_arguments (settings);
  g_autoptr (CviStore) store = NULL;

  if (!arguments[0] || arguments[1]) {
    g_set_error (error, CVI_SETTINGS_ERROR, CVI_SETTINGS_ERROR_INVALID,
        "one FILE is needed to write the copy to (cvi-gst backup FILE)");
    return FALSE;
  }
  store = cvi_open_store (settings, error);
  return store &&
         cvi_store_backup (store, arguments[0],
             cvi_settings_get_flag (settings, CVI_SETTING_FORCE), error);
}

static int
run_backup (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CviSettings) settings = cvi_settings_new (
      CVI_FOR_BACKUP, "FILE", cvi_command_backup.summary, argv, &error);

  if (settings && back_up (settings, &error))
    return CVI_EXIT_OK;
  cvi_say ("backup: %s", error->message);
  return CVI_EXIT_USAGE;
}

const CviCommand cvi_command_backup = {
  .name = "backup",
  .summary = "Copy the store into FILE, also while a scan runs",
  .run = run_backup,
};
