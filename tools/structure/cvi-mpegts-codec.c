/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/structure/cvi-mpegts-private.h"

#include <string.h>

enum { DESCRIPTOR_REGISTRATION = 0x05 };

typedef struct {
  guint type;
  const char *kind;
  const char *codec;
  gboolean encrypted;
} StreamType;

/* Table 2-34 of the standard, then what ATSC, HDMV and HLS use of the private
 * range. */
static const StreamType stream_types[] = {
  { 0x01, "video", "mpeg1video" },
  { 0x02, "video", "mpeg2video" },
  { 0x03, "audio", "mp2" },
  { 0x04, "audio", "mp2" },
  { 0x0f, "audio", "aac" },
  { 0x10, "video", "mpeg4" },
  { 0x11, "audio", "aac-latm" },
  { 0x1a, "video", "h263" },
  { 0x1b, "video", "h264" },
  { 0x1c, "audio", "aac" },
  { 0x20, "video", "h264" },
  { 0x21, "video", "jpeg2000" },
  { 0x24, "video", "hevc" },
  { 0x33, "video", "vvc" },
  { 0x42, "video", "cavs" },
  { 0x81, "audio", "ac3" },
  { 0x87, "audio", "eac3" },
  { 0xd1, "video", "dirac" },
  { 0xea, "video", "vc1" },
  { 0xc1, "audio", "ac3", TRUE },
  { 0xc2, "audio", "eac3", TRUE },
  { 0xcf, "audio", "aac", TRUE },
  { 0xdb, "video", "h264", TRUE },
};

/* Only where the program says that it is HDMV. */
static const StreamType hdmv_types[] = {
  { 0x80, "audio", "lpcm" },
  { 0x82, "audio", "dts" },
  { 0x83, "audio", "truehd" },
  { 0x84, "audio", "eac3" },
  { 0x85, "audio", "dts-hd" },
  { 0x86, "audio", "dts-hd" },
  { 0xa1, "audio", "eac3" },
  { 0xa2, "audio", "dts-hd" },
  { 0x90, "subtitle", "pgs" },
  { 0x92, "subtitle", "text" },
};

typedef struct {
  const char *name;
  const char *kind;
  const char *codec;
} Registration;

static const Registration registrations[] = {
  { "AC-3", "audio", "ac3" },
  { "EAC3", "audio", "eac3" },
  { "AC-4", "audio", "ac4" },
  { "DTS1", "audio", "dts" },
  { "DTS2", "audio", "dts" },
  { "DTS3", "audio", "dts" },
  { "Opus", "audio", "opus" },
  { "BSSD", "audio", "s302m" },
  { "HEVC", "video", "hevc" },
  { "AV01", "video", "av1" },
  { "VC-1", "video", "vc1" },
  { "drac", "video", "dirac" },
};

/* DVB's descriptors for private streams (ETSI EN 300 468). */
static const StreamType dvb_descriptors[] = {
  { 0x56, "subtitle", "teletext" },
  { 0x59, "subtitle", "dvbsub" },
  { 0x6a, "audio", "ac3" },
  { 0x7a, "audio", "eac3" },
  { 0x7b, "audio", "dts" },
  { 0x7c, "audio", "aac" },
};

static const guint8 *
find_descriptor (const guint8 *descriptors, gsize len, guint8 tag, gsize least)
{
  for (gsize pos = 0; pos + 2 <= len;) {
    gsize size = descriptors[pos + 1];

    if (size > len - pos - 2)
      return NULL;
    if (descriptors[pos] == tag && size >= least)
      return descriptors + pos + 2;
    pos += 2 + size;
  }
  return NULL;
}

gboolean
cvi_ts_has_descriptor (const guint8 *descriptors, gsize len, guint8 tag)
{
  return find_descriptor (descriptors, len, tag, 0) != NULL;
}

static gboolean
identify_type (
    CviTsPid *pid, guint type, const StreamType *types, gsize n_types)
{
  for (gsize i = 0; i < n_types; i++) {
    if (types[i].type != type)
      continue;
    pid->kind = types[i].kind;
    pid->codec = types[i].codec;
    pid->encrypted = types[i].encrypted;
    return TRUE;
  }
  return FALSE;
}

void
cvi_ts_identify (
    CviTsPid *pid, guint type, const guint8 *descriptors, gsize len)
{
  const guint8 *name =
      find_descriptor (descriptors, len, DESCRIPTOR_REGISTRATION, 4);

  pid->kind = "data";
  pid->codec = NULL;
  if (identify_type (pid, type, stream_types, G_N_ELEMENTS (stream_types)))
    return;
  for (gsize i = 0; name && i < G_N_ELEMENTS (registrations); i++) {
    if (memcmp (name, registrations[i].name, 4) != 0)
      continue;
    pid->kind = registrations[i].kind;
    pid->codec = registrations[i].codec;
    return;
  }
  if (name && memcmp (name, "HDMV", 4) == 0 &&
      identify_type (pid, type, hdmv_types, G_N_ELEMENTS (hdmv_types)))
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (dvb_descriptors); i++) {
    if (type != 0x06 || !cvi_ts_has_descriptor (
                            descriptors, len, (guint8)dvb_descriptors[i].type))
      continue;
    pid->kind = dvb_descriptors[i].kind;
    pid->codec = dvb_descriptors[i].codec;
    return;
  }
}
