/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/fixity/cvi-hasher.h"
#include "tools/fixity/cvi-read-gate.h"

G_BEGIN_DECLS

/* What a look at a file has shown. */
typedef enum {
  CVI_LOOK_SAME,     /* the content is what it was */
  CVI_LOOK_ROTTEN,   /* it is not, though size and time are */
  CVI_LOOK_EDITED,   /* nor are size or time */
  CVI_LOOK_BUSY,     /* it was written meanwhile */
  CVI_LOOK_VANISHED, /* there is no such file */
  CVI_LOOK_FAILED,   /* it cannot be read: @problem */
  CVI_LOOK_STOPPED   /* the gate was closed */
} CviLookState;

/**
 * CviLook: one look at one file.
 * @id, @user_data: the caller's
 * @path: owned
 * @known: (nullable): what it was; NULL: all is hashed anew
 * @digest: (nullable): a digest of an imported list to be compared, of
 *   @digest_kind
 * @state: the outcome
 * @problem: an errno
 * @ranges: (nullable): of CviByteRange: where a rotten file differs
 * @now: (nullable): the hashes of a file that was hashed anew
 * @size, @mtime_ns: of the file now
 */
typedef struct {
  gint64 id;
  gpointer user_data;
  char *path;
  CviFixity *known;
  GBytes *digest;
  CviDigest digest_kind;
  gboolean sha256;
  guint64 block_size;

  CviLookState state;
  int problem;
  GArray *ranges;
  CviFixity *now;
  guint64 size;
  gint64 mtime_ns;
} CviLook;

/* @path: copied */
CviLook *cvi_look_new (gint64 id, const char *path);
void cvi_look_free (CviLook *look);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CviLook, cvi_look_free)

/**
 * cvi_look_run: (any thread)
 *
 * Reads the file, blocking, and sets the outcome. Of a file with known hashes
 * only blocks are compared: that is all of it, in half of the work. One that
 * has another size is not read.
 */
void cvi_look_run (CviLook *look, CviReadGate *gate);

G_END_DECLS
