/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-cadence.h"

#include <string.h>

/* From here on one outlier at each end does not make a stream irregular. */
#define ENOUGH_TO_TRIM 16
/* One irregular distance takes so many regular ones to make up for. */
#define DISTRUST_STEP 4
#define MAX_DISTRUST 1000
/* Share of the peak that fades with each distance. */
#define PEAK_FADE 256

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

/* Puts @value in the place of @oldest and restores the order. */
static void
replace (CviCadence *cadence, guint64 oldest, guint64 value)
{
  guint from = find_sorted (cadence, oldest);
  guint to = find_sorted (cadence, value);
  guint64 *sorted = cadence->sorted;

  if (to > from) {
    to--;
    memmove (sorted + from, sorted + from + 1, (to - from) * sizeof *sorted);
  } else {
    memmove (sorted + to + 1, sorted + to, (from - to) * sizeof *sorted);
  }
  sorted[to] = value;
  cadence->sum += value - oldest;
}

static void
insert (CviCadence *cadence, guint64 value)
{
  guint i = find_sorted (cadence, value);

  memmove (cadence->sorted + i + 1, cadence->sorted + i,
      (cadence->n - i) * sizeof *cadence->sorted);
  cadence->sorted[i] = value;
  cadence->n++;
  cadence->sum += value;
}

static gboolean
is_alike (const CviCadence *cadence, guint trim)
{
  guint64 low = cadence->sorted[trim];
  guint64 high = cadence->sorted[cadence->n - 1 - trim];

  return high - low <=
         MAX (CVI_CADENCE_ROUNDING, cadence->sorted[cadence->n / 2] / 10);
}

static guint64
trimmed_mean (const CviCadence *cadence, guint trim)
{
  guint64 sum = cadence->sum;

  if (trim > 0)
    sum -= cadence->sorted[0] + cadence->sorted[cadence->n - 1];
  return sum / (cadence->n - 2 * trim);
}

static void
distrust (CviCadence *cadence, guint amount)
{
  cadence->distrust = MIN (cadence->distrust + amount, MAX_DISTRUST);
}

static void
update (CviCadence *cadence)
{
  guint trim = cadence->n >= ENOUGH_TO_TRIM ? 1 : 0;
  gboolean alike = is_alike (cadence, trim);

  cadence->typical =
      alike ? trimmed_mean (cadence, trim) : cadence->sorted[cadence->n / 2];
  cadence->regular = FALSE;
  if (cadence->n < CVI_CADENCE_ENOUGH)
    return;
  if (!alike)
    distrust (cadence, DISTRUST_STEP);
  else if (cadence->distrust > 0)
    cadence->distrust--;
  else
    cadence->regular = TRUE;
}

void
cvi_cadence_learn (CviCadence *cadence, guint64 distance)
{
  guint64 *slot = &cadence->ring[cadence->next];
  guint64 oldest = *slot;

  distance = MIN (distance, CVI_CADENCE_MAX);
  cadence->next = (cadence->next + 1) % CVI_CADENCE_HISTORY;
  cadence->peak -= cadence->peak / PEAK_FADE;
  cadence->peak = MAX (cadence->peak, distance);
  *slot = distance;
  /* The rule in a constant stream: nothing to sort. */
  if (cadence->n == CVI_CADENCE_HISTORY && oldest == distance &&
      cadence->regular)
    return;
  if (cadence->n == CVI_CADENCE_HISTORY)
    replace (cadence, oldest, distance);
  else
    insert (cadence, distance);
  update (cadence);
}

void
cvi_cadence_restart (CviCadence *cadence, guint64 one, guint64 two)
{
  guint distrusted = cadence->distrust;
  guint64 peak = cadence->peak;

  cvi_cadence_clear (cadence);
  cadence->distrust = distrusted;
  cadence->peak = peak;
  distrust (cadence, DISTRUST_STEP * CVI_CADENCE_HISTORY);
  cvi_cadence_learn (cadence, one);
  cvi_cadence_learn (cadence, two);
}
