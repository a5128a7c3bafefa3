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
gboolean cvi_pass_seen_before (CviPass *self, const CviFinding *finding);
/* Of a message of cvicheck. */
void cvi_pass_handle_finding (CviPass *self, GstMessage *message);
/* Only where no cvicheck is there to see it: before the streams are known. */
void cvi_pass_handle_early_error (CviPass *self, GstMessage *message);

G_END_DECLS
