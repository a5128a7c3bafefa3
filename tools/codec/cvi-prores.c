/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/codec/cvi-prores.h"

#include <string.h>

#define FRAME_HEADER_LEAST 20
#define PICTURE_HEADER_LEAST 8
#define SLICE_HEADER_LEAST 6
/* A code has at most so many bits: quantised coefficients have 16 at most. */
#define MAX_PREFIX 20

typedef struct {
  guint width; /* macroblocks */
  guint height;
  gboolean interlaced;
  gboolean is_444;
  guint alpha; /* alpha_channel_type: 0 none, 1 8 bits, 2 16 bits */
} Frame;

typedef struct {
  const guint8 *data;
  gsize n_bits;
  gsize at;
} Bits;

/* Section 7.1.1.4: a code of the Golomb-Rice and exponential kinds combined. */
typedef struct {
  guint8 last_rice;
  guint8 rice;
  guint8 exp;
} Codebook;

static const Codebook first_dc = { 0, 5, 6 };
/* Table 9, by the code of the difference before */
static const Codebook dc_books[] = { { 0, 0, 1 }, { 0, 1, 2 }, { 0, 1, 2 },
  { 1, 2, 3 }, { 1, 2, 3 }, { 0, 3, 4 }, { 0, 3, 4 } };
/* Table 10, by the run before */
static const Codebook run_books[] = { { 2, 0, 1 }, { 2, 0, 1 }, { 1, 0, 1 },
  { 1, 0, 1 }, { 0, 0, 1 }, { 1, 1, 2 }, { 1, 1, 2 }, { 1, 1, 2 }, { 1, 1, 2 },
  { 0, 1, 2 }, { 0, 1, 2 }, { 0, 1, 2 }, { 0, 1, 2 }, { 0, 1, 2 }, { 0, 1, 2 },
  { 0, 2, 3 } };
/* Table 11, by the level (of 1 at least) before */
static const Codebook level_books[] = { { 0, 0, 1 }, { 2, 0, 2 }, { 1, 0, 1 },
  { 2, 0, 1 }, { 0, 0, 1 }, { 0, 1, 2 }, { 0, 1, 2 }, { 0, 1, 2 }, { 0, 1, 2 },
  { 0, 2, 3 } };

static guint
get16 (const guint8 *data)
{
  return (guint)data[0] << 8 | data[1];
}

static guint32
get32 (const guint8 *data)
{
  return (guint32)get16 (data) << 16 | get16 (data + 2);
}

/* The next 57 bits at least, from the top; zeros behind the end. */
static inline guint64
peek_long (const Bits *bits)
{
  gsize first = bits->at / 8, size = bits->n_bits / 8;
  guint64 window = 0;

  if (G_LIKELY (first + 8 <= size)) {
    memcpy (&window, bits->data + first, sizeof window);
    window = GUINT64_FROM_BE (window);
  } else {
    for (gsize i = first; i < first + 8; i++)
      window = window << 8 | (i < size ? bits->data[i] : 0);
  }
  return window << (bits->at % 8);
}

/* The next 32 bits; zeros behind the end. */
static inline guint32
peek (const Bits *bits)
{
  return (guint32)(peek_long (bits) >> 32);
}

/* Returns: FALSE if there is no such code */
static inline gboolean
read_code (Bits *bits, const Codebook *book, guint *value)
{
  guint32 window = peek (bits);
  guint prefix = window == 0 ? 32 : (guint)__builtin_clz (window);
  guint length;

  if (prefix > MAX_PREFIX)
    return FALSE;
  if (prefix <= book->last_rice) {
    length = prefix + 1 + book->rice;
    *value = prefix << book->rice;
    if (book->rice > 0)
      *value += window << (prefix + 1) >> (32 - book->rice);
  } else {
    length = 2 * prefix + book->exp - book->last_rice;
    if (length > 32)
      return FALSE;
    *value = (window >> (32 - length)) - (1u << book->exp) +
             ((book->last_rice + 1u) << book->rice);
  }
  bits->at += length;
  return bits->at <= bits->n_bits;
}

static gboolean
check_dc (Bits *bits, guint n_blocks)
{
  guint code;

  if (!read_code (bits, &first_dc, &code))
    return FALSE;
  code = 5;
  for (guint i = 1; i < n_blocks; i++) {
    if (!read_code (bits, &dc_books[MIN (code, 6)], &code))
      return FALSE;
  }
  return TRUE;
}

/* Is nothing left but what fills the last byte? */
static gboolean
is_padding (const Bits *bits)
{
  return bits->n_bits - bits->at < 8 && peek (bits) == 0;
}

/* Codes of up to so many bits, nearly all, come out of a table. */
#define SHORT_BITS 8

/* What a code's first bits say. @length: 0 if it is longer than they are;
 * @next: the book of the next code of its kind, by its first equal */
