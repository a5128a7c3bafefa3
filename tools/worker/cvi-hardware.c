/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-hardware.h"

#include <stdlib.h>
#include <string.h>

#include "tools/worker/cvi-decoders.h"
#include "tools/codec/cvi-packet-check.h"

/* Properties that tell the device: of va, of v4l2 and v4l2codecs. */
static const char *const path_properties[] = { "device-path", "device", NULL };

gboolean
cvi_hw_from_string (const char *name, CviHw *hw)
{
  static const char *const names[] = { "off", "auto", "require" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (g_strcmp0 (name, names[i]) == 0) {
      *hw = (CviHw)i;
      return TRUE;
    }
  }
  return FALSE;
}

gboolean
cvi_factory_is_hardware (GstElementFactory *factory)
{
  return gst_element_factory_list_is_type (
      factory, GST_ELEMENT_FACTORY_TYPE_HARDWARE);
}

gboolean
cvi_hw_allows (const CviHwPolicy *policy, GstElementFactory *factory)
{
  return policy->hw != CVI_HW_OFF && policy->session &&
         (!policy->device || cvi_hw_matches (factory, policy->device));
}

/* Measured with NVDEC on 217 damaged and 123 healthy files: it told of 149
 * damaged ones, software of 199, and it called 4 healthy ones corrupt. So its
 * silence counts only where a packet check has read all that it has. */
gboolean
cvi_hw_prefers (const CviHwPolicy *policy, GstCaps *caps)
{
  const char *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));

  if (policy->last_resort || !policy->session ||
      !(g_str_has_prefix (name, "video/") || g_str_has_prefix (name, "image/")))
    return FALSE;
  return policy->hw == CVI_HW_REQUIRE ||
         (policy->hw == CVI_HW_AUTO && policy->covered &&
             cvi_packet_check_is_whole (caps));
}

static gboolean
is_readable (GParamSpec *spec, GType type)
{
  return spec && (spec->flags & G_PARAM_READABLE) && spec->value_type == type;
}

/* Without opening the device. @path: (out) (nullable); @cuda: (out): -1 if none
 */
static void
read_device (GstElementFactory *factory, char **path, gint64 *cuda)
{
  g_autoptr (GstElement) element = gst_element_factory_create (factory, NULL);
  GParamSpec *spec;
  guint id = 0;

  *path = NULL;
  *cuda = -1;
  if (!element)
    return;
  gst_object_ref_sink (element);
  for (guint i = 0; path_properties[i] && !*path; i++) {
    spec = g_object_class_find_property (
        G_OBJECT_GET_CLASS (element), path_properties[i]);
    if (is_readable (spec, G_TYPE_STRING))
      g_object_get (element, path_properties[i], path, NULL);
  }
  spec = g_object_class_find_property (
      G_OBJECT_GET_CLASS (element), "cuda-device-id");
  if (is_readable (spec, G_TYPE_UINT)) {
    g_object_get (element, "cuda-device-id", &id, NULL);
    *cuda = id;
  }
}

/* Is @text the whole of @path, or its last part? */
static gboolean
names_path (const char *path, const char *text)
{
  const char *last = path ? strrchr (path, '/') : NULL;

  return path && (strcmp (path, text) == 0 ||
                     (last && last[1] && strcmp (last + 1, text) == 0));
}

/* A number alone is that of a CUDA device: as part of a name it would fit
 * everything of H.264. */
static gboolean
is_number (const char *text)
{
  return *text && strspn (text, "0123456789") == strlen (text);
}

gboolean
cvi_hw_matches (GstElementFactory *factory, const char *device)
{
  const char *plugin =
      gst_plugin_feature_get_plugin_name (GST_PLUGIN_FEATURE (factory));
  g_autofree char *path = NULL;
  gint64 cuda;

  if (!is_number (device) &&
      (g_strcmp0 (plugin, device) == 0 ||
          (*device && strstr (GST_OBJECT_NAME (factory), device))))
    return TRUE;
  read_device (factory, &path, &cuda);
  return names_path (path, device) ||
         (is_number (device) && cuda >= 0 &&
             g_ascii_strtoll (device, NULL, 10) == cuda);
}

