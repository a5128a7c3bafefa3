/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tools/cli/cvi-trend.h"
#include "tools/report/cvi-display.h"

/* Pixels. */
#define HEIGHT 320
#define CHART 240
#define LEFT 70
#define TOP 40
#define BAR 18
#define STEP 26
#define MIN_WIDTH 640

static const char *const colours[CVI_N_VERDICTS] = {
  [CVI_VERDICT_HEALTHY] = "#4c9f70",
  [CVI_VERDICT_SUSPICIOUS] = "#e0a030",
  [CVI_VERDICT_CORRUPT] = "#c8322b",
  [CVI_VERDICT_INCOMPLETE] = "#7a6fb0",
  [CVI_VERDICT_UNREADABLE] = "#555555",
  [CVI_VERDICT_UNSUPPORTED] = "#9aa5b1",
  [CVI_VERDICT_SKIPPED] = "#c9ced6",
};

static guint64
total_of (const CviTrendPoint *point)
{
  guint64 total = 0;

  for (guint i = 0; i < CVI_N_VERDICTS; i++)
    total += point->library[i];
  return total;
}

static void
append_part (GString *out, int x, double top, double height, guint verdict,
    const CviTrendPoint *point)
{
  char y_text[G_ASCII_DTOSTR_BUF_SIZE], h_text[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *when = cvi_display_utc (point->info->started_at);

  g_ascii_formatd (y_text, sizeof y_text, "%.2f", top);
  g_ascii_formatd (h_text, sizeof h_text, "%.2f", height);
  g_string_append_printf (out,
      "<rect x=\"%d\" y=\"%s\" width=\"%d\" height=\"%s\" fill=\"%s\"><title>"
      "scan %" G_GINT64_FORMAT ", %s: %" G_GUINT64_FORMAT " %s</title>"
      "</rect>\n",
      x, y_text, BAR, h_text, colours[verdict], point->info->id,
      when ? when : "?", point->library[verdict],
      cvi_verdict_to_string (verdict));
}

/* Healthy files at the bottom; a pixel and a half for what is there at all, so
 * that one corrupt file among a million is seen. */
static void
append_bar (GString *out, int x, const CviTrendPoint *point, guint64 highest)
{
  double bottom = TOP + CHART;

  for (guint i = 0; i < CVI_N_VERDICTS; i++) {
    double height = (double)point->library[i] * (CHART - 10) / (double)highest;

    if (point->library[i] == 0)
      continue;
    height = MAX (height, 1.5);
    bottom -= height;
    append_part (out, x, bottom, height, i, point);
  }
  if (point->became_corrupt > 0)
    g_string_append_printf (out,
        "<text x=\"%d\" y=\"%.0f\" text-anchor=\"middle\" fill=\"#c8322b\">"
        "+%" G_GUINT64_FORMAT "</text>\n",
        x + BAR / 2, bottom - 4, point->became_corrupt);
  g_string_append_printf (out,
      "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%" G_GINT64_FORMAT
      "</text>\n",
      x + BAR / 2, TOP + CHART + 16, point->info->id);
}

static void
append_legend (GString *out)
{
  int x = LEFT;

  for (guint i = 0; i < CVI_VERDICT_SKIPPED; i++) {
    g_string_append_printf (out,
        "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"%s\"/>"
        "<text x=\"%d\" y=\"%d\">%s</text>\n",
        x, HEIGHT - 22, colours[i], x + 16, HEIGHT - 12,
        cvi_verdict_to_string (i));
    x += 92;
  }
}

void
cvi_trend_append_svg (GString *out, const GArray *points)
{
  guint64 highest = 1;
  int width;

  g_return_if_fail (out && points);

  width = MAX (MIN_WIDTH, LEFT + (int)points->len * STEP + 20);
  for (guint i = 0; i < points->len; i++)
    highest =
        MAX (highest, total_of (&g_array_index (points, CviTrendPoint, i)));
  g_string_append_printf (out,
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
      "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"11\">\n"
      "<title>Verdicts by scan</title>\n"
      "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n"
      "<text x=\"%d\" y=\"20\" font-size=\"14\">Files by verdict after each "
      "scan; +N became corrupt since the one before</text>\n"
      "<path d=\"M%d %d V%d H%d\" fill=\"none\" stroke=\"#333333\"/>\n"
      "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%" G_GUINT64_FORMAT
      "</text>\n<text x=\"%d\" y=\"%d\" text-anchor=\"end\">0</text>\n",
      width, HEIGHT, width, HEIGHT, LEFT, LEFT - 4, TOP, TOP + CHART,
      width - 10, LEFT - 8, TOP + 14, highest, LEFT - 8, TOP + CHART);
  for (guint i = 0; i < points->len; i++)
    append_bar (out, LEFT + 4 + (int)i * STEP,
        &g_array_index (points, CviTrendPoint, i), highest);
  append_legend (out);
  g_string_append (out, "</svg>\n");
}
