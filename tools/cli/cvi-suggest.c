/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-suggest.h"

#include <string.h>

#define MAX_LENGTH 64
/* Shorter beginnings of a name could be anything. */
#define MIN_BEGINNING 3

static guint
cell (guint rows[3][MAX_LENGTH + 1], guint i, guint k, const char *a,
    const char *b)
{
  guint cost = a[i - 1] == b[k - 1] ? 0 : 1;
  guint best = MIN (rows[(i + 2) % 3][k], rows[i % 3][k - 1]) + 1;

  best = MIN (best, rows[(i + 2) % 3][k - 1] + cost);
  if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
    best = MIN (best, rows[(i + 1) % 3][k - 2] + 1);
  return best;
}

guint
cvi_edit_distance (const char *a, const char *b)
{
  guint a_len, b_len;
  /* This row and the two before it. */
  guint rows[3][MAX_LENGTH + 1];

  g_return_val_if_fail (a && b, 0);

  a_len = (guint)strnlen (a, MAX_LENGTH);
  b_len = (guint)strnlen (b, MAX_LENGTH);
  for (guint k = 0; k <= b_len; k++)
    rows[0][k] = k;
  for (guint i = 1; i <= a_len; i++) {
    rows[i % 3][0] = i;
    for (guint k = 1; k <= b_len; k++)
      rows[i % 3][k] = cell (rows, i, k, a, b);
  }
  return rows[a_len % 3][b_len];
}

char *
cvi_suggest_hint (const char *word, const char *prefix, GPtrArray *names)
{
  const char *best = NULL;
  guint best_distance;
  gsize len;

  g_return_val_if_fail (word && prefix && names, NULL);

  len = strlen (word);
  best_distance = MAX (1, (guint)MIN (len, MAX_LENGTH) / 3) + 1;
  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);
    guint distance = cvi_edit_distance (word, name);

    if (len >= MIN_BEGINNING && g_str_has_prefix (name, word))
      distance = MIN (distance, 1);
    if (distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return best ? g_strdup_printf ("; did you mean %s%s?", prefix, best)
              : g_strdup ("");
}
