# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws results as bars in SVG."""

from xml.sax.saxutils import escape

from common import machine

WIDTH = 860
NAME_WIDTH = 300
BAR_WIDTH = 420
ROW = 22
HEAD = 40
PAD = 14
MET, MISSED, PLAIN, BEFORE = "#3b7d4f", "#b5482f", "#4a6fa5", "#888888"


def text(x, y, content, anchor="start", size=13, colour="#222222"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" '
            f'text-anchor="{anchor}" fill="{colour}">{escape(content)}</text>')


def line(x, top, bottom, colour, dashes=""):
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (f'<line x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" '
            f'y2="{bottom:.1f}" stroke="{colour}" stroke-width="2"{dashed}/>')


def colour_of(measure):
    if measure["goal"] is None:
        return PLAIN
    if measure["better"] == "higher":
        return MET if measure["value"] >= measure["goal"] else MISSED
    return MET if measure["value"] <= measure["goal"] else MISSED


def number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def panels(measures):
    """[(title, [measure])]: those of a panel and unit share a scale."""
    found = {}
    for measure in measures:
        key = f"{measure['panel']} ({measure['unit']})"
        found.setdefault(key, []).append(measure)
    return list(found.items())


def panel(title, measures, past, top):
    """Elements of one panel whose title begins at @top."""
    values = [m["value"] for m in measures]
    values += [m["goal"] for m in measures if m["goal"] is not None]
    values += [past[m["name"]] for m in measures if m["name"] in past]
    most = max(values) or 1
    out = [text(PAD, top + 24, title, size=15)]
    for index, measure in enumerate(measures):
        y = top + HEAD + index * ROW
        length = BAR_WIDTH * measure["value"] / most
        out.append(text(NAME_WIDTH - 8, y + 14, measure["name"], "end"))
        out.append(f'<rect x="{NAME_WIDTH}" y="{y + 3}" '
                   f'width="{max(length, 1):.1f}" height="{ROW - 7}" '
                   f'fill="{colour_of(measure)}"/>')
        out.append(text(NAME_WIDTH + BAR_WIDTH + 12, y + 14,
                        number(measure["value"])))
        if measure["goal"] is not None:
            out.append(line(NAME_WIDTH + BAR_WIDTH * measure["goal"] / most,
                            y, y + ROW - 1, "#000000", "3,2"))
        if measure["name"] in past:
            out.append(line(
                NAME_WIDTH + BAR_WIDTH * past[measure["name"]] / most,
                y + 3, y + ROW - 4, BEFORE))
    return out


def draw(result, before=None):
    """Bars by panel: green where a goal (dashed) is met, red where it is
    missed, blue without one; a grey mark is the value in @before."""
    past = {}
    alike = before and machine.same(before["machine"], result["machine"])
    for measure in before["measures"] if before else []:
        if not alike and measure["unit"] != "ratio":
            continue
        past.setdefault(measure["panel"], {})[
            measure["name"]] = measure["value"]
    out, top = [], PAD
    told = result["machine"]
    out.append(text(PAD, top + 16, f"cvi: {result['benchmark']}", size=18))
    out.append(text(PAD, top + 36, f"{told['cores']} cores, {told['model']}, "
                    f"{result['date']}", size=12, colour="#555555"))
    top += 44
    for title, measures in panels(result["measures"]):
        out += panel(title, measures, past.get(measures[0]["panel"], {}), top)
        top += HEAD + len(measures) * ROW + PAD
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
            f'height="{top}" viewBox="0 0 {WIDTH} {top}" '
            'font-family="sans-serif">\n'
            f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>\n'
            + "\n".join(out) + "\n</svg>\n")
