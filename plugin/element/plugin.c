/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "plugin/element/gstcvicheck.h"
#include "plugin/element/gstcvitracer.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return GST_ELEMENT_REGISTER (cvicheck, plugin) &&
         gst_cvi_tracer_register (plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, cvicheck,
    "Finds corrupt audio and video streams", plugin_init, PACKAGE_VERSION,
    "LGPL", PACKAGE_NAME, "Unknown package origin")
