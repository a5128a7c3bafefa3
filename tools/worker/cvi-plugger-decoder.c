/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Which of the decoders that fit a stream is plugged. */
#include "tools/worker/cvi-plugger-private.h"

#include <string.h>

/* More is not worth telling. */
#define MAX_NOTE 500

typedef struct {
  CviPlugger *plugger;
  CviChain *chain;
} Watch;

static void
add_note (CviChain *chain, GstElementFactory *factory, const char *what)
{
  char *before = chain->note;

  if (before && strlen (before) > MAX_NOTE)
    return;
  chain->note = g_strdup_printf ("%s%s%s %s", before ? before : "",
      before ? ", " : "", GST_OBJECT_NAME (factory), what);
  g_free (before);
}

/* A parser tells profile and size of some streams only once packets come. */
static void
on_caps (GstPad *pad, GParamSpec *spec, gpointer user_data)
{
  const Watch *watch = user_data;
  CviPlugger *self = watch->plugger;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  g_autoptr (GstPad) sink =
      gst_element_get_static_pad (watch->chain->decoder, "sink");

  if (caps && sink && self->config.hardware_refused &&
      !gst_pad_query_accept_caps (sink, caps))
    self->config.hardware_refused (watch->chain, self->config.user_data);
}

static void
free_watch (gpointer data, GClosure *closure)
{
  g_free (data);
}

/* @feed: the pad that @chain's decoder is linked to */
static void
watch_caps (CviPlugger *self, GstPad *feed, CviChain *chain)
{
  Watch *watch = g_new0 (Watch, 1);

  watch->plugger = self;
  watch->chain = chain;
  g_signal_connect_data (
      feed, "notify::caps", G_CALLBACK (on_caps), watch, free_watch, 0);
}

/* Takes what was appended behind @feed out again. */
static void
take_out (CviPlugger *self, GstPad **last, GstElement *element, GstPad *feed)
{
  gst_element_set_state (element, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self->pipeline), element);
  gst_object_replace ((GstObject **)last, GST_OBJECT (feed));
}

static GstElement *
append_hardware (CviPlugger *self, GstPad **last, CviChain *chain,
    GstElementFactory *factory)
{
  g_autoptr (GstPad) feed = gst_object_ref (*last);
  gboolean parsed = GST_PAD_PARENT (feed) != chain->guard;
  gboolean opened;
  GstElement *decoder =
      cvi_plugger_append_factory (self, last, factory, &opened);
  const char *failure = decoder  ? cvi_hw_try (decoder, chain->caps, !parsed)
                        : opened ? "refuses the stream"
                                 : "does not start";

  if (!failure)
    return decoder;
  if (decoder)
    take_out (self, last, decoder, feed);
  add_note (chain, factory, failure);
  return NULL;
}

static GstElement *
append_one (CviPlugger *self, GstPad **last, CviChain *chain,
    GstElementFactory *factory)
{
  GstElement *decoder;

  if (!cvi_factory_is_hardware (factory)) {
    decoder = cvi_plugger_append_factory (self, last, factory, NULL);
  } else {
    decoder = append_hardware (self, last, chain, factory);
    chain->hardware = decoder != NULL;
  }
  if (decoder)
    cvi_configure_decoder (decoder);
  return decoder;
}

static gboolean
has_software (GList *factories)
{
  for (GList *l = factories; l; l = l->next) {
    if (!cvi_factory_is_hardware (l->data))
      return TRUE;
  }
  return FALSE;
}

/* Would a session of a device help, or of another than the one there is? Which
 * devices may be used only the supervisor knows. */
static gboolean
lacks_session (CviPlugger *self, CviChain *chain)
{
  CviHwPolicy policy = self->config.hw;
  const char *tried = policy.session ? policy.device : NULL;
  GList *factories;
  gboolean any = FALSE;

  if (policy.hw == CVI_HW_OFF || (policy.session && !tried))
    return FALSE;
  policy.session = TRUE;
  policy.device = NULL;
  factories = cvi_find_decoders (chain->caps, &policy, NULL);
  for (GList *l = factories; l && !any; l = l->next)
    any = cvi_factory_is_hardware (l->data) &&
          !(tried && cvi_hw_matches (l->data, tried));
  gst_plugin_feature_list_free (factories);
  return any;
}

static char *
explain_none (CviPlugger *self, const CviChain *chain)
{
  if (chain->needs_session && !self->config.hw.session)
    return g_strdup_printf (
        "only hardware decodes %s, and no session of it is free", chain->codec);
  if (chain->note)
    return g_strdup_printf ("no decoder for %s: %s", chain->codec, chain->note);
  if (cvi_hw_prefers (&self->config.hw, chain->caps) &&
      self->config.hw.hw == CVI_HW_REQUIRE)
    return g_strdup_printf ("no hardware decoder for %s", chain->codec);
  return g_strdup_printf ("no decoder for %s", chain->codec);
}

void
cvi_plugger_append_decoder (CviPlugger *self, GstPad **last, CviChain *chain)
{
  g_autoptr (GstPad) feed = gst_object_ref (*last);
  GList *factories =
      cvi_find_decoders (chain->caps, &self->config.hw, self->config.without);

  for (GList *l = factories; l && !chain->decoder; l = l->next) {
    if (self->config.decoder_chosen)
      self->config.decoder_chosen (
          chain->label, l->data, l->next != NULL, self->config.user_data);
    chain->decoder = append_one (self, last, chain, l->data);
  }
  /* As the last resort there is nothing left to confirm what it says. */
  chain->replaceable = chain->hardware && !self->config.hw.last_resort &&
                       has_software (factories);
  gst_plugin_feature_list_free (factories);
  if (chain->replaceable)
    watch_caps (self, feed, chain);
  if (!chain->decoder) {
    chain->needs_session = lacks_session (self, chain);
    chain->reason = explain_none (self, chain);
  }
}

void
cvi_chain_limit (const CviChain *chain, CviFinding *finding)
{
  if (chain->hardware && !chain->replaceable)
    finding->severity = MIN (finding->severity, CVI_SEVERITY_WARNING);
}
