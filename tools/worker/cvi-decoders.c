/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-decoders.h"

#include <string.h>
#include <gst/pbutils/pbutils.h>

/* Decoders that must go before (bonus > 0) or behind (bonus < 0) others of
 * their codec, whatever their rank. */
static const struct {
  const char *factory;
  int bonus;
} decoder_bonus[] = {
  /* jpegdec decodes damaged pictures without a word (its emit_message is
   * empty); libav logs every overread and bad marker. */
  { "avdec_mjpeg", 1000 },
  /* libav reports slice, macroblock and concealment errors; the others drop
   * frames silently or know less. */
  { "avdec_h264", 500 },
  { "avdec_h265", 500 },
  { "avdec_mpeg2video", 500 },
  { "avdec_mpeg4", 500 },
  /* Tells of bad CRCs and codes; dtsdec conceals. Measured: 4 of 5 damaged
   * copies more. */
  { "avdec_dca", 500 },
  /* Tells of codes that no encoder writes; amrnbdec plays them. */
  { "avdec_amrnb", 500 },
  { "avdec_amrwb", 500 },
  { "openh264dec", -500 },
  { "libde265dec", -500 },
};

/* Wrappers around other decoders that are not meant for whole streams, and
 * decoders of one layer of MPEG audio: a demuxer often does not know the layer,
 * so that they seem to fit all of them. */
static const char *const never_decoders[] = { "vp8alphadecodebin",
  "vp9alphadecodebin", "sfdec", "avdec_mp1float", "avdec_mp1", "avdec_mp2float",
  "avdec_mp2", NULL };

/* Caps fields that say how a stream is packed, which parsers convert. */
static const char *const packing_fields[] = { "stream-format", "alignment",
  "framed", "parsed", "header-format", NULL };

/* Factories of @type that take @caps, best rank first. To go through the whole
 * registry for each stream took 5 % of the time of files of a second, so what
 * there is of each type is kept until the registry changes. */
static GList *
find_factories (GstElementFactoryListType type, GstCaps *caps)
{
  static GMutex lock;
  static struct {
    GstElementFactoryListType type;
    guint32 cookie;
    GList *all;
  } known[] = { { GST_ELEMENT_FACTORY_TYPE_DEMUXER, 0, NULL },
    { GST_ELEMENT_FACTORY_TYPE_PARSER, 0, NULL },
    { GST_ELEMENT_FACTORY_TYPE_DECODER, 0, NULL } };
  guint32 cookie = gst_registry_get_feature_list_cookie (gst_registry_get ());
  GList *fit;
  guint i = 0;

  while (known[i].type != type)
    i++;
  g_mutex_lock (&lock);
  if (!known[i].all || known[i].cookie != cookie) {
    gst_plugin_feature_list_free (known[i].all);
    known[i].all =
        gst_element_factory_list_get_elements (type, GST_RANK_MARGINAL);
    known[i].cookie = cookie;
  }
  fit =
      gst_element_factory_list_filter (known[i].all, caps, GST_PAD_SINK, FALSE);
  g_mutex_unlock (&lock);
  return g_list_sort (fit, gst_plugin_feature_rank_compare_func);
}

static GstElementFactory *
find_first (GstElementFactoryListType type, GstCaps *caps)
{
  GList *fit = find_factories (type, caps);
  GstElementFactory *first = fit ? gst_object_ref (fit->data) : NULL;

  gst_plugin_feature_list_free (fit);
  return first;
}

GstElementFactory *
cvi_find_demuxer (GstCaps *caps)
{
  return find_first (GST_ELEMENT_FACTORY_TYPE_DEMUXER, caps);
}

GstElementFactory *
cvi_find_parser (GstCaps *caps)
{
  return find_first (GST_ELEMENT_FACTORY_TYPE_PARSER, caps);
}

/* Above any rank and bonus. */
#define HARDWARE_SCORE 100000

static int
decoder_score (GstElementFactory *factory, gboolean hardware_first)
{
  const char *name = GST_OBJECT_NAME (factory);
  int rank = (int)gst_plugin_feature_get_rank (GST_PLUGIN_FEATURE (factory));

  for (guint i = 0; i < G_N_ELEMENTS (decoder_bonus); i++) {
    if (strcmp (decoder_bonus[i].factory, name) == 0)
      rank += decoder_bonus[i].bonus;
  }
  if (cvi_factory_is_hardware (factory))
    rank += hardware_first ? HARDWARE_SCORE : -HARDWARE_SCORE;
  return rank;
}

