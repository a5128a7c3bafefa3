/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-finding.h"
#include "plugin/element/cvi-tally.h"
#include "tools/worker/cvi-plugger.h"

G_BEGIN_DECLS

/**
 * CviPassConfig: one run of one pipeline over one file.
 * @plug: what to build
 * @windows: (nullable) (element-type guint64): where windows begin (ns); each
 *   is entered at the sync point before; NULL: all of the file, no seeking
 * @window_ns: length of each, from its sync point
 * @lead_ns: what decoders say of so much after the sync point does not count,
 *   unless that is the start of the stream
 * @broadcast: the container is one that recordings are cut from anywhere: what
 *   decoders say before the first sync point is no damage
 * @sample: where packets are checked and not decoded, a sample of them
 * @size: of the file, bytes
 * @content: also look for black, frozen and silent stretches
 * @mask_offset, @mask_size: as CviStructureInfo's
 */
typedef struct {
  CviPluggerConfig plug;
  GArray *windows;
  guint64 window_ns;
  guint64 lead_ns;
  gboolean broadcast;
  gboolean sample;
  guint64 size;
  gboolean content;
  guint64 mask_offset;
  guint mask_size;
} CviPassConfig;

/**
 * CviPassCallbacks:
 * @finding: (transfer full) finding, as it is made; called on any thread, one
 *   call at a time
 * @progress: on the caller's thread, several times a second
 * @decoder: (nullable): a decoder is about to be made for a stream; @others:
 *   there are more that fit; @hardware: it is one of hardware. Any thread
 */
typedef struct {
  void (*finding) (CviFinding *finding, gpointer user_data);
  void (*progress) (
      guint64 buffers, guint64 bytes, guint64 position_ns, gpointer user_data);
  void (*decoder) (const char *stream, const char *factory, gboolean others,
      gboolean hardware, gpointer user_data);
} CviPassCallbacks;

/**
 * CviPassEnd: how a pass came to its end.
 * @CVI_PASS_EOS: every stream reached its end
 * @CVI_PASS_ERROR: an element other than a decoder gave up
 * @CVI_PASS_IDLE: nothing ran any more, though some stream had not ended
 * @CVI_PASS_ABORTED: see cvi_pass_abort()
 */
typedef enum {
  CVI_PASS_EOS,
  CVI_PASS_ERROR,
  CVI_PASS_IDLE,
  CVI_PASS_ABORTED
} CviPassEnd;

typedef struct _CviPass CviPass;

CviPass *cvi_pass_new (const CviPassConfig *config,
    const CviPassCallbacks *callbacks, gpointer user_data);
void cvi_pass_free (CviPass *pass);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviPass, cvi_pass_free)

/* Blocks until the end. The streams can be looked at until the pass is freed.
 */
CviPassEnd cvi_pass_run (CviPass *pass);

/* Ends the pass soon. Any thread, from the callback for findings too. */
void cvi_pass_abort (CviPass *pass);

CviPlugger *cvi_pass_get_plugger (CviPass *pass);

/* Has a packet check read everything that @chain was given? After the end. */
gboolean cvi_pass_is_covered (CviPass *pass, const CviChain *chain);

/* Of a pass over windows: cvi_window_gate_has_shown() of the last one. After
 * the end. */
gboolean cvi_pass_has_shown (CviPass *pass, const CviChain *chain);

/* When the first frame of @chain was to be shown, and until when the last one
 * (ns of running time): CVI_NONE if none was seen, or only windows. */
void cvi_pass_get_span (
    CviPass *pass, const CviChain *chain, guint64 *start_ns, guint64 *end_ns);

/* Did the demuxer ask for more than the file has? See
 * cvi_read_tap_get_past_end(). */
CviPastEnd cvi_pass_get_past_end (CviPass *pass);

/* Packets of @chain that reached its decoder or a stand-in, where those of
 * which nothing is left to be decoded are not given to it; 0: all were. */
guint64 cvi_pass_get_n_packets (CviPass *pass, const CviChain *chain);

/* Windows that could not be reached because the file is not seekable. */
guint cvi_pass_get_n_unseekable (CviPass *pass);

G_END_DECLS
