/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/structure/cvi-walk.h"

G_BEGIN_DECLS

/* EBML (RFC 8794): the elements that Matroska is made of. */

/* Size of an element that ends where an element of its own level or above
 * begins. */
#define CVI_EBML_UNKNOWN G_MAXUINT64

/**
 * CviEbml: one element's header.
 * @id: with its length marker, as IDs are written in the specification
 * @offset: of the ID in the file
 * @data: offset of the content
 * @size: of the content, below 2^56, or CVI_EBML_UNKNOWN
 */
typedef struct {
  guint32 id;
  guint64 offset;
  guint64 data;
  guint64 size;
} CviEbml;

/**
 * cvi_ebml_parse_vint:
 * @value: (out): without the length marker; CVI_EBML_UNKNOWN if all bits are 1
 *
 * Returns: length in bytes (1 to 8), 0 if @data does not hold a whole one
 */
gsize cvi_ebml_parse_vint (const guint8 *data, gsize len, guint64 *value);

/**
 * cvi_ebml_read:
 * @pos: where an element should begin
 * @end: of what contains it; its content may reach farther, its header not
 *
 * Returns: FALSE if no header can be there
 */
gboolean cvi_ebml_read (
    CviWalk *walk, guint64 pos, guint64 end, CviEbml *element);

/* Content of a number, float or short string; FALSE (or NULL) if it has not
 * a length that the type allows. */
gboolean cvi_ebml_uint (CviWalk *walk, const CviEbml *element, guint64 *value);
gboolean cvi_ebml_float (CviWalk *walk, const CviEbml *element, double *value);
/* Returns: (transfer full) (nullable): at most 255 bytes, unchecked text */
char *cvi_ebml_string (CviWalk *walk, const CviEbml *element);

/* End of the element's content, or @end if its size is unknown. */
static inline guint64
cvi_ebml_end (const CviEbml *element, guint64 end)
{
  return element->size == CVI_EBML_UNKNOWN ? end
                                           : element->data + element->size;
}

/**
 * CviEbmlVisitor:
 * @depth: 0 for children of the element that is visited
 *
 * Returns: TRUE to go into @element, FALSE to pass over it
 */
typedef gboolean (*CviEbmlVisitor) (
    const CviEbml *element, guint depth, gpointer user_data);

/**
 * cvi_ebml_visit:
 * @parent: of known size, inside the file
 *
 * Shows the elements of a small tree (headers, indexes) in file order.
 * Elements deeper than CVI_EBML_MAX_DEPTH are passed over. Returns: CVI_NONE,
 * or the offset at which something is no element or does not fit its parent
 */
#define CVI_EBML_MAX_DEPTH 8
guint64 cvi_ebml_visit (CviWalk *walk, const CviEbml *parent,
    CviEbmlVisitor visitor, gpointer user_data);

G_END_DECLS
