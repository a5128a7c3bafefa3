/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-finding.h"

G_BEGIN_DECLS

/**
 * CviFetchJob: one resource on its way into a spool file, on the side of the
 * process that fetches it.
 * @fd: connection to the supervisor
 * @spool: descriptor that is written, -1: none
 * @uri: with its password
 * @sandbox: "off", "auto" or "require"
 * @limit: most bytes, 0: any
 * @stall_s: longest time without data, 0: any
 * @time_limit_s: longest time of all, 0: any, CVI_FETCH_SCALED: by the size, or
 *   where that is not known by what has come
 * @live_s: how much of a live stream is wanted
 * @size: told by the server, CVI_NONE: unknown
 * @written: bytes in the spool
 * @findings: (element-type CviFinding): what is to be told
 * @failed: the spool is not all that there is, and @findings say why
 */
typedef struct {
  int fd;
  int spool;
  const char *uri;
  const char *sandbox;
  guint64 limit;
  double stall_s;
  double time_limit_s;
  double live_s;
  gint64 began_us;
  guint64 size;
  guint64 written;
  gboolean told;
  GPtrArray *findings;
  gboolean failed;
} CviFetchJob;

#define CVI_FETCH_SCALED (-1.)

/* So long, in seconds, a recorder may be at work at a live stream without a
 * sign in the spool: it waits for a picture that can be decoded alone, or
 * writes the file's end. */
#define CVI_FETCH_QUIET_S 30

/**
 * cvi_fetch_job_begin:
 * @fd: connection to the supervisor
 * @body: of a FETCH; must outlive the job
 *
 * Takes the order and opens the spool. Returns: FALSE if that cannot be
 * written, the job has failed then
 */
gboolean cvi_fetch_job_begin (CviFetchJob *job, int fd, GVariant *body);

/* Tells the supervisor what has become of the job, and clears it. */
void cvi_fetch_job_end (CviFetchJob *job);

/* Ends the job, unless it has failed before: the first reason is the one that
 * counts. The text may be a library's: the job's user and password are taken
 * out of URIs in it, a password of four bytes or more also as a word. Returns:
 * FALSE */
gboolean cvi_fetch_fail (CviFetchJob *job, CviRuleId rule, const char *format,
    ...) G_GNUC_PRINTF (3, 4);

/* Adds a remark about what was fetched. */
void cvi_fetch_note (CviFetchJob *job, CviRuleId rule, const char *text);

/* Adds that nobody can tell whether all of it has come. */
void cvi_fetch_note_unbounded (CviFetchJob *job);

/**
 * cvi_fetch_tell:
 * @size: bytes, CVI_NONE: unknown; @mtime_ns: 0: unknown; @etag: (nullable)
 *
 * Tells the supervisor, once, what the server says of the resource; it may end
 * this process then. Makes room for it.
 * Returns: FALSE if it cannot be taken, the job has failed then
 */
gboolean cvi_fetch_tell (
    CviFetchJob *job, guint64 size, gint64 mtime_ns, const char *etag);

/* Appends to the spool. Returns: FALSE if that cannot be, the job has failed */
gboolean cvi_fetch_write (CviFetchJob *job, const void *data, gsize len);

/**
 * cvi_fetch_check_size: for what fills the spool itself, not by
 * cvi_fetch_write(): sets @written to its size
 *
 * Returns: FALSE if that is more than the limit, the job has failed then
 */
gboolean cvi_fetch_check_size (CviFetchJob *job);

/* Forgets what was written. Returns: as cvi_fetch_write() */
gboolean cvi_fetch_restart (CviFetchJob *job);

/* Returns: FALSE if the job has taken too long, it has failed then */
gboolean cvi_fetch_check_time (CviFetchJob *job);

G_END_DECLS
