/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/store/cvi-store-private.h"

#include <string.h>

static gint
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* Sorts @names, drops what is there twice. Returns: (transfer full): one a
 * line */
static char *
join_sorted (GPtrArray *names)
{
  GString *text = g_string_new (NULL);
  const char *last = NULL;

  g_ptr_array_sort (names, compare_texts);
  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);
    gsize begin = text->len;

    if (last != NULL && strcmp (last, name) == 0)
      continue;
    last = name;
    if (begin > 0)
      g_string_append_c (text, '\n');
    g_string_append (text, name);
    /* A line is an entry. */
    g_strdelimit (text->str + begin + (begin > 0), "\n", ' ');
  }
  return g_string_free (text, FALSE);
}

static char *
list_codecs (const CviResult *result)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < result->streams->len; i++) {
    const CviStream *stream = g_ptr_array_index (result->streams, i);

    if (stream->codec != NULL)
      g_ptr_array_add (names, stream->codec);
  }
  return join_sorted (names);
}

static char *
list_rules (const CviResult *result)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < result->findings->len; i++) {
    const CviFinding *finding = g_ptr_array_index (result->findings, i);

    g_ptr_array_add (names, (gpointer)finding->rule->id);
  }
  return join_sorted (names);
}

gint64
cvi_store_get_kind (CviStore *store, const CviResult *result, GError **error)
{
  g_autofree char *codecs = list_codecs (result);
  g_autofree char *rules = list_rules (result);
  const char *container = result->container != NULL ? result->container : "";
  CviQuery *const queries[2] = { cvi_store_query (store, CVI_QUERY_FIND_KIND),
    cvi_store_query (store, CVI_QUERY_ADD_KIND) };
  g_autoptr (CviQuery) find = queries[0];
  g_autoptr (CviQuery) add = queries[1];

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++) {
    cvi_query_bind_text (queries[i], 1, container);
    cvi_query_bind_text (queries[i], 2, codecs);
    cvi_query_bind_text (queries[i], 3, rules);
  }
  return cvi_store_find_or_add (store, find, add, error);
}
