/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-collector.h"
#include "tools/fixity/cvi-hasher.h"
#include "tools/structure/cvi-structure.h"
#include "tools/worker/cvi-check.h"
#include "tools/worker/cvi-pass.h"
#include "tools/worker/cvi-range-map.h"
#include "tools/worker/cvi-snapshot.h"

G_BEGIN_DECLS

/* Shared by the files of the check; nobody else includes this. */

/* Where findings come from: each phase has a collector of its own, so that one
 * that is run again starts anew. */
typedef enum {
  CVI_PHASE_STRUCTURE,
  CVI_PHASE_PARSE,
  CVI_PHASE_DECODE,
  CVI_PHASE_NOTES, /* on hardware decoders, whatever is decoded again */
  CVI_N_PHASES
} CviPhase;

typedef struct {
  const CviCheckJob *job;
  const CviCheckCallbacks *callbacks;
  gpointer user_data;

  CviResult *result;
  CviSnapshot before;
  CviHasher *hasher; /* (nullable) */
  CviRangeMap *map;  /* (nullable) */
  CviStructureInfo *info;
  GPtrArray *streams;
  char *media_type;
  gboolean no_demuxer;
  CviPassEnd end;
  /* of the last pass */
  guint n_chains, n_videos, n_sounds;
  gboolean decoded;    /* all of the file, and nothing else was done with it */
  gboolean sampled;    /* of all video packets are checked without a decoder */
  gboolean unseekable; /* a window of the last pass could not be reached */
  guint64 seen_ns;     /* highest timestamp any pass saw */
  /* where the file's times begin in those of the passes (ns) */
  gboolean has_origin;
  guint64 origin_ns;

  /* work of phases that are over, so that progress only grows */
  guint64 buffers_before;
  guint64 bytes_before;
  guint64 buffers_now;
  guint64 bytes_now;

  /* of the present pass (cvi-check-hardware.c) */
  CviPass *pass;
  gboolean on_trial; /* hardware decodes what software can */
  /* hardware was not to be relied on in an earlier pass */
  gboolean no_hardware;

  GMutex lock;
  /* under lock */
  CviFinding *doubt; /* (nullable): what a trial was ended for */
  gboolean discard;  /* what the rest of that pass still finds */
  CviPhase phase;
  CviCollector *collectors[CVI_N_PHASES];
} CviCheck;

/* Makes a finding of the present phase; takes it. Any thread. */
void cvi_check_collect (CviCheck *self, CviFinding *finding);

/* Forgets the findings of @phase and makes it the present one. */
void cvi_check_begin_phase (CviCheck *self, CviPhase phase);

/* Tells of the work of the present phase; and that it is done, so that the next
 * one's is added to it. */
void cvi_check_progress (
    guint64 buffers, guint64 bytes, guint64 position_ns, gpointer user_data);
void cvi_check_end_work (CviCheck *self);

/* cvi-check-pass.c: runs one pass over the file, whose findings are those of
 * the present phase, which has none yet. */
void cvi_check_run_pass (CviCheck *self, const CviPassConfig *config);

/* Has @phase found any? */
gboolean cvi_check_has_damage (CviCheck *self, CviPhase phase);

/* cvi-check-hardware.c: may hardware decode in a pass of @config? */
CviHwPolicy cvi_check_hw_policy (CviCheck *self, const CviPassConfig *config);
/* Before a pass runs, and once no more of its findings come. */
void cvi_check_hw_begin (CviCheck *self, CviPass *pass);
void cvi_check_hw_end (CviCheck *self);
/* Under the lock: is it for software to say whether @finding is right? Then the
 * pass is at its end. */
gboolean cvi_check_hw_doubts (CviCheck *self, const CviFinding *finding);
/* After a pass: has hardware done what it should? */
void cvi_check_hw_account (CviCheck *self, gboolean whole);
/* Tells of what was tried in vain and, if the pass @counts, of what nothing but
 * hardware has decoded. */
void cvi_check_hw_note (CviCheck *self, gboolean counts);
/* Takes the doubt of a trial that was ended. Returns: (transfer full)
 * (nullable) */
CviFinding *cvi_check_hw_take_doubt (CviCheck *self);
/* @doubt: (transfer full): what the pass in software has made of it */
void cvi_check_hw_settle (CviCheck *self, CviFinding *doubt);

/* Declared length, or what was seen of it; CVI_NONE if neither (ns). */
guint64 cvi_check_get_duration (CviCheck *self);

/* cvi-check-result.c: findings of all phases, streams and the verdict. */
void cvi_check_fill_result (CviCheck *self);

/* Learns where times begin from a pass over the whole file. */
void cvi_check_find_origin (CviCheck *self, CviPass *pass);

/* cvi-check-hash.c: has the structure walk's bytes hashed, and the ranges that
 * are asked for placed, as the job says. */
void cvi_check_begin_hash (
    CviCheck *self, int fd, CviStructureCallbacks *callbacks);
/* After the walk: reads the rest; gives @finding what is in the ranges. */
void cvi_check_finish_hash (
    CviCheck *self, void (*finding) (CviFinding *finding, gpointer user_data));

/* cvi-quick.c: packets of the whole file, then parts of it decoded. */
void cvi_check_run_quick (CviCheck *self);

/* cvi-check-excuse.c: does the demuxer, of which the structure walk knows
 * better, explain what a pass found? */
gboolean cvi_check_is_excused (CviCheck *self, const CviFinding *finding);
/* At the end: findings that streams which cannot be checked explain. */
void cvi_check_excuse (CviCheck *self);

G_END_DECLS
