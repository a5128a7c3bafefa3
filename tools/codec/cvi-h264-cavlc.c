/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* 9.2: residual_block_cavlc() */
#include "tools/codec/cvi-h264-private.h"

#include "tools/codec/cvi-h264-cavlc-tables.h"

/* Codes of coeff_token are told by their leading zeros and the three bits after
 * the first one. */
#define N_TOKEN_KEYS (17 * 8)
#define ZEROS_BITS 9
/* 9.2.2.1 allows 15 in some profiles; more than this no profile needs. */
#define MAX_LEVEL_PREFIX 25

/* Made of the standard's tables: a code's length in the upper half, 0 where
 * there is none, its value in the lower. */
static struct {
  guint16 token[5][N_TOKEN_KEYS]; /* nC < 2, < 4, < 8, -1, -2 */
  guint16 zeros[15][1 << ZEROS_BITS];
  guint16 zeros_dc420[3][1 << ZEROS_BITS];
  guint16 zeros_dc422[7][1 << ZEROS_BITS];
  guint16 run[6][8];
} codes;

/* @word: 16 bits */
static guint
token_key (guint word)
{
  guint zeros = word ? (guint)__builtin_clz (word) - 16 : 16;
  guint rest = word << (zeros + 1) & 0xffff;

  return zeros * 8 + (rest >> 13);
}

static void
fill_tokens (guint16 *keys, const guint8 *lengths, const guint8 *bits, guint n)
{
  for (guint key = 0; key < N_TOKEN_KEYS; key++) {
    guint zeros = key / 8;
    guint word = (0x8000u >> zeros) | (key % 8 << 13) >> (zeros + 1);

    for (guint i = 0; i < n; i++) {
      guint length = lengths[i];

      if (length > 0 && word >> (16 - length) == bits[i])
        keys[key] = (guint16)(length << 8 | i);
    }
  }
}

static void
fill_codes (guint16 *table, guint width, const guint8 *lengths,
    const guint8 *bits, guint n)
{
  for (guint i = 0; i < n; i++) {
    guint rest = width - lengths[i];

    for (guint j = 0; lengths[i] > 0 && j < 1u << rest; j++)
      table[((guint)bits[i] << rest) + j] = (guint16)(lengths[i] << 8 | i);
  }
}

void
cvi_h264_cavlc_init (void)
{
  static gsize done;

  if (!g_once_init_enter (&done))
    return;
  for (guint i = 0; i < 3; i++)
    fill_tokens (codes.token[i], h264_token_len[i], h264_token_bits[i], 68);
  fill_tokens (codes.token[3], h264_token_dc420_len, h264_token_dc420_bits, 20);
  fill_tokens (codes.token[4], h264_token_dc422_len, h264_token_dc422_bits, 36);
  for (guint i = 0; i < 15; i++)
    fill_codes (
        codes.zeros[i], ZEROS_BITS, h264_zeros_len[i], h264_zeros_bits[i], 16);
  for (guint i = 0; i < 3; i++)
    fill_codes (codes.zeros_dc420[i], ZEROS_BITS, h264_zeros_dc420_len[i],
        h264_zeros_dc420_bits[i], 4);
  for (guint i = 0; i < 7; i++)
    fill_codes (codes.zeros_dc422[i], ZEROS_BITS, h264_zeros_dc422_len[i],
        h264_zeros_dc422_bits[i], 8);
  for (guint i = 0; i < 6; i++)
    fill_codes (codes.run[i], 3, h264_run_len[i], h264_run_bits[i], 8);
  g_once_init_leave (&done, 1);
}

/* Returns: 4 * TotalCoeff + TrailingOnes */
static guint
read_token (CviH264Slice *s, gint nc)
{
  guint word = cvi_h264_bits_peek (&s->bits) >> 16;
  guint table, code;

  if (nc >= 8) {
    guint six = word >> 10;

    s->bits.position += 6;
    if (six == 3)
      return 0;
    if (six == 2)
      cvi_h264_fail (s, "coeff_token is no code");
    return six + 4;
  }
  table = nc < 0 ? (guint)(2 - nc) : nc >= 4 ? 2 : nc >= 2;
  code = codes.token[table][token_key (word)];
  if (code == 0)
    cvi_h264_fail (s, "coeff_token is no code");
  s->bits.position += code >> 8;
  return code & 0xff;
}

/* Moves past the levels (9.2.2). @n: TotalCoeff */
static void
read_levels (CviH264Slice *s, guint n, guint ones)
{
  CviH264Bits *bits = &s->bits;
  guint suffix_length = n > 10 && ones < 3;

  bits->position += ones;
  for (guint i = ones; i < n; i++) {
    guint32 word = cvi_h264_bits_peek (bits);
    guint prefix = word ? (guint)__builtin_clz (word) : 32;
    guint size = suffix_length;
    gint code, level;

    if (prefix > MAX_LEVEL_PREFIX) {
      cvi_h264_fail (s, "level_prefix out of range");
      return;
    }
    if (prefix == 14 && suffix_length == 0)
      size = 4;
    else if (prefix >= 15)
      size = prefix - 3;
    bits->position += prefix + 1;
    code = (gint)(MIN (prefix, 15u) << suffix_length);
    if (size > 0)
      code += (gint)cvi_h264_bits_get (bits, size);
    if (prefix >= 15 && suffix_length == 0)
      code += 15;
    if (prefix >= 16)
      code += (1 << (prefix - 3)) - 4096;
    if (i == ones && ones < 3)
      code += 2;
    level = code & 1 ? (code + 1) >> 1 : (code >> 1) + 1;
    if (suffix_length == 0)
      suffix_length = 1;
    if (level > 3 << (suffix_length - 1) && suffix_length < 6)
      suffix_length++;
  }
}

static guint
read_total_zeros (CviH264Slice *s, gint nc, guint total)
{
  guint word = cvi_h264_bits_peek (&s->bits) >> (32 - ZEROS_BITS);
  guint code = nc == -1   ? codes.zeros_dc420[total - 1][word]
               : nc == -2 ? codes.zeros_dc422[total - 1][word]
                          : codes.zeros[total - 1][word];

  if (code == 0)
    cvi_h264_fail (s, "total_zeros is no code");
  s->bits.position += code >> 8;
  return code & 0xff;
}

static void
read_runs (CviH264Slice *s, guint total, guint zeros)
{
  for (guint i = 1; i < total && zeros > 0; i++) {
    guint32 word = cvi_h264_bits_peek (&s->bits);
    guint run, length = 3;

    if (zeros <= 6) {
      guint code = codes.run[zeros - 1][word >> 29];

      run = code & 0xff;
      length = code >> 8;
    } else if (word >> 29) {
      run = 7 - (word >> 29);
    } else {
      length = word ? (guint)__builtin_clz (word) + 1 : 32;
      run = length + 3;
    }
    s->bits.position += length;
    if (run > zeros) {
      cvi_h264_fail (s, "run_before is more than the zeros left");
      return;
    }
    zeros -= run;
  }
}

guint
cvi_h264_cavlc_block (CviH264Slice *s, gint nc, guint n)
{
  guint token = read_token (s, nc);
  guint total = token >> 2, zeros = 0;

  if (total == 0)
    return 0;
  if (total > n) {
    cvi_h264_fail (s, "more coefficients than a block has");
    return 0;
  }
  read_levels (s, total, token & 3);
  if (s->fault)
    return total;
  if (total < n)
    zeros = read_total_zeros (s, nc, total);
  if (zeros + total > n)
    cvi_h264_fail (s, "total_zeros is more than a block has");
  else
    read_runs (s, total, zeros);
  return total;
}
