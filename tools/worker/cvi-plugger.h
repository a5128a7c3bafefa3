/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>
#include "plugin/core/cvi-finding.h"
#include "tools/worker/cvi-decoders.h"

G_BEGIN_DECLS

/**
 * CviPlugger: builds one pipeline for one file as its streams show up.
 *
 * source ! typefind ! demuxer, and for each stream
 * guard ! [parser] ! [decoder] ! cvicheck ! fakesink. There is no queue: the
 * demuxer's thread runs every stream, since no sink ever blocks. That is the
 * work of decodebin (same factories, same ranks), without its multiqueue, its
 * pad blocking and its dropping of messages, and with the choice of decoder,
 * the stream numbers and failures in our hands.
 */
typedef struct _CviPlugger CviPlugger;

/**
 * CviPluggerConfig:
 * @path: file, bytes
 * @decode: FALSE ends the chains of video after the parser
 * @n_sounds: of so many streams of audio, the first ones, the chains end with a
 *   decoder
 * @media_only: leave streams other than audio and video unlinked
 * @n_sounds_left_out: and so many of audio, the first ones
 * @hw: what hardware may do
 * @without: (nullable): decoders that are taken for want of others only
 * @decoder_chosen: (nullable): called before a decoder is made for the stream
 *   @label: it may crash at once; @others: more fit. On the thread that found
 *   the stream
 * @hardware_refused: (nullable): the hardware decoder of @chain, which software
 *   can stand in for, does not take the caps that its parser gives. On a
 *   streaming thread
 * @chain_made: (nullable): called for each new chain before data flows, on the
 *   thread that found the stream
 */
typedef struct _CviChain CviChain;
typedef struct {
  const char *path;
  gboolean decode;
  guint n_sounds;
  gboolean media_only;
  guint n_sounds_left_out;
  CviHwPolicy hw;
  const char *const *without;
  void (*decoder_chosen) (const char *label, GstElementFactory *factory,
      gboolean others, gpointer user_data);
  void (*hardware_refused) (const CviChain *chain, gpointer user_data);
  void (*chain_made) (const CviChain *chain, gpointer user_data);
  gpointer user_data;
} CviPluggerConfig;

/**
 * CviChain: one stream of the file. The elements live as long as the plugger;
 * the fields are constant once the chain is in the list.
 * @label: "video/0"
 * @kind: static: "video", "audio", "subtitle", "data"
 * @codec: name for a person
 * @caps: of the demuxer's pad
 * @stream_id: (nullable): GStreamer's, from the pad
 * @guard: where packets come in
 * @decoder, @check: (nullable)
 * @hardware: @decoder is one
 * @replaceable: it is, and there is a software decoder for the stream
 * @needs_session: only hardware decodes the stream, or may, and the file has no
 *   session, or one of a device that does not
 * @note: (nullable): what became of hardware decoders that were tried in vain
 * @encrypted: caps say so
 * @raw: the stream is not coded
 * @reason: (nullable): static or owned text: why it is not decoded
 */
struct _CviChain {
  char *label;
  const char *kind;
  char *codec;
  GstCaps *caps;
  char *stream_id;
  GstElement *guard;
  GstElement *decoder;
  GstElement *check;
  GstPad *head;
  gboolean hardware;
  gboolean replaceable;
  gboolean needs_session;
  char *note;
  gboolean encrypted;
  gboolean raw;
  char *reason;
};

/* Where nothing but hardware decodes a stream, nobody can confirm what it says:
 * of its findings none is more than a warning. */
void cvi_chain_limit (const CviChain *chain, CviFinding *finding);

CviPlugger *cvi_plugger_new (const CviPluggerConfig *config);

/* Takes the pipeline and all that was plugged to NULL. */
void cvi_plugger_stop (CviPlugger *plugger);

/* Stops and frees everything. */
void cvi_plugger_free (CviPlugger *plugger);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviPlugger, cvi_plugger_free)

/* Returns: (transfer none): not yet started */
GstElement *cvi_plugger_get_pipeline (CviPlugger *plugger);

/* Returns: (transfer none): the file source */
GstElement *cvi_plugger_get_source (CviPlugger *plugger);

/* Number of streams so far, and one of them (any thread; a chain once handed
 * out stays valid and constant). */
guint cvi_plugger_get_n_chains (CviPlugger *plugger);
const CviChain *cvi_plugger_get_chain (CviPlugger *plugger, guint index);

/* Returns: (transfer none) (nullable): the chain that @object (an element or
 * pad) belongs to */
const CviChain *cvi_plugger_find_chain (CviPlugger *plugger, GstObject *object);

/* Returns: (transfer full) (nullable): media type that typefinding gave */
char *cvi_plugger_get_media_type (CviPlugger *plugger);

/* The container's media type is known but nothing here can open it. */
gboolean cvi_plugger_no_demuxer (CviPlugger *plugger);

/* Has no thread that could still push data? True at the end, also when a
 * demuxer stopped without EOS on every pad. */
gboolean cvi_plugger_is_idle (CviPlugger *plugger);

G_END_DECLS
