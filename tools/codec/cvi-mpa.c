/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/codec/cvi-mpa.h"

#include <string.h>

#define SUBBANDS 32
#define GRANULES 12
/* So many frames in a row keep a rule before a breach of it counts. */
#define PROVEN 8
/* More breaches than this before it is proven are an encoder's habit. */
#define MAX_EARLY 3
/* So many in one frame are no encoder's habit. */
#define BEYOND_HABIT 8
/* More frames with something behind their samples than this are no damage: it
 * is what the format calls ancillary data. */
#define MAX_ODD_TAILS 16

struct _CviMpaCheck {
  guint n_legal;
  guint n_early; /* breaches before the stream was proven */
  guint n_crc;
  gboolean no_crc; /* the encoder writes others */
  guint n_plain;   /* frames in a row with nothing behind the samples */
  guint n_odd;
  gboolean odd;
  gboolean no_tail;
};

typedef struct {
  const guint8 *data;
  gsize n_bits;
  gsize at;
} Bits;

typedef struct {
  guint layer;
  gboolean first_version; /* MPEG-1, not its lower sampling rates */
  gboolean has_crc;
  guint bitrate; /* kbit/s, 0: not told */
  guint rate;
  guint channels;
  guint bound; /* the first subband that both channels share */
} Header;

/* A row of tables B.2a-d of ISO/IEC 11172-3 and B.1 of 13818-3: bits of an
 * allocation, and the quantiser (index to steps) of each. */
typedef struct {
  guint8 bits;
  guint8 quantiser[16];
} Row;

enum { HIGH, MIDDLE, LOW, LAST, FEW, FEWER, LSF_HIGH, LSF_LOW };

static const Row rows[] = {
  [HIGH] = { 4, { 0, 1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17 } },
  [MIDDLE] = { 4, { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 17 } },
  [LOW] = { 3, { 0, 1, 2, 3, 4, 5, 6, 17 } },
  [LAST] = { 2, { 0, 1, 2, 17 } },
  [FEW] = { 4, { 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } },
  [FEWER] = { 3, { 0, 1, 2, 4, 5, 6, 7, 8 } },
  [LSF_HIGH] = { 4, { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 } },
  [LSF_LOW] = { 2, { 0, 1, 2, 4 } },
};

/* Table B.4: bits of a code of three samples or of one, and how many values it
 * has; 0: none of the quantiser's. The steps are 3, 5, 7, 9, 15, 31 ... */
static const struct {
  guint8 bits;
  gboolean grouped;
  guint values;
} quantisers[] = { { 0, FALSE, 0 }, { 5, TRUE, 27 }, { 7, TRUE, 125 },
  { 3, FALSE, 7 }, { 10, TRUE, 729 }, { 4, FALSE, 15 }, { 5, FALSE, 31 },
  { 6, FALSE, 63 }, { 7, FALSE, 127 }, { 8, FALSE, 255 }, { 9, FALSE, 511 },
  { 10, FALSE, 1023 }, { 11, FALSE, 2047 }, { 12, FALSE, 4095 },
  { 13, FALSE, 8191 }, { 14, FALSE, 16383 }, { 15, FALSE, 32767 },
  { 16, FALSE, 65535 } };

/* Behind the end are zeros; the position tells. */
static guint
read_bits (Bits *bits, guint n)
{
  guint value = 0;

  for (; n > 0; n--, bits->at++) {
    guint bit = 0;

    if (bits->at < bits->n_bits)
      bit = bits->data[bits->at / 8] >> (7 - bits->at % 8) & 1u;
    value = value << 1 | bit;
  }
  return value;
}

