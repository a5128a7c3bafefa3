/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* So many right packets show that a stream keeps a rule, unless more than a few
 * were wrong before. */
#define CVI_PROOF_RIGHT 8
#define CVI_PROOF_MAX_EARLY 3

/* CviProof: a rule that some encoders break all the time. Zeroed memory is a
 * fresh one. */
typedef struct {
  guint n_right;
  guint n_early;
} CviProof;

/* Takes in whether a packet keeps the rule. Returns: TRUE if it, or one of the
 * first of the stream, is damaged */
static inline gboolean
cvi_proof_refutes (CviProof *proof, gboolean right)
{
  gboolean odd = proof->n_early > CVI_PROOF_MAX_EARLY;

  if (proof->n_right < CVI_PROOF_RIGHT) {
    if (right)
      proof->n_right++;
    else
      proof->n_early++;
    return right && proof->n_right == CVI_PROOF_RIGHT && proof->n_early > 0 &&
           !odd;
  }
  return !right && !odd;
}

G_END_DECLS
