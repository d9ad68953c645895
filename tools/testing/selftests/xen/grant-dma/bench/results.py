# SPDX-License-Identifier: GPL-2.0-only
"""Figures from many guests: median, spread and ratio, as tables, JSON, and a plot."""

import json
import platform
import statistics
import time
from collections import defaultdict
from typing import NamedTuple

import plot
from parts import BASE, IMPLEMENTATIONS, OURS
from tables import csv_table, markdown, number


class Summary(NamedTuple):
    """The values of a figure from all turns."""

    median: float
    low: float
    high: float
    values: list


class Figures:
    """All values, by part, row, path to the backend, and implementation."""

    def __init__(self):
        self.values = defaultdict(list)

    def add(self, part, setup, implementation, readings):
        """Take the readings of one guest; what is missing of those it should have made."""
        expected = {(row.name, path) for row in part.rows for path in row.paths or setup.paths
                    if path in setup.paths
                    and (path != "grants" or implementation in row.implementations)}
        for name, path, value in readings:
            self.values[part.name, name, path, implementation].append(value)
            expected.discard((name, path))
        return sorted(f"{name} ({path})" for name, path in expected)

    def summary(self, part, row, path, implementation):
        """What became of one figure, None if there is none."""
        values = self.values.get((part.name, row.name, path, implementation))
        return values and Summary(statistics.median(values), min(values), max(values), values)

    def cost(self, part):
        """The function by which targets ask: what a row costs through grants."""
        return lambda implementation, name, path="grants": statistics.median(
            self.values[part.name, name, path, implementation])


def cell(summary):
    """A figure in a table."""
    if not summary:
        return "–"
    median, low, high = map(number, summary[:3])
    return median if low == high else f"{median} ({low}–{high})"


def ratio(row, base, ours):
    """How many times better ours is."""
    if not base or not ours or not row.compared:
        return ""
    better, worse = (ours, base) if row.more else (base, ours)
    return f"{better.median / worse.median:.2f} ×" if worse.median else ""


def verdict(target, cost):
    """A target, and whether it is met."""
    try:
        return f"{target.text}: {'met' if target.met(cost) else 'MISSED'}"
    except statistics.StatisticsError:
        return f"{target.text}: not measured"


def table(part, figures):
    """A part's table, as rows of cells; the first is the heading."""
    others = [path for path in part.paths if path != "grants"]
    yield [f"{part.title} ({part.unit})", *map(part.heading, part.implementations),
           "ratio", "target", *(part.paths[path] for path in others)]
    for row in part.rows:
        grants = {name: figures.summary(part, row, "grants", name) for name in part.implementations}
        yield [f"{row.label} ({row.unit})" if row.unit else row.label,
               *map(cell, grants.values()), ratio(row, grants.get(BASE), grants[OURS]),
               ", ".join(verdict(target, figures.cost(part)) for target in row.targets),
               *(cell(figures.summary(part, row, path, OURS)) for path in others)]


def documentation(rows):
    """A table for the kernel's documentation, without the targets."""
    rows = [[text for text, name in zip(row, rows[0]) if name != "target"] for row in rows]
    return csv_table(rows[0][0], [["", *rows[0][1:]], *rows[1:]])


def records(part, figures):
    """Every figure of a part, for JSON."""
    for row in part.rows:
        for path in part.paths:
            for implementation in IMPLEMENTATIONS:
                summary = figures.summary(part, row, path, implementation)
                if summary:
                    yield {"part": part.name, "name": row.name, "label": row.label,
                           "unit": row.unit or part.unit, "path": path,
                           "implementation": implementation, **summary._asdict()}


def write(directory, parts, figures, turns):
    """Write results.json, .md, .inc for the documentation, and .svg; print the tables."""
    directory.mkdir(parents=True, exist_ok=True)
    about = {"date": time.strftime("%Y-%m-%d"), "turns": turns, "host": platform.machine(),
             "emulated": "QEMU TCG, cortex-a57"}
    everything = [record for part in parts for record in records(part, figures)]
    (directory / "results.json").write_text(
        json.dumps({"about": about, "figures": everything}, indent=1) + "\n")
    tables = [list(table(part, figures)) for part in parts]
    text = "\n".join(map(markdown, tables))
    (directory / "results.md").write_text(INTRODUCTION.format(**about) + text + NOTES)
    (directory / "results.inc").write_text(INCLUDED.format(**about) + "\n".join(
        map(documentation, tables)))
    print("\n" + text, flush=True)
    plot.draw(directory / "results.svg", parts, figures)


INCLUDED = """\
.. SPDX-License-Identifier: GPL-2.0-only
.. Written by the project's benchmark ({date}, {turns} turns): results.inc.

"""

INTRODUCTION = """\
# Grant DMA: what it costs

Measured on {date}, in guests on an emulated Xen arm64 machine ({emulated} on {host}), where only
ratios hold. Both kernels have the same configuration and were booted in turns in one session of
Xen, {turns} times each; dom0's kernel is the same throughout. A figure is the median of the
turns, with the lowest and the highest in brackets. Our grants isolate backends strictly unless it
says "by page"; the ratio says how many times better they are, strict, than in-tree ones. What
stands beside grants was measured on our kernel.

"""

NOTES = """
- Without Xen the machine is QEMU's own, booted for each guest, and the columns are kernels without the
  patches and with them.
- A request's time is the median of what fio or sockperf saw; with 16 in flight, it is the inverse
  of the rate. Disks and network devices without grants were in guests of their own.
  Guests had two processors for the DMA API, and one for all else.
- dom0 has one processor, so a trace of it accounts for all the time of a request, and adds to it.
- dma_map_benchmark counts in units of 100 ns. It takes the place of a virtio driver, and the
  in-tree implementation has grants for virtio drivers only.
- Memory is what the kernel has less of as MemFree, which moves in steps of some 100 KiB.
- Not measured: the number of instructions, which cannot be counted exactly here (Xen hangs under
  QEMU's -icount); the memory of a request in flight, which is below those steps.
"""
