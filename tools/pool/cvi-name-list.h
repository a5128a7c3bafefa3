/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Longest name of a list (bytes); a longer one is cut and reported. */
#define CVI_NAME_LIST_MAX_NAME 65536

/**
 * CviNameList: reads names from a file descriptor, one after the other, in
 * constant memory.
 */
typedef struct _CviNameList CviNameList;

/**
 * cvi_name_list_new:
 * @fd: blocking; stays the caller's
 * @separator: ends each name; the last one may do without
 */
CviNameList *cvi_name_list_new (int fd, char separator);
void cvi_name_list_free (CviNameList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviNameList, cvi_name_list_free)

/**
 * cvi_name_list_next:
 * @problem: (out): 0, or why the returned name cannot be used: ENAMETOOLONG
 *   (the name is cut), EINVAL (it has a NUL byte and is cut there), or the
 *   errno of a failed read (the name is the list's own; the list ends)
 *
 * Empty names are passed over. Returns: (transfer full) (nullable): a name,
 * NULL at the end
 */
char *cvi_name_list_next (CviNameList *list, int *problem);

/* Will cvi_name_list_next() return without waiting for who writes the list? */
gboolean cvi_name_list_is_ready (CviNameList *list);

G_END_DECLS
