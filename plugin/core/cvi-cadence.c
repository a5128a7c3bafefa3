/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-cadence.h"

#include <string.h>

/* From here on one outlier at each end does not make a stream irregular. */
#define ENOUGH_TO_TRIM 16

void
cvi_cadence_clear (CviCadence *cadence)
{
  memset (cadence, 0, sizeof *cadence);
}

/* Index of the first element that is not below @value. */
static guint
find_sorted (const CviCadence *cadence, guint64 value)
{
  guint low = 0, high = cadence->n;

  while (low < high) {
    guint middle = (low + high) / 2;

    if (cadence->sorted[middle] < value)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static void
forget (CviCadence *cadence, guint64 value)
{
  guint i = find_sorted (cadence, value);

  cadence->n--;
  memmove (cadence->sorted + i, cadence->sorted + i + 1,
      (cadence->n - i) * sizeof *cadence->sorted);
}

static void
insert (CviCadence *cadence, guint64 value)
{
  guint i = find_sorted (cadence, value);

  memmove (cadence->sorted + i + 1, cadence->sorted + i,
      (cadence->n - i) * sizeof *cadence->sorted);
  cadence->sorted[i] = value;
  cadence->n++;
}

static void
update (CviCadence *cadence)
{
  guint trim = cadence->n >= ENOUGH_TO_TRIM ? 1 : 0;
  guint64 low = cadence->sorted[trim];
  guint64 high = cadence->sorted[cadence->n - 1 - trim];

  cadence->typical = cadence->sorted[cadence->n / 2];
  cadence->longest = cadence->sorted[cadence->n - 1];
  cadence->regular =
      cadence->n >= CVI_CADENCE_ENOUGH &&
      high - low <= MAX (CVI_CADENCE_ROUNDING, cadence->typical / 10);
}

void
cvi_cadence_learn (CviCadence *cadence, guint64 distance)
{
  guint64 *slot = &cadence->ring[cadence->next];

  distance = MIN (distance, CVI_CADENCE_MAX);
  cadence->next = (cadence->next + 1) % CVI_CADENCE_HISTORY;
  if (cadence->n == CVI_CADENCE_HISTORY) {
    /* The rule in a constant stream, and worth a short cut. */
    if (*slot == distance)
      return;
    forget (cadence, *slot);
  }
  *slot = distance;
  insert (cadence, distance);
  update (cadence);
}