static gboolean
read_header (const guint8 *data, gsize size, Header *header)
{
  static const guint16 rates[] = { 44100, 48000, 32000 };
  static const guint16 layer2[] = { 0, 32, 48, 56, 64, 80, 96, 112, 128, 160,
    192, 224, 256, 320, 384 };
  guint version, mode;

  if (size < 6 || data[0] != 0xff || (data[1] & 0xe0) != 0xe0)
    return FALSE;
  version = data[1] >> 3 & 3u;
  header->layer = 4 - (data[1] >> 1 & 3u);
  header->has_crc = (data[1] & 1) == 0;
  if (version == 1 || header->layer == 4 || data[2] >> 4 == 15 ||
      (data[2] >> 2 & 3) == 3)
    return FALSE;
  header->first_version = version == 3;
  header->bitrate = layer2[data[2] >> 4];
  header->rate = rates[data[2] >> 2 & 3];
  mode = data[3] >> 6;
  header->channels = mode == 3 ? 1 : 2;
  header->bound = mode == 1 ? ((data[3] >> 4 & 3u) + 1) * 4 : SUBBANDS;
  return TRUE;
}

/* Which row each subband has. Returns: number of subbands */
static guint
choose_rows (const Header *header, guint8 *of_subband)
{
  guint each = header->bitrate / header->channels;
  guint n, high = 3, middle = 11, low = 23;
  guint8 kinds[] = { HIGH, MIDDLE, LOW, LAST };

  if (!header->first_version) {
    static const guint8 lsf[] = { LSF_HIGH, FEWER, LSF_LOW, LSF_LOW };

    memcpy (kinds, lsf, sizeof kinds);
    n = 30, high = 4, middle = 11, low = 30;
  } else if ((header->rate == 48000 && each >= 56) ||
             (each >= 56 && each <= 80)) {
    n = 27;
  } else if (header->rate != 48000 && each >= 96) {
    n = 30;
  } else {
    kinds[0] = FEW, kinds[1] = FEWER;
    n = header->rate == 32000 ? 12 : 8;
    high = 2, middle = n;
  }
  for (guint i = 0; i < n; i++)
    of_subband[i] = kinds[i < high ? 0 : i < middle ? 1 : i < low ? 2 : 3];
  return n;
}

static guint
crc16 (guint crc, const guint8 *data, gsize from, gsize n_bits)
{
  for (gsize i = from; i < from + n_bits; i++) {
    guint bit = data[i / 8] >> (7 - i % 8) & 1u;

    crc = (crc >> 15 ^ bit) & 1u ? crc << 1 ^ 0x8005u : crc << 1;
    crc &= 0xffffu;
  }
  return crc;
}

/* The CRC covers half of the header and @n_bits behind itself. */
static gboolean
check_crc (CviMpaCheck *self, const guint8 *data, gsize size, gsize n_bits)
{
  guint crc;

  if (self->no_crc || size * 8 < 48 + n_bits)
    return TRUE;
  crc = crc16 (crc16 (0xffff, data, 16, 16), data, 48, n_bits);
  if (crc == ((guint)data[4] << 8 | data[5])) {
    self->n_crc++;
    return TRUE;
  }
  self->no_crc = self->n_crc < PROVEN;
  return self->no_crc;
}

typedef struct {
  guint8 quantiser[SUBBANDS][2];
  guint n_subbands;
  guint bound;
  guint channels;
} Allocation;

static void
read_allocation (Bits *bits, const Header *header, Allocation *out)
{
  guint8 of_subband[SUBBANDS];

  memset (out, 0, sizeof *out);
  out->n_subbands = choose_rows (header, of_subband);
  out->bound = MIN (header->bound, out->n_subbands);
  out->channels = header->channels;
  for (guint i = 0; i < out->n_subbands; i++) {
    const Row *row = &rows[of_subband[i]];

    for (guint c = 0; c < out->channels; c++) {
      if (c > 0 && i >= out->bound)
        out->quantiser[i][c] = out->quantiser[i][0];
      else
        out->quantiser[i][c] = row->quantiser[read_bits (bits, row->bits)];
    }
  }
}

/* Returns: how many scale factors are illegal */
static guint
read_scale_factors (
    Bits *bits, const Allocation *allocation, const guint8 (*select)[2])
{
  static const guint8 n_factors[] = { 3, 2, 1, 2 };
  guint n_illegal = 0;

  for (guint i = 0; i < allocation->n_subbands; i++) {
    for (guint c = 0; c < allocation->channels; c++) {
      if (allocation->quantiser[i][c] == 0)
        continue;
      for (guint n = n_factors[select[i][c]]; n > 0; n--)
        n_illegal += read_bits (bits, 6) == 63;
    }
  }
  return n_illegal;
}

