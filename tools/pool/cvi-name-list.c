/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/pool/cvi-name-list.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

struct _CviNameList {
  int fd;
  char separator;
  gboolean ended;
  gsize start, end; /* unread part of @buffer */
  char buffer[16384];
};

CviNameList *
cvi_name_list_new (int fd, char separator)
{
  CviNameList *list;

  g_return_val_if_fail (fd >= 0, NULL);

  list = g_new0 (CviNameList, 1);
  list->fd = fd;
  list->separator = separator;
  return list;
}

void
cvi_name_list_free (CviNameList *list)
{
  g_free (list);
}

/* Returns 0 or an errno; sets @ended at the end and on failure. */
static int
refill (CviNameList *list)
{
  ssize_t n;

  do
    n = read (list->fd, list->buffer, sizeof list->buffer);
  while (n < 0 && errno == EINTR);

  list->start = 0;
  list->end = n > 0 ? (gsize)n : 0;
  list->ended = n <= 0;
  return n < 0 ? errno : 0;
}

/* Reads one name, perhaps an empty one, into @name. */
static int
read_name (CviNameList *list, GString *name, gboolean *cut)
{
  while (!list->ended) {
    const char *from, *stop;
    gsize len, room;

    if (list->start == list->end) {
      int errnum = refill (list);

      if (list->ended)
        return errnum;
    }
    from = list->buffer + list->start;
    stop = memchr (from, list->separator, list->end - list->start);
    len = stop ? (gsize)(stop - from) : list->end - list->start;
    room = CVI_NAME_LIST_MAX_NAME - name->len;
    *cut = *cut || len > room;
    g_string_append_len (name, from, (gssize)MIN (len, room));
    list->start += len + (stop ? 1 : 0);
    if (stop)
      return 0;
  }
  return 0;
}

char *
cvi_name_list_next (CviNameList *list, int *problem)
{
  g_return_val_if_fail (list != NULL && problem != NULL, NULL);

  while (!list->ended) {
    g_autoptr (GString) name = g_string_new (NULL);
    gboolean cut = FALSE;
    int errnum = read_name (list, name, &cut);

    if (errnum) {
      *problem = errnum;
      return g_strdup_printf ("/dev/fd/%d", list->fd);
    }
    if (name->len == 0)
      continue;
    *problem = 0;
    if (cut)
      *problem = ENAMETOOLONG;
    else if (memchr (name->str, 0, name->len))
      *problem = EINVAL;
    return g_string_free (g_steal_pointer (&name), FALSE);
  }
  return NULL;
}

gboolean
cvi_name_list_is_ready (CviNameList *list)
{
  struct pollfd wanted = { .events = POLLIN };
  gsize from;

  g_return_val_if_fail (list != NULL, FALSE);

  from = list->start;
  while (from < list->end && list->buffer[from] == list->separator)
    from++;
  if (list->ended ||
      memchr (list->buffer + from, list->separator, list->end - from))
    return TRUE;
  /* The end is news too. */
  wanted.fd = list->fd;
  return poll (&wanted, 1, 0) == 1;
}
