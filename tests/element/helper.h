/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include "plugin/core/cvi-finding.h"

G_BEGIN_DECLS

/* Makes the statically linked element known. Call it from the suite function,
 * after gst_check_init(). */
void cvi_test_register (void);

/* Harness around a cvicheck, with a bus of its own, that has been given
 * STREAM_START, @caps and a TIME segment. */
GstHarness *cvi_test_harness (const char *caps);
void cvi_test_harness_free (GstHarness *harness);

/* Pushes a buffer of one byte. */
GstFlowReturn cvi_test_push (
    GstHarness *harness, guint64 pts, guint64 duration, guint flags);
/* @n buffers without a gap, from @start on; drops what comes out. */
void cvi_test_push_run (
    GstHarness *harness, guint64 start, guint64 duration, guint n);

/* Next finding on the bus. Returns: (transfer full) (nullable) */
CviFinding *cvi_test_pop_finding (GstBus *bus);
/* Fails unless the next finding is of @rule and @severity. Returns: (transfer
 * full): it */
CviFinding *cvi_test_expect (
    GstBus *bus, const char *rule, CviSeverity severity);
/* Fails if there is a finding at all (of any severity). */
void cvi_test_expect_none (GstBus *bus);
/* Returns: (transfer full) (nullable): the next message @name of an element */
GstMessage *cvi_test_pop_named (GstBus *bus, const char *name);

/* Field of the property stats; fails if it is not there. */
guint64 cvi_test_stat (GstElement *check, const char *field);
/* Fails unless the property verdict is @verdict. */
void cvi_test_assert_verdict (GstElement *check, const char *verdict);

/* All of @names can be made? Says what is missing. */
gboolean cvi_test_have (const char *const *names);

G_END_DECLS
