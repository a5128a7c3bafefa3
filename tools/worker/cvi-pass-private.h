/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/element/cvi-log-tap.h"
#include "tools/worker/cvi-pass.h"
#include "tools/worker/cvi-read-tap.h"
#include "tools/worker/cvi-span.h"

G_BEGIN_DECLS

/* Shared by the files of the pass; nobody else includes this. */

struct _CviPass {
  CviPassConfig config;
  CviPassCallbacks callbacks;
  gpointer user_data;
  CviPlugger *plugger;
  CviReadTap *read_tap;
  CviLogTap *log_tap;
  guint n_unseekable;
  guint64 first_buffer;

  GMutex lock;
  GCond cond;
  /* under lock */
  gboolean eos;
  guint32 eos_seqnum;
  gboolean error;
  int aborted;             /* atomic */
  GHashTable *shared_seen; /* findings that several streams report alike */
  GPtrArray *checked;      /* of cvi-pass-findings.c */
  GPtrArray *contents;
  GPtrArray *packet_probes;
  GHashTable *gates;     /* const CviChain -> CviWindowGate */
  GHashTable *stand_ins; /* const CviChain -> CviStandIn */
  GHashTable *spans;     /* const CviChain -> CviSpan */
};

/* All under the pass's lock. */
void cvi_pass_deliver (CviPass *self, CviFinding *finding);
/* Delivers what has been logged by nobody's stream. */
void cvi_pass_drain_log (CviPass *self);
/* Only where no cvicheck is there to see it: before the streams are known. */
void cvi_pass_handle_early_error (CviPass *self, GstMessage *message);

/* Takes all that the cvicheck of a new @chain finds. Not under the lock, before
 * data flows. */
void cvi_pass_watch_check (CviPass *self, const CviChain *chain);

G_END_DECLS
