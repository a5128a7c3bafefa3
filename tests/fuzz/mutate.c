/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* Where arithmetic goes wrong. */
static const guint64 numbers[] = { 0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x100,
  0x7fff, 0x8000, 0xffff, 0x10000, 0xffffff, 0x1000000, 0x7fffffff, 0x80000000,
  0xfffffff0, 0xffffffff, G_GUINT64_CONSTANT (0x100000000), G_MAXINT64,
  G_GUINT64_CONSTANT (0x8000000000000000), G_MAXUINT64 - 8, G_MAXUINT64 };

/* 0 to @n - 1; 0 for an empty range. */
static guint
below (GRand *rand, guint n)
{
  return n > 0 ? g_rand_int (rand) % n : 0;
}

/* Mostly near the start: headers are where lengths and counts are. */
static guint
place (GRand *rand, guint len)
{
  return below (rand, below (rand, 2) ? len : MIN (len, 512));
}

static void
put_number (GByteArray *input, GRand *rand)
{
  guint width = 1u << below (rand, 4);
  guint64 number = numbers[below (rand, G_N_ELEMENTS (numbers))];
  gboolean little = below (rand, 2);
  guint at;

  if (input->len < width)
    return;
  at = place (rand, input->len - width + 1);
  for (guint i = 0; i < width; i++)
    input->data[at + i] =
        (guint8)(number >> (8 * (little ? i : width - 1 - i)));
}

/* Adds a little to a number that is there. */
static void
nudge (GByteArray *input, GRand *rand)
{
  guint at = place (rand, input->len);

  input->data[at] = (guint8)(input->data[at] + below (rand, 17) - 8);
}

static void
randomise (GByteArray *input, GRand *rand)
{
  guint n = 1 + below (rand, 8);

  for (guint i = 0; i < n; i++)
    input->data[place (rand, input->len)] = (guint8)g_rand_int (rand);
}

static void
take_out (GByteArray *input, GRand *rand)
{
  guint at = place (rand, input->len);
  guint n = 1 + below (rand, below (rand, 4) ? 16 : 4096);

  g_byte_array_remove_range (input, at, MIN (n, input->len - at));
}

/* Puts @len bytes of @from before those at @at. */
static void
insert (GByteArray *input, guint at, const guint8 *from, guint len)
{
  guint old = input->len;

  len = MIN (len, FUZZ_MAX_INPUT - old);
  if (len == 0)
    return;
  g_byte_array_set_size (input, old + len);
  memmove (input->data + at + len, input->data + at, old - at);
  memcpy (input->data + at, from, len);
}

static void
splice (GByteArray *input, const GByteArray *from, GRand *rand)
{
  guint at = place (rand, input->len);
  guint start = place (rand, from->len);
  guint n = 1 + below (rand, 4096);
  g_autofree guint8 *part = NULL;

  n = MIN (n, from->len - start);
  if (n == 0)
    return;
  part = g_memdup2 (from->data + start, n);
  if (below (rand, 2) || input->len == 0)
    insert (input, at, part, n);
  else
    memcpy (input->data + at, part, MIN (n, input->len - at));
}

static void
zero (GByteArray *input, GRand *rand)
{
  guint at = place (rand, input->len);
  guint n = 1 + below (rand, below (rand, 2) ? 64 : 8192);

  memset (
      input->data + at, below (rand, 4) ? 0 : 0xff, MIN (n, input->len - at));
}

void
fuzz_mutate (GByteArray *input, const GByteArray *other, GRand *rand)
{
  guint n = 1 + below (rand, 4);

  for (guint i = 0; i < n; i++) {
    if (input->len == 0) {
      splice (input, other, rand);
      continue;
    }
    switch (below (rand, 10)) {
      case 0:
        input->data[place (rand, input->len)] ^=
            (guint8)(1u << below (rand, 8));
        break;
      case 1:
      case 2:
        put_number (input, rand);
        break;
      case 3:
        nudge (input, rand);
        break;
      case 4:
        randomise (input, rand);
        break;
      case 5:
        take_out (input, rand);
        break;
      case 6:
        splice (input, input, rand);
        break;
      case 7:
        splice (input, other, rand);
        break;
      case 8:
        zero (input, rand);
        break;
      default:
        g_byte_array_set_size (input, place (rand, input->len + 1));
        break;
    }
  }
}
