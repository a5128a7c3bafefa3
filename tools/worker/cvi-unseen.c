/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* gst-libav has no properties for what is done here. But its calls of libav go
 * through the dynamic linker, which takes a symbol from the program before it
 * takes one from a library that a plugin has brought along: so two functions of
 * libav are defined once more, and exported (meson.build). Both do what they
 * are meant to where pictures are looked at, or where they are called by
 * others. Where the linker does not come here, all is as without this file. */
#include "tools/worker/cvi-unseen.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#define EXPORTED __attribute__ ((visibility ("default")))

typedef int (*OpenFunc) (
    gpointer context, gconstpointer codec, gpointer options);
typedef int (*SetFunc) (
    gpointer object, const char *name, const char *value, int flags);
typedef gconstpointer (*FindFunc) (const char *name);
typedef int (*CopyFunc) (gpointer to, gconstpointer from);

EXPORTED int avcodec_open2 (
    gpointer context, gconstpointer codec, gpointer options);
EXPORTED int av_frame_copy (gpointer to, gconstpointer from);

static gint unseen;        /* atomic */
static gpointer copies_at; /* atomic; where gst-libav calls av_frame_copy() */

void
cvi_unseen_set (gboolean value)
{
  g_atomic_int_set (&unseen, value);
}

/* What the code at @caller would get but for this file: libraries of plugins
 * are not in the scope that RTLD_NEXT searches. Returns: (nullable) */
static gpointer
find_for (gpointer caller, const char *name)
{
  gpointer library, found = NULL;
  Dl_info info;

  if (!dladdr (caller, &info))
    return NULL;
  library = dlopen (info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  if (library) {
    found = dlsym (library, name);
    dlclose (library);
  }
  return found;
}

static gboolean
is_gst_libav (gpointer caller)
{
  Dl_info info;

  return dladdr (caller, &info) &&
         strstr (info.dli_fname, "libgstlibav.") != NULL;
}

/* What is left out, which changes samples and those that are predicted from
 * them, but not which bits are read. Measured with ffmpeg: the deblocking
 * filter is 12 % of the time of H.264 1080p, the inverse transform 10 % of
 * MPEG-2's. H.265's filters are not in the list: its pictures can come with
 * checksums, and libav compares those. */
static const struct {
  const char *decoder;
  const char *option;
} spared[] = {
  { "h264", "skip_loop_filter" },
  { "mpeg2video", "skip_idct" },
  { "mpeg4", "skip_idct" },
};

static void
configure (gpointer caller, gpointer context, gconstpointer codec)
{
  FindFunc find = (FindFunc)find_for (caller, "avcodec_find_decoder_by_name");
  SetFunc set = (SetFunc)find_for (caller, "av_opt_set");

  for (guint i = 0; find && set && i < G_N_ELEMENTS (spared); i++) {
    if (codec && codec == find (spared[i].decoder))
      set (context, spared[i].option, "all", 0);
  }
}

int
avcodec_open2 (gpointer context, gconstpointer codec, gpointer options)
{
  gpointer caller = __builtin_return_address (0);
  OpenFunc next = (OpenFunc)find_for (caller, "avcodec_open2");

  if (!next)
    return -ENOSYS;
  if (g_atomic_int_get (&unseen) && is_gst_libav (caller))
    configure (caller, context, codec);
  return next (context, codec, options);
}

/* gst-libav copies each picture for a sink that knows nothing of strides, and
 * keeps the copy for as long as the decoder keeps the picture: twice the memory
 * for reference frames, 62 MB with 2160p. For one that does know, as of 1.22 it
 * copies them all the same, where buffers are made writable. */
int
av_frame_copy (gpointer to, gconstpointer from)
{
  gpointer caller = __builtin_return_address (0);
  CopyFunc next;

  if (g_atomic_int_get (&unseen)) {
    if (caller == g_atomic_pointer_get (&copies_at))
      return 0;
    if (is_gst_libav (caller)) {
      g_atomic_pointer_set (&copies_at, caller);
      return 0;
    }
  }
  next = (CopyFunc)find_for (caller, "av_frame_copy");
  return next ? next (to, from) : -ENOSYS;
}
