/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* gst-libav and GStreamer's vpx plugin have no properties for what is done
 * here. But their calls of libav and libvpx go through the dynamic linker,
 * which takes a symbol from the program before it takes one from a library that
 * a plugin has brought along: so a few functions of those are defined once
 * more, and exported (meson.build). All do what they are meant to where
 * pictures are looked at, or where they are called by others. Where the linker
 * does not come here, all is as without this file. */
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
typedef int (*SendFunc) (gpointer context, gconstpointer packet);
typedef int (*CopyFunc) (gpointer to, gconstpointer from);
typedef int (*InitFunc) (gpointer context, gconstpointer algorithm,
    gconstpointer config, long flags, int version);
typedef int (*ControlFunc) (gpointer context, int control, ...);

EXPORTED int avcodec_open2 (
    gpointer context, gconstpointer codec, gpointer options);
EXPORTED int avcodec_send_packet (gpointer context, gconstpointer packet);
EXPORTED int av_frame_copy (gpointer to, gconstpointer from);
EXPORTED int vpx_codec_dec_init_ver (gpointer context, gconstpointer algorithm,
    gconstpointer config, long flags, int version);

typedef enum { NOT_H265, EXACT, SPARED } NextPacket;

static _Thread_local NextPacket next_packet;
/* A call of one of these functions. */
typedef struct {
  gpointer at;
  gpointer next; /* (nullable): what it would get but for this file */
  gboolean from_plugin;
} Call;

static gint unseen; /* atomic */
/* Those of plugins, which are never unloaded; filled up to n_calls (atomic),
 * by whoever holds the lock. */
static Call calls[16];
static gint n_calls;
static GMutex calls_lock;

void
cvi_unseen_set (gboolean value)
{
  g_atomic_int_set (&unseen, value);
}

gboolean
cvi_unseen_get (void)
{
  return g_atomic_int_get (&unseen);
}

void
cvi_unseen_next_h265 (gboolean exact)
{
  next_packet = exact ? EXACT : SPARED;
}

/* Libraries of plugins are not in the scope that RTLD_NEXT searches.
 * Returns: (nullable) */
static gpointer
find_symbol (const char *library_name, const char *name)
{
  gpointer library = dlopen (library_name, RTLD_LAZY | RTLD_NOLOAD);
  gpointer found = NULL;

  if (library) {
    found = dlsym (library, name);
    dlclose (library);
  }
  return found;
}

/* What the code at @at gets for @name. Returns: (nullable) */
static gpointer
find_for (gpointer at, const char *name)
{
  Dl_info info;

  return dladdr (at, &info) ? find_symbol (info.dli_fname, name) : NULL;
}

static Call
find_call (gpointer at, const char *name)
{
  Call call = { .at = at };
  Dl_info info;
  gint n = g_atomic_int_get (&n_calls);

  for (gint i = 0; i < n; i++) {
    if (calls[i].at == at)
      return calls[i];
  }
  if (!dladdr (at, &info))
    return call;
  call.next = find_symbol (info.dli_fname, name);
  call.from_plugin = strstr (info.dli_fname, "libgstlibav.") != NULL ||
                     strstr (info.dli_fname, "libgstvpx.") != NULL;
  g_mutex_lock (&calls_lock);
  if (call.from_plugin && n_calls < (gint)G_N_ELEMENTS (calls)) {
    calls[n_calls] = call;
    g_atomic_int_inc (&n_calls);
  }
  g_mutex_unlock (&calls_lock);
  return call;
}

static gboolean
is_spared (const Call *call)
{
  return call->from_plugin && g_atomic_int_get (&unseen);
}

/* What is left out, which changes samples and those that are predicted from
 * them, but not which bits are read. Measured with ffmpeg: the deblocking
 * filter is 12 % of the time of H.264 1080p, the inverse transform 10 % of
 * MPEG-2's. */
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
  Call call = find_call (__builtin_return_address (0), "avcodec_open2");

  if (!call.next)
    return -ENOSYS;
  if (is_spared (&call))
    configure (call.at, context, codec);
  return ((OpenFunc)call.next) (context, codec, options);
}

/* H.265's filters, 7 % of its time, are left out from packet to packet: whether
 * its pictures come with checksums shows only there. */
int
avcodec_send_packet (gpointer context, gconstpointer packet)
{
  Call call = find_call (__builtin_return_address (0), "avcodec_send_packet");
  SetFunc set;

  if (!call.next)
    return -ENOSYS;
  if (next_packet != NOT_H265 && is_spared (&call)) {
    set = (SetFunc)find_for (call.at, "av_opt_set");
    if (set)
      set (context, "skip_loop_filter",
          next_packet == SPARED ? "all" : "default", 0);
  }
  next_packet = NOT_H265;
  return ((SendFunc)call.next) (context, packet);
}

/* gst-libav copies each picture for a sink that knows nothing of strides, and
 * keeps the copy for as long as the decoder keeps the picture: twice the memory
 * for reference frames, 62 MB with 2160p. For one that does know, as of 1.22 it
 * copies them all the same, where buffers are made writable. */
int
av_frame_copy (gpointer to, gconstpointer from)
{
  Call call = find_call (__builtin_return_address (0), "av_frame_copy");

  if (is_spared (&call))
    return 0;
  return call.next ? ((CopyFunc)call.next) (to, from) : -ENOSYS;
}

/* vpx/vp8dx.h; VP8 has no such control, and says so. */
#define VP9_SET_SKIP_LOOP_FILTER 265

/* VP9's deblocking, 23 % of the time of 1080p. */
int
vpx_codec_dec_init_ver (gpointer context, gconstpointer algorithm,
    gconstpointer config, long flags, int version)
{
  Call call =
      find_call (__builtin_return_address (0), "vpx_codec_dec_init_ver");
  ControlFunc control = NULL;
  int result;

  if (!call.next)
    return 1;
  result = ((InitFunc)call.next) (context, algorithm, config, flags, version);
  if (result == 0 && is_spared (&call))
    control = (ControlFunc)find_for (call.at, "vpx_codec_control_");
  if (control)
    control (context, VP9_SET_SKIP_LOOP_FILTER, 1);
  return result;
}