static int
compare_decoders (gconstpointer a, gconstpointer b, gpointer hardware_first)
{
  int score_a = decoder_score ((GstElementFactory *)a, hardware_first != NULL);
  int score_b = decoder_score ((GstElementFactory *)b, hardware_first != NULL);

  if (score_a != score_b)
    return score_b - score_a;
  return strcmp (GST_OBJECT_NAME (a), GST_OBJECT_NAME (b));
}

static gboolean
decoder_allowed (GstElementFactory *factory, const CviHwPolicy *policy)
{
  if (g_strv_contains (never_decoders, GST_OBJECT_NAME (factory)))
    return FALSE;
  return !cvi_factory_is_hardware (factory) || cvi_hw_allows (policy, factory);
}

GstCaps *
cvi_caps_without_packing (GstCaps *caps)
{
  GstCaps *loose = gst_caps_copy (caps);

  for (guint i = 0; i < gst_caps_get_size (loose); i++) {
    GstStructure *structure = gst_caps_get_structure (loose, i);

    for (guint f = 0; packing_fields[f]; f++)
      gst_structure_remove_field (structure, packing_fields[f]);
  }
  return loose;
}

/* Takes @sorted. @hardware_last: all software stays before it, since nothing
 * else can confirm what hardware said */
static GList *
move_back (GList *sorted, const char *const *names, gboolean hardware_last)
{
  GList *groups[4] = { NULL };
  GList *moved = NULL;

  for (GList *l = sorted; l; l = l->next) {
    guint group = g_strv_contains (names, GST_OBJECT_NAME (l->data)) ? 1 : 0;

    if (hardware_last && cvi_factory_is_hardware (l->data))
      group += 2;
    groups[group] = g_list_append (groups[group], l->data);
  }
  g_list_free (sorted);
  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    moved = g_list_concat (moved, groups[i]);
  return moved;
}

GList *
cvi_find_decoders (
    GstCaps *caps, const CviHwPolicy *policy, const char *const *without)
{
  g_autoptr (GstCaps) loose = cvi_caps_without_packing (caps);
  GList *fit = find_factories (GST_ELEMENT_FACTORY_TYPE_DECODER, loose);
  GList *allowed = NULL;
  gboolean first = cvi_hw_prefers (policy, caps);
  gboolean has_hardware = FALSE;

  for (GList *l = fit; l; l = l->next) {
    if (decoder_allowed (l->data, policy)) {
      allowed = g_list_prepend (allowed, gst_object_ref (l->data));
      has_hardware = has_hardware || cvi_factory_is_hardware (l->data);
    }
  }
  gst_plugin_feature_list_free (fit);
  if (policy->hw == CVI_HW_REQUIRE && first && !has_hardware) {
    gst_plugin_feature_list_free (allowed);
    return NULL;
  }
  allowed = g_list_sort_with_data (
      allowed, compare_decoders, GINT_TO_POINTER (first));
  return without ? move_back (allowed, without, policy->last_resort) : allowed;
}

static void
set_uint_property (GstElement *element, const char *name, guint value)
{
  GParamSpec *spec =
      g_object_class_find_property (G_OBJECT_GET_CLASS (element), name);
  g_auto (GValue) number = G_VALUE_INIT;

  if (!spec || !(spec->flags & G_PARAM_WRITABLE))
    return;
  g_value_init (&number, G_TYPE_UINT);
  g_value_set_uint (&number, value);
  if (g_value_type_transformable (G_TYPE_UINT, spec->value_type))
    g_object_set_property (G_OBJECT (element), name, &number);
}

void
cvi_configure_decoder (GstElement *decoder)
{
  set_uint_property (decoder, "max-threads", 1); /* gst-libav */
  set_uint_property (decoder, "threads", 1);     /* vpx, aom */
  set_uint_property (decoder, "n-threads", 1);   /* dav1d */
}

char *
cvi_codec_name (GstCaps *caps)
{
  g_autoptr (GstCaps) plain = gst_caps_copy (caps);
  GstStructure *structure = gst_caps_get_structure (plain, 0);
  char *name;

  /* Without these the description is the codec's, not the profile's. */
  gst_structure_remove_fields (structure, "profile", "level", "tier",
      "codec_data", "streamheader", NULL);
  if (gst_caps_is_fixed (plain)) {
    name = gst_pb_utils_get_codec_description (plain);
    if (name)
      return name;
  }
  return g_strdup (gst_structure_get_name (structure));
}
