/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-rule.h"

G_BEGIN_DECLS

/* "Not known", for times (ns) and byte offsets alike. Same value as
 * GST_CLOCK_TIME_NONE, so that the layers above need no translation. */
#define CVI_NONE G_MAXUINT64

/* A message longer than this (bytes) is cut at a character boundary: log text
 * comes from decoders fed with hostile data. */
#define CVI_FINDING_MAX_MESSAGE 512

/**
 * CviFinding: one thing found in a file. Plain data, owned by its holder.
 * @rule: static row of the rule table
 * @severity: of this finding; the rule's unless the evidence says otherwise
 * @certainty: 0-1, of this finding
 * @stream: (nullable): "video/0", "audio/1" ..., NULL for the whole file
 * @start_ns, @end_ns: stream time in ns, or CVI_NONE; end >= start (a start
 *   without an end is a place, never the reverse)
 * @offset: byte offset in the file, or CVI_NONE
 * @count: how many occurrences were collapsed into this one, >= 1
 * @message: valid UTF-8, no control characters, at most
 *   CVI_FINDING_MAX_MESSAGE bytes; never NULL
 */
typedef struct {
  const CviRule *rule;
  CviSeverity severity;
  double certainty;
  char *stream;
  guint64 start_ns;
  guint64 end_ns;
  guint64 offset;
  guint64 count;
  char *message;
} CviFinding;

/* GVariant form: rule, severity, certainty, stream ("" for none), start_ns,
 * end_ns, offset, count, message. */
#define CVI_FINDING_VARIANT "(sydstttts)"

/**
 * cvi_finding_new:
 * @id: the rule; severity and certainty start as the rule's
 * @stream: (nullable): copied
 * @format: printf format of the message; the result is sanitised
 *
 * Times and offset start as CVI_NONE, count as 1; set the fields directly.
 * Returns: (transfer full)
 */
CviFinding *cvi_finding_new (CviRuleId id, const char *stream,
    const char *format, ...) G_GNUC_PRINTF (3, 4);
CviFinding *cvi_finding_copy (const CviFinding *finding);
void cvi_finding_free (CviFinding *finding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviFinding, cvi_finding_free)

/**
 * cvi_sanitise_text:
 * @text: bytes of any kind; @len: length in bytes, or -1 if NUL-terminated
 * @max: most bytes of the result
 *
 * Makes text of unknown origin safe to store and print: invalid UTF-8 becomes
 * U+FFFD, control characters (C0, DEL, C1, separators of lines, marks that
 * change the direction of text) a space, runs of spaces one, the ends are
 * trimmed, and the rest is cut at a character boundary.
 * Returns: (transfer full)
 */
char *cvi_sanitise_text (const char *text, gssize len, gsize max);

/* Is this finding damage (class MEDIA at error or above)? */
gboolean cvi_finding_is_damage (const CviFinding *finding);

/* @finding: (transfer full): what a decoder said before the first sync point of
 * a recording that begins anywhere. Returns: (transfer full): what that means,
 * decode::starts-mid-gop */
CviFinding *cvi_finding_as_mid_gop (CviFinding *finding);

/* Returns: (transfer full): floating GVariant of CVI_FINDING_VARIANT */
GVariant *cvi_finding_to_variant (const CviFinding *finding);

/**
 * cvi_finding_from_variant:
 * @variant: of type CVI_FINDING_VARIANT, content untrusted
 *
 * Returns: (transfer full) (nullable): NULL with @error (domain
 * CVI_CORE_ERROR) for an unknown rule, a severity out of range, a certainty
 * outside 0-1 or not a number, a count of 0, an end before the start. The
 * message is sanitised.
 */
CviFinding *cvi_finding_from_variant (GVariant *variant, GError **error);

/* Finding for an errno of the storage: io::vanished (ENOENT, ENOTDIR),
 * io::permission (EACCES, EPERM, ELOOP), io::error (others: EIO, ESTALE, ENXIO,
 * ENODEV, ETIMEDOUT, EHOSTDOWN ...: the device or its server is gone or ill).
 * Returns: (transfer full) */
CviFinding *cvi_finding_from_errno (int errnum);

#define CVI_CORE_ERROR (cvi_core_error_quark ())
GQuark cvi_core_error_quark (void);
typedef enum { CVI_CORE_ERROR_INVALID } CviCoreError;

G_END_DECLS
