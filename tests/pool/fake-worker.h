/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-result.h"
#include "tools/pool/cvi-wire.h"

G_BEGIN_DECLS

/* A file that the fake worker was given. */
typedef struct {
  guint64 id;
  const char *path;
  CviMode mode;
  char **without;
  gboolean hardware;  /* may be used */
  const char *device; /* of the session, "" for any */
  gboolean hw_off;
  CviResult *result;
} Job;

/* What is done to files with @word in their names. */
typedef struct {
  const char *word; /* NULL: the table's end */
  void (*act) (Job *job);
} Act;

/* What depends on hardware decoders. */
extern const Act hw_acts[];

void send_or_die (CviWireType type, GVariant *body);

/* @finding: (transfer full) */
void send_finding (Job *job, CviFinding *finding);
void send_result (Job *job);

/* Ends by @signum as a program would that does not handle it. */
void die_by (int signum);

/* Is this the first attempt at the file? Remembered beside the registry. */
gboolean is_first (Job *job);

G_END_DECLS
