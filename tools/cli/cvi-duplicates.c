/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-duplicates.h"

#include <stdio.h>
#include <string.h>

#include "tools/report/cvi-display.h"

typedef struct {
  guint8 whole[CVI_FIXITY_DIGEST];
  guint64 n_files;
} Duplicates;

static gboolean
print_duplicate (
    const guint8 *whole, guint64 size, const char *path, gpointer user_data)
{
  Duplicates *duplicates = user_data;
  g_autofree char *shown = cvi_display_name (path);

  if (duplicates->n_files == 0 ||
      memcmp (duplicates->whole, whole, CVI_FIXITY_DIGEST) != 0) {
    if (duplicates->n_files > 0)
      putchar ('\n');
    for (guint i = 0; i < CVI_FIXITY_DIGEST; i++)
      printf ("%02x", whole[i]);
    printf ("  %" G_GUINT64_FORMAT " bytes\n", size);
  }
  memcpy (duplicates->whole, whole, CVI_FIXITY_DIGEST);
  duplicates->n_files++;
  printf ("  %s\n", shown);
  return !ferror (stdout);
}

gboolean
cvi_duplicates_print (CviStore *store, GError **error)
{
  Duplicates duplicates = { .n_files = 0 };

  return cvi_store_foreach_duplicate (
      store, print_duplicate, &duplicates, error);
}
