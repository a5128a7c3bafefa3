/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/store/cvi-store-private.h"

gboolean
cvi_store_foreach (CviStore *store, const CviStoreFilter *filter,
    CviStoreFunc func, gpointer user_data, GError **error)
{
  g_auto (CviStoreAnswer) answer = { NULL };
  gint64 id;
  int rc;

  g_return_val_if_fail (store != NULL && filter != NULL && func != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!cvi_store_select (store, filter, &answer, error))
    return FALSE;
  while ((rc = cvi_store_answer_next (&answer, &id)) == SQLITE_ROW) {
    g_autoptr (CviResult) result = cvi_store_load (store, id, error);

    if (result == NULL)
      return FALSE;
    if (!func (result, user_data))
      return TRUE;
  }
  if (rc == SQLITE_DONE)
    return TRUE;
  cvi_store_set_error (store, error, "cannot read its results");
  return FALSE;
}
