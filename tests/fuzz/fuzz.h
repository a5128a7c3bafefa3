/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <glib.h>

G_BEGIN_DECLS

/* A fuzz target is one program: LLVMFuzzerTestOneInput() and its seeds, linked
 * with driver.c (a test of a fixed number of runs) or with libFuzzer
 * (tests/fuzz/run-long). */

/* Longest input (bytes): what is wrong with a walker shows in small files. */
#define FUZZ_MAX_INPUT 65536

/* libFuzzer's interface. @data is exactly @size bytes long, so that a sanitizer
 * sees a read behind it. Returns: 0 */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* @data is copied and cut to FUZZ_MAX_INPUT. */
typedef void (*FuzzAdd) (const guint8 *data, gsize size, gpointer user_data);

/* The target's own seeds: inputs that get deep into the code. More come from
 * the folders that the driver is given. */
void fuzz_target_seeds (FuzzAdd add, gpointer user_data);

/* mutate.c */

/**
 * fuzz_mutate:
 * @input: changed in place; at most FUZZ_MAX_INPUT bytes before and after
 * @other: another seed, to take parts of
 *
 * One to four changes: flipped bits, random bytes, numbers at the limits of
 * their types, parts taken out, doubled, zeroed or taken from @other, an end
 * cut off.
 */
void fuzz_mutate (GByteArray *input, const GByteArray *other, GRand *rand);

G_END_DECLS
