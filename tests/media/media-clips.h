/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One healthy clip that make-media can make. Codecs are gst-launch syntax, from
 * raw video or audio to what the muxer takes. */
typedef struct {
  const char *name;   /* file name, with the container's usual suffix */
  const char *muxer;  /* element and properties */
  const char *video;  /* codec, NULL for no video */
  guint frames;       /* of video, 25 a second */
  const char *audio;  /* codec, NULL for no audio */
  guint buffers;      /* of audio, 25 a second */
  guint late_ms;      /* the audio begins this much later than the video */
  const char *audio2; /* codec of a second audio stream, or NULL */
} MediaClip;

/* All clips; the last row has a NULL name. Static. */
extern const MediaClip media_clips[];

/* Name of the element that loses the frames that are not to be kept, in the
 * video of a clip with frames of unequal length. */
#define MEDIA_CLIP_THINNED "thinned"

/* Whether such a clip has frame @index, counted from 0. */
gboolean media_clip_keeps_frame (guint index);

/* The pipeline of @clip in gst-launch syntax, with a filesink named "out". */
char *media_clip_pipeline (const MediaClip *clip);

G_END_DECLS
