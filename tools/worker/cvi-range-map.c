/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/worker/cvi-range-map.h"

/* Streams that are told of one range: what a viewer could care about. */
#define MAX_STREAMS 16

typedef struct {
  char *stream;
  guint64 start_ns;
  guint64 end_ns;
} Place;

typedef struct {
  CviByteRange range;
  Place places[MAX_STREAMS];
  guint n_places;
} Entry;

struct _CviRangeMap {
  Entry *entries;
  guint n_entries;
};

CviRangeMap *
cvi_range_map_new (const CviByteRange *ranges, guint n_ranges)
{
  CviRangeMap *map;

  g_return_val_if_fail (ranges != NULL || n_ranges == 0, NULL);

  map = g_new0 (CviRangeMap, 1);
  map->n_entries = MIN (n_ranges, CVI_FIXITY_MAX_RANGES);
  map->entries = g_new0 (Entry, map->n_entries);
  for (guint i = 0; i < map->n_entries; i++)
    map->entries[i].range = ranges[i];
  return map;
}

void
cvi_range_map_free (CviRangeMap *map)
{
  if (!map)
    return;
  for (guint i = 0; i < map->n_entries; i++) {
    for (guint k = 0; k < map->entries[i].n_places; k++)
      g_free (map->entries[i].places[k].stream);
  }
  g_free (map->entries);
  g_free (map);
}

static Place *
get_place (Entry *entry, const char *stream)
{
  Place *place;

  for (guint i = 0; i < entry->n_places; i++) {
    if (g_str_equal (entry->places[i].stream, stream))
      return &entry->places[i];
  }
  if (entry->n_places == MAX_STREAMS)
    return NULL;
  place = &entry->places[entry->n_places++];
  place->stream = g_strdup (stream);
  place->start_ns = place->end_ns = CVI_NONE;
  return place;
}

void
cvi_range_map_add (CviRangeMap *map, guint64 offset, guint64 size,
    const char *stream, guint64 time_ns)
{
  if (!stream)
    return;
  for (guint i = 0; i < map->n_entries; i++) {
    Entry *entry = &map->entries[i];
    Place *place;

    if (entry->range.end <= offset)
      continue;
    if (entry->range.start >= offset && entry->range.start - offset >= size)
      break;
    place = get_place (entry, stream);
    if (!place || time_ns == CVI_NONE)
      continue;
    place->start_ns = MIN (place->start_ns, time_ns);
    place->end_ns =
        place->end_ns == CVI_NONE ? time_ns : MAX (place->end_ns, time_ns);
  }
}

void
cvi_range_map_rename (CviRangeMap *map, const char *label, const char *stream)
{
  for (guint i = 0; i < map->n_entries; i++) {
    Entry *entry = &map->entries[i];

    for (guint k = 0; k < entry->n_places; k++) {
      if (!g_str_equal (entry->places[k].stream, label))
        continue;
      g_free (entry->places[k].stream);
      entry->places[k].stream = g_strdup (stream);
    }
  }
}

void
cvi_range_map_tell (CviRangeMap *map,
    void (*tell) (CviFinding *finding, gpointer user_data), gpointer user_data)
{
  for (guint i = 0; i < map->n_entries; i++) {
    const Entry *entry = &map->entries[i];

    for (guint k = 0; k < entry->n_places; k++) {
      const Place *place = &entry->places[k];
      CviFinding *finding =
          cvi_finding_new (CVI_RULE_FIXITY_CHANGED, place->stream,
              "lies in bytes %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
              ", which are not what they were",
              entry->range.start, entry->range.end - 1);

      finding->offset = entry->range.start;
      finding->start_ns = place->start_ns;
      finding->end_ns = place->end_ns;
      tell (finding, user_data);
    }
  }
}
