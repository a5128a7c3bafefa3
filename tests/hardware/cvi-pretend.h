/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What a pretended hardware decoder does. */
typedef enum {
  PRETEND_WORKS,
  PRETEND_REFUSES, /* every stream, once it is open */
  PRETEND_LATE,    /* the same, once the parser has told what it is */
  PRETEND_START,   /* fails to go to READY */
  PRETEND_PAUSED,  /* fails to go to PAUSED */
  PRETEND_MIDDLE,  /* fails with a message in the middle */
  PRETEND_MUTE,    /* fails without a message on one packet */
  PRETEND_END,     /* fails with a message at EOS */
  PRETEND_SILENT,  /* gives no frame from the middle on */
  PRETEND_HANGS,   /* in the middle */
  PRETEND_HANGEND, /* at EOS */
  PRETEND_CRASHES, /* in the middle */
  PRETEND_LIES,    /* marks a good frame as corrupted */
  PRETEND_CRIES,   /* posts a message about damage that is none */
  PRETEND_BLIND,   /* gives good frames whatever comes */
  PRETEND_N
} PretendAct;

/* The packet, and the frame, at which something happens: of the clips' 88 the
 * 40th, or the one that CVI_PRETEND_PACKET says. */
guint pretend_middle (void);

/* @caps: of the sink pad; @decoder: (nullable): software that does the work,
 * NULL where it is blind */
typedef struct {
  const char *name;
  const char *caps;
  const char *decoder;
} PretendCodec;

/* @act, @codec: static. Returns: an element type */
GType pretend_bin_register (
    PretendAct act, const char *type_name, const PretendCodec *codec);
GType pretend_blind_register (
    PretendAct act, const char *type_name, const PretendCodec *codec);

/* A line "open" or "close" for the file CVI_PRETEND_LOG, if that is set. */
void pretend_log (const char *what);

/* Takes a session while the element is in PAUSED or above. */
void pretend_log_change (GstStateChange transition);

/* Sets the class's metadata and sink template. */
void pretend_describe (GstElementClass *klass, const PretendCodec *codec);

G_END_DECLS
