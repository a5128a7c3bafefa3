/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* What doctor tells of hardware decoders: which there are, and why there are
 * not more. */
#include <glob.h>
#include <unistd.h>

#include "tools/worker/cvi-doctor.h"
#include "tools/worker/cvi-hardware.h"

/* Plugins that bring hardware decoders, Debian's package of each, and the
 * devices that they open. */
static const struct {
  const char *name;
  const char *plugin;
  const char *package;
  const char *nodes;
} families[] = {
  { "VA", "va", "gstreamer1.0-plugins-bad", "/dev/dri/renderD*" },
  { "VA-API", "vaapi", "gstreamer1.0-vaapi", "/dev/dri/renderD*" },
  { "NVDEC", "nvcodec", "gstreamer1.0-plugins-bad", "/dev/nvidia[0-9]*" },
  { "V4L2 stateful", "video4linux2", "gstreamer1.0-plugins-good",
      "/dev/video*" },
  { "V4L2 stateless", "v4l2codecs", "gstreamer1.0-plugins-bad", "/dev/media*" },
  { "Quick Sync (QSV)", "qsv", "gstreamer1.0-plugins-bad",
      "/dev/dri/renderD*" },
  { "Media SDK", "msdk", "gstreamer1.0-plugins-bad", "/dev/dri/renderD*" },
};

static void
add_text (JsonBuilder *json, const char *name, const char *value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_string_value (json, value ? value : "");
}

static void
add_number (JsonBuilder *json, const char *name, gint64 value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_int_value (json, value);
}

/* Returns: the largest value of @field in @caps, 0 if they do not tell */
static gint
find_largest (const GstCaps *caps, const char *field)
{
  gint largest = 0;

  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    const GValue *value =
        gst_structure_get_value (gst_caps_get_structure (caps, i), field);
    gint max = 0;

    if (value && GST_VALUE_HOLDS_INT_RANGE (value))
      max = gst_value_get_int_range_max (value);
    else if (value && G_VALUE_HOLDS_INT (value))
      max = g_value_get_int (value);
    largest = MAX (largest, max);
  }
  /* What templates say that say nothing. */
  return largest == G_MAXINT ? 0 : largest;
}

static void
add_types (JsonBuilder *json, const GstCaps *caps)
{
  const char *last = NULL;

  json_builder_set_member_name (json, "types");
  json_builder_begin_array (json);
  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    const char *name =
        gst_structure_get_name (gst_caps_get_structure (caps, i));

    if (g_strcmp0 (name, last) != 0)
      json_builder_add_string_value (json, name);
    last = name;
  }
  json_builder_end_array (json);
}

static void
add_decoder (JsonBuilder *json, GstElementFactory *factory)
{
  g_autofree char *device = cvi_hw_device_of (factory);
  GstPluginFeature *feature = GST_PLUGIN_FEATURE (factory);
  g_autoptr (GstCaps) caps = gst_caps_new_empty ();

  for (const GList *l = gst_element_factory_get_static_pad_templates (factory);
       l; l = l->next) {
    GstStaticPadTemplate *pad = l->data;

    if (pad->direction == GST_PAD_SINK)
      gst_caps_append (caps, gst_static_pad_template_get_caps (pad));
  }
  json_builder_begin_object (json);
  add_text (json, "name", GST_OBJECT_NAME (factory));
  add_text (json, "plugin", gst_plugin_feature_get_plugin_name (feature));
  add_text (json, "device", device);
  add_number (json, "rank", gst_plugin_feature_get_rank (feature));
  add_types (json, caps);
  add_number (json, "max_width", find_largest (caps, "width"));
  add_number (json, "max_height", find_largest (caps, "height"));
  json_builder_end_object (json);
}

static guint
count_of_plugin (GList *decoders, const char *plugin)
{
  guint n = 0;

  for (GList *l = decoders; l; l = l->next) {
    if (g_strcmp0 (gst_plugin_feature_get_plugin_name (l->data), plugin) == 0)
      n++;
  }
  return n;
}

/* Returns: (transfer full): what keeps @family from decoding; "" for nothing */
static char *
find_problem (guint family, gboolean installed, guint n, const glob_t *nodes)
{
  gboolean may = FALSE;

  if (!installed)
    return g_strdup_printf (
        "its plugin is missing: install %s", families[family].package);
  if (n > 0)
    return g_strdup ("");
  if (nodes->gl_pathc == 0)
    return g_strdup_printf ("there is no %s", families[family].nodes);
  for (gsize i = 0; i < nodes->gl_pathc && !may; i++)
    may = access (nodes->gl_pathv[i], R_OK | W_OK) == 0;
  if (!may)
    return g_strdup_printf (
        "%s cannot be opened: permission is missing", nodes->gl_pathv[0]);
  return g_strdup ("its plugin has found no decoder: the driver, or its "
                   "library, is missing or decodes nothing");
}

static void
add_family (JsonBuilder *json, guint i, GList *decoders)
{
  g_autoptr (GstPlugin) plugin =
      gst_registry_find_plugin (gst_registry_get (), families[i].plugin);
  guint n = count_of_plugin (decoders, families[i].plugin);
  g_autofree char *problem = NULL;
  glob_t nodes = { 0 };

  if (glob (families[i].nodes, 0, NULL, &nodes) != 0)
    nodes.gl_pathc = 0;
  problem = find_problem (i, plugin != NULL, n, &nodes);
  json_builder_begin_object (json);
  add_text (json, "name", families[i].name);
  add_text (json, "plugin", families[i].plugin);
  add_text (json, "package", families[i].package);
  json_builder_set_member_name (json, "installed");
  json_builder_add_boolean_value (json, plugin != NULL);
  add_number (json, "decoders", n);
  json_builder_set_member_name (json, "nodes");
  json_builder_begin_array (json);
  for (gsize k = 0; k < nodes.gl_pathc; k++)
    json_builder_add_string_value (json, nodes.gl_pathv[k]);
  json_builder_end_array (json);
  add_text (json, "problem", problem);
  json_builder_end_object (json);
  globfree (&nodes);
}

static gboolean
is_wanted (GstElementFactory *factory, char **devices)
{
  gboolean fits = !devices || !*devices;

  for (char **device = devices; device && *device && !fits; device++)
    fits = cvi_hw_matches (factory, *device);
  return fits;
}

void
cvi_doctor_add_hardware (JsonBuilder *json, char **devices)
{
  GList *decoders = cvi_hw_list (NULL);

  json_builder_set_member_name (json, "hardware");
  json_builder_begin_object (json);
  json_builder_set_member_name (json, "decoders");
  json_builder_begin_array (json);
  for (GList *l = decoders; l; l = l->next) {
    if (is_wanted (l->data, devices))
      add_decoder (json, l->data);
  }
  json_builder_end_array (json);
  json_builder_set_member_name (json, "support");
  json_builder_begin_array (json);
  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    add_family (json, i, decoders);
  json_builder_end_array (json);
  json_builder_end_object (json);
  gst_plugin_feature_list_free (decoders);
}