typedef struct {
  guint8 length;
  guint8 value;
  guint8 next;
} Short;

static Short short_runs[G_N_ELEMENTS (run_books)][1 << SHORT_BITS];
static Short short_levels[G_N_ELEMENTS (level_books)][1 << SHORT_BITS];

/* Equal books share the table of the first, which keeps the cache small. */
static guint
first_equal (const Codebook *books, guint i)
{
  guint first = 0;

  while (memcmp (&books[first], &books[i], sizeof *books) != 0)
    first++;
  return first;
}

/* @more: to be added to a value to find the next book */
static void
fill_short (Short (*tables)[1 << SHORT_BITS], const Codebook *books, guint n,
    guint more)
{
  for (guint i = 0; i < n; i++) {
    for (guint word = 0; word < 1u << SHORT_BITS; word++) {
      guint8 data[8] = { (guint8)word };
      Bits bits = { data, 8 * sizeof data, 0 };
      guint value;

      if (!read_code (&bits, &books[i], &value) || bits.at > SHORT_BITS ||
          value > G_MAXUINT8)
        continue;
      tables[i][word] = (Short){ (guint8)bits.at, (guint8)value,
        (guint8)first_equal (books, MIN (value + more, n - 1)) };
    }
  }
}

static void
fill_tables (void)
{
  static gsize done;

  if (!g_once_init_enter (&done))
    return;
  fill_short (short_runs, run_books, G_N_ELEMENTS (run_books), 0);
  fill_short (short_levels, level_books, G_N_ELEMENTS (level_books), 1);
  g_once_init_leave (&done, 1);
}

/* What the next coefficient goes by: its books, and its place. */
typedef struct {
  guint run;
  guint level;
  guint position;
  guint end;
} Place;

/* One run, level and sign, of any length. */
static gboolean
check_coefficient (Bits *bits, Place *place)
{
  guint run, level;

  if (!read_code (bits, &run_books[place->run], &run))
    return FALSE;
  place->position += run + 1;
  if (place->position >= place->end ||
      !read_code (bits, &level_books[place->level], &level))
    return FALSE;
  place->run = MIN (run, G_N_ELEMENTS (run_books) - 1);
  place->level = MIN (level + 1, G_N_ELEMENTS (level_books) - 1);
  return ++bits->at <= bits->n_bits; /* its sign */
}

/* So many short coefficients, of two codes and a sign, are in every window. */
#define IN_WINDOW 3
G_STATIC_ASSERT (IN_WINDOW *(2 * SHORT_BITS + 1) <= 64 - 7);

/* One coefficient off the top of @window. Returns: bits taken, 0 if it has
 * longer codes */
static inline guint
take_short_codes (guint64 *window, Place *place)
{
  const Short *run = &short_runs[place->run][*window >> (64 - SHORT_BITS)];
  guint64 rest = *window << run->length;
  const Short *level = &short_levels[place->level][rest >> (64 - SHORT_BITS)];

  if (G_UNLIKELY (run->length == 0 || level->length == 0))
    return 0;
  place->position += run->value + 1u;
  place->run = run->next;
  place->level = level->next;
  *window = rest << (level->length + 1);
  return run->length + level->length + 1u;
}

/* As many coefficients as have short codes and begin before the last 64 bits,
 * or in the window that does. Returns: FALSE if one has no place */
static gboolean
check_short_codes (Bits *bits, Place *place)
{
  Bits b = *bits;
  Place p = *place;
  guint taken = 1;

  while (taken > 0 && b.at + 64 <= b.n_bits && p.position < p.end) {
    guint64 window = peek_long (&b);

    for (guint i = 0; i < IN_WINDOW && taken > 0 && p.position < p.end; i++) {
      taken = take_short_codes (&window, &p);
      b.at += taken;
    }
  }
  *bits = b;
  *place = p;
  return p.position < p.end;
}

/* Coefficients of all blocks are interleaved: the last one must be among them.
 */
static gboolean
check_ac (Bits *bits, guint n_blocks)
{
  Place place = { 4, 2, n_blocks - 1, 64 * n_blocks };

  while (check_short_codes (bits, &place)) {
    if (is_padding (bits))
      return TRUE;
    if (!check_coefficient (bits, &place))
      return FALSE;
  }
  return FALSE;
}

static gboolean
check_component (const guint8 *data, gsize size, guint n_blocks)
{
  Bits bits = { data, size * 8, 0 };

  /* Encoders of grey pictures leave chroma out. */
  return size == 0 ||
         (check_dc (&bits, n_blocks) && check_ac (&bits, n_blocks));
}

