/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-structure.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/structure/cvi-containers.h"
#include "tools/structure/cvi-walk-private.h"

/* One row a container; NULL ends it. */
static const CviContainer *const containers[] = {
  &cvi_container_isobmff,
  &cvi_container_matroska,
  &cvi_container_mpegts,
  &cvi_container_mpegps,
  &cvi_container_ogg,
  &cvi_container_asf,
  &cvi_container_mxf,
  &cvi_container_realmedia,
  &cvi_container_avi,
  &cvi_container_flv,
  &cvi_container_ivf,
  &cvi_container_h264,
  &cvi_container_h265,
  NULL,
};

static gboolean
has_extension (const CviContainer *container, const char *name)
{
  const char *dot = name ? strrchr (name, '.') : NULL;
  g_auto (GStrv) known = NULL;

  if (!dot || !container->extensions)
    return FALSE;
  known = g_strsplit (container->extensions, " ", -1);
  for (guint i = 0; known[i]; i++) {
    if (g_ascii_strcasecmp (known[i], dot + 1) == 0)
      return TRUE;
  }
  return FALSE;
}

static const CviContainer *
recognise (CviWalk *walk, const char *name)
{
  gsize len = (gsize)MIN (cvi_walk_get_size (walk), CVI_PROBE_HEAD);
  const guint8 *head = len > 0 ? cvi_walk_peek (walk, 0, len) : NULL;
  const CviContainer *best = NULL;
  guint best_score = 0;

  if (!head)
    return NULL;
  for (guint i = 0; containers[i]; i++) {
    guint score = containers[i]->probe (head, len, cvi_walk_get_size (walk));
    gboolean named = has_extension (containers[i], name);

    if (score == 0 || (score < CVI_PROBE_LIKELY && !named))
      continue;
    score = 2 * score + (named ? 1 : 0);
    if (score > best_score) {
      best_score = score;
      best = containers[i];
    }
  }
  return best;
}

CviStructureInfo *
cvi_structure_check (int fd, const char *name,
    const CviStructureCallbacks *callbacks, gpointer user_data)
{
  g_autoptr (CviWalk) walk = NULL;
  const CviContainer *container;
  CviStructureInfo *info;
  struct stat st;

  g_return_val_if_fail (callbacks != NULL && callbacks->finding != NULL, NULL);

  if (fstat (fd, &st) != 0) {
    int errnum = errno;

    walk = cvi_walk_new (fd, 0, callbacks, user_data);
    cvi_walk_fail (walk, errnum, CVI_NONE);
    return cvi_walk_finish (walk);
  }

  walk = cvi_walk_new (fd, (guint64)MAX (st.st_size, 0), callbacks, user_data);
  container = recognise (walk, name);
  if (container)
    container->walk (walk);
  info = cvi_walk_finish (walk);
  if (container)
    info->container = container->name;
  return info;
}

static void
stream_free (CviStructureStream *stream)
{
  g_free (stream->id);
  g_free (stream->kind);
  g_free (stream->codec);
  g_free (stream);
}

void
cvi_structure_info_free (CviStructureInfo *info)
{
  if (!info)
    return;
  g_ptr_array_set_free_func (info->streams, (GDestroyNotify)stream_free);
  g_ptr_array_unref (info->streams);
  g_free (info);
}
