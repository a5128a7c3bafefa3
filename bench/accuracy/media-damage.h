/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Damage that knows the container, beside the kinds of cvi-damage.h which only
 * see bytes. Everything is drawn from @random: the same seed and file give the
 * same copy. Functions with @data change it in place and append the places, as
 * CviDamageSpots of the original, to @spots in ascending order; on error both
 * are unchanged. Any thread. */

typedef enum {
  MEDIA_DAMAGE_ERROR_NOT_APPLICABLE, /* this kind means nothing in this file */
} MediaDamageError;

#define MEDIA_DAMAGE_ERROR (media_damage_error_quark ())
GQuark media_damage_error_quark (void);

/* Sets a NOT_APPLICABLE error that says @why; always FALSE. */
gboolean media_damage_refuse (GError **error, const char *why);

/* Takes out 0.5 % of the packets of a transport stream, at least one; packets
 * of 188, 192 and 204 bytes. */
gboolean media_ts_lose_packets (
    GByteArray *data, GRand *random, GArray *spots, GError **error);

/* A transport stream's packet size in bytes, with the offset of the first sync
 * byte in @first; 0 where @data is none. */
gsize media_ts_packet_size (const GByteArray *data, gsize *first);

/* Bytes of a transport stream's packet at @sync that carry payload, which
 * begins at @payload (offset from @sync); 0 where there is none. */
gsize media_ts_payload (const guint8 *sync, gsize *payload);

/* PID of the transport stream's packet at @sync. */
guint media_ts_pid (const guint8 *sync);

/* Takes one fragment, a moof box with the mdat box behind it, out of an MP4
 * file, neither the first nor the last. */
gboolean media_drop_fragment (
    GByteArray *data, GRand *random, GArray *spots, GError **error);

/* Takes one Cluster out of a Matroska file, neither the first nor the last. */
gboolean media_drop_cluster (
    GByteArray *data, GRand *random, GArray *spots, GError **error);

/* One packet of a stream, as the container has it. */
typedef struct {
  gint64 pts_ns; /* G_MININT64 where there is none */
  guint64 offset;
  guint64 size; /* bytes; 0 where the place is not known */
  gboolean key;
} MediaPacket;

typedef struct {
  char *type;      /* "video" or "audio" */
  char *codec;     /* ffprobe's name of it */
  gboolean still;  /* a cover picture, not footage */
  GArray *packets; /* MediaPacket, in the order of the file */
} MediaStream;

typedef struct {
  char *format;    /* ffprobe's name, for example "matroska,webm" */
  gint64 start_ns; /* lowest time in the file */
  GPtrArray
      *streams; /* MediaStream at its index; other kinds have no packets */
} MediaTable;

/* What ffprobe says of the packets of @path. (transfer full) */
MediaTable *media_table_read (const char *path, GError **error);
void media_table_free (MediaTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MediaTable, media_table_free)

/* Overwrites 512 bytes inside packets of one stream of @type ("audio" or
 * "video") with random ones; the other streams and the container's own bytes
 * stay as they are. Not applicable where @table lacks the other type. */
gboolean media_hit_stream (GByteArray *data, const MediaTable *table,
    const char *type, GRand *random, GArray *spots, GError **error);

/* Footage that is missing, in ns of the file's timeline: in MPEG-TS and MPEG-PS
 * since the lowest time. */
typedef struct {
  gint64 start_ns;
  gint64 end_ns;
  gint64 frame_ns; /* usual time between frames */
} MediaGap;

/* Writes @in to @out, remuxed by ffmpeg without about two seconds of footage
 * in all streams. It ends where a sync point follows, so that every frame left
 * decodes as before, and the times of what is left stay. With NULL for @gap
 * nothing is taken out: a control for what remuxing itself does. */
gboolean media_splice (const char *in, const char *out, GRand *random,
    MediaGap *gap, GError **error);

G_END_DECLS
