/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* A plugin for tests: decoders that say that they are hardware, go before all
 * others, and each have one fault or none. pretendlateh264 ... are named by
 * what they do and by the codec. */
#include "tests/hardware/cvi-pretend.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *const act_names[PRETEND_N] = { "works", "refuses", "late",
  "start", "paused", "middle", "mute", "end", "silent", "hangs", "hangend",
  "crashes", "lies", "cries", "blind" };

/* The last one is of no software. */
static const PretendCodec codecs[] = {
  { "h264",
      "video/x-h264,stream-format=byte-stream,alignment=au;"
      "video/x-h264,stream-format=avc,alignment=au",
      "avdec_h264" },
  { "h265",
      "video/x-h265,stream-format=byte-stream,alignment=au;"
      "video/x-h265,stream-format=hvc1,alignment=au",
      "avdec_h265" },
  { "mpeg2", "video/mpeg,mpegversion=2,systemstream=false,parsed=true",
      "avdec_mpeg2video" },
  { "vp8", "video/x-vp8", "vp8dec" },
  { "vp9", "video/x-vp9", "vp9dec" },
  { "prtd", "video/x-gst-fourcc-prtd", NULL },
};

guint
pretend_middle (void)
{
  const char *text = g_getenv ("CVI_PRETEND_PACKET");

  return text ? (guint)g_ascii_strtoull (text, NULL, 10) : 40;
}

/* One write is one line, whatever other processes do. */
void
pretend_log (const char *what)
{
  const char *path = g_getenv ("CVI_PRETEND_LOG");
  g_autofree char *line = g_strconcat (what, "\n", NULL);
  int fd = path ? open (path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;

  if (fd < 0)
    return;
  if (write (fd, line, strlen (line)) < 0)
    g_warning ("cannot write %s", path);
  close (fd);
}

void
pretend_log_change (GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    pretend_log ("open");
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    pretend_log ("close");
}

void
pretend_describe (GstElementClass *klass, const PretendCodec *codec)
{
  g_autoptr (GstCaps) sink = gst_caps_from_string (codec->caps);
  g_autoptr (GstCaps) src = gst_caps_from_string ("video/x-raw");

  gst_element_class_add_pad_template (
      klass, gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, sink));
  gst_element_class_add_pad_template (
      klass, gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, src));
  gst_element_class_set_static_metadata (klass, "Pretended hardware decoder",
      "Codec/Decoder/Video/Hardware", "Says that it is hardware", "cvi");
}

static gboolean
register_one (GstPlugin *plugin, PretendAct act, const PretendCodec *codec)
{
  g_autofree char *name =
      g_strconcat ("pretend", act_names[act], codec->name, NULL);
  g_autofree char *type_name =
      g_strconcat ("Pretend-", act_names[act], "-", codec->name, NULL);
  gboolean blind = act == PRETEND_BLIND || !codec->decoder;
  GType type = blind ? pretend_blind_register (act, type_name, codec)
                     : pretend_bin_register (act, type_name, codec);

  /* Above any bonus of tools/worker/cvi-decoders.c; the one that works first.
   */
  return gst_element_register (plugin, name, 9000 - act, type);
}

static gboolean
plugin_init (GstPlugin *plugin)
{
  for (guint c = 0; c < G_N_ELEMENTS (codecs); c++) {
    for (guint act = 0; act < PRETEND_N; act++) {
      /* Blind is the one kind there is without software to do the work. */
      if (!codecs[c].decoder && act != PRETEND_BLIND && act != PRETEND_LIES)
        continue;
      if (!register_one (plugin, (PretendAct)act, &codecs[c]))
        return FALSE;
    }
  }
  return TRUE;
}

#ifndef PRETEND_PLUGIN
#define PRETEND_PLUGIN pretend
#endif

#define PACKAGE "cvi"
GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, PRETEND_PLUGIN,
    "Pretended hardware decoders, for tests", plugin_init, "0", "LGPL", "cvi",
    "cvi")
