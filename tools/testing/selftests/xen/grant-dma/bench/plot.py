# SPDX-License-Identifier: GPL-2.0-only
"""The figures as a plot, made with gnuplot."""

import subprocess

from parts import OURS

STYLE = """
set terminal svg noenhanced size 1100,{height} font "sans,12" background "white"
set output "{output}"
set multiplot layout {count},1
set style data histogram
set style histogram errorbars gap 1.5 linewidth 1
set errorbars linecolor "black"
set style fill solid 0.8 noborder
set bars 0.6
set boxwidth 0.9
set logscale y
set grid ytics
set xtics rotate by 25 right nomirror
set ytics nomirror
set border 3
set lmargin 18
set rmargin 22
set bmargin 10
set key outside right top
set linetype 1 linecolor "#d55e00"
set linetype 2 linecolor "#0072b2"
set linetype 3 linecolor "#56b4e9"
set linetype 4 linecolor "#999999"
set linetype 5 linecolor "#cccccc"
set datafile missing "-"
"""
PANEL_HEIGHT = 420


def series(part):
    """The bars of each group, as (title, path, implementation)."""
    yield from ((part.heading(name), "grants", name) for name in part.implementations)
    yield from ((name, path, OURS) for path, name in part.paths.items() if path != "grants")


def data(part, figures):
    """A line for each row that has the part's unit: label, then median, low, high of each bar."""
    for row in part.rows:
        if row.unit:
            continue
        summaries = [figures.summary(part, row, *how) for _, *how in series(part)]
        values = [f"{s.median:g} {s.low:g} {s.high:g}" if s else "- - -" for s in summaries]
        yield f'"{row.label}" {" ".join(values)}'


def panel(part, figures):
    """gnuplot's commands for one part."""
    bars = ", ".join(
        f"$rows using {2 + 3 * i}:{3 + 3 * i}:{4 + 3 * i}:xtic(1) title '{title}'"
        for i, (title, *_) in enumerate(series(part)))
    lines = "\n".join(data(part, figures))
    return (f"$rows << end\n{lines}\nend\n"
            f"set title '{part.title}'\nset ylabel '{part.unit}'\nplot {bars}\n")


def draw(path, parts, figures):
    """Draw all parts that have figures in the part's unit, one below the other."""
    parts = [part for part in parts if any(figures.summary(part, row, *how)
                                           for row in part.rows if not row.unit
                                           for _, *how in series(part))]
    if not parts:
        return
    style = STYLE.format(output=path, count=len(parts), height=PANEL_HEIGHT * len(parts))
    script = style + "".join(panel(part, figures) for part in parts)
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
