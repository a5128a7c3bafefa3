/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/core/cvi-rule.h"

G_BEGIN_DECLS

/* What cvi-packet-check.c knows of a codec; nobody else includes this. */

/* @rule, @certainty: of a packet that does not pass. VP8's would be wrong only
 * for an encoder that breaks the codec's flushing rule, H.264's and H.265's for
 * one that pads its slices as the standards do not allow.
 * @create: @caps are those of the packets
 * @end: (nullable): the packet was whole
 * @pass_by: (nullable): takes what later packets need of one not to be checked
 * @at_decoder: packets are looked at behind the parser, that cuts them
 * @sampled: costs as much as a decoder: for a sample where time is short
 * @whole: reads all of a packet's syntax, to the last bit; @is_complete:
 *   (nullable): was there nothing that it could not read?
 * @linked: needs every packet and much time: only where all are decoded
 * @has_hashes: (nullable): does the stream carry checksums of pictures?
 * @mpeg_version: the caps' "mpegversion", 0: any
 * @finish: (nullable): looks at what it has kept back for the packets to come;
 *   FALSE with a fault, and whether the stream was cut off there
 * @is_spare: (nullable): was all of the packet read without a fault, and does
 *   no other need it to be decoded? */
typedef struct {
  const char *media_type;
  CviRuleId rule;
  double certainty;
  gpointer (*create) (GstCaps *caps);
  void (*destroy) (gpointer checker);
  gboolean (*check) (
      gpointer checker, const guint8 *data, gsize size, const char **fault);
  gboolean (*end) (gpointer checker, const char **fault);
  void (*pass_by) (gpointer checker, const guint8 *data, gsize size);
  gboolean at_decoder;
  gboolean (*has_hashes) (gconstpointer checker);
  gboolean sampled;
  gboolean whole;
  gboolean (*is_complete) (gconstpointer checker);
  gboolean linked;
  gint mpeg_version;
  gboolean (*finish) (gpointer checker, const char **fault, gboolean *cut);
  gboolean (*is_spare) (gpointer checker, const guint8 *data, gsize size);
} CviPacketChecker;

/* Returns: (nullable): the row for packets of @caps */
const CviPacketChecker *cvi_packet_checker_find (const GstCaps *caps);

G_END_DECLS
