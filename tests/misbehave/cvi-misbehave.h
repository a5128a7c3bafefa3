/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* A comment (COM) in each picture of a clip begins with this; what follows is
 * who is to misbehave and how: "a:segv", "both:sleep". */
#define MISBEHAVE_MARK "CVI-MISBEHAVE "

/* Longest way to misbehave, with its NUL. */
#define MISBEHAVE_MAX 32

/* Does once what @word says; most of it does not return.
 * Returns: FALSE for a word that has another meaning (see cvi-misbehave.c) */
gboolean misbehave (GstElement *element, const char *word);

G_END_DECLS
