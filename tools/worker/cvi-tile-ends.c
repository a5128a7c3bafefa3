/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-tile-ends.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#define EXPORTED __attribute__ ((visibility ("default")))

EXPORTED int posix_memalign (void **memory, size_t alignment, size_t size);

/* The beginning of libdav1d's symbol decoder, 1.0 to 1.2.
 * @bits: how many of those read are not yet used, less the 15 that the decoder
 *   looks ahead (SymbolMaxBits of the specification, but for unread bytes) */
typedef struct {
  const guint8 *pos;
  const guint8 *end;
  gsize window;
  guint range;
  gint bits;
} Symbols;

#define LOOK_AHEAD 15

/* A block of memory, and the place in libdav1d's code that asked for it. */
typedef struct {
  gconstpointer asked_at;
  const guint8 *data; /* (nullable) */
  gsize size;
} Block;

#define MAX_LEARNT 64
/* Of the block with the tiles; blocks that come and go have another. */
#define ALIGNMENT 32

struct _CviTileEnds {
  Block tiles;   /* of which each has tile_size bytes */
  GArray *known; /* of Symbols, as they were at the last look */
  /* while learning: all blocks */
  gboolean learning;
  Block blocks[MAX_LEARNT];
  guint n_blocks;
};

/* What was learnt; constant from then on. */
static struct {
  gboolean unneeded; /* libdav1d looks itself */
  gconstpointer asked_at;
  gsize tile_size;
  gsize offset; /* of Symbols in a tile */
} learnt;

/* Whom this thread decodes for. */
static _Thread_local CviTileEnds *current;

static void
note (const Block *block, gsize alignment)
{
  if (current->learning) {
    if (alignment == ALIGNMENT && block->data && current->n_blocks < MAX_LEARNT)
      current->blocks[current->n_blocks++] = *block;
  } else if (block->asked_at == learnt.asked_at) {
    current->tiles = *block;
  }
}

int
posix_memalign (void **memory, size_t alignment, size_t size)
{
  static int (*next) (void **, size_t, size_t);
  int result;

  if (!g_atomic_pointer_get (&next))
    g_atomic_pointer_set (&next, dlsym (RTLD_NEXT, "posix_memalign"));
  result = next ? next (memory, alignment, size) : ENOMEM;
  /* A block that is not to be had takes the place of one that is gone. */
  if (current) {
    Block block = { __builtin_return_address (0), result == 0 ? *memory : NULL,
      size };

    note (&block, alignment);
  }
  return result;
}

CviTileEnds *
cvi_tile_ends_new (void)
{
  CviTileEnds *ends = g_new0 (CviTileEnds, 1);

  ends->known = g_array_new (FALSE, TRUE, sizeof (Symbols));
  return ends;
}

void
cvi_tile_ends_free (CviTileEnds *ends)
{
  g_array_unref (ends->known);
  g_free (ends);
}

void
cvi_tile_ends_enter (CviTileEnds *ends)
{
  current = ends;
}

void
cvi_tile_ends_leave (void)
{
  current = NULL;
}

/* Are @symbols those of a tile that ends in @data? */
static gboolean
are_within (const Symbols *symbols, const guint8 *data, gsize size)
{
  return symbols->end > data && symbols->end <= data + size &&
         symbols->pos >= data && symbols->pos <= symbols->end &&
         symbols->range >= 0x8000 && symbols->range <= 0xffff;
}

static const char *
check_end (const Symbols *symbols, const guint8 *data)
{
  gint64 left =
      8 * (gint64)(symbols->end - symbols->pos) + symbols->bits + LOOK_AHEAD;
  const guint8 *at;

  if (left < 1)
    return "an AV1 tile ends before its last symbol";
  if (left > 8 * (gint64)(symbols->end - data))
    return NULL; /* no such state */
  at = symbols->end - (left + 7) / 8;
  if ((*at & (0xff >> (7 - (left - 1) % 8))) != 1 << ((left - 1) % 8))
    return "an AV1 tile goes on behind its last symbol";
  while (++at < symbols->end) {
    if (*at != 0)
      return "an AV1 tile goes on behind its last symbol";
  }
  return NULL;
}

const char *
cvi_tile_ends_check (CviTileEnds *ends, const guint8 *data, gsize size)
{
  const char *fault = NULL;
  gsize n;

  if (learnt.unneeded || !ends->tiles.data)
    return NULL;
  n = ends->tiles.size / learnt.tile_size;
  if (n != ends->known->len)
    g_array_set_size (ends->known, 0);
  g_array_set_size (ends->known, (guint)n);
  for (gsize i = 0; i < n; i++) {
    Symbols *known = &g_array_index (ends->known, Symbols, i);
    Symbols now;

    memcpy (&now, ends->tiles.data + i * learnt.tile_size + learnt.offset,
        sizeof now);
    /* A frame that was left out leaves the state of an earlier one, whose data
     * may have been in the same place. */
    if (memcmp (&now, known, sizeof now) == 0)
      continue;
    *known = now;
    if (!fault && are_within (&now, data, size))
      fault = check_end (&now, data);
  }
  return fault;
}

