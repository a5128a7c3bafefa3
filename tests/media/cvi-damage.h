/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Seeded damage for tests and benchmarks: the same kind, seed and bytes give
 * the same copy on every machine. Places are drawn from the middle 90 % of the
 * file, so that headers and trailers are hit only by the kinds made for that.
 */

/* A range of the original, in bytes, that the copy holds otherwise. */
typedef struct {
  guint64 offset;
  guint64 length;
} CviDamageSpot;

typedef enum {
  CVI_DAMAGE_ERROR_KIND,      /* no such kind of damage */
  CVI_DAMAGE_ERROR_TOO_SMALL, /* the file is smaller than CVI_DAMAGE_MIN_SIZE */
  CVI_DAMAGE_ERROR_NO_CHANGE, /* every place tried would have stayed the same */
} CviDamageError;

#define CVI_DAMAGE_ERROR (cvi_damage_error_quark ())
GQuark cvi_damage_error_quark (void);

/* Smallest file, in bytes, that can be damaged. Blocks larger than a quarter
 * of the file are shortened to that. */
#define CVI_DAMAGE_MIN_SIZE 256

/* Names of all kinds, NULL-terminated, static. */
const char *const *cvi_damage_kinds (void);

/* One line on what @kind does, static; NULL for an unknown kind. */
const char *cvi_damage_describe (const char *kind);

/* Damages @data in place, which may shrink or grow. Puts the CviDamageSpots in
 * ascending order, first ones first, into @spots (element size
 * sizeof (CviDamageSpot), emptied before). On error @data is unchanged. */
gboolean cvi_damage_apply (const char *kind, guint64 seed, GByteArray *data,
    GArray *spots, GError **error);

/* Writes a damaged copy of the file @in to @out (replaced if there). Errors of
 * CVI_DAMAGE_ERROR and G_FILE_ERROR. */
gboolean cvi_damage_file (const char *kind, guint64 seed, const char *in,
    const char *out, GArray *spots, GError **error);

G_END_DECLS
