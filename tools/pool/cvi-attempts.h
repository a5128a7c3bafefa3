/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "plugin/core/cvi-collector.h"
#include "plugin/core/cvi-result.h"

G_BEGIN_DECLS

/**
 * CviAttempts: what became of the attempts at one file whose worker died or had
 * to be killed, and whether another one is worth it. A decoder that crashes
 * says little about the file: the same is tried again in a fresh worker, then
 * other decoders are. What happens while hardware decodes says nothing of it at
 * all: then software is tried first of all. Not thread-safe.
 */
typedef struct _CviAttempts CviAttempts;

CviAttempts *cvi_attempts_new (void);
void cvi_attempts_free (CviAttempts *attempts);

/* A new attempt begins: no decoder is plugged yet. */
void cvi_attempts_begin (CviAttempts *attempts);

/**
 * cvi_attempts_add_decoder:
 * @stream: such as "video/0"; @factory: of the decoder that goes there
 * @others: are there other decoders that take the stream?
 * @hardware: is it one of hardware?
 *
 * Untrusted text; a bounded number is kept.
 */
void cvi_attempts_add_decoder (CviAttempts *attempts, const char *stream,
    const char *factory, gboolean others, gboolean hardware);

/**
 * cvi_attempts_fail:
 * @id: process:: rule that says how the worker ended
 * @end: predicate: "was killed by SIGSEGV"
 * @found: what the attempt had found; is emptied
 *
 * Returns: whether to try again, in a fresh worker: in software, if hardware
 * was in use, then once as before, and then without the decoders that were in
 * use, if others fit. Not after a deadline in software, which would only pass
 * again.
 */
gboolean cvi_attempts_fail (
    CviAttempts *attempts, CviRuleId id, const char *end, CviCollector *found);

/* Is hardware in use in the present attempt, or was when it ended? Not where it
 * has given place to another decoder. */
gboolean cvi_attempts_uses_hardware (const CviAttempts *attempts);

/* Is hardware to be left alone from now on? */
gboolean cvi_attempts_in_software (const CviAttempts *attempts);

/* Returns: (transfer none): factories that the next attempt is to do without,
 * NULL-terminated */
const char *const *cvi_attempts_get_without (CviAttempts *attempts);

/**
 * cvi_attempts_accept:
 * @result: of an attempt that finished
 *
 * Returns: FALSE if it was made without the decoders that fail, and the others
 * did not take a stream: that says nothing about the file
 */
gboolean cvi_attempts_accept (CviAttempts *attempts, const CviResult *result);

/**
 * cvi_attempts_tell:
 * @result: of the last attempt
 * @finished: that attempt came to its end
 *
 * Adds to @result what happened in the attempts that failed: one finding each,
 * of severity info if the last one finished. Damage that was found before a
 * crash is kept, unless the same decoders have decoded the file since.
 */
void cvi_attempts_tell (
    CviAttempts *attempts, CviResult *result, gboolean finished);

G_END_DECLS