char *
cvi_hw_device_of (GstElementFactory *factory)
{
  const char *plugin =
      gst_plugin_feature_get_plugin_name (GST_PLUGIN_FEATURE (factory));
  g_autofree char *path = NULL;
  gint64 cuda;

  read_device (factory, &path, &cuda);
  if (path && *path)
    return g_steal_pointer (&path);
  if (cuda >= 0)
    return g_strdup_printf ("CUDA device %" G_GINT64_FORMAT, cuda);
  return g_strdup (plugin ? plugin : "unknown");
}

static int
compare_by_plugin (gconstpointer a, gconstpointer b)
{
  int order =
      g_strcmp0 (gst_plugin_feature_get_plugin_name (GST_PLUGIN_FEATURE (a)),
          gst_plugin_feature_get_plugin_name (GST_PLUGIN_FEATURE (b)));

  return order ? order : strcmp (GST_OBJECT_NAME (a), GST_OBJECT_NAME (b));
}

GList *
cvi_hw_list (const char *device)
{
  GList *all = gst_element_factory_list_get_elements (
      GST_ELEMENT_FACTORY_TYPE_DECODER | GST_ELEMENT_FACTORY_TYPE_HARDWARE |
          GST_ELEMENT_FACTORY_TYPE_MEDIA_VIDEO,
      GST_RANK_MARGINAL);
  GList *fit = NULL;

  for (GList *l = all; l; l = l->next) {
    GstElementFactory *factory = l->data;

    /* The list's types are alternatives of each other. */
    if (cvi_factory_is_hardware (factory) &&
        gst_element_factory_list_is_type (
            factory, GST_ELEMENT_FACTORY_TYPE_DECODER) &&
        (!device || cvi_hw_matches (factory, device)))
      fit = g_list_prepend (fit, gst_object_ref (factory));
  }
  gst_plugin_feature_list_free (all);
  return g_list_sort (fit, compare_by_plugin);
}

int
cvi_hw_print_unknown (char **devices)
{
  for (char **device = devices; *device; device++) {
    GList *fit = cvi_hw_list (*device);
    GList *all;

    if (fit) {
      gst_plugin_feature_list_free (fit);
      continue;
    }
    all = cvi_hw_list (NULL);
    g_print ("no hardware decoder is of \"%s\"; there %s", *device,
        !all        ? "is none"
        : all->next ? "are "
                    : "is ");
    for (GList *l = all; l; l = l->next)
      g_print ("%s%s", l == all ? "" : ", ", GST_OBJECT_NAME (l->data));
    g_print ("\n");
    gst_plugin_feature_list_free (all);
    break;
  }
  return EXIT_SUCCESS;
}

/* What it says of it is of the device, not of the file. */
static gboolean
goes_to_paused (GstElement *decoder)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (decoder);
  GstStateChangeReturn ret;

  gst_element_set_bus (decoder, NULL);
  ret = gst_element_set_state (decoder, GST_STATE_PAUSED);
  gst_element_set_bus (decoder, bus);
  return ret != GST_STATE_CHANGE_FAILURE;
}

const char *
cvi_hw_try (GstElement *decoder, GstCaps *caps, gboolean exact)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (decoder, "sink");
  gboolean fits;

  if (!sink)
    return "has no pad to take the stream";
  if (exact) {
    fits = gst_pad_query_accept_caps (sink, caps);
  } else {
    g_autoptr (GstCaps) loose = cvi_caps_without_packing (caps);
    g_autoptr (GstCaps) taken = gst_pad_query_caps (sink, NULL);

    fits = gst_caps_can_intersect (loose, taken);
  }
  if (!fits)
    return "refuses the stream";
  return goes_to_paused (decoder) ? NULL : "does not start";
}
