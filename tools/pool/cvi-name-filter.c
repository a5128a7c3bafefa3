/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-name-filter.h"

#include <string.h>

struct _CviNameFilter {
  GHashTable *extensions; /* lower case */
  GPtrArray *excludes;    /* of GPatternSpec */
};

/* GPatternSpec steps through UTF-8 and would step over the end of a string
 * that is not. */
static char *
make_valid (const char *text)
{
  return g_utf8_make_valid (text, -1);
}

CviNameFilter *
cvi_name_filter_new (const char *const *extensions, const char *const *excludes)
{
  CviNameFilter *filter;

  g_return_val_if_fail (extensions != NULL, NULL);

  filter = g_new0 (CviNameFilter, 1);
  filter->extensions =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (gsize i = 0; extensions[i]; i++)
    g_hash_table_add (filter->extensions, g_ascii_strdown (extensions[i], -1));

  filter->excludes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)g_pattern_spec_free);
  for (gsize i = 0; excludes && excludes[i]; i++) {
    g_autofree char *glob = make_valid (excludes[i]);

    g_ptr_array_add (filter->excludes, g_pattern_spec_new (glob));
  }
  return filter;
}

void
cvi_name_filter_free (CviNameFilter *filter)
{
  if (!filter)
    return;
  g_hash_table_unref (filter->extensions);
  g_ptr_array_unref (filter->excludes);
  g_free (filter);
}

gboolean
cvi_name_filter_has_extension (const CviNameFilter *filter, const char *name)
{
  const char *dot;
  g_autofree char *extension = NULL;

  g_return_val_if_fail (filter != NULL && name != NULL, FALSE);

  dot = strrchr (name, '.');
  /* ".mp4" is a hidden file without an extension. */
  if (!dot || dot == name)
    return FALSE;
  extension = g_ascii_strdown (dot + 1, -1);
  return g_hash_table_contains (filter->extensions, extension);
}

gboolean
cvi_name_filter_has_excludes (const CviNameFilter *filter)
{
  g_return_val_if_fail (filter != NULL, FALSE);

  return filter->excludes->len > 0;
}

gboolean
cvi_name_filter_excludes (
    const CviNameFilter *filter, const char *path, const char *name)
{
  g_autofree char *valid_path = NULL;
  g_autofree char *valid_name = NULL;

  g_return_val_if_fail (filter != NULL, FALSE);
  g_return_val_if_fail (path != NULL && name != NULL, FALSE);

  if (filter->excludes->len == 0)
    return FALSE;
  valid_path = make_valid (path);
  valid_name = make_valid (name);
  for (guint i = 0; i < filter->excludes->len; i++) {
    GPatternSpec *glob = g_ptr_array_index (filter->excludes, i);

    if (g_pattern_spec_match_string (glob, valid_name) ||
        g_pattern_spec_match_string (glob, valid_path))
      return TRUE;
  }
  return FALSE;
}
