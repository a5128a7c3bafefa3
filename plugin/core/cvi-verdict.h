/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-result.h"

G_BEGIN_DECLS

/**
 * cvi_verdict_judge:
 * @findings: (element-type CviFinding)
 *
 * The policy, from findings alone, so that stored results can be judged again
 * without decoding. First that applies:
 *  1. an io:: finding: unreadable (what a failing disk returns is no evidence
 *     about the file)
 *  2. a media finding at error or above: corrupt
 *  3. a process:: finding: incomplete
 *  4. a media finding at warning: suspicious
 *  5. stream::unsupported or ::encrypted: unsupported
 *  6. healthy
 * An info finding never counts, whatever its class.
 */
CviVerdict cvi_verdict_judge (GPtrArray *findings);

/**
 * cvi_result_judge:
 *
 * Sets verdict, previous_verdict, confidence (highest certainty among the
 * findings that made the verdict corrupt or suspicious; else 0) and damage
 * (share of duration_ns, 0-1, covered by the union of the media findings' time
 * ranges at warning or above; a finding with a time but no length counts 40 ms;
 * 1 for a critical finding of the whole file without a time; 0 if the duration
 * is unknown).
 */
void cvi_result_judge (CviResult *result);

/**
 * cvi_verdict_exit_code:
 * @counts: files by verdict, CVI_N_VERDICTS long
 * @fail_on: bit mask of verdicts (1u << CviVerdict) that count
 *
 * Returns: 1 if a corrupt file, else 3 if a suspicious one, else 4 if one that
 * could not be checked (incomplete, unreadable, unsupported) was found, 0
 * otherwise
 */
int cvi_verdict_exit_code (const guint64 *counts, guint fail_on);

/* All verdicts that can make a scan exit non-zero. */
#define CVI_FAIL_ON_DEFAULT                                                    \
  ((1u << CVI_VERDICT_SUSPICIOUS) | (1u << CVI_VERDICT_CORRUPT) |              \
      (1u << CVI_VERDICT_INCOMPLETE) | (1u << CVI_VERDICT_UNREADABLE) |        \
      (1u << CVI_VERDICT_UNSUPPORTED))

G_END_DECLS
