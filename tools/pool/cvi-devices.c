/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-devices.h"

#include <sys/sysmacros.h>

/* A tree with a device each is possible; asking the kernel again is cheap. */
#define MAX_KNOWN 1024

struct _CviDevices {
  guint limit;
  char *sys;
  GHashTable *known; /* guint64 * -> whether it rotates */
};

CviDevices *
cvi_devices_new (guint limit, const char *sys)
{
  CviDevices *devices = g_new0 (CviDevices, 1);

  devices->limit = limit;
  devices->sys = g_strdup (sys ? sys : "/sys/dev/block");
  devices->known =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return devices;
}

void
cvi_devices_free (CviDevices *devices)
{
  if (!devices)
    return;
  g_hash_table_unref (devices->known);
  g_free (devices->sys);
  g_free (devices);
}

/* A partition has no queue of its own, but is a folder in its disk's. */
static gboolean
is_rotational (CviDevices *devices, guint64 device)
{
  static const char *const queues[] = { "queue", "../queue" };

  for (guint i = 0; i < G_N_ELEMENTS (queues); i++) {
    g_autofree char *path = g_strdup_printf ("%s/%u:%u/%s/rotational",
        devices->sys, major (device), minor (device), queues[i]);
    g_autofree char *text = NULL;

    if (g_file_get_contents (path, &text, NULL, NULL))
      return text[0] == '1';
  }
  return FALSE;
}

guint
cvi_devices_get_limit (CviDevices *devices, guint64 device)
{
  gpointer rotates;
  gboolean result;

  g_return_val_if_fail (devices != NULL, 0);

  if (device == 0)
    return 0;
  if (devices->limit != CVI_DEVICES_AUTO)
    return devices->limit;
  if (g_hash_table_lookup_extended (devices->known, &device, NULL, &rotates))
    return GPOINTER_TO_INT (rotates) ? 1 : 0;
  result = is_rotational (devices, device);
  if (g_hash_table_size (devices->known) >= MAX_KNOWN)
    g_hash_table_remove_all (devices->known);
  g_hash_table_insert (devices->known, g_memdup2 (&device, sizeof device),
      GINT_TO_POINTER (result));
  return result ? 1 : 0;
}
