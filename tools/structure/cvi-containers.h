/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-walk.h"

G_BEGIN_DECLS

/* The walkers; each one's table row. */

extern const CviContainer cvi_container_asf;
extern const CviContainer cvi_container_avi;
extern const CviContainer cvi_container_flv;
extern const CviContainer cvi_container_h264;
extern const CviContainer cvi_container_h265;
extern const CviContainer cvi_container_isobmff;
extern const CviContainer cvi_container_ivf;
extern const CviContainer cvi_container_matroska;
extern const CviContainer cvi_container_mpegts;
extern const CviContainer cvi_container_mxf;
extern const CviContainer cvi_container_ogg;
extern const CviContainer cvi_container_realmedia;
extern const CviContainer cvi_container_mpegps;

G_END_DECLS
