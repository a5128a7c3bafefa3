/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/worker/cvi-plugger.h"

G_BEGIN_DECLS

/* Shared by the files of the plugger; nobody else includes this. */

struct _CviPlugger {
  CviPluggerConfig config;
  char *path;
  GstElement *pipeline;
  GstElement *source;

  GMutex lock;
  /* under lock */
  GPtrArray *chains;
  GPtrArray *drivers; /* pads whose task may push data */
  GHashTable *n_by_kind;
  GHashTable *n_by_factory; /* name -> elements made */
  char *media_type;
  gboolean no_demuxer;
};

gboolean cvi_caps_are_raw (GstCaps *caps);

/* Makes an element whose name, which findings repeat, is the factory's (with a
 * number from the second one of the file on): GStreamer's own names count what
 * the process has made. Returns: (nullable): floating */
GstElement *cvi_plugger_make (CviPlugger *self, GstElementFactory *factory);

/* Adds @element behind *@last (transfer full), which becomes its src pad. On
 * failure it is taken out again. */
gboolean cvi_plugger_append (
    CviPlugger *self, GstPad **last, GstElement *element);

/* cvi-plugger-decoder.c: plugs the best decoder that takes the stream behind
 * *@last; or says in @chain why there is none. */
void cvi_plugger_append_decoder (
    CviPlugger *self, GstPad **last, CviChain *chain);

/* Makes an element of @factory, in READY, behind *@last.
 * @opened: (out) (optional): it went to READY
 * Returns: (nullable) (transfer none): NULL if it fails or does not fit */
GstElement *cvi_plugger_append_factory (CviPlugger *self, GstPad **last,
    GstElementFactory *factory, gboolean *opened);

/* Plugs guard, parser, decoder, check and sink behind @pad. */
void cvi_plugger_add_chain (CviPlugger *self, GstPad *pad, GstCaps *caps);

/* Returns: (transfer container): elements from @guard down to the sink */
GPtrArray *cvi_chain_elements (GstElement *guard);
void cvi_chain_free (gpointer data);

G_END_DECLS