/* A grey picture of 16x16 pixels: a temporal delimiter, a sequence header and a
 * frame of one tile, whose symbols end in the last byte but one. That last one
 * is no part of the frame, until its size says so. */
#define SOUND_SIZE 22
#define DAMAGED_SIZE 23
#define SIZE_AT 11
static const guint8 sound[DAMAGED_SIZE] = { 0x12, 0x00, 0x0a, 0x06, 0x18, 0x0c,
  0xff, 0xdb, 0x00, 0x80, 0x32, 0x0a, 0x18, 0x00, 0x00, 0x00, 0x50, 0x00, 0x00,
  0x00, 0x00, 0x9c, 0x80 };

typedef struct {
  Dav1dContext *context;
  Dav1dPicture picture;
} Trial;

static void
keep (const guint8 *data, void *cookie)
{
}

/* Returns: does it decode? */
static gboolean
begin (Trial *trial, const guint8 *data, gsize size, CviTileEnds *ends)
{
  Dav1dSettings settings;
  Dav1dData input = { 0 };
  gboolean decodes;

  memset (trial, 0, sizeof *trial);
  dav1d_default_settings (&settings);
  settings.n_threads = 1;
  settings.max_frame_delay = 1;
  settings.strict_std_compliance = 1;
  settings.logger.callback = NULL;
  cvi_tile_ends_enter (ends);
  decodes = dav1d_open (&trial->context, &settings) == 0 &&
            dav1d_data_wrap (&input, data, size, keep, NULL) == 0 &&
            dav1d_send_data (trial->context, &input) == 0 &&
            dav1d_get_picture (trial->context, &trial->picture) == 0;
  cvi_tile_ends_leave ();
  if (input.sz > 0)
    dav1d_data_unref (&input);
  return decodes;
}

static void
end (Trial *trial)
{
  dav1d_picture_unref (&trial->picture);
  if (trial->context)
    dav1d_close (&trial->context);
}

/* Returns: how many places of @block have the symbols that end with @data */
static guint
find_symbols (const Block *block, const guint8 *data, gsize size)
{
  guint n = 0;

  for (gsize at = 0; at + sizeof (Symbols) <= block->size;
       at += sizeof (gpointer)) {
    Symbols symbols;

    memcpy (&symbols, block->data + at, sizeof symbols);
    if (symbols.end == data + size && are_within (&symbols, data, size)) {
      learnt.offset = at;
      n++;
    }
  }
  return n;
}

/* Finds the one block with the tile, which must be the last one that was asked
 * for in its place. */
static gboolean
learn (const CviTileEnds *ends, const guint8 *data, gsize size)
{
  const Block *found = NULL;
  guint n = 0;

  for (guint i = 0; i < ends->n_blocks; i++) {
    const Block *block = &ends->blocks[i];
    guint n_here = find_symbols (block, data, size);

    n += n_here;
    if (n_here > 0)
      found = block;
    else if (found && block->asked_at == found->asked_at)
      return FALSE;
  }
  if (n != 1)
    return FALSE;
  learnt.asked_at = found->asked_at;
  learnt.tile_size = found->size;
  return TRUE;
}

/* @is_sound: as it should be found */
static gboolean
try_frame (const guint8 *data, gsize size, gboolean is_sound)
{
  CviTileEnds *ends = cvi_tile_ends_new ();
  Trial trial;
  gboolean decodes = begin (&trial, data, size, ends);
  const char *fault = cvi_tile_ends_check (ends, data, size);
  gboolean seen = ends->known->len == 1;

  end (&trial);
  cvi_tile_ends_free (ends);
  return decodes && seen && (fault == NULL) == is_sound;
}

static gboolean
learn_and_try (void)
{
  CviTileEnds *ends = cvi_tile_ends_new ();
  guint8 damaged[DAMAGED_SIZE];
  gboolean works;
  Trial trial;

  memcpy (damaged, sound, sizeof damaged);
  damaged[SIZE_AT]++;
  learnt.unneeded = !begin (&trial, damaged, sizeof damaged, ends);
  end (&trial);
  ends->learning = TRUE;
  works = begin (&trial, sound, SOUND_SIZE, ends) &&
          (learnt.unneeded || learn (ends, sound, SOUND_SIZE));
  end (&trial);
  cvi_tile_ends_free (ends);
  return works &&
         (learnt.unneeded || (try_frame (sound, SOUND_SIZE, TRUE) &&
                                 try_frame (damaged, sizeof damaged, FALSE)));
}

gboolean
cvi_tile_ends_work (void)
{
  static gsize state; /* 1: they do, 2: they do not */

  if (g_once_init_enter (&state))
    g_once_init_leave (&state, learn_and_try () ? 1 : 2);
  return state == 1;
}
