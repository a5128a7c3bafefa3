/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-fixity.h"

G_BEGIN_DECLS

typedef enum {
  CVI_VERDICT_HEALTHY,
  CVI_VERDICT_SUSPICIOUS,
  CVI_VERDICT_CORRUPT,
  CVI_VERDICT_INCOMPLETE,
  CVI_VERDICT_UNREADABLE,
  CVI_VERDICT_UNSUPPORTED,
  CVI_VERDICT_SKIPPED,
  CVI_N_VERDICTS
} CviVerdict;

typedef enum {
  CVI_MODE_QUICK,
  CVI_MODE_DEEP,
  CVI_MODE_HYBRID,
  CVI_MODE_FULL,
  CVI_N_MODES
} CviMode;

/* Names as in the record and on the command line ("healthy", "quick" ...).
 * The _from_string functions return FALSE for an unknown name. */
const char *cvi_verdict_to_string (CviVerdict verdict);
gboolean cvi_verdict_from_string (const char *name, CviVerdict *verdict);
const char *cvi_mode_to_string (CviMode mode);
gboolean cvi_mode_from_string (const char *name, CviMode *mode);

/**
 * CviStream: one elementary stream of a file.
 * @id: "video/0": kind and number among its kind, in the container's order
 * @kind: "video", "audio", "subtitle", "data"
 * @codec: (nullable): "H.264", "AAC" ...
 * @decoder: (nullable): factory name of the decoder that was used
 * @hardware: whether that decoder is a hardware one
 * @frames: decoded frames (or parsed packets where nothing was decoded)
 * @duration_ns: last timestamp seen minus the first, or CVI_NONE
 * @checked: all of the stream that the mode asks for was checked
 * @reason: (nullable): why not
 * @start_ns, @end_ns: presentation time of the first frame's start and of the
 *   last one's end, on a time line that the streams of a file share (edit lists
 *   applied; where it begins says nothing), CVI_NONE if not seen from end to
 *   end; @frame_ns: typical frame duration, CVI_NONE if unknown. These three
 *   are for who ordered the check: neither stored nor in the record
 */
typedef struct {
  char *id;
  char *kind;
  char *codec;
  char *decoder;
  gboolean hardware;
  guint64 frames;
  guint64 duration_ns;
  gboolean checked;
  char *reason;
  guint64 start_ns;
  guint64 end_ns;
  guint64 frame_ns;
} CviStream;

CviStream *cvi_stream_new (const char *id, const char *kind);
void cvi_stream_free (CviStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviStream, cvi_stream_free)

typedef struct _CviMark CviMark;

/**
 * CviResult: everything known about one file: design's record, section 7.
 * @path: file name as bytes of the file system (not always UTF-8)
 * @verdict, @confidence, @damage: set by cvi_result_judge()
 * @previous_verdict: for SKIPPED, the stored verdict it stands on; else the
 *   same as @verdict
 * @container: (nullable): "iso-bmff", "matroska" ...
 * @size: bytes; @mtime_ns: ns since 1970
 * @duration_ns: declared or seen length, CVI_NONE if unknown
 * @streams: (element-type CviStream); @findings: (element-type CviFinding)
 * @peak_rss_bytes: of the worker while it was on this file
 * @scanned_at: Unix time in seconds (UTC) at which the result was made
 * @etag: (nullable): of a resource that was fetched, what tells whether it has
 *   changed; "": nothing but its time. Kept in the store beside the result, not
 *   loaded with it
 * @fixity: (nullable): hashes of what was checked; travels and is stored beside
 *   the result, not in it
 * @mark: (nullable): what a user has said of it (cvi-mark.h); not sent by
 *   workers, and kept in the store beside the result
 */
typedef struct {
  char *path;
  CviVerdict verdict;
  CviVerdict previous_verdict;
  double confidence;
  double damage;
  CviMode mode;
  char *container;
  guint64 size;
  gint64 mtime_ns;
  guint64 duration_ns;
  GPtrArray *streams;
  GPtrArray *findings;
  double elapsed_s;
  double cpu_s;
  guint64 peak_rss_bytes;
  char *tool_version;
  guint32 rules_version;
  gint64 scanned_at;
  char *etag;
  CviFixity *fixity;
  CviMark *mark;
} CviResult;

/* stream: id, kind, codec, decoder, hardware, frames, duration_ns, checked,
 * reason, start_ns, end_ns, frame_ns */
#define CVI_STREAM_VARIANT "(ssssbttbsttt)"
/* path, verdict, previous_verdict, confidence, damage, mode, container, size,
 * mtime_ns, duration_ns, streams, findings, elapsed_s, cpu_s, peak_rss_bytes,
 * tool_version, rules_version, scanned_at. Absent strings are "". */
#define CVI_RESULT_VARIANT                                                     \
  "(ayyyddystxta" CVI_STREAM_VARIANT "a" CVI_FINDING_VARIANT "ddtsux)"

/* Most streams and findings of one result; from_variant refuses more. */
#define CVI_RESULT_MAX_STREAMS 256
#define CVI_RESULT_MAX_FINDINGS 1024

/**
 * cvi_result_new:
 * @path: copied
 * @mode: how the file is (to be) checked
 *
 * Returns: (transfer full): empty result, verdict healthy, this build's tool
 * and rules version, scanned_at now
 */
CviResult *cvi_result_new (const char *path, CviMode mode);
CviResult *cvi_result_copy (const CviResult *result);
void cvi_result_free (CviResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviResult, cvi_result_free)

/* Adds (transfer full) a finding. */
void cvi_result_add (CviResult *result, CviFinding *finding);

/* Returns: (transfer none) (nullable): first finding of @id, if any */
const CviFinding *cvi_result_find (const CviResult *result, CviRuleId id);

GVariant *cvi_result_to_variant (const CviResult *result);

/* Untrusted content, as cvi_finding_from_variant(): NULL with @error also for
 * unknown enum values, shares outside 0-1, times below 0, a scanned_at outside
 * the years 1970-9999, and too many streams or findings. */
CviResult *cvi_result_from_variant (GVariant *variant, GError **error);

G_END_DECLS
