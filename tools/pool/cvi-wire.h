/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-result.h"

G_BEGIN_DECLS

/* Messages between supervisor and worker over a stream socket.
 *
 * A frame is: magic "CVI1" (4 bytes), type (1 byte, CviWireType), 3 zero
 * bytes, length of the body (32 bit, little endian), body: a GVariant in
 * normal form, little endian, of the type that cvi_wire_body_type() gives for
 * the frame's type. Either side treats the other as hostile: a wrong magic or
 * type, a body over CVI_WIRE_MAX_BODY or not in normal form ends the
 * connection. */
#define CVI_WIRE_MAX_BODY (4u * 1024 * 1024)
#define CVI_WIRE_PROTOCOL 4

typedef enum {
  /* worker -> : (usss) protocol, tool version, GStreamer, parts of the sandbox
   * that are not in force: with "require" it exits if there are any */
  CVI_WIRE_HELLO = 1,
  /* -> worker: (tayya{sv}) job, path, mode, options ("hw", "hw-session": may
   * hardware decode, "hw-device": of which device, "" for any, "may-leave":
   * before it begins, "size", "mtime-ns", "without": decoders, "hash": which
   * one, "hash-block": bytes, "ranges": a(tt) byte ranges whose place in the
   * streams is asked for; "thumbnails": a(st), streams and times (ns): pictures
   * of these places instead of a check, answered by PICTURES instead of
   * RESULT) */
  CVI_WIRE_JOB,
  CVI_WIRE_BEGIN,    /* worker -> : (ts) job, attempt description */
  CVI_WIRE_FINDING,  /* worker -> : (t CVI_FINDING_VARIANT) */
  CVI_WIRE_PROGRESS, /* worker -> : (tttt) job, buffers, bytes, position_ns */
  CVI_WIRE_RESULT,   /* worker -> : (t CVI_RESULT_VARIANT) */
  CVI_WIRE_QUIT,     /* -> worker: () */
  /* worker -> : (tssbb) job, stream, factory, others fit, hardware */
  CVI_WIRE_DECODER,
  CVI_WIRE_DURATION, /* worker -> : (tt) job, duration_ns */
  /* -> worker, before its HELLO: (saaya{sv}) sandbox (off, auto, require),
   * files and folders it may read, options ("hw", "memory-limit": bytes) */
  CVI_WIRE_SETUP,
  /* worker -> : (ta(ubtay)) job, pictures: number of the place, is it the good
   * one before, time (ns), JPEG */
  CVI_WIRE_PICTURES,
  /* worker -> , at most once before a RESULT: (t CVI_FIXITY_VARIANT) */
  CVI_WIRE_HASHES,
  /* -> fetcher, once: (saysa{sv}) URI, file to write, sandbox (off, auto,
   * require), options ("limit": bytes, 0: any; "stall": longest time without
   * data, "time-limit": of all, s, 0: any, less: by what has come; "live": how
   * much of a live stream, s). In place of SETUP it makes a worker a recorder
   */
  CVI_WIRE_FETCH,
  /* fetcher -> , at most once: (txs) what is said of the resource before its
   * data come: size (CVI_NONE: unknown), mtime_ns (0: unknown), ETag ("") */
  CVI_WIRE_REMOTE,
  /* fetcher -> , its last: (ba CVI_FINDING_VARIANT) is the file all that there
   * is, and what is to be told of that: why not */
  CVI_WIRE_FETCHED,
  /* worker -> : (t) job: a stream that only hardware decodes, or has to,
   * without a session, or with one of a device that does not */
  CVI_WIRE_NEEDS_HARDWARE,
  CVI_WIRE_N_TYPES
} CviWireType;

/* Returns: (nullable): static type of the body, NULL for an unknown frame */
const GVariantType *cvi_wire_body_type (CviWireType type);

#define CVI_WIRE_ERROR (cvi_wire_error_quark ())
GQuark cvi_wire_error_quark (void);
typedef enum {
  CVI_WIRE_ERROR_MALFORMED, /* the peer broke the protocol */
  CVI_WIRE_ERROR_CLOSED,    /* end of stream (in the middle of a frame too) */
  CVI_WIRE_ERROR_IO
} CviWireError;

/**
 * cvi_wire_send: (one thread at a time for a socket)
 * @fd: blocking stream socket
 * @body: (transfer floating)
 *
 * Writes one whole frame; never raises SIGPIPE.
 */
gboolean cvi_wire_send (int fd, CviWireType type, GVariant *body,
    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Blocking read of one frame. Returns: (transfer full): its body; sets *type.
 */
GVariant *cvi_wire_receive (int fd, CviWireType *type, GError **error);

/**
 * CviWireDecoder: the same without blocking: bytes in, frames out. Call
 * cvi_wire_decoder_next() until it has no more after each feed: a decoder that
 * is made to hold more than two of the largest frames is broken for good, as
 * after any other error.
 */
typedef struct _CviWireDecoder CviWireDecoder;

CviWireDecoder *cvi_wire_decoder_new (void);
void cvi_wire_decoder_free (CviWireDecoder *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviWireDecoder, cvi_wire_decoder_free)

void cvi_wire_decoder_feed (
    CviWireDecoder *decoder, const guint8 *data, gsize len);

/* Returns: (transfer full) (nullable): the next whole frame; NULL without
 * @error when more bytes are needed, NULL with @error for a broken peer. */
GVariant *cvi_wire_decoder_next (
    CviWireDecoder *decoder, CviWireType *type, GError **error);

G_END_DECLS