static const char *
check_slice (const Frame *frame, const guint8 *data, gsize size, guint width)
{
  guint n_chroma = width * (frame->is_444 ? 4 : 2);
  gsize header, luma, cb, cr;

  header = size >= SLICE_HEADER_LEAST ? data[0] >> 3 : 0;
  if (header < SLICE_HEADER_LEAST || header > size ||
      (frame->alpha > 0 && header < SLICE_HEADER_LEAST + 2) || data[1] == 0 ||
      data[1] > 224)
    return "a ProRes slice has a damaged header";
  luma = get16 (data + 2);
  cb = get16 (data + 4);
  cr = frame->alpha > 0 ? get16 (data + 6) : size - header - luma - cb;
  if (luma + cb > size - header || cr > size - header - luma - cb)
    return "the parts of a ProRes slice do not fit it";
  data += header;
  if (!check_component (data, luma, width * 4) ||
      !check_component (data + luma, cb, n_chroma) ||
      !check_component (data + luma + cb, cr, n_chroma))
    return "the codes of a ProRes slice do not end with it";
  return NULL;
}

/* Widths of the slices of a row: as many of the desired width as fit, then
 * ever halved ones (section 7.1.1.2). */
static guint
next_width (guint desired, guint left)
{
  while (desired > left)
    desired /= 2;
  return desired;
}

static guint
count_slices (guint width, guint desired)
{
  guint n = 0;

  for (guint left = width; left > 0; n++)
    left -= next_width (desired, left);
  return n;
}

static const char *
check_slices (const Frame *frame, guint rows, const guint8 *data, gsize size,
    guint desired)
{
  gsize n = (gsize)count_slices (frame->width, desired) * rows;
  const guint8 *table = data;

  if (2 * n > size)
    return "the slice table of a ProRes picture is cut";
  data += 2 * n;
  size -= 2 * n;
  for (guint row = 0; row < rows; row++) {
    guint width;

    for (guint left = frame->width; left > 0; left -= width, table += 2) {
      guint length = get16 (table);
      const char *fault;

      width = next_width (desired, left);
      if (length > size)
        return "the slices of a ProRes picture do not fit it";
      fault = check_slice (frame, data, length, width);
      if (fault)
        return fault;
      data += length;
      size -= length;
    }
  }
  return size == 0 ? NULL : "the slices of a ProRes picture do not fill it";
}

/* Returns: bytes of the picture, 0 with a fault */
static gsize
check_picture (const Frame *frame, const guint8 *data, gsize size,
    gboolean second, const char **fault)
{
  gsize header = size >= PICTURE_HEADER_LEAST ? data[0] >> 3 : 0;
  guint height = frame->height, rows;
  gsize length;

  *fault = "a ProRes picture has a damaged header";
  if (header < PICTURE_HEADER_LEAST || header > size)
    return 0;
  length = get32 (data + 1);
  if (length < header || length > size)
    return 0;
  if (frame->interlaced)
    height = second ? height / 2 : (height + 1) / 2;
  rows = (height + 15) / 16;
  *fault = check_slices (
      frame, rows, data + header, length - header, 1u << (data[7] >> 4 & 3));
  return *fault ? 0 : length;
}

static gsize
read_frame_header (const guint8 *data, gsize size, Frame *frame)
{
  gsize header = get16 (data + 8);
  guint chroma = data[20] >> 6;

  if (header < FRAME_HEADER_LEAST || header > size - 8 || chroma < 2)
    return 0;
  frame->width = (get16 (data + 16) + 15) / 16;
  frame->height = get16 (data + 18);
  frame->is_444 = chroma == 3;
  frame->interlaced = (data[20] >> 2 & 3) != 0;
  frame->alpha = data[25] & 15;
  if (frame->width == 0 || frame->height == 0)
    return 0;
  return header;
}

gboolean
cvi_prores_check_frame (const guint8 *data, gsize size, const char **fault)
{
  Frame frame;
  gsize header, at;

  fill_tables ();
  *fault = "a ProRes frame has a damaged header";
  if (size < 8 + FRAME_HEADER_LEAST || memcmp (data + 4, "icpf", 4) != 0 ||
      get32 (data) < 8 + FRAME_HEADER_LEAST || get32 (data) > size)
    return FALSE;
  /* The size that matroskademux puts in front leaves these eight bytes out. */
  if (get32 (data) != size - 8)
    size = get32 (data);
  header = read_frame_header (data, size, &frame);
  if (header == 0)
    return FALSE;
  at = 8 + header;
  for (guint i = 0; i < (frame.interlaced ? 2u : 1u); i++) {
    gsize length = check_picture (&frame, data + at, size - at, i > 0, fault);

    if (length == 0)
      return FALSE;
    at += length;
  }
  return *fault == NULL;
}

gboolean
cvi_prores_is_read_whole (const guint8 *data, gsize size)
{
  return size >= 8 + FRAME_HEADER_LEAST && (data[25] & 15) == 0;
}
