/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "tools/cli/cvi-settings.h"

G_BEGIN_DECLS

/**
 * cvi_output_open:
 *
 * Opens --output: stdout for "-", else the file, made empty. Results are
 * written to it directly as they come. Where --format is one that is of use
 * only as a whole (CviReportWriter), another file is written beside it, which
 * cvi_output_close() puts in its place: who reads it meanwhile sees the old
 * one. Returns: a descriptor to be closed by the caller, -1 with @error
 */
int cvi_output_open (CviSettings *settings, GError **error);

/**
 * cvi_output_close:
 * @ok: was everything written, as far as is known? If not, a report that is of
 *   use only as a whole is dropped
 * @error: may be set already, to why something else than the report failed
 *
 * Closes @fd, which is where some file systems tell that writing has failed.
 * @error, if what it tells is that the report could not be written, gets the
 * name of the output. Returns: @ok, FALSE with @error if closing failed
 */
gboolean cvi_output_close (
    CviSettings *settings, int fd, gboolean ok, GError **error);

/* Should a text report on @fd have colours? As --color says; auto: on a
 * terminal that can, unless NO_COLOR is set. */
gboolean cvi_output_is_coloured (CviSettings *settings, int fd);

/* Opens --output, writes all of @text, closes. */
gboolean cvi_output_write (
    CviSettings *settings, const GString *text, GError **error);

/* Writes all of @text to @fd. */
gboolean cvi_output_append (int fd, const GString *text, GError **error);

G_END_DECLS
