/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-doctor.h"

#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <gst/gst.h>

#include "tools/worker/cvi-decoders.h"
#include "tools/worker/cvi-sandbox.h"

/* Codecs that people have; each by the caps its demuxers give. */
static const struct {
  const char *codec;
  const char *caps;
} codecs[] = {
  { "H.264", "video/x-h264" },
  { "H.265", "video/x-h265" },
  { "VP8", "video/x-vp8" },
  { "VP9", "video/x-vp9" },
  { "AV1", "video/x-av1" },
  { "MPEG-1 video", "video/mpeg, mpegversion=1, systemstream=false" },
  { "MPEG-2 video", "video/mpeg, mpegversion=2, systemstream=false" },
  { "MPEG-4 part 2", "video/mpeg, mpegversion=4, systemstream=false" },
  { "Motion JPEG", "image/jpeg" },
  { "ProRes", "video/x-prores" },
  { "DNxHD", "video/x-dnxhd" },
  { "Theora", "video/x-theora" },
  { "WMV 3", "video/x-wmv, wmvversion=3" },
  { "H.263", "video/x-h263" },
  { "FFV1", "video/x-ffv, ffvversion=1" },
  { "AAC", "audio/mpeg, mpegversion=4" },
  { "MP3", "audio/mpeg, mpegversion=1, layer=3" },
  { "AC-3", "audio/x-ac3" },
  { "E-AC-3", "audio/x-eac3" },
  { "DTS", "audio/x-dts" },
  { "Opus", "audio/x-opus" },
  { "Vorbis", "audio/x-vorbis" },
  { "FLAC", "audio/x-flac" },
  { "WMA", "audio/x-wma" },
};

/* Elements whose absence leaves common files unchecked, and Debian's package
 * that brings them. */
static const struct {
  const char *element;
  const char *what;
  const char *package;
} wanted[] = {
  { "avdec_h264", "libav decoders", "gstreamer1.0-libav" },
  { "qtdemux", "MP4, QuickTime, Matroska, AVI and FLV demuxers",
      "gstreamer1.0-plugins-good" },
  { "vorbisdec", "Ogg, Theora, Vorbis and Opus", "gstreamer1.0-plugins-base" },
  { "h264parse", "H.264, H.265 and MPEG-TS parsers",
      "gstreamer1.0-plugins-bad" },
  { "asfdemux", "ASF and RealMedia demuxers", "gstreamer1.0-plugins-ugly" },
};

static void
add_elements (JsonBuilder *json, const char *caps_string)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (caps_string);
  const CviHwPolicy policy = { .hw = CVI_HW_AUTO, .session = TRUE };
  GList *decoders = cvi_find_decoders (caps, &policy, NULL);

  json_builder_begin_array (json);
  for (GList *l = decoders; l; l = l->next) {
    GstPluginFeature *feature = l->data;
    const char *plugin = gst_plugin_feature_get_plugin_name (feature);

    json_builder_begin_object (json);
    json_builder_set_member_name (json, "name");
    json_builder_add_string_value (json, GST_OBJECT_NAME (feature));
    json_builder_set_member_name (json, "plugin");
    json_builder_add_string_value (json, plugin ? plugin : "cvi-gst-worker");
    json_builder_set_member_name (json, "rank");
    json_builder_add_int_value (json, gst_plugin_feature_get_rank (feature));
    json_builder_set_member_name (json, "hardware");
    json_builder_add_boolean_value (
        json, cvi_factory_is_hardware (GST_ELEMENT_FACTORY (feature)));
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
  gst_plugin_feature_list_free (decoders);
}

static void
add_decoders (JsonBuilder *json)
{
  json_builder_set_member_name (json, "decoders");
  json_builder_begin_array (json);
  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++) {
    json_builder_begin_object (json);
    json_builder_set_member_name (json, "codec");
    json_builder_add_string_value (json, codecs[i].codec);
    json_builder_set_member_name (json, "caps");
    json_builder_add_string_value (json, codecs[i].caps);
    json_builder_set_member_name (json, "elements");
    add_elements (json, codecs[i].caps);
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
}

static void
add_missing (JsonBuilder *json)
{
  json_builder_set_member_name (json, "missing");
  json_builder_begin_array (json);
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++) {
    g_autoptr (GstElementFactory) factory =
        gst_element_factory_find (wanted[i].element);

    if (factory)
      continue;
    json_builder_begin_object (json);
    json_builder_set_member_name (json, "what");
    json_builder_add_string_value (json, wanted[i].what);
    json_builder_set_member_name (json, "package");
    json_builder_add_string_value (json, wanted[i].package);
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
}

static gboolean
has_seccomp (void)
{
  guint32 action = SECCOMP_RET_ERRNO;

  return syscall (SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static void
add_sandbox (JsonBuilder *json, const char *missing)
{
  json_builder_set_member_name (json, "sandbox");
  json_builder_begin_object (json);
  json_builder_set_member_name (json, "no_new_privs");
  json_builder_add_boolean_value (
      json, prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0);
  json_builder_set_member_name (json, "landlock_abi");
  json_builder_add_int_value (json, cvi_sandbox_landlock_abi ());
  json_builder_set_member_name (json, "seccomp");
  json_builder_add_boolean_value (json, has_seccomp ());
  json_builder_set_member_name (json, "complete");
  json_builder_add_boolean_value (json, missing == NULL);
  json_builder_set_member_name (json, "missing");
  json_builder_add_string_value (json, missing ? missing : "");
  json_builder_end_object (json);
}

int
cvi_doctor_print (const char *missing, char **devices)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;
  guint major, minor, micro, nano;
  g_autofree char *version = NULL;

  gst_version (&major, &minor, &micro, &nano);
  version = g_strdup_printf ("%u.%u.%u", major, minor, micro);
  json_builder_begin_object (json);
  json_builder_set_member_name (json, "gstreamer");
  json_builder_add_string_value (json, version);
  add_decoders (json);
  add_missing (json);
  cvi_doctor_add_hardware (json, devices);
  add_sandbox (json, missing);
  json_builder_end_object (json);
  root = json_builder_get_root (json);
  text = json_to_string (root, TRUE);
  g_print ("%s\n", text);
  return EXIT_SUCCESS;
}
