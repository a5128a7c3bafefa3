/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* When hardware decodes. All functions may be called from any thread once
 * gst_init() is done. */

/**
 * CviHw:
 * @CVI_HW_OFF: software decoders only
 * @CVI_HW_AUTO: hardware where damage does not rest on its word, and where no
 *   software decodes
 * @CVI_HW_REQUIRE: hardware for every stream of video that it has a decoder for
 */
typedef enum { CVI_HW_OFF, CVI_HW_AUTO, CVI_HW_REQUIRE } CviHw;

/* Returns: FALSE for an unknown name ("auto", "off", "require") */
gboolean cvi_hw_from_string (const char *name, CviHw *hw);

/**
 * CviHwPolicy: what holds for one pass over one file.
 * @hw: what the user wants
 * @session: the file holds one of a device's sessions: without, hardware is
 *   left alone
 * @covered: every packet is looked at, by packet checks too, and nobody needs
 *   to see the pictures: then auto takes hardware for codecs whose packet check
 *   reads all there is
 * @last_resort: hardware only where no software decodes, whatever @hw says:
 *   what it said or failed at is being confirmed
 * @device: (nullable): only decoders of this, see cvi_hw_matches()
 */
typedef struct {
  CviHw hw;
  gboolean session;
  gboolean covered;
  gboolean last_resort;
  const char *device;
} CviHwPolicy;

gboolean cvi_factory_is_hardware (GstElementFactory *factory);

/* May @factory, one of hardware, be used at all? */
gboolean cvi_hw_allows (const CviHwPolicy *policy, GstElementFactory *factory);

/* Does hardware go before software for a stream of @caps? */
gboolean cvi_hw_prefers (const CviHwPolicy *policy, GstCaps *caps);

/**
 * cvi_hw_matches:
 * @factory: one of hardware
 * @device: part of the factory's name (which tells the device where there are
 *   several: "device1" of nvh264device1dec, "renderD129"), the plugin's name,
 *   the path of the device or its last part, or the number of a CUDA device
 */
gboolean cvi_hw_matches (GstElementFactory *factory, const char *device);

/* Returns: (transfer full): what the decoder works on, as far as it tells:
 * "/dev/dri/renderD128", "CUDA device 0"; else its plugin's name */
char *cvi_hw_device_of (GstElementFactory *factory);

/* Returns: (transfer full) (element-type GstElementFactory): all hardware
 * decoders that are registered, of @device if that is not NULL; by plugin and
 * name */
GList *cvi_hw_list (const char *device);

/* For the supervisor, which does not know decoders: prints why @devices
 * (NULL-terminated) cannot be had, or nothing. Returns: exit status */
int cvi_hw_print_unknown (char **devices);

/**
 * cvi_hw_try:
 * @decoder: of hardware, linked to what feeds it, state READY
 * @caps: of the stream where the demuxer gives it
 * @exact: nothing comes in between that converts them
 *
 * A device tells what it can do only once it is open: whether the pad takes the
 * caps (profile, size) is asked then, and whether the decoder goes to PAUSED.
 * Returns: (nullable): static: what it does not do: "refuses the stream"
 */
const char *cvi_hw_try (GstElement *decoder, GstCaps *caps, gboolean exact);

G_END_DECLS