static guint
read_granule (Bits *bits, const Allocation *allocation)
{
  guint n_illegal = 0;

  for (guint i = 0; i < allocation->n_subbands; i++) {
    guint n = i < allocation->bound ? allocation->channels : 1;

    for (guint c = 0; c < n; c++) {
      guint quantiser = allocation->quantiser[i][c];
      guint codes = quantisers[quantiser].grouped ? 1 : 3;

      for (; quantiser > 0 && codes > 0; codes--)
        n_illegal += read_bits (bits, quantisers[quantiser].bits) >=
                     quantisers[quantiser].values;
    }
  }
  return n_illegal;
}

static const char *
check_tail (CviMpaCheck *self, Bits *bits)
{
  gboolean odd = FALSE;

  if (self->no_tail)
    return NULL;
  while (bits->at < bits->n_bits && !odd)
    odd = read_bits (bits, 1) == 1;
  if (!odd) {
    self->n_plain++;
    if (!self->odd || self->n_plain < PROVEN)
      return NULL;
    self->odd = FALSE;
    return "an MPEG audio frame uses fewer bits than it has";
  }
  self->odd = self->odd || self->n_plain >= PROVEN;
  self->n_plain = 0;
  self->no_tail = ++self->n_odd > MAX_ODD_TAILS || !self->odd;
  return NULL;
}

static const char *
check_layer2 (
    CviMpaCheck *self, const guint8 *data, gsize size, const Header *header)
{
  gsize start = header->has_crc ? 48 : 32;
  Bits bits = { data, size * 8, start };
  guint8 select[SUBBANDS][2] = { { 0 } };
  Allocation allocation;
  guint n_illegal;

  if (header->bitrate == 0)
    return NULL;
  read_allocation (&bits, header, &allocation);
  for (guint i = 0; i < allocation.n_subbands; i++) {
    for (guint c = 0; c < allocation.channels; c++) {
      if (allocation.quantiser[i][c] > 0)
        select[i][c] = (guint8)read_bits (&bits, 2);
    }
  }
  if (header->has_crc && !check_crc (self, data, size, bits.at - start))
    return "CRC-16 of an MPEG audio frame does not match";
  n_illegal = read_scale_factors (&bits, &allocation, select);
  for (guint i = 0; i < GRANULES; i++)
    n_illegal += read_granule (&bits, &allocation);
  if (n_illegal == 0 && bits.at <= bits.n_bits) {
    if (++self->n_legal == PROVEN && self->n_early > 0 &&
        self->n_early <= MAX_EARLY)
      return "an early MPEG audio frame has values that the format forbids";
    return check_tail (self, &bits);
  }
  if (self->n_legal < PROVEN && n_illegal < BEYOND_HABIT) {
    self->n_early++;
    return NULL;
  }
  return n_illegal > 0
             ? "an MPEG audio frame has values that the format forbids"
             : "an MPEG audio frame asks for more bits than it has";
}

/* The CRC of Layer III covers the side information. */
static const char *
check_layer3 (
    CviMpaCheck *self, const guint8 *data, gsize size, const Header *header)
{
  gsize side = header->channels == 1 ? 17 : 32;

  if (!header->first_version)
    side = header->channels == 1 ? 9 : 17;
  if (!header->has_crc || check_crc (self, data, size, side * 8))
    return NULL;
  return "CRC-16 of an MPEG audio frame does not match";
}

CviMpaCheck *
cvi_mpa_check_new (void)
{
  return g_new0 (CviMpaCheck, 1);
}

void
cvi_mpa_check_free (CviMpaCheck *check)
{
  g_free (check);
}

gboolean
cvi_mpa_check_frame (
    CviMpaCheck *check, const guint8 *data, gsize size, const char **fault)
{
  Header header;

  *fault = NULL;
  if (!read_header (data, size, &header))
    return TRUE;
  if (header.layer == 2)
    *fault = check_layer2 (check, data, size, &header);
  else if (header.layer == 3)
    *fault = check_layer3 (check, data, size, &header);
  return *fault == NULL;
}
